"""What the shape of a game says about solving it: who bears on whom, and what must be guessed.

The strategy at an information set I depends on that at J if J is played below I, or if J was played
by another on the way to I and bears on what I's player believes: a move that all nodes of I have in
common, and every move of its own (perfect recall), does not. Nor does any where all nodes of I look
*alike* to its player: the same moves may follow, at the same information sets, for the same payoffs;
what it does is then no matter of belief. Where this *dependency graph* has no
cycle, strategies follow one another by substitution; else the strategies at a *core*, a smallest set
of information sets that meets every cycle, determine all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from reassure.engine.games.ends import action_starts, chance_starts
from reassure.engine.games.feedback import feedback_set, order
from reassure.model.game_checks import (
    MOST_NODES,
    differing_actions,
    forgetting,
    parents,
    path,
    unused,
)
from reassure.model.game_tree import GameTree
from reassure.model.mistakes import UsageError

MOST_WORK = 60_000
"""Operations that one evaluation of a solvable game may take, derivatives included."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a node of an information set is reached, but for what all its nodes have in common.

    Attributes:
        node: the node.
        moves: ``(information set, action)`` of other players, repeated as often as they occur.
        chances: ``(chance move, action)``.
    """

    node: int
    moves: tuple[tuple[int, int], ...]
    chances: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """The shape of a game as a solver sees it.

    Attributes:
        ways: for each information set its nodes and how they are reached; of nodes that are alike to
            its player, the first.
        reads: for each information set those that its payoffs depend on.
        core: indices of the feedback set, ascending.
        minimal: whether the core is known to be a smallest one.
        order: the other information sets, each after those that it reads.
        starts: where the actions of each information set begin, and the number of all.
        chance_starts: likewise for chance moves.
        dimension: numbers that describe the strategies at the core.
        work: operations of one evaluation with derivatives, roughly.
    """

    ways: tuple[tuple[Way, ...], ...]
    reads: tuple[frozenset[int], ...]
    core: tuple[int, ...]
    minimal: bool
    order: tuple[int, ...]
    starts: tuple[int, ...]
    chance_starts: tuple[int, ...]
    dimension: int
    work: int


def structure(tree: GameTree, payoffs: Sequence[Sequence[Hashable]] | None = None) -> Structure:
    """The structure of a game.

    Args:
        tree: the game's tree.
        payoffs: ``[terminal][player]``, whatever stands for the payoff (a formula, say): where two are
            equal, the payoffs are the same, come what may. None: no two are known to be.

    Raises:
        UsageError: the tree is too large, has imperfect recall, or contradicts itself.
    """
    _check(tree)
    sets = tree.information_sets
    above = parents(tree)
    nodes: list[list[int]] = [[] for _ in sets]
    for i, node in enumerate(tree.nodes):
        if node.kind == "decision":
            nodes[node.at].append(i)
    if payoffs is not None:
        for at, members in enumerate(nodes):
            first, player = members[0], sets[at].player
            if all(_alike(tree, payoffs, player, first, other) for other in members[1:]):
                nodes[at] = [first]
    ways = tuple(_ways(tree, above, sets[i].player, members) for i, members in enumerate(nodes))
    below = _below(tree)
    reads = tuple(
        frozenset(j for i in nodes[at] for child in tree.nodes[i].children for j in below[child])
        | {j for way in ways[at] for j, _ in way.moves}
        for at in range(len(sets))
    )
    reads = tuple(frozenset(j for j in read if len(sets[j].actions) > 1) for read in reads)
    weights = [len(item.actions) - 1 for item in sets]
    graph = dict(enumerate(reads))
    core, minimal = feedback_set(graph, [max(w, 1) for w in weights])
    dimension = sum(weights[i] for i in core)
    links = sum(len(node.children) for node in tree.nodes) + sum(
        len(way.moves) + 2 for members in ways for way in members if len(members) > 1
    )
    work = 2 * links * (1 + dimension) + dimension**3 if core else 2 * links
    if work > MOST_WORK:
        raise UsageError(
            f"the game is too large: one evaluation takes some {work:,} operations "
            f"({len(tree.nodes)} nodes, {dimension} strategies to be guessed together); "
            f"the limit is {MOST_WORK:,}",
            "leave out moves, or let players see more",
        )
    return Structure(
        ways,
        reads,
        core,
        minimal,
        tuple(order(graph, core)),
        action_starts(tree),
        chance_starts(tree),
        dimension,
        work,
    )


def _check(tree: GameTree) -> None:
    if len(tree.nodes) > MOST_NODES:
        raise UsageError(
            f"the game is too large: {len(tree.nodes):,} nodes; the limit is {MOST_NODES:,} nodes, "
            "each of which costs several operations in every one of dozens of evaluations",
            "leave out moves",
        )
    for at in differing_actions(tree):
        item = tree.information_sets[at]
        raise UsageError(
            f"information set '{item.name}' of player '{tree.players[item.player]}' "
            "has nodes with differing numbers of actions"
        )
    for at in unused(tree)[0]:
        item = tree.information_sets[at]
        raise UsageError(
            f"information set '{item.name}' of player '{tree.players[item.player]}' "
            "has no node in the tree"
        )
    for forgotten in forgetting(tree):
        raise UsageError(
            forgotten.said(tree), "give the player one information set for each thing it knows"
        )


def _alike(
    tree: GameTree, payoffs: Sequence[Sequence[Hashable]], player: int, one: int, other: int
) -> bool:
    """Whether two nodes promise a player the same, whatever anybody does from there on."""
    a, b = tree.nodes[one], tree.nodes[other]
    if a.kind != b.kind:
        return False
    if a.kind == "terminal":
        return payoffs[a.at][player] == payoffs[b.at][player]
    return a.at == b.at and all(
        _alike(tree, payoffs, player, *pair) for pair in zip(a.children, b.children, strict=True)
    )


def _ways(
    tree: GameTree, above: list[tuple[int, int]], player: int, members: list[int]
) -> tuple[Way, ...]:
    moves: list[Counter[tuple[int, int]]] = []
    chances: list[Counter[tuple[int, int]]] = []
    for i in members:
        steps = path(tree, above, i)
        moves.append(
            Counter(
                (node.at, action)
                for node, action in steps
                if node.kind == "decision" and tree.information_sets[node.at].player != player
            )
        )
        chances.append(
            Counter((node.at, action) for node, action in steps if node.kind == "chance")
        )
    for counters in (moves, chances):
        common = counters[0].copy()
        for counter in counters[1:]:
            common &= counter
        for counter in counters:
            counter -= common
    return tuple(
        Way(i, tuple(sorted(m.elements())), tuple(sorted(c.elements())))
        for i, m, c in zip(members, moves, chances, strict=True)
    )


def _below(tree: GameTree) -> list[frozenset[int]]:
    """Information sets at and below each node."""
    below: list[frozenset[int]] = [frozenset()] * len(tree.nodes)
    for i in reversed(range(len(tree.nodes))):
        node = tree.nodes[i]
        own = frozenset([node.at]) if node.kind == "decision" else frozenset()
        below[i] = own.union(*(below[child] for child in node.children))
    return below
