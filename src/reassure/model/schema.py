"""The language as a JSON Schema (draft 2020-12), for completion and hover text in editors.

It is made from the classes of :mod:`reassure.model.written` and their docstrings. It knows shapes
only: ``reassure check`` proves the rest. No key of an element is required by it, because a model
that extends another one gives only what differs; what an element needs says so in its description.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from reassure.model.extends import NAMED
from reassure.model.families import FAMILIES
from reassure.model.priors import OTHERS
from reassure.model.sets import INDEXED
from reassure.model.written import Document
from reassure.model.written_values import Shape

Json = dict[str, Any]

_KINDS = {str: "string", int: "number", float: "number", list: "array"}
_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
_INDEXED_NAME = r"^[A-Za-z][A-Za-z0-9_]*\s*(\[\s*[A-Za-z][A-Za-z0-9_]*\s*\])?$"
_FREE = ("sources", "actors", "interests")
_BELOW = ("Evidence", "Option", "Player", "Move", "Part", "Result", "Replaced", "Appraise", "Play",
          "Likelihood", "Break", "Pick")  # fmt: skip
"""Shapes inside elements, whose fields may differ by member too."""


def json_schema() -> Json:
    """The schema of a model file."""
    schema = Document.model_json_schema()
    definitions: Json = schema.pop("$defs")
    shapes = {shape.__name__: shape for shape in _subclasses(Shape)}
    elements = {
        key: schema["properties"][key]["additionalProperties"]["$ref"].rpartition("/")[2]
        for key in INDEXED
    }
    for name, definition in definitions.items():
        _tidy(definition)
        needed = definition.pop("required", []) if _is_named(name, shapes) else []
        for key in needed:
            definition["properties"][key]["description"] += " (Needed.)"
    for name in (*elements.values(), *_BELOW):
        properties = definitions[name]["properties"]
        for key, value in properties.items():
            properties[key] = _or_by(value)
    parameter = definitions["Parameter"]["properties"]
    parameter["prior"]["anyOf"][0] = {"$ref": "#/$defs/Prior"}
    settings = definitions["Policy"]["properties"]["set"]["anyOf"][0]
    settings["additionalProperties"] = _or_by(settings["additionalProperties"])
    definitions["Prior"] = _prior()
    definitions["By"] = _by()
    for name, definition in list(definitions.items()):
        definitions[name] = _with_short_form(definition, shapes.get(name))
    _tidy(schema)
    for section in NAMED:
        _open_names(section, schema["properties"][section])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A reassure model",
        **schema,
        "required": ["language"],
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": ["language", "time"]},
        "$defs": dict(sorted(definitions.items())),
    }


def _subclasses(of: type[Shape]) -> list[type[Shape]]:
    return [item for child in of.__subclasses__() for item in (child, *_subclasses(child))]


def _is_named(name: str, shapes: dict[str, type[Shape]]) -> bool:
    """Whether a definition is of what an extending model gives in part: an element, the clock."""
    shape: type[BaseModel] | None = shapes.get(name)
    return shape is not None and ("because" in shape.model_fields or name == "Time")


def _tidy(node: Any) -> None:
    """Takes out pydantic's titles and empty defaults, and joins the lines of descriptions."""
    if isinstance(node, list):
        for item in node:
            _tidy(item)
    elif isinstance(node, dict):
        for item in list(node.values()):
            _tidy(item)
        if isinstance(node.get("title"), str):
            del node["title"]
        if node.get("default", 0) in (None, "", [], {}):
            del node["default"]
        if isinstance(node.get("description"), str):
            node["description"] = " ".join(node["description"].split())


def _or_by(value: Json) -> Json:
    """A field, or one value of it for each member of a set."""
    told: Json = {key: value.pop(key) for key in ("description", "default") if key in value}
    return {**told, "anyOf": [value, {"$ref": "#/$defs/By"}]}


def _by() -> Json:
    return {
        "type": "object",
        "description": "In an element indexed by a set: a value for each member; "
        "`else` stands for the rest.",
        "properties": {"by": {"type": "object", "minProperties": 1}},
        "required": ["by"],
        "additionalProperties": False,
    }


def _with_short_form(definition: Json, shape: type[Shape] | None) -> Json:
    """A mapping, or the one value that may stand for it."""
    if shape is None or not shape.short:
        return definition
    kinds = list(dict.fromkeys(_KINDS[kind] for kind in shape.short_kinds))
    short = {"type": kinds, "description": f"Short for `{{{shape.short}: ...}}`."}
    return {"description": definition.get("description", ""), "anyOf": [short, definition]}


def _open_names(section: str, value: Json) -> None:
    """Names are free, and ``name: ~`` removes what an extended model has."""
    element = value["additionalProperties"]
    if section != "sets":
        value["additionalProperties"] = {"anyOf": [element, {"type": "null"}]}
    if section not in _FREE:
        value["propertyNames"] = {"pattern": _INDEXED_NAME if section in INDEXED else _NAME}


def _prior() -> Json:
    """A prior: a number, or one family with its parameters and maybe a truncation."""
    properties: Json = {}
    for name, family in FAMILIES.items():
        keys = dict.fromkeys(key for form in family.forms for key in form)
        body: Json = {
            "type": ["object", "array", "number"],
            "properties": {key: {"type": "number"} for key in keys},
            "patternProperties": {r"^(p\d{1,2}(\.\d{1,4})?|median)$": {"type": "number"}},
            "additionalProperties": False,
        }
        properties[name] = {"description": f"{family.about}. {family.example}", **body}
    for name, (_, told, example) in OTHERS.items():
        properties[name] = {"description": f"{told}. {example}"}
    properties["truncate"] = {
        "description": "Lowest and highest value; `.inf` for none.",
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
    }
    mapping = {"type": "object", "properties": properties, "additionalProperties": False}
    return {
        "description": "A distribution over one number.",
        "anyOf": [{"type": "number"}, mapping],
    }
