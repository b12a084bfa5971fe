"""Boxes and arrows laid out in layers, so that causes stand before what they cause.

The four steps are those of Sugiyama, Tagawa & Toda (1981), "Methods for visual understanding of
hierarchical system structures", IEEE Trans. SMC 11(2). Circles are broken by the heuristic of
Eades, Lin & Smyth (1993), "A fast and effective heuristic for the feedback arc set problem", IPL
47(6). Layers and coordinates are the linear programmes of Gansner, Koutsofios, North & Vo (1993),
"A technique for drawing directed graphs", IEEE Trans. SE 19(3), solved with HiGHS. An arrow keeps
a lane of its own through every layer that it passes, so none runs behind a box.

The same input gives the same picture.
"""

from __future__ import annotations

import random
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reassure.report.layering import BOX_GAP, Pair, find_layers, solve

Point = tuple[float, float]

PORT = 17.0  # least distance between two arrows at a box
LEAD = 17.0  # straight piece before and after a box, for heads and signs
LANE_GAP = 16.0  # beside an arrow that passes through a layer
RESTARTS, SWEEPS = 10, 14
LARGE = 700  # boxes and lanes from which one start has to do


@dataclass(frozen=True, slots=True)
class Box:
    """A node's rectangle; ``x``, ``y`` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow's way from ``start``: each piece is one point (a line to it), or the two handles and
    the end of a cubic Bézier curve."""

    start: Point
    pieces: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything is, in pixels from the upper left corner."""

    boxes: dict[str, Box]
    routes: dict[Pair, Route]
    width: float
    height: float


def arrange(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[Pair],
    *,
    breadth: float = 1000.0,
    layers: Mapping[str, int] | None = None,
    across: bool = False,
) -> Placement:
    """Lay out a directed graph.

    Args:
        sizes: least width and height of each node; one with many arrows is made larger.
        edges: pairs of different nodes, each once.
        breadth: how wide a layer may become before nodes move on to the next.
        layers: the layer of each node, if the caller knows; else found.
        across: layers from left to right rather than from top to bottom.
    """
    nodes = list(sizes)
    if across:
        sizes = {name: (height, width) for name, (width, height) in sizes.items()}
    if layers is None:
        layers = find_layers({n: sizes[n][0] for n in nodes}, edges, breadth)
    picture = _Picture(sizes, edges, layers)
    placed = picture.place()
    if not across:
        return placed
    return Placement(
        {n: Box(b.y, b.x, b.height, b.width) for n, b in placed.boxes.items()},
        {
            pair: Route(
                route.start[::-1],
                tuple(tuple((y, x) for x, y in piece) for piece in route.pieces),
            )
            for pair, route in placed.routes.items()
        },
        placed.height,
        placed.width,
    )


class _Picture:
    """The graph with a lane for each long edge in each layer that it passes."""

    def __init__(
        self,
        sizes: Mapping[str, tuple[float, float]],
        edges: Sequence[Pair],
        layers: Mapping[str, int],
    ) -> None:
        self.names = list(sizes)
        first = min(layers.values(), default=0)
        self.layer = [layers[n] - first for n in self.names]
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer, default=0) + 1)]
        for v, level in enumerate(self.layer):
            self.rows[level].append(v)
        self.boxes = len(self.names)
        self.above: dict[int, list[int]] = defaultdict(list)
        self.below: dict[int, list[int]] = defaultdict(list)
        self.chains: dict[Pair, list[int]] = {}  # from the upper end to the lower
        self.segments: list[tuple[int, int]] = []
        number = {n: i for i, n in enumerate(self.names)}
        for pair in edges:
            u, v = number[pair[0]], number[pair[1]]
            if self.layer[u] > self.layer[v]:
                u, v = v, u
            chain = [u]
            for level in range(self.layer[u] + 1, self.layer[v]):
                lane = len(self.layer)
                self.layer.append(level)
                self.rows[level].append(lane)
                chain.append(lane)
            chain.append(v)
            self.chains[pair] = chain
            if self.layer[u] != self.layer[v]:
                for a, b in pairwise(chain):
                    self.segments.append((a, b))
                    self.below[a].append(b)
                    self.above[b].append(a)
        self._order()
        self._ports()
        self.width = [
            max(sizes[n][0], PORT * max(len(self.top[i]), len(self.bottom[i])))
            for i, n in enumerate(self.names)
        ]
        self.height = [sizes[n][1] for n in self.names]

    # -- order in the layers -----------------------------------------------------------------------

    def _order(self) -> None:
        chance = random.Random(0)
        best, least = [list(row) for row in self.rows], self._crossings()
        for attempt in range(RESTARTS if len(self.layer) <= LARGE else 1):
            if attempt:
                for row in self.rows:
                    chance.shuffle(row)
            for sweep in range(SWEEPS):
                down = sweep % 2 == 0
                neighbours = self.above if down else self.below
                for row, beside in self._pairs(down):
                    self._by_mean(row, beside, neighbours)
                if len(self.layer) <= LARGE:
                    self._swap()
                crossings = self._crossings()
                if crossings < least:
                    best, least = [list(row) for row in self.rows], crossings
        self.rows = best

    def _pairs(self, down: bool) -> list[tuple[list[int], list[int]]]:
        found = list(zip(self.rows[1:], self.rows, strict=False))
        return found if down else [(upper, lower) for lower, upper in reversed(found)]

    @staticmethod
    def _by_mean(
        row: list[int], beside: Sequence[int], neighbours: Mapping[int, Sequence[int]]
    ) -> None:
        place = {v: (i + 0.5) / len(beside) for i, v in enumerate(beside)}
        key = {}
        for i, v in enumerate(row):
            near = [place[n] for n in neighbours.get(v, ())]
            key[v] = sum(near) / len(near) if near else (i + 0.5) / len(row)
        row.sort(key=key.__getitem__)

    def _crossings(self) -> int:
        total = 0
        for upper, lower in zip(self.rows, self.rows[1:], strict=False):
            place = {v: i for i, v in enumerate(lower)}
            seen: list[int] = []
            for u in upper:
                ends = sorted(place[v] for v in self.below.get(u, ()))
                total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    def _swap(self) -> None:
        """Exchange neighbours in a layer while that takes crossings away."""
        place = {v: i for row in self.rows for i, v in enumerate(row)}

        def crossed(a: int, b: int) -> int:
            return sum(
                place[x] > place[y]
                for side in (self.above, self.below)
                for x in side.get(a, ())
                for y in side.get(b, ())
            )

        for row in self.rows:
            for i in range(len(row) - 1):
                a, b = row[i], row[i + 1]
                if crossed(a, b) > crossed(b, a):
                    row[i], row[i + 1] = b, a
                    place[a], place[b] = place[b], place[a]

    # -- coordinates -------------------------------------------------------------------------------

    def _ports(self) -> None:
        """Which edges meet each box above and below, in the order in which they come."""
        place = {v: i for row in self.rows for i, v in enumerate(row)}
        self.top: list[list[Pair]] = [[] for _ in range(self.boxes)]
        self.bottom: list[list[Pair]] = [[] for _ in range(self.boxes)]
        key: dict[tuple[int, Pair], int] = {}
        for pair, chain in self.chains.items():
            u, v = chain[0], chain[-1]
            self.bottom[u].append(pair)
            key[u, pair] = place[chain[1]]
            # An edge inside a layer leaves and comes back below it.
            (self.bottom if self.layer[u] == self.layer[v] else self.top)[v].append(pair)
            key[v, pair] = place[chain[-2]]
        for side in (self.top, self.bottom):
            for v, pairs in enumerate(side):
                pairs.sort(key=lambda pair, v=v: (key[v, pair], pair))  # type: ignore[misc]

    def _port(self, v: int, pair: Pair, side: Sequence[Sequence[Pair]]) -> float:
        if v >= self.boxes:
            return 0.0
        count = len(side[v])
        apart = min(30.0, (self.width[v] - PORT) / max(count - 1, 1))
        return (side[v].index(pair) - (count - 1) / 2) * apart

    def _columns(self) -> NDArray[np.float64]:
        """The middle of every box and lane: arrows straight, lanes above all, nothing too close."""
        many = len(self.layer)
        costs = [0.0] * many
        rows: list[list[tuple[int, float]]] = []
        least: list[float] = []
        for pair, chain in self.chains.items():
            if self.layer[chain[0]] == self.layer[chain[-1]]:
                continue
            for a, b in pairwise(chain):
                lanes = (a >= self.boxes) + (b >= self.boxes)
                bend = len(costs)
                costs.append((1.0, 2.0, 8.0)[lanes])
                shift = self._port(a, pair, self.bottom) - self._port(b, pair, self.top)
                rows += [[(bend, 1.0), (a, -1.0), (b, 1.0)], [(bend, 1.0), (a, 1.0), (b, -1.0)]]
                least += [shift, -shift]
        whole = len(costs)
        costs.append(2.0)
        for row in self.rows:
            for a, b in pairwise(row):
                rows.append([(b, 1.0), (a, -1.0)])
                both = a < self.boxes and b < self.boxes
                least.append(self._half(a) + self._half(b) + (BOX_GAP if both else LANE_GAP))
            rows += [[(row[0], 1.0)], [(whole, 1.0), (row[-1], -1.0)]]
            least += [self._half(row[0]), self._half(row[-1])]
        solved = solve(costs, rows, least)
        self.total = float(solved[whole])
        return solved[:many]

    def _half(self, v: int) -> float:
        return self.width[v] / 2 if v < self.boxes else 0.0

    def place(self) -> Placement:
        """Boxes and routes, layers from top to bottom."""
        if not self.names:
            return Placement({}, {}, 0.0, 0.0)
        x = self._columns()
        reach: dict[int, list[float]] = defaultdict(list)
        for a, b in self.segments:
            reach[self.layer[a]].append(abs(float(x[a] - x[b])))
        tall = [
            max((self.height[v] for v in row if v < self.boxes), default=0.0) for row in self.rows
        ]
        upper = []
        y = 0.0
        for level, height in enumerate(tall):
            upper.append(y)
            longest = max(reach[level], default=0.0)
            gap = min(12 + 0.07 * longest + 1.2 * len(reach[level]), 120.0)
            y += height + 2 * LEAD + gap
        boxes = {
            n: Box(
                float(x[i]) - self.width[i] / 2,
                upper[self.layer[i]] + (tall[self.layer[i]] - self.height[i]) / 2,
                self.width[i],
                self.height[i],
            )
            for i, n in enumerate(self.names)
        }
        routes = {
            pair: self._route(pair, chain, x, boxes, upper, tall)
            for pair, chain in self.chains.items()
        }
        return Placement(boxes, routes, self.total, upper[-1] + tall[-1])

    def _route(
        self,
        pair: Pair,
        chain: Sequence[int],
        x: NDArray[np.float64],
        boxes: Mapping[str, Box],
        upper: Sequence[float],
        tall: Sequence[float],
    ) -> Route:
        u, v = chain[0], chain[-1]
        level = self.layer[u]
        first, last = boxes[self.names[u]], boxes[self.names[v]]
        here = float(x[u]) + self._port(u, pair, self.bottom)
        edge = upper[level] + tall[level] + LEAD
        points: list[tuple[Point, ...]] = [((here, first.y + first.height),), ((here, edge),)]
        if level == self.layer[v]:
            there = float(x[v]) + self._port(v, pair, self.bottom)
            low = edge + min(18 + 0.05 * abs(there - here), 45.0)
            points += [
                ((here, low), (there, low), (there, edge)),
                ((there, last.y + last.height),),
            ]
        else:
            for w in chain[1:]:
                level = self.layer[w]
                there = float(x[w]) + self._port(w, pair, self.top)
                near = upper[level] - LEAD
                middle = (edge + near) / 2
                points.append(((here, middle), (there, middle), (there, near)))
                edge = upper[level] + tall[level] + LEAD
                points.append(((there, last.y if w == v else edge),))
                here = there
        if self.names[u] != pair[0]:
            points = _reversed(points)
        return Route(points[0][-1], tuple(points[1:]))


def _reversed(points: Sequence[tuple[Point, ...]]) -> list[tuple[Point, ...]]:
    turned: list[tuple[Point, ...]] = [(points[-1][-1],)]
    for before, piece in zip(reversed(points[:-1]), reversed(points[1:]), strict=True):
        turned.append((*reversed(piece[:-1]), before[-1]))
    return turned
