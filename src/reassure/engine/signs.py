"""Proven signs: whether a formula can only rise, or only fall, with what it reads.

A sign is read off an enclosure of the slopes (:mod:`reassure.engine.slopes`). Where one enclosure
over the whole box of ranges proves nothing, the like terms of the formula are collected, and then
the box is split and its parts are tried: a function that never falls on any part never falls.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from reassure.engine.evaluation import evaluate
from reassure.engine.slopes import NONE, Dependence, Range, Slopes, with_children
from reassure.engine.terms import collected
from reassure.model.expression import (
    ZERO,
    Binary,
    Expression,
    Memory,
    Ref,
    children,
    references,
)
from reassure.model.intervals import WHOLE

Sign = Literal["+", "-", "?", "0"]

BOXES = 96  # how many parts of the box one proof may look at
MOST_SPLIT = 4  # how many ranges are split together
POINTS = 64  # at which a formula is tried


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
    each of the two over parts of the box. What is seen to move both ways at some points of the box is
    not tried any further.
    """
    signs = {key: sign_of(slope) for key, slope in Slopes(ranges).slopes(expression).items()}
    unsure = [key for key, sign in signs.items() if sign == "?"]
    if not unsure:
        return signs
    forms = [expression]
    tidy = collected(expression)
    if tidy is not None and tidy != expression:
        forms.append(tidy)
        again = Slopes(ranges).slopes(tidy)
        signs.update({key: sign_of(again.get(key, NONE)) for key in unsure})
        unsure = [key for key in unsure if signs[key] == "?"]
    both_ways = moving_both_ways(expression, ranges, [key for key in unsure if not key.lagged])
    for key in unsure:
        for form in forms:
            if signs[key] == "?" and key not in both_ways:
                signs[key] = _by_splitting(_terms_with(key.name, form), ranges, key)
    return signs


def _terms_with(name: str, total: Expression) -> Expression:
    """The sum of those terms of ``total`` that read ``name``."""
    if isinstance(total, Binary) and total.op in ("+", "-"):
        left, right = _terms_with(name, total.left), _terms_with(name, total.right)
        if right == ZERO:
            return left
        return right if left == ZERO and total.op == "+" else Binary(total.op, left, right)
    return total if name in references(total) else ZERO


def moving_both_ways(
    expression: Expression, ranges: Mapping[str, Range], keys: Sequence[Dependence]
) -> frozenset[Dependence]:
    """Those of ``keys`` in which ``expression`` is seen to rise at some points and to fall at others.

    The points are drawn from ``ranges``, memories from what they can hold, always the same ones.
    """
    slopes = Slopes(ranges)
    held: dict[str, Range] = {}

    def present(node: Expression) -> Expression:
        if isinstance(node, Memory):
            name = f"memory {len(held)}"
            held[name] = slopes.value(node)
            return Ref(name)
        below = children(node)
        return with_children(node, [present(child) for child in below]) if below else node

    formula = present(expression)
    draw = np.random.default_rng(0)
    at = {
        name: _points(held.get(name) or ranges.get(name, WHOLE), draw)
        for name in sorted(references(formula))
    }
    base = np.broadcast_to(evaluate(formula, at), POINTS)
    found = set()
    for key in keys:
        other = _points(ranges.get(key.name, WHOLE), draw)
        moved = np.broadcast_to(evaluate(formula, {**at, key.name: other}), POINTS)
        with np.errstate(all="ignore"):
            rise = (moved - base) * np.sign(other - at[key.name])
            real = rise[np.isfinite(rise) & (np.abs(rise) > 1e-7 * np.abs(base))]
        if np.any(real > 0.0) and np.any(real < 0.0):
            found.add(key)
    return frozenset(found)


def _points(within: Range, draw: np.random.Generator) -> Any:
    low, high = within
    if math.isfinite(low) and math.isfinite(high):
        return draw.uniform(low, high, POINTS)
    size = 10.0 ** draw.uniform(-2.0, 2.0, POINTS)
    if math.isfinite(low):
        return low + size
    if math.isfinite(high):
        return high - size
    return size * draw.choice([-1.0, 1.0], POINTS)


def _by_splitting(expression: Expression, ranges: Mapping[str, Range], key: Dependence) -> Sign:
    """Look at parts of the box until all agree on a sign or two disagree: first parts of the range
    of ``key`` alone, then, where few ranges make up the box, of all of them."""
    bounded = {
        read.name: ranges[read.name]
        for read in Slopes(ranges).slopes(expression)
        if all(math.isfinite(end) for end in ranges.get(read.name, WHOLE))
    }
    sign: Sign = "?"
    if key.name in bounded and not key.lagged:
        alone = {key.name: bounded[key.name]}
        sign = _over_parts(expression, ranges, key, alone, BOXES // 4)
    if sign == "?" and len(bounded) <= MOST_SPLIT:
        sign = _over_parts(expression, ranges, key, bounded, BOXES)
    return sign


def _over_parts(
    expression: Expression,
    ranges: Mapping[str, Range],
    key: Dependence,
    whole: dict[str, Range],
    boxes: int,
) -> Sign:
    pending = [whole]
    found: Sign = "0"
    for _ in range(boxes):
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
