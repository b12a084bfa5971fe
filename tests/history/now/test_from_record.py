"""Runs that go on from the record: told up to a date, free from there on, scenario by scenario."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import reassure
from reassure.api import Argument
from reassure.cli import app
from reassure.engine.conditioned import AS_IT_HAPPENED
from reassure.history import from_record
from reassure.history.conditioning import condition
from reassure.history.drawing import drawn
from reassure.history.nowcast import nowcast
from reassure.history.tracking import Tracking, course
from reassure.model.checked import Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError
from reassure.study.result import RunResult

from .harbour import COURSES, MODEL, fitted, region

SMALL = {"scenarios": 16, "replications": 4}
PATHS = ["incident", "build", "drills", "talks", "confidence", "arms"]
GAME = """\
games:
  duel:
    players: {RIV: 4, AAA: 4}
    moves:
      press: {actor: RIV, options: [rest, press], seen_by: []}
      guard: {actor: AAA, options: [rest, guard]}
    payoffs:
      RIV: 50 + 30 * press.press * (confidence - guard.guard)
      AAA: 50 - 20 * press.press * (1 - guard.guard) - 4 * guard.guard
    results: {pressed: press.press}
    appraise: 1 year
    because: a guess
    cites: own
"""
AT = 72  # the step of 2016-01


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return region(tmp_path_factory.mktemp("region"))[0]


@pytest.fixture(scope="module")
def found(model: Model) -> RunResult:
    return Argument(model).run(
        ["as-it-happened", "quiet", "talking"], from_record="2016-01", trajectories=PATHS, **SMALL
    )


def test_every_future_has_lived_through_the_record(found: RunResult) -> None:
    incidents = found.paths("incident")[..., :AT]
    assert incidents.shape == (3, 16, 4, AT)
    assert np.argwhere(incidents[0, 0, 0])[:, 0].tolist() == [4, 13, 32, 51, 66]
    assert (incidents == incidents[0, 0, 0]).all()
    assert (found.paths("build")[..., 37 : AT + 1] == 1).all()
    assert (found.values("quiet", "builds_up") == 1).all()
    drills = found.paths("drills")[0, :, :, :AT]  # with the error of its course, one a scenario
    assert np.ptp(drills, axis=1).max() == 0 < np.ptp(drills[:, 0, 40])


def test_the_past_is_common_and_the_future_parts_by_policy(found: RunResult) -> None:
    for name in PATHS:
        assert (found.paths(name)[..., :AT] == found.paths(name)[:1, ..., :AT]).all(), name
    drills, talks = found.paths("drills"), found.paths("talks")
    assert (
        drills[0, ..., AT:] == drills[0, ..., AT - 1 : AT]
    ).all()  # left where the record left it
    assert (drills[1, ..., AT:] == 0.05).all()
    assert (drills[2] == drills[0]).all()  # another's policy
    assert (talks[2, ..., :AT] == 0).all()
    assert (talks[2, ..., AT:] == 1).all()
    means = [
        row.mean for p in found.policies for row in found.summary(p) if row.outcome == "incidents"
    ]
    assert means[1] > means[0] + 0.2  # without drills more of them


def test_outcomes_hold_the_records_part(found: RunResult) -> None:
    paths = found.paths("incident")
    assert (paths[..., :AT].sum(axis=-1) == 6).all()
    for i, policy in enumerate(found.policies):
        assert found.values(policy, "incidents") == pytest.approx(paths[i, ..., :-1].sum(axis=-1))
        assert found.values(policy, "arms_end") == pytest.approx(found.paths("arms")[i, ..., -1])
    assert found.values("quiet", "incidents").min() >= 6


@pytest.fixture(scope="module")
def untold(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model of which a ledger tells one lever, exactly, and nothing else."""
    folder = tmp_path_factory.mktemp("untold")
    _, ledger = region(folder)
    (ledger / "courses.csv").write_text(COURSES.replace("0.4,0.3,0.5", "0.4,,"))
    path = folder / "duel.yaml"
    text = MODEL.replace("given:", GAME + "given:")
    text = text.replace("0.01 * storm.magnitude", "0.01 * storm.magnitude + 0.01 * duel.pressed")
    path.write_text(text, encoding="utf-8")
    return replace(load(path), given=(), measurements=())


def test_where_nothing_else_is_told_it_is_the_usual_run(untold: Model) -> None:
    """The same address, the same luck: up to the precision, and in how often games are solved."""
    argument = Argument(untold)
    told = argument.run(
        ["as-it-happened"], from_record="2012-01", trajectories=["arms"], seed=3, **SMALL
    )
    usual = argument.run(
        ["quiet"], set={"drills": 0.4}, trajectories=["arms"], seed=3, precision="float64", **SMALL
    )
    assert told.array == pytest.approx(usual.array, rel=1e-9, abs=1e-12)
    assert told.paths("arms") == pytest.approx(usual.paths("arms"), rel=1e-9, abs=1e-12)
    assert told.games == usual.games
    assert told.games["duel"].solves > 0
    assert told.precision == "float64"
    assert told.scenario_parameters()["doubt_weight"].tolist() == (
        usual.scenario_parameters()["doubt_weight"].tolist()
    )


