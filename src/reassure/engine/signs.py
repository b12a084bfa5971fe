"""Proven signs: whether a formula can only rise, or only fall, with what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from reassure.engine.slope_maps import Range

Sign = Literal["+", "-", "?", "0"]


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


def turned(sign: Sign) -> Sign:
    """The sign of the negative."""
    return "-" if sign == "+" else "+" if sign == "-" else sign
