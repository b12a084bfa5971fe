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

import numpy as np
from jax import lax

from reassure.engine.apart import apart
from reassure.engine.dag import LANES, Graph
from reassure.engine.functions_jax import Mask, apply, spread
from reassure.engine.layout import Column
from reassure.engine.plan import Block, Group, Task

Array = Any
Key = Any  # what names an array: ("state", 0), "parameters", ...


@dataclass
class Rows:
    """Where the values of nodes are.

    Attributes:
        arrays: stacked rows ``[k, B]`` by key.
        places: key and row of each node that is a row.
        columns: for nodes that are the same for all lanes, where each column of them starts in the
            table of its type.
        together: places of columns of rows that lie in one piece.
        numbers, truths: the two tables' rows at this step.
        attributes: how the compiler is told to treat a block's call.
        live: ``[B]``, lanes for which games are solved.
    """

    lanes: int
    dtype: Any
    columns: Mapping[Column, int]
    numbers: Array
    truths: Array
    attributes: Mapping[str, str]
    live: Array
    arrays: dict[Key, Array] = field(default_factory=dict)
    places: dict[int, tuple[Key, int]] = field(default_factory=dict)
    together: dict[Column, tuple[Key, int]] = field(default_factory=dict)

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
        if block.groups[0].is_solve:
            task = block.groups[0].tasks[0]
            rows.put((tag, number, 0), _solve(graph, task, rows), task.makes)
            continue
        for i, (group, array) in enumerate(
            zip(block.groups, _call(graph, block, rows, f"{tag}_{number}"), strict=True)
        ):
            key = (tag, number, i)
            rows.put(key, array, [task.tree.root for task in group.tasks if task.purpose is None])
            if group.purpose is not None:
                made.setdefault(group.purpose, []).append((key, group))
    return made


def _solve(graph: Graph, task: Task, rows: Rows) -> Array:
    """All that is asked of a game, ``[k, B]``."""
    call: Any = graph[task.tree.root].attribute
    due, needed, *given = [operand(graph, (node,), rows) for node in task.tree.holes]
    when = lax.reshape(_truth(due), ())
    which = lax.reshape(spread(_truth(needed), 1, rows.lanes), (rows.lanes,))
    inputs = [lax.reshape(spread(row, 1, rows.lanes), (rows.lanes,)) for row in given]
    return call.function(rows.lanes, rows.dtype, rows.attributes)(
        when,
        lax.bitwise_and(which, rows.live),
        rows.live,
        [lax.convert_element_type(row, rows.dtype) for row in inputs],
    )


def _truth(value: Array | Mask) -> Array:
    return value.truth if isinstance(value, Mask) else lax.convert_element_type(value, bool)


def _call(graph: Graph, block: Block, rows: Rows, name: str) -> list[Array]:
    """One block as a call."""
    keys = list(
        dict.fromkeys(
            key
            for group in block.groups
            for column in group.columns
            for key, _, _ in stretches(graph, _one_if_same(column), rows)
        )
    )

    def work(numbers: Array, truths: Array, *arrays: Array) -> list[Array]:
        inner = Rows(rows.lanes, rows.dtype, rows.columns, numbers, truths, {}, None)
        inner.arrays = dict(zip(keys, arrays, strict=True))
        inner.places, inner.together = rows.places, rows.together
        return [_group(graph, group, inner) for group in block.groups]

    work.__name__ = name
    arrays = [rows.arrays[key] for key in keys]
    return list(apart(work, rows.attributes)(rows.numbers, rows.truths, *arrays))


def _group(graph: Graph, group: Group, rows: Rows) -> Array:
    """The stacked rows of a group: its shape worked out on stacked holes."""
    filled = [operand(graph, column, rows) for column in group.columns]
    done: list[Array] = []
    for op, arguments in group.shape.steps:
        given = [filled[i] if i >= 0 else done[-1 - i] for i in arguments]
        done.append(apply(op, given, rows.dtype))
    return spread(done[-1] if done else filled[0], len(group.tasks), rows.lanes)


def operand(graph: Graph, nodes: tuple[int, ...], rows: Rows) -> Array:
    """What fills one hole of a group, one node a member: ``[1 or k, 1 or B]``; one row if all are
    the same."""
    distinct = _one_if_same(nodes)
    node = graph[nodes[0]]
    if node.op == "const":
        kind = bool if node.truth else rows.dtype
        values = np.asarray([graph[index].attribute for index in distinct], dtype=kind)
        same = values[:1] if (values == values[0]).all() else values
        return np.reshape(same, (-1, 1))
    if not node.varies & LANES:
        table, start = rows.truths if node.truth else rows.numbers, rows.columns[distinct]
        part = lax.slice(table, (start,), (start + len(distinct),))
        column = lax.reshape(part, (len(distinct), 1))
        return Mask(column) if node.truth else column
    parts = [
        lax.slice(rows.arrays[key], (first, 0), (last, rows.lanes))
        for key, first, last in stretches(graph, distinct, rows)
    ]
    return parts[0] if len(parts) == 1 else lax.concatenate(parts, 0)


def stretches(graph: Graph, nodes: Column, rows: Rows) -> list[tuple[Key, int, int]]:
    """Where a column's rows are, as stretches of neighbours: (key, first, last exclusive)."""
    if not graph[nodes[0]].varies & LANES:
        return []
    if nodes in rows.together:
        key, first = rows.together[nodes]
        return [(key, first, first + len(nodes))]
    found: list[tuple[Key, int, int]] = []
    for key, row in (rows.places[node] for node in nodes):
        if found and found[-1][0] == key and found[-1][2] == row:
            found[-1] = (key, found[-1][1], row + 1)
        else:
            found.append((key, row, row + 1))
    return found


def _one_if_same(column: Column) -> Column:
    return column[:1] if len(set(column)) == 1 else column
