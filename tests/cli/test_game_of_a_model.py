"""A model's games at a moment of a future: what other programs rely on, and what is wrong said in a line."""

# ruff: noqa: E501
from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import reassure
from reassure.cli import app
from reassure.model.game_files import read_game
from reassure.study.running import replay

MODEL = """language: 1
title: Quarrels
time: {start: 2026-01, years: 3, step: month}
actors: {AAA: Ally, RIV: Rival}
parameters:
  sharp: {prior: {uniform: [20, 40]}, because: a guess}
  resolve: {prior: {uniform: [0.2, 0.8]}, because: a guess}
  price: {prior: {uniform: [1, 9]}, unit: USD, because: a guess}
stocks:
  anger: {initial: 0, change: "q(1, '1/year') - anger / q(2, 'year')", bounds: [0, 5]}
levers:
  calming: {range: [0, 1], default: 0, actor: AAA}
policies:
  none: {set: {calming: 0}}
  calm: {set: {calming: 1}}
games:
  probe:
    because: what quarrels come to
    players: {RIV: sharp, AAA: sharp}
    moves:
      strike: {actor: RIV, options: [refrain, hit]}
      answer: {actor: AAA, options: [absorb, retaliate], if: strike.hit}
    payoffs:
      RIV: 50 + (10 + anger - 4 * calming) * answer.absorb - 30 * answer.retaliate
      AAA: 50 - 20 * answer.absorb - 40 * (1 - resolve) * answer.retaliate
    results:
      tried: strike.hit
      borne: {value: answer.absorb, given: strike.hit}
      spent: {value: price * strike.hit, unit: USD}
    perceives:
      RIV: {set: {resolve: 0.9}, because: it fears the ally}
    variants:
      firm: {set: {resolve: 1}, because: a guess}
    appraise: {every: 1 year}
auxiliaries:
  worry: probe.tried + probe.RIV.tried + probe.firm.tried
outcomes:
  worried: {mean: worry}
"""


def invoke(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["game", *words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quarrels.yaml").write_text(MODEL)
    return tmp_path


GAME = "quarrels.yaml:probe"


def solved(*words: str) -> Any:
    return json.loads(invoke("solve", GAME, "--json", *words).stdout)


def test_solve_has_its_contract() -> None:
    found = solved("--at", "calm,3,1,2027-06")
    assert list(found) == [
        "schema", "game", "rationality", "profile", "values", "residual", "flags", "outcomes",
        "results", "view", "at",
    ]  # fmt: skip
    assert found["view"] == "true"
    assert found["at"] == {
        "policy": "calm", "scenario": 3, "replication": 1, "step": 17, "date": "2027-06", "seed": 0,
        "design": "sobol",
    }  # fmt: skip
    assert 20 <= found["rationality"]["RIV"] <= 40  # per 100 points
    assert list(found["outcomes"]) == ["refrain", "hit, absorb", "hit, retaliate"]
    assert found["results"]["tried"] == pytest.approx(found["profile"]["RIV"]["strike"]["hit"])
    assert found["results"]["payoff.RIV"] == pytest.approx(found["values"]["RIV"])
    assert found["residual"] < 1e-9


@pytest.mark.parametrize(("view", "name"), [("actual", "probe.tried"), ("RIV", "probe.RIV.tried")])
@pytest.mark.parametrize("step", [0, 12, 24])
def test_it_is_the_game_of_that_moment(view: str, name: str, step: int) -> None:
    model = reassure.load("quarrels.yaml").model
    future = replay(model, policy="calm", scenario=5, replication=2, seed=7)
    alone = solved("--at", f"calm,5,2,{step}", "--seed", "7", "--view", view)
    assert alone["results"]["tried"] == pytest.approx(future.paths[name][step], rel=1e-4)


def test_views_differ_as_they_should() -> None:
    found = {
        view: solved("--view", view)
        for view in ("true", "RIV", "AAA", "actual", "firm", "firm.RIV")
    }
    same = ("profile", "values")
    assert [found["AAA"][key] for key in same] == [found["true"][key] for key in same]
    assert (
        found["firm"]["profile"] == found["firm.RIV"]["profile"]
    )  # what a variant sets is not misperceived
    assert found["RIV"]["profile"] != found["true"]["profile"]
    actual = found["actual"]
    assert actual["profile"]["RIV"] == found["RIV"]["profile"]["RIV"]
    assert actual["profile"]["AAA"] == found["true"]["profile"]["AAA"]
    assert solved("--view", ".RIV")["view"] == "RIV"
    said = invoke("solve", GAME, "--view", "actual").stdout
    assert "none, scenario 0, replication 0, 2026-01 (the first; choose with --at)" in said
    assert "view: actual: each player moves by its own game (RIV misperceive)" in said
    assert "per 100 points" in said


def test_rationality_is_per_100_points() -> None:
    own = solved()
    levels = ",".join(f"{player}={level!r}" for player, level in own["rationality"].items())
    assert solved("--rationality", levels)["profile"] == own["profile"]
    assert solved("--rationality", "0")["profile"]["RIV"]["strike"]["hit"] == 0.5
    partly = solved("--rationality", "RIV=0")
    assert partly["profile"]["RIV"]["strike"]["hit"] == 0.5
    assert partly["profile"]["AAA"] == own["profile"]["AAA"]


def test_a_setting_reaches_the_game() -> None:
    low, high = (
        solved("--set", f"resolve={value}")["profile"]["AAA"]["answer"] for value in (0.1, 0.9)
    )
    assert low["retaliate"] < high["retaliate"]


def test_sweep_over_a_quantity_maps_results() -> None:
    text = invoke("sweep", GAME, "--vary", "resolve=0:1:3", "--of", "tried", "--of", "AAA:answer@retaliate",
                  "--of", "strike.hit", "--of", "spent").stdout  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["resolve"]) for row in rows] == [0, 0.5, 1]
    for row in rows:
        one = solved("--set", f"resolve={row['resolve']}")
        assert float(row["tried"]) == pytest.approx(one["results"]["tried"], rel=1e-5)
        assert float(row["strike.hit"]) == pytest.approx(float(row["tried"]))
        assert float(row["spent"]) == pytest.approx(one["results"]["spent"], rel=1e-5)
        assert float(row["AAA:answer@retaliate"]) == pytest.approx(
            one["profile"]["AAA"]["answer"]["retaliate"], rel=1e-5
        )
    default = invoke(
        "sweep", GAME, "--vary", "sharp=0:50:2", "--vary", "resolve=0:1:2", "--view", "actual"
    ).stdout
    assert default.splitlines()[0] == "sharp,resolve,tried,borne,spent,flag"
    assert float(default.splitlines()[1].split(",")[2]) == 0.5


