"""What a formula means: a small tree of frozen nodes.

A formula is text in a model file. :mod:`reassure.model.parser` reads it into these nodes without
evaluating anything; the checker proves its names and units; the engine compiles the same nodes, and
the plain interpreter walks them. Nodes compare by value, so two equal formulas are one key in a dict.

Inside a checked model every value is in *internal units* (time in years, see
:mod:`reassure.model.units`): a quantity literal such as ``q(3, 'month')`` has become
``Number(0.25)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class _Node:
    """What all nodes have: room for the names that they read, once these were asked for.

    It is no field, so that nodes compare, hash, copy and pickle by what they mean alone.
    """

    __slots__ = ("_references",)
    _references: frozenset[str]


@dataclass(frozen=True, slots=True)
class Number(_Node):
    """A literal, already in internal units."""

    value: float


@dataclass(frozen=True, slots=True)
class Ref(_Node):
    """The value of a named quantity at the present step, such as ``confidence`` or ``provocation.rate``."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(_Node):
    """``-a`` (``op='-'``) or ``not a`` (``op='not'``; truth is 1.0, falsehood 0.0)."""

    op: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(_Node):
    """Arithmetic: ``+ - * / ** // %``."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare(_Node):
    """One comparison ``< <= > >= == !=``, worth 1.0 or 0.0. Chains are written as :class:`Logic`."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logic(_Node):
    """``and`` / ``or`` over two or more truth values, each 1.0 or 0.0."""

    op: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional(_Node):
    """``then if condition else otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Call(_Node):
    """A pure function of its arguments, by its name in :mod:`reassure.model.functions`."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Lookup(_Node):
    """A table read at ``argument``: linear between the points, held flat beyond the first and last.

    ``xs`` strictly increase; both axes are in internal units.
    """

    argument: Expression
    xs: tuple[float, ...]
    ys: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Memory(_Node):
    """A function with a memory of its own: ``smooth``, ``delay``, ``material_delay``, ``previous``, ``since``.

    Equal ``Memory`` nodes are one memory, wherever they stand. What is read at a step is what was
    remembered from the steps *before* it, so a memory breaks a circle of formulas.

    Attributes:
        function: which of the five.
        source: what is remembered (for ``since``: a truth value or an event's count).
        time: the time constant or the lag in years; ``None`` for ``previous`` and ``since``.
        order: number of first-order stages of ``smooth`` and ``material_delay``; 1 elsewhere.
        initial: what is read at the first step; ``None`` means the source's own value there, with
            events and noise taken as zero (for ``since``: 1000 years).
        steps: for ``delay``: its length in whole steps (at least 1); 0 elsewhere.
    """

    function: str
    source: Expression
    time: Expression | None
    order: int
    initial: Expression | None
    steps: int


Expression = Number | Ref | Unary | Binary | Compare | Logic | Conditional | Call | Lookup | Memory

ZERO = Number(0.0)
ONE = Number(1.0)


def children(node: Expression) -> tuple[Expression, ...]:
    """The nodes directly below ``node``, left to right."""
    match node:
        case Binary() | Compare():
            return node.left, node.right
        case Number() | Ref():
            return ()
        case Call():
            return node.arguments
        case Unary():
            return (node.operand,)
        case Conditional():
            return node.condition, node.then, node.otherwise
        case Logic():
            return node.operands
        case Lookup():
            return (node.argument,)
        case Memory():
            below = (node.source, node.time, node.initial)
            return tuple(part for part in below if part is not None)


def walk(node: Expression) -> Iterator[Expression]:
    """``node`` and everything below it, parents first."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def references(node: Expression) -> frozenset[str]:
    """Names read anywhere in ``node``, through memories too."""
    try:
        return node._references
    except AttributeError:
        names: set[str] = set()
        pending: list[Expression] = [node]
        while pending:
            current = pending.pop()
            known: frozenset[str] | None = getattr(current, "_references", None)
            if known is not None:
                names |= known
            elif isinstance(current, Ref):
                names.add(current.name)
            else:
                pending.extend(children(current))
        found = frozenset(names)
        object.__setattr__(node, "_references", found)
        return found


def instant_references(node: Expression) -> frozenset[str]:
    """Names whose value *at this step* is needed to know ``node``: memories hide what they remember."""
    names: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Memory):
            continue
        if isinstance(current, Ref):
            names.add(current.name)
        pending.extend(children(current))
    return frozenset(names)


def memories(node: Expression) -> tuple[Memory, ...]:
    """Every memory in ``node``, inner ones too, without repetition, in reading order."""
    return tuple(dict.fromkeys(item for item in walk(node) if isinstance(item, Memory)))
