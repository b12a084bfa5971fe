"""A game solved in some views, and its numbers in more of them, as the rows of a step."""

from __future__ import annotations

from typing import Any, Protocol

import jax.numpy as jnp

from reassure.engine.games.ends import action_starts, end_probabilities
from reassure.engine.games.formulas import Formulas
from reassure.engine.games.views import View, views_of_moves
from reassure.model.checked_games import Lesson, ModelGame, Result

Array = Any

LEAST = 1e-30
"""A probability below this counts as this in a ratio."""


class Asked(Protocol):
    """What is asked of a game: see :class:`reassure.engine.games.calls.GameCall`."""

    game: ModelGame
    wanted: tuple[tuple[View, Result], ...]
    lessons: tuple[tuple[str, Lesson], ...]
    solved: tuple[View, ...]
    views: tuple[View, ...]
    drawn: tuple[str, ...]
    made: tuple[tuple[str, str], ...]

    @property
    def formulas(self) -> Formulas: ...


class Solution:
    """A game solved in some views, and its numbers in more of them."""

    def __init__(self, call: Asked, lanes: int, actions: list[Array], values: list[Array]) -> None:
        self.call, self.lanes = call, lanes
        self._actions, self._values = actions, values
        tree = call.game.tree
        chances = sum(len(move.actions) for move in tree.chance_moves)
        self._chances = len(tree.terminals) * len(tree.players)
        self.more = self._chances + chances + len(tree.players)

    def value(self, position: int, view: View) -> Array:
        """A formula's value in a view, ``[lanes]``."""
        values = self._values[position]  # [1 or views, 1 or lanes]
        row = values[self.call.views.index(view) if values.shape[0] > 1 else 0]
        return jnp.broadcast_to(row, (self.lanes,))

    def chances(self, view: View) -> list[Array]:
        """Probabilities of chance's actions in a view."""
        tree = self.call.game.tree
        count = sum(len(move.actions) for move in tree.chance_moves)
        return [self.value(self._chances + i, view) for i in range(count)]

    def strategies(self, view: View) -> list[Array]:
        """How everybody moves in the game as it is solved in ``view``."""
        at = self.call.solved.index(view) * self.lanes
        return [row[at : at + self.lanes] for row in self._actions]

    def actual(self, variant: str) -> list[Array]:
        """How everybody moves, each by the game as it sees it."""
        tree, starts = self.call.game.tree, action_starts(self.call.game.tree)[:-1]
        views = views_of_moves(self.call.game, variant)
        found: list[Array] = []
        for start, item in zip(starts, tree.information_sets, strict=True):
            rows = self.strategies(views[item.player])
            found += rows[start : start + len(item.actions)]
        return found

    def ends(self, actions: list[Array], view: View) -> list[Array]:
        """Probabilities of the terminals, by chances as in ``view``."""
        one = jnp.ones((self.lanes,), self._values[0].dtype)
        return end_probabilities(self.call.game.tree, actions, self.chances(view), one)
