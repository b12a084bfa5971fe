"""The compiled engine against the plain interpreter, and what it promises of batches and addresses."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest

import reassure.engine.compiled as compiled_module
import reassure.engine.engine as engine_module
from reassure.engine.engine import Engine, compile_model
from reassure.engine.ensemble import Ensemble
from reassure.engine.interpreter import Interpreted, interpret
from reassure.engine.results import Batch, Interrupted, NonFinite
from reassure.model.checked import Arm, Model
from reassure.model.expression import Binary, Call, Number, Ref
from reassure.model.mistakes import UsageError

from .generated import HOLDABLE, clock, model, outcome, parameter, random_arms, random_model, stock

SCENARIOS, REPLICATIONS, SEED = 12, 5, 3
ENSEMBLE = Ensemble(SCENARIOS, REPLICATIONS, SEED)
RECORDED = ("s1", "b0", "b1.logodds", "c0", "l1", "l2.cost", "e0.magnitude", "n2", "a4", "time")


@cache
def engine(seed: int, dtype: str = "float64") -> Engine:
    return compile_model(random_model(seed), dtype=dtype, holdable=HOLDABLE)


def table(made: Model, scenarios: int = SCENARIOS) -> Any:
    return np.random.default_rng(5).uniform(size=(scenarios, len(made.parameters)))


def by_the_interpreter(made: Model, arm: Arm, rows: Any) -> Interpreted:
    scenarios = np.repeat(np.arange(SCENARIOS), REPLICATIONS)
    replications = np.tile(np.arange(REPLICATIONS), SCENARIOS)
    return interpret(
        made, arm, rows[scenarios], scenarios, replications, SEED, "sobol", record=RECORDED
    )


def small(**sections: Any) -> Model:
    """One parameter, one stock that grows by it, its value at the end."""
    grown = stock("s", 0.0, Ref("p"))
    sections = {"parameters": (parameter("p"),), "stocks": (grown,)} | sections
    made: dict[str, Any] = {"outcomes": (outcome("end", "final", Ref("s"), 0, 12),)} | sections
    return model(time=clock(12), **made)


# -- the same futures as the interpreter ----------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_outcomes_and_paths_are_those_of_the_interpreter(seed: int) -> None:
    of, made = engine(seed), random_model(seed)
    rows, arms = table(made), random_arms(made, seed)
    found = of.outcomes(arms, rows, ENSEMBLE)
    for arm, values in zip(arms, found, strict=True):
        expected = by_the_interpreter(made, arm, rows)
        for i, name in enumerate(of.outcome_names):
            got = values[..., i].ravel()
            assert got == pytest.approx(expected.outcomes[name], rel=1e-9, abs=1e-9), (arm, name)
        paths = of.trajectories(arm, rows, ENSEMBLE, RECORDED)
        for name in RECORDED:
            got = paths[name].reshape(-1, made.time.steps + 1).T
            assert got == pytest.approx(expected.paths[name], rel=1e-9, abs=1e-9), (arm, name)


def test_single_precision_makes_the_same_choices_in_nearly_all_futures() -> None:
    of, made = engine(1, "float32"), random_model(1)
    rows, arms = table(made), random_arms(made, 1)
    found = of.outcomes(arms, rows, ENSEMBLE)
    for arm, values in zip(arms, found, strict=True):
        expected = by_the_interpreter(made, arm, rows)
        for i, name in enumerate(of.outcome_names):
            close = np.isclose(values[..., i].ravel(), expected.outcomes[name], 1e-3, 1e-3)
            assert close.mean() > 0.9, (arm, name)


# -- addresses ------------------------------------------------------------------------------------


def test_a_future_has_the_same_bits_whatever_it_is_run_with() -> None:
    of, made = engine(1, "float32"), random_model(1)
    arms, scenarios = random_arms(made, 1)[:2], of.lanes // 4 + 3
    rows = table(made, scenarios)
    whole = of.outcomes(arms, rows, Ensemble(scenarios, 9, SEED))
    part = of.outcomes(arms[1:], rows[7:40], Ensemble(33, 4, SEED, "sobol", 7, 5))
    assert np.array_equal(part[0], whole[1, 7:40, 5:9])


def test_results_do_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    of, made = engine(1, "float32"), random_model(1)
    scenarios = of.lanes  # three batches
    rows = table(made, scenarios)
    found = []
    for workers in (1, 3):
        monkeypatch.setattr(engine_module, "_workers", lambda n=workers: n)
        found.append(of.outcomes([Arm("rules")], rows, Ensemble(scenarios, 3, SEED)))
    assert np.array_equal(*found)


def test_seed_and_design_are_part_of_the_address() -> None:
    of, made = engine(1, "float32"), random_model(1)
    rows = table(made)
    one, two, three = (
        of.outcomes([Arm()], rows, Ensemble(SCENARIOS, REPLICATIONS, seed, design))
        for seed, design in ((3, "sobol"), (4, "sobol"), (3, "lhs"))
    )
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, three)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_replay_is_the_run_to_the_last_bit(dtype: str) -> None:
    of, made = engine(1, dtype), random_model(1)
    rows = table(made)
    for arm in random_arms(made, 1):
        values = of.outcomes([arm], rows, ENSEMBLE)[0, 7, 3]
        told = of.replay(arm, rows, ENSEMBLE, scenario=7, replication=3)
        assert list(told.outcomes.values()) == values.tolist()
        assert set(told.paths) == set(of.program.names)
        paths = of.trajectories(arm, rows, ENSEMBLE, ["s1", "l0.ordered", "p1"])
        for name, path in paths.items():
            assert np.array_equal(told.paths[name], path[7, 3])


@pytest.mark.parametrize(
    ("scenario", "replication"), [(2**32 - 6, 0), (123_456_789, 10**9), (0, 2**40 + 5)]
)
def test_any_future_of_a_billion_replays_alone(scenario: int, replication: int) -> None:
    # The last of a batch that is not full, the first, and one between, under other policies.
    of, made = engine(1, "float32"), random_model(1)
    arms, many = random_arms(made, 1), of.lanes // 2 + 3
    rows = table(made, 2)
    ensemble = Ensemble(2, many, SEED, "sobol", scenario, replication)
    values = of.outcomes(arms, rows, ensemble)
    for i, j, chosen in ((1, many - 1, 4), (0, 0, 1), (1, many // 2, 5)):
        where = {"scenario": scenario + i, "replication": replication + j}
        told = of.replay(arms[chosen], rows, ensemble, **where)
        assert list(told.outcomes.values()) == values[chosen, i, j].tolist()


# -- policies, holds and paths as data -------------------------------------------------------------


def test_every_arm_runs_on_one_compiled_program(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[bool] = []
    build = compiled_module.build

    def counted(*arguments: Any) -> Any:
        built.append(True)
        return build(*arguments)

    monkeypatch.setattr(compiled_module, "build", counted)
    of, made = compile_model(random_model(2), holdable=HOLDABLE), random_model(2)
    for arm in random_arms(made, 2):
        of.outcomes([arm], table(made), ENSEMBLE)
    assert len(built) == 1


def test_holding_a_quantity_at_its_own_path_changes_nothing() -> None:
    of, made = engine(2), random_model(2)
    rows, arm = table(made), Arm("rules+dated")
    names = ("s1", "e1.probability", "b0", "c0")
    for name in names:
        free, held = of.outcomes([arm, arm], rows, ENSEMBLE, follow={1: {name: 0}})
        assert held == pytest.approx(free, rel=1e-9, abs=1e-9)


def test_a_path_followed_is_the_path_given() -> None:
    of, made = engine(2), random_model(2)
    rows, arms = table(made), [Arm("dated"), Arm("rules")]
    path = of.trajectories(arms[0], rows, ENSEMBLE, ["s1"])["s1"]
    other = of.outcomes(arms, rows, ENSEMBLE, follow={1: {"s1": 0}})
    given = of.outcomes(arms, rows, ENSEMBLE, follow={1: {"s1": path}})
    free = of.outcomes(arms, rows, ENSEMBLE)
    assert np.array_equal(other, given)
    assert np.array_equal(other[0], free[0])
    assert not np.array_equal(other[1], free[1])
    end = of.outcome_names.index("s1_end")
    assert np.array_equal(other[1, ..., end], free[0, ..., end])


def test_a_held_number_is_what_every_reader_gets() -> None:
    of, made = engine(2), random_model(2)
    arm = Arm(do=(("s1", 0.25), ("l1", 0.75)))
    paths = of.trajectories(arm, table(made), ENSEMBLE, ["s1", "l1"])
    assert (paths["s1"] == 0.25).all()
    assert (paths["l1"] == 0.75).all()


@pytest.mark.parametrize(
    ("arm", "message"),
    [
        (Arm("nowhere"), "there is no policy nowhere"),
        (Arm("rules+clairvoyant"), "policies rules and clairvoyant both set"),
        (Arm(settings=(("l9", 1.0),)), "there is no lever l9"),
        (Arm(parameters=(("p9", 1.0),)), "there is no parameter p9"),
        (Arm(do=(("s2", 1.0),)), "s2 cannot be held in this build"),
    ],
)
def test_an_arm_that_asks_for_what_is_not_there(arm: Arm, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("+", r"\+")):
        engine(1, "float32").outcomes([arm], table(random_model(1)), ENSEMBLE)


def test_what_cannot_be_held_is_refused_when_the_model_is_compiled() -> None:
    with pytest.raises(UsageError, match="p0 cannot be held"):
        compile_model(random_model(1), holdable=["p0"])
    with pytest.raises(UsageError, match="did you mean"):
        compile_model(random_model(1), holdable=["l2.costs"])


def test_other_precisions_are_refused() -> None:
    with pytest.raises(UsageError, match="float32 or float64, not in float16"):
        compile_model(small(), dtype="float16")


def test_quantiles_must_have_become_parameters() -> None:
    with pytest.raises(ValueError, match="quantiles"):
        engine(1, "float32").outcomes(
            [Arm(quantiles=(("p1", 0.5),))], table(random_model(1)), ENSEMBLE
        )


def test_unknown_quantities_have_no_trajectory() -> None:
    with pytest.raises(UsageError, match="there is no quantity s9"):
        engine(1, "float32").trajectories(Arm(), table(random_model(1)), ENSEMBLE, ["s9"])


# -- many futures ---------------------------------------------------------------------------------


def test_batches_come_in_order_and_cover_every_future() -> None:
    of = compile_model(small(), dtype="float32")
    scenarios = of.lanes + 5
    rows = np.random.default_rng(1).uniform(size=(scenarios, 1))
    told: list[tuple[int, int]] = []
    batches: list[Batch] = list(
        of.batches(
            [Arm(), Arm()], rows, Ensemble(scenarios, 2), progress=lambda *now: told.append(now)
        )
    )
    assert [batch.first for batch in batches] == [0, of.lanes, 2 * of.lanes]
    ends = np.concatenate([batch.values for batch in batches], axis=1)[0, :, 0]
    assert ends == pytest.approx(np.repeat(rows[:, 0], 2), rel=1e-5)
    assert told[-1] == (4 * scenarios, 4 * scenarios)


def test_a_result_too_large_for_memory_is_refused_before_it_is_run() -> None:
    of = compile_model(small())
    with pytest.raises(UsageError, match=r"would take 14\.9 GiB"):
        of.outcomes([Arm()] * 2, np.zeros((1, 1)), Ensemble(10**5, 10**4))
    with pytest.raises(UsageError, match="trajectories"):
        of.trajectories(Arm(), np.zeros((1, 1)), Ensemble(10**5, 10**4), ["s"])


def test_stopped_from_the_keyboard_it_gives_whole_scenarios() -> None:
    of = compile_model(small(), dtype="float32")
    scenarios = of.lanes * 4
    rows = np.random.default_rng(1).uniform(size=(scenarios, 1))

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        of.outcomes([Arm()], rows, Ensemble(scenarios, 3), progress=stop)
    found = caught.value.outcomes
    assert 0 < found.shape[1] < scenarios
    assert found[0, :, 1, 0] == pytest.approx(rows[: found.shape[1], 0], rel=1e-5)


def test_outcomes_that_are_no_numbers_are_told_with_their_address() -> None:
    steep = Call("log", (Binary("-", Ref("p"), Number(0.5)),))
    of = compile_model(small(outcomes=(outcome("steep", "final", steep, 0, 12),)))
    rows = np.array([[0.9], [0.7], [0.2], [0.1]])
    with pytest.raises(UsageError, match=r"steep is not a finite number in 6 futures.*scenario 7"):
        of.outcomes([Arm()], rows, Ensemble(4, 3, first_scenario=5))
    told: list[NonFinite] = []
    found = of.outcomes([Arm()], rows, Ensemble(4, 3), on_nonfinite=told.append)
    assert told == [NonFinite("steep", 0, 6, 2, 0)]
    assert np.isfinite(found[0, :, 0, 0]).tolist() == [True, True, False, False]


# -- the build ------------------------------------------------------------------------------------


def test_the_size_counts_operations_states_and_streams() -> None:
    size = compile_model(small()).size()
    assert (size.states, size.streams, size.delayed) == (2, 0, 0)
    assert size.transcendental == 0
    assert size.floating == size.simple > 0
    assert size.compile_seconds > 0
    larger = engine(1, "float32").size()
    assert larger.transcendental > 0 < larger.delayed
    # Draws that no outcome depends on are not made.
    assert 0 < larger.streams < len(engine(1, "float32").program.streams)


def test_a_compiler_that_does_not_know_our_way_compiles_plainly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = table(random_model(1))
    usual = engine(1).outcomes([Arm("rules")], rows, ENSEMBLE)
    monkeypatch.setitem(compiled_module.CPU_OPTIONS, "xla_cpu_no_such_option", True)
    of = compile_model(random_model(1), dtype="float64", holdable=HOLDABLE)
    plain = of.outcomes([Arm("rules")], rows, ENSEMBLE)
    assert plain == pytest.approx(usual, rel=1e-9, abs=1e-9)


ISOLATED = """
import sys; sys.path.insert(0, "tests")
from engine.generated import random_model
from reassure.engine.engine import compile_model
from reassure.engine.ensemble import Ensemble
from reassure.model.checked import Arm
import jax, numpy as np
before = dict(jax.config.values)
of = compile_model(random_model(1), dtype="float64")
of.outcomes([Arm()], np.full((2, len(of.model.parameters)), 0.5), Ensemble(2, 1))
assert dict(jax.config.values) == before and not jax.config.jax_enable_x64
assert jax.numpy.zeros(1).dtype == "float32"
"""


def test_double_precision_changes_no_setting_of_jax() -> None:
    subprocess.run([sys.executable, "-c", ISOLATED], check=True, timeout=120)


def test_programs_are_kept_between_processes(tmp_path: Any) -> None:
    script = "from reassure.engine.cache import keep_compiled; keep_compiled()\n" + ISOLATED
    environment = {"REASSURE_CACHE": str(tmp_path / "kept"), "PYTHONPATH": "src"}

    def run() -> dict[str, int]:
        subprocess.run([sys.executable, "-c", script], check=True, timeout=120, env=environment)
        return {p.name: p.stat().st_mtime_ns for p in (tmp_path / "kept").glob("*-cache")}

    first = run()
    assert any(name.startswith("jit_run") for name in first)
    assert run() == first


def test_a_model_without_outcomes_is_refused() -> None:
    with pytest.raises(UsageError, match="no outcomes"):
        compile_model(model(stocks=(stock("s", Number(1.0)),)))


def test_a_model_in_which_nothing_moves_replays() -> None:
    fixed = model(outcomes=(outcome("o", "final", Number(2.0)),))
    found = compile_model(fixed).replay(
        Arm(), np.zeros((1, 0)), Ensemble(1, 1), scenario=0, replication=0
    )
    assert found.outcomes["o"] == 2.0
