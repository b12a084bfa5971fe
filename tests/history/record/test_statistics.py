"""Each test against a result that is known otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from math import comb

import numpy as np
import pytest

from reassure.history.record.statistics import (
    event_study,
    holm,
    interrupted,
    rank_shift,
    rates,
    trend,
)


def test_the_rank_test_is_exact() -> None:
    found = rank_shift([1, 2, 3], [4, 5, 6, 7])
    assert found.higher == pytest.approx(1 / comb(7, 3))
    assert found.lower == pytest.approx(1)
    assert found.effect == pytest.approx(3.5)


def test_a_rising_series_of_five_has_one_order_in_120() -> None:
    found = trend([1, 2, 3, 4, 5])
    assert found.effect == pytest.approx(1)
    assert found.higher == pytest.approx(1 / 120)


def test_an_exact_break_is_found_with_its_size() -> None:
    times = np.arange(20.0)
    noise = np.random.default_rng(1).normal(0, 0.05, 20)
    found = interrupted(times, 1 + 0.1 * times + 5 * (times >= 10) + noise, 10)
    assert found.effect == pytest.approx(5, abs=0.2)
    assert found.higher == pytest.approx(1 / 15)


def test_two_rates_are_compared_as_a_binomial() -> None:
    found = rates(2, 100, 8, 100)
    assert found.higher == pytest.approx(sum(comb(10, k) for k in range(8, 11)) / 2**10)
    assert found.effect == pytest.approx(4)
    assert rates(0, 10, 0, 10).higher == 1


def test_responses_that_always_follow_are_found_and_random_ones_are_not() -> None:
    start, end = date(2000, 1, 1), date(2009, 12, 31)
    causes = [
        start + timedelta(days=int(d)) for d in np.random.default_rng(2).integers(0, 3600, 12)
    ]
    follow = event_study(causes, [day + timedelta(days=5) for day in causes], start, end, 10)
    assert follow.higher < 0.01
    other = [start + timedelta(days=int(d)) for d in np.random.default_rng(3).integers(0, 3600, 12)]
    assert event_study(causes, other, start, end, 10).higher > 0.05


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_too_few_values_are_refused() -> None:
    for call in (
        lambda: rank_shift([1], [2, 3]),
        lambda: trend([1, 2, 3]),
        lambda: interrupted([1, 2, 3, 4], [1, 2, 3, 4], 3),
        lambda: rates(1, 0, 1, 2),
        lambda: event_study([], [date(2000, 1, 1)], date(2000, 1, 1), date(2001, 1, 1), 3),
    ):
        with pytest.raises(ValueError, match=r"needs?"):
            call()
