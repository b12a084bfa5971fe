"""What other programs rely on: the JSON of each command, exit codes, and where things are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reassure.cli import app

SMALL = ["--scenarios", "8", "--replications", "4"]


def invoke(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def data(*words: str) -> Any:
    return json.loads(invoke(*words).stdout)


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    invoke("new", "mine")
    return "mine.yaml"


def test_run_has_its_contract(starter: str) -> None:
    found = data("run", starter, *SMALL, "--json", "--futures")
    assert found["schema"]
    assert found["model"] == "mine"
    assert len(found["hash"]) == 64
    assert found["seed"] == 0
    assert set(found["policies"]) == {"quiet", "visible"}
    assert found["futures"] == 2 * 8 * 4
    assert found["seconds"] > 0
    assert found["futures_per_second"] == pytest.approx(
        found["futures"] / found["seconds"], rel=1e-6
    )
    assert found["compile_seconds"] >= 0
    for policy in found["policies"].values():
        assert set(policy["outcomes"]) == {"arms_end", "confidence_mean", "builds_up"}
        for name, summary in policy["outcomes"].items():
            assert {"mean", "p05", "p50", "p95"} <= set(summary)
            values = policy["futures"][name]
            assert [len(row) for row in values] == [4] * 8
            mean = sum(sum(row) for row in values) / 32
            assert summary["mean"] == pytest.approx(mean, rel=1e-5, abs=1e-9)


def test_run_without_futures_keeps_them_to_itself(starter: str) -> None:
    found = data("run", starter, *SMALL, "--json", "--policy", "quiet")
    assert set(found["policies"]) == {"quiet"}
    assert "futures" not in found["policies"]["quiet"]


def test_one_replication_has_no_chance_to_report(starter: str) -> None:
    found = data("run", starter, "--scenarios", "4", "--replications", "1", "--json")
    assert found["policies"]["quiet"]["outcomes"]["arms_end"]["mean"] > 0


def test_a_story_is_the_future_of_the_run(starter: str) -> None:
    ran = data("run", starter, *SMALL, "--seed", "5", "--json", "--futures")
    for policy in ("quiet", "visible"):
        for scenario, replication in ((0, 0), (3, 2), (7, 3)):
            address = (
                "--scenario",
                str(scenario),
                "--replication",
                str(replication),
                "--seed",
                "5",
            )
            told = data("story", starter, "--policy", policy, *address, "--json")
            futures = ran["policies"][policy]["futures"]
            assert told["outcomes"] == {
                name: values[scenario][replication] for name, values in futures.items()
            }
            assert all(item["count"] > 0 for item in told["events"])
            for point in told["turning_points"]:
                assert point["kind"] in {"belief", "choice"}


def test_claims_has_its_contract(starter: str) -> None:
    found = data("claims", starter, *SMALL, "--json")
    assert found["schema"]
    assert found["model"] == "mine"
    (claim,) = found["claims"]
    assert claim["id"] == "visible_drills_restrain"
    assert claim["number"] is None
    keys = "text cites form modality standing verdict supports contradicts no_effect undetermined applicable"
    assert set(keys.split()) <= set(claim)
    shares = [claim[key] for key in ("supports", "contradicts", "no_effect", "undetermined")]
    assert sum(shares) == 1


def test_check_lists_mistakes_and_exits_with_2(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "language: 1\ntitle: x\ntime: {start: 2000-01, years: 1, step: month}\n"
        "auxiliaries:\n  a: b + 1\n  c: d\n",
        encoding="utf-8",
    )
    result = invoke("check", str(wrong), "--json", code=2)
    found = json.loads(result.stdout)
    assert found["clean"] is False
    assert [(item["line"], item["code"]) for item in found["mistakes"]] == [
        (5, "E301"),
        (6, "E301"),
    ]
    assert {"file", "line", "column", "code", "message", "remedy"} <= set(found["mistakes"][0])
    plain = invoke("check", str(wrong), code=2)
    assert f"{wrong}:5:" in plain.stderr
    assert "Traceback" not in plain.output


def test_check_is_silent_about_a_clean_model_and_strict_counts_warnings(
    starter: str, tmp_path: Path
) -> None:
    assert data("check", starter, "--strict", "--json")["clean"] is True
    bare = tmp_path / "bare.yaml"
    text = Path(starter).read_text(encoding="utf-8")
    bare.write_text(text.replace("    because: two or so", "    text: two or so"), encoding="utf-8")
    invoke("check", str(bare))
    invoke("check", str(bare), "--strict", code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "nosuch"], "no model 'nosuch'"),
        (["run", "trust", "--set", "x"], "NAME=VALUE"),
        (["run", "trust", "--set", "nosuch=1"], "nosuch"),
        (["run", "richardson", "--policy", "nosuch"], "nosuch"),
        (["run", "richardson", "--design", "nosuch"], "nosuch"),
        (["run", "richardson", "--precision", "float16"], "float16"),
        (["run", "richardson", "--futures"], "--json"),
        (["claims", "richardson", "nosuch"], "nosuch"),
        (["story", "richardson", "--policy", "nosuch"], "nosuch"),
        (["diagram", "richardson", "--around", "nosuch"], "nosuch"),
        (["show", "richardson", "nosuch"], "nosuch"),
        (
            ["show", "easley2007:sea_incident_game"],
            "for a game: `reassure game show easley2007:sea_incident_game`",
        ),
        (["show", "richardson", "--differences"], "extends"),
        (["brief", "richardson", "--format", "pdf"], "pdf"),
        (["compare", "richardson"], "two or more"),
        (["new", "../escape"], "cannot name"),
    ],
)
def test_a_users_mistake_is_explained(words: list[str], said: str) -> None:
    result = invoke(*words, code=2)
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_new_does_not_overwrite(starter: str) -> None:
    Path(starter).write_text("mine\n", encoding="utf-8")
    invoke("new", "mine", code=2)
    assert Path(starter).read_text(encoding="utf-8") == "mine\n"
    invoke("new", "mine", "--force")
    assert "language: 1" in Path(starter).read_text(encoding="utf-8")


def test_the_starter_has_one_of_everything(starter: str) -> None:
    from reassure import load

    model = load(starter).model
    for section in (
        "parameters",
        "stocks",
        "events",
        "beliefs",
        "choices",
        "claims",
        "levers",
        "policies",
    ):
        assert getattr(model, section), section


def test_out_writes_a_file_and_makes_its_folder(starter: str, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "result.json"
    invoke("run", starter, *SMALL, "--json", "--out", str(target), "--quiet")
    assert json.loads(target.read_text(encoding="utf-8"))["model"] == "mine"


def test_a_dataset_is_written_and_read_back(starter: str, tmp_path: Path) -> None:
    import xarray

    target = tmp_path / "futures.nc"
    invoke("run", starter, *SMALL, "--out", str(target), "--quiet")
    with xarray.open_dataset(target) as found:
        assert dict(found.sizes)["policy"] == 2
        assert found["arms_end"].dims == ("policy", "scenario", "replication")


def test_set_fixes_a_parameter(starter: str) -> None:
    calm = data(
        "run", starter, *SMALL, "--set", "doubt_weight=0", "--set", "incident_rate=0", "--json"
    )
    worn = data(
        "run", starter, *SMALL, "--set", "doubt_weight=0.8", "--set", "incident_rate=8", "--json"
    )
    assert (
        calm["policies"]["quiet"]["outcomes"]["confidence_mean"]["mean"]
        > worn["policies"]["quiet"]["outcomes"]["confidence_mean"]["mean"]
    )


def test_list_schema_show_and_diagram(starter: str) -> None:
    assert {"richardson", "trust", "logistic"} <= {
        row["name"] for row in data("list", "--json")["models"]
    }
    assert data("schema")["$defs"]
    assert "confidence" in invoke("show", starter, "beliefs").stdout
    assert invoke("diagram", starter).stdout.startswith("<svg")
    assert data("diagram", starter, "--json")["edges"]
    assert "polarity" in invoke("diagram", starter, "--loops").stdout


def test_show_says_what_a_claim_tests(starter: str) -> None:
    said = invoke("show", starter, "visible_drills_restrain").stdout
    assert "policy quiet to visible" in said
    assert "lower" in said
    assert "0.05 — a twentieth of today's arms" in said
    assert f"verdict: `reassure claims {starter} visible_drills_restrain`" in said
    (claim,) = data("show", starter, "visible_drills_restrain", "--json")["sections"]["claims"]
    assert claim["of"] == "policy quiet to visible"
    assert claim["on"].startswith("arms_end: ")
    assert claim["verdict"].startswith("reassure claims ")
    (row,) = data("show", starter, "claims", "--json")["sections"]["claims"]
    assert (row["on"], row["is"], row["smallest effect"]) == ("arms_end", "lower", "0.05")


def test_compare_puts_readings_side_by_side(starter: str, tmp_path: Path) -> None:
    calmer = tmp_path / "calmer.yaml"
    calmer.write_text(
        "language: 1\nextends: mine.yaml\ntitle: calmer\nparameters:\n  doubt_weight: {prior: {fixed: 0}}\n",
        encoding="utf-8",
    )
    found = data("compare", starter, str(calmer), *SMALL, "--json")
    assert found["models"] == ["mine", "calmer"]
    (claim,) = found["claims"]
    assert set(claim["readings"]) == {"mine", "calmer"}
    differences = data("show", str(calmer), "--differences", "--json")["sections"]
    assert any(row["name"] == "doubt_weight" for rows in differences.values() for row in rows)


def test_piped_tables_are_tab_separated(starter: str) -> None:
    lines = invoke("show", starter, "parameters").stdout.splitlines()
    assert lines[1].split("\t")[0] == "parameter"
    assert all(len(line.split("\t")) == len(lines[1].split("\t")) for line in lines[1:])
