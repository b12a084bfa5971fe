"""The program's work in order: what is done once a run, what at every step, what only to record."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from reassure.engine.dag import LANES, STEPS, Graph
from reassure.engine.grouping import arrange, draw_order, groups
from reassure.engine.plan import Block, Task
from reassure.engine.program import Program
from reassure.engine.trees import Tree, copy_of, cut, solve_of, solves_behind

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
    solves = _solves(graph, wanted, moves)
    inputs = [hole for task in solves for hole in task.tree.holes]
    tasks = _with_purposes(program, cut(graph, [*wanted, *inputs], moves), wanted, solves)
    initial = [state.initial for state in program.states]
    initial += [ring.initial for ring in program.rings]
    fixed = _rows(graph, [task.tree for task in tasks])
    still = _tasks(graph, [*initial, *fixed], stays)
    static, step = arrange(graph, still), arrange(graph, tasks)

    extra: tuple[Block, ...] = ()
    extra_static: tuple[Block, ...] = ()
    names = tuple(name for name in program.names if graph[program.names[name]].varies & LANES)
    if record:
        known = {task.tree.root for task in tasks if task.purpose is None}
        known |= {task.tree.root for task in still}
        known |= {node for task in (*tasks, *still) for node in task.makes}
        nodes = [program.names[name] for name in names]
        more_tasks = _tasks(graph, nodes, lambda i: moves(i) and i not in known)
        more = _rows(graph, [task.tree for task in more_tasks])
        more += [node for node in nodes if stays(node)]
        extra = arrange(graph, more_tasks)
        extra_static = arrange(graph, _tasks(graph, more, lambda i: stays(i) and i not in known))
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


def _tasks(graph: Graph, targets: Sequence[int], within: Callable[[int], bool]) -> list[Task]:
    """What works out targets: trees, and games that they need."""
    solves = _solves(graph, targets, within)
    inputs = [hole for task in solves for hole in task.tree.holes]
    return [*(Task(tree) for tree in cut(graph, [*targets, *inputs], within)), *solves]


def _solves(graph: Graph, targets: Iterable[int], within: Callable[[int], bool]) -> list[Task]:
    """Games to be solved for targets, each with the rows that it makes."""
    rows: dict[int, list[int]] = {}
    for index, node in enumerate(graph.nodes):
        if node.op == "solved":
            rows.setdefault(node.arguments[0], []).append(index)
    found = [index for index in solves_behind(graph, targets) if within(index)]
    return [Task(solve_of(graph, index), makes=tuple(rows[index])) for index in found]


def _with_purposes(
    program: Program, trees: Sequence[Tree], wanted: Wanted, solves: Sequence[Task]
) -> list[Task]:
    """Tasks of a step: a tree that is carried and not read goes where it is carried, others are
    copied there."""
    read = {hole for tree in trees for hole in tree.holes}
    read |= {hole for task in solves for hole in task.tree.holes}
    tasks, placed = list(solves), set()
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
