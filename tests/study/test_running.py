"""Runs: what is asked for by name is what runs, whatever the blocks, until interrupted."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from reassure.engine.interpreter import interpret
from reassure.model.checked import Arm, Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError
from reassure.study import running
from reassure.study.design import Design
from reassure.study.engines import engine_for
from reassure.study.running import replay, run

WRITTEN = """
language: 1
title: A small argument
time: {start: 2007-02, years: 2, step: month}
actors: {KOR: South Korea, JPN: Japan, PRK: North Korea}
parameters:
  memory: {prior: {uniform: [6, 18]}, unit: month}
  boldness: {prior: {lognormal: {median: 1, p95: 3}}, unit: 1/year}
levers:
  effort: {actor: KOR, range: [0, 12], default: 6, unit: month}
  north: {actor: KOR, options: [unconditional, conditional], default: conditional}
  guard: {actor: JPN, range: [0, 1], default: 0.5, unit: 1}
policies:
  drift: {actor: KOR, set: {effort: 1}}
  managed: {actor: KOR, set: {effort: {2007-02: 2, 2008-02: 9}, north: unconditional}}
  watchful: {actor: JPN, set: {guard: 0.9}}
events:
  test:
    actor: PRK
    rate: boldness * (1.2 - level) * (1.5 if north == conditional else 1)
    unit: 1/year
stocks:
  level:
    unit: 1
    initial: 0.2
    change: (guard * effort / q(1, 'year') - level) / memory
    jump: -0.05 * test
    bounds: [0, 1]
outcomes:
  level_end: {final: level, unit: 1}
  tests: {sum: test, unit: 1}
  wait: {time_to: test > 0, unit: month}
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return load("small.yaml", text=WRITTEN)


def expected(
    model: Model, arm: Arm, scenarios: int, replications: int, design: Design | None = None
) -> np.ndarray:
    """[scenario, replication, outcome] by the plain interpreter."""
    made = design or Design(model)
    table = made.parameters(0, scenarios)
    lanes = scenarios * replications
    found = interpret(
        model,
        arm,
        np.repeat(table, replications, axis=0),
        np.repeat(np.arange(scenarios), replications),
        np.tile(np.arange(replications), scenarios),
        made.seed,
        made.kind,
    )
    columns = [np.broadcast_to(found.outcomes[o.name], (lanes,)) for o in model.outcomes]
    return np.stack(columns, axis=-1).reshape(scenarios, replications, -1)


@pytest.mark.parametrize("design", ["sobol", "random", "latin"])
def test_a_run_is_what_the_plain_interpreter_finds(model: Model, design: str) -> None:
    result = run(model, scenarios=12, replications=3, seed=4, design=design, precision="float64")
    rows = Design(model, design, 4, 12)
    assert result.policies == ("drift", "managed", "watchful")
    assert (result.futures, result.complete) == (3 * 12 * 3, True)
    for policy in result.policies:
        arm = Arm(policy=policy)
        truth = expected(model, arm, 12, 3, rows)
        found = result.array[result.policies.index(policy)]
        assert found == pytest.approx(truth, rel=1e-9, abs=1e-12)
    wait = result.values("managed", "wait")
    assert wait.max() > 2  # months


ASKED: list[tuple[Mapping[str, float | str], Arm, Mapping[str, float]]] = [
    ({"effort": 3}, Arm(policy="managed", settings=(("effort", 0.25),)), {}),
    ({"effort": "3"}, Arm(policy="managed", settings=(("effort", 0.25),)), {}),
    ({"north": "conditional"}, Arm(policy="managed", settings=(("north", 1.0),)), {}),
    ({"memory": 6}, Arm(policy="managed"), {"memory": 0.5}),
    ({}, Arm(policy="managed", do=(("level", 0.5),)), {}),
]


@pytest.mark.parametrize(("asked", "arm", "fixed"), ASKED, ids=str)
def test_settings_are_in_written_units(
    model: Model, asked: Mapping[str, float | str], arm: Arm, fixed: Mapping[str, float]
) -> None:
    do = {"level": 0.5} if arm.do else None
    result = run(
        model, policies=["managed"], scenarios=8, replications=2, set=asked, do=do,
        precision="float64",
    )  # fmt: skip
    truth = expected(model, arm, 8, 2, Design(model, fixed=tuple(fixed.items())))
    assert result.array[0] == pytest.approx(truth, rel=1e-9, abs=1e-12)
    plain = run(model, policies=["managed"], scenarios=8, replications=2, precision="float64")
    assert not np.array_equal(plain.array, result.array)


def test_policies_of_different_actors_are_crossed(model: Model) -> None:
    result = run(
        model, policies=["managed+watchful", "default"], scenarios=4, replications=2,
        precision="float64",
    )  # fmt: skip
    arm = Arm(policy="managed+watchful")
    assert result.array[0] == pytest.approx(expected(model, arm, 4, 2), rel=1e-9)
    assert result.array[1] == pytest.approx(expected(model, Arm(), 4, 2), rel=1e-9)
    assert result.policies == ("managed+watchful", "default")


def test_blocks_change_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"scenarios": 37, "replications": 5, "trajectories": ["level"]}
    whole = run(model, **asked)
    for block in (15, 64):
        monkeypatch.setattr(running, "BLOCK", block)
        parts = run(model, **asked)
        assert np.array_equal(parts.array, whole.array)
        assert np.array_equal(parts.paths("level"), whole.paths("level"))
        assert parts.summary("managed") == whole.summary("managed")
        flat = run(model, **asked | {"keep_futures": False, "trajectories": []})
        assert flat.summary("managed") == whole.summary("managed")


