"""One game, solved by itself, with names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from reassure.engine.compiled import precision
from reassure.engine.games.batch import WORDS, Solver
from reassure.engine.games.ends import end_probabilities
from reassure.model.game_tree import Game, GameTree
from reassure.model.mistakes import UsageError, quote, suggest

Profile = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Player, information set, action: probability."""


@dataclass(frozen=True)
class Solved:
    """An equilibrium of a game.

    Attributes:
        profile: how likely each action is, by player, information set and action.
        values: each player's expected payoff.
        residual: as in :class:`~reassure.engine.games.batch.Solution`.
        flags: what to know before relying on it, in words; () for nothing.
        rationality: of each player.
        probabilities: ``[A]``, the profile as numbers in the tree's order.
    """

    profile: Profile
    values: Mapping[str, float]
    residual: float
    flags: tuple[str, ...]
    rationality: Mapping[str, float]
    probabilities: np.ndarray[Any, np.dtype[Any]]


def solve(
    game: Game, rationality: float | Mapping[str, float], *, dtype: str = "float64"
) -> Solved:
    """The logit equilibrium of a game on its principal branch.

    Args:
        game: the game.
        rationality: of all players, or of each by name; per unit of payoff.
        dtype: 'float64' or 'float32'.

    Raises:
        UsageError: a rationality that is negative or not a finite number, a player without one, or
            a game that cannot be solved.
    """
    tree = game.tree
    given = rationalities(tree, rationality)
    solver, function = _compiled(tree, dtype)
    del solver
    payoffs, chances = numbers(game)
    with precision(dtype):
        found = function(
            payoffs.astype(dtype)[..., None],
            chances.astype(dtype)[:, None],
            np.array([given[p] for p in tree.players], dtype)[:, None],
        )
        probabilities = np.asarray(found.probabilities)[:, 0]
        values = np.asarray(found.values)[:, 0]
        residual, flags = float(found.residual[0]), int(found.flags[0])
    return Solved(
        named(tree, probabilities),
        {player: float(v) for player, v in zip(tree.players, values, strict=True)},
        residual,
        tuple(word for bit, word in WORDS.items() if flags & bit),
        given,
        probabilities,
    )


def rationalities(tree: GameTree, rationality: float | Mapping[str, float]) -> dict[str, float]:
    """The rationality of each player, checked.

    Raises:
        UsageError: as :func:`solve`.
    """
    if not isinstance(rationality, Mapping):
        rationality = dict.fromkeys(tree.players, rationality)
    for player in rationality:
        if player not in tree.players:
            raise UsageError(
                f"a rationality is given for {quote(player)}, who does not play",
                suggest(player, tree.players) or f"the players are {', '.join(tree.players)}",
            )
    given = {}
    for player in tree.players:
        if player not in rationality:
            raise UsageError(
                f"no rationality is given for player {quote(player)}", "give every player one"
            )
        value = float(rationality[player])
        if not math.isfinite(value) or value < 0:
            raise UsageError(
                f"the rationality of player {quote(player)} is {value:g}; "
                "it must be a finite number, 0 or above",
                "for perfect rationality ask for the Nash equilibrium",
            )
        given[player] = value
    return given


def numbers(game: Game) -> tuple[np.ndarray[Any, np.dtype[Any]], np.ndarray[Any, np.dtype[Any]]]:
    """Payoffs ``[T, P]`` and chances ``[C]`` in double precision.

    Raises:
        UsageError: a payoff too large to compute with.
    """
    try:
        payoffs = np.array([[float(v) for v in row] for row in game.payoffs])
    except OverflowError:
        raise UsageError("a payoff is too large a number to compute with") from None
    payoffs = payoffs.reshape(len(game.tree.terminals), len(game.tree.players))
    return payoffs, np.array([float(v) for row in game.chances for v in row])


def named(tree: GameTree, probabilities: Sequence[float] | Any) -> Profile:
    """Probabilities ``[A]`` by player, information set and action."""
    profile: dict[str, dict[str, dict[str, float]]] = {player: {} for player in tree.players}
    at = 0
    for item in tree.information_sets:
        shares = probabilities[at : at + len(item.actions)]
        at += len(item.actions)
        profile[tree.players[item.player]][item.name] = {
            action: float(p) for action, p in zip(item.actions, shares, strict=True)
        }
    return profile


def outcome_probabilities(game: Game, probabilities: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How likely each terminal is, ``[T]``, under strategies ``[A]``."""
    chances = [float(share) for row in game.chances for share in row]
    return np.asarray(end_probabilities(game.tree, list(probabilities), chances, 1.0))


@lru_cache(maxsize=64)
def _compiled(tree: GameTree, dtype: str) -> tuple[Solver, Any]:
    solver = Solver(tree)
    return solver, jax.jit(solver.function(1, dtype))
