"""Write the reference pages from the code and the model files that they describe.

    python docs/generate.py            rewrite the pages
    python docs/generate.py --check    exit 1 and name the pages that are stale

The pages are committed so that they can be read without running anything; a test fails when one is
stale.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from reassure.report.listing import Listing

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; change what it describes, not this page. -->\n\n"
WIDTH = 100


def cell(text: object) -> str:
    """Text that fits a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def prose(text: object) -> str:
    """Text of a model, with the signs escaped that Markdown would read."""
    return re.sub(r"([*<$\\`])", r"\\\1", str(text))


def code(text: object) -> str:
    """A code span; empty for nothing."""
    return f"`{text}`" if str(text).strip() else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines.extend("| " + " | ".join(cell(value) for value in row) + " |" for row in rows)
    return "\n".join(lines) + "\n"


# -- command line ---------------------------------------------------------------------------------


COMMAND_LINE = """\
# Command line

`MODEL` is the path of a model file or the name of a bundled model. Exit codes: 0 done, 1 a fit
that did not converge, 2 a mistake in a model or on the command line, 130 stopped with Ctrl-C (what was
finished by then is said).
"""


def command_line() -> str:
    """Every command and option, from the application itself."""
    import typer

    from reassure.cli import app

    parts = [COMMAND_LINE]
    for name, command in commands(typer.main.get_command(app)):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
        words = [
            "reassure",
            name,
            *(p.metavar or str(p.name).upper() for p in arguments),
            "[OPTIONS]",
        ]
        parts.append(f"## reassure {name}\n\n```\n{' '.join(words)}\n```\n")
        parts.append(inspect.cleandoc(command.help or "") + "\n")
        rows = [(_flags(option), option.help or "", _default(option.default)) for option in options]
        if rows:
            parts.append(table(("option", "what it does", "default"), rows))
    return "\n".join(parts)


def commands(group: typing.Any, before: str = "") -> Iterator[tuple[str, typing.Any]]:
    """Every command with its name, those of a group as ``group command``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _flags(option: typing.Any) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    return f"{flags} {option.metavar or ''}".strip()


def _default(value: object) -> str:
    """What an option or a key is when it is not given; empty where that is nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


# -- language -------------------------------------------------------------------------------------

SPECIAL = {
    ("Observable", "by"): "an actor, or a list",
    ("Parameter", "prior"): "a [prior](#priors)",
    ("Game", "payoffs"): "PLAYER: formula, [Part](#part), or NAME: [Part](#part)",
    ("Likelihood", "poisson"): "`{}`",
    ("Likelihood", "bernoulli"): "`{}`",
    ("Likelihood", "hazard"): "`{}`",
    ("Likelihood", "negative_binomial"): "`dispersion`: formula",
    ("Likelihood", "normal"): "`sd`: formula",
    ("Likelihood", "lognormal"): "`sigma`: formula",
    ("Likelihood", "student"): "`scale`, `df`: formulas",
    ("Likelihood", "logit_normal"): "`sd`: formula",
    ("Likelihood", "beta"): "`precision`: formula",
    ("Likelihood", "ordinal"): "`cuts`: list of formulas, `spread`: formula",
    ("Pick", "ids"): "an id, or a list",
    ("Move", "options"): "list of words, or NAME: formula",
    ("Move", "seen_by"): "actor, or list of actors",
    ("Move", "sees"): "list of moves, or NAME: formula",
    ("Branch", "seen_by"): "actor, or list of actors",
    ("Claim", "form"): "a [form](../claims.md)",
    ("Claim", "modality"): "`asserts`, `likely`, `may`, `{believes: ACTOR}`",
    ("Claim", "when"): "an outcome, or a [Cause](#cause)",
    ("Claim", "on"): "an outcome, or a list",
    ("Claim", "is_"): "`higher`, `lower`, `rising`, `falling`, or a list",
}
"""What may stand under a key, where its type does not say it."""


def language() -> str:
    """Every section, key, prior and function, from the shapes that files are read into."""
    from reassure.model.functions import functions_table
    from reassure.model.priors import table as priors_table
    from reassure.model.written import Document
    from reassure.model.written_values import Element

    example = _sections_of((DOCS / "language_example.yaml").read_text(encoding="utf-8"))
    parts = [
        (DOCS / "language_intro.md").read_text(encoding="utf-8"),
        f"## Sections\n\n{_fields(Document)}",
        f"## What every element may say\n\n{_fields(Element)}",
    ]
    for section, shapes in _by_section().items():
        told = _doc(shapes[0]) if shapes else Document.model_fields[section].description
        parts.append(f"## {section}\n\n{told}\n")
        if section in example:
            parts.append(f"```yaml\n{example[section]}\n```\n")
        for shape in shapes:
            heading = "" if shape is shapes[0] else f"### {shape.__name__}\n\n{_doc(shape)}\n\n"
            parts.append(heading + _own_fields(shape))
    parts.append("## Priors\n\n" + priors_table())
    parts.append("## Functions\n\n" + functions_table())
    return "\n".join(parts)


