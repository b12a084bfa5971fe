"""What each operation of the graph does, in JAX primitives.

Only primitives of :mod:`jax.lax` on arrays of one shape: helpers of :mod:`jax.numpy` bring calls
of their own, which would be compiled apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jax import lax

Array = Any


def _like(x: Array, value: float) -> Array:
    return lax.full_like(x, value)


def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)), relatively exact in the lower tail."""
    return lax.div(_like(x, 1.0), lax.add(_like(x, 1.0), lax.exp(lax.neg(x))))


def logit(x: Array) -> Array:
    return lax.log(lax.div(x, lax.sub(_like(x, 1.0), x)))


def norm_cdf(x: Array) -> Array:
    return lax.mul(_like(x, 0.5), lax.erfc(lax.mul(x, _like(x, -math.sqrt(0.5)))))


def normal(u: Array) -> Array:
    """The standard normal number below which a share ``u`` lies; ``2 u - 1`` is exact."""
    centred = lax.sub(lax.add(u, u), _like(u, 1.0))
    return lax.mul(lax.erf_inv(centred), _like(u, math.sqrt(2.0)))


def modulo(x: Array, y: Array) -> Array:
    """The remainder with the sign of ``y``, as Python's ``%``."""
    rest = lax.rem(x, y)
    zero = _like(x, 0.0)
    crosses = lax.bitwise_and(lax.ne(rest, zero), lax.ne(lax.lt(rest, zero), lax.lt(y, zero)))
    return lax.select(crosses, lax.add(rest, y), rest)


def floor_division(x: Array, y: Array) -> Array:
    """The whole number of times that ``y`` goes into ``x``, rounded down."""
    return lax.round(lax.div(lax.sub(x, modulo(x, y)), y), lax.RoundingMethod.TO_NEAREST_EVEN)


def power(x: Array, y: Array) -> Array:
    """``x ** y`` by ``exp(y log|x|)``; the library's own is not vectorised and ten times as
    slow."""
    one, zero = _like(x, 1.0), _like(x, 0.0)
    size = lax.exp(lax.mul(y, lax.log(lax.abs(x))))
    size = lax.select(lax.eq(y, zero), one, size)
    half = lax.mul(y, _like(y, 0.5))
    whole, even = lax.eq(lax.floor(y), y), lax.eq(lax.floor(half), half)
    signed = lax.select(even, size, lax.neg(size))
    below = lax.select(whole, signed, _like(x, math.nan))
    return lax.select(lax.lt(x, zero), below, size)


def number(b: Array) -> Callable[[Any], Array]:
    """1 or 0 for a truth value, in a type given later."""
    return lambda dtype: lax.convert_element_type(b, dtype)


OPERATIONS: dict[str, Callable[..., Array]] = {
    "add": lax.add,
    "sub": lax.sub,
    "mul": lax.mul,
    "div": lax.div,
    "neg": lax.neg,
    "floordiv": floor_division,
    "mod": modulo,
    "pow": power,
    "min": lax.min,
    "max": lax.max,
    "exp": lax.exp,
    "log": lax.log,
    "log1p": lax.log1p,
    "expm1": lax.expm1,
    "sqrt": lax.sqrt,
    "abs": lax.abs,
    "tanh": lax.tanh,
    "sin": lax.sin,
    "cos": lax.cos,
    "sign": lax.sign,
    "floor": lax.floor,
    "ceil": lax.ceil,
    "round": lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    "logistic": logistic,
    "logit": logit,
    "norm_cdf": norm_cdf,
    "normal": normal,
    "lt": lax.lt,
    "le": lax.le,
    "gt": lax.gt,
    "ge": lax.ge,
    "eq": lax.eq,
    "ne": lax.ne,
    "and": lax.bitwise_and,
    "or": lax.bitwise_or,
    "not": lax.bitwise_not,
    "select": lax.select,
}
"""Every operation but ``number``, which needs to know the type of numbers."""


def apply(op: str, arguments: list[Array], dtype: Any) -> Array:
    """An operation on arrays that broadcast over two dimensions, ``[1 or k, 1 or B]``."""
    rows = max(np.shape(x)[0] for x in arguments)
    lanes = max(np.shape(x)[1] for x in arguments)
    shaped = [spread(x, rows, lanes) for x in arguments]
    if op == "number":
        return lax.convert_element_type(shaped[0], dtype)
    return OPERATIONS[op](*shaped)


def spread(x: Array, rows: int, lanes: int) -> Array:
    """``x`` of shape ``[1 or rows, 1 or lanes]`` as ``[rows, lanes]``."""
    have = np.shape(x)
    if have == (rows, lanes):
        return x
    kept = [i for i, (now, then) in enumerate(zip(have, (rows, lanes), strict=True)) if now == then]
    squeezed = lax.reshape(x, tuple(have[i] for i in kept))
    return lax.broadcast_in_dim(squeezed, (rows, lanes), tuple(kept))
