"""Derivatives of equilibria against central differences."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from engine.games.examples import compiled, draws, random_game, reference, signalling
from reassure.engine.games.solver import Solver

LANES = 8


@pytest.mark.parametrize("name", ["signalling", "chain store", "three players", "random"])
def test_against_central_differences(name: str) -> None:
    game = {
        "signalling": signalling,
        "chain store": lambda: reference("entry_deterrence"),
        "three players": lambda: reference("selten_horse"),
        "random": lambda: random_game(31),
    }[name]()
    tree = game.tree
    given = draws(tree, LANES, 3.0, seed=5)
    given[2] = given[2] * np.linspace(0.5, 1.5, len(tree.players))[:, None]
    rng = np.random.default_rng(0)
    toward = [rng.normal(size=a.shape) for a in given]
    weights = [
        rng.normal(size=(sum(len(s.actions) for s in tree.information_sets), LANES)),
        rng.normal(size=(len(tree.players), LANES)),
    ]
    with jax.enable_x64(True):
        function = compiled(tree, LANES)

        def read(args: Any) -> Any:
            found = function(*args)
            return jnp.sum(found.probabilities * weights[0], 0) + jnp.sum(
                found.values * weights[1], 0
            )

        assert (np.asarray(function(*given).flags) == 0).all()
        _, forward = jax.jvp(read, (given,), (toward,))
        back = jax.grad(lambda args: jnp.sum(read(args)))(given)
        step = 1e-5
        high, low = (
            read([a + sign * step * d for a, d in zip(given, toward, strict=True)])
            for sign in (1, -1)
        )
        differences = np.asarray(high - low) / (2 * step)
        assert np.abs(np.asarray(forward) - differences).max() < 1e-6
        along = sum(
            np.sum(np.asarray(g) * d, axis=tuple(range(d.ndim - 1)))
            for g, d in zip(back, toward, strict=True)
        )
        assert np.abs(along - np.asarray(forward)).max() < 1e-9


def test_games_that_are_not_needed_have_no_derivative() -> None:
    tree = signalling().tree
    given = draws(tree, LANES, 3.0, seed=5)
    needed = np.arange(LANES) % 2 == 0
    with jax.enable_x64(True):
        function = Solver(tree).function(LANES, np.float64)
        slopes = jax.grad(lambda x: jnp.sum(function(x, *given[1:], needed).residual))(given[0])
        assert np.isfinite(np.asarray(slopes)).all()