def test_settings_and_holds_rule_from_the_date_on(untold: Model) -> None:
    run = Argument(untold).run(
        ["quiet"], from_record="2012-01", set={"drills": 0.9, "doubt_weight": 0.5},
        do={"confidence": 0.25}, trajectories=["drills", "confidence"], **SMALL,
    )  # fmt: skip
    drills, confidence = run.paths("drills"), run.paths("confidence")
    assert (drills[..., :24] == 0.4).all()
    assert (drills[..., 24:] == 0.9).all()
    assert (confidence[..., 24:] == 0.25).all()
    assert (confidence[..., :24] != 0.25).all()
    assert (run.scenario_parameters()["doubt_weight"] == 0.5).all()
    assert run.settings["do confidence"] == 0.25


def test_a_scenario_does_not_depend_on_which_others_run(
    model: Model, found: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_record, "LANES", 12)  # three scenarios at a time
    parts = Argument(model).run(
        list(found.policies), from_record="2016-01", trajectories=PATHS, **SMALL
    )
    assert (parts.array == found.array).all()
    assert all((parts.paths(name) == found.paths(name)).all() for name in PATHS)
    few = Argument(model).run(["quiet"], from_record="2016-01", scenarios=4, replications=4)
    assert (few.array[0] == found.array[1, :4]).all()


def test_lanes_come_to_count_alike_and_keep_their_mean(model: Model) -> None:
    bound = condition(model)
    source = bound.program()
    draws = drawn(source.model, "sobol", 4, 2000, 0)
    along = course(bound, source, AS_IT_HAPPENED, happened=True)
    tracking = Tracking(source, along, draws.values, 2000, draws.words, ("mood",))
    for _ in range(6):
        last = tracking.advance().read("mood")
    tracking.log_weights += last.reshape(4, 2000)  # as if something had been measured
    tracking.log_weights[3] = 0.0
    weights = tracking.weights(weigh_draws=False).reshape(4, 2000)
    expected = (weights * last.reshape(4, 2000)).sum(axis=1) / weights.sum(axis=1)
    densities = tracking.densities()
    tracking.even_out()
    lineage = tracking.lineage()
    assert (lineage[:, 6000:] == np.arange(6000, 8000)).all()  # nothing to even out
    assert not (lineage[:, :2000] == np.arange(2000)).all()
    assert tracking.log_weights.tolist() == np.zeros((4, 2000)).tolist()
    assert tracking.densities() == pytest.approx(densities)
    kept = last[lineage[-1]].reshape(4, 2000).mean(axis=1)
    assert kept == pytest.approx(expected, abs=2e-3)
    assert abs(kept - last.reshape(4, 2000).mean(axis=1))[:3].min() > 0.01


def test_lineage_goes_through_two_draws_at_one_step(model: Model) -> None:
    bound = condition(model)
    source = bound.program()
    draws = drawn(source.model, "sobol", 2, 4, 0)
    along = course(bound, source, AS_IT_HAPPENED, happened=True)
    tracking = Tracking(source, along, draws.values, 4, draws.words, ())
    tracking.log_weights[0] = [-50.0, -50.0, 0.0, -50.0]
    tracking.advance()
    assert tracking.lineage()[0].tolist() == [2, 2, 2, 2, 4, 5, 6, 7]
    tracking.log_weights[0] = [0.0, -50.0, -50.0, -50.0]
    tracking.log_weights[1] = [-50.0, 0.0, -50.0, -50.0]
    tracking.even_out()
    assert tracking.lineage()[0].tolist() == [2, 2, 2, 2, 5, 5, 5, 5]


def test_what_was_measured_moves_chance_and_not_scenarios(model: Model) -> None:
    """Many incidents a year speak for high moods, within each scenario."""
    loud = MODEL.replace("yearly: {of: incident.rate * dt", "yearly: {of: 3 * mood")
    loud = loud.replace("likelihood: {poisson: {}}", "likelihood: {normal: {sd: 0.3}}")
    folder = Path(model.path).parent
    spoken = load(model.path, text=loud)
    assert (folder / "harbour-ledger").is_dir()
    runs = {
        name: Argument(item).run(
            ["quiet"], from_record="2012-01", trajectories=["mood"], scenarios=8, replications=64
        )
        for name, item in (("weighed", spoken), ("free", replace(spoken, measurements=())))
    }
    mood = {name: run.paths("mood")[0, :, :, :24].mean(axis=(1, 2)) for name, run in runs.items()}
    assert (mood["weighed"] > mood["free"] + 0.02).all()  # 1 and 2 a year, where 0 was expected
    for name in ("incident_rate", "doubt_weight"):
        assert len(set(runs["weighed"].scenario_parameters()[name])) == 8
        assert (
            runs["weighed"].scenario_parameters()[name] == runs["free"].scenario_parameters()[name]
        ).all()


