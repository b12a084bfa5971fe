"""What each operation of the graph does, in JAX primitives.

Only primitives of :mod:`jax.lax` on arrays of one shape: helpers of :mod:`jax.numpy` bring calls
of their own, which would be compiled apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jax import lax

Array = Any


# Highest power first, for w < 5 and beyond.
_GILES_CENTRAL = (
    *(2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06),
    *(0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941),
)
_GILES_TAIL = (
    *(-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844),
    *(0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682),
)


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
    """The standard normal number below which a share ``u`` lies.

    In single precision: Giles (2012), "Approximating the erfinv function", GPU Computing Gems Jade,
    ch. 10, with ``w = -log(4 u (1 - u))``. ``2 u - 1`` and ``1 - u`` are exact, so the plain logarithm
    will do, which halves the time that ``lax.erf_inv`` takes.
    """
    centred = lax.sub(lax.add(u, u), _like(u, 1.0))
    if u.dtype != np.float32:
        return lax.mul(lax.erf_inv(centred), _like(u, math.sqrt(2.0)))
    product = lax.mul(lax.mul(_like(u, 4.0), u), lax.sub(_like(u, 1.0), u))
    w = lax.neg(lax.log(product))
    central = _polynomial(lax.sub(w, _like(w, 2.5)), _GILES_CENTRAL)
    root = lax.sqrt(lax.max(w, _like(w, 5.0)))
    tail = _polynomial(lax.sub(root, _like(w, 3.0)), _GILES_TAIL)
    return lax.mul(lax.select(lax.lt(w, _like(w, 5.0)), central, tail), centred)


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Horner's rule, the highest power first; the result times the square root of two."""
    total = _like(x, math.sqrt(2.0) * coefficients[0])
    for coefficient in coefficients[1:]:
        total = lax.add(lax.mul(total, x), _like(x, math.sqrt(2.0) * coefficient))
    return total


def modulo(x: Array, y: Array) -> Array:
    """The remainder with the sign of ``y``, as Python's ``%``."""
    rest = lax.rem(x, y)
    zero = _like(x, 0.0)
    crosses = lax.bitwise_and(lax.ne(rest, zero), lax.ne(lax.lt(rest, zero), lax.lt(y, zero)))
    return lax.select(crosses, lax.add(rest, y), rest)


def floor_division(x: Array, y: Array) -> Array:
    """The whole number of times that ``y`` goes into ``x``, rounded down; ``x / 0`` where y is 0."""
    whole = lax.div(lax.sub(x, modulo(x, y)), y)
    rounded = lax.round(whole, lax.RoundingMethod.TO_NEAREST_EVEN)
    return lax.select(lax.eq(y, _like(y, 0.0)), lax.div(x, y), rounded)


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


@dataclass(frozen=True)
class Mask:
    """A truth value that is the same for all lanes: an integer as wide as numbers, all bits or
    none.

    Choosing by a mask is two bit operations. A branch would be moved out of the loop over lanes,
    which doubles the code of a kernel for each truth value in it.
    """

    bits: Array

    @property
    def truth(self) -> Array:
        return lax.ne(self.bits, _like(self.bits, 0))


def choose(mask: Mask, then: Array, otherwise: Array, rows: int, lanes: int) -> Array:
    """``then`` where the mask holds, else ``otherwise``."""
    bits = spread(mask.bits, rows, lanes)
    chosen = lax.bitwise_and(lax.bitcast_convert_type(then, bits.dtype), bits)
    left = lax.bitcast_convert_type(otherwise, bits.dtype)
    left = lax.bitwise_and(left, lax.bitwise_not(bits))
    return lax.bitcast_convert_type(lax.bitwise_or(chosen, left), then.dtype)


def apply(op: str, arguments: list[Array | Mask], dtype: Any) -> Array:
    """An operation on arrays that broadcast over two dimensions, ``[1 or k, 1 or B]``."""
    if op == "select" and isinstance(arguments[0], Mask):
        mask, (then, otherwise) = arguments[0], _unmasked(arguments[1:])
        rows = max(np.shape(x)[0] for x in (mask.bits, then, otherwise))
        lanes = max(np.shape(x)[1] for x in (then, otherwise))
        return choose(mask, spread(then, rows, lanes), spread(otherwise, rows, lanes), rows, lanes)
    return _applied(op, _unmasked(arguments), dtype)


def _unmasked(arguments: list[Array | Mask]) -> list[Array]:
    return [x.truth if isinstance(x, Mask) else x for x in arguments]


def _applied(op: str, arguments: list[Array], dtype: Any) -> Array:
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
