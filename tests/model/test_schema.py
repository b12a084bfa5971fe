from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from written_models import VALID, changed

from reassure.model import bundled, extends
from reassure.model.schema import json_schema
from reassure.model.written import Document
from reassure.model.yaml_source import read

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def _errors(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(read(text, "m.yaml").plain())]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_models_satisfy_it_as_written(name: str) -> None:
    assert _errors(bundled.path(name).read_text(encoding="utf-8")) == []
    assert [e.message for e in VALIDATOR.iter_errors(extends.read(name).root.plain())] == []


def test_the_valid_model_satisfies_it() -> None:
    assert _errors(VALID) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rationality: 2", "rationalty: 2"),
        ("range: [0, 1]", "range: 1"),
        ("outcomes:", "outcome:"),
        ("step: month", "step: fortnight"),
        ("form: effect", "form: affect"),
        ("{uniform: [0.1, 0.5]}", "{unifrom: [0.1, 0.5]}"),
        ("{median: 0.3, p95: 1}", "{mode: 0.3, p95: 1}"),
        ("  worry_mean:", "  worry-mean:"),
        ("language: 1", "language: 2"),
        ("time: {start: 2026-01, years: 10, step: month}\n", ""),
    ],
)
def test_shapes_that_are_wrong_do_not_satisfy_it(old: str, new: str) -> None:
    assert _errors(changed((old, new)))


def test_an_extending_model_gives_only_what_differs() -> None:
    assert (
        _errors("language: 1\nextends: logistic\nparameters: {ceiling: {prior: 1}, x: ~}\n") == []
    )


def _described(node: Any, path: str) -> list[str]:
    """Properties without a description, for which an editor would show nothing."""
    missing = []
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items():
            below = value.get("$ref", "")
            if not value.get("description") and not below and "believes" not in path + key:
                missing.append(f"{path}.{key}")
    return missing


def test_every_field_has_hover_text() -> None:
    missing = _described(SCHEMA, "")
    for name, definition in SCHEMA["$defs"].items():
        if name not in ("By", "Prior"):
            for node in (definition, *definition.get("anyOf", [])):
                missing += _described(node, name)
    assert missing == []


def test_every_section_completes_names_and_fields() -> None:
    for section in extends.NAMED:
        value = SCHEMA["properties"][section]
        assert value["type"] == "object"
        assert value["additionalProperties"]
    assert set(SCHEMA["properties"]) == set(Document.model_fields)
