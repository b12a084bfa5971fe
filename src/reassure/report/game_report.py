"""A solved game as JSON, and in tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError
from reassure.report.game_words import Profile, outcome_probabilities, terminal_probabilities

SCHEMA = 1
"""Raised when a field of the JSON changes its meaning."""


def solved_json(
    name: str,
    game: Game,
    rationality: float | Mapping[str, float] | None,
    profile: Profile,
    values: Mapping[str, float],
    residual: float | None,
    flags: Sequence[str],
) -> dict[str, Any]:
    """What ``game solve --json`` prints for one game.

    Args:
        rationality: None for a Nash equilibrium.
    """
    return {
        "schema": SCHEMA,
        "game": name,
        "rationality": dict(rationality) if isinstance(rationality, Mapping) else rationality,
        "profile": {p: {s: dict(a) for s, a in sets.items()} for p, sets in profile.items()},
        "values": dict(values),
        "residual": residual,
        "flags": list(flags),
        "outcomes": outcome_probabilities(game, profile),
    }


def played(
    game: Game, rationality: float | Mapping[str, float]
) -> tuple[Profile, Mapping[str, float], float, tuple[str, ...]]:
    """Profile, values, residual and flags of a game's logit equilibrium.

    A game in which nobody moves needs no solver.

    Raises:
        UsageError: the game cannot be solved, or the solution is not finite.
    """
    if game.tree.information_sets:
        from reassure.engine.games.solver import solve

        solved = solve(game, rationality)
        if not all(map(math.isfinite, (solved.residual, *solved.values.values()))):
            raise UsageError(
                "the solution is not a number: payoffs times rationality are too large",
                "choose a smaller rationality, or payoffs in a larger unit",
            )
        return solved.profile, solved.values, solved.residual, solved.flags
    nothing: Profile = {player: {} for player in game.tree.players}
    ends = terminal_probabilities(game, nothing)
    values = {
        player: sum(p * float(row[number]) for p, row in zip(ends, game.payoffs, strict=True))
        for number, player in enumerate(game.tree.players)
    }
    return nothing, values, 0.0, ()
