"""The record's verdict on claims: process tracing with weights of evidence, and small-sample tests."""

from reassure.history.record.judge import record_verdicts
from reassure.history.record.results import (
    BOTH,
    LOGIC,
    MIXED,
    NEITHER,
    RECORD,
    UNSEEN,
    RecordResult,
    RecordVerdict,
    together,
)
from reassure.history.record.weights import VERDICTS

__all__ = [
    "BOTH",
    "LOGIC",
    "MIXED",
    "NEITHER",
    "RECORD",
    "UNSEEN",
    "VERDICTS",
    "RecordResult",
    "RecordVerdict",
    "record_verdicts",
    "together",
]
