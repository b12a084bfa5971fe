"""Nothing that became known after an origin changes a forecast, and the test would see it if it did."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tests.history.backtest.small import ledger, model_file, with_another_future

from reassure.history.backtest.forecasting import forecasts
from reassure.history.backtest.learning import approximated
from reassure.history.backtest.origins import origins_of
from reassure.history.backtest.questions import asked_of
from reassure.history.backtest.seen import seen_at
from reassure.history.backtest.simple import baselines
from reassure.history.ledger import Ledger, load_ledger
from reassure.model.load import load

ORIGINS = ("2000", "2006-03", "2012", "2015")
DRAWS = 200
Array = np.ndarray


def forecast(
    path: str | Path, whole: Ledger, label: str, *, blind: bool = True
) -> dict[str, Array]:
    """All draws of a forecast, and where it is of values the density that it gives to ones."""
    model = load(path)
    (origin,) = origins_of(model.time, whole, [label], "4y")
    strict = load(path, known_by=origin.day)
    asked, _ = asked_of(strict, whole, origin)
    seen = seen_at(strict, whole, origin, blind=blind)
    questions = tuple(item.question for item in asked)
    made = forecasts(seen, questions, approximated(seen, DRAWS, 3), seed=3)
    found = {}
    for name, item in made.items():
        assert item.log_density is not None
        found[name] = item.draws
        found[f"{name} density"] = item.log_density(np.full(item.draws.shape[1], 0.7))
    return found


def same(one: dict[str, Array], other: dict[str, Array]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("label", ORIGINS)
def test_another_future_changes_no_number_of_a_forecast(tmp_path: Path, label: str) -> None:
    path, whole = model_file(tmp_path), ledger()
    (origin,) = origins_of(load(path).time, whole, [label], "4y")
    first = forecast(path, whole, label)
    assert {"rows", "poll", "meetings"} <= first.keys()
    for seed in range(3):
        other = with_another_future(whole, date.fromisoformat(origin.day), seed)
        assert same(first, forecast(path, other, label))


@pytest.mark.parametrize("label", ORIGINS[1:])
def test_a_forecast_that_looks_ahead_is_caught(tmp_path: Path, label: str) -> None:
    """What was published after the origin about days before it is let pass: the numbers move."""
    path, whole = model_file(tmp_path), ledger()
    (origin,) = origins_of(load(path).time, whole, [label], "4y")
    other = with_another_future(whole, date.fromisoformat(origin.day), 1)
    first = forecast(path, whole, label, blind=False)
    assert not same(first, forecast(path, other, label, blind=False))


@pytest.mark.parametrize("label", ORIGINS)
def test_another_future_changes_no_baseline(tmp_path: Path, label: str) -> None:
    path, whole = model_file(tmp_path), ledger()
    model = load(path)
    (origin,) = origins_of(model.time, whole, [label], "4y")
    day = date.fromisoformat(origin.day)
    other = with_another_future(whole, day, 2)
    asked, _ = asked_of(model, whole, origin)
    for item in asked:
        one = baselines(item.question, whole.known_by(day), origin, model.time)
        two = baselines(item.question, other.known_by(day), origin, model.time)
        assert one.keys() == two.keys()
        assert all(np.array_equal(one[name].draws, two[name].draws) for name in one)


def test_what_became_known_later_changes_nothing(tmp_path: Path) -> None:
    """An element, a break of measuring and an observation, each of a later date."""
    path, whole = model_file(tmp_path), ledger()
    first = forecast(path, whole, "2006-03")

    def later(text: str) -> str:
        return text.replace(
            "auxiliaries:",
            "auxiliaries:\n  calm2: {formula: mood, because: a test, known_by: 2011-01}",
        ).replace("# breaks", "breaks: [{from: 2007-01, add: 0.2, because: by post}]")

    changed = model_file(tmp_path, "later", later)
    assert same(first, forecast(changed, whole, "2006-03"))
    assert not same(forecast(path, whole, "2012"), forecast(changed, whole, "2012"))


def test_a_later_reading_of_an_element_counts_from_its_date(tmp_path: Path) -> None:
    base = model_file(tmp_path)
    text = (
        "language: 1\nextends: small.yaml\ntitle: Later\nparameters:\n"
        "  base: {prior: {lognormal: {median: 30, p95: 60}}, unit: 1/year, because: seen, known_by: 2010-01}\n"
    )
    rival = tmp_path / "rival.yaml"
    rival.write_text(text)
    whole = ledger()
    assert same(forecast(base, whole, "2006-03"), forecast(rival, whole, "2006-03"))
    assert not same(forecast(base, whole, "2012"), forecast(rival, whole, "2012"))


def test_levers_stay_as_they_were(tmp_path: Path) -> None:
    """The course that comes after the origin is not followed: mood goes on to where it was bound."""
    path, whole = model_file(tmp_path), ledger()
    model = load(path)
    (origin,) = origins_of(model.time, whole, ["2012"], "4y")
    seen = seen_at(model, whole, origin)
    assert seen.held["effort"][0] == pytest.approx(0.8)
    given, told = seen.tables((), model.time.steps + 1)
    assert (given["effort"][origin.step :] == given["effort"][origin.step]).all()
    assert told["effort"][origin.step :].all()
    assert not told["clash"][origin.step :].any()


@pytest.mark.parametrize("label", ["2007", pytest.param("2012", marks=pytest.mark.extra)])
def test_the_argument_of_2007_does_not_see_another_future(label: str) -> None:
    model, whole = load("easley2007-formula"), load_ledger("northeast-asia")
    (origin,) = origins_of(model.time, whole, [label], "4y")
    other = with_another_future(whole, date.fromisoformat(origin.day), 1)
    first = forecast("easley2007-formula", whole, label)
    assert {"launches", "spear_decision", "affinity", "troops"} <= first.keys()
    assert same(first, forecast("easley2007-formula", other, label))
