"""A solved game as JSON, and in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reassure.model.game_tree import Game
from reassure.report.game_words import Profile, outcome_probabilities

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
