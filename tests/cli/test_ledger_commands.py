"""``reassure ledger``: what its commands print, write and refuse."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reassure.cli import app


def invoke(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["ledger", *words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def test_list_and_check() -> None:
    found = json.loads(invoke("list", "--json"))["ledgers"]
    assert [item["name"] for item in found] == ["northeast-asia"]
    assert found[0]["readings"] == ["firmness", "engagement"]
    assert json.loads(invoke("check", "northeast-asia", "--json"))["ok"] is True


def test_check_says_what_is_wrong_and_exits_2(tmp_path: Path) -> None:
    folder = str(tmp_path / "mine")
    invoke("new", folder, "--actor", "A=a")
    (tmp_path / "mine" / "events.csv").write_text("id,date\nE1,2006\n")
    assert "`actor` is missing" in invoke("check", folder, code=2)
    assert json.loads(invoke("check", folder, "--json", code=2))["found"][0]["code"] == "L104"
    assert "no such ledger" in invoke("check", str(tmp_path / "none"), code=2)


def test_show_filters_and_names_its_reading() -> None:
    words = [
        "show",
        "northeast-asia",
        "--category",
        "north_policy",
        "--from",
        "2006",
        "--to",
        "2006",
    ]
    own = json.loads(invoke(*words, "--json"))
    other = json.loads(invoke(*words, "--json", "--reading", "engagement"))
    assert (own["reading"], other["reading"]) == ("firmness", "engagement")
    assert [e["id"] for e in own["events"]] == [e["id"] for e in other["events"]]
    assert {e["category"] for e in own["events"]} == {"north_policy"}
    assert all(e["date"].startswith("2006") for e in own["events"])
    assert [e["direction"] for e in own["events"]] != [e["direction"] for e in other["events"]]
    rows = list(csv.DictReader(io.StringIO(invoke(*words, "--csv"))))
    assert [row["id"] for row in rows] == [e["id"] for e in own["events"]]
    known = json.loads(invoke("show", "northeast-asia", "--known-by", "2007-02", "--json"))
    assert max(e["date"] for e in known["events"]) < "2007-03"
    assert "did you mean" in invoke("show", "northeast-asia", "--actor", "JPM", code=2)
    assert "no reading" in invoke("show", "northeast-asia", "--reading", "x", code=2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--courses", "--actor", "JPN"], "--actor is of events, not of --courses"),
        (["--series", "jp_affinity_korea", "--category", "opcon"], "--category is of events"),
        (["--series", "jp_affinity_korea", "--plot", "x.png"], "--plot is of events"),
        (["--from", "2014-02-30"], "--from 2014-02-30: "),
    ],
)
def test_show_refuses_what_it_would_not_heed(options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["ledger", "show", "northeast-asia", *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_show_says_that_nothing_is_meant() -> None:
    words = ["ledger", "show", "northeast-asia", "--from", "1980", "--to", "1985"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert "No events of northeast-asia are meant" in result.stderr


@pytest.mark.parametrize("name", ["lanes.png", "lanes.svg"])
def test_show_draws_a_timeline(tmp_path: Path, name: str) -> None:
    path = tmp_path / "new" / name
    invoke("show", "northeast-asia", "--actor", "JPN", "--plot", str(path))
    begin = path.read_bytes()[:8]
    assert begin == b"\x89PNG\r\n\x1a\n" if name.endswith("png") else begin.startswith(b"<?xml")
    if name.endswith("svg"):
        assert "japan spear" in path.read_text()
    assert "neither .png nor .svg" in invoke(
        "show", "northeast-asia", "--plot", str(tmp_path / "x.pdf"), code=2
    )


def test_import_lists_wrong_rows_and_strict_writes_nothing(tmp_path: Path) -> None:
    folder, data, mapping = str(tmp_path / "mine"), tmp_path / "a.csv", tmp_path / "m.yaml"
    invoke("new", folder, "--actor", "A=a", "--actor", "B=b")
    data.write_text("d,x,y,c\n2006-07-05,A,B,190\n2006-07-99,A,B,190\n2006-07-05,A,B,190,more\n")
    mapping.write_text("columns: {date: d, actor: x, target: y, code: c}\n")
    words = ["import", folder, "csv", str(data), "--mapping", str(mapping), "--source", "made up"]
    said = invoke(*words, "--strict", code=2)
    assert "line 3: wrong date or number (d)" in said
    assert "line 4: too many columns" in said
    assert not (tmp_path / "mine" / "series.yaml").exists()
    found = json.loads(invoke(*words, "--name", "mine", "--json"))
    assert (found["rows"], found["used"]) == (3, 1)
    assert [item["line"] for item in found["listed"]] == [3, 4]
    values = invoke("show", folder, "--series", "mine_material_conf/A-B", "--csv")
    assert "mine_material_conf/A-B,2006-Q3,1.0,events" in values
    assert "already" in invoke(*words, "--name", "mine", code=2)
    assert "both or neither" in invoke("import", folder, "csv", str(data), code=2)


def test_importing_without_duckdb_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    folder, data = str(tmp_path / "mine"), tmp_path / "a.CSV"
    invoke("new", folder, "--actor", "A=a", "--actor", "B=b")
    data.write_text("1" + "\t" * 57 + "\n")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "pip install 'reassure[history]'" in invoke(
        "import", folder, "gdelt1", str(data), code=2
    )
