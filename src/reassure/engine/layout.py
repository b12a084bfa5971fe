"""The program's work in order: what is done once a run, what at every step, and what only to
record."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from reassure.engine.dag import LANES, STEPS
from reassure.engine.plan import Block, Task, plan
from reassure.engine.program import Program
from reassure.engine.trees import Tree, copy_of, cut

Wanted = dict[int, list[tuple[Hashable, int]]]
"""For each node that is carried: the purposes and positions at which it is."""


@dataclass(frozen=True)
class Layout:
    """Work in order.

    Attributes:
        program: what is run.
        static: blocks of what stays the same over the steps of a run.
        step: blocks of a step. Purposes: ``"state"``, rows carried to the next step, and
            ``("ring", length)``, rows written into rings.
        extra_static, extra: blocks that only recording needs.
        scalars: nodes that are one number for all lanes, in the order of the table's columns of
            their type.
        draws: positions of the streams in use; those of ``step`` come first.
        recorded: names in the order in which they are recorded.
    """

    program: Program
    static: tuple[Block, ...]
    step: tuple[Block, ...]
    extra_static: tuple[Block, ...]
    extra: tuple[Block, ...]
    scalars: tuple[int, ...]
    draws: tuple[int, ...]
    recorded: tuple[str, ...]


def lay_out(program: Program, *, record: bool = False, grouped: bool = True) -> Layout:
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
    trees = cut(graph, wanted, moves)
    tasks = _with_purposes(program, trees, wanted)
    initial = [state.initial for state in program.states] + [ring.initial for ring in program.rings]
    fixed = _rows(program, [task.tree for task in tasks])
    static = cut(graph, [*initial, *fixed], stays)
    step, still = (
        plan(tasks, grouped=grouped),
        plan([Task(tree) for tree in static], grouped=grouped),
    )

    extra: list[Tree] = []
    extra_static: list[Tree] = []
    names = tuple(name for name in program.names if graph[program.names[name]].varies & LANES)
    if record:
        known = {task.tree.root for task in tasks if task.purpose is None} | {
            tree.root for tree in static
        }
        nodes = [program.names[name] for name in names]
        extra = cut(graph, nodes, lambda index: moves(index) and index not in known)
        more = [*_rows(program, extra), *(node for node in nodes if stays(node))]
        extra_static = cut(graph, more, lambda index: stays(index) and index not in known)
    every = [task.tree for task in tasks]
    used = [*_leaves(program, "draw", every), *_leaves(program, "draw", extra)]
    loose = [index for index in initial if not graph[index].varies & LANES]
    scalars = dict.fromkeys(
        hole
        for hole in [
            *(h for t in [*every, *static, *extra, *extra_static] for h in t.holes),
            *loose,
        ]
        if not graph[hole].varies & LANES and graph[hole].op != "const"
    )
    return Layout(
        program=program,
        static=still,
        step=step,
        extra_static=plan([Task(tree) for tree in extra_static], grouped=grouped),
        extra=plan([Task(tree) for tree in extra], grouped=grouped),
        scalars=tuple(scalars),
        draws=tuple(dict.fromkeys(used)),
        recorded=names if record else (),
    )


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


def _rows(program: Program, trees: Iterable[Tree]) -> list[int]:
    """Rows that trees of a step read and that stay the same over steps."""
    graph = program.graph
    found = (hole for tree in trees for hole in tree.holes)
    return [index for index in dict.fromkeys(found) if graph[index].varies == LANES]


def _leaves(program: Program, op: str, trees: Iterable[Tree]) -> list[int]:
    """Positions of the leaves of a kind that trees read."""
    nodes = (program.graph[hole] for tree in trees for hole in tree.holes)
    return [int(node.attribute) for node in nodes if node.op == op]  # type: ignore[call-overload]
