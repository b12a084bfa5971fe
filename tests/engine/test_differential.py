"""The compiled engine against the plain interpreter: the same random numbers, the same futures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from precision import cost
from reassure.engine.adjoint import Tape
from reassure.engine.engine import compile_model
from reassure.engine.ensemble import Ensemble
from reassure.engine.interpreter import interpret
from reassure.engine.lower import lower
from reassure.engine.program import Program
from reassure.engine.random import future_words
from reassure.engine.scalars import orders
from reassure.model.checked import Arm, Model
from reassure.model.expression import Call, Memory, walk
from reassure.model.functions import FUNCTIONS
from reassure.model.load import load
from reassure.study.design import Design

from .generated import HOLDABLE, random_arms, random_model

SCENARIOS, REPLICATIONS, SEED = 5, 4, 17
WATCHED = ("s0", "s1", "b0", "c0", "c1", "e0", "e1", "e2", "e3.magnitude", "n2", "l1", "a4")


def table_of(made: Model, rows: int, seed: int) -> Any:
    return np.random.default_rng(seed).random((rows, len(made.parameters)))


def by_interpreter(made: Model, arm: Arm, table: Any, **options: Any) -> Any:
    scenarios = np.repeat(np.arange(SCENARIOS), REPLICATIONS)
    replications = np.tile(np.arange(REPLICATIONS), SCENARIOS)
    rows = table[scenarios]
    return interpret(made, arm, rows, scenarios, replications, SEED, "sobol", **options)


def by_tape(made: Model, program: Program, arm: Arm, table: Any) -> Any:
    """``[outcome, lanes]`` of the lowered step, uncompiled."""
    ensemble = Ensemble(SCENARIOS, REPLICATIONS, SEED)
    scenarios, replications = ensemble.addresses(0, ensemble.futures)
    rows = table[scenarios].T.copy()
    for name, value in arm.parameters:
        rows[program.parameters.index(name)] = value
    future = future_words(SEED, "sobol", scenarios, replications)
    return Tape(program, orders(made, program, arm), rows, future).readings()


def outcomes_of(made: Model, found: Any) -> Any:
    """``[scenario, replication, outcome]``."""
    stacked = np.stack([found.outcomes[o.name] for o in made.outcomes], axis=-1)
    return stacked.reshape(SCENARIOS, REPLICATIONS, -1)


def differences(mine: Any, theirs: Any) -> Any:
    return np.abs(mine - theirs) / np.maximum(1.0, np.abs(mine))


MORE = [pytest.param(seed, marks=pytest.mark.extra) for seed in range(3, 24)]


@pytest.mark.parametrize("seed", [0, 1, 2, *MORE])
def test_double_precision_gives_the_futures_of_the_interpreter(seed: int) -> None:
    made = random_model(seed)
    arms = random_arms(made, seed)
    table = table_of(made, SCENARIOS, seed)
    engine = compile_model(made, dtype="float64", holdable=HOLDABLE)
    ensemble = Ensemble(SCENARIOS, REPLICATIONS, SEED)
    got = engine.outcomes(arms, table, ensemble)
    for i, arm in enumerate(arms):
        expected = outcomes_of(made, by_interpreter(made, arm, table))
        worst = differences(expected, got[i]).max(axis=(0, 1))
        names = [o.name for o in made.outcomes]
        assert worst.max() < 1e-9, (arm, dict(zip(names, worst, strict=True)))


@pytest.mark.parametrize("seed", [*range(8), *MORE])
def test_the_lowered_step_is_the_models(seed: int) -> None:
    """What the engine compiles, worked out node by node: quicker than compiling it."""
    made = random_model(seed)
    program = lower(made, HOLDABLE)
    table = table_of(made, SCENARIOS, seed)
    for arm in random_arms(made, seed):
        expected = by_interpreter(made, arm, table)
        mine = np.stack([expected.outcomes[o.name] for o in made.outcomes])
        assert differences(mine, by_tape(made, program, arm, table)).max() < 1e-9, arm


@pytest.mark.parametrize("seed", [0, *MORE])
def test_paths_agree_step_by_step(seed: int) -> None:
    made = random_model(seed)
    arm = random_arms(made, seed)[1]
    table = table_of(made, SCENARIOS, seed)
    engine = compile_model(made, dtype="float64", holdable=HOLDABLE)
    got = engine.trajectories(arm, table, Ensemble(SCENARIOS, REPLICATIONS, SEED), WATCHED)
    expected = by_interpreter(made, arm, table, record=WATCHED)
    for name in WATCHED:
        path = expected.paths[name].T.reshape(SCENARIOS, REPLICATIONS, -1)
        steps = min(path.shape[-1], got[name].shape[-1])
        assert differences(path[..., :steps], got[name][..., :steps]).max() < 1e-9, name


def test_a_quantity_held_at_another_arms_path() -> None:
    made = random_model(3)
    low, high = random_arms(made, 3)[:2]
    table = table_of(made, SCENARIOS, 3)
    path = by_interpreter(made, low, table, record=["b0"]).paths["b0"]
    engine = compile_model(made, dtype="float64", holdable=HOLDABLE)
    held = {"b0": path.T.reshape(SCENARIOS, REPLICATIONS, -1)}
    ensemble = Ensemble(SCENARIOS, REPLICATIONS, SEED)
    got = engine.outcomes([high], table, ensemble, follow={0: held})
    expected = by_interpreter(made, high, table, held_paths={"b0": path})
    assert differences(outcomes_of(made, expected), got[0]).max() < 1e-9


@pytest.mark.parametrize("seed", [0, *MORE])
def test_single_precision_leaves_most_futures_where_they_were(seed: int) -> None:
    """A rounding can turn a comparison or a count, and then a future goes its own way; few do."""
    made = random_model(seed)
    table = table_of(made, SCENARIOS, seed).astype(np.float32).astype(float)
    engine = compile_model(made, dtype="float32")
    got = engine.outcomes([Arm()], table, Ensemble(SCENARIOS, REPLICATIONS, SEED))[0]
    expected = outcomes_of(made, by_interpreter(made, Arm(), table))
    parted = differences(expected, got).max(axis=-1) > 1e-2
    assert parted.mean() <= 0.1


SMALL = ["logistic", "richardson", "trust"]
LARGE = [
    "easley2007",
    "easley2007-formula",
    "easley2007-china",
    "easley2007-domestic",
    "easley2007-complements",
    "easley2007-updated",
]


@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(n, marks=pytest.mark.extra) for n in LARGE)]
)
def test_bundled_models_run_as_they_are_written(name: str) -> None:
    made = load(name)
    arm = Arm(policy=made.policies[-1].name) if made.policies else Arm()
    table = Design(made, "sobol", SEED).parameters(0, SCENARIOS)
    engine = compile_model(made, dtype="float64")
    got = engine.outcomes([arm], table, Ensemble(SCENARIOS, REPLICATIONS, SEED))[0]
    expected = outcomes_of(made, by_interpreter(made, arm, table))
    assert differences(expected, got).max() < 1e-9


@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(n, marks=pytest.mark.extra) for n in LARGE)]
)
def test_single_precision_costs_little_in_bundled_models(name: str) -> None:
    found = cost(load(name), scenarios=32, replications=16)
    assert found.parted <= 2e-3
    assert found.mean <= 0.01
    assert found.quantile <= 0.02


def test_the_lowered_step_of_the_largest_model_is_the_models() -> None:
    made = load("easley2007-formula")  # games on a tape have tests of their own
    arm = Arm(policy="managed")
    table = Design(made, "sobol", SEED).parameters(0, SCENARIOS)
    expected = by_interpreter(made, arm, table)
    mine = np.stack([expected.outcomes[o.name] for o in made.outcomes])
    assert differences(mine, by_tape(made, lower(made), arm, table)).max() < 1e-9


def test_generated_models_use_the_whole_language() -> None:
    functions: set[str] = set()
    remembered: set[str] = set()
    for seed in range(40):
        for formula in formulas(random_model(seed)):
            for node in walk(formula):
                if isinstance(node, Call):
                    functions.add(node.function)
                elif isinstance(node, Memory):
                    remembered.add(node.function)
    assert functions == set(FUNCTIONS)
    assert remembered == {"smooth", "delay", "material_delay", "previous", "since"}


def formulas(made: Model) -> list[Any]:
    found = [a.formula for a in made.auxiliaries] + [s.change for s in made.stocks]
    found += [o.formula for o in made.outcomes]
    found += [option.utility for c in made.choices for option in c.options]
    return found + [noise.scale for noise in made.noises]
