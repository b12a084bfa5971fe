"""A strict reading: a model without what could not have been known by a date.

Every mapping in a file may carry ``known_by:``. A strict reading leaves out the elements, terms of evidence,
options and interests that say a later date; what still mentions one of them is then reported as a mistake, with the
name and the date, because only the author can say what would have stood in its place.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

from reassure.model import calendar
from reassure.model.mistakes import Fault
from reassure.model.yaml_source import Entry, Node


def known_by(root: Node, date: str) -> tuple[Node, dict[str, str]]:
    """``root`` without what became known after ``date``; a month or a year counts to its end.

    Returns:
        the reading, and what was left out: its name and the date that it gives.

    Raises:
        Fault: ``date`` is not a date (E205).
    """
    dropped: dict[str, str] = {}
    return _kept(root, calendar.last_day(date), dropped), dropped


def _kept(node: Node, limit: datetime.date, dropped: dict[str, str]) -> Node:
    if isinstance(node.value, tuple):
        items = tuple(_kept(item, limit, dropped) for item in node.value if not _later(item, limit))
        return replace(node, value=items)
    if not isinstance(node.value, dict):
        return node
    entries: dict[str, Entry] = {}
    for key, entry in node.value.items():
        if _later(entry.node, limit):
            dropped[key] = str(entry.node.entries["known_by"].node.value)
        else:
            entries[key] = replace(entry, node=_kept(entry.node, limit, dropped))
    return replace(node, value=entries)


def _later(node: Node, limit: datetime.date) -> bool:
    """Whether ``node`` says of itself that it became known after ``limit``."""
    said = node.get("known_by")
    if said is None or not said.text:
        return False
    try:
        return calendar.parse_date(said.text) > limit
    except Fault:
        return False  # the check of the element reports the bad date
