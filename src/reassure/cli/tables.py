"""Tables: boxes on a wide terminal, entries on a narrow one, tab-separated lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

SHORT = 16  # cells up to this wide are not broken
LONG = 24  # what a column of sentences needs at least
GAP = 2


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[str] = ()
) -> str:
    """A table for a person, or tab-separated lines in a pipe, where programs and ``cut`` read it."""
    rows = [list(row) for row in rows]
    if not sys.stdout.isatty():
        lines = ["\t".join(columns)]
        lines.extend("\t".join(" ".join(cell.split()) for cell in row) for row in rows)
        return "\n".join(lines)
    name = next((i for i, column in enumerate(columns) if column not in numeric), 0)
    if _needed(columns, rows, numeric, name) > _width():
        return _entries(title, columns, rows, name)
    return _render(_rich_table(title, columns, rows, numeric, name))


def headed(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[str] = ()
) -> str:
    """One of several tables: its title stands above it in a pipe, too."""
    return f"{title}\n{table('', columns, rows, numeric)}"


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _needed(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str], name: int
) -> int:
    """How wide a terminal must be for no name or number to be broken."""
    total = 0
    for index, column in enumerate(columns):
        widest = max([len(column), *(len(row[index]) for row in rows)])
        whole = column in numeric or index == name or widest <= SHORT
        total += (widest if whole else min(widest, LONG)) + GAP
    return total


def _entries(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], name: int) -> str:
    """One entry a row: its name, and below it what the other columns say."""
    import textwrap

    width = max(_width(), 20)
    blocks = [title] if title else []
    for row in rows:
        said = [
            f"{column}: {' '.join(cell.split())}"
            for index, (column, cell) in enumerate(zip(columns, row, strict=True))
            if index != name and cell.strip()
        ]
        body = textwrap.fill("; ".join(said), width, initial_indent="  ", subsequent_indent="  ")
        blocks.append(f"{row[name]}\n{body}" if said else row[name])
    return "\n".join(blocks)


def _rich_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[str],
    name: int,
) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(
        title=title or None, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0)
    )
    for index, column in enumerate(columns):
        right = column in numeric
        short = max([len(column), *(len(row[index]) for row in rows)]) <= SHORT
        grid.add_column(
            column,
            justify="right" if right else "left",
            no_wrap=right or short or index == name,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid


def _render(thing: Any) -> str:
    """A Rich renderable as text for this terminal."""
    from rich.console import Console

    console = Console()
    with console.capture() as captured:
        console.print(thing)
    return captured.get().rstrip("\n")
