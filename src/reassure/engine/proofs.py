"""Signs proven where plain enclosures prove nothing.

An enclosure is loose where one name stands in several places of a formula: over [0, 1] the slope of
``x * (2 - x)`` comes out as [0, 2] + [-1, 0]. :class:`Proof` looks again at each node at which a
sign is first lost, and only there, so that it finds the same whether a part of a formula has a name
of its own or not. It collects like terms; tries the formula at some points, because no proof is to
be had where it is seen to move both ways; and splits the box: a formula that never falls on any
part never falls. Bounds of values are sharpened in the same places: where a formula only rises with
a name, its least value is at the least value of the name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from reassure.engine.evaluation import evaluate
from reassure.engine.signs import Sign, join_signs, sign_of
from reassure.engine.slope_maps import NONE, Dependence, Range, SlopeMap
from reassure.engine.slopes import Slopes, with_children
from reassure.engine.terms import collected
from reassure.model.expression import (
    ZERO,
    Binary,
    Call,
    Expression,
    Memory,
    Number,
    Ref,
    children,
    references,
)
from reassure.model.intervals import WHOLE

BOXES = 64  # how many parts of the box one proof may look at
MOST_SPLIT = 4  # how many ranges are split together
POINTS = 64  # at which a formula is tried
MOST_NODES = 80  # of a formula, written out, that is looked at again


class Proof(Slopes):
    """Enclosures over a whole box of declared ranges, sharpened."""

    def __init__(self, ranges: Mapping[str, Range]) -> None:
        super().__init__(ranges)
        self._sizes: dict[int, tuple[Expression, int]] = {}
        self._signs: dict[int, tuple[Expression, dict[Dependence, Sign]]] = {}

    def signs(self, expression: Expression) -> dict[Dependence, Sign]:
        """The proven sign of ``expression`` in everything it reads."""
        known = self._signs.get(id(expression))
        if known is None:
            found = {key: sign_of(slope) for key, slope in self.slopes(expression).items()}
            for key, sign in found.items():
                if sign == "?" and self._size(expression) <= MOST_NODES:
                    found[key] = sign_of(self._again(expression, key, WHOLE))
            known = self._signs[id(expression)] = (expression, found)
        return known[1]

    # -- what is sharpened ---------------------------------------------------------------------

    def _rule(self, node: Expression) -> SlopeMap:
        found = super()._rule(node)
        if isinstance(node, Memory | Ref) or self._size(node) > MOST_NODES:
            return found
        below = [self.slopes(child) for child in children(node)]
        for key, slope in found.items():
            lost_here = all(sign_of(slopes.get(key, NONE)) != "?" for slopes in below)
            if lost_here and sign_of(slope) == "?":
                found[key] = self._again(node, key, slope)
        return found

    def _value(self, node: Expression) -> Range:
        low, high = super()._value(node)
        if low == high or not isinstance(node, Binary | Call) or self._size(node) > MOST_NODES:
            return low, high
        below = [self.names(child) for child in children(node)]
        if len(frozenset().union(*below)) == sum(map(len, below)):
            return low, high  # no name in two places
        ends = self._ends(node)
        for form in (node, collected(node)):
            if form is not None:
                low = max(low, self._at(form, {name: end[0] for name, end in ends.items()})[0])
                high = min(high, self._at(form, {name: end[1] for name, end in ends.items()})[1])
        return low, max(low, high)

    def _ends(self, node: Expression) -> dict[str, tuple[float, float]]:
        """For each name that ``node`` only rises or falls with, where it is least and where it is
        most."""
        found: dict[str, list[Sign]] = {}
        for key, slope in self.slopes(node).items():
            found.setdefault(key.name, []).append("?" if key.lagged else sign_of(slope))
        ends = {}
        for name, signs in found.items():
            low, high = self.ranges.get(name, WHOLE)
            if math.isfinite(low) and math.isfinite(high):
                match join_signs(signs):
                    case "+":
                        ends[name] = (low, high)
                    case "-":
                        ends[name] = (high, low)
        return ends

    def _at(self, form: Expression, values: Mapping[str, float]) -> Range:
        """Bounds of ``form`` where some names have one value."""

        def put(node: Expression) -> Expression:
            if isinstance(node, Ref) and node.name in values:
                return Number(values[node.name])
            below = children(node)
            if isinstance(node, Memory) or not below:
                return node
            return with_children(node, [put(child) for child in below])

        fixed = put(form)
        tidy = collected(fixed)
        part = Slopes(self.ranges, self)
        low, high = part.value(fixed)
        if tidy is not None:
            other = part.value(tidy)
            low, high = max(low, other[0]), min(high, other[1])
        return low, high

    # -- one slope, looked at again ------------------------------------------------------------

    def _again(self, node: Expression, key: Dependence, slope: Range) -> Range:
        """``slope``, or as much of it as is left once a sign is proven."""
        sign = self._sign(node, key)
        if sign == "+":
            return max(slope[0], 0.0), slope[1]
        if sign == "-":
            return slope[0], min(slope[1], 0.0)
        return NONE if sign == "0" else slope

    def _sign(self, node: Expression, key: Dependence) -> Sign:
        forms = [node]
        tidy = collected(node)
        if tidy is not None and tidy != node:
            sign = sign_of(Slopes(self.ranges, self, only=key.name).slopes(tidy).get(key, NONE))
            if sign != "?":
                return sign
            forms.append(tidy)
        if not key.lagged and self.moves_both_ways(node, key.name):
            return "?"
        for form in forms:
            sign = self._by_splitting(_terms_with(key.name, form), key)
            if sign != "?":
                return sign
        return "?"

    def moves_both_ways(self, node: Expression, name: str) -> bool:
        """Whether ``node`` is seen to rise with ``name`` at some points and to fall at others.

        The points are drawn from the ranges, memories from what they can hold, always the same
        ones.
        """
        held: dict[str, Range] = {}

        def present(part: Expression) -> Expression:
            if isinstance(part, Memory):
                stand_in = f"memory {len(held)}"
                held[stand_in] = self.value(part)
                return Ref(stand_in)
            below = children(part)
            return with_children(part, [present(child) for child in below]) if below else part

        formula = present(node)
        draw = np.random.default_rng(0)
        at = {
            read: _points(held.get(read) or self.ranges.get(read, WHOLE), draw)
            for read in sorted(references(formula))
        }
        if name not in at:
            return False
        other = _points(self.ranges.get(name, WHOLE), draw)
        base = np.broadcast_to(evaluate(formula, at), POINTS)
        moved = np.broadcast_to(evaluate(formula, {**at, name: other}), POINTS)
        with np.errstate(all="ignore"):
            rise = (moved - base) * np.sign(other - at[name])
            rise = rise[np.isfinite(rise) & (np.abs(rise) > 1e-7 * np.abs(base))]
        return bool(np.any(rise > 0.0) and np.any(rise < 0.0))

    def _by_splitting(self, node: Expression, key: Dependence) -> Sign:
        """Look at parts of the box until all agree on a sign or two disagree: first parts of the
        range of ``key`` alone, then, where few ranges make up the box, of all of them."""
        bounded = {
            name: self.ranges[name]
            for name in sorted(references(node))
            if all(math.isfinite(end) for end in self.ranges.get(name, WHOLE))
        }
        sign: Sign = "?"
        if key.name in bounded and not key.lagged:
            alone = {key.name: bounded[key.name]}
            sign = self._over_parts(node, key, alone, BOXES // 4)
        if sign == "?" and len(bounded) <= MOST_SPLIT:
            sign = self._over_parts(node, key, bounded, BOXES)
        return sign

    def _over_parts(
        self, node: Expression, key: Dependence, whole: dict[str, Range], boxes: int
    ) -> Sign:
        pending = [whole]
        found: Sign = "0"
        for _ in range(boxes):
            if not pending:
                return found
            box = pending.pop(0)
            part = Slopes({**self.ranges, **box}, self, split=True, only=key.name)
            sign = sign_of(part.slopes(node).get(key, NONE))
            if sign == "?":
                halves = self._halves(box)
                if not halves:
                    return "?"
                pending.extend(halves)
            else:
                found = join_signs((found, sign))
                if found == "?":
                    return "?"
        return "?"

    def _halves(self, box: dict[str, Range]) -> list[dict[str, Range]]:
        def share(name: str) -> float:
            whole = self.ranges[name][1] - self.ranges[name][0]
            return (box[name][1] - box[name][0]) / whole if whole > 0.0 else 0.0

        widest = max(box, key=share, default="")
        if not widest or share(widest) < 1e-3:
            return []
        low, high = box[widest]
        middle = 0.5 * (low + high)
        return [{**box, widest: (low, middle)}, {**box, widest: (middle, high)}]

    # -- about formulas ------------------------------------------------------------------------

    def _size(self, node: Expression) -> int:
        """Nodes of ``node``, written out."""
        known = self._sizes.get(id(node))
        if known is None:
            size = 1 + sum(self._size(child) for child in children(node))
            known = self._sizes[id(node)] = (node, size)
        return known[1]


def _terms_with(name: str, total: Expression) -> Expression:
    """The sum of those terms of ``total`` that read ``name``."""
    if isinstance(total, Binary) and total.op in ("+", "-"):
        left, right = _terms_with(name, total.left), _terms_with(name, total.right)
        if right == ZERO:
            return left
        return right if left == ZERO and total.op == "+" else Binary(total.op, left, right)
    return total if name in references(total) else ZERO


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
