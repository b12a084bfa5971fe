"""Which trees of one shape are worth working out together.

A group reads its holes from stacked rows. Where they lie one below the other, as the members of an
index set do all along, that costs nothing; rows from here and there would have to be brought
together first, in every step. So a group is cut where its rows do not follow one another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from reassure.engine.dag import LANES, STEPS, Graph
from reassure.engine.plan import Block, Group, Task, plan

Place = tuple[Hashable, int]
"""An array and a row in it."""

ROUNDS = 8
"""Each cut may make another necessary; what is still apart after so many rounds is brought
together."""


def arrange(
    graph: Graph, tasks: Sequence[Task], known: Mapping[int, Place] | None = None
) -> tuple[Block, ...]:
    """Blocks whose groups read rows that follow one another.

    Args:
        graph: the nodes.
        tasks: trees to be worked out.
        known: where rows from outside are. What stays the same over steps and is not among them is
            brought together once a run, so it may lie anywhere.
    """
    parts: dict[Task, Hashable] = {}
    blocks = plan(tasks)
    for _ in range(ROUNDS):
        places = dict(known or {}) | row_places(graph, blocks)
        cut = False
        for group in groups(blocks):
            pieces = _pieces(graph, group, places)
            if len(pieces) > 1:
                cut = True
                for number, piece in enumerate(pieces):
                    for task in piece:
                        parts[task] = (parts.get(task), number)
        if not cut:
            break
        blocks = plan(tasks, parts)
    return blocks


def groups(blocks: Iterable[Block]) -> Iterable[Group]:
    """The groups of blocks, in order."""
    return (group for block in blocks for group in block.groups)


def draw_order(graph: Graph, blocks: Iterable[Block]) -> tuple[int, ...]:
    """Positions of the streams that blocks read, in the order in which they do."""
    found: dict[int, None] = {}
    for group in groups(blocks):
        for column in group.columns:
            for node in column:
                if graph[node].op == "draw":
                    position: Any = graph[node].attribute
                    found.setdefault(position)
    return tuple(found)


def row_places(graph: Graph, blocks: Sequence[Block]) -> dict[int, Place]:
    """Where rows that vary over steps are: what groups make, what is carried, draws."""
    places: dict[int, Place] = {}
    rings: dict[Hashable, int] = {}
    for number, group in enumerate(groups(blocks)):
        for row, task in enumerate(group.tasks):
            if group.is_solve:
                places |= {node: (number, i) for i, node in enumerate(task.makes)}
            elif group.purpose is None:
                places.setdefault(task.tree.root, (number, row))
            elif group.purpose == "state":
                places[graph.leaf("state", task.position)] = (("state", number), row)
            else:
                at = rings.get(group.purpose, 0)
                places[graph.leaf("ring", task.position)] = (group.purpose, at)
                rings[group.purpose] = at + 1
    for row, position in enumerate(draw_order(graph, blocks)):
        places[graph.leaf("draw", position)] = ("draws", row)
    return places


def _pieces(graph: Graph, group: Group, places: Mapping[int, Place]) -> list[list[Task]]:
    """A group cut where its rows do not follow one another."""
    columns = [
        [places.get(node, (node, 0)) for node in column]
        for column in group.columns
        if any(graph[node].varies == LANES | STEPS or node in places for node in column)
    ]
    pieces, steps = [[group.tasks[0]]], [-1] * len(columns)
    for i in range(1, len(group.tasks)):
        moved = [_step(column[i - 1], column[i]) for column in columns]
        goes_on = all(
            now >= 0 and before in (-1, now) for now, before in zip(moved, steps, strict=True)
        )
        if goes_on:
            pieces[-1].append(group.tasks[i])
            steps = moved
        else:
            pieces.append([group.tasks[i]])
            steps = [-1] * len(columns)
    return pieces


def _step(before: Place, now: Place) -> int:
    """0 for the same row, 1 for the next, -1 for any other."""
    apart = now[1] - before[1]
    return apart if now[0] == before[0] and apart in (0, 1) else -1
