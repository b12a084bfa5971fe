"""What a ledger tells of a model, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reassure.engine import random as generator
from reassure.engine.engine import compile_model
from reassure.engine.ensemble import Ensemble
from reassure.engine.lanes import Lanes
from reassure.engine.scalars import orders
from reassure.history.conditioning import Conditioning, condition
from reassure.history.ledger.adding import new_ledger
from reassure.model.checked import Arm, Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError
from reassure.study.design import Design

MODEL = """
language: 1
title: t
time: {start: 2000-01, years: 4, step: month}
actors: {A: A}
parameters:
  rate: {prior: {lognormal: {median: 3, p95: 6}}, unit: 1/year, because: x}
levers:
  effort: {actor: A, range: [0, 1], default: 0.5, because: x}
events:
  shot: {actor: A, rate: rate, unit: 1/year, because: x}
stocks:
  heat: {initial: 0, change: "-q(1, '1/year') * heat", jump: shot * (1 - effort), because: x}
choices:
  line:
    actor: A
    every: 1 year
    offset: 11 months
    rationality: "2"
    initial: soft
    because: x
    options: {soft: {utility: 0, because: x}, hard: {utility: heat, because: x}}
outcomes:
  end: {final: heat}
given:
  shot: GIVEN
  line: {course: line, because: x}
observations:
  view: {of: heat, series: view, per: 10, likelihood: {normal: {sd: 0.4}}, lag: LAG, because: x}
  first: {of: shot.rate, events: {category: shots}, likelihood: {hazard: {}}, because: x}
  yearly: {of: shot.rate * dt, events: {category: shots}, every: year, likelihood: {poisson: {}}, because: x}
"""

SERIES = """series:
  shots:
    {about: shots, unit: shots, period: quarter, coverage: {from: 2000-Q1, to: 2000-Q4},
     source: x, terms: mine, lag_days: 0}
  view:
    {about: view, unit: points, period: year, coverage: {from: '2000', to: '2002'},
     source: x, terms: mine, lag_days: 100}
