"""A smallest set of vertices that meets every cycle of a directed graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Graph = Mapping[int, frozenset[int]]
"""For each vertex those that it reads."""

MOST_TRIES = 20_000
"""Partial sets that the exact search looks at before it settles for the best found."""


def feedback_set(graph: Graph, weights: Sequence[int]) -> tuple[tuple[int, ...], bool]:
    """A feedback vertex set of least total weight, and whether it is known to be the least.

    Branch and bound: some vertex of each shortest cycle must be in the set. Of sets of one weight
    the first found wins, which depends on the order of the vertices alone.
    """
    best: list[tuple[int, tuple[int, ...]]] = []
    greedy = _greedy(graph, weights)
    best.append((sum(weights[v] for v in greedy), greedy))
    tries = 0
    seen: set[frozenset[int]] = set()

    def search(chosen: frozenset[int], weight: int, barred: frozenset[int]) -> None:
        nonlocal tries
        if weight >= best[0][0] or tries >= MOST_TRIES or chosen in seen:
            return
        tries += 1
        seen.add(chosen)
        cycle = shortest_cycle(graph, chosen)
        if not cycle:
            best[0] = (weight, tuple(sorted(chosen)))
            return
        for vertex in sorted(cycle, key=lambda v: (weights[v], v)):
            search(chosen | {vertex}, weight + weights[vertex], barred)

    search(frozenset(), 0, frozenset())
    return best[0][1], tries < MOST_TRIES


def shortest_cycle(graph: Graph, without: frozenset[int]) -> list[int]:
    """A shortest cycle that avoids ``without``, by breadth-first search; [] for none."""
    shortest: list[int] = []
    for start in graph:
        if start in without:
            continue
        came: dict[int, int] = {}
        edge, found = [start], False
        depth = 1
        while edge and not found and (not shortest or depth <= len(shortest) - 1):
            after = []
            for v in edge:
                for w in sorted(graph[v]):
                    if w == start:
                        cycle = [v]
                        while cycle[-1] != start:
                            cycle.append(came[cycle[-1]])
                        shortest, found = cycle, True
                        break
                    if w not in without and w not in came:
                        came[w] = v
                        after.append(w)
                if found:
                    break
            edge, depth = after, depth + 1
    return shortest


def order(graph: Graph, without: Sequence[int]) -> list[int]:
    """The vertices but ``without``, each after those that it reads; the graph must allow it."""
    done: dict[int, None] = dict.fromkeys(without)
    made: list[int] = []
    left = [v for v in graph if v not in done]
    while left:
        ready = [v for v in left if all(w in done for w in graph[v])]
        if not ready:
            raise ValueError("a cycle is left")
        made += ready
        done.update(dict.fromkeys(ready))
        left = [v for v in left if v not in done]
    return made


def _greedy(graph: Graph, weights: Sequence[int]) -> tuple[int, ...]:
    """A feedback set by taking, while there is a cycle, the vertex on it that most edges meet."""
    chosen: frozenset[int] = frozenset()
    while cycle := shortest_cycle(graph, chosen):
        met = {
            v: sum(w not in chosen for w in graph[v])
            * sum(v in graph[u] for u in graph if u not in chosen)
            / weights[v]
            for v in cycle
        }
        chosen |= {max(cycle, key=lambda v: met[v])}
    for vertex in sorted(chosen, key=lambda v: -weights[v]):
        if not shortest_cycle(graph, chosen - {vertex}):
            chosen -= {vertex}
    return tuple(sorted(chosen))
