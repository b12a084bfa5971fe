"""Slopes of single functions over an interval of their argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from reassure.engine.slope_maps import NONE, UNIT, Range
from reassure.model.intervals import WHOLE, hull


def safe(function: Callable[[float], float], x: float, beyond: float = math.inf) -> float:
    """``function`` at ``x``, or ``beyond`` where it has no value or too large a one."""
    try:
        return function(x)
    except (OverflowError, ValueError, ZeroDivisionError):
        return beyond


def _absolute(x: Range) -> Range:
    if x[0] >= 0.0:
        return (1.0, 1.0)
    return (-1.0, -1.0) if x[1] <= 0.0 else (-1.0, 1.0)


def _reciprocal(low: float, high: float) -> Range:
    """1/x over x in [low, high], both taken at least zero."""
    return safe(lambda x: 1.0 / x, max(high, 0.0)), safe(lambda x: 1.0 / x, max(low, 0.0))


# Slopes of functions of one argument over an interval of it, where more than their direction is
# known.
CURVES: dict[str, Callable[[Range], Range]] = {
    "exp": lambda x: (safe(math.exp, x[0]), safe(math.exp, x[1])),
    "expm1": lambda x: (safe(math.exp, x[0]), safe(math.exp, x[1])),
    "log": lambda x: _reciprocal(x[0], x[1]),
    "log1p": lambda x: _reciprocal(1.0 + x[0], 1.0 + x[1]),
    "sqrt": lambda x: _reciprocal(
        2.0 * safe(math.sqrt, x[0], 0.0), 2.0 * safe(math.sqrt, x[1], math.inf)
    ),
    "abs": _absolute,
    "positive": lambda x: (float(x[0] > 0.0), float(x[1] > 0.0)),
    "tanh": lambda x: UNIT,
    "logistic": lambda x: (0.0, 0.25),
    "logit": lambda x: (4.0, math.inf),
    "norm_cdf": lambda x: (0.0, 0.4),
}


def power_slope(x: Range, n: float) -> Range:
    """Slopes of x**n for a constant n."""
    if n == 0.0:
        return NONE
    if x[0] < 0.0 and not n.is_integer():
        return WHOLE

    def derivative(at: float) -> float:
        if math.isinf(at):
            power = n - 1.0
            size = math.inf if power > 0.0 else 1.0 if power == 0.0 else 0.0
            return n * size * (-1.0 if at < 0.0 and power % 2.0 == 1.0 else 1.0)
        return float(safe(lambda base: n * base ** (n - 1.0), at, math.copysign(math.inf, n)))

    ends = (derivative(x[0]), derivative(x[1]))
    if x[0] < 0.0 < x[1]:
        if n < 0.0:
            return WHOLE
        return hull(ends, NONE)
    return min(ends), max(ends)


def table_slope(x: Range, xs: tuple[float, ...], ys: tuple[float, ...]) -> Range:
    """Slopes of a table of points over the part of it that ``x`` covers."""
    found = [NONE] if x[0] < xs[0] or x[1] > xs[-1] else []
    for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True)):
        if x[0] < x1 and x[1] > x0:
            steepness = (y1 - y0) / (x1 - x0)
            found.append((steepness, steepness))
    return hull(*found) if found else NONE
