"""The pieces of a backtest against what is known otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.history.backtest.small import ledger, model_file

from reassure.history.backtest.dates import Hazards, dated
from reassure.history.backtest.information import information
from reassure.history.backtest.laplace import Target, drawn, laplace
from reassure.history.backtest.origins import origins_of
from reassure.history.backtest.questions import asked_of
from reassure.history.backtest.simple import HAZARD, PERSISTENCE, WEIGHTED, baselines
from reassure.history.conditioning import condition
from reassure.history.fit.families import draw, log_density
from reassure.history.ledger.spans import parse_span
from reassure.history.scores import crps, log_score
from reassure.model import calendar
from reassure.model.load import load
from reassure.model.mistakes import UsageError

CASES = {
    "poisson": (3.0, {}),
    "negative_binomial": (3.0, {"dispersion": 0.7}),
    "normal": (1.0, {"sd": 0.4}),
    "lognormal": (2.0, {"sigma": 0.4}),
    "student": (1.0, {"scale": 0.4, "df": 5.0}),
    "logit_normal": (0.3, {"sd": 0.5}),
    "beta": (0.3, {"precision": 9.0}),
    "ordinal": (0.4, {"cuts": (-1.0, 0.5, 1.5), "spread": 0.7}),
    "bernoulli": (0.3, {}),
    "hazard": (0.3, {}),
}


@pytest.mark.parametrize("family", CASES)
def test_information_is_the_mean_squared_slope(family: str) -> None:
    h, plain = CASES[family]
    arguments = {
        k: tuple(np.asarray(x) for x in (v if isinstance(v, tuple) else (v,)))
        for k, v in plain.items()
    }
    rng = np.random.default_rng(5)
    y = draw(family, np.full(400_000, h), arguments, rng)
    ends = [log_density(family, y, np.asarray(h + d), arguments, np) for d in (1e-4, -1e-4)]
    slopes = (ends[0] - ends[1]) / 2e-4
    assert information(family, h, arguments) == pytest.approx((slopes**2).mean(), rel=0.03)


LINEAR = """
language: 1
title: A straight line
time: {start: 2000-01, years: 20, step: month}
actors: {A: Alpha}
parameters:
  level: {prior: {normal: {mean: 0, sd: 1}}, because: a test}
  other: {prior: {normal: {mean: 0, sd: 1}}, because: a test}
stocks:
  x: {initial: level, change: "0 * x / q(1, 'year')", because: a test}
outcomes:
  x_end: {final: x}
observations:
  poll: {of: x + 0.5 * other, series: polls, per: 100, likelihood: {normal: {sd: 0.5}}, because: a test}
