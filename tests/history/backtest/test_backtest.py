"""A backtest as a whole: scores, words, ties, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.history.backtest.small import ledger, model_file

from reassure.history.backtest import Backtest, Plan, run_backtest
from reassure.history.backtest.result import TIE, UNSHARED
from reassure.history.backtest.scoring import Row
from reassure.history.scores import UNTOLD
from reassure.model.mistakes import UsageError
from reassure.report.backtest_pictures import pictures, write_report
from reassure.report.backtest_report import facts, sections, sentences, summary

QUICK = Plan(draws=150, seed=2)
ORIGINS = ("2000", "2006", "2012")

RIVAL = """
language: 1
extends: small.yaml
title: Many clashes
parameters:
  base: {prior: {lognormal: {median: 60, p95: 90}}, unit: 1/year, because: seen, known_by: 2010-01}
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    rival = folder / "rival.yaml"
    rival.write_text(RIVAL)
    return model_file(folder), rival


@pytest.fixture(scope="module")
def found(paths: tuple[Path, Path]) -> Backtest:
    return run_backtest(paths, ORIGINS, "5y", ledger=ledger(), plan=QUICK)


def test_learning_makes_forecasts_better(found: Backtest) -> None:
    """Clashes come six times a year; the prior of the first origin does not know it."""
    rows = [row for row in found.rows if row.by == "small" and row.target == "rows"]
    early = np.mean([row.crps for row in rows if row.origin == "2000"])
    later = np.mean([row.crps for row in rows if row.origin == "2012"])
    assert later < early
    assert np.mean([row.mean for row in rows if row.origin == "2012"]) == pytest.approx(
        1.5, abs=0.4
    )
    assert [part.way for part in found.parts if part.reading == "small"] == [
        "prior", "normal approximation", "normal approximation",
    ]  # fmt: skip


def test_a_wrong_rival_loses_and_readings_that_are_the_same_tie(found: Backtest) -> None:
    same = {part.origin: part.same_as for part in found.parts if part.reading == "rival"}
    assert same == {"2000": "small", "2006": "small", "2012": ""}
    standing = found.standing("rival", "rows")
    paired = standing.rivals["small"]
    assert not isinstance(paired, str)
    assert paired.difference > 0  # a higher loss
    assert standing.crps == pytest.approx(paired.ours)


def test_readings_that_are_always_the_same_are_called_a_tie(paths: tuple[Path, Path]) -> None:
    tied = run_backtest(paths, ("2000", "2006"), "3y", ledger=ledger(), plan=QUICK)
    assert tied.standing("rival").rivals == {"small": TIE}
    assert "| rival |" in sections(tied)
    assert "| tie |" in sections(tied)


