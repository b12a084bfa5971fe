"""A strict reading: a model without what could not have been known by a date.

Every mapping in a file may carry ``known_by:``. A strict reading leaves out the elements, terms of evidence,
options and interests that say a later date; what still mentions one of them is then reported as a mistake, with the
name and the date, because only the author can say what would have stood in its place. A file that extends another is
read strictly before the two are merged, so that what it changed later stays as it was in the one that it extends.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

from reassure.model import calendar
from reassure.model.mistakes import Fault
from reassure.model.yaml_source import Entry, Node


def known_by(root: Node, limit: datetime.date, dropped: dict[str, str]) -> Node:
    """``root``, one file's, without what became known after ``limit``.

    Args:
        dropped: takes what is left out: its name and the date that it gives.
    """
    found = _kept(root, limit, dropped)
    if not isinstance(found.value, dict):
        return found
    # A section with nothing left says nothing; empty, it would stand in the place of the one extended.
    emptied = {
        key
        for key, entry in found.entries.items()
        if entry.node.value == {} and root.entries[key].node.value != {}
    }
    return replace(found, value={k: e for k, e in found.entries.items() if k not in emptied})


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
