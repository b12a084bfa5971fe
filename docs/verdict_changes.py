"""Verdicts that differ between two columns of a comparison, as a table of a page."""

from __future__ import annotations

from reassure.study.comparison import Comparison

SCENARIOS, REPLICATIONS = 64, 64


def changes(compared: Comparison, first: str, second: str) -> str:
    """How many verdicts are the same, and the others, each with the share of scenarios that support it."""
    rows = [
        f"| {row.number or row.id} | {row.text} | "
        + " | ".join(f"{r.verdict} ({r.supports:.0%})" if r else "not made" for r in row.results)
        + " |"
        for row in compared.differing
    ]
    same = f"{len(compared.rows) - len(rows)} of {len(compared.rows)} verdicts are the same."
    if not rows:
        return same
    head = f"| claim | text | {first} | {second} |\n| --- | --- | --- | --- |"
    return f"{same} The others:\n\n{head}\n" + "\n".join(rows)