def test_a_reading_that_has_not_run_is_no_tie(paths: tuple[Path, Path], tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    cut = run_backtest(paths, ["2000"], "3y", ledger=ledger(), plan=QUICK, progress=stop)
    assert cut.standing("rival").rivals == {"small": UNSHARED}
    assert cut.standing("small").rivals == {"rival": UNSHARED}
    page = sections(cut)
    assert "tie |" not in page
    assert "### rival\n\nNothing to compare with small." in page
    told = [item for item in cut.as_json()["standings"] if item["reading"] == "rival"]
    assert {item["rivals"]["small"] for item in told} == {UNSHARED}
    write_report(cut, tmp_path)


def test_chains_that_do_not_converge_leave_the_rest_to_be_scored(
    paths: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next run goes on with them: nothing is kept of them."""
    from reassure.history.backtest import running
    from reassure.history.backtest.learning import Unconverged, approximated

    stuck = {"2006"}

    def fitted(seen, held, folder, count, seed):  # type: ignore[no-untyped-def]
        if seen.origin.label in stuck:
            raise Unconverged("the chains did not converge: R-hat", "draw on")
        return approximated(seen, count, seed)

    monkeypatch.setattr(running, "fitted", fitted)
    plan = Plan(draws=150, seed=2, fit=True)
    first = run_backtest(paths[:1], ORIGINS, "5y", ledger=ledger(), plan=plan, out=tmp_path)
    assert {row.origin for row in first.rows if row.by == "small"} == {"2000", "2012"}
    assert "small at 2006: Markov chains: the chains did not converge: R-hat; draw on." in facts(
        first
    )
    write_report(first, tmp_path / "report")
    stuck.clear()
    second = run_backtest(paths[:1], ORIGINS, "5y", ledger=ledger(), plan=plan, out=tmp_path)
    assert {row.origin for row in second.rows if row.by == "small"} == set(ORIGINS)
    stuck.add("2015")
    with pytest.raises(UsageError, match="did not converge"):
        run_backtest(paths[:1], ["2015"], "5y", ledger=ledger(), plan=plan, out=tmp_path)


def test_forecasts_of_another_fit_are_not_taken_up(
    paths: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reassure.history.backtest import running
    from reassure.history.backtest.learning import approximated

    monkeypatch.setattr(
        running, "kept", lambda seen, held, folder, count, seed: approximated(seen, count, seed)
    )
    path = tmp_path / "fits" / "small@2006" / "fit.json"
    path.parent.mkdir(parents=True)
    path.write_text("one")
    plan = Plan(draws=150, posterior=tmp_path / "fits")

    def run() -> None:
        out = tmp_path / "out"
        run_backtest(paths[:1], ["2006"], "2y", ledger=ledger(), plan=plan, out=out)

    run()
    run()
    path.write_text("another")
    with pytest.raises(UsageError, match="holds a backtest with another posterior"):
        run()


def test_years_are_clusters_and_few_of_them_cannot_tell(found: Backtest) -> None:
    standing = found.standing("small", "poll")
    assert standing.paired is not None
    assert standing.paired.clusters == 15
    assert found.standing("small", "spear").verdict == UNTOLD
    assert all(item.adjusted >= item.paired.p for item in found.standings("small") if item.paired)


def test_words_tell_how_it_was_made(found: Backtest) -> None:
    said = "\n".join([*facts(found), *sentences(found, "small"), summary(found, "small")])
    assert "levers stay as they were at the origin" in said
    assert "independent: that is an assumption" in said
    assert "the same model as small" in said
    assert "mood in polls (poll): " in said
    assert "the best baseline of each target" in said


def test_every_number_can_be_taken_away(found: Backtest, tmp_path: Path) -> None:
    data = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert len(data["rows"]) == len(found.rows)
    lines = found.as_csv().splitlines()
    assert len(lines) == len(found.rows) + 1
    assert lines[0].startswith("by,origin,target,period,year,observed")
    write_report(found, tmp_path / "report")
    page = (tmp_path / "report" / "report.md").read_text()
    for name in pictures(found):
        assert f"({name}.svg)" in page
        assert (tmp_path / "report" / f"{name}.svg").read_text().startswith("<svg")


def test_a_row_survives_the_disk() -> None:
    row = Row("a", "2000", "t", "2001", 2001, 1.0, (0.0,) * 5, 1.0, 0.5, np.inf, None, 0.1, 0.2)
    assert Row.from_json(json.loads(json.dumps(row.as_json()))) == row


def test_what_is_finished_is_taken_up(
    paths: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    first = run_backtest(
        paths[:1], ORIGINS, "5y", ledger=ledger(), plan=QUICK, out=tmp_path, progress=stop
    )
    assert not first.complete
    assert [part.origin for part in first.parts] == ["2000", "2006"]
    assert any("STOPPED EARLY: 2 of 3" in line for line in facts(first))
    made: list[str] = []
    from reassure.history.backtest import running

    real = running.forecasts

    def counting(seen, *rest, **more):  # type: ignore[no-untyped-def]
        made.append(seen.origin.label)
        return real(seen, *rest, **more)

    monkeypatch.setattr(running, "forecasts", counting)
    second = run_backtest(paths[:1], ORIGINS, "5y", ledger=ledger(), plan=QUICK, out=tmp_path)
    assert made == ["2012"]
    assert second.complete
    again = run_backtest(paths[:1], ORIGINS, "5y", ledger=ledger(), plan=QUICK)
    assert second.rows == again.rows


@pytest.mark.parametrize("change", ["seed", "ledger", "model"])
def test_a_folder_of_something_else_is_refused(
    paths: tuple[Path, Path], tmp_path: Path, change: str
) -> None:
    path, whole, plan = paths[0], ledger(), QUICK
    run_backtest([path], ["2000"], "2y", ledger=whole, plan=plan, out=tmp_path)
    if change == "seed":
        plan = Plan(draws=150, seed=3)
    elif change == "ledger":
        whole = ledger(seed=9)
    else:
        path = model_file(tmp_path, "small", lambda text: text.replace("mean: -4", "mean: -3"))
    with pytest.raises(UsageError, match=f"holds a backtest with another .*{change}"):
        run_backtest([path], ["2000"], "2y", ledger=whole, plan=plan, out=tmp_path)


def test_the_future_policy_is_not_for_forecasts(paths: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="cannot follow as-it-happened"):
        Plan(policy="as-it-happened")
    with pytest.raises(UsageError, match="exclude each other"):
        Plan(fit=True, posterior=Path("x"))
    with pytest.raises(UsageError, match="has no target rooms"):
        run_backtest(paths[:1], ["2000"], ledger=ledger(), plan=Plan(targets=("rooms",)))
    with pytest.raises(UsageError, match="given twice"):
        run_backtest([paths[0], paths[0]], ["2000"], ledger=ledger(), plan=QUICK)
    with pytest.raises(UsageError, match="--fit needs a folder"):
        run_backtest(paths[:1], ["2000"], ledger=ledger(), plan=Plan(fit=True))


def test_one_target_alone_is_scored_and_all_still_teach(
    paths: tuple[Path, Path], found: Backtest
) -> None:
    plan = Plan(draws=150, seed=2, targets=("rows",))
    one = run_backtest(paths[:1], ORIGINS, "5y", ledger=ledger(), plan=plan)
    assert one.targets == ("rows",)
    assert [row for row in one.rows if row.by == "small"] == [
        row for row in found.rows if row.by == "small" and row.target == "rows"
    ]
