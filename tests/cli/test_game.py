"""The commands on one game: what other programs rely on, and what is said when something is wrong."""

# ruff: noqa: E501
from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reassure.cli import app
from reassure.model.game_files import read_game

ENTRY = """EFG 2 R "Entry deterrence" { "Entrant" "Incumbent" }
"the chain-store stage game"
p "" 1 1 "enter?" { "In" "Out" } 0
p "" 2 1 "" { "Fight" "Yield" } 0
t "" 1 "war" { -1, -1 }
t "" 2 "share" { 1, 1 }
t "" 3 "alone" { 0, 2 }
"""
CHICKEN = """NFG 1 R "Chicken" { "A" "B" } { { "dare" "swerve" } { "dare" "swerve" } }
-10 -10 -1 1 1 -1 0 0
"""
COIN = """EFG 2 R "A coin" { "A" "B" }
c "" 1 "" { "heads" 1/3 "tails" 2/3 } 0
p "" 1 1 "" { "left" "right" } 0 t "" 1 "" { 1 0 } t "" 2 "" { 0 0 }
p "" 1 2 "" { "left" "right" } 0 t "" 3 "" { 2 0 } t "" 0
"""


def invoke(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["game", *words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"entry.efg": ENTRY, "chicken.nfg": CHICKEN, "coin.efg": COIN}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def solved(*words: str) -> Any:
    return json.loads(invoke("solve", *words, "--json").stdout)


def test_solve_has_its_contract() -> None:
    found = solved("entry.efg", "--rationality", "2")
    assert list(found) == [
        "schema", "game", "rationality", "profile", "values", "residual", "flags", "outcomes",
    ]  # fmt: skip
    yield_ = 1 / (1 + math.exp(-2 * 2))
    enter = 1 / (1 + math.exp(-2 * (2 * yield_ - 1)))
    assert found["game"] == "entry.efg"
    assert found["rationality"] == 2
    assert set(found["profile"]) == {"Entrant", "Incumbent"}
    assert found["profile"]["Entrant"]["enter?"]["In"] == pytest.approx(enter, abs=1e-9)
    assert found["profile"]["Incumbent"]["Incumbent:1"]["Yield"] == pytest.approx(yield_, abs=1e-9)
    assert found["values"]["Entrant"] == pytest.approx(enter * (2 * yield_ - 1))
    assert found["residual"] < 1e-9
    assert found["flags"] == []
    assert list(found["outcomes"]) == ["war", "share", "alone"]
    assert found["outcomes"]["alone"] == pytest.approx(1 - enter)


def test_several_files_give_a_line_each_in_order() -> None:
    lines = invoke("solve", "coin.efg", "entry.efg", "chicken.nfg", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [item["game"] for item in found] == ["coin.efg", "entry.efg", "chicken.nfg"]
    assert list(found[0]["outcomes"]) == ["1", "2", "3", "4"]
    assert found[0]["profile"] == {
        "A": {
            "A:1": pytest.approx({"left": 1 / (1 + math.exp(-1)), "right": 1 / (1 + math.e)}),
            "A:2": pytest.approx({"left": 1 / (1 + math.exp(-2)), "right": 1 / (1 + math.exp(2))}),
        },
        "B": {},
    }


def test_a_rationality_for_each_player() -> None:
    found = solved("entry.efg", "--rationality", "Entrant=4,Incumbent=0")
    assert found["rationality"] == {"Entrant": 4, "Incumbent": 0}
    assert found["profile"]["Incumbent"]["Incumbent:1"]["Yield"] == pytest.approx(0.5)
    assert found["profile"]["Entrant"]["enter?"]["In"] == pytest.approx(0.5)
    partly = solved("entry.efg", "--rationality", "Entrant=4")
    assert partly["rationality"] == {"Entrant": 4, "Incumbent": 1}


def test_nash_says_how_it_was_found() -> None:
    found = solved("entry.efg", "--nash")
    assert found["rationality"] is None
    assert found["profile"]["Entrant"]["enter?"]["In"] == pytest.approx(1)
    assert found["nash"]["method"] == "backward induction"
    several = solved("chicken.nfg", "--nash")["nash"]["equilibria"]
    assert len(several) == 3
    assert invoke("solve", "chicken.nfg", "--nash").stdout.count("Nash equilibrium") == 3


def test_the_default_rationality_is_said_with_its_unit() -> None:
    text = invoke("solve", "entry.efg").stdout
    assert "rationality 1 per unit of the file's payoffs (the default)" in text
    assert "Incumbent\tIncumbent:1\tYield\t0.881" in text  # plain in a pipe
    assert "war\t" in text


def test_a_game_in_which_nobody_moves(folder: Path) -> None:
    (folder / "x.efg").write_text(
        'EFG 2 R "" { "A" } c "" 1 "" { "a" 1/4 "b" 3/4 } 0 t "" 1 "" { 4 } t "" 0'
    )
    found = solved("x.efg")
    assert found["values"] == {"A": 1.0}
    assert found["outcomes"] == {"1": 0.25, "2": 0.75}
    assert "nobody moves" in invoke("trace", "x.efg", code=2).stderr


def test_show_prints_and_draws(folder: Path) -> None:
    text = invoke("show", "entry.efg").stdout
    assert "2 players, 2 information sets, 3 ends, perfect information" in text
    assert "└─ Out  →  (0, 2)  alone" in text
    assert "In  0." in invoke("show", "entry.efg", "--rationality", "2").stdout
    invoke("show", "entry.efg", "--out", "tree.svg", "--rationality", "2")
    assert "In  0." in (folder / "tree.svg").read_text()
    invoke("show", "entry.efg", "--out", "tree.png")
    assert (folder / "tree.png").read_bytes().startswith(b"\x89PNG")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_trace_follows_the_branch(folder: Path) -> None:
    found = rows(invoke("trace", "chicken.nfg", "--upto", "0.8").stdout)
    assert list(found[0]) == [
        "rationality",
        "fold",
        *(f"{p}|{p}:1|{a}" for p in "AB" for a in ("dare", "swerve")),
    ]
    assert float(found[0]["rationality"]) == 0
    assert float(found[0]["A|A:1|dare"]) == pytest.approx(0.5)
    assert float(found[-1]["rationality"]) == pytest.approx(0.8)
    at_end = solved("chicken.nfg", "--rationality", "0.8")["profile"]["A"]["A:1"]["dare"]
    assert float(found[-1]["A|A:1|dare"]) == pytest.approx(at_end, abs=1e-6)
    invoke("trace", "chicken.nfg", "--upto", "A=1,B=0.5", "--out", "branch.svg")
    assert "dare" in (folder / "branch.svg").read_text()
    own = rows(invoke("trace", "chicken.nfg", "--upto", "A=1,B=0.5").stdout)
    assert float(own[-1]["rationality|B"]) == pytest.approx(0.5)


def test_sweep_over_a_payoff_and_over_a_chance(folder: Path) -> None:
    found = rows(
        invoke("sweep", "entry.efg", "--vary", "Incumbent@war=-3:3:4", "--of", "Incumbent@Fight",
               "--of", "war", "--of", "value@Entrant", "--rationality", "2").stdout
    )  # fmt: skip
    assert [float(row["Incumbent@war"]) for row in found] == [-3, -1, 1, 3]
    for row in found:
        fight = 1 / (1 + math.exp(-2 * (float(row["Incumbent@war"]) - 1)))
        assert float(row["Incumbent@Fight"]) == pytest.approx(fight)
        assert row["flag"] == "0"
    one = solved("entry.efg", "--rationality", "2")
    assert float(found[1]["war"]) == pytest.approx(one["outcomes"]["war"])
    assert float(found[1]["value@Entrant"]) == pytest.approx(one["values"]["Entrant"])
    coin = rows(
        invoke("sweep", "coin.efg", "--vary", "chance@heads=0:1:3", "--vary", "A@1=0:1:2").stdout
    )
    assert len(coin) == 6
    for row in coin:
        assert float(row["1"]) + float(row["2"]) == pytest.approx(float(row["chance@heads"]))
    for suffix in ("svg", "png", "csv"):
        invoke("sweep", "coin.efg", "--vary", "chance@heads=0:1", "--out", f"line.{suffix}")
        invoke(
            "sweep",
            "coin.efg",
            "--vary",
            "chance@heads=0:1:5",
            "--vary",
            "A@1=0:1:4",
            "--out",
            f"map.{suffix}",
        )
        assert (folder / f"map.{suffix}").stat().st_size > 100


def test_convert_to_the_other_format(folder: Path) -> None:
    invoke("convert", "entry.efg", "--out", "entry.nfg")
    assert read_game(folder / "entry.nfg").tree.information_sets[0].actions == ("In", "Out")
    invoke("convert", "chicken.nfg", "--out", "deep/chicken.efg")
    assert (
        read_game(folder / "deep" / "chicken.efg").payoffs
        == read_game(folder / "chicken.nfg").payoffs
    )


def test_estimate_prints_a_table_and_json(folder: Path) -> None:
    (folder / "game.yaml").write_text(
        "title: Crises\nplayers: [A, B]\n"
        "moves:\n  go: {player: A, options: {stay: quiet, go: answer}}\n"
        "  answer: {player: B, options: {yield: gain, fight: war}}\n"
        "payoffs:\n  A: {gain: 1, war: {cost: 1}}\n  B: {war: {resolve: 1, slope: x}}\nobserved: y\n"
    )
    lines = ["y,x"] + [
        f"{y},{x}"
        for y, x in [
            ("quiet", 0),
            ("gain", -1),
            ("war", 1),
            ("war", 0),
            ("quiet", 1),
            ("gain", 0.5),
        ]
        * 9
    ]
    (folder / "data.csv").write_text("\n".join(lines))
    text = invoke("estimate", "game.yaml", "data.csv", "--starts", "1").stdout
    assert "logit, agent error; 54 observations: quiet 18, gain 18, war 18" in text
    assert "coefficient\testimate\terror\tz\tp" in text
    found = json.loads(
        invoke("estimate", "game.yaml", "data.csv", "--starts", "1", "--json").stdout
    )
    assert list(found["coefficients"]) == ["cost", "resolve", "slope"]
    assert found["fitted"]["quiet"] == pytest.approx(1 / 3, abs=0.05)
    assert found["observations"] == 54
    (folder / "data.csv").write_text("y,x\nquiet,a\n")
    assert (
        "data.csv:2:2: x: 'a' is not a finite number"
        in invoke("estimate", "game.yaml", "data.csv", code=2).stderr
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("solve", "none.efg"), "none.efg:1:1: this file cannot be read"),
        (("solve", "easley2007"), "'easley2007' is no game file"),
        (("solve", "entry.efg", "--rationality", "-1"), "rationality '-1' is not a finite number of at least 0"),
        (("solve", "entry.efg", "--rationality", "inf"), "rationality 'inf' is not a finite number of at least 0"),
        (("solve", "entry.efg", "--rationality", "Entrnt=1"), "the game has no player 'Entrnt' — did you mean 'Entrant'?"),
        (("solve", "entry.efg", "--rationality", "Entrant=1,2"), "--rationality has '2' without a player"),
        (("solve", "entry.efg", "--rationality", "1", "--nash"), "--nash and --rationality exclude each other"),
        (("solve", "entry.efg", "--at", "drift,0,0,5"), "--at names a moment of a model"),
        (("show", "entry.efg", "--out", "tree.pdf"), "'.pdf' is no format for pictures — write to .svg or .png"),
        (("trace", "entry.efg", "--out", "x.txt"), "cannot write x.txt — write to .csv, .svg or .png"),
        (("sweep", "entry.efg", "--vary", "Entrant@war"), "is not WHAT=FROM:TO or WHAT=FROM:TO:STEPS"),
        (("sweep", "entry.efg", "--vary", "Entrant@wor=0:1"), "the game has no end 'wor' — did you mean 'war'?"),
        (("sweep", "entry.efg", "--vary", "Nobody@war=0:1"), "names none of Entrant, Incumbent, chance before '@'"),
        (("sweep", "entry.efg", "--vary", "Entrant@war=0:nan"), "the range is empty or not finite"),
        (("sweep", "coin.efg", "--vary", "chance@heads=0:2"), "a probability is from 0 to 1"),
        (("sweep", "coin.efg", "--vary", "chance@edge=0:1"), "no move of chance has the action 'edge'"),
        (("sweep", "coin.efg", "--vary", "A@1=0:1", "--of", "A@left"), "--of 'A@left' could be at any of 'A:1', 'A:2'"),
        (("sweep", "coin.efg", "--vary", "A@1=0:1", "--vary", "A@1=0:1"), "both --vary set the same number"),
        (("convert", "entry.efg", "--out", "x.gbt"), "'.gbt' is no format for games"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(words: tuple[str, ...], message: str) -> None:
    result = invoke(*words, code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_mistakes_of_all_files_are_said(folder: Path) -> None:
    (folder / "a.efg").write_text('EFG 2 R "" { "A" } t "" 1 "" { nan }')
    (folder / "b.efg").write_text('EFG 2 R "" { "A" }\nc "" 1 "" { "x" 0.4 "y" 0.5 } 0')
    said = invoke("solve", "a.efg", "entry.efg", "b.efg", code=2).stderr
    assert "a.efg:1:32: expected the payoff of 'A', found 'nan'" in said
    assert "b.efg:2:11: the probabilities add up to 0.9, not to 1" in said


def test_imperfect_recall_is_refused(folder: Path) -> None:
    (folder / "r.efg").write_text(
        'EFG 2 R "" { "A" } p "" 1 1 "" { "x" "y" } 0 t "" 1 "" { 3 } p "" 1 1 0 t "" 0 t "" 0'
    )
    assert "imperfect recall" in invoke("solve", "r.efg", code=2).stderr
