"""In whose eyes, and under which what-if, a game is solved.

See :mod:`reassure.model.checked_games` for what views mean.
"""

from __future__ import annotations

from dataclasses import dataclass

from reassure.model.checked_games import ModelGame
from reassure.model.expression import Expression, Ref, references


@dataclass(frozen=True, slots=True)
class View:
    """A variant ('' for things as they are) and who looks at it ('' for the truth)."""

    variant: str = ""
    viewer: str = ""


def reads(game: ModelGame) -> tuple[str, ...]:
    """Names that the game's own formulas read, sorted."""
    formulas = [f for row in (*game.payoffs, *game.chances, game.rationality) for f in row]
    formulas += [f for result in game.results for f in (*result.weights, *result.given)]
    return tuple(sorted(frozenset().union(*(references(f) for f in formulas))))


def viewer_of(game: ModelGame, actor: str) -> str:
    """The viewer whose game ``actor`` has in mind: itself, or '' if it misperceives nothing."""
    return actor if any(item.actor == actor for item in game.perceptions) else ""


def seen(game: ModelGame, view: View) -> dict[str, Expression]:
    """What stands for each name of :func:`reads` in a view. What a variant sets is not
    misperceived."""
    found: dict[str, Expression] = {name: Ref(name) for name in reads(game)}
    for perception in game.perceptions:
        if perception.actor == view.viewer:
            found |= dict(perception.replaces)
    for variant in game.variants:
        if variant.name == view.variant:
            found |= dict(variant.replaces)
    return {name: found[name] for name in reads(game)}


def views_of_moves(game: ModelGame, variant: str) -> tuple[View, ...]:
    """For each player the view that decides how it moves."""
    return tuple(View(variant, viewer_of(game, player)) for player in game.tree.players)