"""

Bound = Callable[..., Conditioning]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    new_ledger(made, title="Mine", actors={"A": "a", "B": "b"}, start="2000", end="2003")
    manifest = (made / "ledger.yaml").read_text()
    head = manifest.split("categories:")[0]
    (made / "ledger.yaml").write_text(
        head + "categories:\n  shots: {variable: v, plus: p, minus: m}\n"
    )
    (made / "events.csv").write_text(
        "id,date,actor,target,category,direction,magnitude,summary,note,known\n"
        "E1,2000-02-10,A,B,shots,-1,2,one,memory,\n"
        "E2,2000-02-20,A,B,shots,-1,2,two,memory,\n"
        "E3,2002-05,A,B,shots,-1,2,three,memory,2002-09\n"
    )
    (made / "series.yaml").write_text(SERIES)
    (made / "series.csv").write_text(
        "series,actor,partner,period,value,known,marks,source,url\n"
        + "".join(f"shots,,,2000-Q{q},{n},,,,\n" for q, n in ((1, 4), (2, 0), (3, 1), (4, 2)))
        + "view,,,2000,5,,,,\nview,,,2001,7,,,,\n"
    )
    (made / "courses.csv").write_text(
        "course,from,value,low,high,because,events\n"
        "effort,2000-01,0.2,0.1,0.4,x,\neffort,2001-07,0.9,,,x,\n"
        "line,2000-01,soft,,,x,\nline,2001-01,hard,,,x,\n"
    )
    return made


@pytest.fixture
def bound(folder: Path) -> Bound:
    def make(given: str = "{events: {category: shots}, because: x}", lag: str = "0", **rest: str):  # type: ignore[no-untyped-def]
        return condition(model(given, lag), folder, **rest)

    return make


def model(given: str = "{events: {category: shots}, because: x}", lag: str = "0") -> Model:
    return load("model.yaml", text=MODEL.replace("GIVEN", given).replace("LAG", lag or "0"))


def test_events_fall_into_their_steps_and_absence_counts_within_the_coverage(bound: Bound) -> None:
    record = bound()
    assert record.steps == 48
    shots = record.given["shot"]
    assert {k: n for k, n in enumerate(shots) if n} == {1: 2, 28: 1}
    assert not np.isnan(shots).any()


def test_counts_of_longer_periods_are_spread_and_steps_beyond_them_are_not_told(
    bound: Bound,
) -> None:
    shots = bound("{series: shots, because: x}").given["shot"]
    assert shots[:12].reshape(4, 3).sum(axis=1).tolist() == [4, 0, 1, 2]
    assert shots[:3].max() == 2
    assert np.isnan(shots[12:]).all()


def test_counts_of_shorter_periods_are_added_up_where_all_are_there(folder: Path) -> None:
    text = MODEL.replace("GIVEN", "{series: shots, because: x}").replace("LAG", "0")
    yearly = load(
        "model.yaml",
        text=text.replace("step: month", "step: year").replace("    offset: 11 months\n", ""),
    )
    shot = condition(yearly, folder).given["shot"]
    assert shot[0] == 4 + 0 + 1 + 2
    assert np.isnan(shot[1:]).all()
    path = folder / "series.csv"
    path.write_text(path.read_text().replace("shots,,,2000-Q4,2,,,,\n", ""))
    assert np.isnan(condition(yearly, folder).given["shot"]).all()


def test_counts_of_the_same_days_are_refused(folder: Path) -> None:
    path = folder / "series.csv"
    path.write_text(path.read_text() + "shots,,,2000,7,,,,\n")
    (folder / "series.yaml").write_text(SERIES.replace("quarter", "mixed"))
    with pytest.raises(UsageError, match="two values of shots tell of the same days"):
        condition(model("{series: shots, because: x}"), folder)


def test_a_window_bounds_what_an_absence_says(bound: Bound) -> None:
    shots = bound("{events: {category: shots}, window: [2000-06, 2001-05], because: x}").given[
        "shot"
    ]
    assert (shots[5:17] == 0).all()
    assert np.isnan(shots[:5]).all()
    assert np.isnan(shots[17:]).all()


def test_a_choice_is_told_as_what_is_in_force_after_the_step(bound: Bound) -> None:
    record = bound()
    assert record.given["line"][:13].tolist() == [0] * 11 + [1] * 2
    assert record.notes == ()


def test_a_change_of_course_between_decisions_is_taken_and_said(bound: Bound, folder: Path) -> None:
    text = (folder / "courses.csv").read_text()
    (folder / "courses.csv").write_text(text.replace("line,2001-01", "line,2001-04"))
    record = bound()
    assert record.given["line"][13:16].tolist() == [0, 1, 1]
    assert "no decision is due" in record.notes[0]


def test_levers_follow_their_course_with_its_error(bound: Bound) -> None:
    level, spread = bound().levers["effort"]
    assert level[[0, 17, 18]].tolist() == [0.2, 0.2, 0.9]
    assert spread[0] == pytest.approx(0.3 / 2.563, rel=1e-3)
    assert spread[18] == 0


def test_measurements_have_their_steps_unit_and_lag(bound: Bound) -> None:
    view = next(m for m in bound(lag="6 months").measured if m.measurement.name == "view")
    assert view.values.tolist() == [0.7]  # that of 2000 would be of steps before the first
    assert (view.first.tolist(), view.last.tolist()) == ([6], [17])
    yearly = next(m for m in bound().measured if m.measurement.name == "yearly")
    assert yearly.values.tolist() == [2, 0, 1, 0]
    first = next(m for m in bound().measured if m.measurement.name == "first")
    assert first.values.tolist() == [0, 1]


def test_nothing_enters_from_until_on_or_that_was_not_known(bound: Bound) -> None:
    early = bound(until="2002-07", known_by="2002-07")
    assert early.steps == 30
    assert early.given["shot"].sum() == 2  # the third was known in September
    views = [m for m in early.measured if m.measurement.name == "view"]
    assert views[0].periods == ("2000", "2001")
    cut = bound(until="2001-02", known_by="2001-02")
    assert [m.measurement.name for m in cut.measured] == ["first", "yearly"]


def test_what_is_measured_before_since_is_left_out(bound: Bound) -> None:
    yearly = next(m for m in bound(since="2001-06").measured if m.measurement.name == "yearly")
    assert yearly.periods == ("2002", "2003")


def test_what_had_come_before_since_is_not_waited_for(bound: Bound) -> None:
    def first(**dates: str) -> Any:
        (found,) = (m for m in bound(**dates).measured if m.measurement.name == "first")
        return found.values.tolist()

    assert first() == [0, 1]
    assert first(since="2000-02") == [1]
    assert all(m.measurement.name != "first" for m in bound(since="2000-03").measured)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"until": "1999-06"}, "lies outside the run"),
        ({"until": "2008"}, "lies outside the run"),
        ({"until": "2002-13"}, "--to: .*2002-13"),
        ({"since": "soon"}, "--from: .*soon"),
        ({"known_by": "soon"}, "--known-by: .*soon"),
        (
            {"since": "2002-06", "until": "2002-06"},
            "nothing lies between --from 2002-06 and 2002-06",
        ),
        ({"given": "{series: shotz, because: x}"}, "no series shotz"),
        ({"given": "{events: {category: shotz}, because: x}"}, "no category shotz"),
    ],
)
def test_what_a_ledger_lacks_is_named(bound: Bound, asked: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bound(**asked)


def test_a_course_that_is_missing_is_named(bound: Bound, folder: Path) -> None:
    (folder / "courses.csv").write_text("course,from,value,low,high,because,events\n")
    with pytest.raises(UsageError, match="no course line"):
        bound()


def test_lanes_follow_what_is_given_and_are_the_futures_of_a_run_where_nothing_is(
    bound: Bound,
) -> None:
    record, futures = bound(), 5
    source = record.program()
    design = Design(source.model).parameters(0, futures)
    index = np.arange(futures)
    words = generator.future_words(1, "sobol", index, np.zeros(futures, dtype=int))
    ordered = orders(source.model, source.program, Arm())
    tables = record.tables(source.program.steps + 1)
    lanes = Lanes(source, ordered, *tables, design.T, words, ["shot", "line"])
    seen = np.stack([lanes.advance().read("shot") for _ in range(record.steps)])
    assert (seen == record.given["shot"][:, None]).all()

    free = Lanes(source, ordered, {}, {}, design.T, words, ["heat"])
    heat = np.stack([free.advance().read("heat") for _ in range(49)], axis=1)
    plain = model()
    rows = design[:, : len(plain.parameters)]
    ran = compile_model(plain, dtype="float64").trajectories(
        Arm(), np.ascontiguousarray(rows), Ensemble(futures, 1, seed=1), ["heat"]
    )
    np.testing.assert_allclose(heat, ran["heat"][:, 0], rtol=1e-9, atol=1e-12)


def told(folder: Path, observation: str) -> Conditioning:
    """The record of the model with one more observation."""
    text = MODEL.replace("GIVEN", "{events: {category: shots}, because: x}").replace("LAG", "0")
    return condition(
        load("model.yaml", text=f"{text}  more: {{{observation}, because: x}}\n"), folder
    )


@pytest.mark.parametrize(
    ("observation", "message"),
    [
        ("of: 0.5, series: view, likelihood: {logit_normal: {sd: 1}}", "is 5 in 2000 — write `per: 100`"),
        ("of: 0.5, series: view, likelihood: {beta: {precision: 9}}", "shares between 0 and 1"),
        ("of: shot, series: view, per: 2, likelihood: {poisson: {}}", "is of counts, and view is 2.5"),
        ("of: 0.5, series: view, likelihood: {bernoulli: {}}", "is of 0 or 1"),
        (
            "of: heat, series: view, likelihood: {ordinal: {cuts: [1, 2], spread: 1}}",
            "grades from 0 to 2",
        ),
        (
            "of: heat + 1, events: {category: shots}, every: year, likelihood: {lognormal: {sigma: 1}}",
            "values above 0, and the count is 0 in 2001",
        ),
    ],
)  # fmt: skip
def test_values_that_a_likelihood_cannot_have_are_named(
    folder: Path, observation: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        told(folder, observation)


def test_measuring_what_is_given_is_said_to_say_nothing(folder: Path) -> None:
    poisson = "series: shots, likelihood: {poisson: {}}"
    assert "measure shot.rate" in told(folder, f"of: shot, {poisson}").notes[0]
    assert told(folder, f"of: shot.rate * dt, {poisson}").notes == ()
    learnt = "of: shot, scale: \"rate / q(1, '1/year')\""
    assert told(folder, f"{learnt}, {poisson}").notes == ()
