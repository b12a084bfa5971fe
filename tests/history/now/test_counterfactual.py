"""What would have come otherwise: luck inferred from the record, and the same futures again."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner

import reassure
from reassure.cli import app
from reassure.engine.conditioned import AS_IT_HAPPENED
from reassure.history.abduction import Abduction, with_conditions
from reassure.history.conditioning import condition
from reassure.history.counterfactual import chance_share, counterfactual
from reassure.history.drawing import drawn
from reassure.history.ledger import load_ledger, parse_span
from reassure.history.otherwise import NOTE, Counterfactual
from reassure.history.tracking import course
from reassure.history.twins import Twinning, Twins
from reassure.model.checked import Model
from reassure.model.expression import Compare, Conditional, Number, Ref
from reassure.model.load import load
from reassure.model.mistakes import UsageError

from .harbour import region

SMALL = {"scenarios": 32, "replications": 4}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return region(tmp_path_factory.mktemp("region"))[0]


@pytest.fixture(scope="module")
def quiet(model: Model) -> Counterfactual:
    return counterfactual(model, at="2012-01", policy="quiet", scenarios=64, replications=8)


def twins(
    model: Model,
    names: tuple[str, ...],
    at: int,
    draws: int = 16,
    lanes: int = 4,
    until: str | None = None,
) -> Twins:
    cut = with_conditions(model)
    bound = condition(cut, until=until)
    source = bound.program()
    twinning = Twinning(
        cut, bound, source, at=at, to=bound.steps, names=names, seed=0, report=lambda: None
    )
    otherwise = course(bound, source, AS_IT_HAPPENED, happened=False)
    return twinning(drawn(source.model, "sobol", draws, lanes, 0), lanes, otherwise)


def same(found: Twins, at: int) -> None:
    """Exactly, in every lane that was not set aside."""
    lanes = found.tracking.weights(weigh_draws=False) > 0
    assert lanes.any()
    for name, path in found.factual.paths.items():
        assert np.array_equal(found.counterfactual.paths[name][:, lanes], path[at:, lanes]), name
    for name, values in found.factual.outcomes.items():
        assert np.array_equal(found.counterfactual.outcomes[name][lanes], values[lanes]), name


def test_without_a_change_the_record_comes_again(model: Model) -> None:
    names = ("incident", "storm", "visit", "rumour", "build", "confidence", "mood")
    found = twins(model, names, at=6)
    assert (found.kept, found.set_aside) == ({}, {})
    same(found, 6)
    assert (found.counterfactual.paths["incident"][:-1].sum(axis=0) == 5).all()


@pytest.mark.parametrize(
    ("name", "at", "until"),
    [("easley2007-formula", 30, None), ("easley2007", 6, "2008-10")],  # games take their time
)
def test_without_a_change_the_bundled_record_comes_again(
    name: str, at: int, until: str | None
) -> None:
    model = load(name)
    names = (
        *(belief.name for belief in model.beliefs),
        *(choice.name for choice in model.choices),
        *(event.name for event in model.events),
        *(stock.name for stock in model.stocks),
    )
    found = twins(model, names, at=at, draws=4, lanes=2, until=until)
    assert found.kept == {}
    same(found, at)


def test_luck_is_where_the_record_puts_it_and_uniform_there(model: Model) -> None:
    cut = with_conditions(model)
    bound = condition(cut)
    source = bound.program()
    streams = source.program.streams
    abduction = Abduction(cut, bound, streams)

    class Fixed:
        values: ClassVar = {
            "incident.rate": 1.2, "visit.probability": 0.3, "storm.rate": 1.0, "incident": 0.0, "storm": 0.0,
            "visit": 0.0, "build": 0.0, "build < when": 1.0, "build.probability.hold": 0.6,
            "build.probability.build_up": 0.4, "storm.magnitude": 0.0, "storm < size 0": 3.0,
            "storm < size 1": 0.5,
        }  # fmt: skip

        def read(self, name: str) -> np.ndarray:
            return np.full(5000, self.values[name])

    own = np.random.default_rng(1).random((len(streams), 5000))
    none = np.exp(-0.1)  # a month at 1.2 a year
    at = {name: streams.index((name, "count")) for name in ("incident", "visit", "rumour")}

    def luck(step: int, name: str) -> np.ndarray:
        found: np.ndarray = abduction.luck(step, Fixed(), own)[at[name]]  # type: ignore[arg-type]
        return found

    for step, name, low, high in (
        (0, "incident", 1 - none, 1.0),
        (4, "incident", 1 - 1.1 * none, 1 - none),  # one
        (13, "incident", 1 - 1.105 * none, 1 - 1.1 * none),  # two
        (0, "visit", 0.3, 1.0),
        (7, "visit", 0.0, 0.3),
        (0, "rumour", 0.0, 1.0),  # of which nothing is told
    ):
        found = luck(step, name)
        assert low <= found.min() < found.max() <= high
        scaled = (found - low) / (high - low)
        assert np.quantile(scaled, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.03)
    choice = streams.index(("build", "choice"))
    taken = abduction.luck(36, Fixed(), own)[choice]  # type: ignore[arg-type]
    assert taken.min() >= 0.6  # the second of two options
    idle = abduction.luck(35, Fixed(), own)[choice]  # type: ignore[arg-type]
    assert (idle == own[choice]).all()  # no decision is due


def test_a_policy_of_one_changes_nothing_of_anothers(quiet: Counterfactual) -> None:
    incidents = quiet.difference("incident")
    assert incidents.factual.mean == pytest.approx(3)
    assert incidents.higher > 0.9
    assert incidents.lower == 0
    assert quiet.difference("confidence").difference.p95 < 0
    for name in ("rumour", "storm"):
        untouched = quiet.difference(name)
        assert (untouched.higher, untouched.lower, untouched.chance) == (0, 0, 0)
        assert untouched.sways == ()
    assert quiet.factual["confidence"].p50[24] == quiet.counterfactual["confidence"].p50[0]


def test_levers_that_a_policy_does_not_set_go_as_they_did(model: Model) -> None:
    talking = counterfactual(model, at="2012-01", policy="talking", of=["drills", "talks"], **SMALL)  # type: ignore[arg-type]
    assert talking.difference("drills").higher == talking.difference("drills").lower == 0
    assert talking.difference("talks").difference.p50 == 1


def test_how_many_futures_lack_the_decision(model: Model) -> None:
    bold = counterfactual(model, at="2012-01", do={"confidence": 0.95}, **SMALL)  # type: ignore[arg-type]
    (decision,) = [x for x in bold.decisions if x.option == "build_up"]
    assert (decision.factual, decision.date) == (1.0, "2013-02")
    assert decision.averted is not None
    assert decision.averted > 0.2
    assert decision.averted == pytest.approx(1 - decision.counterfactual)
    assert decision.brought is None  # it came in all of them
    held = counterfactual(model, at="2012-01", do={"build": "hold"}, **SMALL)  # type: ignore[arg-type]
    assert held.otherwise == "build held at hold"
    assert held.difference("builds_up").counterfactual.mean == 0


def test_outcomes_are_read_to_the_date(model: Model) -> None:
    early = counterfactual(model, at="2011-01", to="2012-01", policy="quiet", **SMALL)  # type: ignore[arg-type]
    assert early.difference("incidents").factual.mean == pytest.approx(3)
    assert early.factual["arms"].dates[-1] == early.to == "2012-01"
    end = early.factual["arms"].mean[-1]
    assert early.difference("arms_end").factual.mean == pytest.approx(end)
    later = counterfactual(model, at="2015-01", to="2018-01", policy="as-it-happened", **SMALL)  # type: ignore[arg-type]
    assert later.difference("incidents").factual.mean > 6
    assert all(item.higher == item.lower == 0 for item in later.differences)


def test_dates_inside_a_step_are_read_as_its_start(model: Model) -> None:
    quietly = partial(counterfactual, model, policy="quiet", scenarios=4, replications=2)
    whole = quietly(at="2013-01", to="2014-01")
    inside = quietly(at="2013-01-31", to="2014-01-02")
    assert (inside.at, inside.to) == (whole.at, whole.to) == ("2013-01", "2014-01")
    assert inside.differences == whole.differences
    assert [line.partition(" lies inside a month")[0] for line in inside.remarks[:2]] == [
        "--at 2013-01-31",
        "--to 2014-01-02",
    ]
    assert not any("lies inside" in line for line in whole.remarks)


def test_what_the_answer_depends_on(quiet: Counterfactual, model: Model) -> None:
    assert quiet.weighed
    incidents = quiet.difference("incident")
    assert incidents.prior is not None  # the same draws, not weighed by the record
    wide = incidents.prior.p95 - incidents.prior.p05
    assert wide > incidents.difference.p95 - incidents.difference.p05
    (rate,) = [x for x in incidents.sways if x.parameter == "incident_rate"]
    assert rate.correlation > 0.5
    assert 0 < incidents.chance < 1


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 1])
@pytest.mark.parametrize("lanes", [2, 8])
@pytest.mark.parametrize("even", [True, False])
def test_chance_is_told_from_parameters_with_few_lanes(
    share: float, lanes: int, even: bool
) -> None:
    rng = np.random.default_rng(5)
    ours, luck = rng.normal(size=(20_000, 1)), rng.normal(size=(20_000, lanes))
    table = np.sqrt(1 - share) * ours + np.sqrt(share) * luck
    weights = np.ones(luck.shape) if even else rng.gamma(0.5, size=luck.shape)
    weights[:5_000] = 0  # set aside
    found = chance_share(table, weights / weights.sum())
    assert found == pytest.approx(share, abs=0.03)


def test_chance_is_not_told_where_nothing_tells_it() -> None:
    table = np.random.default_rng(6).normal(size=(32, 4))
    even = np.full(table.shape, 1 / table.size)
    assert chance_share(table, even) is not None
    assert chance_share(table[:, :1], 4 * even[:, :1]) is None
    few = np.where(np.arange(32)[:, None] < 7, even, 0)
    assert chance_share(table, few / few.sum()) is None
    one = np.where(np.arange(4) == 0, even, 0)  # all but one lane of each draw set aside
    assert chance_share(table, one / one.sum()) is None


def test_without_other_lanes_the_column_of_chance_is_empty(model: Model) -> None:
    words = ["counterfactual", model.path, "--at", "2012-01", "--policy", "quiet", "--scenarios"]
    words += ["16", "--replications", "1", "--of", "confidence"]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    (row,) = [line for line in told.stdout.splitlines() if line.split()[:1] == ["confidence"]]
    assert row.count("%") == 2  # higher and lower
    given = CliRunner().invoke(app, [*words, "--json", "--quiet"], catch_exceptions=False)
    (item,) = [x for x in json.loads(given.stdout)["differences"] if x["name"] == "confidence"]
    assert item["chance"] is None


def test_a_difference_that_is_the_same_everywhere_has_no_sources(model: Model) -> None:
    found = counterfactual(model, at="2012-01", do={"talks": 0.3}, of=["talks"], scenarios=64)
    talks = found.difference("talks")
    assert talks.difference.p05 == talks.difference.p95 == pytest.approx(0.3)
    assert (talks.chance, talks.sways) == (0, ())


def test_before_the_ledger_begins_nothing_is_known_that_could_be_otherwise(tmp_path: Path) -> None:
    model, folder = region(tmp_path)
    whole = load_ledger(folder)
    late = replace(whole, coverage=(parse_span("2011-06"), whole.coverage[1]))
    with pytest.raises(UsageError, match="2011-01 lies before the record, which begins 2011-06"):
        counterfactual(model, late, at="2011-01", policy="quiet")


def test_a_lane_that_is_set_aside_is_counted_once(model: Model) -> None:
    """Where a visit has no chance, the first of three sets all lanes of a draw aside for good."""
    seldom = Conditional(Compare("<", Ref("incident_rate"), Number(2.5)), Number(0.3), Number(0.0))
    rare = replace(
        model,
        events=tuple(replace(x, driver=seldom) if x.name == "visit" else x for x in model.events),
    )
    found = twins(rare, ("visit",), at=6)
    aside = found.tracking.weights(weigh_draws=False) == 0
    assert 0 < aside.sum() < len(aside) / 2
    assert (found.kept, found.set_aside) == ({}, {"visit": aside.sum()})


def test_the_impossible_is_kept_or_set_aside(model: Model) -> None:
    """No luck brings about what has no chance."""
    never = replace(
        model,
        events=tuple(
            replace(x, driver=Number(0.0)) if x.name == "visit" else x for x in model.events
        ),
    )
    found = twins(never, ("visit", "confidence"), at=6)
    assert found.kept == {"visit": (7, 38, 60)}
    same(found, 6)
    told = counterfactual(never, at="2012-01", policy="quiet", **SMALL)  # type: ignore[arg-type]
    assert any(line.startswith("visit at 2013-03, 2015-01:") for line in told.remarks)
    assert told.difference("visit").counterfactual.mean == pytest.approx(2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "2012-01"], "nothing is done otherwise"),
        (["--at", "2017-01", "--policy", "quiet"], "lies after the record"),
        (["--at", "2009-01", "--policy", "quiet"], "lies outside the run"),
        (["--at", "2012-01", "--policy", "quite"], "did you mean 'quiet'"),
        (["--at", "2012-01", "--policy", "quiet", "--to", "2011-01"], "is not after"),
        (["--at", "2012-01", "--policy", "quiet", "--to", "2030"], "lies outside the run"),
        (["--at", "2012-01", "--do", "arms"], "--do 'arms' is not NAME=VALUE"),
        (["--at", "2012-01", "--do", "armz=1"], "did you mean 'arms'"),
        (["--at", "2012-01", "--do", "build=hald"], "did you mean 'hold'"),
        (["--at", "2012-01", "--do", "arms=many"], "arms cannot be 'many' — give a number"),
        (["--at", "2012-01", "--do", "build=zzz"], "build cannot be 'zzz' — give one of "),
        (["--at", "2012-01", "--policy", "zzz"], "as-it-happened is one, too"),
        (["--at", "2012-01", "--do", "doubt_weight=0"], "it is a parameter, which nobody does"),
        (["--at", "2012-01", "--do", "drills=5"], "its range is 0 to 1"),
        (["--at", "2012-01", "--do", "confidence=2"], "its range is 0 to 1"),
        (["--at", "2012-01", "--do", "arms=30"], "its range is 0 to 20"),
        (["--at", "2012-01", "--policy", "quiet", "--of", "nosuch"], "no quantity of harbour"),
        (
            ["--at", "2012-01", "--policy", "quiet", "--of", "incidents", "--plot", "a.png"],
            "no path",
        ),
    ],
)
def test_a_users_mistake_is_explained(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["counterfactual", model.path, "--scenarios", "8", *options]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_command_says_whose_counterfactual_it_is(model: Model, tmp_path: Path) -> None:
    words = [
        "counterfactual",
        model.path,
        "--at",
        "2012-01",
        "--policy",
        "quiet",
        "--scenarios",
        "8",
    ]
    plot = tmp_path / "c.svg"
    told = CliRunner().invoke(app, [*words, "--plot", str(plot)], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert NOTE in told.stdout.splitlines()[0]
    assert NOTE in plot.read_text()
    given = CliRunner().invoke(app, [*words, "--json", "--quiet"], catch_exceptions=False)
    facts = json.loads(given.stdout)
    assert (facts["schema"], facts["note"], facts["policy"]) == (1, NOTE, "quiet")
    assert {"outcome", "quantity", "event"} == {item["kind"] for item in facts["differences"]}
    assert given.stderr == ""


def test_a_posterior_is_held_against_its_prior() -> None:
    """From Python, with draws of one's own in the place of a fit."""

    class Low:
        label, option = "low", "--posterior low"

        def remarks(self, model: Model) -> tuple[str, ...]:
            return ()

        def column(self, parameter, seed, first, count):  # type: ignore[no-untyped-def]
            return np.full(count, 0.01) if parameter.name == "w_gotaway" else None

    model = reassure.load("easley2007-formula").model
    found = counterfactual(
        model, at="2022-01", policy="managed", drawn_from=Low(), scenarios=4, replications=2,
        of=["tokyo_confidence"],
    )  # fmt: skip
    item = found.difference("tokyo_confidence")
    assert item.prior is not None
    assert item.prior != item.difference
    with pytest.raises(UsageError, match="was not read"):
        found.difference("tokyo_confidense")