"""


def test_the_normal_approximation_is_exact_where_all_is_normal(tmp_path: Path) -> None:
    path = tmp_path / "linear.yaml"
    path.write_text(LINEAR)
    bound = condition(load(path), ledger(), until="2010-01", known_by="2010-01-01")
    target = Target(bound)
    (item,) = bound.measured
    y, n = item.values, len(item.values)
    rows = np.tile([1.0, 0.5], (n, 1))
    precision = np.eye(2) + rows.T @ rows / 0.25
    mean = np.linalg.solve(precision, rows.T @ y / 0.25)
    found = laplace(target)
    assert found.settled
    assert found.mean == pytest.approx(mean, abs=1e-4)
    assert found.root @ found.root.T == pytest.approx(np.linalg.inv(precision), abs=1e-4)
    weighed = drawn(target, found, 500, 0)
    assert weighed.weights is not None
    assert weighed.weights == pytest.approx(np.full(500, 1 / 500), rel=1e-3)


def test_a_constant_rate_gives_exponential_waits() -> None:
    dt, steps, rate = 1 / 12, 60, 0.3
    made = dated(Hazards(np.full((20_000, steps), rate * dt), dt, None), np.random.default_rng(0))
    assert (made.draws == 5).mean() == pytest.approx(np.exp(-5 * rate), abs=0.01)
    assert (made.draws < 2).mean() == pytest.approx(1 - np.exp(-2 * rate), abs=0.012)
    assert log_score(made, np.array([5.0]))[0] == pytest.approx(5 * rate)
    early = log_score(made, np.array([1.02]))[0]
    assert early == pytest.approx(-np.log(rate * np.exp(-rate * 1.02)), abs=0.03)
    assert 0 < crps(made, np.array([5.0]))[0] < 5


def test_a_choice_is_held_while_its_date_is_asked(tmp_path: Path) -> None:
    """Each July decides with one probability: the wait is geometric, not cut short by worlds that decided."""
    from reassure.history.backtest.forecasting import forecasts
    from reassure.history.backtest.learning import prior
    from reassure.history.backtest.seen import seen_at

    def certain(text: str) -> str:
        return text.replace(
            "edge: {prior: {normal: {mean: -4, sd: 1}}", "edge: {prior: {fixed: -1.2}"
        )

    path, whole = model_file(tmp_path, "sure", certain), ledger()
    model = load(path)
    (origin,) = origins_of(model.time, whole, ["2000"], "5y")
    asked, _ = asked_of(model, whole, origin)
    question = next(item.question for item in asked if item.question.name == "spear")
    seen = seen_at(model, whole, origin)
    learnt = prior(seen.past.program().model, 4000, 1)
    made = forecasts(seen, (question,), learnt, seed=1)["spear"]
    p = 1 / (1 + np.exp(1.2 - 0.2))  # the effort is 0.2
    assert (made.draws < 5).mean() == pytest.approx(1 - (1 - p) ** 5, abs=0.03)
    assert (made.draws < 2).mean() == pytest.approx(1 - (1 - p) ** 2, abs=0.03)


def test_what_is_asked_begins_on_the_origin_and_ends_within_the_horizon(tmp_path: Path) -> None:
    whole = ledger()
    model = load(model_file(tmp_path))
    (origin,) = origins_of(model.time, whole, ["2006-03"], "4y")
    asked = {item.question.name: item for item in asked_of(model, whole, origin)[0]}
    assert asked["rows"].question.periods[0] == "2006-Q2"
    assert asked["rows"].question.periods[-1] == "2009-Q4"
    assert asked["poll"].question.periods == ("2007", "2008", "2009")
    assert asked["spear"].observed == pytest.approx([4.0])
    (late,) = origins_of(model.time, whole, ["2011"], "5y")
    waits = {item.question.name: item for item in asked_of(model, whole, late)[0]}
    assert waits["spear"].observed == pytest.approx([557 / 365.25], abs=0.01)
    (after,) = origins_of(model.time, whole, ["2013"], "5y")
    found, missing = asked_of(model, whole, after)
    assert "spear" not in {item.question.name for item in found}
    assert missing == {"spear": "it had come before the origin"}


def windowed(window: str) -> Callable[[str], str]:
    return lambda text: text.replace(
        "events: {ids: [D1]}", f"events: {{ids: [D1]}}\n    window: {window}"
    )


def test_a_date_is_asked_for_as_long_as_its_window_is_open(tmp_path: Path) -> None:
    """The spear came in July 2012, after the window: that is no wait of four years without one."""
    from reassure.history.backtest.forecasting import forecasts
    from reassure.history.backtest.learning import prior
    from reassure.history.backtest.seen import seen_at

    whole = ledger()
    model = load(model_file(tmp_path, change=windowed("[2000-01, 2012-03]")))
    (origin,) = origins_of(model.time, whole, ["2011"], "4y")
    asked = next(i for i in asked_of(model, whole, origin)[0] if i.question.name == "spear")
    assert asked.horizon == pytest.approx(15 / 12)
    assert asked.observed == pytest.approx([15 / 12])
    assert asked.years == (2012,)
    seen = seen_at(model, whole, origin)
    made = forecasts(seen, (asked.question,), prior(seen.past.program().model, 200, 1))["spear"]
    assert made.draws.max() == pytest.approx(15 / 12)
    known = whole.known_by(calendar.parse_date(origin.day))
    simple = baselines(asked.question, known, origin, model.time)[HAZARD]
    assert simple.draws.max() == pytest.approx(15 / 12)


@pytest.mark.parametrize("window", ["[2000-01, 2011-01-20]", "[2011-06, 2014-12]"])
def test_a_date_is_not_asked_outside_of_its_window(tmp_path: Path, window: str) -> None:
    model = load(model_file(tmp_path, change=windowed(window)))
    (origin,) = origins_of(model.time, ledger(), ["2011"], "4y")
    _, missing = asked_of(model, ledger(), origin)
    assert missing == {"spear": "its window does not hold the first step from the origin on"}


def test_a_baseline_does_not_see_what_comes_on_the_origins_day(tmp_path: Path) -> None:
    model, whole = load(model_file(tmp_path)), ledger()
    on = parse_span("2012-07-01")
    moved = [replace(e, when=on, known=on.end) if e.id == "D1" else e for e in whole.events]
    with_it = replace(whole, events=tuple(moved))
    without = replace(whole, events=tuple(e for e in moved if e.id != "D1"))
    (origin,) = origins_of(model.time, with_it, ["2012-07"], "4y")
    asked = next(i for i in asked_of(model, with_it, origin)[0] if i.question.name == "spear")
    assert asked.observed == pytest.approx([0.0])
    day = calendar.parse_date(origin.day)
    one, other = (
        baselines(asked.question, held.known_by(day), origin, model.time)[HAZARD]
        for held in (with_it, without)
    )
    assert np.array_equal(one.draws, other.draws)


def test_baselines_see_what_was_known_before_the_model_starts(tmp_path: Path) -> None:
    whole = ledger()
    model = load(model_file(tmp_path))
    (origin,) = origins_of(model.time, whole, ["2000"], "4y")
    known = whole.known_by(calendar.parse_date(origin.day))
    asked = {item.question.name: item.question for item in asked_of(model, whole, origin)[0]}
    rows = baselines(asked["rows"], known, origin, model.time)
    assert {PERSISTENCE, WEIGHTED} <= rows.keys()
    seen = [o.value for o in known.series["clashes"].observations]
    assert len(seen) == 19  # the last quarter was not yet published
    assert rows[WEIGHTED].draws.mean() == pytest.approx(np.mean(seen), abs=0.7)
    spear = baselines(asked["spear"], known, origin, model.time)[HAZARD]
    assert (spear.draws < 4).mean() == pytest.approx(1 - (5 / 9) ** 0.5, abs=0.02)


@pytest.mark.parametrize(
    ("asked", "horizon", "message"),
    [
        (["1999"], "5y", "before the model's start"),
        (["1990"], "5y", "before the model's start"),
        (["2012", "2006"], "5y", "does not come after 2012"),
        (["2012", "2012-01"], "5y", "does not come after 2012"),
        (["2025"], "5y", "nothing that came after the origin 2025"),
        (["soon"], "5y", "is not a date"),
        ([], "5y", "no origins"),
        (["2012"], "five", "--horizon five"),
        (["2012"], "0", "no time ahead"),
        (["2012"], "", "--horizon"),
    ],
)
def test_an_origin_that_cannot_be_is_refused(
    tmp_path: Path, asked: list[str], horizon: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        origins_of(load(model_file(tmp_path)).time, ledger(), asked, horizon)


def test_a_horizon_beyond_the_record_is_shortened(tmp_path: Path) -> None:
    time = load(model_file(tmp_path)).time
    early, late = origins_of(time, ledger(), ["2000", "2017"], "5y")
    assert (early.step, early.end, early.shortened) == (0, 60, False)
    assert (late.end - late.step, late.shortened) == (36, True)
    (half,) = origins_of(time, ledger(), ["2000"], "18 months")
    assert half.end == 18
