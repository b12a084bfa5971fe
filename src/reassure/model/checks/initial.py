"""Formulas that are needed before the first step: they may read parameters, and what is made of
them alone.
"""

from __future__ import annotations

from dataclasses import replace

from reassure.model.checks.context import Context, Path
from reassure.model.expression import (
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Lookup,
    Memory,
    Ref,
    Unary,
    children,
    references,
    walk,
)
from reassure.model.formula import Dimension
from reassure.model.mistakes import Fault, quote

MAX_PARTS = 2000
MAX_DEPTH = 100
MAX_CHAIN = 10
"""Auxiliaries that read each other in a row."""


def initial(context: Context, formula: str | float, path: Path, expect: Dimension) -> Expression:
    """A formula over parameters. Auxiliaries made of parameters alone are written out in it."""
    bound = context.formula(formula, path, expect=expect)
    if bound is None:
        return ZERO
    try:
        found = _written_out(context, bound, ())
    except Fault as fault:
        context.fault(fault, path)
        return ZERO
    context.nodes += sum(1 for _ in walk(found))
    return found


def _written_out(context: Context, node: Expression, inside: tuple[str, ...]) -> Expression:
    """``node`` with auxiliaries replaced by their formulas.

    Raises:
        Fault: it reads what is not known yet (E308), or becomes too large (E404).
    """
    for item in walk(node):
        if isinstance(item, Memory):
            what = f"{item.function} has nothing to remember before the first step"
            raise Fault("E308", what)
    by: dict[str, Expression] = {}
    for name in sorted(references(node)):
        if name in context.section("parameters") or context.is_broken(name):
            continue
        auxiliary = context.section("auxiliaries").get(name)
        if auxiliary is None or auxiliary.formula is None or name in inside:
            through = f" (read by {quote(inside[-1])})" if inside else ""
            raise Fault("E308", f"{quote(name)}{through} is not known before the first step")
        if len(inside) >= MAX_CHAIN:
            raise Fault("E404", f"more than {MAX_CHAIN} auxiliaries read each other here")
        below = context.quietly(auxiliary.formula, ("auxiliaries", name, "formula"))
        by[name] = (
            ZERO if below is None else _written_out(context, below.expression, (*inside, name))
        )
    if not by:
        return node
    sizes = {name: sum(1 for _ in walk(part)) for name, part in by.items()}
    size = sum(sizes.get(item.name, 1) if isinstance(item, Ref) else 1 for item in walk(node))
    if size > MAX_PARTS or _depth(node) + max(map(_depth, by.values())) > MAX_DEPTH:
        raise Fault("E404", "the formula becomes too large when its auxiliaries are written out")
    return substitute(node, by)


def _depth(node: Expression) -> int:
    deepest, pending = 0, [(node, 1)]
    while pending:
        item, depth = pending.pop()
        deepest = max(deepest, depth)
        pending.extend((child, depth + 1) for child in children(item))
    return deepest


def substitute(node: Expression, by: dict[str, Expression]) -> Expression:
    """``node`` with names replaced by formulas, inside memories too."""

    def down(item: Expression) -> Expression:
        match item:
            case Ref(name):
                return by.get(name, item)
            case Unary(op, operand):
                return Unary(op, down(operand))
            case Binary(op, left, right):
                return Binary(op, down(left), down(right))
            case Compare(op, left, right):
                return Compare(op, down(left), down(right))
            case Logic(op, operands):
                return Logic(op, tuple(map(down, operands)))
            case Conditional(condition, then, otherwise):
                return Conditional(down(condition), down(then), down(otherwise))
            case Call(function, arguments):
                return Call(function, tuple(map(down, arguments)))
            case Lookup(argument, xs, ys):
                return Lookup(down(argument), xs, ys)
            case Memory():
                return replace(
                    item,
                    source=down(item.source),
                    time=None if item.time is None else down(item.time),
                    initial=None if item.initial is None else down(item.initial),
                )
        return item

    return down(node)
