"""Backward induction, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from reassure.model.game_tree import Game

MOST = 64
"""Equilibria that are listed."""

Choices = tuple[tuple[int, int], ...]
"""(information set, action) in a subtree, by node."""


def backward_induction(game: Game) -> tuple[list[np.ndarray[Any, np.dtype[Any]]], bool]:
    """The subgame-perfect equilibria in pure strategies of a game of perfect information.

    Returns:
        Probabilities ``[A]`` of each, and whether those are all. Where a player is indifferent,
        each of its best moves makes equilibria of its own.
    """
    tree = game.tree
    complete = True
    made: dict[int, list[tuple[Choices, tuple[Fraction, ...]]]] = {}
    for i in reversed(range(len(tree.nodes))):
        node = tree.nodes[i]
        if node.kind == "terminal":
            made[i] = [((), game.payoffs[node.at])]
            continue
        options: list[tuple[Choices, tuple[Fraction, ...]]] = []
        for parts in product(*(made.pop(child) for child in node.children)):
            below = tuple(choice for choices, _ in parts for choice in choices)
            if node.kind == "chance":
                shares = game.chances[node.at]
                value = tuple(
                    sum((s * v[p] for s, (_, v) in zip(shares, parts, strict=True)), Fraction(0))
                    for p in range(len(tree.players))
                )
                options.append((below, value))
            else:
                player = tree.information_sets[node.at].player
                best = max(v[player] for _, v in parts)
                options += [
                    ((*below, (node.at, a)), v)
                    for a, (_, v) in enumerate(parts)
                    if v[player] == best
                ]
            if len(options) > MOST:
                complete = False
                break
        made[i] = options[:MOST]
    starts = np.cumsum([0] + [len(item.actions) for item in tree.information_sets])
    found = []
    for choices, _ in made[0]:
        probabilities = np.zeros(int(starts[-1]))
        for at, action in choices:
            probabilities[starts[at] + action] = 1.0
        found.append(probabilities)
    return found, complete
