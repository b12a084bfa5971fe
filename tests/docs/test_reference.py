"""The reference pages say what the code says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


def test_no_page_is_stale(generate: ModuleType) -> None:
    assert [str(path.relative_to(ROOT)) for path in generate.stale()] == []


def test_every_command_and_option_is_documented(generate: ModuleType) -> None:
    import typer

    from reassure.cli import app

    text = (ROOT / "docs" / "reference" / "command_line.md").read_text(encoding="utf-8")
    named = dict(generate.commands(typer.main.get_command(app)))
    assert "game solve" in named
    for name, command in named.items():
        assert f"## reassure {name}\n" in text
        section = text.split(f"## reassure {name}\n")[1].split("\n## ")[0]
        assert command.help
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                assert parameter.help, f"{name} {parameter.name} has no help"
                for flag in parameter.opts:
                    assert f"`{flag}`" in section


def test_every_language_element_is_documented(generate: ModuleType) -> None:
    from reassure.model.written import Document

    text = (ROOT / "docs" / "reference" / "language.md").read_text(encoding="utf-8")
    shapes = [Document, *generate._shapes(Document, {Document})]
    assert len(shapes) > 15
    for shape in shapes:
        for name, field in shape.model_fields.items():
            assert field.description, f"{shape.__name__}.{name} has no docstring"
            assert f"`{field.alias or name}`" in text


def test_every_public_name_is_documented() -> None:
    import reassure

    text = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    for name in reassure.__all__:
        if not name.startswith("__"):
            assert f"## {name}\n" in text


def test_every_code_is_documented() -> None:
    from reassure.model.mistakes import CODES

    text = (ROOT / "docs" / "reference" / "mistakes.md").read_text(encoding="utf-8")
    for code in CODES:
        assert f"`{code}`" in text
