"""Which layer of a drawing each node stands in, causes before what they cause."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Pair = tuple[str, str]

BOX_GAP = 30.0  # between two boxes of a layer
LAYER_COST = 0.4  # of a layer more, in edges that lead back
MOVES = 4000
LARGE = 100  # nodes from which the greedy order has to do


def find_layers(
    widths: Mapping[str, float], edges: Sequence[Pair], breadth: float
) -> dict[str, int]:
    """A layer for each node: few edges pointing up, few layers, none broader than ``breadth``."""
    order = _greedy_order(list(widths), edges)
    if len(order) <= LARGE:
        order = _flattened(order, edges)
    rank = {n: i for i, n in enumerate(order)}
    forward = [(u, v) if rank[u] < rank[v] else (v, u) for u, v in edges]
    return _layers(widths, list(dict.fromkeys(forward)), breadth)


def _greedy_order(nodes: Sequence[str], edges: Sequence[Pair]) -> list[str]:
    """An order in which few edges lead back."""
    after: dict[str, set[str]] = {n: set() for n in nodes}
    before: dict[str, set[str]] = {n: set() for n in nodes}
    for u, v in edges:
        after[u].add(v)
        before[v].add(u)
    left: list[str] = []
    right: list[str] = []
    rest = dict.fromkeys(nodes)
    while rest:
        end = next((n for n in rest if not after[n]), None)
        start = None if end is not None else next((n for n in rest if not before[n]), None)
        if end is not None:
            chosen = end
            right.append(end)
        else:
            chosen = start or max(rest, key=lambda n: len(after[n]) - len(before[n]))
            left.append(chosen)
        del rest[chosen]
        for n in after.pop(chosen):
            before[n].discard(chosen)
        for n in before.pop(chosen):
            after[n].discard(chosen)
    return left + right[::-1]


def _flattened(order: list[str], edges: Sequence[Pair]) -> list[str]:
    """``order`` with nodes moved one at a time while that gives fewer edges back or fewer layers.

    In a model full of circles one more arrow that leads back can save a page's height of layers.
    """
    chance = random.Random(0)

    def cost(order: Sequence[str]) -> float:
        rank = {n: i for i, n in enumerate(order)}
        below: dict[str, list[str]] = defaultdict(list)
        back = 0
        for u, v in edges:
            if rank[u] > rank[v]:
                u, v = v, u
                back += 1
            below[u].append(v)
        depth = dict.fromkeys(order, 0)
        for u in order:
            for v in below[u]:
                depth[v] = max(depth[v], depth[u] + 1)
        return back + LAYER_COST * max(depth.values(), default=0)

    least = cost(order)
    for _ in range(MOVES if edges else 0):
        moved = list(order)
        node = moved.pop(chance.randrange(len(moved)))
        moved.insert(chance.randrange(len(order)), node)
        new = cost(moved)
        if new <= least:
            order, least = moved, new
    return order


def solve(
    costs: Sequence[float],
    rows: Sequence[Sequence[tuple[int, float]]],
    least: Sequence[float],
) -> NDArray[np.float64]:
    """The cheapest variables with every row's sum at least ``least``."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    where = [(i, j, value) for i, row in enumerate(rows) for j, value in row]
    i, j, value = zip(*where, strict=True) if where else ((), (), ())
    matrix = csr_array((np.array(value), (i, j)), shape=(len(rows), len(costs)))
    found = linprog(
        costs, A_ub=-matrix, b_ub=-np.array(least), bounds=(0.0, None), method="highs-ds"
    )
    return np.asarray(found.x, dtype=np.float64)


def _layers(widths: Mapping[str, float], edges: Sequence[Pair], breadth: float) -> dict[str, int]:
    """A layer for each node, edges pointing down and short, layers not broader than ``breadth``."""
    place = {n: i for i, n in enumerate(widths)}
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for u, v in edges:
        above[v].append(u)
        below[u].append(v)
    if edges:
        costs = [float(len(above[n]) - len(below[n])) for n in widths]
        rows = [[(place[v], 1.0), (place[u], -1.0)] for u, v in edges]
        ideal = dict(zip(widths, np.rint(solve(costs, rows, [1.0] * len(rows))), strict=True))
    else:
        ideal = dict.fromkeys(widths, np.float64(0))
    used: dict[int, float] = defaultdict(float)
    layer: dict[str, int] = {}
    waiting = sorted(widths, key=lambda n: (ideal[n], -len(below[n]), n))
    level = 0
    while waiting:
        for n in list(waiting):
            ready = ideal[n] <= level and all(layer.get(p, level) < level for p in above[n])
            if ready and (not used[level] or used[level] + widths[n] + BOX_GAP <= breadth):
                layer[n] = level
                used[level] += widths[n] + BOX_GAP
                waiting.remove(n)
        level += 1
    for _ in range(4):  # what had to move drags its neighbours along, where there is room
        for n in widths:
            low = max((layer[p] + 1 for p in above[n]), default=0)
            high = min((layer[s] - 1 for s in below[n]), default=level)
            pull = len(above[n]) - len(below[n])
            choices = range(low, high + 1) if pull > 0 else range(high, low - 1, -1)
            for there in choices if pull else ():
                if there == layer[n]:
                    break
                if used[there] and used[there] + widths[n] + BOX_GAP <= breadth:
                    used[layer[n]] -= widths[n] + BOX_GAP
                    used[there] += widths[n] + BOX_GAP
                    layer[n] = there
                    break
    rank = {old: new for new, old in enumerate(sorted(set(layer.values())))}
    return {n: rank[old] for n, old in layer.items()}