def test_show_trace_and_convert(folder: Path) -> None:
    said = invoke("show", GAME, "--at", "calm").stdout
    assert "RIV [strike]" in said
    assert "calm, scenario 0, replication 0, 2026-01" in said
    invoke("show", GAME, "--out", "tree.svg")
    assert "retaliate  0." in (folder / "tree.svg").read_text()
    rows = list(csv.DictReader(io.StringIO(invoke("trace", GAME, "--upto", "30").stdout)))
    assert float(rows[-1]["rationality"]) == pytest.approx(30)
    at_end = solved("--rationality", "30")["profile"]["RIV"]["strike"]["hit"]
    assert float(rows[-1]["RIV|strike|hit"]) == pytest.approx(at_end, abs=1e-6)
    invoke("convert", GAME, "--out", "probe.efg")
    assert read_game(folder / "probe.efg").tree.players == ("RIV", "AAA")


def test_nash_beside_it() -> None:
    found = solved("--nash")
    assert found["nash"]["method"] == "backward induction"
    assert found["view"] == "true"


def test_in_python() -> None:
    argument = reassure.load("quarrels.yaml")
    found = argument.game("probe", "calm", 3, 1, "2027-06", view="RIV")
    alone = solved("--at", "calm,3,1,2027-06", "--view", "RIV")
    assert found.as_json() == {**alone, "game": "probe"}
    assert "RIV [strike]" in found.draw()
    assert found._repr_html_().startswith("<figure><svg")
    assert argument.game("probe", rationality={"RIV": 0}).profile["RIV"]["strike"]["hit"] == 0.5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("quarrels.yaml:prob",), "'prob' is no game of quarrels — did you mean 'probe'?"),
        (("quarels.yaml:probe",), "there is no model 'quarels.yaml'"),
        ((GAME, "--at", "clam"), "'clam' is no policy"),
        ((GAME, "--at", "calm,x"), "--at has 'x' for the scenario"),
        ((GAME, "--at", "calm,0,0,2040-01"), "lies outside the run"),
        ((GAME, "--at", "calm,0,0,37"), "'37' lies outside of the run"),
        ((GAME, "--at", "calm,0,0,soon"), "'soon' is not a date"),
        ((GAME, "--at", "calm,0,0,0,1"), "has 5 parts"),
        ((GAME, "--view", "firn"), "--view has 'firn', which is no view of the game — did you mean 'firm'?"),
        ((GAME, "--view", "firm.USA"), "--view has 'USA'"),
        ((GAME, "--rationality", "-1"), "is not a finite number of at least 0"),
        ((GAME, "--nash", "--view", "actual"), "each player has a game of its own"),
        ((GAME, "--set", "x=1"), "'x' is neither a parameter nor a lever"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(words: tuple[str, ...], message: str) -> None:
    result = invoke("solve", *words, code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--vary", "resolv=0:1"), "'resolv' does not matter in probe as seen by true — did you mean 'resolve'?"),
        (("--vary", "resolve=0:1", "--view", "firm"), "it is replaced there by what the view sets"),
        (("--vary", "sharp=-5:1"), "a rationality is negative in this range"),
        (("--vary", "resolve=0:1", "--of", "tryed"), "the game has no result, move or end 'tryed' — did you mean 'tried'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_sweep(words: tuple[str, ...], message: str) -> None:
    assert message in invoke("sweep", GAME, *words, code=2).stderr
