"""What a game is solved beside, and where, changes no bit; and the solver inside a step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from engine.games.examples import compiled, draws, random_game, signalling, solved
from reassure.engine.games.solver import Solution, Solver

LANES = 300  # more than a pool, and no multiple of anything


def some(given: list[np.ndarray], who: np.ndarray) -> list[np.ndarray]:
    return [np.ascontiguousarray(a[..., who]) for a in given]


def same(one: Solution, two: Solution) -> bool:
    return all(
        np.asarray(a).tobytes() == np.asarray(b).tobytes()
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_neither_place_nor_neighbours_matter(dtype: str) -> None:
    tree = signalling().tree
    given = [a.astype(dtype) for a in draws(tree, LANES, 15.0, seed=2)]
    first = solved(tree, given)
    order = np.random.default_rng(1).permutation(LANES)
    assert same(
        jax.tree.map(lambda a: np.ascontiguousarray(a[..., order]), first),
        solved(tree, some(given, order)),
    )
    # one game among copies of another
    for lane in (0, 17, 299):
        alone = [np.repeat(a[..., :1], LANES, axis=-1) for a in given]
        for array, its in zip(alone, given, strict=True):
            array[..., 123] = its[..., lane]
        found = solved(tree, alone)
        assert same(
            jax.tree.map(lambda a, lane=lane: np.ascontiguousarray(a[..., lane]), first),
            jax.tree.map(lambda a: np.ascontiguousarray(a[..., 123]), found),
        )


def test_what_is_not_needed_is_not_solved_and_disturbs_nobody() -> None:
    tree = signalling().tree
    given = draws(tree, LANES, 15.0, seed=2)
    needed = np.random.default_rng(3).random(LANES) < 0.3
    given[0][..., 5] = np.nan  # garbage where nobody looks
    needed[5] = False
    found, all_ = solved(tree, given, needed), solved(tree, given)
    assert (found.flags[~needed] == 0).all()
    keep = np.flatnonzero(needed)
    assert same(
        jax.tree.map(lambda a: np.ascontiguousarray(a[..., keep]), found),
        jax.tree.map(lambda a: np.ascontiguousarray(a[..., keep]), all_),
    )


def test_inside_a_scan_that_sometimes_solves() -> None:
    tree = signalling().tree
    given = [jnp.asarray(a.astype(np.float32)) for a in draws(tree, 64, 5.0)]
    function = Solver(tree).function(64, np.float32)

    def step(carry: jax.Array, due: jax.Array) -> tuple[jax.Array, jax.Array]:
        def work(x: jax.Array) -> jax.Array:
            found = function(given[0] + x, given[1], given[2], None)
            return found.probabilities[0]

        p = lax.cond(due, work, lambda x: jnp.zeros(64, jnp.float32), carry)
        return carry + 0.01, p

    _, rows = jax.jit(lambda due: lax.scan(step, jnp.float32(0), due))(
        jnp.array([True, False, True])
    )
    direct = compiled(tree, 64, "float32")(*given).probabilities[0]
    assert np.abs(np.asarray(rows[0]) - np.asarray(direct)).max() < 1e-6
    assert (np.asarray(rows[1]) == 0).all()


@pytest.mark.parametrize("seed", [8, 31])
def test_few_lanes(seed: int) -> None:
    tree = random_game(seed).tree
    one = solved(tree, draws(tree, 3, 1.0))
    assert one.probabilities.shape[1] == 3
