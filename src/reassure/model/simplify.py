"""A formula with some of its names settled: what follows from numbers alone is worked out.

Beside operations on numbers, products with 0 and 1 and sums with 0 are carried out, and conditions
that are settled leave one branch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from reassure.model.bind import constant_value
from reassure.model.expression import (
    ONE,
    ZERO,
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
from reassure.model.mistakes import Fault
from reassure.model.show import show


def settled(node: Expression, by: Mapping[str, Expression]) -> Expression:
    """``node`` with names replaced and everything carried out that can be.

    Raises:
        Fault: a part of it has no finite value (E411).
    """
    match node:
        case Ref(name):
            return by.get(name, node)
        case Unary(op, operand):
            return _folded(Unary(op, settled(operand, by)))
        case Binary(op, left, right):
            return binary(op, settled(left, by), settled(right, by))
        case Compare(op, left, right):
            return _folded(Compare(op, settled(left, by), settled(right, by)))
        case Logic(op, operands):
            return _logic(op, [settled(item, by) for item in operands])
        case Conditional(condition, then, otherwise):
            known = settled(condition, by)
            if isinstance(known, Number):
                return settled(then if known.value else otherwise, by)
            return Conditional(known, settled(then, by), settled(otherwise, by))
        case Call(function, arguments):
            return _folded(Call(function, tuple(settled(item, by) for item in arguments)))
        case Lookup(argument, xs, ys):
            at = settled(argument, by)
            if isinstance(at, Number):
                return Number(float(np.interp(at.value, xs, ys)))
            return Lookup(at, xs, ys)
        case Memory() | Number():
            return node


def binary(op: str, left: Expression, right: Expression) -> Expression:
    """``left op right``, carried out as far as it can be.

    Raises:
        Fault: it has no finite value (E411).
    """
    match op, left, right:
        case (("/" | "//" | "%"), _, Number(value=0)):
            raise Fault("E411", f"'{show(Binary(op, left, right))}' divides by zero")
        case "*", Number(value=0), _:
            return ZERO
        case (("*" | "/"), _, Number(value=1)):
            return left
        case "*", _, Number(value=0):
            return ZERO
        case "*", Number(value=1), _:
            return right
        case (("+" | "-"), _, Number(value=0)):
            return left
        case "+", Number(value=0), _:
            return right
        case "-", Number(value=0), _:
            return _folded(Unary("-", right))
        case "/", Number(value=0), _:
            return ZERO
    return _folded(Binary(op, left, right))


def total(parts: list[Expression]) -> Expression:
    """The sum of ``parts``, as a balanced tree."""
    parts = parts or [ZERO]
    while len(parts) > 1:
        odd = parts[-1:] if len(parts) % 2 else []
        parts = [binary("+", a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)] + odd
    return parts[0]


def _logic(op: str, operands: list[Expression]) -> Expression:
    decides = op == "or"  # the truth value that settles the whole
    open_ones = []
    for item in operands:
        if not isinstance(item, Number):
            open_ones.append(item)
        elif bool(item.value) == decides:
            return ONE if decides else ZERO
    if not open_ones:
        return ZERO if decides else ONE
    return open_ones[0] if len(open_ones) == 1 else Logic(op, tuple(open_ones))


def _folded(node: Expression) -> Expression:
    value = constant_value(node)
    if value is None:
        return node
    if not math.isfinite(value):
        raise Fault("E411", f"'{show(node)}' is not a finite number")
    return Number(value)
