"""Diagnostics: values that theory knows, and chains that must not pass."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpyro.diagnostics import effective_sample_size

from reassure.history.fit.diagnostics import (
    Diagnostics,
    bfmi,
    bulk_draws,
    diagnose,
    effective,
    kind_of,
    rhat,
    tail_draws,
)
from reassure.history.fit.sampler import Draws


def autoregressive(rho: float, chains: int = 4, draws: int = 4000, columns: int = 1) -> np.ndarray:
    """Stationary AR(1) chains of unit variance."""
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((draws, chains, columns)) * np.sqrt(1 - rho**2)
    x = np.empty_like(noise)
    x[0] = rng.standard_normal((chains, columns))
    for t in range(1, draws):
        x[t] = rho * x[t - 1] + noise[t]
    return x.swapaxes(0, 1)


def drawn(scores: np.ndarray, **changed: object) -> Draws:
    shape = scores.shape[:2]
    energy = np.random.default_rng(1).standard_normal(shape)
    good = Draws(
        scores=scores,
        log_likelihood=np.zeros(shape),
        energy=energy,
        diverging=np.zeros(shape, dtype=bool),
        leaps=np.full(shape, 8),
        accept=np.full(shape, 0.9),
        step=np.full(shape, 0.2),
    )
    return replace(good, **changed)


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.5, 0.9])
def test_effective_draws_of_an_autoregression(rho: float) -> None:
    known = 16000 * (1 - rho) / (1 + rho)
    assert bulk_draws(autoregressive(rho, columns=8)).mean() == pytest.approx(known, rel=0.1)


def test_draws_that_swing_about_the_mean_are_worth_more_up_to_a_bound() -> None:
    swinging = autoregressive(-0.4, draws=1000)
    assert 4000 < bulk_draws(swinging)[0] < 4000 * np.log10(4000)
    # Of S draws, no more than S log10(S): also where the estimated time of correlation is negative.
    sign = np.where(np.arange(50) % 2, 1.0, -1.0)
    noise = 0.05 * np.random.default_rng(1).standard_normal((4, 50))
    alternating = (sign + noise)[..., None]
    assert effective_sample_size(alternating)[0] < 0
    assert effective(alternating)[0] == pytest.approx(200 * np.log10(200))
    assert bulk_draws(alternating)[0] == pytest.approx(200 * np.log10(200))
    assert np.isnan(effective(np.ones((4, 50, 1)))[0])


def test_errors_are_known_and_positive_where_draws_swing() -> None:
    x = autoregressive(-0.97, draws=20, columns=40)
    (*learnt,) = diagnose(tuple(f"p{k}" for k in range(40)), drawn(x)).learnt
    assert all(item.shift_error > 0 and item.error > 0 for item in learnt)


def test_tails_may_mix_worse_than_the_middle() -> None:
    slow, fast = autoregressive(0.98)[..., 0], autoregressive(0.0)[..., 0]
    scaled = fast * np.exp(slow)  # the spread moves slowly, the middle does not
    assert tail_draws(scaled[..., None])[0] < 0.3 * bulk_draws(scaled[..., None])[0]


def test_rhat_hears_of_other_means_and_of_other_spreads() -> None:
    good = autoregressive(0.2)
    assert rhat(good)[0] < 1.005
    assert rhat(good + np.array([0, 0, 0, 1.0])[:, None, None])[0] > 1.05
    assert rhat(good * np.array([1, 1, 1, 3.0])[:, None, None])[0] > 1.05
    drifting = good + np.linspace(0, 1.5, good.shape[1])[:, None]  # halves of a chain differ
    assert rhat(drifting)[0] > 1.05


def test_rhat_bears_heavy_tails() -> None:
    cauchy = np.random.default_rng(3).standard_cauchy((4, 1000, 5))
    assert rhat(cauchy).max() < 1.01


def test_bfmi_falls_when_energy_moves_slowly() -> None:
    assert bfmi(autoregressive(0.0)[..., 0]).min() > 1.5
    assert bfmi(autoregressive(0.95)[..., 0]).max() < 0.2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"diverging": np.arange(4000).reshape(4, 1000) % 50 == 0}, "80 of 4000 draws diverged"),
        ({"energy": autoregressive(0.99, draws=1000)[..., 0]}, "E-BFMI"),
        ({"scores": autoregressive(0.9, draws=1000)}, "effective draws in the bulk"),
        (
            {"scores": np.ones((4, 1000, 1))},
            "R-hat of a is not known, because the draws do not vary; the number of effective draws "
            "in the bulk of a is not known, because the draws do not vary",
        ),
        (
            {"scores": autoregressive(0.0, draws=1000) + np.arange(4)[:, None, None]},
            "R-hat of a is",
        ),
    ],
)
def test_what_did_not_converge_is_told(changed: dict[str, np.ndarray], said: str) -> None:
    good = drawn(autoregressive(0.0, draws=1000))
    assert diagnose(("a",), good).converged
    found = diagnose(("a",), replace(good, **changed))
    assert not found.converged
    assert said in "; ".join(found.problems)
    again = Diagnostics.from_json(json.loads(json.dumps(found.as_json(), allow_nan=False)))
    assert again.problems == found.problems  # NaN included


@pytest.mark.parametrize(
    ("mean", "contraction", "error", "kind"),
    [
        (0.0, 0.7, 0.02, "identified"),
        (0.0, 0.52, 0.05, "weakly identified"),  # not surely above one half
        (0.0, 0.2, 0.02, "weakly identified"),
        (0.0, 0.12, 0.05, "not identified"),
        (0.9, 0.0, 0.02, "weakly identified"),  # moved without being narrowed
        (0.1, -0.3, 0.02, "not identified"),
    ],
)
def test_identified_only_with_certainty(
    mean: float, contraction: float, error: float, kind: str
) -> None:
    assert kind_of(mean, contraction, error, 0.03) == kind


def test_draws_of_double_precision_are_diagnosed_without_a_word_of_it() -> None:
    jax = pytest.importorskip("jax")
    x = autoregressive(0.2, draws=400, columns=2)
    with jax.enable_x64(True):
        scores = jax.numpy.asarray(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = diagnose(("a", "b"), replace(drawn(x), scores=scores))
    assert found.bulk == pytest.approx(diagnose(("a", "b"), drawn(x)).bulk)


def test_chains_from_one_place_are_judged_together() -> None:
    """Short chains of a slow sampler: each by itself looks lost, sixteen draws of four are not."""
    x = autoregressive(0.6, chains=32, draws=40, columns=20)
    assert rhat(x).min() > 1.01
    assert np.median(rhat(x, 4)) < np.median(rhat(x)) - 0.01
    places = np.repeat(np.random.default_rng(3).standard_normal((8, 1, 20)), 4, axis=0)
    assert rhat(x + places, 4).min() > 1.1  # and not where places still show
