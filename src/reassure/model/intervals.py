"""Bounds of a formula from bounds of what it reads, by interval arithmetic.

After Moore (1966), *Interval Analysis*. An enclosure is safe, not tight: ``x - x`` over [0, 1] is
[-1, 1]. Where a conditional asks about a name, each branch is looked at over the part of the name's
range where it rules. Bounds are computed in double precision without directed rounding, so they
hold up to rounding. Points where a formula has no value (a logarithm of zero) are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reassure.model.expression import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Lookup,
    Memory,
    Number,
    Ref,
    Unary,
)
from reassure.model.functions import BINARY, FUNCTIONS

Interval = tuple[float, float]

WHOLE: Interval = (-math.inf, math.inf)
_TRUE: Interval = (1.0, 1.0)
_FALSE: Interval = (0.0, 0.0)
_EITHER: Interval = (0.0, 1.0)


def interval(expression: Expression, ranges: Mapping[str, Interval]) -> Interval:
    """An interval that holds every value of ``expression``.

    Args:
        expression: a formula in internal units.
        ranges: lowest and highest value of each name read; a name that is missing may be anything.

    Returns:
        (low, high), infinite where no bound is known; never NaN.
    """
    with np.errstate(all="ignore"):
        return _Box(ranges, ranges).bounds(expression)


def sign_of(low: float, high: float) -> int | None:
    """+1 if nothing in [low, high] is below zero, -1 if nothing is above, 0 if both, else None."""
    if low == 0.0 == high:
        return 0
    if low >= 0.0:
        return 1
    return -1 if high <= 0.0 else None


def hull(*parts: Interval) -> Interval:
    """The least interval that holds all ``parts``."""
    return min(low for low, _ in parts), max(high for _, high in parts)


def multiply(a: Interval, b: Interval) -> Interval:
    """All products. Zero times infinity is zero: infinite only says that no bound is known."""
    products = [0.0 if x == 0.0 or y == 0.0 else x * y for x in a for y in b]
    return min(products), max(products)


def divide(a: Interval, b: Interval) -> Interval:
    """All quotients with a divisor other than zero."""
    low, high = b
    if low < 0.0 < high or low == 0.0 == high:
        return WHOLE
    if low >= 0.0:
        return multiply(a, (1.0 / high, 1.0 / low if low else math.inf))
    return multiply(a, (1.0 / high if high else -math.inf, 1.0 / low))


def power(base: Interval, exponent: Interval) -> Interval:
    """All powers that are real numbers."""
    low, high = base
    n = exponent[0]
    if n != exponent[1]:
        if low < 0.0:
            return WHOLE
        logs = _ends(np.log, base)
        return _ends(np.exp, multiply(logs, exponent))
    if n == 0.0:
        return _TRUE
    if n < 0.0:
        return divide(_TRUE, power(base, (-n, -n)))
    if not n.is_integer():
        low, high = max(low, 0.0), max(high, 0.0)
    ends = _ends(lambda x: np.power(x, n), (low, high))
    if n % 2.0 == 0.0 and low < 0.0:
        return (0.0, max(ends)) if high > 0.0 else (ends[1], ends[0])
    return ends


def _ends(function: Callable[..., Any], argument: Interval) -> Interval:
    """A function's value at both ends, unbounded where it has none."""
    with np.errstate(all="ignore"):
        first, last = (float(function(np.float64(end))) for end in argument)
    return (-math.inf if math.isnan(first) else first, math.inf if math.isnan(last) else last)


def _clean(bounds: Interval) -> Interval:
    low, high = bounds
    return (-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)