def _by_section() -> dict[str, list[type[BaseModel]]]:
    """Sections of a model with the shapes that are first met in each."""
    from reassure.model.written import Document

    done: set[type] = {Document}
    found: dict[str, list[type[BaseModel]]] = {}
    for section, field in Document.model_fields.items():
        shapes = [shape for shape in _models(field.annotation) if shape not in done]
        done.update(shapes)
        found[section] = [*shapes, *(below for shape in shapes for below in _shapes(shape, done))]
    return {section: shapes for section, shapes in found.items() if shapes or section == "sets"}


def _sections_of(text: str) -> dict[str, str]:
    """The text of each section of a model file."""
    starts = [match.start() for match in re.finditer(r"^\w+:", text, re.MULTILINE)]
    parts = [text[a:b].rstrip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    return {part.partition(":")[0]: part for part in parts}


def _doc(shape: type[BaseModel]) -> str:
    return " ".join((shape.__doc__ or "").split())


def _shapes(shape: type[BaseModel], done: set[type]) -> Iterator[type[BaseModel]]:
    """The shapes that ``shape`` is made of, each once, in reading order."""
    for field in shape.model_fields.values():
        for found in _models(field.annotation):
            if found not in done:
                done.add(found)
                yield found
                yield from _shapes(found, done)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models(part)


def _own_fields(shape: type[BaseModel]) -> str:
    """The keys of ``shape``, without those that every element has."""
    from reassure.model.written_values import Element

    if not issubclass(shape, Element):
        return _fields(shape)
    own = _fields(shape, without=Element.model_fields)
    return f"{own}\nAnd [what every element may say](#what-every-element-may-say).\n"


def _fields(shape: type[BaseModel], without: Container[str] = ()) -> str:
    hints = typing.get_type_hints(shape, include_extras=True)
    rows = [
        (
            f"`{field.alias or name}`",
            SPECIAL.get((shape.__name__, name)) or _kind(hints[name]),
            field.description or "",
            "**needed**" if field.is_required() else _default(field.default),
        )
        for name, field in shape.model_fields.items()
        if name not in without
    ]
    return table(("key", "takes", "what it is", "if left out"), rows)


def _kind(hint: object) -> str:
    """What may stand under a key, in words."""
    from reassure.model import written_values as values
    from reassure.model.written_claims import Value

    words = {
        "text": values.Text,
        "number": values.Numeral,
        "true or false": values.Flag,
        "formula": values.Formula,
        "date": values.Date,
        "stretch of time": values.Duration,
        "citation or list": values.Cites,
        "setting": values.Setting,
        "value": Value,
        "whole number": int,
        "word": str,
    }
    for word, kind in words.items():
        if hint == kind:
            return word
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return f"[{hint.__name__}](#{_anchors()[hint]})"
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in inside)
    if origin is list:
        of = _kind(inside[0])
        return f"list of {of}" if of.startswith("[") else f"list of {of}s"
    if origin is dict:
        named = typing.get_origin(inside[0]) is not typing.Literal
        return f"NAME: {_kind(inside[1])}" if named else f"mapping of {_kind(inside[1])}s"
    if origin is typing.Annotated:
        return _kind(inside[0])
    return " or ".join(_kind(part) for part in inside if part is not type(None))


def _anchors() -> dict[type[BaseModel], str]:
    """The heading under which each shape is told."""
    return {
        shape: section if shape is shapes[0] else shape.__name__.lower()
        for section, shapes in _by_section().items()
        for shape in shapes
    }


# -- mistakes, interface, models ------------------------------------------------------------------


MISTAKES = """\
# Mistakes and warnings

Every mistake of a file is reported at once, as

```
file:line:column: section.name.field: what is wrong — what to do [code]
```

Codes are stable. Those that begin with W are warnings; `reassure check --strict` counts them as
mistakes.

"""


def mistakes() -> str:
    from reassure.model.mistakes import codes_table

    return MISTAKES + codes_table()


PYTHON = """\
# Python

These names are the whole public interface. Everything else is private.

```python
import reassure

argument = reassure.load("richardson")
result = argument.run(scenarios=16, replications=1)
result.dataset  # an xarray.Dataset
```
"""


