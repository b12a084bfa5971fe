"""Where things stand: lanes that follow the record, weighed by it, and go on from it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson
from typer.testing import CliRunner

import reassure
from reassure.cli import app
from reassure.engine.conditioned import AS_IT_HAPPENED
from reassure.history.bands import quantiles
from reassure.history.conditioning import Conditioning, condition
from reassure.history.drawing import drawn
from reassure.history.nowcast import Nowcast, nowcast
from reassure.history.tracking import Tracking, course, reaching
from reassure.model.checked import Model
from reassure.model.expression import Number
from reassure.model.load import load
from reassure.model.mistakes import UsageError

from .harbour import fitted, region


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("region")


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return region(folder)[0]


@pytest.fixture(scope="module")
def found(model: Model) -> Nowcast:
    return nowcast(
        model, at="2016-01", policies=["as-it-happened", "quiet", "visible"], years=2, scenarios=64
    )


def tracked(
    model: Model, *, replications: int = 4, wanted: tuple[str, ...] = ()
) -> tuple[Conditioning, Tracking]:
    bound = condition(model)
    source = bound.program()
    draws = drawn(source.model, "sobol", 16, replications, 0)
    along = course(bound, source, AS_IT_HAPPENED, happened=True)
    return bound, Tracking(source, along, draws.values, replications, draws.words, wanted)


def test_lanes_live_through_what_happened(model: Model) -> None:
    names = ("incident", "storm", "storm.magnitude", "visit", "build", "drills", "talks")
    bound, tracking = tracked(model, wanted=names)
    seen: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for _ in range(bound.steps):
        moment = tracking.advance()
        for name in names:
            seen[name].append(moment.read(name))
    paths = {name: np.array(rows) for name, rows in seen.items()}
    happened = {name: np.flatnonzero((paths[name] > 0).all(axis=1)).tolist() for name in names}
    assert happened["incident"] == [4, 13, 32, 51, 66]  # two of February 2011 are in one step
    assert paths["incident"].sum(axis=0).tolist() == [6.0] * 64
    assert happened["storm"] == [22, 49]
    assert paths["storm.magnitude"][[22, 49], 0].tolist() == [3.5, 2.5]
    assert happened["build"][0] == 37  # in force from February 2013 on
    assert (paths["talks"] == 0).all()
    drills = paths["drills"][40]  # 0.7, and a range of 0.6 to 0.8
    assert np.ptp(drills.reshape(16, 4), axis=1).max() == 0
    assert drills.mean() == pytest.approx(0.7, abs=0.02)
    assert drills.std() == pytest.approx(0.2 / 2.563, rel=0.3)


def test_draws_are_weighed_by_the_density_of_what_was_measured(model: Model) -> None:
    """Where chance moves nothing that is measured, the weight is the likelihood itself."""
    calm = replace(model, noises=tuple(replace(x, scale=Number(0.0)) for x in model.noises))
    bound, tracking = tracked(calm, wanted=("incident.rate",))
    rates = []
    for _ in range(bound.steps):
        rates.append(tracking.advance().read("incident.rate"))
    by_year = (np.array(rates) / 12).reshape(6, 12, 64).sum(axis=1)
    counts = [1, 2, 1, 0, 1, 1]
    expected = poisson.logpmf(np.array(counts)[:, None], by_year).sum(axis=0)
    assert tracking.densities() == pytest.approx(expected.reshape(16, 4)[:, 0], abs=1e-9)
    weights = tracking.weights(weigh_draws=True)
    share = np.exp(expected) / np.exp(expected).sum()
    assert weights == pytest.approx(share, abs=1e-9)
    assert tracking.effective_draws() == pytest.approx(1 / (16 * np.sum(share**2) / 4), rel=1e-9)


def test_drawing_anew_leaves_the_density_as_it_is(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for below in (0.0, 0.999):  # never, and at nearly every datum
        monkeypatch.setattr("reassure.history.tracking.RESAMPLE_BELOW", below)
        bound, tracking = tracked(model, replications=400)
        for _ in range(bound.steps):
            tracking.advance()
        found.append(tracking)
    plain, anew = found
    assert (plain.lineage() == np.arange(16 * 400)).all()
    assert not (anew.lineage() == np.arange(16 * 400)).all()
    assert (anew.lineage() // 400 == np.arange(16 * 400) // 400).all()  # never another draw's
    assert anew.densities() == pytest.approx(plain.densities(), abs=0.1)


def test_drawing_anew_keeps_the_mean_and_the_lineage(model: Model) -> None:
    _, tracking = tracked(model, replications=8, wanted=("confidence",))
    tracking.advance()
    tracking.log_weights[3] = [-50.0] * 7 + [0.0]
    moment = tracking.advance()
    assert set(tracking.lineage()[0, 24:32]) == {31}
    assert (tracking.lineage()[0, :24] == np.arange(24)).all()
    assert tracking.log_evidence[3] == pytest.approx(-np.log(8), abs=1e-6)
    kept = tracking.lanes.look().read("confidence")
    assert np.ptp(kept[24:32]) == 0
    assert moment.read("confidence").shape == (128,)


def test_beliefs_add_up_to_what_moved_them(found: Nowcast) -> None:
    year = 12
    path = found.past["confidence"]
    assert path.dates[-1] == "2016-01"
    assert path.mean[-1] == pytest.approx(found.now["confidence"].mean)
    moves = {move.evidence: move for move in found.moves["confidence"]}
    assert set(moves) == {"incident", "visit", "rumour", "drilling", "fading"}
    assert moves["incident"].happened == ("2015-07-07 (P6)",)
    assert moves["visit"].happened == ("2015-01-02 (V3)",)
    assert moves["visit"].logodds.mean == pytest.approx(0.3)
    assert moves["rumour"].happened == ()
    sizes = [abs(move.logodds.mean) for move in found.moves["confidence"]]
    assert sizes == sorted(sizes, reverse=True)
    rise = sum(move.logodds.mean for move in moves.values())
    odds = [np.log(p / (1 - p)) for p in (path.p50[-1 - year], path.p50[-1])]
    assert rise == pytest.approx(odds[1] - odds[0], abs=0.15)


def test_policies_part_from_one_another_and_share_their_luck(found: Nowcast) -> None:
    quiet, visible = found.outlooks["quiet"], found.outlooks["visible"]
    stayed = found.outlooks["as-it-happened"]
    assert quiet.fans["confidence"].p50[0] == visible.fans["confidence"].p50[0]
    last = [item.fans["confidence"].mean[-1] for item in (quiet, stayed, visible)]
    assert last == sorted(last)
    by_name = {(x.event, x.since): x.count.mean for x in quiet.events}
    other = {(x.event, x.since): x.count.mean for x in visible.events}
    assert by_name["rumour", "2016-01"] == other["rumour", "2016-01"]
    assert by_name["incident", "2016-01"] > 1.5 * other["incident", "2016-01"]
    build_up = next(x for x in quiet.decisions if x.option == "build_up")
    assert build_up.now == build_up.by_year[-1] == 1
    hold = next(x for x in quiet.decisions if x.option == "hold")
    assert 0 == hold.now < hold.by_year[0] <= hold.by_year[1] < 1


def test_nothing_after_the_date_enters(model: Model, folder: Path, tmp_path: Path) -> None:
    early = nowcast(model, at="2013-01", scenarios=8, replications=2, years=1)
    _, ledger = region(tmp_path)
    events = ledger / "events.csv"
    lines = events.read_text().splitlines()
    late = [line for line in lines[1:] if line.split(",")[1] >= "2013"]
    changed = [line.replace("2014", "2013").replace("2015", "2014") for line in late]
    events.write_text("\n".join([x for x in lines if x not in late] + changed) + "\n")
    other = nowcast(model, ledger, at="2013-01", scenarios=8, replications=2, years=1)
    assert early.as_json() == other.as_json()
    assert early.known_by == "2013-01-01"


def test_a_date_inside_a_step_is_read_as_the_end_of_the_last_one(tmp_path: Path) -> None:
    _, ledger = region(tmp_path)
    text = (tmp_path / "harbour.yaml").read_text().replace("step: month", "step: quarter")
    (tmp_path / "quarters.yaml").write_text(text)
    quarters = load(tmp_path / "quarters.yaml")
    stands = partial(nowcast, quarters, scenarios=8, replications=2, years=1)
    whole = stands(at="2012-07")
    inside = stands(at="2012-09-20")
    assert whole.at == inside.at == "2012-07"
    assert inside.now == whole.now  # what came in the quarter, on 9 September, does not enter
    assert not any("lies inside" in line for line in whole.remarks)
    said = "--at 2012-09-20 lies inside a quarter of quarters and is read as 2012-07-01"
    assert inside.remarks[0].startswith(said)
    assert stands(at="2012-10").now != whole.now
    # What was published before the date is known, though its step is not over.
    assert (whole.known_by, inside.known_by) == ("2012-07-01", "2012-09-20")
    events = ledger / "events.csv"
    head, *rows = events.read_text().splitlines()
    columns = head.split(",")
    late = [
        row if not row.startswith("P2,") else _known(row, columns, "2012-09-01") for row in rows
    ]
    events.write_text("\n".join([head, *late]) + "\n")
    later = stands(at="2012-09-20")
    assert later.now == inside.now
    assert stands(at="2012-07").now != whole.now


def _known(row: str, columns: list[str], day: str) -> str:
    cells = row.split(",")
    cells[columns.index("known")] = day
    return ",".join(cells)


def test_a_fit_that_knows_what_came_is_named(model: Model) -> None:
    fit = fitted(model)
    found = nowcast(model, at="2013-01", drawn_from=fit, scenarios=4, replications=4, years=1)
    assert not found.weighed
    assert found.effective_draws == 4
    assert any("know what came" in line for line in found.remarks)
    later = nowcast(model, at="2016-01", drawn_from=fit, scenarios=4, replications=4, years=1)
    assert not any("know what came" in line for line in later.remarks)


def test_a_run_is_carried_on_beyond_its_end(model: Model) -> None:
    longer = reaching(model, 120)
    assert longer.time.steps == 120
    found = nowcast(model, at="2016-01", years=5, scenarios=8, replications=2)
    assert found.outlooks["as-it-happened"].fans["arms"].dates[-1] == "2021-01"
    assert any("carried on" in line for line in found.remarks)


def test_too_few_draws_are_said_plainly(model: Model) -> None:
    few = nowcast(model, at="2016-01", scenarios=8, replications=2, years=1)
    assert not few.weighed
    assert any("Fit first" in line for line in few.remarks)


def test_quantiles_are_the_smallest_values_that_reach_their_level() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25])
    assert quantiles(values, weights, (0.05, 0.25, 0.5, 0.51, 1.0)) == [1.0, 1.0, 2.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "2025-01"], "lies outside the run of harbour, 2010-01 to 2018-01"),
        (["--at", "2010-01"], "lies outside the run"),
        (["--at", "someday"], "--at: someday is not a date"),
        (["--at", "2016-01", "--policy", "visibel"], "did you mean 'visible'"),
        (["--at", "2016-01", "--policy", "visible+quiet"], "both set drills"),
        (["--at", "2016-01", "--of", "confidnce"], "did you mean 'confidence'"),
        (["--at", "2016-01", "--known-by", "x"], "--known-by: x is not a date"),
        (["--at", "2016-01", "--years", "0"], "no stretch to look ahead"),
        (["--at", "2016-01", "--ledger", "nosuch"], "nosuch"),
        (["--at", "2016-01", "--plot", "x.pdf"], "neither .png nor .svg"),
        (["--at", "2016-01", "--posterior", "nowhere"], "holds no fit"),
    ],
)
def test_a_users_mistake_is_explained(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["nowcast", model.path, *options], catch_exceptions=False)
    assert result.exit_code == 2, result.output
    assert said in result.stderr.replace("'someday'", "someday").replace("'x'", "x")
    assert len(result.stderr.replace("\n1 mistake\n", "").strip().splitlines()) == 1


def test_a_ledger_without_anything_for_the_model_is_refused(tmp_path: Path) -> None:
    model, ledger = region(tmp_path, events=False)
    bare = replace(model, given=(), measurements=())
    with pytest.raises(UsageError, match="tells nothing of harbour"):
        nowcast(bare, ledger, at="2016-01")


def test_a_date_before_the_ledger_is_refused() -> None:
    model = reassure.load("easley2007-formula").model
    with pytest.raises(UsageError, match="lies outside the run"):
        nowcast(model, at="1999-01")


def test_the_command_writes_tables_json_and_pictures(model: Model, tmp_path: Path) -> None:
    small = ["--scenarios", "8", "--replications", "2", "--years", "1"]
    words = ["nowcast", model.path, "--at", "2016-01", *small, "--policy", "quiet"]
    plot = tmp_path / "now.svg"
    told = CliRunner().invoke(app, [*words, "--plot", str(plot)], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert "Where things stand on 2016-01" in told.stdout
    assert "The next years, quiet" in told.stdout
    assert "2015-07-07 (P6)" in told.stdout
    assert "<svg" in plot.read_text()
    given = CliRunner().invoke(app, [*words, "--json", "--quiet"], catch_exceptions=False)
    facts = json.loads(given.stdout)
    assert (facts["schema"], facts["at"], facts["ledger"]) == (1, "2016-01", "harbour-ledger")
    assert set(facts["outlooks"]) == {"quiet"}
    assert given.stderr == ""


def test_the_bundled_argument_stands_somewhere() -> None:
    argument = reassure.load("easley2007-formula")
    found = argument.nowcast("2018-06", scenarios=8, replications=2, years=1, policies=["managed"])
    assert set(found.moves) == {belief.name for belief in argument.model.beliefs}
    seen = {move.evidence: move.happened for move in found.moves["seoul_fear"]}
    assert seen["preemption_talk"] == ("2017-06-20 (E2017-03)",)
    posture = [x for x in found.outlooks["managed"].decisions if x.choice == "japan_posture"]
    assert sum(x.now for x in posture) == pytest.approx(1)
