"""The direction of a curve given by n equations in n + 1 unknowns, and the shortest way back to it.

For equations H(w) = 0 with the derivatives A = H'(w), ``[n][n + 1]``, of full rank: the unit vector
t with A t = 0 and det [A; t] > 0, and the least d with A d = -H.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

Array = Any


def tangent_and_step(
    a: Sequence[Sequence[Array]], h: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """The unit tangent and the Gauss-Newton step, each ``n + 1`` rows.

    Args:
        a: ``[n][n + 1]`` rows.
        h: ``[n]`` rows.
    """
    if len(h) == 1:
        (p, q) = a[0]
        square = p * p + q * q
        back = -h[0] / square
        short = 1 / jnp.sqrt(square)
        return [-q * short, p * short], [back * p, back * q]
    if len(h) == 2:
        first, second = a
        normal = _cross(first, second)
        square = sum(c * c for c in normal)
        share = 1 / square
        one, two = -h[0] * share, -h[1] * share
        u, v = _cross(second, normal), _cross(normal, first)
        short = 1 / jnp.sqrt(square)
        return [c * short for c in normal], [one * c + two * d for c, d in zip(u, v, strict=True)]
    return _householder(a, h)


def _cross(u: Sequence[Array], v: Sequence[Array]) -> list[Array]:
    return [
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    ]


def _householder(
    a: Sequence[Sequence[Array]], h: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """By reflections of the transpose of ``a`` (Golub and Van Loan, *Matrix Computations*, 5.2).

    Each reflection has determinant -1, so the sign of det [A; t] is that of the diagonal of R
    times (-1)^n for t the last column of Q.
    """
    n = len(h)
    columns = [jnp.stack(list(row)) for row in a]  # [n + 1, B] each
    mirrors: list[Array] = []
    diagonal: list[Array] = []
    for k in range(n):
        x = columns[k][k:]
        norm = jnp.sqrt(jnp.sum(x * x, axis=0))
        head = jnp.where(x[0] >= 0, -norm, norm)
        v = jnp.concatenate([(x[0] - head)[None], x[1:]])
        # |v|^2 = 2 norm (norm + |x_0|), never small but where the rank is lost
        v = v * jnp.sqrt(1 / (norm * (norm + abs(x[0])) + 1e-30))
        mirrors.append(v)
        diagonal.append(head)
        for j in range(k, n):
            rest = columns[j][k:]
            moved = rest - v * jnp.sum(v * rest, axis=0)
            columns[j] = jnp.concatenate([columns[j][:k], moved])
    # A = (Q R)^T, so A d = -H becomes R^T y = -H, d = Q y.
    y: list[Array] = []
    for i in range(n):
        known = -h[i]
        for j in range(i):
            known = known - columns[i][j] * y[j]
        y.append(known / diagonal[i])
    sign = jnp.ones_like(h[0]) * (-1.0) ** n
    for head in diagonal:
        sign = jnp.where(head >= 0, sign, -sign)
    zero = jnp.zeros_like(h[0])
    step = jnp.stack([*y, zero])
    tangent = jnp.stack([zero] * n + [sign])
    for k in reversed(range(n)):
        v = mirrors[k]
        step, tangent = (
            jnp.concatenate([d[:k], d[k:] - v * jnp.sum(v * d[k:], axis=0)])
            for d in (step, tangent)
        )
    return list(tangent), list(step)
