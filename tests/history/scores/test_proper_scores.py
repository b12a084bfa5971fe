"""Scores against closed forms, by hand, and their properness."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from reassure.history.scores import Forecast, brier, crps, log_score
from reassure.history.scores.log_score import spreads


def normal_crps(mean, sd, y):
    """Gneiting et al. (2005)."""
    z = (y - mean) / sd
    return sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))


def quantiles(distribution, n=20_001):
    return distribution.ppf((np.arange(n) + 0.5) / n)[:, None]


def test_crps_of_a_normal():
    for y in (-2.0, 0.0, 0.7, 5.0):
        found = crps(Forecast(quantiles(norm(1, 2)), whole=False), np.array([y]))
        assert found == pytest.approx(normal_crps(1, 2, y), abs=1e-3)


def test_crps_of_a_poisson():
    k = np.arange(200)
    for y in (0, 3, 9):
        exact = ((poisson(3).cdf(k) - (k >= y)) ** 2).sum()  # the integral, over unit steps
        found = crps(Forecast(quantiles(poisson(3)), whole=True), np.array([float(y)]))
        assert found == pytest.approx(exact, abs=1e-3)


def test_crps_is_the_double_sum_with_weights_and_several_targets():
    rng = np.random.default_rng(0)
    draws, weights, seen = rng.normal(size=(7, 3)), rng.random(7), rng.normal(size=3)
    w = weights / weights.sum()
    pairs = np.abs(draws[:, None] - draws[None])
    expected = w @ np.abs(draws - seen) - np.einsum("i,j,ijt->t", w, w, pairs) / 2 / (
        1 - (w**2).sum()
    )
    found = crps(Forecast(draws, whole=False, weights=weights), seen)
    assert found == pytest.approx(expected)


def test_crps_is_fair_two_draws_score_as_many_do():
    rng = np.random.default_rng(1)
    seen = rng.normal(size=100_000)
    few = crps(Forecast(rng.normal(size=(2, 100_000)), whole=False), seen).mean()
    assert few == pytest.approx(1 / np.sqrt(np.pi), abs=0.01)


def test_crps_with_weights_is_that_of_the_distribution_they_stand_for():
    draws = quantiles(norm(0, 2))
    weights = (norm(0.5, 1).pdf(draws) / norm(0, 2).pdf(draws))[:, 0]
    found = crps(Forecast(draws, whole=False, weights=weights), np.array([1.0]))
    assert found == pytest.approx(normal_crps(0.5, 1, 1.0), abs=1e-3)


def test_what_was_not_seen_has_no_score():
    forecast = Forecast(np.array([[0.0, 1], [1, 2], [2, 2]]), whole=True)
    seen = np.array([1.0, np.nan])
    for score in (
        crps(forecast, seen),
        log_score(forecast, seen),
        brier(forecast, seen, lambda v: v > 0),
    ):
        assert np.isnan(score).tolist() == [False, True]


def test_brier_is_ferros_fair_score():
    draws = np.array([[0.0], [1], [1], [4], [0]])
    m, i = 5, 3
    for seen, fact in ((2.0, 1), (0.0, 0)):
        fair = (i / m - fact) ** 2 - i * (m - i) / (m**2 * (m - 1))
        found = brier(Forecast(draws, whole=True), np.array([seen]), lambda v: v >= 1)
        assert found == pytest.approx(fair)


def test_log_score_is_the_mean_of_densities_not_of_logs():
    logs = np.log(
        [[0.1, 0.0], [0.3, 0.2]],
        where=np.array([[1, 0], [1, 1]], bool),
        out=np.full((2, 2), -np.inf),
    )
    forecast = Forecast(np.zeros((2, 2)), whole=False, log_density=lambda seen: logs)
    assert log_score(forecast, np.zeros(2)) == pytest.approx(-np.log([0.2, 0.1]))
    weighed = Forecast(np.zeros((2, 2)), False, np.array([3.0, 1.0]), lambda seen: logs)
    assert log_score(weighed, np.zeros(2)) == pytest.approx(-np.log([0.15, 0.05]))


def test_counts_without_densities_are_smoothed_and_their_probabilities_add_up():
    draws = np.array([0.0, 0, 1, 3])[:, None]
    forecast = Forecast(draws, whole=True)
    score = np.array([log_score(forecast, np.array([float(k)]))[0] for k in range(400)])
    assert np.exp(-score).sum() == pytest.approx(1)
    assert np.exp(-score[0]) == pytest.approx(
        (2 + 1 / 2) / 5
    )  # a geometric of mean one has 1/2 at zero
    assert np.isfinite(score[50])


def test_levels_without_densities_have_a_kernel_density():
    found = log_score(Forecast(quantiles(norm(0, 1)), whole=False), np.array([0.5]))
    assert found == pytest.approx(-norm.logpdf(0.5), abs=0.02)
    with pytest.raises(ValueError, match="all the same"):
        log_score(Forecast(np.ones((5, 1)), whole=False), np.ones(1))


def test_spreads_of_weighed_draws():
    draws = np.linspace(-30, 30, 6001)[:, None]
    sd, robust = spreads(draws, norm(0, 3).pdf(draws[:, 0]) / 100)
    assert (sd[0], robust[0]) == pytest.approx((3, 3), abs=0.02)


@pytest.mark.parametrize("score", [crps, log_score])
def test_the_truth_scores_best(score):
    rng = np.random.default_rng(2)
    seen = rng.poisson(4, 3000).astype(float)
    means = {
        rate: score(Forecast(np.tile(quantiles(poisson(rate), 501), 3000), whole=True), seen).mean()
        for rate in (3, 4, 5)
    }
    assert min(means, key=means.get) == 4


@pytest.mark.parametrize(
    ("draws", "weights", "says"),
    [
        (np.zeros(3), None, "two draws"),
        (np.zeros((1, 2)), None, "two draws"),
        (np.full((3, 1), np.inf), None, "finite"),
        (np.zeros((3, 1)), np.ones(2), "do not fit"),
        (np.zeros((3, 1)), np.array([1, -1, 1]), "from zero up"),
        (np.zeros((3, 1)), np.array([1, 0, 0]), "two draws that weigh"),
    ],
)
def test_what_is_no_forecast_is_refused(draws, weights, says):
    with pytest.raises(ValueError, match=says):
        Forecast(draws, whole=False, weights=weights)


def test_observations_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit 2 targets"):
        crps(Forecast(np.zeros((3, 2)), whole=False), np.zeros(3))
