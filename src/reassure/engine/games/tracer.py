"""One iteration of following the principal branch of a game, for many games side by side.

The unknowns are w = (x, T): the logits at the core and the share t = T / s of the rationality asked
for, s a scale per game that makes the branch set out at an angle of 45 degrees or more to the axis of
T. The branch starts at w = 0, the uniform profile, which solves H(x, t) = x - logits(x, t) = 0
exactly, and is followed by pseudo-arclength with a step size per game (Allgower and Georg 2003,
*Introduction to Numerical Continuation Methods*; Turocy 2005 for quantal responses).

An iteration evaluates H and its derivatives once, at a trial point. From them come the step back to
the branch (Gauss-Newton) and the tangent there. If that step is too long or the tangent has turned
too much, the trial is made again half as far from the last base. If the step is short, the point so
mended is evaluated in turn, until the step is very short: then it is the new base, and a parabola
through it gives the next trial. As the tangent of a base was taken a little off the branch, the base
itself is evaluated after two failures. A trial that would pass t = 1 is made at t = 1 and followed by
Newton's method there.

The tangent is so oriented that det [H'; tangent] keeps its sign, which it does along a branch and
round its folds, not across a fork or in jumping to a neighbouring branch that runs the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reassure.engine.games.tangent import tangent_and_step

Array = Any

RESIDUAL, FOLD, SEVERAL, UNFINISHED = 1, 2, 4, 8
TRACING, FINISHING, DONE = 0, 1, 2

FAR = 1e3

AGAIN = 2
"""Failures after which the base is evaluated again."""

Equations = Callable[[list[Array], Array], tuple[list[Array], list[list[Array]]]]
"""From logits at the core and t: H, ``[n]``, and its derivatives by them, ``[n][n + 1]``."""


@dataclass(frozen=True)
class Pace:
    """How carefully the branch is followed; lengths are in logits.

    Attributes:
        aim: the step back to the branch that step sizes aim at.
        trust: the longest one after which a point is taken to be on the branch.
        bound: the longest one that another may follow.
        turn: the least cosine between tangents in succession.
        first: the first step.
        least: a step shorter than this is given up.
        growth: what a step may grow by.
        close: a Newton step at t = 1 shorter than this is the last.
        most: evaluations a game gets.
    """

    aim: float
    trust: float
    bound: float
    turn: float
    first: float
    least: float
    growth: float
    close: float
    most: int


def pace(dtype: Any) -> Pace:
    """The usual pace in a precision."""
    double = np.dtype(dtype).itemsize == 8
    return Pace(
        aim=0.03,
        trust=0.06,
        bound=0.3,
        turn=0.8,
        first=0.5,
        least=1e-5 if double else 1e-3,
        growth=3.0,
        close=1e-8 if double else 2e-4,
        most=500,
    )


@dataclass(frozen=True)
class State:
    """Where each game is; rows ``[B]``, vectors as tuples of ``n + 1`` rows.

    Attributes:
        trial: the point to be evaluated.
        base: the last point on the branch.
        tangent: at the base.
        bend: change of the tangent by arclength, before the base.
        length: the step tried.
        scale: s.
        last: the length of the step before, if the trial came from one; else large.
        tries: failures since the base was found.
        side: 1, or -1 past a fork, where the determinant has the other sign.
        phase: TRACING, FINISHING or DONE.
        count: evaluations so far.
        flags: FOLD and UNFINISHED, so far.
    """

    trial: tuple[Array, ...]
    base: tuple[Array, ...]
    tangent: tuple[Array, ...]
    bend: tuple[Array, ...]
    length: Array
    scale: Array
    last: Array
    tries: Array
    side: Array
    phase: Array
    count: Array
    flags: Array


jax.tree_util.register_dataclass(
    State,
    [
        "trial",
        "base",
        "tangent",
        "bend",
        "length",
        "scale",
        "last",
        "tries",
        "side",
        "phase",
        "count",
        "flags",
    ],
    [],
)


def start(dimension: int, needed: Array, dtype: Any, pace: Pace) -> State:
    """All games at the uniform profile; those not ``needed`` are done."""
    zero, one = jnp.zeros(needed.shape, dtype), jnp.ones(needed.shape, dtype)
    nought = jnp.zeros(needed.shape, jnp.int32)
    still = (zero,) * (dimension + 1)
    return State(
        still,
        still,
        (*still[1:], one),
        still,
        one * pace.first,
        one,
        one * FAR,
        nought,
        one,
        jnp.where(needed, TRACING, DONE).astype(jnp.int32),
        nought,
        nought,
    )


def iterate(equations: Equations, pace: Pace, at: State) -> State:
    """One iteration; games that are done stay as they are, bit for bit."""
    n = len(at.trial) - 1
    opening = at.count == 0
    h, a = equations(list(at.trial[:n]), at.trial[n] / at.scale)
    swing = a[0][n] * a[0][n]
    for row in a[1:]:
        swing = swing + row[n] * row[n]
    scale = jnp.where(opening, 1 + jnp.sqrt(swing), at.scale)
    a = [[*row[:n], row[n] / scale] for row in a]
    tangent, step = tangent_and_step(a, h)
    tangent = [at.side * c for c in tangent]
    cosine = sum(c * d for c, d in zip(tangent, at.tangent, strict=True))

    # At t = 1: Newton's step is the step back, and then along the tangent until t is 1 again.
    finishing = at.phase == FINISHING
    slide = jnp.where(finishing, -step[n] / _apart(tangent[n]), 0)
    step = [d + slide * c for c, d in zip(tangent, step, strict=True)]
    error = abs(step[0])
    for d in step[1:]:
        error = jnp.maximum(error, abs(d))
    mended = [w + d for w, d in zip(at.trial, step, strict=True)]

    again = at.tries == AGAIN
    least_cosine = jnp.where(again, 0.1, jnp.asarray(pace.turn, error.dtype))
    fits = (error <= pace.bound) & (cosine >= least_cosine) | opening
    fits = fits & (error <= 0.5 * at.last)
    good = ~finishing & fits & ((error <= pace.trust) | opening)
    mending = ~finishing & fits & ~good
    # A fork: however short the step, the tangent comes out reversed.
    short = at.length <= pace.least
    fork = ~finishing & short & (cosine <= -pace.turn) & (error <= pace.bound)
    tangent = [jnp.where(fork, -c, c) for c in tangent]
    side = jnp.where(fork, -at.side, at.side)
    good = good | fork
    closer = finishing & (error <= jnp.minimum(pace.bound, 0.5 * at.last)) & (tangent[n] > 0)
    ended = closer & (error <= pace.close)
    closer = closer | mending
    failed = ~(good | closer)
    stuck = failed & short

    ratio = pace.aim / (error + 1e-3 * pace.aim)
    factor = jnp.where(good, jnp.clip(jnp.cbrt(ratio), 0.5, pace.growth), 0.5)
    factor = jnp.where(opening | again, 1, factor)
    length = jnp.where(closer, at.length, jnp.maximum(at.length * factor, pace.least * 0.9))
    bend = [
        jnp.where(good, jnp.where(opening | again | fork, 0, (c - d) / at.length), b)
        for b, c, d in zip(at.bend, tangent, at.tangent, strict=True)
    ]
    base = [jnp.where(good, w, v) for w, v in zip(mended, at.base, strict=True)]
    heading = [jnp.where(good, c, d) for c, d in zip(tangent, at.tangent, strict=True)]
    ahead = _ahead(base, heading, bend, length)
    tries = jnp.where(good, 0, at.tries + failed)
    back = tries == AGAIN
    ahead = [jnp.where(back, w, v) for w, v in zip(base, ahead, strict=True)]
    passes = ~back & (ahead[n] >= scale)
    part = (scale - base[n]) / _apart(ahead[n] - base[n])
    ahead = [
        jnp.where(passes, w, v)
        for w, v in zip(_ahead(base, heading, bend, length * part), ahead, strict=True)
    ]
    ahead[n] = jnp.where(passes, scale, ahead[n])

    trial = [jnp.where(closer, w, v) for w, v in zip(mended, ahead, strict=True)]
    trial[n] = jnp.where(closer & finishing, scale, trial[n])
    phase = jnp.where(jnp.where(closer, finishing, passes), FINISHING, TRACING)
    count = at.count + 1
    out = ~ended & (stuck | (count >= pace.most))
    phase = jnp.where(ended | out, DONE, phase).astype(jnp.int32)
    folded = (good & (tangent[n] < 0)) | fork
    flags = at.flags | bit(folded, FOLD) | bit(out, UNFINISHED)

    going = at.phase != DONE

    def keep(new: Any, old: Any) -> Any:
        return jax.tree.map(lambda a, b: jnp.where(going, a, b), new, old)

    last = jnp.where(closer, error, jnp.asarray(FAR, error.dtype))
    return State(
        keep(tuple(trial), at.trial),
        keep(tuple(base), at.base),
        keep(tuple(heading), at.tangent),
        keep(tuple(bend), at.bend),
        keep(length, at.length),
        keep(scale, at.scale),
        keep(last, at.last),
        keep(tries, at.tries),
        keep(side, at.side),
        keep(phase, at.phase),
        keep(count, at.count),
        keep(flags, at.flags),
    )


def bit(where: Array, flag: int) -> Array:
    """A flag where it is so. (Integers of another width crash some versions of the compiler.)"""
    return jnp.where(where, np.int32(flag), np.int32(0))


def _apart(x: Array) -> Array:
    """``x``, but not 0."""
    return jnp.where(x == 0, 1e-30, x)


def _ahead(base: Any, tangent: Any, bend: Any, length: Array) -> list[Array]:
    half = 0.5 * length * length
    return [w + length * c + half * b for w, c, b in zip(base, tangent, bend, strict=True)]
