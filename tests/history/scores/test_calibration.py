"""The PIT is uniform under the truth, coverage is nominal, and the test keeps its level."""

import numpy as np
import pytest
from scipy.stats import kstest

from reassure.history.scores import (
    Forecast,
    calibration,
    coverage,
    pit_ends,
    pit_histogram,
    randomised_pit,
)

TARGETS = 20_000


def ends_of(draw, whole, draws=9, wider=1.0):
    rng = np.random.default_rng(3)
    forecast = Forecast(wider * draw(rng, (draws, TARGETS)), whole=whole)
    return pit_ends(forecast, draw(rng, TARGETS).astype(float))


@pytest.mark.parametrize(
    ("draw", "whole"),
    [
        (lambda rng, size: rng.normal(size=size), False),
        (lambda rng, size: rng.poisson(0.7, size), True),
    ],
)
def test_pit_is_uniform_and_coverage_nominal_under_the_truth(draw, whole):
    ends = ends_of(draw, whole)
    assert kstest(randomised_pit(ends), "uniform").pvalue > 0.01
    assert pit_histogram(ends) == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert coverage(ends) == pytest.approx({0.5: 0.5, 0.8: 0.8, 0.9: 0.9}, abs=0.012)


def test_pit_ends_by_hand():
    forecast = Forecast(np.array([[0.0], [1], [1], [2]]), whole=True)
    low, high = pit_ends(forecast, np.array([1.0]))
    assert (low[0], high[0]) == pytest.approx((1 / 5, 4 / 5))
    weighed = Forecast(np.array([[0.0], [1], [1], [2]]), True, np.array([1.0, 1, 1, 1]) * 7)
    assert np.ravel(pit_ends(weighed, np.array([1.0]))) == pytest.approx([1 / 5, 4 / 5])


def test_too_sure_a_forecast_shows_at_both_ends():
    ends = ends_of(lambda rng, size: rng.normal(size=size), False, draws=200, wider=0.4)
    shape = pit_histogram(ends)
    assert min(shape[0], shape[-1]) > 2 * shape[4]
    assert coverage(ends)[0.8] < 0.5


def test_the_test_keeps_its_level_where_targets_of_a_cluster_are_all_alike():
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(4), 20)
    rejected = 0
    for seed in range(200):
        place = np.repeat(rng.random(4), 20)  # calibrated, yet twenty targets tell no more than one
        rejected += calibration((place, place + 1e-9), clusters, seed).p <= 0.05
    assert rejected / 200 <= 0.08


def test_the_test_finds_gross_faults_where_there_are_enough_clusters_and_says_where_there_are_not():
    rng = np.random.default_rng(5)
    sure = np.clip(rng.beta(0.4, 0.4, 60), 1e-6, 1 - 1e-6)
    found = calibration((sure, sure), np.arange(60))
    assert found.p < 0.01
    assert found.sentence.startswith("not calibrated")
    few = calibration((sure, sure), np.arange(60) % 3)
    assert "too few groups" in few.sentence


def test_what_was_not_seen_does_not_count():
    place = np.array([0.3, np.nan, 0.6])
    found = calibration((place, place), ["a", "b", "b"])
    assert (found.targets, found.clusters) == (2, 2)
    nothing = calibration((place[1:2], place[1:2]), ["b"])
    assert "cannot be told" in nothing.sentence
    assert np.isnan(coverage((place[1:2], place[1:2]))[0.5])
