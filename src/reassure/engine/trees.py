"""The graph of a step cut into trees: what is worth keeping in memory, and what is worked out in
passing.

A tree is one expression from its root down to *holes*: constants, numbers that are the same for all
lanes, and rows (a row holds one number for each lane). Its root becomes a row. Trees of one *shape*
differ only in what fills their holes and can be worked out together, as one operation on stacked
rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reassure.engine.dag import DIVISIONS, LANES, TRANSCENDENTAL, Graph

LARGEST_TREE = 40
"""Operations in a tree; a larger expression is cut. Larger kernels spill registers and compile
slowly."""

KEPT_WEIGHT = 3.0
"""An expression used more than once becomes a row of its own if to work it out again weighs this
much: about what writing and reading a row does."""

Shape = tuple[Any, ...]


@dataclass(frozen=True)
class Tree:
    """One expression that becomes a row.

    Attributes:
        root: node that it is the value of.
        shape: its operations with holes; equal for trees that can be worked out together.
        holes: nodes that fill the holes, in order.
        weight: operations, with transcendentals counted for what they cost.
    """

    root: int
    shape: Shape
    holes: tuple[int, ...]
    weight: float

    @property
    def is_copy(self) -> bool:
        """Whether it does nothing but copy."""
        return self.root in self.holes


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
        return not node.is_leaf and bool(node.varies & LANES) and within(index)

    wanted = [index for index in dict.fromkeys(targets) if inside(index)]
    reached = _reached(graph, wanted, inside)
    uses = Counter(child for index in reached for child in set(graph[index].arguments))
    roots = set(wanted)
    weights: dict[int, float] = {}
    sizes: dict[int, int] = {}
    for index in reached:  # arguments first
        node = graph[index]
        inner = [child for child in node.arguments if inside(child) and child not in roots]
        weights[index] = op_weight(node.op) + sum(weights[child] for child in inner)
        sizes[index] = 1 + sum(sizes[child] for child in inner)
        while sizes[index] > LARGEST_TREE:  # keep the largest part apart
            largest = max(inner, key=lambda child: sizes[child])
            roots.add(largest)
            inner.remove(largest)
            sizes[index] -= sizes[largest]
            weights[index] -= weights[largest]
        if uses[index] > 1 and weights[index] >= KEPT_WEIGHT:
            roots.add(index)
    return [_tree(graph, index, inside, roots) for index in reached if index in roots]


def copy_of(graph: Graph, index: int) -> Tree:
    """The tree that only copies what is a row, a number or a constant already."""
    return Tree(index, _hole(graph, index), (index,), 1.0)


def _reached(graph: Graph, wanted: Sequence[int], inside: Callable[[int], bool]) -> list[int]:
    seen: set[int] = set()
    pending = list(wanted)
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            pending.extend(child for child in graph[index].arguments if inside(child))
    return sorted(seen)


def _hole(graph: Graph, index: int) -> Shape:
    node = graph[index]
    kind = "constant" if node.op == "const" else "row" if node.varies & LANES else "scalar"
    return (kind, node.truth)


def _tree(graph: Graph, root: int, inside: Callable[[int], bool], roots: set[int]) -> Tree:
    holes: list[int] = []
    total = 0.0

    def shape(index: int) -> Shape:
        nonlocal total
        if index != root and (index in roots or not inside(index)):
            holes.append(index)
            return _hole(graph, index)
        node = graph[index]
        total += op_weight(node.op)
        return (node.op, *(shape(child) for child in node.arguments))

    made = shape(root)
    return Tree(root, made, tuple(holes), total)
