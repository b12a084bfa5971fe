"""The graph of a step cut into trees: what is worth keeping in memory, what is worked out in
passing.

A tree is one expression from its root down to *holes*: constants, numbers that are the same for all
lanes, and rows (a row holds one number for each lane). Its root becomes a row; what it needs more
than once in between is worked out once. Trees of one *shape* differ only in what fills their holes
and can be worked out together, as one operation on stacked rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reassure.engine.dag import DIVISIONS, LANES, TRANSCENDENTAL, Graph

LARGEST_TREE = 80
"""Operations in a tree; a larger expression is cut. Larger kernels spill registers and compile
slowly."""

KEPT_WEIGHT = 3.0
"""An expression that several trees use becomes a row of its own if to work it out again weighs this
much: about what writing and reading a row does."""


@dataclass(frozen=True)
class Shape:
    """The operations of a tree.

    Attributes:
        holes: kind of each hole (``row``, ``scalar`` or ``constant``) and whether it is a truth
            value.
        steps: operations in order, with their arguments: hole number ``i`` as ``i``, the result of
            step ``j`` as ``-1 - j``. The last one is the root; without any, the one hole is.
    """

    holes: tuple[tuple[str, bool], ...]
    steps: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Tree:
    """One expression that becomes a row.

    Attributes:
        root: node that it is the value of.
        shape: its operations; equal for trees that can be worked out together.
        holes: nodes that fill the holes, in order.
    """

    root: int
    shape: Shape
    holes: tuple[int, ...]

    @property
    def is_copy(self) -> bool:
        """Whether it does nothing but copy."""
        return not self.shape.steps

    @property
    def weight(self) -> float:
        """Its operations, each with what it costs beside an addition."""
        return 1.0 + sum(op_weight(op) for op, _ in self.shape.steps)


GAMES = frozenset({"solve", "solved"})
"""Operations that are worked out whole, apart from trees: see :func:`solve_of`."""


def op_weight(op: str) -> float:
    """What an operation costs beside an addition."""
    return 12.0 if op in TRANSCENDENTAL else 4.0 if op in DIVISIONS else 1.0


def cut(graph: Graph, targets: Iterable[int], within: Callable[[int], bool]) -> list[Tree]:
    """Trees that together work out ``targets``, what is needed before what needs it.

    Args:
        graph: the nodes.
        targets: nodes that must become rows; leaves and nodes outside are ignored.
        within: whether an inner node is worked out here; others that vary over lanes are rows
            already.
    """

    def inside(index: int) -> bool:
        node = graph[index]
        if node.is_leaf or node.op in GAMES:
            return False
        return bool(node.varies & LANES) and within(index)

    wanted = [index for index in dict.fromkeys(targets) if inside(index)]
    reached = _reached(graph, wanted, inside)
    inner = {
        index: [child for child in dict.fromkeys(graph[index].arguments) if inside(child)]
        for index in reached
    }
    uses = Counter(child for index in reached for child in inner[index])
    roots = set(wanted) | _too_large(reached, inner, uses, set(wanted))
    owners: dict[int, set[int]] = {index: set() for index in reached}
    weights: dict[int, float] = {}
    for index in reached:  # arguments first
        below = sum(weights[child] for child in inner[index] if child not in roots)
        weights[index] = op_weight(graph[index].op) + below
    for index in reversed(reached):  # users first
        if len(owners[index]) > 1 and weights[index] >= KEPT_WEIGHT:
            roots.add(index)
        if index in roots:
            owners[index] = {index}
        for child in inner[index]:
            owners[child] |= owners[index]
    return [_tree(graph, index, inner, roots) for index in reached if index in roots]


def copy_of(graph: Graph, index: int) -> Tree:
    """The tree that only copies what is a row, a number or a constant already."""
    return Tree(index, Shape((_hole(graph, index),), ()), (index,))


def solve_of(graph: Graph, index: int) -> Tree:
    """What works out a game: a tree whose holes are all that the game is given."""
    node = graph[index]
    holes = tuple(_hole(graph, argument) for argument in node.arguments)
    arguments = tuple(range(len(holes)))
    return Tree(index, Shape(holes, (("solve", arguments),)), node.arguments)


def solves_behind(graph: Graph, targets: Iterable[int]) -> list[int]:
    """Every ``solve`` that some target needs, what is needed before what needs it."""
    seen: set[int] = set()
    pending = list(targets)
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            pending.extend(graph[index].arguments)
    return sorted(index for index in seen if graph[index].op == "solve")


def _reached(graph: Graph, wanted: Sequence[int], inside: Callable[[int], bool]) -> list[int]:
    seen: set[int] = set()
    pending = list(wanted)
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            pending.extend(child for child in graph[index].arguments if inside(child))
    return sorted(seen)


def _too_large(
    reached: Sequence[int], inner: dict[int, list[int]], uses: Counter[int], roots: set[int]
) -> set[int]:
    """Nodes to keep apart so that no tree grows too large."""
    found: set[int] = set()
    sizes: dict[int, float] = {}
    for index in reached:  # arguments first; what is used twice counts half in each use
        parts = {c: sizes[c] / uses[c] for c in inner[index] if c not in roots | found}
        while sum(parts.values()) >= LARGEST_TREE:
            largest = max(parts, key=lambda child: parts[child])
            found.add(largest)
            del parts[largest]
        sizes[index] = 1.0 + sum(parts.values())
    return found


def _hole(graph: Graph, index: int) -> tuple[str, bool]:
    node = graph[index]
    kind = "constant" if node.op == "const" else "row" if node.varies & LANES else "scalar"
    return kind, node.truth


def _tree(graph: Graph, root: int, inner: dict[int, list[int]], roots: set[int]) -> Tree:
    holes: list[int] = []
    kinds: list[tuple[str, bool]] = []
    steps: list[tuple[str, tuple[int, ...]]] = []
    places: dict[int, int] = {}

    def place(index: int) -> int:
        if index in places:
            return places[index]
        if index != root and (index not in inner or index in roots):
            holes.append(index)
            kinds.append(_hole(graph, index))
            return len(holes) - 1  # a hole for each reading: what fills two may differ elsewhere
        arguments = tuple(place(child) for child in graph[index].arguments)
        steps.append((graph[index].op, arguments))
        places[index] = -len(steps)
        return places[index]

    place(root)
    return Tree(root, Shape(tuple(kinds), tuple(steps)), tuple(holes))
