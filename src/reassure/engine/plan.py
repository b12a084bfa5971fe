"""In which order trees are worked out, and which of them together.

Trees of one shape that do not need each other form a *group*: one operation on stacked rows.
Groups that do not need each other form a *wave*, and a wave is cut into *blocks*, each compiled by
itself: what is compiled in one piece grows faster than its parts, and a row that two blocks need
    is worked out once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from reassure.engine.trees import Shape, Tree

BLOCK_WEIGHT = 200.0
"""Weight of the trees, each group counted once, at which a block is closed."""

LARGEST_GROUP = 64


@dataclass(frozen=True)
class Task:
    """A tree to be worked out.

    Attributes:
        tree: the tree.
        purpose: None for a row that other trees may read. Trees of different purposes stay in
            different groups, so that what is carried over steps, for example, forms arrays of its
            own.
        position: which of its purpose it is, such as the number of a state.
        makes: of a game that is solved: the nodes that are its rows.
    """

    tree: Tree
    purpose: Hashable = None
    position: int = -1
    makes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Group:
    """Trees worked out together: row ``i`` of the result is that of ``tasks[i]``."""

    shape: Shape
    purpose: Hashable
    tasks: tuple[Task, ...]

    @property
    def is_solve(self) -> bool:
        """Whether it solves a game; it is then a group, and a block, of its own."""
        return bool(self.tasks[0].makes)

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """What fills each hole: one node a task."""
        return tuple(zip(*(task.tree.holes for task in self.tasks), strict=True))


@dataclass(frozen=True)
class Block:
    """Groups compiled in one piece; none needs another."""

    groups: tuple[Group, ...]


NO_PARTS: Mapping[Task, Hashable] = MappingProxyType({})


def plan(tasks: Sequence[Task], parts: Mapping[Task, Hashable] = NO_PARTS) -> tuple[Block, ...]:
    """Blocks in an order in which they can be worked out.

    Args:
        tasks: trees; a hole that is the root of another task waits for it.
        parts: tasks with different entries stay in different groups.
    """
    makes = {task.tree.root: i for i, task in enumerate(tasks) if not task.tree.is_copy}
    makes |= {node: i for i, task in enumerate(tasks) for node in task.makes}
    waits: list[set[int]] = []
    needed_by: dict[int, set[int]] = defaultdict(set)
    for i, task in enumerate(tasks):
        before = {makes[hole] for hole in task.tree.holes if makes.get(hole, i) != i}
        waits.append(before)
        for other in before:
            needed_by[other].add(i)

    def key(i: int) -> Hashable:
        task = tasks[i]
        return task.tree.shape, task.purpose, parts.get(task), task.makes

    left: dict[Hashable, set[int]] = defaultdict(set)
    for i in range(len(tasks)):
        left[key(i)].add(i)
    ready: dict[Hashable, list[int]] = defaultdict(list)
    for i, before in enumerate(waits):
        if not before:
            ready[key(i)].append(i)
    blocks: list[Block] = []
    while ready:
        whole = [item for item in ready if len(ready[item]) == len(left[item])]
        # Waiting for the rest of a group delays what needs the part that is ready; the largest
        # goes first.
        chosen = whole or [max(ready, key=lambda item: len(ready[item]))]
        groups = []
        for item in chosen:
            members = sorted(ready.pop(item))
            left[item] -= set(members)
            for first in range(0, len(members), LARGEST_GROUP):
                part = tuple(tasks[i] for i in members[first : first + LARGEST_GROUP])
                groups.append(Group(part[0].tree.shape, part[0].purpose, part))
            for i in members:
                for later in needed_by[i]:
                    waits[later].discard(i)
                    if not waits[later]:
                        ready[key(later)].append(later)
        blocks.extend(_blocks(groups))
    return tuple(blocks)


def _blocks(groups: Iterable[Group]) -> list[Block]:
    found: list[Block] = []
    held: list[Group] = []
    weight = 0.0
    for group in groups:
        if group.is_solve:
            found.append(Block((group,)))
            continue
        held.append(group)
        weight += group.tasks[0].tree.weight
        if weight >= BLOCK_WEIGHT:
            found.append(Block(tuple(held)))
            held, weight = [], 0.0
    if held:
        found.append(Block(tuple(held)))
    return found
