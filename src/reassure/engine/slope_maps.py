"""Slopes of one formula in all that it reads, and what sums, multiples and memories do to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reassure.model.intervals import hull, multiply

Range = tuple[float, float]

NONE: Range = (0.0, 0.0)
UNIT: Range = (0.0, 1.0)
RISES: Range = (0.0, math.inf)
FALLS: Range = (-math.inf, 0.0)


@dataclass(frozen=True, slots=True, order=True)
class Dependence:
    """What a formula reads: a name as it is now, or as it was (through a memory)."""

    name: str
    lagged: bool = False


SlopeMap = dict[Dependence, Range]


def add(a: Range, b: Range) -> Range:
    """Every sum of a member of ``a`` and a member of ``b``."""
    return a[0] + b[0], a[1] + b[1]


def negate(a: Range) -> Range:
    """``-a``, without negative zeros."""
    return 0.0 - a[1], 0.0 - a[0]


def meet(a: Range, b: Range) -> Range:
    """What two enclosures of the same thing leave of each other."""
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return low, max(low, high)  # apart only by rounding


def scaled(slopes: SlopeMap, factor: Range) -> SlopeMap:
    """Slopes of a multiple by a factor that lies in ``factor``."""
    return {key: multiply(slope, factor) for key, slope in slopes.items()}


def summed(first: SlopeMap, second: SlopeMap) -> SlopeMap:
    """Slopes of a sum."""
    total = dict(first)
    for key, slope in second.items():
        total[key] = add(total[key], slope) if key in total else slope
    return total


def hulled(*maps: SlopeMap) -> SlopeMap:
    """Slopes of what may be any one of several formulas."""
    keys = dict.fromkeys(key for slopes in maps for key in slopes)
    return {key: hull(*(slopes.get(key, NONE) for slopes in maps)) for key in keys}


def in_the_past(slopes: SlopeMap, share: Range) -> SlopeMap:
    """Slopes in what was, of a mean of past values whose weights add up to ``share``."""
    found: SlopeMap = {}
    for key, slope in slopes.items():
        lagged = Dependence(key.name, True)
        part = multiply(slope, share)
        found[lagged] = add(found[lagged], part) if lagged in found else part
    return found