def test_more_scenarios_and_replications_leave_the_others_as_they_were(model: Model) -> None:
    few = run(model, scenarios=8, replications=3)
    many = run(model, scenarios=16, replications=7)
    assert np.array_equal(many.array[:, :8, :3], few.array)


def test_a_future_replays_alone(model: Model) -> None:
    result = run(model, scenarios=20, replications=6, seed=5, trajectories=["level", "test"])
    settings = {"memory": 9}
    fixed = run(model, scenarios=20, replications=6, seed=5, set=settings)
    for policy, i, j in (("drift", 0, 0), ("managed", 13, 5), ("watchful", 19, 2)):
        future = replay(model, policy=policy, scenario=i, replication=j, seed=5)
        for outcome, value in future.outcomes.items():
            assert value == result.values(policy, outcome)[i, j]
        index = result.policies.index(policy)
        for name in ("level", "test"):
            assert np.array_equal(future.paths[name], result.paths(name)[index, i, j])
        assert future.parameters["memory"] == result.scenario_parameters()["memory"][i]
        again = replay(model, policy=policy, scenario=i, replication=j, seed=5, set=settings)
        assert again.outcomes["level_end"] == fixed.values(policy, "level_end")[i, j]
        assert again.parameters["memory"] == pytest.approx(9)
    assert {"level", "test", "test.rate", "effort.ordered", "north"} <= set(future.paths)
    assert future.paths["level"].shape == (25,)


def test_a_future_of_a_latin_hypercube_replays_if_its_size_is_said(model: Model) -> None:
    result = run(model, scenarios=9, replications=2, design="latin")
    future = replay(model, policy="drift", scenario=4, replication=1, design="latin", scenarios=9)
    assert future.outcomes["level_end"] == result.values("drift", "level_end")[4, 1]
    with pytest.raises(UsageError, match="how many scenarios"):
        replay(model, policy="drift", scenario=4, replication=1, design="latin")


def test_paths_are_in_written_units(model: Model) -> None:
    result = run(model, policies=["drift"], scenarios=2, replications=2, trajectories=["effort"])
    assert result.paths("effort") == pytest.approx(np.ones((1, 2, 2, 25)), rel=1e-6)


def test_progress_reaches_the_whole(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BLOCK", 8)
    seen: list[tuple[int, int]] = []
    run(model, scenarios=10, replications=4, progress=lambda a, b: seen.append((a, b)))
    done = [a for a, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (120, 120)
    assert len(seen) > 3


def test_an_interrupted_run_gives_what_is_done(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BLOCK", 24)
    calls = 0

    def interrupt(done: int, whole: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt

    result = run(model, scenarios=10, replications=4, progress=interrupt)
    assert not result.complete
    assert result.scenarios == 4  # two blocks of two; the third was not finished
    whole = run(model, scenarios=10, replications=4)
    assert np.array_equal(result.array, whole.array[:, :4])
    assert result.futures == 3 * 4 * 4
    assert any("stopped early" in remark for remark in result.remarks)
    calls = 2
    with pytest.raises(KeyboardInterrupt):
        run(model, scenarios=10, replications=4, progress=interrupt)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"policies": ["drfit"]}, "'drfit' is no policy — did you mean 'drift'"),
    ({"policies": ["drift+managed"]}, "drift and managed both set effort"),
    ({"policies": []}, "no policy is asked for"),
    ({"set": {"memroy": 3}}, "neither a parameter nor a lever — did you mean 'memory'"),
    ({"set": {"memory": "long"}}, "memory cannot be set to 'long'"),
    ({"set": {"memory": float("nan")}}, "memory cannot be set to"),
    ({"set": {"effort": 13}}, "its range is 0 to 12"),
    ({"set": {"north": "conditonal"}}, "did you mean 'conditional'"),
    ({"set": {"north": 1}}, "use one of unconditional, conditional"),
    ({"do": {"levle": 3}}, "'levle' is no quantity of the model — did you mean 'level'"),
    ({"trajectories": ["levle"]}, "did you mean 'level'"),
    ({"design": "sobel"}, "did you mean 'sobol'"),
    ({"precision": "float16"}, "is no precision"),
    ({"scenarios": 0}, "cannot have 0 scenarios"),
    ({"replications": 2**40}, "cannot have 1099511627776 replications"),
    ({"scenarios": 10**7, "replications": 100}, "keep summaries only"),
    ({"scenarios": 10**5, "replications": 100, "trajectories": ["level"]}, "record fewer paths"),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED, ids=str)
def test_what_cannot_be_run_is_refused_before_anything_runs(
    model: Model, asked: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("something was compiled")

    monkeypatch.setattr(running, "engine_for", never)
    with pytest.raises(UsageError, match=words):
        run(model, **asked)


def test_the_same_model_is_compiled_once(model: Model) -> None:
    first = engine_for(model)
    assert engine_for(load("other.yaml", text=WRITTEN)) is not first
    assert engine_for(load("small.yaml", text=WRITTEN)) is first
    assert engine_for(model, "float64") is not first
    assert engine_for(model, holdable=["level"]) is not first


def test_importing_the_run_needs_no_plots_and_no_checks() -> None:
    """What a run does not need is not paid for."""
    code = (
        "import sys, reassure.study.running; "
        "print(sorted({'matplotlib', 'pandas', 'xarray'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.extra
def test_many_futures_in_little_memory(model: Model) -> None:
    """Ten million futures of a small model in under two gibibytes."""
    result = run(model, policies=["drift"], scenarios=625_000, replications=16, keep_futures=False)
    assert result.futures == 10**7
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 2**20  # KiB
