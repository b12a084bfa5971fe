"""From nodes to blocks: equal expressions once, shared work kept, rows that follow one another."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from reassure.engine.dag import LANES, STEPS, Graph
from reassure.engine.grouping import arrange, groups, row_places
from reassure.engine.layout import Shelf, lay_out
from reassure.engine.lower import Lowering, lower
from reassure.engine.plan import Task, plan
from reassure.engine.scalars import orders, scalar_table
from reassure.engine.trees import LARGEST_TREE, cut
from reassure.model.checked import Arm, Auxiliary
from reassure.model.expression import Binary, Number, Ref

from .generated import HOLDABLE, ONE_UNIT, clock, model, outcome, random_model, stock


def everything(index: int) -> bool:
    return True


# -- nodes ----------------------------------------------------------------------------------------


def test_equal_expressions_are_one_node() -> None:
    graph = Graph()
    p, q = graph.leaf("parameter", 0), graph.leaf("parameter", 1)
    assert graph.add("mul", p, q) == graph.add("mul", q, p)
    assert graph.add("sub", p, q) != graph.add("sub", q, p)


def test_constants_are_folded_and_told_apart() -> None:
    graph = Graph()
    two = graph.add("add", graph.number(1.0), graph.number(1.0))
    assert graph.constant_of(two) == 2.0
    truth = graph.add("lt", graph.number(0.0), graph.number(1.0))
    assert graph.constant_of(truth) is True
    assert truth != graph.number(1.0)
    assert graph.number(0.0) != graph.number(-0.0)
    p = graph.leaf("parameter")
    assert graph.add("mul", p, graph.number(1.0)) == p
    assert graph.add("mul", p, graph.number(0.0)) != graph.number(0.0)  # p may be infinite
    assert graph.select(truth, p, two) == p


def test_a_node_varies_over_what_its_arguments_vary_over() -> None:
    graph = Graph()
    p, t = graph.leaf("parameter"), graph.leaf("time")
    assert graph[graph.add("add", p, graph.number(1.0))].varies == LANES
    assert graph[graph.add("add", t, t)].varies == STEPS
    assert graph[graph.add("add", p, t)].varies == LANES | STEPS


# -- trees ----------------------------------------------------------------------------------------


def chain(graph: Graph, start: int, length: int) -> int:
    for i in range(length):
        start = graph.add("add", graph.add("abs", start), graph.leaf("state", i))
    return start


def test_work_shared_inside_a_tree_is_done_once_and_not_kept() -> None:
    graph = Graph()
    shared = graph.add("exp", graph.leaf("state"))
    root = graph.add("add", graph.add("sin", shared), graph.add("cos", shared))
    (tree,) = cut(graph, [root], everything)
    assert [op for op, _ in tree.shape.steps] == ["exp", "sin", "cos", "add"]


def test_costly_work_that_two_trees_need_becomes_a_row() -> None:
    graph = Graph()
    shared = graph.add("exp", graph.leaf("state"))
    one, two = graph.add("sin", shared), graph.add("cos", shared)
    assert [tree.root for tree in cut(graph, [one, two], everything)] == [shared, one, two]
    cheap = graph.add("neg", graph.leaf("state"))
    three, four = graph.add("sin", cheap), graph.add("cos", cheap)
    assert [tree.root for tree in cut(graph, [three, four], everything)] == [three, four]


def test_large_expressions_are_cut() -> None:
    graph = Graph()
    trees = cut(graph, [chain(graph, graph.leaf("state"), 5 * LARGEST_TREE)], everything)
    assert len(trees) >= 10
    assert max(len(tree.shape.steps) for tree in trees) <= LARGEST_TREE + 1
    known: set[int] = set()
    for tree in trees:
        assert all(graph[hole].is_leaf or hole in known for hole in tree.holes)
        known.add(tree.root)


# -- plans ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_has_every_task_once_and_after_what_it_needs(seed: int) -> None:
    layout = lay_out(lower(random_model(seed), HOLDABLE), record=True)
    graph = layout.program.graph
    for before, blocks in ((layout.static, layout.step), (layout.extra_static, layout.extra)):
        known = {task.tree.root for group in groups(before) for task in group.tasks}
        known |= {t.tree.root for g in groups(layout.step) for t in g.tasks if not g.purpose}
        known |= {t.tree.root for g in groups(layout.static) for t in g.tasks}
        made: set[int] = set()
        for block in blocks:
            for group in block.groups:
                for task in group.tasks:
                    for hole in task.tree.holes:
                        node = graph[hole]
                        inner = not node.is_leaf and node.varies == LANES | STEPS
                        if inner and blocks is layout.step:
                            assert hole in made
                        elif inner:
                            assert hole in made | known
            made |= {t.tree.root for g in block.groups for t in g.tasks if g.purpose is None}
    positions = [t.position for g in groups(layout.step) if g.purpose == "state" for t in g.tasks]
    assert sorted(positions) == list(range(len(layout.program.states)))


def members(count: int) -> Any:
    """A set of stocks with a formula each that reads the other formulas' family in order."""
    pull = [
        Auxiliary(f"pull{i}", Binary("*", Ref(f"s{i}"), Number(0.1 + i)), ONE_UNIT)
        for i in range(count)
    ]
    force = [
        Auxiliary(f"force{i}", Binary("/", Ref(f"pull{i}"), Ref("all")), ONE_UNIT)
        for i in range(count)
    ]
    total: Any = Ref("pull0")
    for i in range(1, count):
        total = Binary("+", total, Ref(f"pull{i}"))
    stocks = tuple(stock(f"s{i}", 0.5, Ref(f"force{i}")) for i in range(count))
    everything = Auxiliary("all", total, ONE_UNIT)
    return model(
        time=clock(5),
        auxiliaries=(*pull, *force, everything),
        stocks=stocks,
        outcomes=(outcome("end", "final", Ref("s3"), 0, 5),),
    )


