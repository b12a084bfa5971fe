"""What a person sees: tables that fit, bars after two seconds, options that every command understands."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reassure.cli import app
from reassure.cli.progress import progress_bar
from reassure.cli.tables import table

COLUMNS = ("no.", "claim", "verdict", "where it fails")
LONG = "fails mainly where a_parameter_of_some_length is high (above 2.2 1/year)"
ROWS = [("1", "a_claim_whose_name_is_long", "mostly holds", LONG), ("", "b", "holds", "")]


class Terminal:
    """Standard output or error that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.written = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass


def seen(monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", Terminal())
    drawn = table("Claims", COLUMNS, ROWS, numeric=("no.",))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", drawn)  # bold is no colour
    return re.sub(r"\x1b\[[0-9;]*m", "", drawn)


@pytest.mark.parametrize("width", [30, 50, 80, 100, 160])
def test_a_table_fits_and_breaks_no_name(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    text = seen(monkeypatch, width)
    assert max(map(len, text.splitlines())) <= width
    assert "a_claim_whose_name_is_long" in text
    assert "mostly holds" in text or width < 40
    assert "…" not in text
    assert "".join(LONG.split()) in "".join(text.split()) or width >= 80


def test_a_wide_terminal_has_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line for line in seen(monkeypatch, 160).splitlines() if "no.  claim" in line]


def test_a_pipe_gets_tabs() -> None:
    lines = table("Claims", COLUMNS, ROWS, numeric=("no.",)).splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    assert lines[1].split("\t") == list(ROWS[0])


def test_no_bar_where_nobody_watches() -> None:
    with progress_bar("running", quiet=True) as progress:
        assert progress is None
    with progress_bar("running") as progress:  # standard error is no terminal here
        assert progress is None


def wait_for(text: str, terminal: Terminal) -> None:
    """A busy machine may wake the threads that draw late."""
    for _ in range(100):
        if text in terminal.written:
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} is not in {terminal.written!r}")


def test_a_bar_comes_after_two_seconds_even_before_the_first_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")  # a dumb one is shown no bar
    monkeypatch.setattr("reassure.cli.progress.PATIENCE", 0.05)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("running") as progress:
        wait_for("preparing", terminal)
        assert progress is not None
        progress(0, 1000)
        time.sleep(0.25)
        progress(500, 1000)
        wait_for("500 of 1,000 futures", terminal)
    assert "/s" in terminal.written


def test_short_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("running") as progress:
        assert progress is not None
        progress(10, 10)
    assert "running" not in terminal.written


# -- options ---------------------------------------------------------------------------------------

SMALL = ["--scenarios", "8", "--replications", "4"]


def invoke(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    invoke("new", "mine", "--quiet")
    return "mine.yaml"


def test_every_command_takes_the_common_options() -> None:
    import typer.main

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        options = {text for item in command.params for text in item.opts}
        if name in {"game", "ledger"}:  # groups of commands
            for inner in command.commands.values():
                assert "--quiet" in {text for item in inner.params for text in item.opts}
            continue
        assert "--quiet" in options, name
        assert "--out" in options or name == "new", name
        assert "--json" in options or name == "new", name
        if name in {"run", "claims", "compare", "brief"}:
            assert {"--scenarios", "--replications", "--seed", "--policy", "--set"} <= options, name
        if name == "story":
            assert {"--scenario", "--replication", "--seed", "--policy", "--set"} <= options


def test_pictures_are_drawn(starter: str) -> None:
    for words in (
        ("run", starter, *SMALL, "--fan", "arms"),
        ("run", starter, *SMALL, "--tornado", "arms_end"),
        ("claims", starter, *SMALL, "--bars"),
        ("diagram", starter, "--around", "arms"),
    ):
        assert invoke(*words).stdout.startswith("<svg")
        invoke(*words, "--out", "deep/picture.svg", "--quiet")
        assert Path("deep/picture.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "mine.yaml", "--fan", "nosuch"], "no quantity"),
        (["run", "mine.yaml", "--tornado", "arms_en"], "did you mean 'arms_end'"),
        (["run", "mine.yaml", "--fan", "arms", "--json"], "exclude each other"),
        (["run", "mine.yaml", "--json", "--out", "x.nc"], "dataset alone"),
        (["claims", "mine.yaml", "--bars", "--json"], "exclude each other"),
        (["run", "mine.yaml", "--out", "."], "is a folder"),
        (["claims", "mine.yaml", "--out", "mine.yaml/x"], "cannot be written"),
        (["story", "mine.yaml", "--design", "latin"], "how many scenarios"),
        (["compare", "mine.yaml", "mine.yaml", "--set", "nosuch=1"], "nosuch"),
    ],
)
def test_a_users_mistake_is_explained(starter: str, words: list[str], said: str) -> None:
    result = invoke(*words, code=2)
    assert said in result.stderr
    assert "—" in result.stderr  # what to do


def test_a_brief_tells_other_programs_what_it_wrote(starter: str) -> None:
    words = ["brief", starter, *SMALL, "--max-replications", "4", "--format", "md", "--json"]
    found = json.loads(invoke(*words).stdout)
    assert found["schema"] == 1
    assert found["path"] == "mine.md"
    assert found["complete"] is True
    assert Path("mine.md").read_text(encoding="utf-8").startswith("# Drills")


def test_check_writes_what_it_found(starter: str) -> None:
    Path("wrong.yaml").write_text("language: 1\ntitle: x\nnosuch: 1\n", encoding="utf-8")
    result = invoke("check", "wrong.yaml", "--out", "found.txt", code=2)
    assert "wrong.yaml:3:1" in Path("found.txt").read_text(encoding="utf-8")
    assert "wrong.yaml:3:1" not in result.stderr
    assert "mistake" in result.stderr


def test_a_comparison_takes_policies_and_settings(starter: str) -> None:
    words = ["compare", starter, starter, *SMALL, "--max-replications", "4", "--json"]
    found = json.loads(invoke(*words, "--set", "doubt_weight=0").stdout)
    assert found["complete"] is True
    (claim,) = found["claims"]
    assert claim["differs"] is False


def test_every_json_has_a_version(starter: str) -> None:
    for words in (
        ("list", "--json"),
        ("show", starter, "--json"),
        ("check", starter, "--json"),
        ("diagram", starter, "--json"),
        ("run", starter, *SMALL, "--json"),
        ("claims", starter, *SMALL, "--json"),
        ("compare", starter, starter, *SMALL, "--json"),
        ("story", starter, "--json"),
    ):
        assert json.loads(invoke(*words).stdout)["schema"] == 1, words
