"""A formula as nodes of the step's graph."""

from __future__ import annotations

from collections.abc import Callable

from reassure.engine.dag import ARITHMETIC, COMPARE, Graph
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


def lower_formula(
    graph: Graph,
    formula: Expression,
    read: Callable[[str], int],
    remember: Callable[[Memory], int],
) -> int:
    """The node of a formula, a number or a truth value.

    Args:
        graph: what to add nodes to.
        formula: a formula in internal units.
        read: the node of a name's value at this step.
        remember: the node of what a memory reads.
    """

    def number(part: Expression) -> int:
        return graph.numeric(lower(part))

    def truth(part: Expression) -> int:
        return graph.truth(lower(part))

    def lower(part: Expression) -> int:
        match part:
            case Number(value):
                return graph.number(value)
            case Ref(name):
                return read(name)
            case Memory():
                return remember(part)
            case Unary("-", operand):
                return graph.add("neg", number(operand))
            case Unary(_, operand):
                return graph.add("not", truth(operand))
            case Binary(op, left, right):
                return graph.add(ARITHMETIC[op], number(left), number(right))
            case Compare(op, left, right):
                return graph.add(COMPARE[op], number(left), number(right))
            case Logic(op, operands):
                return graph.chain(op, [truth(item) for item in operands], op == "and")
            case Conditional(condition, then, otherwise):
                return graph.select(truth(condition), number(then), number(otherwise))
            case Call(function, arguments):
                return lower_call(graph, function, [number(item) for item in arguments])
            case Lookup(argument, xs, ys):
                return lower_lookup(graph, number(argument), xs, ys)

    return lower(formula)


def lower_call(graph: Graph, function: str, arguments: list[int]) -> int:
    """A pure function of :data:`reassure.model.functions.FUNCTIONS`."""
    if function in ("min", "max"):
        return graph.chain(function, arguments, 0.0)
    if function == "clip":
        x, low, high = arguments
        return graph.add("min", graph.add("max", x, low), high)
    if function == "positive":
        return graph.add("max", arguments[0], graph.number(0.0))
    return graph.add(function, *arguments)


def lower_lookup(graph: Graph, x: int, xs: tuple[float, ...], ys: tuple[float, ...]) -> int:
    """Linear between the points and flat beyond: the first value and what each segment adds."""
    total = graph.number(ys[0])
    for x0, x1, y0, y1 in zip(xs, xs[1:], ys, ys[1:], strict=False):
        along = graph.add("sub", x, graph.number(x0))
        within = lower_call(graph, "clip", [along, graph.number(0.0), graph.number(x1 - x0)])
        rise = graph.add("mul", within, graph.number((y1 - y0) / (x1 - x0)))
        total = graph.add("add", total, rise)
    return total
