"""Results: two uncertainties kept apart, labels, provenance and the JSON contract."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from reassure.model.checked import Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError
from reassure.study.design import Design
from reassure.study.result import RunResult
from reassure.study.totals import Totals

WRITTEN = """
language: 1
title: Two outcomes
time: {start: 2007-02, years: 1, step: month}
actors: {KOR: South Korea, JPN: Japan}
parameters:
  memory: {prior: {uniform: [6, 18]}, unit: month, label: Memory, text: how long it lasts}
levers:
  effort: {actor: KOR, range: [0, 1], default: 0.5, unit: 1}
policies:
  drift: {set: {effort: 0.1}}
  seer: {set: {effort: {rule: "0.5 + 0.1 * level"}}, clairvoyant: true}
stocks:
  level: {unit: 1, initial: 0, change: (effort - level) / memory, bounds: [0, 1]}
outcomes:
  level_end: {final: level, unit: 1, text: what it came to, label: Level}
  wait: {time_to: level > 0.05, unit: month}
"""

RNG = np.random.default_rng(8)
SPREAD = np.array([2.0, 0.0])
CHANCE = np.array([1.0, 3.0])


@pytest.fixture(scope="module")
def model() -> Model:
    return load("two.yaml", text=WRITTEN)


def made(model: Model, scenarios: int = 400, replications: int = 8, keep: bool = True) -> RunResult:
    """A result over invented futures: scenario effects of SPREAD, chance of CHANCE."""
    totals = Totals(model, ["drift", "seer"], scenarios, replications, keep, ["level"])
    effect = RNG.normal(0, 1, (2, scenarios, 1, 2)) * SPREAD
    values = 10 + effect + RNG.normal(0, 1, (2, scenarios, replications, 2)) * CHANCE
    for first in range(0, scenarios, 100):
        block = values[:, first : first + 100]
        half = replications // 2
        totals.add(first, 0, block[:, :, :half])
        totals.add(first, half, block[:, :, half:])
        for index in range(2):
            count = block.shape[1]
            paths = np.full((count, replications, model.time.steps + 1), float(index))
            totals.keep_paths(index, first, 0, {"level": paths})
        totals.finish(first, block.shape[1])
    return RunResult(
        model=model,
        policies=("drift", "seer"),
        scenarios=scenarios,
        replications=replications,
        seed=3,
        precision="float32",
        settings={"memory": 9},
        seconds=2.0,
        compile_seconds=1.0,
        complete=True,
        scenario_design=Design(model, seed=3),
        _rows=totals.rows(),
        _array=totals.array(),
        _paths=totals.paths(),
    )


@pytest.fixture(scope="module")
def result(model: Model) -> RunResult:
    return made(model)


def test_figures_are_over_scenarios_of_the_replication_mean(result: RunResult) -> None:
    for policy in result.policies:
        for row in result.summary(policy):
            values = result.values(policy, row.outcome)
            means = values.mean(axis=1)
            assert row.mean == pytest.approx(means.mean(), rel=1e-12)
            assert [row.p05, row.p50, row.p95] == pytest.approx(
                np.quantile(means, [0.05, 0.5, 0.95]), rel=1e-12
            )
            assert row.sd == pytest.approx(means.std(ddof=1), rel=1e-12)
            assert row.chance**2 == pytest.approx(values.var(axis=1, ddof=1).mean(), rel=1e-12)
            assert row.error == pytest.approx(row.chance / np.sqrt(8))
            assert row.grid == 0
            assert np.array_equal(result.scenario_means(policy, row.outcome), means)


def test_chance_inside_a_scenario_is_told_apart_from_what_nobody_knows(result: RunResult) -> None:
    """The spread over scenarios holds ``error`` squared too much, and ``left_over`` says so."""
    level, wait = result.summary("drift")
    assert level.chance == pytest.approx(1, rel=0.05)
    assert level.sd**2 - level.error**2 == pytest.approx(4, rel=0.2)
    assert level.left_over == pytest.approx(1 / 8 / (4 + 1 / 8), rel=0.2)
    # The second outcome differs between scenarios by chance alone.
    assert wait.chance == pytest.approx(3, rel=0.05)
    assert wait.left_over == pytest.approx(1, rel=0.2)
    remark = next(text for text in result.remarks if "chance left over" in text)
    assert "1 of 2 outcomes" in remark
    assert "of wait" in remark


def test_one_replication_says_nothing_of_chance(model: Model) -> None:
    totals = Totals(model, ["drift"], 5, 1, True, [])
    totals.add(0, 0, np.arange(10.0).reshape(1, 5, 1, 2))
    totals.finish(0, 5)
    row = totals.rows()["drift"][0]
    assert (row.mean, row.p50) == (4.0, 4.0)
    assert np.isnan([row.chance, row.error, row.left_over]).all()


def test_what_is_not_finished_does_not_count(model: Model) -> None:
    totals = Totals(model, ["drift"], 10, 2, True, [])
    totals.add(0, 0, np.ones((1, 5, 2, 2)))
    totals.finish(0, 5)
    totals.add(5, 0, np.full((1, 5, 1, 2), 100.0))
    array = totals.array()
    assert array is not None
    assert array.shape == (1, 5, 2, 2)
    assert totals.rows()["drift"][0].mean == 1


def test_the_json_contract(result: RunResult) -> None:
    data = result.as_json(futures=True)
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again == data
    wanted = "schema model hash seed futures seconds futures_per_second compile_seconds policies"
    assert set(wanted.split()) <= set(data)
    assert data["futures"] == 2 * 400 * 8
    assert data["futures_per_second"] == data["futures"] / data["seconds"]
    assert data["hash"] == result.model.digest != ""
    drift = data["policies"]["drift"]
    assert {"mean", "p05", "p50", "p95"} <= set(drift["outcomes"]["wait"])
    assert np.array_equal(drift["futures"]["wait"], result.values("drift", "wait"))
    assert "futures" not in result.as_json()["policies"]["drift"]


def test_json_has_null_for_what_is_no_number(model: Model) -> None:
    totals = Totals(model, ["drift", "seer"], 2, 1, True, ["level"])
    values = np.ones((2, 2, 1, 2))
    values[0, 0, 0, 0] = np.nan
    totals.add(0, 0, values)
    totals.finish(0, 2)
    lost = replace(made(model), _rows=totals.rows(), _array=totals.array(), scenarios=2)
    data = lost.as_json(futures=True)
    json.dumps(data, allow_nan=False)
    assert data["policies"]["drift"]["outcomes"]["level_end"]["mean"] is None
    assert data["policies"]["drift"]["futures"]["level_end"] == [[None], [1.0]]
    assert any("not finite in some futures: level_end" in text for text in lost.remarks)


def test_the_dataset_is_labelled(result: RunResult) -> None:
    data = result.dataset
    assert data["level_end"].dims == ("policy", "scenario", "replication")
    assert data["level"].dims == ("policy", "scenario", "replication", "time")
    assert data["level"].sel(policy="seer").values.max() == 1
    assert data["memory"].dims == ("scenario",)
    assert data["memory"].attrs == {
        "units": "month",
        "long_name": "Memory",
        "description": "how long it lasts",
        "role": "parameter",
    }
    assert data["memory"].min() >= 6
    assert data["memory"].max() <= 18
    assert data["wait"].attrs["units"] == "month"
    assert data["level_end"].attrs["long_name"] == "Level"
    assert data["level_end"].attrs["description"] == "what it came to"
    assert str(data["time"].values[0])[:10] == "2007-02-01"
    assert str(data["time"].values[12])[:10] == "2008-02-01"
    assert data["year"].values[12] == 1
    facts = data.attrs
    assert facts["Conventions"].startswith("CF-")
    assert facts["model_hash"] == result.model.digest
    assert (facts["seed"], facts["design"], facts["precision"]) == (3, "sobol", "float32")
    assert facts["settings"] == "memory=9"
    assert facts["language"] == 1
    assert facts["jax_version"]
    assert facts["reassure_version"]
    assert "clairvoyant" in facts["remarks"]


def test_a_result_reads_like_its_dataset(result: RunResult) -> None:
    assert result["level_end"].equals(result.dataset["level_end"])
    assert result.sel(policy="seer").sizes["scenario"] == result.scenarios
    assert result.attrs is result.dataset.attrs
    assert set(result.data_vars) == set(result.dataset.data_vars)
    with pytest.raises(AttributeError):
        result.levle_end  # noqa: B018
    assert pickle.loads(pickle.dumps(result)).seed == result.seed


def test_without_futures_the_dataset_has_the_figures(model: Model) -> None:
    result = made(model, keep=False)
    cell = result.dataset["wait"].sel(policy="seer", statistic="p95")
    assert float(cell) == result.summary("seer")[1].p95
    for ask in (lambda: result.array, lambda: result.as_json(futures=True)):
        with pytest.raises(UsageError, match="summaries only"):
            ask()


@pytest.mark.parametrize("ending", ["nc", "zarr"])
def test_a_file_gives_the_dataset_back(result: RunResult, tmp_path: Path, ending: str) -> None:
    path = tmp_path / "new" / f"run.{ending}"
    result.save(path)
    read = xr.open_dataset(path) if ending == "nc" else xr.open_zarr(path)
    assert read.load().equals(result.dataset)
    assert read.attrs["model_hash"] == result.model.digest
    assert read["memory"].attrs["units"] == "month"


def test_other_files_are_refused(result: RunResult, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"neither NetCDF nor Zarr"):
        result.save(tmp_path / "run.csv")


def test_names_that_are_taken_get_their_role(model: Model) -> None:
    clash = replace(model, outcomes=(replace(model.outcomes[0], name="level"), model.outcomes[1]))
    data = made(clash).dataset
    assert data["level"].attrs["role"] == "outcome"
    assert data["level_path"].attrs["role"] == "path"


def test_table_and_notebook(result: RunResult) -> None:
    frame = result.frame()
    assert frame.loc[("seer", "wait"), "unit"] == "month"
    assert frame.loc[("drift", "level_end"), "p95"] == result.summary("drift")[0].p95
    page = result._repr_html_()
    assert "level_end" in page
    assert "seer is clairvoyant" in page


def test_unknown_names_are_refused_with_the_nearest(result: RunResult) -> None:
    with pytest.raises(UsageError, match="did you mean 'drift'"):
        result.summary("drft")
    with pytest.raises(UsageError, match="did you mean 'wait'"):
        result.values("drift", "wiat")
    with pytest.raises(UsageError, match=r"trajectories=\['memory'\]"):
        result.paths("memory")


def test_the_same_run_has_the_same_provenance(model: Model) -> None:
    assert made(model).provenance == made(model).provenance


def test_an_early_stop_is_said(result: RunResult) -> None:
    early = replace(result, complete=False)
    assert "stopped early, after 400 scenarios" in early.remarks
    assert early.provenance["complete"] == "stopped early"
    assert early.as_json()["complete"] is False
