"""Proven signs: whether a formula can only rise, or only fall, with what it reads.

A sign is read off an enclosure of the slopes (:mod:`reassure.engine.slopes`). Where one enclosure
over the whole box of ranges proves nothing, the like terms of the formula are collected, and then
the box is split and its parts are tried: a function that never falls on any part never falls.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from reassure.engine.slopes import NONE, Dependence, Range, Slopes
from reassure.engine.terms import collected
from reassure.model.expression import Expression
from reassure.model.intervals import WHOLE

Sign = Literal["+", "-", "?", "0"]

BOXES = 96  # how many parts of the box one proof may look at


def sign_of(slope: Range) -> Sign:
    """The sign that an enclosure proves: '+' never falls, '-' never rises, '0' never moves, '?'
    neither."""
    low, high = slope
    if low == 0.0 == high:
        return "0"
    if low >= 0.0:
        return "+"
    return "-" if high <= 0.0 else "?"


def join_signs(signs: Iterable[Sign]) -> Sign:
    """The sign of several influences at once: '?' as soon as two conflict or one is unknown."""
    found = {sign for sign in signs if sign != "0"}
    if not found:
        return "0"
    return found.pop() if len(found) == 1 else "?"


def slope_signs(expression: Expression, ranges: Mapping[str, Range]) -> dict[Dependence, Sign]:
    """The proven sign of ``expression`` in everything it reads, over the box ``ranges``.

    Tried in turn until something is proven: the formula as it stands, its like terms collected, and
    each of the two over parts of the box.
    """
    signs = {key: sign_of(slope) for key, slope in Slopes(ranges).slopes(expression).items()}
    open_keys = [key for key, sign in signs.items() if sign == "?"]
    if not open_keys:
        return signs
    forms = [expression]
    tidy = collected(expression)
    if tidy is not None and tidy != expression:
        forms.append(tidy)
        again = Slopes(ranges).slopes(tidy)
        signs.update({key: sign_of(again.get(key, NONE)) for key in open_keys})
    for key in open_keys:
        for form in forms:
            if signs[key] == "?":
                signs[key] = _by_splitting(form, ranges, key)
    return signs


def _by_splitting(expression: Expression, ranges: Mapping[str, Range], key: Dependence) -> Sign:
    """Look at the parts of the box, widest first, until all agree on a sign or two disagree."""
    bounded = {
        read.name: ranges[read.name]
        for read in Slopes(ranges).slopes(expression)
        if all(math.isfinite(end) for end in ranges.get(read.name, WHOLE))
    }
    pending = [bounded]
    found: Sign = "0"
    for _ in range(BOXES):
        if not pending:
            return found
        box = pending.pop(0)
        part = Slopes({**ranges, **box}, ranges, split=True)
        sign = sign_of(part.slopes(expression).get(key, NONE))
        if sign == "?":
            halves = _halves(box, ranges)
            if not halves:
                return "?"
            pending.extend(halves)
        else:
            found = join_signs((found, sign))
            if found == "?":
                return "?"
    return "?"


def _halves(box: dict[str, Range], ranges: Mapping[str, Range]) -> list[dict[str, Range]]:
    def share(name: str) -> float:
        whole = ranges[name][1] - ranges[name][0]
        return (box[name][1] - box[name][0]) / whole if whole > 0.0 else 0.0

    widest = max(box, key=share, default="")
    if not widest or share(widest) < 1e-3:
        return []
    low, high = box[widest]
    middle = 0.5 * (low + high)
    return [{**box, widest: (low, middle)}, {**box, widest: (middle, high)}]
