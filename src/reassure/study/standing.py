"""Whether a claim was ever in question: what the model's structure alone says of it.

A claim that one thing moves another in a direction is *assumed* when every directed path from the
cause to the effect has a proven sign and it is the claim's: no number that a modeller chose could
make it fail. It is *derived* when signs conflict or cannot be proven, so that it depends on
numbers, and has *no path* when the model has no road from the one to the other.

Paths are those of the graph with its auxiliaries written out, so that an auxiliary put between
changes nothing, and they may go round loops: a loop that turns an effect back makes it swing, and
its sign then depends on when one looks. All paths have one sign when all edges that can lie on any
can be explained by giving every quantity one direction (structural balance; Harary 1953, *Michigan
Mathematical Journal* 2, 143-146). That is the proof; there is no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reassure.engine.causal import CausalGraph, Edge, path_sign
from reassure.model.checked import Cause

Kind = Literal["assumed", "derived", "no path"]

LOOP = "a loop on the way can turn the effect back, so its sign depends on numbers and on time"


@dataclass(frozen=True, slots=True)
class Path:
    """A directed path from a cause to an outcome, with the sign of each edge ('+', '-', '?')."""

    names: tuple[str, ...]
    signs: tuple[str, ...]

    def __str__(self) -> str:
        """``effort -(+)-> confidence -(-)-> gap``."""
        steps = (
            f" -({sign})-> {name}" for sign, name in zip(self.signs, self.names[1:], strict=True)
        )
        return self.names[0] + "".join(steps)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the structure says of a claim.

    Attributes:
        kind: 'assumed', 'derived' or 'no path'.
        reason: one sentence.
        examples: paths that show the reason: for 'derived', one that runs against the claim or has
            an unproven sign, and one that runs with it where there is one.
    """

    kind: Kind
    reason: str
    examples: tuple[Path, ...] = ()


def standing(
    graph: CausalGraph, roots: Sequence[tuple[str, int]], outcome: str, sign: int
) -> Standing:
    """The standing of "the change in ``roots`` moves ``outcome`` in direction ``sign``".

    Args:
        graph: of the model, as :func:`reassure.engine.causal.causal_graph` gives it.
        roots: the names that the cause changes, each with +1 if it rises, -1 if it falls, 0 if that
            cannot be said; :func:`cause_roots` finds them. They are set from outside, so nothing
            acts on them.
        outcome: the name of the outcome.
        sign: +1 for a rise, -1 for a fall, 0 for a claim without a direction.

    Raises:
        KeyError: when a root or the outcome is no quantity of the model.
    """
    given = frozenset(name for name, _ in roots)
    roots = [start for name, way in roots for start in _starts(graph, name, way, given)]
    reduced = graph.without_auxiliaries(keep=[name for name, _ in roots])
    for name in [*(name for name, _ in roots), outcome]:
        if name not in reduced.quantities:
            raise KeyError(f"{name} is no quantity of the model")
    relevant = _Relevant(reduced, [name for name, _ in roots], outcome)
    live = [(name, way) for name, way in roots if name in relevant.nodes]
    if not live:
        return Standing("no path", "nothing that the cause changes leads to the outcome")
    example = relevant.shortest(live[0][0])
    unsaid = [name for name, way in live if way == 0]
    if unsaid:
        reason = f"the cause moves {unsaid[0]} in no one direction"
        return Standing("derived", reason, (relevant.shortest(unsaid[0]),))
    if sign == 0:
        return Standing("derived", "the claim has no direction to prove", (example,))
    ways = {relevant.balanced(name, way) for name, way in live}
    if ways == {sign}:
        return Standing("assumed", "every path has a proven sign, the claim's", (example,))
    if ways == {-sign}:
        return Standing("derived", "every path has the opposite sign", (example,))
    return _conflict(relevant, live, sign)


def cause_roots(graph: CausalGraph, cause: Cause) -> list[tuple[str, int]]:
    """What ``cause`` changes and which way, with a choice that ``do:`` holds taken apart: of its
    options and thresholds only those count that differ between the two arms."""
    held = {name: (value, dict(cause.high.do).get(name)) for name, value in cause.low.do}
    found: list[tuple[str, int]] = []
    for name, way in cause.roots:
        quantity = graph.quantities.get(name)
        low, high = held.get(name, (None, None))
        if quantity is None or quantity.kind != "choice" or low is None or high is None:
            found.append((name, way))
            continue
        found.append((name, way))
        for face, level, exact in graph.faces(name):
            before, after = (
                (value == level) if exact else (value >= level) for value in (low, high)
            )
            if before != after:
                found.append((face, 1 if after else -1))
    return found


def _starts(
    graph: CausalGraph, name: str, way: int, given: frozenset[str]
) -> list[tuple[str, int]]:
    """What is set when ``name`` is: of a lever, what is ordered; of a choice, its thresholds
    too."""
    quantity = graph.quantities.get(name)
    if quantity is None or quantity.element != name:
        return [(name, way)]
    if quantity.kind == "lever":
        return [(f"{name}.ordered", way)]
    faces = graph.faces(name)
    if any(face in given for face, _, _ in faces):
        return [(name, way)]
    # An option between others is in force at neither end of the index's way.
    return [(name, way), *((face, 0 if exact else way) for face, _, exact in faces)]


