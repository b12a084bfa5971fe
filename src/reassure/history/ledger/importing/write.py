"""Imported counts as series in a ledger's folder."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from reassure.history.ledger.importing.codes import CLASSES
from reassure.history.ledger.manifest import tree
from reassure.history.ledger.spans import parse_span, periods
from reassure.model.mistakes import Mistake, ModelError, UsageError

if TYPE_CHECKING:
    from reassure.history.ledger.importing.stream import Imported

TITLES = {
    "verbal_coop": "verbal cooperation of the actor toward the partner",
    "material_coop": "material cooperation of the actor toward the partner",
    "verbal_conf": "verbal conflict of the actor toward the partner",
    "material_conf": "material conflict of the actor toward the partner",
    "intensity": "mean intensity of the actor's events toward the partner",
}


def write_series(
    folder: Path, name: str, found: Imported, *, by: str, source: str, terms: str, lag_days: int
) -> tuple[str, ...]:
    """Write ``series/NAME.csv`` and describe its series in ``series.yaml``.

    Periods without an event of a dyad that has any are zeros of the counts; a mean has no value there.

    Returns:
        The families written.

    Raises:
        UsageError: nothing to write, or series of this name are there already.
    """
    if not found.cells:
        raise UsageError(
            "no event is between two actors of the ledger",
            "declare the actors in ledger.yaml, and map the file's names to them with --actors",
        )
    path, described = folder / "series" / f"{name}.csv", folder / "series.yaml"
    families = [
        f"{name}_{kind}" for kind in (*CLASSES, *(["intensity"] if found.intensity else []))
    ]
    before = described.read_text(encoding="utf-8") if described.exists() else "series:\n"
    told: list[Mistake] = []
    root = tree(described, told) if described.exists() else None
    if told:
        raise ModelError(told)
    held = root.get("series") if root else None
    if path.exists() or any(item in (held.entries if held else ()) for item in families):
        raise UsageError(
            f"the ledger has series of the name {name} already",
            "give another --name, or remove them",
        )
    text = before if before.endswith("\n") else before + "\n"
    for item in families:
        kind = item[len(name) + 1 :]
        unit = "mean intensity" if kind == "intensity" else "events"
        text += (
            f"  {item}:\n    about: {_quoted(TITLES[kind])}\n    unit: {unit}\n    period: {by}\n"
            f"    coverage: {{from: {found.first}, to: {found.last}}}\n"
            f"    source: {_quoted(source)}\n    terms: {_quoted(terms)}\n    lag_days: {lag_days}\n"
        )
    path.parent.mkdir(exist_ok=True)
    replace_file(path, _table(name, found, by))
    replace_file(described, text)
    return tuple(families)


def _table(name: str, found: Imported, by: str) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("series", "actor", "partner", "period", "value"))
    every = periods(parse_span(found.first).start, parse_span(found.last).end, by)
    for actor, partner in sorted({(a, t) for _, a, t in found.cells}):
        for kind in CLASSES:
            for period in every:
                number = found.cells.get((period, actor, partner), {}).get(kind, 0)
                rows.writerow((f"{name}_{kind}", actor, partner, period, number))
        for period in every:
            if (period, actor, partner) in found.intensity:
                total, number = found.intensity[period, actor, partner]
                mean = f"{total / number:.4f}"
                rows.writerow((f"{name}_intensity", actor, partner, period, mean))
    return out.getvalue()


def _quoted(text: str) -> str:
    return "'" + " ".join(text.split()).replace("'", "''") + "'"


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
