"""What is the same for all lanes: orders, holds, dates and time, worked out by NumPy once an arm.

A formula that reads nothing else becomes a column of a table with one row a step. The compiled
step reads the row; so policies, holds and windows are data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reassure.engine.dag import FOLD, Node
from reassure.engine.program import Program
from reassure.model.checked import Arm, Constant, Model, Rule, Schedule
from reassure.model.mistakes import UsageError, suggest

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Orders:
    """An arm as numbers.

    Attributes:
        ordered: ``[steps + 1, levers]``, internal units; a lever under a rule has its default.
        rules: for each lever the number of its rule, 0 for none.
        holds: (position, value, first step, last step exclusive) of what is held at a number.
        slots: for each slot the position of the hold that follows its path, -1 for none.
    """

    ordered: Array
    rules: Array
    holds: tuple[tuple[int, float, int, int], ...]
    slots: tuple[int, ...] = field(default=())


def orders(model: Model, program: Program, arm: Arm, followed: Iterable[str] = ()) -> Orders:
    """What an arm orders and holds.

    Args:
        model, program: the model and its program.
        arm: policy, settings and ``do:``.
        followed: names held at a path, one for each slot from the first.

    Raises:
        UsageError: no such policy, lever or holdable name; two policies set one lever; too many
            paths.
    """
    settings, set_by = _settings(model, arm)
    table = np.empty((program.steps + 1, len(model.levers)))
    rules = np.zeros(len(model.levers), dtype=np.int64)
    for i, lever in enumerate(model.levers):
        setting = settings.get(lever.name, Constant(lever.default))
        match setting:
            case Constant(value):
                table[:, i] = value
            case Schedule(steps, values):
                position = np.searchsorted(steps, np.arange(program.steps + 1), side="right") - 1
                table[:, i] = np.asarray(values)[position]
            case Rule():
                table[:, i] = lever.default
                rules[i] = program.rules[i, set_by[lever.name]]
    first, last = arm.window or (0, program.steps + 1)
    holds = [(_hold(program, name), float(value), first, last) for name, value in arm.do]
    followed = tuple(followed)
    if len(followed) > program.slots:
        raise UsageError(f"at most {program.slots} quantities can be held at a path at once")
    slots = [_hold(program, name) for name in followed]
    for name in followed:
        if name not in program.followers:
            raise UsageError(f"{name} cannot be held at a path{suggest(name, program.followers)}")
    for name in followed:
        if name in dict(arm.do):
            raise UsageError(f"{name} is held at a number and at a path")
    holds += [(slot, 0.0, 0, program.steps + 1) for slot in slots]
    return Orders(table, rules, tuple(holds), tuple(slots + [-1] * (program.slots - len(slots))))


def _settings(
    model: Model, arm: Arm
) -> tuple[dict[str, Constant | Schedule | Rule], dict[str, str]]:
    policies = {policy.name: policy for policy in model.policies}
    settings: dict[str, Constant | Schedule | Rule] = {}
    set_by: dict[str, str] = {}
    for name in filter(None, arm.policy.split("+")):
        if name not in policies:
            raise UsageError(f"there is no policy {name}{suggest(name, policies)}")
        for lever, setting in policies[name].settings:
            if lever in set_by:
                raise UsageError(f"policies {set_by[lever]} and {name} both set {lever}")
            settings[lever], set_by[lever] = setting, name
    levers = {lever.name for lever in model.levers}
    for lever, value in arm.settings:
        if lever not in levers:
            raise UsageError(f"there is no lever {lever}{suggest(lever, levers)}")
        settings[lever] = Constant(value)
    return settings, set_by


def _hold(program: Program, name: str) -> int:
    if name not in program.holds:
        raise UsageError(
            f"{name} cannot be held in this build{suggest(name, program.holds)}",
            "name it when the model is compiled",
        )
    return program.holds.index(name)


def scalar_table(
    program: Program, given: Orders, wanted: Iterable[int], rows: int
) -> dict[int, Array]:
    """Values of nodes that do not vary over lanes, ``[rows]`` each; rows beyond the last step
    repeat it.

    Args:
        program: the program.
        given: what the arm orders and holds.
        wanted: nodes.
        rows: how many steps to work out, at least ``steps + 1``.
    """
    graph = program.graph
    values: dict[int, Any] = {}
    needed: set[int] = set()
    pending = list(wanted)
    while pending:
        index = pending.pop()
        if index not in needed:
            needed.add(index)
            pending.extend(graph[index].arguments)
    with np.errstate(all="ignore"):
        for index in sorted(needed):
            node = graph[index]
            values[index] = _value(
                node, [values[item] for item in node.arguments], program, given, rows
            )
    return {index: np.broadcast_to(values[index], (rows,)) for index in wanted}


def _value(node: Node, arguments: list[Any], program: Program, given: Orders, rows: int) -> Any:
    if node.op == "const":
        return np.asarray(node.attribute)
    if node.op == "select":
        return np.where(*arguments)
    if node.op == "number":
        return np.asarray(arguments[0], dtype=float)
    if arguments:
        return FOLD[node.op](*arguments)
    return leaf_value(node, program, given, rows)


def leaf_value(node: Node, program: Program, given: Orders, rows: int) -> Any:
    """What a leaf that is the same for all lanes is worth at each step: ``[rows]``, or a number."""
    steps = np.minimum(np.arange(rows), program.steps)
    position: Any = node.attribute
    match node.op:
        case "time":
            return steps * program.dt
        case "ordered":
            return given.ordered[steps, position]
        case "ordered_first":
            return given.ordered[0, position]
        case "rule":
            lever, number = position
            return given.rules[lever] == number
        case "calendar":
            # Rows beyond the last step are never read off.
            return np.isin(np.arange(rows), np.asarray(position, dtype=np.int64))
        case "held_slot":
            hold, slot = position
            return np.asarray(given.slots[slot] == hold)
        case "held_value":
            return np.asarray(
                next((value for hold, value, *_ in given.holds if hold == position), 0.0)
            )
        case "held" | "held_first":
            when = steps if node.op == "held" else np.zeros(1, dtype=np.int64)
            held = np.zeros(when.shape, dtype=bool)
            for hold, _, first, last in given.holds:
                held |= (hold == position) & (first <= when) & (when < last)
            return held
    raise AssertionError(node.op)