def test_nothing_after_the_date_enters(model: Model, tmp_path: Path) -> None:
    _, ledger = region(tmp_path)
    events = ledger / "events.csv"
    lines = events.read_text().splitlines()
    later = [line.replace(",2014-", ",2015-") for line in lines]
    assert later != lines
    events.write_text("\n".join(later) + "\n")
    early, other = (
        Argument(model).run(["quiet"], from_record="2013-01", ledger=item, **SMALL)
        for item in (None, ledger)
    )
    assert (early.array == other.array).all()


def test_a_posterior_gives_the_scenarios(model: Model) -> None:
    argument = Argument(model)
    found = argument.run(
        ["quiet"], from_record="2013-01", posterior=fitted(model), scenarios=4, replications=2
    )
    assert sorted(found.scenario_parameters()["incident_rate"]) == [1.0, 1.2, 1.5, 2.0]
    assert found.design.startswith("posterior")
    assert any("know what came" in line for line in found.remarks)
    assert not any("priors'" in line for line in found.remarks)
    fair = argument.run(
        ["quiet"], from_record="2013-01", posterior=fitted(model, "2013-01", "2013-01-01"), scenarios=4,
        replications=2,
    )  # fmt: skip
    assert not any("the fit in" in line for line in fair.remarks)
    assert (fair.array == found.array).all()


@pytest.mark.parametrize("known_by", [None, "2013-01-02", "2013-07-01"])
@pytest.mark.parametrize("late", [True, False])
def test_a_fit_that_used_later_figures_is_named(
    tmp_path: Path, known_by: str | None, late: bool
) -> None:
    model, folder = region(tmp_path)
    if late:
        path = folder / "events.csv"
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["known"] = "2013-06-01" if row["id"] == "P4" else ""
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    found = Argument(model).run(
        ["quiet"], from_record="2013-01", posterior=fitted(model, "2013-01", known_by), scenarios=4,
        replications=2,
    )  # fmt: skip
    said = [line for line in found.remarks if "the fit in" in line]
    if late and known_by != "2013-01-02":
        (line,) = said
        assert "published after 2013-01-01; for a forecast, fit with --to 2013-01" in line
        assert "--known-by 2013-01-01" in line
    else:
        assert not said


def test_a_fit_of_another_reading_is_named(model: Model) -> None:
    found = Argument(model).run(
        ["quiet"], from_record="2013-01", scenarios=4, replications=2,
        posterior=fitted(model, "2013-01", "2013-01-01", reading="another"),
    )  # fmt: skip
    (said,) = (line for line in found.remarks if "the fit in" in line)
    assert "under the reading another, not of harbour-ledger under default" in said


def test_it_stands_and_goes_on_as_a_nowcast_does(model: Model) -> None:
    """Where neither weighs the scenarios: the same lanes, but for the last drawing anew."""
    source, size = fitted(model), {"scenarios": 4, "replications": 64}
    now = nowcast(
        model, at="2016-01", drawn_from=source, policies=["quiet"], years=2, of=PATHS[-2:], **size
    )
    found = Argument(model).run(
        ["quiet"], from_record="2016-01", posterior=source, trajectories=PATHS[-2:], **size
    )
    for name in PATHS[-2:]:
        fan, path = now.outlooks["quiet"].fans[name], found.paths(name)[0, ..., AT:]
        assert path.mean(axis=(0, 1))[[0, 12, 24]] == pytest.approx(
            [fan.mean[k] for k in (0, 12, 24)], rel=0.02
        )


def test_a_result_names_date_ledger_and_reading(found: RunResult, model: Model) -> None:
    facts = {"at": "2016-01", "ledger": "harbour-ledger", "known_by": "2016-01-01"}
    assert found.as_json()["from_record"].items() >= facts.items()
    assert "at=2016-01" in str(found.provenance["from_record"])
    assert f"reading={found.from_record.reading}" in found.dataset.attrs["from_record"]
    assert found.remarks[0].startswith("from the record to 2016-01 (ledger harbour-ledger, reading")
    assert any("not weighed by the record" in line for line in found.remarks)
    usual = Argument(model).run(["quiet"], scenarios=2, replications=2)
    assert "from_record" not in usual.as_json()
    assert "from_record" not in usual.provenance


