"""Verdicts of several readings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from reassure.study.claims import ClaimResult, ClaimsResult

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One claim in every reading: None where a reading does not make it."""

    id: str
    number: int | None
    text: str
    results: tuple[ClaimResult | None, ...]

    @property
    def verdicts(self) -> tuple[str | None, ...]:
        """The verdict in each reading."""
        return tuple(None if result is None else result.verdict for result in self.results)

    @property
    def differs(self) -> bool:
        """Whether the readings that make the claim come to different verdicts."""
        return len(set(self.verdicts) - {None}) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Claims of several readings, matched by their ids, in the order of the first reading that makes them."""

    models: tuple[str, ...]
    rows: tuple[Row, ...]
    complete: bool = True
    """False when the tests were stopped early."""

    @property
    def differing(self) -> tuple[Row, ...]:
        """The claims on which the readings disagree."""
        return tuple(row for row in self.rows if row.differs)

    def as_json(self) -> dict[str, Any]:
        """The contract of ``compare --json``."""
        return {
            "schema": SCHEMA,
            "models": list(self.models),
            "complete": self.complete,
            "claims": [
                {
                    "id": row.id,
                    "number": row.number,
                    "text": row.text,
                    "differs": row.differs,
                    "readings": {
                        model: None
                        if result is None
                        else {
                            "verdict": result.verdict,
                            "standing": result.standing,
                            "supports": result.supports,
                            "contradicts": result.contradicts,
                        }
                        for model, result in zip(self.models, row.results, strict=True)
                    },
                }
                for row in self.rows
            ],
        }

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(model)}</th>" for model in self.models)
        body = "".join(
            f"<tr><td>{escape(row.id)}</td>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells(row))
            + "</tr>"
            for row in self.rows
        )
        return f"<table><tr><th>claim</th>{head}</tr>{body}</table>"


def cells(row: Row) -> list[str]:
    """For each reading the verdict with the share of scenarios that support it, or a dash."""
    return [
        "—"
        if result is None
        else result.verdict
        + ("" if result.verdict == "not testable" else f" {result.supports:.0%}")
        for result in row.results
    ]


def compare(readings: Sequence[ClaimsResult], names: Sequence[str] | None = None) -> Comparison:
    """Match the claims of several readings by id.

    Args:
        names: what each reading is called; None for its model.
    """
    order: dict[str, None] = {}
    for reading in readings:
        order.update((result.id, None) for result in reading.results)
    tables = [{result.id: result for result in reading.results} for reading in readings]
    rows = []
    for name in order:
        found = tuple(table.get(name) for table in tables)
        first = next(result for result in found if result is not None)
        rows.append(Row(name, first.number, first.text, found))
    complete = all(reading.complete for reading in readings)
    called = tuple(reading.model for reading in readings) if names is None else tuple(names)
    return Comparison(called, tuple(rows), complete)