def interface() -> str:
    """The public names with their docstrings."""
    import reassure

    parts = [PYTHON]
    for name in reassure.__all__:
        thing = getattr(reassure, name)
        if inspect.isclass(thing):
            parts.append(f"## {name}\n\n{_docstring(thing)}")
            parts.extend(_members(name, thing))
        elif callable(thing):
            parts.append(f"## {name}\n\n{_signature(name, thing)}{_docstring(thing)}")
    return "\n".join(parts)


def _signature(name: str, thing: Callable[..., object]) -> str:
    """A call as one would write it, an argument a line where it is long."""
    found = inspect.signature(thing)
    arguments = [re.sub(r"^(\w+): '(.*?)'", r"\1: \2", str(p)) for p in found.parameters.values()]
    keyword_only = [p.kind is p.KEYWORD_ONLY for p in found.parameters.values()]
    if True in keyword_only:
        arguments.insert(keyword_only.index(True), "*")
    arguments = [argument for argument in arguments if argument != "self"]
    result = str(found.return_annotation).strip("'")
    line = f"{name}({', '.join(arguments)}) -> {result}"
    if len(line) > WIDTH:
        line = f"{name}(\n    " + ",\n    ".join(arguments) + f",\n) -> {result}"
    return f"```py\n{line}\n```\n\n"


def _docstring(thing: object) -> str:
    text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", inspect.getdoc(thing) or "").replace("``", "`")
    return f"```text\n{text}\n```\n" if text else ""


def _members(name: str, thing: type) -> Iterator[str]:
    for member, value in vars(thing).items():
        if member.startswith("_"):
            continue
        if inspect.isfunction(value):
            yield f"### {name}.{member}\n\n{_signature(member, value)}{_docstring(value)}"
        elif isinstance(value, property) or hasattr(value, "func"):
            yield f"### {name}.{member}\n\n{_docstring(value)}"


CODE = frozenset(
    {"prior", "change", "formula", "moved by", "how often", "options and utilities", "sets", "how"}
)
"""Columns of a model's tables that hold formulas."""


def model_page(name: str) -> str:
    """A bundled model as a page, from the model file itself; of a variation, what it changes."""
    from reassure.model.load import load
    from reassure.report.listing import facts, listings

    model = load(name)
    parts = [f"# {prose(model.title)}\n", prose(model.notes.strip()) + "\n"]
    parts.append(table(("", ""), [(code(key), prose(value)) for key, value in facts(model)]))
    every = listings(model)
    if model.extends:
        page = f"[{model.extends}]({model.extends}.md)"
        parts.append(
            f"What it leaves as it is stands on the page of {page}.\n\n"
            f"## Differences from {model.extends}\n"
        )
        rows = [(section, code(name), what) for section, name, what in model.differences]
        parts.append(table(("section", "name", "what"), rows))
        every = _changed(every, {name for _, name, _ in model.differences})
    for item in every:
        write = [code if head in {item.columns[0], *CODE} else prose for head in item.columns]
        cells = [[as_(value) for as_, value in zip(write, row, strict=True)] for row in item.rows]
        parts.append(f"## {item.title}\n\n{table(item.columns, cells)}")
    return "\n".join(parts)


def _changed(every: Iterable[Listing], names: Container[str]) -> list[Listing]:
    """The rows of elements in ``names``."""
    kept = [
        replace(item, rows=tuple(row for row in item.rows if row[0] in names)) for item in every
    ]
    return [item for item in kept if item.rows]


def models_index() -> str:
    from reassure.model.bundled import names
    from reassure.model.load import load

    rows = [(f"[{name}]({name}.md)", prose(load(name).title)) for name in names()]
    listing = "\n".join(names())
    return (
        "# Bundled models\n\n"
        + table(("model", "what it is"), rows)
        + f"\n```{{toctree}}\n:hidden:\n\n{listing}\n```\n"
    )


def pages() -> dict[Path, Callable[[], str]]:
    """Every generated page and what writes it."""
    from reassure.model.bundled import names

    found: dict[Path, Callable[[], str]] = {
        DOCS / "reference" / "command_line.md": command_line,
        DOCS / "reference" / "language.md": language,
        DOCS / "reference" / "mistakes.md": mistakes,
        DOCS / "reference" / "python.md": interface,
        DOCS / "models" / "index.md": models_index,
    }
    for name in names():
        found[DOCS / "models" / f"{name}.md"] = partial(model_page, name)
    return found


def stale() -> list[Path]:
    """Pages whose committed text is not what they should say."""
    return [
        path
        for path, write in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != NOTE + write()
    ]


def main() -> int:
    if "--check" in sys.argv:
        found = stale()
        for path in found:
            print(f"{path.relative_to(DOCS.parent)} is stale: run python docs/generate.py")
        return bool(found)
    for path, write in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NOTE + write(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
