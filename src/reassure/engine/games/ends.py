"""How likely each end of a game is, for arrays of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from reassure.model.game_tree import GameTree

Array = Any


def action_starts(tree: GameTree) -> tuple[int, ...]:
    """Where each information set's actions begin among all actions, and how many there are."""
    return (0, *accumulate(len(item.actions) for item in tree.information_sets))


def chance_starts(tree: GameTree) -> tuple[int, ...]:
    """Where each chance move's actions begin among all chance actions, and how many there are."""
    return (0, *accumulate(len(move.actions) for move in tree.chance_moves))


def end_probabilities(
    tree: GameTree, actions: Sequence[Array], chances: Sequence[Array], one: Array
) -> list[Array]:
    """The probability of each terminal.

    Args:
        tree: the game's shape.
        actions: a row for each action of each information set.
        chances: a row for each action of each chance move.
        one: the probability of the root: 1, in the form of the rows.
    """
    own, nature = action_starts(tree), chance_starts(tree)
    reach: dict[int, Array] = {0: one}
    ends: list[Array] = [None] * len(tree.terminals)
    for number, node in enumerate(tree.nodes):  # in preorder: parents first
        here = reach.pop(number)
        if node.kind == "terminal":
            ends[node.at] = here
            continue
        rows, start = (
            (actions, own[node.at]) if node.kind == "decision" else (chances, nature[node.at])
        )
        for i, child in enumerate(node.children):
            step = rows[start + i]
            reach[child] = step if number == 0 else here * step
    return ends
