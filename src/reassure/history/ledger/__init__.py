"""The ledger of history: what did happen, when, by whose account, and under which coding."""

from __future__ import annotations

from reassure.history.ledger.checks import Checked, check_ledger
from reassure.history.ledger.courses import Course, Point
from reassure.history.ledger.load import bundled_ledgers, load_ledger
from reassure.history.ledger.meant import (
    Break,
    Category,
    Event,
    Ledger,
    Observation,
    Reading,
    Series,
)
from reassure.history.ledger.spans import Span, parse_span

__all__ = [
    "Break",
    "Category",
    "Checked",
    "Course",
    "Event",
    "Ledger",
    "Observation",
    "Point",
    "Reading",
    "Series",
    "Span",
    "bundled_ledgers",
    "check_ledger",
    "load_ledger",
    "parse_span",
]
