"""A game solved in the eyes of some, under one variant, as the rows of a step."""

from __future__ import annotations

from typing import Any, Protocol

import jax.numpy as jnp

from reassure.engine.games.ends import action_starts, end_probabilities
from reassure.engine.games.formulas import Formulas
from reassure.engine.games.views import viewer_of
from reassure.model.checked_games import Lesson, ModelGame, Result

Array = Any

LEAST = 1e-30
"""A probability below this counts as this in a ratio."""


class Asked(Protocol):
    """What is asked of a game: see :class:`reassure.engine.games.calls.GameCall`."""

    game: ModelGame
    results: tuple[tuple[str, Result], ...]
    lessons: tuple[tuple[str, Lesson], ...]
    solved: tuple[str, ...]
    viewers: tuple[str, ...]
    drawn: tuple[str, ...]
    made: tuple[tuple[str, str], ...]

    @property
    def formulas(self) -> Formulas: ...


class Solution:
    """A game solved in the eyes of ``call.solved``, with its numbers in those of ``call.viewers``."""

    def __init__(self, call: Asked, lanes: int, actions: list[Array], values: list[Array]) -> None:
        self.call, self.lanes = call, lanes
        self._actions, self._values = actions, values
        tree = call.game.tree
        chances = sum(len(move.actions) for move in tree.chance_moves)
        self._chances = len(tree.terminals) * len(tree.players)
        self.more = self._chances + chances + len(tree.players)

    def value(self, position: int, viewer: str) -> Array:
        """A formula's value in a viewer's eyes, ``[lanes]``."""
        values = self._values[position]  # [1 or viewers, 1 or lanes]
        row = values[self.call.viewers.index(viewer) if values.shape[0] > 1 else 0]
        return jnp.broadcast_to(row, (self.lanes,))

    def chances(self, viewer: str) -> list[Array]:
        """Probabilities of chance's actions in a viewer's eyes."""
        tree = self.call.game.tree
        count = sum(len(move.actions) for move in tree.chance_moves)
        return [self.value(self._chances + i, viewer) for i in range(count)]

    def strategies(self, viewer: str) -> list[Array]:
        """How everybody moves in the game as it is solved in a viewer's eyes."""
        at = self.call.solved.index(viewer) * self.lanes
        return [row[at : at + self.lanes] for row in self._actions]

    def actual(self) -> list[Array]:
        """How everybody moves, each by the game as it sees it."""
        game, tree = self.call.game, self.call.game.tree
        starts = action_starts(tree)[:-1]
        found: list[Array] = []
        for start, item in zip(starts, tree.information_sets, strict=True):
            rows = self.strategies(viewer_of(game, tree.players[item.player]))
            found += rows[start : start + len(item.actions)]
        return found

    def ends(self, actions: list[Array], viewer: str) -> list[Array]:
        """Probabilities of the terminals, by chances as in a viewer's eyes."""
        one = jnp.ones((self.lanes,), self._values[0].dtype)
        return end_probabilities(self.call.game.tree, actions, self.chances(viewer), one)