def test_scenarios_in_which_the_record_cannot_come_are_counted(model: Model) -> None:
    strict = MODEL.replace("likelihood: {poisson: {}}", "likelihood: {normal: {sd: doubt_weight}}")
    found = Argument(load(model.path, text=strict)).run(
        ["quiet"], from_record="2016-01", set={"doubt_weight": 0}, scenarios=4, replications=2
    )
    assert any(line.startswith("in 4 of 4 scenarios") for line in found.remarks)


def test_stopped_early_it_gives_what_is_finished(
    model: Model, found: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_record, "LANES", 16)
    steps = AT + 3 * (97 - AT)

    def stop(done: int, total: int) -> None:
        assert total == 4 * steps
        if done == 2 * steps + 5:
            raise KeyboardInterrupt

    cut = Argument(model).run(list(found.policies), from_record="2016-01", progress=stop, **SMALL)
    assert (cut.complete, cut.scenarios) == (False, 8)
    assert (cut.array == found.array[:, :8]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from-record", "2025-01"], "lies outside the run of harbour, 2010-01 to 2018-01"),
        (["--from-record", "2010-01"], "lies outside the run"),
        (["--from-record", "2017-01"], "lies after the record, which ends 2015-12-31"),
        (["--from-record", "2016..2017"], "--from-record: 2016..2017 is not a date"),
        (["--from-record", "someday"], "--from-record: someday is not a date"),
        (["--from-record", "2016-01", "--policy", "visibel"], "did you mean 'visible'"),
        (["--from-record", "2016-01", "--set", "drills=2"], "cannot be set to 2"),
        (["--from-record", "2016-01", "--reading", "nosuch"], "no reading nosuch"),
        (["--from-record", "2016-01", "--posterior", "nowhere"], "holds no fit"),
        (["--from-record", "2016-01", "--precision", "float16"], "float16 is no precision"),
        (["--ledger", "northeast-asia"], "--ledger goes with --from-record"),
        (["--reading", "own"], "--reading goes with --from-record"),
    ],
)
def test_a_users_mistake_is_explained(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["run", model.path, *options], catch_exceptions=False)
    assert result.exit_code == 2, result.output
    plain = result.stderr.replace("'" + options[-1] + "'", options[-1])
    assert said in plain
    assert len(plain.strip().splitlines()) == 1


def test_a_date_before_the_ledger_is_refused(tmp_path: Path) -> None:
    _, ledger = region(tmp_path)
    early = load("early.yaml", text=MODEL.replace("2010-01, years: 8", "2005-01, years: 13"))
    with pytest.raises(UsageError, match=r"begins 2010, after 2008-01"):
        Argument(early).run(from_record="2008-01", ledger=ledger, **SMALL)


def test_a_model_without_policies_goes_on_as_it_happened(model: Model) -> None:
    found = Argument(replace(model, policies=())).run(from_record="2016-01", **SMALL)
    assert found.policies == ("as-it-happened",)


def test_the_command_writes_tables_json_data_and_pictures(model: Model, tmp_path: Path) -> None:
    small = ["--scenarios", "8", "--replications", "2"]
    words = ["run", model.path, "--from-record", "2016-01", *small, "--policy", "quiet"]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("quiet\noutcome")
    assert "from the record to 2016-01" in told.stderr
    given = CliRunner().invoke(app, [*words, "--json", "--quiet"], catch_exceptions=False)
    facts = json.loads(given.stdout)
    assert facts["from_record"]["ledger"] == "harbour-ledger"
    assert given.stderr == ""
    both = [*words, "--policy", "as-it-happened", "--fan", "arms"]
    assert "<svg" in CliRunner().invoke(app, both, catch_exceptions=False).stdout
    hinges = CliRunner().invoke(app, [*words, "--tornado", "arms_end"], catch_exceptions=False)
    assert "<svg" in hinges.stdout
    late = [*words, "--known-by", "2017-01", "--out", str(tmp_path / "run.nc")]
    assert CliRunner().invoke(app, late, catch_exceptions=False).exit_code == 0
    import xarray as xr

    with xr.open_dataset(tmp_path / "run.nc", engine="scipy") as data:
        assert "known_by=2017-01-01" in data.attrs["from_record"]


def test_the_bundled_argument_goes_on_from_the_record() -> None:
    argument = reassure.load("easley2007-formula")
    found = argument.run(
        ["managed", "as-it-happened"], from_record="2022-06", trajectories=["us_troops"],
        scenarios=8, replications=2,
    )  # fmt: skip
    troops = found.paths("us_troops")
    assert (troops[0, ..., :184] == troops[1, ..., :184]).all()
    assert all(np.isfinite(row.mean) for row in found.summary("managed"))
