"""Formulas as NumPy numbers, worked out node by node."""

from __future__ import annotations

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
from reassure.model.functions import BINARY, COMPARISONS, FUNCTIONS

Array = Any  # an array of doubles; NumPy types arithmetic and its ufuncs no more closely


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Array:
    """The value of a formula without memories, from the values of the names that it reads.

    Args:
        expression: the formula, in internal units.
        values: a number or an array for each name; all broadcast together.

    Raises:
        KeyError: a name is missing.
        ValueError: the formula has a memory in it.
    """

    def refuse(memory: Memory) -> Array:
        raise ValueError(
            f"{memory.function}(...) has a memory: it cannot be read from values alone"
        )

    with np.errstate(all="ignore"):
        return work_out(expression, lambda name: np.asarray(values[name], dtype=float), refuse)


def work_out(
    node: Expression, read: Callable[[str], Array], remember: Callable[[Memory], Array]
) -> Array:
    """The value of a formula, asking ``read`` for names and ``remember`` for memories."""

    def value(inner: Expression) -> Array:
        return work_out(inner, read, remember)

    result: Any
    match node:
        case Number(number):
            result = number
        case Ref(name):
            result = read(name)
        case Unary(op, operand):
            result = -value(operand) if op == "-" else value(operand) == 0
        case Binary(op, left, right):
            result = BINARY[op](value(left), value(right))
        case Compare(op, left, right):
            result = COMPARISONS[op](value(left), value(right))
        case Logic(op, operands):
            join = np.logical_and if op == "and" else np.logical_or
            result = value(operands[0]) != 0
            for operand in operands[1:]:
                result = join(result, value(operand) != 0)
        case Conditional(condition, then, otherwise):
            result = np.where(value(condition) != 0, value(then), value(otherwise))
        case Call(function, arguments):
            result = FUNCTIONS[function].numpy(*map(value, arguments))
        case Lookup(argument, xs, ys):
            result = np.interp(value(argument), xs, ys)
        case Memory():
            result = remember(node)
    return np.asarray(result, dtype=float)
