"""Baselines: known answers, densities that fit their draws, honest where the past is short, blind to the future."""

import numpy as np
import pytest
from scipy.stats import kstest, nbinom

from reassure.history.scores import (
    Past,
    climatology,
    constant_hazard,
    coverage,
    crps,
    discounted_count,
    local_level,
    log_score,
    persistence,
    pit_ends,
)

AHEAD = np.arange(40, 52)
LEVELS = (climatology, persistence, local_level)
COUNTS = (climatology, persistence, discounted_count)


def counts(seed=0, n=40, rate=3.0):
    return Past(np.arange(n), np.random.default_rng(seed).poisson(rate, n), whole=True)


def levels(seed=0, n=40, bounds=(-np.inf, np.inf)):
    rng = np.random.default_rng(seed)
    walk = 0.6 + np.cumsum(rng.normal(0, 0.03, n)) + rng.normal(0, 0.02, n)
    return Past(np.arange(n), np.clip(walk, *bounds), False, bounds)


@pytest.mark.parametrize("baseline", COUNTS)
def test_probabilities_of_counts_add_up_and_fit_the_draws(baseline):
    forecast = baseline(counts(), AHEAD)
    grid = np.arange(3000.0)[:, None] + np.zeros(len(AHEAD))
    probability = np.exp([forecast.log_density(row)[0] for row in grid])
    assert probability.sum(0) == pytest.approx(np.ones(len(AHEAD)), abs=2e-3)
    for k in range(5):
        assert (forecast.draws == k).mean(0) == pytest.approx(probability[k], abs=0.03)


@pytest.mark.parametrize("baseline", LEVELS)
def test_densities_of_levels_fit_their_draws_and_bounds(baseline):
    forecast = baseline(levels(bounds=(0.0, 1.0)), AHEAD)
    assert forecast.draws.min() >= 0
    assert forecast.draws.max() <= 1
    grid = (np.arange(4000) + 0.5) / 4000
    density = np.exp([forecast.log_density(np.full(len(AHEAD), v))[0] for v in grid])
    below = np.cumsum(density, 0) / 4000
    assert below[-1] == pytest.approx(np.ones(len(AHEAD)), abs=1e-3)
    for k in (0, 5, 11):
        place = np.interp(forecast.draws[:, k], grid, below[:, k])
        assert kstest(place, "uniform").pvalue > 1e-3
    assert np.isinf(log_score(forecast, np.full(len(AHEAD), 1.2))).all()


@pytest.mark.parametrize("baseline", [*LEVELS, discounted_count])
def test_missing_values_are_as_if_left_out(baseline):
    past = counts() if baseline is discounted_count else levels()
    keep = np.arange(40) % 3 != 1
    holes = Past(past.period, np.where(keep, past.value, np.nan), past.whole)
    left_out = Past(past.period[keep], past.value[keep], past.whole)
    assert np.array_equal(baseline(holes, AHEAD).draws, baseline(left_out, AHEAD).draws)


@pytest.mark.parametrize("baseline", [climatology, persistence, discounted_count, local_level])
def test_a_baseline_that_would_see_its_target_is_refused(baseline):
    past = levels() if baseline is local_level else counts()
    with pytest.raises(ValueError, match="after the last past value"):
        baseline(past, np.arange(39, 42))


def test_climatology_is_the_past():
    past = counts(rate=6)
    forecast = climatology(past, AHEAD)
    share = np.mean(past.value == 6)
    assert np.exp(forecast.log_density(np.full(12, 6.0))) == pytest.approx(
        np.full((1, 12), share * 40 / 41), abs=0.005
    )


def test_persistence_starts_from_the_last_value_and_spreads_like_past_changes():
    walk = np.cumsum(np.random.default_rng(6).normal(size=400))
    forecast = persistence(Past(np.arange(400), walk, False), np.arange(400, 420))
    assert np.median(forecast.draws[:, 0]) == pytest.approx(walk[-1], abs=0.2)
    low, high = np.quantile(forecast.draws, [0.16, 0.84], axis=0)
    assert (high - low)[0] / 2 == pytest.approx(1, abs=0.15)
    assert (high - low)[15] / 2 == pytest.approx(4, abs=1.0)


def test_persistence_far_ahead_is_not_too_sure_of_a_walk():
    rng = np.random.default_rng(8)
    ends = []
    for seed in range(200):
        walk = np.cumsum(rng.normal(size=60))
        forecast = persistence(Past(np.arange(40), walk[:40], False), np.array([59]), seed, 400)
        ends.append(np.ravel(pit_ends(forecast, walk[59:])))
    assert coverage(tuple(np.transpose(ends)))[0.8] == pytest.approx(0.78, abs=0.08)


