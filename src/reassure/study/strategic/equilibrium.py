"""Logit moves of a game with hidden information, differentiable in the payoffs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from reassure.engine.games.solver import Solver
from reassure.model.game_tree import Game

Array = Any


def logit_moves(game: Game, rows: int) -> Callable[[list[list[Array]]], Array]:
    """``f(payoffs [terminal][player]) -> log probabilities [action, row]``.

    They are of the agent quantal response equilibrium at rationality 1, on its principal branch. Where
    the solver does not find it the row is not a number, so that a fit cannot go there.
    """
    tree = game.tree
    solve = Solver(tree).function(rows, np.float64)
    chances = np.array([float(p) for row in game.chances for p in row])

    def moves(payoffs: list[list[Array]]) -> Array:
        wide = jnp.stack([jnp.stack([jnp.broadcast_to(v, (rows,)) for v in r]) for r in payoffs])
        likely = jnp.broadcast_to(jnp.asarray(chances)[:, None], (len(chances), rows))
        found = solve(wide, likely, jnp.ones((len(tree.players), rows)))
        return jnp.log(found.probabilities)

    return moves
