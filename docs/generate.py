"""Write the reference pages from the code and the model files that they describe.

    python docs/generate.py            rewrite the pages
    python docs/generate.py --check    exit 1 and name the pages that are stale

The pages are committed so that they can be read without running anything; a test fails when one is stale.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; change what it describes, not this page. -->\n\n"


def cell(text: object) -> str:
    """Text that fits a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines.extend("| " + " | ".join(cell(value) for value in row) + " |" for row in rows)
    return "\n".join(lines) + "\n"


# -- command line ---------------------------------------------------------------------------------


def command_line() -> str:
    """Every command and option, from the application itself."""
    import typer

    from reassure.cli import app

    group = typer.main.get_command(app)
    parts = [
        "# Command line\n",
        "`MODEL` is the path of a model file or the name of a bundled model. Exit codes: 0 done, 2 a mistake in "
        "a model or on the command line, 130 stopped with Ctrl-C (what was finished by then is said).\n",
    ]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        usage = " ".join([f"reassure {name}", *(p.make_metavar_text() for p in _arguments(command))])
        parts.append(f"## reassure {name}\n\n```\n{usage} [OPTIONS]\n```\n")
        parts.append(inspect.cleandoc(command.help or "") + "\n")
        rows = [
            (", ".join(f"`{flag}`" for flag in (*p.opts, *p.secondary_opts)), p.help or "", _default(p))
            for p in command.params
            if p.param_type_name == "option" and p.name != "help"
        ]
        if rows:
            parts.append(table(("option", "what it does", "default"), rows))
    return "\n".join(parts)


class _Argument:
    def __init__(self, text: str) -> None:
        self.text = text

    def make_metavar_text(self) -> str:
        return self.text


def _arguments(command: typing.Any) -> list[_Argument]:
    found = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            found.append(_Argument(parameter.metavar or (parameter.name or "").upper()))
    return found


def _default(parameter: typing.Any) -> str:
    value = parameter.default
    if callable(value) or value is None or value is False or value == ():
        return ""
    return f"`{value}`"


# -- language -------------------------------------------------------------------------------------


def language() -> str:
    """Every section, key, prior and function, from the shapes that files are read into."""
    from reassure.model.functions import functions_table
    from reassure.model.priors import table as priors_table
    from reassure.model.written import Document

    parts = [(DOCS / "language_intro.md").read_text(encoding="utf-8")]
    parts.append("## Sections\n\n" + _fields(Document))
    done: set[type] = {Document}
    for shape in _shapes(Document, done):
        parts.append(f"### {shape.__name__}\n\n{_doc(shape)}\n\n{_fields(shape)}")
    parts.append("## Priors\n\n" + priors_table())
    parts.append("## Functions\n\n" + functions_table())
    return "\n".join(parts)


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


def _fields(shape: type[BaseModel]) -> str:
    rows = [
        (f"`{field.alias or name}`", field.description or "", "yes" if field.is_required() else "")
        for name, field in shape.model_fields.items()
    ]
    return table(("key", "what it is", "needed"), rows)


# -- mistakes, interface, models ------------------------------------------------------------------


def mistakes() -> str:
    from reassure.model.mistakes import codes_table

    return (
        "# Mistakes and warnings\n\nEvery mistake of a file is reported at once, as\n\n```\n"
        "file:line:column: section.name.field: what is wrong — what to do [code]\n```\n\n"
        "Codes are stable. Those that begin with W are warnings; `reassure check --strict` counts them as "
        "mistakes.\n\n" + codes_table()
    )


def interface() -> str:
    """The public names with their docstrings."""
    import reassure

    parts = [
        "# Python\n\nThese names are the whole public interface. Everything else is private.\n\n```python\n"
        'import reassure\n\nargument = reassure.load("richardson")\nresult = argument.run(scenarios=16, replications=1)\n'
        "result.dataset  # an xarray.Dataset\n```\n"
    ]
    for name in reassure.__all__:
        thing = getattr(reassure, name)
        if isinstance(thing, str):
            continue
        signature = "" if inspect.isclass(thing) else str(inspect.signature(thing))
        parts.append(f"## {name}\n\n```python\n{name}{signature}\n```\n\n{_docstring(thing)}\n")
        if inspect.isclass(thing):
            parts.extend(_members(name, thing))
    return "\n".join(parts)


def _docstring(thing: object) -> str:
    return "```text\n" + (inspect.getdoc(thing) or "") + "\n```"


def _members(name: str, thing: type) -> Iterator[str]:
    for member, value in vars(thing).items():
        if member.startswith("_"):
            continue
        if inspect.isfunction(value):
            yield f"### {name}.{member}\n\n```python\n{member}{inspect.signature(value)}\n```\n\n{_docstring(value)}\n"
        elif isinstance(value, property) or hasattr(value, "func"):
            yield f"### {name}.{member}\n\n{_docstring(value)}\n"


def model_page(name: str) -> str:
    """A bundled model as a page, from the model file itself."""
    from reassure.model.load import load
    from reassure.report.listing import facts, listings

    model = load(name)
    parts = [f"# {model.title}\n", model.notes.strip() + "\n"]
    parts.append(table(("", ""), [(f"`{key}`", value) for key, value in facts(model)]))
    if model.differences:
        parts.append(f"## Differences from {model.extends}\n")
        parts.append(table(("section", "name", "what"), [tuple(d) for d in model.differences]))
    parts.extend(f"## {item.title}\n\n{table(item.columns, list(item.rows))}" for item in listings(model))
    return "\n".join(parts)


def models_index() -> str:
    from reassure.model.bundled import names
    from reassure.model.load import load

    rows = [(f"[{name}]({name}.md)", load(name).title) for name in names()]
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
        found[DOCS / "models" / f"{name}.md"] = lambda name=name: model_page(name)
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