def test_members_of_a_set_are_worked_out_together() -> None:
    layout = lay_out(lower(members(12)))
    sizes = sorted(len(group.tasks) for group in groups(layout.step))
    assert sizes[-1] == 12
    assert len(sizes) <= 3


@pytest.mark.parametrize("seed", range(6))
def test_groups_read_rows_that_follow_one_another(seed: int) -> None:
    program = lower(random_model(seed), HOLDABLE)
    graph, layout = program.graph, lay_out(program)
    places = row_places(graph, layout.step)
    for group in groups(layout.step):
        for column in group.columns:
            if len(column) > 1 and graph[column[0]].varies == LANES | STEPS:
                steps = {
                    (b[0] == a[0], b[1] - a[1])
                    for a, b in pairwise(places.get(node, (node, 0)) for node in column)
                }
                assert steps in ({(True, 0)}, {(True, 1)})


def test_independent_trees_of_one_shape_are_one_group() -> None:
    graph = Graph()
    roots = [graph.add("exp", graph.leaf("draw", i)) for i in range(4)]
    tasks = [Task(tree) for tree in cut(graph, roots, everything)]
    (block,) = plan(tasks)
    assert [len(group.tasks) for group in block.groups] == [4]
    (block,) = arrange(graph, tasks)
    assert [len(group.tasks) for group in block.groups] == [4]


def test_a_shelf_holds_every_column_in_one_piece() -> None:
    shelf = Shelf()
    for column in ((4, 2, 9), (2, 9), (9,), (9, 4), (4, 2, 9)):
        shelf.put(column)
    for column, start in shelf.starts.items():
        assert tuple(shelf.nodes[start : start + len(column)]) == column
    assert shelf.nodes == [4, 2, 9, 9, 4]


# -- what is the same for all lanes ---------------------------------------------------------------


def test_orders_follow_schedules_settings_and_rules() -> None:
    made = random_model(3)
    program = lower(made, HOLDABLE)
    dated = dict(made.policies[1].settings)
    given = orders(made, program, Arm("rules+dated", settings=(("l1", 0.6),)))
    names = list(program.levers)
    schedule: Any = dated["l2"]
    for k in range(program.steps + 1):
        held = [v for s, v in zip(schedule.steps, schedule.values, strict=True) if s <= k][-1]
        assert given.ordered[k, names.index("l2")] == held
    assert (given.ordered[:, names.index("l1")] == 0.6).all()
    assert given.rules[names.index("l0")] > 0
    assert given.rules[names.index("l1")] == 0


def test_holds_have_their_window() -> None:
    made = random_model(3)
    lowering = Lowering(made, HOLDABLE)
    program = lowering.program()
    given = orders(made, program, Arm(do=(("s1", 0.5),), window=(3, 6)))
    held = program.graph.leaf("held", program.holds.index("s1"))
    other = program.graph.leaf("held", program.holds.index("b0"))
    table = scalar_table(program, given, [held, other], program.steps + 1)
    assert np.flatnonzero(table[held]).tolist() == [3, 4, 5]
    assert not table[other].any()


def test_a_chain_of_any_length_can_be_lowered() -> None:
    links = [Auxiliary("a0", Ref("time"), ONE_UNIT)]
    links += [
        Auxiliary(f"a{i}", Binary("+", Ref(f"a{i - 1}"), Number(1.0)), ONE_UNIT)
        for i in range(1, 3000)
    ]
    made = model(
        time=clock(5),
        auxiliaries=tuple(reversed(links)),
        outcomes=(outcome("end", "final", Ref("a2999"), 0, 5),),
    )
    assert len(lower(made).graph.nodes) >= 3000


def test_a_circle_at_the_opening_is_told() -> None:
    loop = (
        Auxiliary("x", Binary("+", Ref("y"), Number(1.0)), ONE_UNIT),
        Auxiliary("y", Binary("*", Ref("x"), Number(2.0)), ONE_UNIT),
    )
    with pytest.raises(ValueError, match="circle: x > y > x"):
        lower(model(auxiliaries=loop))
