"""The program's work in order: what is done once a run, what at every step, what only to record."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from reassure.engine.dag import LANES, STEPS, Graph
from reassure.engine.grouping import arrange, draw_order, groups
from reassure.engine.plan import Block, Task
from reassure.engine.program import Program
from reassure.engine.trees import Tree, copy_of, cut

Wanted = dict[int, list[tuple[Hashable, int]]]
"""For each node that is carried: the purposes and positions at which it is."""

Column = tuple[int, ...]
"""What fills one hole of a group: one node a member."""


@dataclass
class Shelf:
    """Nodes in an order in which every column that was put on it lies in one piece."""

    nodes: list[int] = field(default_factory=list)
    starts: dict[Column, int] = field(default_factory=dict)

    def put(self, column: Column) -> None:
        """Make room for a column, unless it lies in one piece already."""
        if column in self.starts:
            return
        for node in column[:1]:
            for start, other in enumerate(self.nodes):
                if other == node and tuple(self.nodes[start : start + len(column)]) == column:
                    self.starts[column] = start
                    return
        self.starts[column] = len(self.nodes)
        self.nodes.extend(column)


@dataclass(frozen=True)
class Layout:
    """Work in order.

    Attributes:
        program: what is run.
        static: blocks of what stays the same over the steps of a run.
        step: blocks of a step. Purposes: ``"state"``, rows carried to the next step, and
            ``("ring", length)``, rows written into rings.
        extra_static, extra: blocks that only recording needs.
        numbers, truths: what is the same for all lanes, in the order of the tables' columns.
        parameters: leaves of parameters, in the order of the rows that a run is given.
        gathered: columns of rows that stay the same and are brought together once a run.
        draws: positions of the streams in use; those of ``step`` come first.
        recorded: names in the order in which they are recorded.
    """

    program: Program
    static: tuple[Block, ...]
    step: tuple[Block, ...]
    extra_static: tuple[Block, ...]
    extra: tuple[Block, ...]
    numbers: Shelf
    truths: Shelf
    parameters: Shelf
    gathered: tuple[Column, ...]
    draws: tuple[int, ...]
    recorded: tuple[str, ...]


def lay_out(program: Program, *, record: bool = False) -> Layout:
    """The layout of a program; with ``record`` it also works out every named quantity."""
    graph = program.graph

    def moves(index: int) -> bool:
        return graph[index].varies == LANES | STEPS

    def stays(index: int) -> bool:
        return graph[index].varies == LANES

    wanted: Wanted = {}
    for i, state in enumerate(program.states):
        wanted.setdefault(state.update, []).append(("state", i))
    for i, ring in enumerate(program.rings):
        wanted.setdefault(ring.source, []).append((("ring", ring.length), i))
    tasks = _with_purposes(program, cut(graph, wanted, moves), wanted)
    initial = [state.initial for state in program.states]
    initial += [ring.initial for ring in program.rings]
    fixed = _rows(graph, [task.tree for task in tasks])
    still = [Task(tree) for tree in cut(graph, [*initial, *fixed], stays)]
    static, step = arrange(graph, still), arrange(graph, tasks)

    extra: tuple[Block, ...] = ()
    extra_static: tuple[Block, ...] = ()
    names = tuple(name for name in program.names if graph[program.names[name]].varies & LANES)
    if record:
        known = {task.tree.root for task in tasks if task.purpose is None}
        known |= {task.tree.root for task in still}
        nodes = [program.names[name] for name in names]
        trees = cut(graph, nodes, lambda index: moves(index) and index not in known)
        more = [*_rows(graph, trees), *(node for node in nodes if stays(node))]
        fixed_trees = cut(graph, more, lambda index: stays(index) and index not in known)
        extra = arrange(graph, [Task(tree) for tree in trees])
        extra_static = arrange(graph, [Task(tree) for tree in fixed_trees])
    sections = (static, step, extra_static, extra)
    shelves = Shelf(), Shelf(), Shelf()
    gathered = _fill(graph, sections, initial, *shelves)
    return Layout(
        program,
        static,
        step,
        extra_static,
        extra,
        *shelves,
        gathered=gathered,
        draws=tuple(dict.fromkeys((*draw_order(graph, step), *draw_order(graph, extra)))),
        recorded=names if record else (),
    )


def _fill(
    graph: Graph,
    sections: Iterable[Sequence[Block]],
    initial: Iterable[int],
    numbers: Shelf,
    truths: Shelf,
    parameters: Shelf,
) -> tuple[Column, ...]:
    """Put what sections read on shelves; returns the columns that must be gathered."""
    gathered: dict[Column, None] = {}
    columns = [c for blocks in sections for group in groups(blocks) for c in group.columns]
    columns += [(node,) for node in initial]
    for column in columns:
        column = column[:1] if len(set(column)) == 1 else column
        node = graph[column[0]]
        if node.op == "const":
            continue
        if not node.varies & LANES:
            (truths if node.truth else numbers).put(column)
        elif all(graph[index].op == "parameter" for index in column):
            parameters.put(column)
        elif len(column) > 1 and all(graph[index].varies == LANES for index in column):
            gathered.setdefault(column)
        for index in column:  # a parameter among others
            if graph[index].op == "parameter" and column not in parameters.starts:
                parameters.put((index,))
    return tuple(gathered)


def _with_purposes(program: Program, trees: Sequence[Tree], wanted: Wanted) -> list[Task]:
    """Tasks of a step: a tree that is carried and not read goes where it is carried, others are
    copied there."""
    read = {hole for tree in trees for hole in tree.holes}
    tasks, placed = [], set()
    for tree in trees:
        purposes = wanted.get(tree.root, [])
        if len(purposes) == 1 and tree.root not in read:
            tasks.append(Task(tree, *purposes[0]))
            placed.add(tree.root)
        else:
            tasks.append(Task(tree))
    for index, purposes in wanted.items():
        if index not in placed:
            tasks.extend(Task(copy_of(program.graph, index), *purpose) for purpose in purposes)
    return tasks


def _rows(graph: Graph, trees: Iterable[Tree]) -> list[int]:
    """Rows that trees of a step read and that stay the same over steps."""
    found = (hole for tree in trees for hole in tree.holes)
    return [index for index in dict.fromkeys(found) if graph[index].varies == LANES]
