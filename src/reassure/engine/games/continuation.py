"""Following a curve of n equations in n + 1 unknowns, plainly: for one game, in NumPy.

Pseudo-arclength: predict along the tangent, correct by Newton's method at right angles to it, halve
the step where that fails or the curve turns too much (Allgower and Georg 2003, *Introduction to
Numerical Continuation Methods*, chapters 2 and 6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

Equations = Callable[[Array], tuple[Array, Array]]
"""From w, ``[n + 1]``: H, ``[n]``, and its derivatives, ``[n, n + 1]``."""

TURN = 0.95
CLOSE = 1e-11
AIM = 0.02


@dataclass(frozen=True)
class Point:
    """A point on the curve.

    Attributes:
        w: where it is, ``[n + 1]``.
        tangent: of unit length, pointing onward.
        fork: the curve was crossed by another since the point before.
    """

    w: Array
    tangent: Array
    fork: bool = False


def follow(
    equations: Equations, start: Array, *, longest: float = 1.0, least: float = 1e-7
) -> Iterator[Point]:
    """Points along the curve from ``start``, on it, towards rising values of the last unknown.

    Ends without a word where no step is short enough.
    """
    tangent = _tangent(equations(start)[1])
    side = 1.0 if tangent[-1] >= 0 else -1.0
    point = Point(start, side * tangent)
    yield point
    step = 0.1
    while step >= least:
        found = _correct(equations, point.w + step * point.tangent, point.tangent)
        if found is not None:
            w, slopes, moved = found
            tangent = side * _tangent(slopes)
            cosine = float(tangent @ point.tangent)
            fork = step < 1e3 * least and cosine < -TURN
            if moved <= 4 * AIM and (cosine >= TURN or fork):
                side = -side if fork else side
                point = Point(w, -tangent if fork else tangent, fork)
                yield point
                step = min(longest, step * float(np.clip(np.sqrt(AIM / (moved + 1e-9)), 0.5, 2)))
                continue
        step /= 2


def settle(equations: Equations, w: Array, most: int = 30) -> Array | None:
    """The solution near ``w`` with its last unknown, by Newton's method; None where it fails."""
    w = w.copy()
    for _ in range(most):
        h, slopes = equations(w)
        try:
            step = np.linalg.solve(slopes[:, :-1], -h)
        except np.linalg.LinAlgError:
            return None
        if not np.all(np.isfinite(step)) or np.max(np.abs(step)) > 5:
            return None
        w[:-1] += step
        if np.max(np.abs(step)) <= CLOSE * (1 + np.max(np.abs(w))):
            return w
    return None


def _correct(equations: Equations, w: Array, tangent: Array) -> tuple[Array, Array, float] | None:
    """The point of the curve in the plane through ``w`` across ``tangent``, the derivatives there
    and the length of the first step to it."""
    w, first = w.copy(), 0.0
    for number in range(6):
        h, slopes = equations(w)
        try:
            step = np.linalg.solve(np.vstack([slopes, tangent]), np.append(-h, 0.0))
        except np.linalg.LinAlgError:
            return None
        size = float(np.max(np.abs(step)))
        if not np.isfinite(size) or size > 1:
            return None
        first = size if number == 0 else first
        w = w + step
        if size <= CLOSE * (1 + np.max(np.abs(w))):
            return w, slopes, first
    return None


def _tangent(slopes: Array) -> Array:
    """The unit vector t with ``slopes t = 0`` and det [slopes; t] > 0."""
    q, r = np.linalg.qr(slopes.T, mode="complete")
    sign = np.sign(np.linalg.det(q)) * np.prod(np.where(np.diag(r) < 0, -1.0, 1.0))
    return np.asarray(q[:, -1] * sign, dtype=np.float64)