def test_a_stable_rate_keeps_the_past_and_a_shift_forgets_it():
    steady = discounted_count(counts(n=200, rate=4), np.array([200]))
    assert steady.draws.mean() == pytest.approx(4, abs=0.4)
    moved = np.concatenate([np.full(30, 1), np.full(6, 12)])
    forecast = discounted_count(Past(np.arange(36), moved, True), np.array([36]))
    assert forecast.draws.mean() > 9
    assert climatology(Past(np.arange(36), moved, True), np.array([36])).draws.mean() < 4


def test_one_count_leaves_every_discount_as_likely():
    forecast = discounted_count(Past(np.array([0]), np.array([2]), True), np.array([1]))
    discounts = np.linspace(0.5, 1, 26)
    exact = nbinom.pmf(2, 2.5 * discounts, discounts / (1 + discounts)).mean()
    assert np.exp(forecast.log_density(np.array([2.0])))[0, 0] == pytest.approx(exact)


def test_local_level_is_calibrated_on_its_own_process():
    rng = np.random.default_rng(7)
    inside, error = [], {"level": [], "climate": []}
    for seed in range(150):
        y = np.cumsum(rng.normal(0, 1, 45)) + rng.normal(0, 1, 45)
        past = Past(np.arange(40), y[:40], False)
        ahead = np.arange(40, 45)
        forecast = local_level(past, ahead, seed, 500)
        low, high = np.quantile(forecast.draws, [0.1, 0.9], axis=0)
        inside.append((y[40:] >= low) & (y[40:] <= high))
        error["level"].append(crps(forecast, y[40:]).mean())
        error["climate"].append(crps(climatology(past, ahead, seed, 500), y[40:]).mean())
    assert np.mean(inside) == pytest.approx(0.8, abs=0.06)
    assert np.mean(error["level"]) < 0.8 * np.mean(error["climate"])


def test_constant_hazard_by_hand():
    never = constant_hazard(0, 10, 5)
    assert (never.draws < 5).mean() == pytest.approx(1 - (10 / 15) ** 0.5, abs=0.02)
    assert log_score(never, np.array([5.0])) == pytest.approx(0.5 * np.log(1.5))
    grid = (np.arange(5000) + 0.5) / 1000
    density = np.exp([never.log_density(np.array([t]))[0, 0] for t in grid])
    assert density.sum() / 1000 + (10 / 15) ** 0.5 == pytest.approx(1, abs=1e-4)
    assert constant_hazard(0, 0.0, 5) is None
    with pytest.raises(ValueError, match="horizon"):
        constant_hazard(0, 1.0, 0)


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("whole", [True, False])
def test_a_short_past_gives_a_wide_answer_or_says_that_there_is_none(n, whole):
    past = Past(np.arange(n), np.full(n, 3), whole)
    for baseline in COUNTS if whole else LEVELS:
        forecast = baseline(past, np.arange(n, n + 20))
        if n < (1 if whole else 2):
            assert forecast is None
        else:
            assert (forecast.draws.std(0) > 0).all()
            assert np.isfinite(log_score(forecast, np.full(20, 5.0 if whole else 3.1))).all()


def test_a_staircase_persists():
    steps = np.repeat([37_500.0, 32_500, 28_500], [6, 6, 12])
    forecast = persistence(Past(np.arange(24), steps, False), np.array([24]))
    assert (
        crps(forecast, np.array([28_500.0])) < 400
    )  # it hardly ever moves by thousands in a period
    date = Past(np.arange(8), np.full(8, 2012.3), False, grain=0.25)
    for baseline in LEVELS:
        drawn = baseline(date, np.array([8])).draws
        assert np.quantile(np.abs(drawn - 2012.3), 0.5) < 0.6


def test_only_zeros_do_not_rule_out_one():
    past = Past(np.arange(20), np.zeros(20), True)
    for baseline in COUNTS:
        score = log_score(baseline(past, np.arange(20, 24)), np.ones(4))
        assert (score < 4.5).all()


@pytest.mark.parametrize(
    ("period", "value", "says"),
    [
        ([0, 0], [1, 2], "must rise"),
        ([0, 1], [1, 2.5], "not a whole number"),
        ([0, 1], [1, -2], "outside its bounds"),
        ([0, 1], [1], "do not fit"),
        ([0.5, 1.5], [1, 2], "whole numbers"),
    ],
)
def test_what_is_no_past_is_refused(period, value, says):
    with pytest.raises(ValueError, match=says):
        Past(np.array(period), np.array(value), whole=True)


def test_the_wrong_kind_of_series_is_refused():
    with pytest.raises(ValueError, match="needs counts"):
        discounted_count(levels(), AHEAD)
    with pytest.raises(ValueError, match="needs levels"):
        local_level(counts(), AHEAD)
