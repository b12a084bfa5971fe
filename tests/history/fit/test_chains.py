"""Chains that share a step, and the scores that they move in."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.history.fit.linear import simulated

from reassure.history.fit.chains import EVERY, SHORT, Chains, Tuning
from reassure.history.fit.sampler import Plan, sample, sample_each
from reassure.history.fit.whitening import Whitening, by, whitening

SIZE = 12


def program(data: Any, z: jax.Array) -> jax.Array:
    """A normal posterior whose deviations are those of ``data``."""
    return -0.5 * jnp.sum((z / data) ** 2) + 0.5 * jnp.sum(z * z)


@pytest.fixture
def doubles() -> Any:
    with jax.enable_x64(True):
        yield


def moved(tuning: Tuning, data: np.ndarray, *, each: bool, cuts: list[int], warmup: int) -> Any:
    chains = Chains(program, SIZE, tuning, each=each)
    starts = np.random.default_rng(1).standard_normal((8, SIZE)) * 0.3
    step = np.full(8 // tuning.together, 0.05)
    state = chains.begin(jnp.asarray(data), starts, step, list(range(8)))
    pieces = []
    for count in cuts:
        state, piece = chains.advance(jnp.asarray(data), state, count, warmup)
        pieces.append(piece)
    return pieces


def test_chains_of_one_posterior_share_a_step_and_others_have_their_own(doubles: None) -> None:
    widths = np.repeat([[0.1], [1.0]], 4, axis=0) * np.ones(SIZE)
    [warm, drawn] = moved(Tuning(together=4), widths, each=True, cuts=[60, 60], warmup=60)
    assert (warm.step[:, :4] == warm.step[:, :1]).all()
    assert (warm.step[:, 4:] == warm.step[:, 4:5]).all()
    narrow, wide = drawn.step[0, 0], drawn.step[0, 4]
    assert wide / narrow == pytest.approx(10, rel=0.25)
    usual = np.arange(60, 120) % EVERY != EVERY - 1
    assert (drawn.step[usual] == drawn.step[0]).all()
    assert drawn.step[~usual] == pytest.approx(SHORT * np.broadcast_to(drawn.step[0], (12, 8)))
    assert drawn.accept[usual].mean() == pytest.approx(0.8, abs=0.08)


def test_draws_do_not_depend_on_how_pieces_are_cut(doubles: None) -> None:
    widths = np.linspace(0.2, 1, SIZE)
    one = moved(Tuning(together=8), widths, each=False, cuts=[50], warmup=20)
    many = moved(Tuning(together=8), widths, each=False, cuts=[7, 13, 1, 29], warmup=20)
    assert (np.concatenate([piece.scores for piece in many]) == one[0].scores).all()


def test_a_normal_posterior_is_whitened_to_the_last_bit_that_matters() -> None:
    rng = np.random.default_rng(0)
    root = rng.standard_normal((SIZE, SIZE)) / 3
    precision, centre = root @ root.T + np.eye(SIZE), rng.standard_normal(SIZE)

    def slopes(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        away = places - centre
        return 0.5 * np.sum(away @ precision * away, axis=1), away @ precision

    white = whitening(by(5, slopes), SIZE)
    assert white.centre == pytest.approx(centre, abs=1e-4)
    assert white.matrix.T @ precision @ white.matrix == pytest.approx(np.eye(SIZE), abs=1e-5)
    places = rng.standard_normal((7, SIZE))
    assert white.of(white.scores(places)) == pytest.approx(places)


def test_stretched_scores_are_as_wide_as_draws_show() -> None:
    rng = np.random.default_rng(0)
    width = np.linspace(0.5, 3, SIZE)
    w = rng.standard_normal((5000, SIZE)) * width + 2
    again = Whitening.none(SIZE).stretched(w)
    assert again.of(w).std(axis=0) == pytest.approx(np.ones(SIZE), rel=0.02)
    assert again.of(w).mean(axis=0) == pytest.approx(np.zeros(SIZE), abs=0.05)
    few = Whitening.none(SIZE).stretched(w[:3])
    assert (np.diag(few.matrix) < 1.5).all()  # three draws say little


def test_chains_of_the_last_phase_start_a_few_from_each_place() -> None:
    assert (Plan().groups, Plan().siblings) == (2, 4)
    assert (Plan(chains=4).groups, Plan(chains=4).siblings) == (1, 1)
    _, density = simulated(np.random.default_rng(5))
    draws = sample(density, Plan(chains=16, draws=40, warmup=6, seed=2))
    assert draws.siblings == 4
    assert len(np.unique(draws.scores[:, 0], axis=0)) > 4  # yet each goes its own way


def test_posteriors_side_by_side_are_each_fitted_to_their_own_record() -> None:
    made = [simulated(np.random.default_rng(i))[1] for i in (1, 2)]
    for density, draws in zip(
        made, sample_each(made, Plan(chains=8, draws=250, warmup=60), [1, 2]), strict=True
    ):
        mean, covariance = density.posterior()
        found = draws.scores.reshape(-1, 3)
        assert np.abs((found.mean(axis=0) - mean) / np.sqrt(np.diag(covariance))).max() < 0.15


def test_what_is_prepared_is_not_compiled_again(doubles: None) -> None:
    data = jnp.ones(SIZE)
    chains = Chains(lambda data, z: program(data, z), SIZE, Tuning(together=8))
    chains.prepare(data, 8)
    advance: Any = chains._made.advance
    assert advance._cache_size() == 1
    state = chains.begin(data, np.zeros((8, SIZE)), np.array([0.1]), list(range(8)))
    chains.advance(data, state, 3, 2)
    assert advance._cache_size() == 1
