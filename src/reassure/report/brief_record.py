"""What the record says, for a brief: its verdicts, and what speaks most against the argument."""

from __future__ import annotations

from typing import Any

from reassure.history.record import RecordResult, record_verdicts, together
from reassure.history.record.judge import open_ledger
from reassure.model.checked import Model
from reassure.model.mistakes import ModelError, UsageError
from reassure.report.wording import counted
from reassure.study.claims import ClaimsResult

SPOKEN = 6
"""How many contradictions the first page tells."""


def record_of(model: Model) -> tuple[RecordResult | None, str]:
    """The record of a model that names a ledger, and why there is none where the ledger cannot be used.

    Returns:
        the record, or None; and a sentence, or '' where nothing is amiss.
    """
    if not model.ledger:
        return None, ""
    try:
        return record_verdicts(model, open_ledger(model, None, None)), ""
    except ModelError as error:
        first, *more = error.mistakes
        why = f"{first}, and {counted(len(more), 'mistake')} more" if more else str(first)
    except UsageError as error:
        why = str(error)
    return None, f"What the record says is left out: {why}."


def with_record(
    rows: list[dict[str, Any]], claims: ClaimsResult, record: RecordResult | None
) -> list[dict[str, Any]]:
    """The rows of claims, each with the record's verdict and the two together in words; '' where there is none."""
    said = {} if record is None else {item.id: item.verdict for item in record.results}
    model = {item.id: str(item.verdict) for item in claims.results}
    return [
        {
            **row,
            "record": said.get(row["id"], ""),
            "together": together(model[row["id"]], said[row["id"]]) if said.get(row["id"]) else "",
        }
        for row in rows
    ]


def contradictions(record: RecordResult | None) -> dict[str, Any]:
    """What happened that speaks most against the argument, and the claims that it contradicts, worst first."""
    against = [] if record is None else record.contradicted
    if record is None or not against:
        return {}
    worst = against[0]
    piece = min(worst.evidence, key=lambda seen: seen.weights.get(worst.best_rival, 0.0))
    return {
        "reading": f"ledger {record.ledger}, reading {record.reading}",
        "event": piece.what,
        "because": piece.because,
        "claims": [
            {
                "id": item.id,
                "text": item.text,
                "record": item.verdict,
                "decibels": f"{item.lead:+.1f} dB",
            }
            for item in against[:SPOKEN]
        ],
    }
