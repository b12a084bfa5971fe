from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassure.model import calendar
from reassure.model.checked import Time
from reassure.model.mistakes import Fault

MONTHS = Time("2007-02-01", "month", 1 / 12, 240)
DAYS = Time("2007-02-01", "day", 1 / 365.25, 400)
QUARTERS = Time("2007-02-01", "quarter", 1 / 4, 40)
WEEKS = Time("2007-02-01", "week", 7 / 365.25, 100)
YEARS = Time("2007-02-15", "year", 1.0, 20)


@pytest.mark.parametrize(
    ("time", "date", "step"),
    [
        (MONTHS, "2007-02", 0),
        (MONTHS, "2007-02-28", 0),
        (MONTHS, "2007-12-19", 10),
        (MONTHS, "2027-02", 240),
        (MONTHS, "2006-12", -2),
        (DAYS, "2008-03-01", 394),
        (WEEKS, "2007-02-08", 1),
        (QUARTERS, "2007-04-30", 0),
        (QUARTERS, "2007-05", 1),
        (YEARS, "2008-02-14", 0),
        (YEARS, "2008-02-15", 1),
        (YEARS, "2009", 1),
    ],
)
def test_a_date_falls_in_the_step_whose_label_covers_it(time: Time, date: str, step: int) -> None:
    assert calendar.step_of(time, date) == step


@given(st.sampled_from([MONTHS, DAYS, QUARTERS, WEEKS, YEARS]), st.integers(0, 300))
def test_the_first_day_of_a_step_falls_in_it_and_the_day_before_does_not(
    time: Time, step: int
) -> None:
    day = calendar.day_of_step(time, step)
    assert calendar.step_of(time, day) == step
    assert calendar.step_of(time, day - datetime.timedelta(days=1)) == step - 1


def test_labels() -> None:
    assert calendar.date_of_step(MONTHS, 11) == "2008-01"
    assert calendar.date_of_step(DAYS, 30) == "2007-03-03"
    assert calendar.date_of_step(QUARTERS, 3) == "2007-11"


def test_the_end_of_a_short_month_closes_a_step_begun_on_a_later_day() -> None:
    time = Time("2007-01-31", "month", 1 / 12, 12)
    assert calendar.day_of_step(time, 1) == datetime.date(2007, 2, 28)
    assert calendar.step_of(time, "2007-02-28") == 1


@pytest.mark.parametrize(
    "text", ["soon", "2007-13", "2007-02-30", "07-02", "", "2007-02-01T10", "-2007", "٢٠٠٧"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Fault) as caught:
        calendar.parse_date(text)
    assert caught.value.code == "E205"


@pytest.mark.parametrize(
    ("written", "dt", "steps"),
    [("6 months", 1 / 12, 6), ("1 year", 1 / 12, 12), ("2weeks", 7 / 365.25, 2),
     ("1 year", 7 / 365.25, 52),
     ("1 day", 1 / 12, 1), (0, 1 / 12, 0), ("0", 1 / 12, 0), ("1.5 years", 1 / 4, 6)],
)  # fmt: skip
def test_a_duration_is_the_nearest_number_of_steps_and_never_none(
    written: str | int, dt: float, steps: int
) -> None:
    assert calendar.parse_duration(written).steps(dt) == steps


@pytest.mark.parametrize(
    ("written", "code"),
    [(3, "E502"), ("3", "E203"), ("3 km", "E502"), ("3 mnths", "E501"), ("-3 months", "E203"),
     ("a while", "E203")],
)  # fmt: skip
def test_what_is_no_duration_is_refused(written: str | int, code: str) -> None:
    with pytest.raises(Fault) as caught:
        calendar.parse_duration(written).steps(1 / 12)
    assert caught.value.code == code


def _recurring(time: Time, first: str, every: str, last: str | None = None) -> tuple[int, ...]:
    return calendar.recurring(time, first, calendar.parse_duration(every), last)


def test_returning_dates_keep_their_month() -> None:
    assert _recurring(MONTHS, "2007-12", "5 years") == (10, 70, 130, 190)
    assert _recurring(MONTHS, "1992-12-18", "5 years", "2013-01") == (10, 70)
    assert _recurring(QUARTERS, "2007-12", "1 year")[:3] == (3, 7, 11)
    assert _recurring(MONTHS, "2007-02", "1 month") == tuple(range(240))
    assert _recurring(DAYS, "2007-01-31", "1 month")[:2] == (27, 58)


def test_a_distant_first_date_costs_nothing() -> None:
    found = _recurring(Time("9000-01-01", "day", 1 / 365.25, 10), "0001-01-01", "1 day")
    assert found == tuple(range(10))


def test_an_interval_shorter_than_a_step_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        _recurring(MONTHS, "2007-02", "1 week")
    assert caught.value.code == "E204"
