"""Stories: the run's own future, its turning points by term of evidence, and prose with dates."""

from __future__ import annotations

import re

import pytest

from reassure import Argument, Story
from reassure.report.story import MOST_OUTCOMES, iso_date
from reassure.report.turning_points import SMALLEST_SHIFT
from reassure.study.main_outcomes import main_outcomes
from reassure.study.running import replay

ADDRESS = {"policy": "visible", "scenario": 5, "replication": 3, "seed": 3}


@pytest.fixture(scope="module")
def told(starter: Argument) -> Story:
    return starter.story(**ADDRESS)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("design", ["sobol", "latin", "random"])
def test_a_story_is_the_future_of_the_run(starter: Argument, design: str, precision: str) -> None:
    ran = starter.run(
        ["visible"], scenarios=8, replications=4, seed=3, design=design, precision=precision
    )
    told = starter.story(**ADDRESS, design=design, precision=precision, scenarios=8)
    for name, value in told.outcomes.items():
        assert value == ran.values("visible", name)[5, 3]


def test_a_setting_is_kept(starter: Argument) -> None:
    fixed = {"doubt_weight": 0.7}
    ran = starter.run(["visible"], scenarios=8, replications=4, seed=3, set=fixed)
    told = starter.story(**ADDRESS, set=fixed)
    assert told.parameters["doubt_weight"] == pytest.approx(0.7)
    assert told.outcomes["arms_end"] == ran.values("visible", "arms_end")[5, 3]


def test_what_moved_a_belief_adds_up(starter: Argument, told: Story) -> None:
    paths = replay(starter.model, **ADDRESS).paths
    beliefs = [point for point in told.points if point.kind == "belief"]
    assert beliefs
    for point in beliefs:
        odds = paths[f"{point.name}.logodds"]
        shift = odds[point.last] - odds[point.first]
        assert abs(point.after - point.before) >= SMALLEST_SHIFT
        assert {driver.name for driver in point.drivers} <= {"incident", "drilling"}
        amounts = {driver.name: driver.amount for driver in point.drivers}
        weight = -told.parameters["doubt_weight"]
        happened = paths["incident"][point.first : point.last].sum()
        if "incident" in amounts:
            assert amounts["incident"] == pytest.approx(weight * happened, rel=1e-4)
        # Only drivers of next to no weight may be left out.
        assert sum(amounts.values()) + point.rest == pytest.approx(shift, abs=0.06 * len(odds))


def test_turning_points_come_in_order_and_with_dates(starter: Argument, told: Story) -> None:
    lasts = [point.last for point in told.points]
    assert lasts == sorted(lasts)
    data = told.as_json()
    for point in data["turning_points"]:
        assert re.fullmatch(r"\d{4}-\d\d", point["from"])
        assert point["from"] <= point["to"]
        if point["kind"] == "choice":
            assert {point["before"], point["after"]} <= {"hold", "build_up"}
            assert 0 <= point["likelihood"] <= 1
    assert iso_date(starter.model, 0).startswith("2026-01")


def test_events_are_those_of_the_paths(starter: Argument, told: Story) -> None:
    paths = replay(starter.model, **ADDRESS).paths
    assert sum(item.count for item in told.happenings) == paths["incident"][:120].sum()
    assert {item["event"] for item in told.as_json()["events"]} == {"incident"}


def test_prose_is_dated_and_gives_figures_only_on_demand(told: Story) -> None:
    plain, figures = told.text(), told.text(numbers=True)
    middle = plain.split("\n\n")[1:-1]
    assert all(re.match(r"20\d\d\. |Quiet years?: 20\d\d", part) for part in middle)
    assert "Ally" in plain
    assert "moved by" in plain
    assert "%" not in " ".join(middle)
    assert re.search(r"from \d+% to \d+%", figures)
    assert re.search(r"\([+-]\d\.\d\d\)", figures)
    assert "no forecast" in plain


def test_a_future_in_which_nothing_turns_says_so(starter: Argument) -> None:
    still = starter.story(
        "quiet", set={"doubt_weight": 0, "incident_rate": 0.001, "drills": 0.2}, seed=1
    )
    beliefs = [point for point in still.points if point.kind == "belief"]
    assert not beliefs or all(abs(p.after - p.before) >= SMALLEST_SHIFT for p in beliefs)
    assert still.text().count("\n\n") >= 2


def test_runs_of_years_in_which_nothing_turns_are_named(starter: Argument, told: Story) -> None:
    from dataclasses import replace

    (point, *_) = (item for item in told.points if item.kind == "belief")
    step = 4 * 12 + 6
    (opening, before, year, after, ending) = (
        replace(told, points=(replace(point, first=step - 6, last=step),), happenings=(), plays=())
        .text()
        .split("\n\n")
    )
    assert before == "Quiet years: 2026 to 2029."
    assert year.startswith("2030. ")
    assert after == "Quiet years: 2031 to 2035."
    assert "forecast" in opening
    assert ending.startswith("At the end")
    without = replace(told, points=(replace(point, first=step - 6, last=step),), plays=())
    assert "They saw " in without.text()  # incidents are news of quiet years, too


def test_units_are_said_as_a_reader_says_them(starter: Argument, told: Story) -> None:
    from dataclasses import replace

    def ending(unit: str) -> str:
        outcomes = tuple(
            replace(item, unit=replace(item.unit, text=unit)) if item.name == "arms_end" else item
            for item in starter.model.outcomes
        )
        model = replace(starter.model, outcomes=outcomes)
        values = told.outcomes | {"arms_end": 2.4}
        return replace(told, model=model, outcomes=values).text().split("\n\n")[-1]

    assert ": 2.4 a year;" in ending("1/year")
    assert ": 2.4 years;" in ending("year")
    assert ": 2.4 USD a month;" in ending("USD / month")
    assert ": 2.4 km**2;" in ending("km**2")
    assert ": 2.4;" in ending("1")


def test_the_end_names_what_the_argument_turns_on(starter: Argument) -> None:
    names = [item.name for item in main_outcomes(starter.model)]
    assert names == ["arms_end", "confidence_mean", "builds_up"]
    assert len(names) <= MOST_OUTCOMES
    assert "builds up: " in starter.story("quiet").text().split("\n\n")[-1]


def test_a_clairvoyant_policy_is_repeated(starter: Argument, told: Story) -> None:
    from dataclasses import replace

    seeing = replace(told, clairvoyant=("visible",))
    assert "clairvoyant" in seeing.text()
    assert seeing.as_json()["clairvoyant"] == ["visible"]
