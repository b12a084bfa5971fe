"""What can be wrong with the shape of a game: recall, actions, size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reassure.model.game_tree import GameTree, Node

MOST_NODES = 5_000
"""Nodes that a tree may have to be solved."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """An information set at which its player has forgotten what it knew or did.

    Attributes:
        information_set: its index.
        repeated: it meets itself on a path (absent-mindedness).
    """

    information_set: int
    repeated: bool

    def said(self, tree: GameTree) -> str:
        """One sentence naming player and information set."""
        at = tree.information_sets[self.information_set]
        how = (
            "the same information set comes twice on one path"
            if self.repeated
            else "its nodes differ in what the player itself did or knew before"
        )
        return (
            f"player '{tree.players[at.player]}' has imperfect recall at information set "
            f"'{at.name}': {how}"
        )


def parents(tree: GameTree) -> list[tuple[int, int]]:
    """For each node its parent and the action that leads to it; ``(-1, -1)`` for the root."""
    above = [(-1, -1)] * len(tree.nodes)
    for i, node in enumerate(tree.nodes):
        for action, child in enumerate(node.children):
            above[child] = (i, action)
    return above


def path(tree: GameTree, above: Sequence[tuple[int, int]], node: int) -> list[tuple[Node, int]]:
    """The moves on the way to a node, from the root: the node moved at and the action taken."""
    steps = []
    while above[node][0] >= 0:
        node, action = above[node]
        steps.append((tree.nodes[node], action))
    return steps[::-1]


def forgetting(tree: GameTree) -> list[Forgetting]:
    """Information sets at which perfect recall fails (Kuhn 1953), in order; [] for none.

    A player has perfect recall if all nodes of each of its information sets are reached by the
    same sequence of its own information sets and actions.
    """
    above = parents(tree)
    own: list[dict[tuple[tuple[int, int], ...], None]] = [{} for _ in tree.information_sets]
    for i, node in enumerate(tree.nodes):
        if node.kind != "decision":
            continue
        player = tree.information_sets[node.at].player
        own[node.at][
            tuple(
                (step.at, action)
                for step, action in path(tree, above, i)
                if step.kind == "decision" and tree.information_sets[step.at].player == player
            )
        ] = None
    found = []
    for at, histories in enumerate(own):
        repeated = any(at in (step for step, _ in history) for history in histories)
        if repeated or len(histories) > 1:
            found.append(Forgetting(at, repeated))
    return found


def differing_actions(tree: GameTree) -> list[int]:
    """Information sets with a node that has other than the set's number of actions."""
    return sorted(
        {
            node.at
            for node in tree.nodes
            if node.kind == "decision"
            and len(node.children) != len(tree.information_sets[node.at].actions)
        }
    )


def unused(tree: GameTree) -> tuple[list[int], list[int]]:
    """Information sets, then chance moves, that no node of the tree has."""
    seen = Counter((node.kind, node.at) for node in tree.nodes)
    return (
        [i for i in range(len(tree.information_sets)) if not seen["decision", i]],
        [i for i in range(len(tree.chance_moves)) if not seen["chance", i]],
    )
