"""Blocks as JAX: stacked rows in, stacked rows out.

Every block is a call that the compiler does not inline, and turns into one kernel. That keeps rows
shared between blocks from being worked out again in each reader (the compiler's own choice, which
made a step of 3,000 operations twelve times as long), bounds the size of what is compiled in one
piece, and makes a block the same code in every program
that has it: a program that also records gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.experimental.xla_metadata import set_xla_metadata

from reassure.engine.dag import LANES, Graph
from reassure.engine.functions_jax import Mask, apply, spread
from reassure.engine.plan import Block, Group
from reassure.engine.trees import Shape

Array = Any
Key = Any  # what names an array: ("state", 0), "parameters", ...


@dataclass
class Rows:
    """Where the values of nodes are.

    Attributes:
        arrays: stacked rows ``[k, B]`` by key.
        places: key and row of each node that is a row.
        columns: column of each node that is the same for all lanes, in the table of its type.
        numbers, truths: the two tables' rows at this step.
        attributes: how the compiler is told to treat a block's call.
    """

    lanes: int
    dtype: Any
    columns: dict[int, int]
    numbers: Array
    truths: Array
    attributes: Mapping[str, str]
    arrays: dict[Key, Array] = field(default_factory=dict)
    places: dict[int, tuple[Key, int]] = field(default_factory=dict)

    def put(self, key: Key, array: Array, nodes: Sequence[int]) -> None:
        """Add an array whose rows are ``nodes``."""
        self.arrays[key] = array
        for row, node in enumerate(nodes):
            self.places.setdefault(node, (key, row))


def emit(
    graph: Graph, blocks: Iterable[Block], rows: Rows, tag: str
) -> dict[Any, list[tuple[Key, Group]]]:
    """Work out blocks, adding what they make to ``rows``.

    Returns:
        For each purpose the arrays made for it, in order, with their groups. Those without a
        purpose are places that later blocks read; those with one are not.
    """
    made: dict[Any, list[tuple[Key, Group]]] = {}
    for number, block in enumerate(blocks):
        for i, (group, array) in enumerate(
            zip(block.groups, _call(graph, block, rows, f"{tag}_{number}"), strict=True)
        ):
            key = (tag, number, i)
            rows.put(key, array, [task.tree.root for task in group.tasks if task.purpose is None])
            if group.purpose is not None:
                made.setdefault(group.purpose, []).append((key, group))
    return made


def _call(graph: Graph, block: Block, rows: Rows, name: str) -> list[Array]:
    """One block as a call."""
    holes = {hole for group in block.groups for task in group.tasks for hole in task.tree.holes}
    keys = list(
        dict.fromkeys(rows.places[hole][0] for hole in sorted(holes) if hole in rows.places)
    )

    def work(numbers: Array, truths: Array, *arrays: Array) -> list[Array]:
        inner = Rows(rows.lanes, rows.dtype, rows.columns, numbers, truths, {})
        inner.arrays = dict(zip(keys, arrays, strict=True))
        inner.places = rows.places
        return [_group(graph, group, inner) for group in block.groups]

    work.__name__ = name
    with set_xla_metadata(**rows.attributes):  # type: ignore[no-untyped-call]
        arrays = [rows.arrays[key] for key in keys]
        return list(jax.jit(work)(rows.numbers, rows.truths, *arrays))


def _group(graph: Graph, group: Group, rows: Rows) -> Array:
    """The stacked rows of a group: its shape worked out on stacked holes."""
    stacked = iter(zip(*(task.tree.holes for task in group.tasks), strict=True))

    def work(shape: Shape) -> Array:
        if shape[0] in ("row", "scalar", "constant"):
            return operand(graph, next(stacked), rows)
        return apply(str(shape[0]), [work(part) for part in shape[1:]], rows.dtype)

    return spread(work(group.shape), len(group.tasks), rows.lanes)


def operand(graph: Graph, nodes: tuple[int, ...], rows: Rows) -> Array:
    """What fills one hole of a group, one node a member: ``[1 or k, 1 or B]``; one row if all are
    the same."""
    distinct = nodes[:1] if len(set(nodes)) == 1 else nodes
    node = graph[nodes[0]]
    if node.op == "const":
        kind = bool if node.truth else rows.dtype
        values = np.asarray([graph[index].attribute for index in distinct], dtype=kind)
        same = values[:1] if (values == values[0]).all() else values
        return np.reshape(same, (-1, 1))
    if not node.varies & LANES:
        table = rows.truths if node.truth else rows.numbers
        runs = _runs([(None, rows.columns[index]) for index in distinct])
        parts = [lax.slice(table, (first,), (last,)) for _, first, last in runs]
        joined = parts[0] if len(parts) == 1 else lax.concatenate(parts, 0)
        column = lax.reshape(joined, (len(distinct), 1))
        return Mask(column) if node.truth else column
    runs = _runs([rows.places[index] for index in distinct])
    parts = [
        lax.slice(rows.arrays[key], (first, 0), (last, rows.lanes)) for key, first, last in runs
    ]
    return parts[0] if len(parts) == 1 else lax.concatenate(parts, 0)


def _runs(places: Sequence[tuple[Key, int]]) -> list[tuple[Key, int, int]]:
    """Places as stretches of neighbouring rows: (key, first, last exclusive)."""
    runs: list[tuple[Key, int, int]] = []
    for key, row in places:
        if runs and runs[-1][0] == key and runs[-1][2] == row:
            runs[-1] = (key, runs[-1][1], row + 1)
        else:
            runs.append((key, row, row + 1))
    return runs