class _Box:
    """Bounds over ranges of the present; what memories remember had ``past`` ranges, which no
    condition about the present narrows."""

    def __init__(self, ranges: Mapping[str, Interval], past: Mapping[str, Interval]) -> None:
        self._ranges = ranges
        self._past = past

    def bounds(self, node: Expression) -> Interval:
        return _clean(self._bounds(node))

    def _bounds(self, node: Expression) -> Interval:
        match node:
            case Number(value):
                return value, value
            case Ref(name):
                return self._ranges.get(name, WHOLE)
            case Unary("not", operand):
                low, high = self._truth(operand)
                return 1.0 - high, 1.0 - low
            case Unary(_, operand):
                low, high = self.bounds(operand)
                return 0.0 - high, 0.0 - low
            case Binary():
                return self._binary(node)
            case Compare(op, left, right):
                return _compared(op, self.bounds(left), self.bounds(right))
            case Logic(op, operands):
                lows, highs = zip(*map(self._truth, operands), strict=True)
                return (min(lows), min(highs)) if op == "and" else (max(lows), max(highs))
            case Conditional():
                return self._conditional(node)
            case Call(name, arguments):
                return _called(name, tuple(map(self.bounds, arguments)))
            case Lookup(argument, xs, ys):
                low, high = self.bounds(argument)
                inside = [y for x, y in zip(xs, ys, strict=True) if low < x < high]
                found = [*inside, *(float(np.interp(end, xs, ys)) for end in (low, high))]
                return min(found), max(found)
            case Memory():
                return _Box(self._past, self._past)._memory(node)

    def _truth(self, node: Expression) -> Interval:
        low, high = self.bounds(node)
        if low == 0.0 == high:
            return _FALSE
        return _TRUE if low > 0.0 or high < 0.0 else _EITHER

    def _binary(self, node: Binary) -> Interval:
        a, b = self.bounds(node.left), self.bounds(node.right)
        match node.op:
            case "+":
                return a[0] + b[0], a[1] + b[1]
            case "-":
                return a[0] - b[1], a[1] - b[0]
            case "*":
                return power(a, (2.0, 2.0)) if node.left == node.right else multiply(a, b)
            case "/":
                return divide(a, b)
            case "**":
                return power(a, b)
            case "//":
                low, high = divide(a, b)
                return float(np.floor(low)), float(np.floor(high))
        return _remainder(a, b)

    def _conditional(self, node: Conditional) -> Interval:
        parts = [
            box.bounds(branch)
            for branch, holds in ((node.then, True), (node.otherwise, False))
            if (box := self._where(node.condition, holds)) is not None
        ]
        return hull(*parts) if parts else WHOLE

    def _where(self, condition: Expression, holds: bool) -> _Box | None:
        """The part of the box where a condition holds (or does not); None where there is none."""
        match condition:
            case Unary("not", operand):
                return self._where(operand, not holds)
            case Logic(op, operands) if (op == "and") == holds:
                box: _Box | None = self
                for operand in operands:
                    box = None if box is None else box._where(operand, holds)
                return box
        if self._truth(condition) == (_FALSE if holds else _TRUE):
            return None
        if not isinstance(condition, Compare):
            return self
        op = condition.op if holds else _OPPOSITE[condition.op]
        box = self._narrowed(condition.left, op, condition.right)
        return box and box._narrowed(condition.right, _MIRRORED[op], condition.left)

    def _narrowed(self, left: Expression, op: str, right: Expression) -> _Box | None:
        """The part of the box where ``left op right`` can hold, if ``left`` is a name."""
        if not isinstance(left, Ref):
            return self
        (low, high), (least, most) = self.bounds(left), self.bounds(right)
        if op in ("<", "<=", "=="):
            high = min(high, most)
        if op in (">", ">=", "=="):
            low = max(low, least)
        return _Box({**self._ranges, left.name: (low, high)}, self._past) if low <= high else None

    def _memory(self, node: Memory) -> Interval:
        """What is remembered is a weighted mean of past and initial values."""
        initial = None if node.initial is None else self.bounds(node.initial)
        if node.function == "since":
            return hull((0.0, math.inf), *([initial] if initial else []))
        low, high = hull(self.bounds(node.source), *([initial] if initial else []))
        if node.time is not None:
            fastest, slowest = self.bounds(node.time)
            if fastest < 0.0:
                return WHOLE
            if node.function == "material_delay" and fastest != slowest:
                # A shortening delay lets out at once what had been waiting.
                return -math.inf if low < 0.0 else 0.0, math.inf if high > 0.0 else 0.0
        return low, high


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _compared(op: str, a: Interval, b: Interval) -> Interval:
    match op:
        case "<":
            return _TRUE if a[1] < b[0] else _FALSE if a[0] >= b[1] else _EITHER
        case "<=":
            return _TRUE if a[1] <= b[0] else _FALSE if a[0] > b[1] else _EITHER
        case ">" | ">=":
            return _compared(_MIRRORED[op], b, a)
        case "==":
            if a[1] < b[0] or b[1] < a[0]:
                return _FALSE
            return _TRUE if a[0] == a[1] == b[0] == b[1] else _EITHER
    low, high = _compared("==", a, b)
    return 1.0 - high, 1.0 - low


def _remainder(a: Interval, b: Interval) -> Interval:
    """NumPy's remainder has the sign of the divisor."""
    if b[0] > 0.0 and a[0] >= 0.0 and a[1] < b[0]:
        return a
    if a[0] == a[1] and b[0] == b[1]:
        value = float(BINARY["%"](np.float64(a[0]), np.float64(b[0])))
        return _clean((value, value))
    return min(b[0], 0.0), max(b[1], 0.0)


def _called(name: str, arguments: tuple[Interval, ...]) -> Interval:
    function = FUNCTIONS[name]
    if function.turn is not None and arguments[0][0] < function.turn < arguments[0][1]:
        ends = [float(function.numpy(np.float64(end))) for end in arguments[0]]
        return float(function.numpy(np.float64(function.turn))), max(ends)
    directions = [function.direction(position, arguments) for position in range(len(arguments))]
    if None in directions:
        return function.range
    lowest, highest = (
        function.numpy(
            *(
                np.float64(argument[(direction == 1) == upper])
                for argument, direction in zip(arguments, directions, strict=True)
            )
        )
        for upper in (False, True)
    )
    low, high = _clean((float(lowest), float(highest)))
    return max(low, function.range[0]), min(high, function.range[1])
