"""Importers: event data by the million become small series in a ledger."""

from __future__ import annotations

from reassure.history.ledger.importing.layouts import FORMATS, Layout, layout_of, mapped_layout
from reassure.history.ledger.importing.stream import Imported, aggregate
from reassure.history.ledger.importing.write import write_series

__all__ = [
    "FORMATS",
    "Imported",
    "Layout",
    "aggregate",
    "layout_of",
    "mapped_layout",
    "write_series",
]
