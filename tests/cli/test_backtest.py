"""``reassure backtest`` on a model and a ledger of one's own."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.history.backtest.small import ledger_folder, model_file
from typer.testing import CliRunner

import reassure
from reassure.cli import app

QUICK = ["--origins", "2000,2006", "--horizon", "3y", "--draws", "100", "--quiet"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ledger_folder(tmp_path / "small")
    model_file(tmp_path)
    return tmp_path


def invoke(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["backtest", *words])
    assert result.exit_code == code, result.output
    return result


def test_the_table_names_each_target_and_how_it_was_made(here: Path) -> None:
    said = invoke("small.yaml", *QUICK).stdout
    for name in ("rows", "poll", "meetings", "spear"):
        assert f"\n{name}\t" in said
    assert "small at 2000: prior: nothing had been observed." in said
    assert "small at 2006: normal approximation" in said


def test_other_programs_get_every_number(here: Path) -> None:
    found = json.loads(invoke("small.yaml", *QUICK, "--json").stdout)
    assert found["schema"] == 1
    assert {item["way"] for item in found["learning"]} == {"prior", "normal approximation"}
    rows = list(csv.DictReader(io.StringIO(invoke("small.yaml", *QUICK, "--csv").stdout)))
    assert len(rows) == len(found["rows"])
    again = reassure.load("small.yaml").backtest(["2000", "2006"], "3y", draws=100)
    assert again.as_json() == found


def test_a_folder_keeps_forecasts_and_the_report(here: Path) -> None:
    result = CliRunner().invoke(
        app, ["backtest", "small.yaml", *QUICK[:-1], "--out", "kept", "--target", "rows"]
    )
    assert result.exit_code == 0, result.output
    assert "kept/report.md" in result.stderr
    names = {path.name for path in Path("kept").iterdir()}
    assert names == {"forecasts", "report.md", "scores.csv", "skill.svg", "fans.svg", "pit.svg"}
    assert sorted(path.name for path in Path("kept/forecasts").iterdir()) == [
        "small@2000.json", "small@2006.json",
    ]  # fmt: skip
    said = invoke("small.yaml", *QUICK, "--out", "kept", code=2).stderr
    assert "another measurement" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--origins", "1990"], "before the model's start"),
        (["--origins", "2006,2000"], "does not come after 2006"),
        (["--origins", "2030"], "nothing that came after the origin 2030"),
        (["--origins", "x"], "is not a date"),
        (["--origins", "2006", "--horizon", "soon"], "--horizon soon"),
        (["--origins", "2006", "--target", "row"], "did you mean 'rows'"),
        (["--origins", "2006", "--policy", "as-it-happened"], "nobody knew"),
        (["--origins", "2006", "--policy", "nosuch"], "nosuch"),
        (["--origins", "2006", "--json", "--csv"], "exclude each other"),
        (["--origins", "2006", "--fit"], "add --out DIR"),
        (["--origins", "2006", "--posterior", "nowhere"], "holds no fit"),
        (["--origins", "2006", "--ledger", "nosuch"], "nosuch"),
    ],
)
def test_a_users_mistake_is_one_message(here: Path, words: list[str], said: str) -> None:
    result = invoke("small.yaml", "--quiet", "--draws", "100", *words, code=2)
    assert said in result.stderr
    assert "—" in result.stderr


def test_an_origin_before_the_ledger_is_refused(here: Path) -> None:
    text = (
        Path("small.yaml")
        .read_text()
        .replace("start: 2000-01, years: 20", "start: 1990-01, years: 30")
    )
    Path("early.yaml").write_text(text)
    said = invoke("early.yaml", "--origins", "1993", code=2).stderr
    assert "before the coverage of the ledger small, which begins 1995-01" in said


def test_a_model_of_which_nothing_is_measured_is_refused(here: Path) -> None:
    said = invoke("richardson", "--origins", "2006", "--ledger", "small", code=2).stderr
    assert "has no target" in said