def _conflict(relevant: _Relevant, roots: Sequence[tuple[str, int]], sign: int) -> Standing:
    """Why not all paths have one sign: a path without a proven one, two that conflict, a loop."""
    seen: dict[str, Path] = {}
    for name, way in roots:
        wanted = "+" if sign * way > 0 else "-"
        for edges in relevant.suspect_paths(name):
            found = path_sign(edges)
            if found == "?":
                reason = "a path has a sign that cannot be proven"
                return Standing("derived", reason, (_path(edges),))
            seen.setdefault("with" if found == wanted else "against", _path(edges))
            if len(seen) == 2:
                shown = (seen["against"], seen["with"])
                return Standing("derived", "paths have opposite signs", shown)
    return Standing("derived", LOOP, tuple(seen.values()))


def _path(edges: Sequence[Edge]) -> Path:
    return Path(
        (edges[0].source, *(edge.target for edge in edges)), tuple(edge.sign for edge in edges)
    )


class _Relevant:
    """The part of a graph between roots and an outcome, nothing acting on the roots."""

    def __init__(self, graph: CausalGraph, roots: Sequence[str], outcome: str) -> None:
        self.outcome = outcome
        fixed = set(roots)
        forward: dict[str, list[Edge]] = {}
        backward: dict[str, list[str]] = {}
        for edge in graph.edges.values():
            if edge.target not in fixed and (edge.source != edge.target or edge.swings):
                forward.setdefault(edge.source, []).append(edge)
                backward.setdefault(edge.target, []).append(edge.source)
        targets = {name: [edge.target for edge in edges] for name, edges in forward.items()}
        after = _reached(dict.fromkeys(roots, 0), targets)
        self.distance = _reached({outcome: 0}, backward)
        self.nodes = after.keys() & self.distance.keys()
        # Edges without a proven sign first, and then the way straight to the outcome.
        self.forward = {
            name: sorted(
                (edge for edge in edges if edge.target in self.nodes),
                key=lambda edge: (edge.sign != "?", self.distance[edge.target], edge.target),
            )
            for name, edges in forward.items()
            if name in self.nodes
        }

    def shortest(self, name: str) -> Path:
        return _path(self._shortest(name))

    def _shortest(self, name: str) -> tuple[Edge, ...]:
        edges: list[Edge] = []
        while name != self.outcome:
            edges.append(min(self.forward[name], key=lambda e: (self.distance[e.target], e.target)))
            name = edges[-1].target
        return tuple(edges)

    def balanced(self, root: str, way: int) -> int | None:
        """The one direction of the outcome if each quantity after ``root`` has one; None
        otherwise."""
        ways, suspects = self._directions(root, way)
        return None if suspects else ways[self.outcome]

    def _directions(self, root: str, way: int) -> tuple[dict[str, int], list[Edge]]:
        """A direction for each quantity along some path from ``root``, and the edges that do not
        agree with these directions or have no proven sign."""
        ways = {root: way}
        edges: list[Edge] = []
        pending = deque([root])
        while pending:
            name = pending.popleft()
            for edge in self.forward.get(name, ()):
                edges.append(edge)
                if edge.target not in ways:
                    ways[edge.target] = -ways[name] if edge.sign == "-" else ways[name]
                    pending.append(edge.target)
        agree = {1: "+", -1: "-"}
        return ways, [e for e in edges if e.sign != agree[ways[e.source] * ways[e.target]]]

    def suspect_paths(self, root: str) -> Iterator[tuple[Edge, ...]]:
        """A simple path from ``root`` to the outcome through each edge that spoils balance, where
        one is quickly found, and the shortest path of all."""
        for edge in self._directions(root, 1)[1]:
            path = self._through(root, edge)
            if path is not None:
                yield path
        yield self._shortest(root)

    def _through(self, root: str, edge: Edge) -> tuple[Edge, ...] | None:
        """A simple path through ``edge``, if the shortest way to it leaves a way on from it."""
        name = edge.source
        to = self._route(root, name, {edge.target, self.outcome})
        if to is None:
            return None
        on = self._route(edge.target, self.outcome, {root, *(step.source for step in to), name})
        return None if on is None else (*to, edge, *on)

    def _route(self, start: str, end: str, avoid: set[str]) -> tuple[Edge, ...] | None:
        if start in avoid or end in avoid:
            return None
        came: dict[str, Edge | None] = {start: None}
        pending = deque([start])
        while pending:
            name = pending.popleft()
            if name == end:
                break
            for edge in self.forward.get(name, ()):
                if edge.target not in came and edge.target not in avoid:
                    came[edge.target] = edge
                    pending.append(edge.target)
        if end not in came:
            return None
        steps: list[Edge] = []
        step = came[end]
        while step is not None:
            steps.append(step)
            step = came[step.source]
        return tuple(reversed(steps))


def _reached(start: dict[str, int], following: dict[str, list[str]]) -> dict[str, int]:
    distance = dict(start)
    pending = deque(start)
    while pending:
        name = pending.popleft()
        for after in following.get(name, ()):
            if after not in distance:
                distance[after] = distance[name] + 1
                pending.append(after)
    return distance
