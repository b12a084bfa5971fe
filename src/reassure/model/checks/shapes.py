"""Shape: every section and element against :mod:`reassure.model.written`, element by element."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from reassure.model import written
from reassure.model.checks.context import Context, Path
from reassure.model.formula import name_problem
from reassure.model.mistakes import quote, suggest, without_percent
from reassure.model.sets import INDEXED, split
from reassure.model.written_values import Text

SHAPES: dict[str, type[BaseModel]] = {
    "sources": written.Source,
    "actors": written.Actor,
    "parameters": written.Parameter,
    "levers": written.Lever,
    "policies": written.Policy,
    "events": written.Event,
    "stocks": written.Stock,
    "beliefs": written.Belief,
    "choices": written.Choice,
    "games": written.Game,
    "auxiliaries": written.Auxiliary,
    "outcomes": written.Outcome,
    "observations": written.Measurement,
    "given": written.Given,
    "rivals": written.Rival,
    "claims": written.Claim,
}
QUANTITIES = (
    "parameters", "levers", "events", "stocks", "beliefs", "choices", "games", "auxiliaries",
)  # fmt: skip
"""The sections whose names formulas read; they share one space of names."""

_KINDS = {
    "string_type": "text belongs here",
    "list_type": "a list belongs here: [a, b]",
    "dict_type": "a mapping belongs here: {key: value}",
    "model_type": "a mapping belongs here: {key: value}",
    "model_attributes_type": "a mapping belongs here: {key: value}",
    "int_type": "a whole number belongs here",
    "int_from_float": "a whole number belongs here",
    "float_type": "a number belongs here",
    "bool_type": "true or false belongs here",
}
_MAPPINGS = ("dict_type", "model_type", "model_attributes_type")
_RANGES = {"greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}"}


def check_language(context: Context) -> bool:
    """Whether the file is in this language; what follows makes no sense of another."""
    node = context.root.get("language")
    if node is None:
        context.say("E202", (), "`language` is missing", "begin the file with `language: 1`")
    elif node.value != 1 or isinstance(node.value, bool):
        what = f"version {quote(node.text)} of the language is not known here"
        if not node.text:
            what = "the version of the language is a number"
        context.say("E207", ("language",), what)
    return node is not None and node.value == 1


def check_shapes(context: Context) -> None:
    """Fills ``context.elements``; what has a mistake of shape is left out and marked broken."""
    known = {field.alias or name for name, field in written.Document.model_fields.items()}
    for key, entry in context.root.entries.items():
        if key not in known:
            remedy = suggest(key, known) or "see the sections in the language reference"
            context.say("E201", (key,), f"there is no section {quote(key)}", remedy, of_key=True)
        elif key in (*SHAPES, "sets", "interests") and not isinstance(
            entry.node.value, dict | None
        ):
            context.say("E203", (key,), "a section is a mapping of names to elements")
    for section, shape in SHAPES.items():
        found: dict[str, Any] = {}
        for name in _entries(context, section):
            path = (section, name)
            good = _name_is_good(context, section, name)
            element = _validated(context, shape, path)
            if element is not None and good:
                found[name] = element
            elif section in QUANTITIES:
                context.broken.add(name)
        context.elements[section] = found
    context.elements["interests"] = _interests(context)
    context.elements["correlate"] = _correlate(context)
    for key in ("title", "notes"):
        _validated(context, _Text, (key,), context.root.get(key), optional=True)


def validated_time(context: Context) -> written.Time | None:
    """The section ``time``, if its shape is right."""
    if context.root.get("time") is None:
        context.say("E202", (), "`time` is missing", "write `time: {start: 2007-02, years: 20}`")
        return None
    found = _validated(context, written.Time, ("time",))
    return found if isinstance(found, written.Time) else None


class _Text(BaseModel):
    value: Text = ""


def _entries(context: Context, section: str) -> list[str]:
    node = context.root.get(section)
    return list(node.entries) if node is not None else []


def _interests(context: Context) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for actor in _entries(context, "interests"):
        node = context.root.find(("interests", actor))
        if not isinstance(node.value, dict):
            what = "an actor's interests are a mapping of outcomes to weights"
            context.say("E203", ("interests", actor), what, "write `{outcome: -1}`")
            continue
        for name in node.entries:
            element = _validated(context, written.Interest, ("interests", actor, name))
            if element is not None:
                found[f"{actor}\n{name}"] = (actor, name, element)
    return found


def _correlate(context: Context) -> dict[str, Any]:
    node = context.root.get("correlate")
    if node is None or node.value is None:
        return {}
    if not isinstance(node.value, tuple):
        what = "`correlate:` is a list"
        context.say("E203", ("correlate",), what, "write `- {between: [a, b], rho: 0.4}`")
        return {}
    found = {
        str(index): _validated(context, written.Correlate, ("correlate", index))
        for index in range(len(node.value))
    }
    return {key: element for key, element in found.items() if element is not None}


def _name_is_good(context: Context, section: str, name: str) -> bool:
    base, index = split(name)
    if section in ("sources", "actors"):
        if name and len(name) <= 80 and name.isprintable() and "/" not in name:
            return True
        context.say("E206", (section, name), f"{quote(name)} cannot be a name", of_key=True)
        return False
    problem = name_problem(base)
    if problem is None and index and section not in INDEXED:
        problem = "cannot be indexed here"
    if problem is not None:
        context.say("E206", (section, name), f"{quote(name)} {problem}", of_key=True)
    return problem is None


def _validated(
    context: Context,
    shape: type[BaseModel],
    path: Path,
    node: Any = None,
    *,
    optional: bool = False,
) -> BaseModel | None:
    data = context.root.find(path).plain() if not optional else node and {"value": node.plain()}
    if optional and data is None:
        return None
    try:
        found: BaseModel = _adapter(shape).validate_python(data)
        return found
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=True):
            _explain(context, shape, path, item)
        return None


_ADAPTERS: dict[type[BaseModel], TypeAdapter[Any]] = {}


def _adapter(shape: type[BaseModel]) -> TypeAdapter[Any]:
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]


def _explain(context: Context, shape: type[BaseModel], path: Path, item: Any) -> None:
    """One finding of pydantic as a mistake of the file."""
    kind, loc, details = item["type"], tuple(item["loc"]), item.get("ctx", {})
    inside = _inside(context, path, loc)
    key = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        keys = _keys(shape, loc[:-1])
        if " " in key and item["input"] is None:  # what YAML makes of `{because: this, and that}`
            remedy = "inside { }, put a text with a comma in quotes"
        else:
            remedy = suggest(key, keys) or f"known here: {', '.join(keys[:20])}"
        context.say(
            "E201", (*inside[:-1], key), f"there is no key {quote(key)}", remedy, of_key=True
        )
    elif kind == "missing":
        what = f"`{key}` is missing"
        context.say(
            "E202",
            (*inside, key) if inside[-1] != key else inside,
            what,
            f"add `{key}:`",
            of_key=True,
        )
    elif kind == "literal_error":
        words = str(details.get("expected", "")).replace("'", "").replace(" or ", ", ")
        known = [word.strip() for word in words.split(",")]
        given = item.get("input")
        code = "E802" if path[0] == "claims" and key == "form" else "E211"
        remedy = (
            suggest(given, known) if isinstance(given, str) else ""
        ) or f"one of {', '.join(known)}"
        context.say(code, inside, f"{quote(given)} is none of the words known here", remedy)
    elif kind in ("too_short", "too_long"):
        wanted = details.get("min_length") if kind == "too_short" else details.get("max_length")
        bound = "at least" if kind == "too_short" else "at most"
        what = f"{details.get('actual_length')} entries, where {bound} {wanted} belong"
        context.say("E203", inside, what)
    elif kind in _RANGES:
        what = f"{quote(item.get('input'))} is out of range"
        context.say("E204", inside, what, _RANGES[kind].format(**details))
    elif kind == "value_error":
        what = str(details.get("error", "this is no value"))
        number = what == "a number belongs here"
        context.say("E203", inside, what, without_percent(item.get("input")) if number else None)
    elif kind in _MAPPINGS and path[0] == "claims" and key in ("of", "with", "than"):
        remedy = _cause_of(context, item.get("input"))
        context.say("E203", inside, _KINDS[kind], remedy)
    else:
        context.say("E203", inside, _KINDS.get(kind, item.get("msg", "this is no value")))


def _cause_of(context: Context, given: Any) -> str:
    """How to write what a claim varies, where only its name is given."""
    name = given if isinstance(given, str) and name_problem(split(given)[0]) is None else "NAME"
    shapes = {
        "parameters": f"{{parameter: {name}, from: 0, to: 1}}",
        "events": f"{{event: {name}, from: 0, to: 1}}",
        "policies": f"{{policy: [OTHER, {name}]}}",
        "stocks": f"{{do: {{{name}: [0, 1]}}}}",
        "beliefs": f"{{do: {{{name}: [0.2, 0.8]}}}}",
        "auxiliaries": f"{{do: {{{name}: [0, 1]}}}}",
    }
    lever = f"{{lever: {name}, from: 0, to: 1}}"
    found = (shape for section, shape in shapes.items() if name in _entries(context, section))
    return f"write what it goes from and to, as `{next(found, lever)}`"


def _inside(context: Context, path: Path, loc: tuple[Any, ...]) -> Path:
    """``path`` and those steps of pydantic's ``loc`` that lead somewhere in the file."""
    node, steps = context.root.find(path), list(path)
    for step in loc:
        if isinstance(step, int) and isinstance(node.value, tuple) and step < len(node.value):
            node = node.value[step]
            steps.append(step)
        elif isinstance(node.value, dict) and str(step) in node.value:
            node = node.value[str(step)].node
            steps.append(str(step))
    return tuple(steps)


def _keys(shape: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The keys that the shape at ``loc`` knows."""
    current: type[BaseModel] = shape
    for step in loc:
        for name, field in current.model_fields.items():
            if step in (name, field.alias):
                current = next(iter(_shapes(field.annotation)), current)
    return [field.alias or name for name, field in current.model_fields.items()]


def _shapes(annotation: Any) -> list[type[BaseModel]]:
    """The shapes that a type annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, types.UnionType, list, dict):
        return [shape for part in get_args(annotation) for shape in _shapes(part)]
    return []
