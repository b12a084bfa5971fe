"""Paired comparisons: known p-values, a level that is kept, and words that small samples cannot inflate."""

import numpy as np
import pytest

from reassure.history.scores import BETTER, NO_BETTER, UNTOLD, WORSE, compare_scores


def test_four_origins_can_tell_nothing_however_many_targets():
    clusters = np.repeat([2007, 2012, 2017, 2022], 20)
    found = compare_scores(np.ones(80), np.full(80, 2.0), clusters)
    assert (found.p, found.smallest_p, found.verdict) == (0.125, 0.125, UNTOLD)
    assert (found.difference, found.skill) == (-1.0, 0.5)
    assert "4 of 4" in found.sentence("climatology")
    assert "0.12" in found.sentence("climatology")


def test_the_p_value_by_hand():
    gaps = np.array([-3.0, -2, -1, 1, -4, -5])
    found = compare_scores(gaps, np.zeros(6), np.arange(6))
    # sums of |14| or more of 16: the flips that turn at most one in weight, {1} or {1'} or none, on either side
    assert found.p == 2 * 3 / 64
    assert found.favourable == 5


def test_verdicts():
    rng = np.random.default_rng(0)
    noise, clusters = rng.normal(0, 0.3, 120), np.repeat(np.arange(12), 10)
    theirs = np.ones(120)
    assert compare_scores(theirs - 1 + noise, theirs, clusters).verdict == BETTER
    assert compare_scores(theirs + 1 + noise, theirs, clusters).verdict == WORSE
    assert compare_scores(theirs, theirs, clusters).verdict == NO_BETTER
    swap = np.repeat(np.where(np.arange(12) % 2, 1.0, -1.0), 10)
    found = compare_scores(theirs + swap, theirs, clusters)
    assert found.verdict == NO_BETTER
    assert found.low < 0 < found.high
    assert found.sentence("persistence").startswith("no better than persistence")


def test_equal_forecasts_are_seldom_called_better_where_scores_of_an_origin_go_together():
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(6), 20)
    called = covered = 0
    for seed in range(300):
        gap = np.repeat(rng.normal(size=6), 20) + rng.normal(0, 0.2, 120)
        found = compare_scores(gap, np.zeros(120), clusters, seed)
        called += found.verdict in (BETTER, WORSE)
        covered += found.low <= 0 <= found.high
    assert called / 300 <= 0.13
    assert covered / 300 >= 0.84


def test_what_either_did_not_score_is_left_out():
    found = compare_scores(np.array([1.0, np.nan, 3]), np.array([2.0, 2, np.nan]), ["a", "b", "c"])
    assert (found.targets, found.clusters, found.difference) == (1, 1, -1.0)
    assert found.low == -np.inf
    assert found.verdict == UNTOLD
    nothing = compare_scores(np.array([np.nan]), np.array([1.0]), ["a"])
    assert "nothing was scored" in nothing.sentence("persistence")


def test_a_forecast_that_ruled_out_what_came_is_infinitely_worse():
    ours, theirs = np.ones(8), np.full(8, 2.0)
    ours[3] = np.inf
    found = compare_scores(ours, theirs, np.arange(8))
    assert found.difference == np.inf
    assert found.verdict == NO_BETTER  # it happened once of eight
    both = compare_scores(np.array([np.inf, 1]), np.array([np.inf, 2]), [0, 1])
    assert both.difference == -0.5


def test_scores_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        compare_scores(np.ones(2), np.ones(3), [1, 2])
