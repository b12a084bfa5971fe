"""Rows of numbers, one a game solved side by side, with or without derivatives along.

:class:`Dual` carries a row and its derivatives in a few directions, most of which are nought most of
the time and then cost nothing (forward differentiation). :data:`PLAIN` and :data:`DUAL` hold the
two operations that are not arithmetic: turning logits into a strategy and weights into beliefs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp

Array = Any
Row = Any
"""An array ``[B]``, or a :class:`Dual` of such."""


class Dual:
    """A row and its derivatives.

    Attributes:
        value: ``[B]``.
        slopes: one ``[B]`` a direction; None for nought.
    """

    __slots__ = ("slopes", "value")

    def __init__(self, value: Array, slopes: Iterable[Array | None]) -> None:
        self.value = value
        self.slopes = tuple(slopes)

    def __add__(self, other: Row) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value + other, self.slopes)
        return Dual(self.value + other.value, map(_plus, self.slopes, other.slopes))

    def __sub__(self, other: Row) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value - other, self.slopes)
        return Dual(self.value - other.value, map(_minus, self.slopes, other.slopes))

    def __rsub__(self, other: Array) -> Dual:
        return Dual(other - self.value, (_minus(None, slope) for slope in self.slopes))

    def __mul__(self, other: Row) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value * other, (_times(slope, other) for slope in self.slopes))
        return Dual(
            self.value * other.value,
            (
                _plus(_times(own, other.value), _times(its, self.value))
                for own, its in zip(self.slopes, other.slopes, strict=True)
            ),
        )

    __radd__ = __add__
    __rmul__ = __mul__


def _plus(a: Array | None, b: Array | None) -> Array | None:
    return b if a is None else a if b is None else a + b


def _minus(a: Array | None, b: Array | None) -> Array | None:
    return a if b is None else -b if a is None else a - b


def _times(slope: Array | None, by: Array) -> Array | None:
    return None if slope is None else slope * by


@dataclass(frozen=True)
class Strategy:
    """How likely each action of an information set is.

    Attributes:
        p: a row an action.
        log: their logarithms.
    """

    p: tuple[Row, ...]
    log: tuple[Row, ...]


class Algebra(Protocol):
    """What a kind of row can do beyond arithmetic."""

    def strategy(self, logits: Sequence[Row]) -> Strategy:
        """The logit choice; ``logits`` of all actions but the last, whose logit is 0."""

    def beliefs(self, weights: Sequence[Row]) -> list[Row]:
        """Probabilities in proportion to the exponentials of ``weights``."""


class _Plain:
    """Rows as arrays, which JAX itself may differentiate, anywhere."""

    def strategy(self, logits: Sequence[Row]) -> Strategy:
        stacked = jnp.stack([*logits, jnp.zeros_like(logits[0])])
        log = jax.nn.log_softmax(stacked, axis=0)
        return Strategy(tuple(jnp.exp(log)), tuple(log))

    def beliefs(self, weights: Sequence[Row]) -> list[Row]:
        return list(jax.nn.softmax(jnp.stack(list(weights)), axis=0))


class _Dual:
    """Rows with derivatives: of a logarithm of a probability, x - sum of p x in each direction."""

    def strategy(self, logits: Sequence[Row]) -> Strategy:
        if len(logits) == 1:
            x = logits[0]
            small = jnp.exp(-abs(x.value))
            total = 1 + small
            big = 1 / total
            small = small * big
            rises = x.value >= 0
            p: tuple[Array, ...] = (
                jnp.where(rises, big, small),
                jnp.where(rises, small, big),
            )
            log_total = jnp.log(total)
            bounded = jnp.minimum(x.value, 0)
            values: tuple[Array, ...] = (bounded - log_total, bounded - x.value - log_total)
        else:
            top = jnp.maximum(_highest([x.value for x in logits]), 0)
            shifted = [x.value - top for x in logits] + [-top]
            scaled = [jnp.exp(s) for s in shifted]
            total = sum(scaled[1:], scaled[0])
            p = tuple(s * (1 / total) for s in scaled)
            log_total = jnp.log(total)
            values = tuple(s - log_total for s in shifted)
        directions = len(logits[0].slopes)
        slopes = _logit_slopes(p, [x.slopes for x in logits] + [(None,) * directions])
        logs = tuple(Dual(v, s) for v, s in zip(values, slopes, strict=True))
        return Strategy(
            tuple(
                Dual(q, (_times(slope, q) for slope in s)) for q, s in zip(p, slopes, strict=True)
            ),
            logs,
        )

    def beliefs(self, weights: Sequence[Row]) -> list[Row]:
        known = [w for w in weights if isinstance(w, Dual)]
        if not known:
            return PLAIN.beliefs(weights)
        none = (None,) * len(known[0].slopes)
        weights = [w if isinstance(w, Dual) else Dual(w, none) for w in weights]
        if len(weights) == 2:
            x = weights[0].value - weights[1].value
            small = jnp.exp(-abs(x))
            big = 1 / (1 + small)
            small = small * big
            p: tuple[Array, ...] = (
                jnp.where(x >= 0, big, small),
                jnp.where(x >= 0, small, big),
            )
        else:
            top = _highest([w.value for w in weights])
            scaled = [jnp.exp(w.value - top) for w in weights]
            share = 1 / sum(scaled[1:], scaled[0])
            p = tuple(s * share for s in scaled)
        slopes = _logit_slopes(p, [w.slopes for w in weights])
        return [Dual(q, (_times(slope, q) for slope in s)) for q, s in zip(p, slopes, strict=True)]


PLAIN: Algebra = _Plain()
DUAL: Algebra = _Dual()


def _highest(rows: Sequence[Array]) -> Array:
    top = rows[0]
    for row in rows[1:]:
        top = jnp.maximum(top, row)
    return top


def _logit_slopes(
    p: Sequence[Array], slopes: Sequence[Sequence[Array | None]]
) -> list[list[Array | None]]:
    """Derivatives of the logarithms of logit choices ``p``, given those of the logits."""
    made: list[list[Array | None]] = [[] for _ in p]
    for direction in zip(*slopes, strict=True):
        mean: Array | None = None
        for q, slope in zip(p, direction, strict=True):
            mean = _plus(mean, _times(slope, q))
        for a, slope in enumerate(direction):
            made[a].append(_minus(slope, mean))
    return made
