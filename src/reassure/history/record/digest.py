"""A fingerprint of what the record says, so that a page made from it can be told stale."""

from __future__ import annotations

import hashlib
import json

from reassure.history.record.results import RecordResult


def record_digest(result: RecordResult) -> str:
    """SHA-256 of the verdicts, their evidence and reasons; weights to a thousandth of a decibel."""
    values = json.loads(
        json.dumps(result.as_json()), parse_float=lambda text: round(float(text), 3)
    )
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
