"""Games solved inside futures: the compiled step against the plain interpreter, bit for bit against
itself, and what is counted."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from reassure.engine.engine import Engine, compile_model
from reassure.engine.ensemble import Ensemble
from reassure.engine.interpreter import interpret
from reassure.engine.lower import lower
from reassure.engine.results import Solves
from reassure.model.checked import Arm, Model
from reassure.model.load import load

from .games_in_models import CHICKEN, TESTED, WITHOUT, featured, random_games

SCENARIOS, REPLICATIONS, SEED = 2, 2, 23
HOLDABLE = ("test.tried", "test", "arms")
ARMS = (Arm(), Arm(do=(("test.tried", 0.3),), window=(2, 9)), Arm(do=(("arms", 0.9),)))


@cache
def model_and_engine(dtype: str) -> tuple[Model, Engine]:
    made = featured()
    return made, compile_model(made, dtype=dtype, holdable=HOLDABLE)


def table_of(made: Model, rows: int) -> Any:
    rng = np.random.default_rng(3)
    ranges = [dict(parameter.prior.parameters) for parameter in made.parameters]
    return np.stack([rng.uniform(r["low"], r["high"], rows) for r in ranges], axis=-1)


def by_interpreter(made: Model, arm: Arm, table: Any, ensemble: Ensemble, **options: Any) -> Any:
    scenarios, replications = ensemble.addresses(0, ensemble.futures)
    return interpret(made, arm, table[scenarios], scenarios, replications, SEED, "sobol", **options)


def outcomes_of(made: Model, found: Any, ensemble: Ensemble) -> Any:
    stacked = np.stack([found.outcomes[o.name] for o in made.outcomes], axis=-1)
    return stacked.reshape(ensemble.scenarios, ensemble.replications, -1)


@pytest.fixture(scope="module")
def plain() -> Any:
    """What the interpreter says of every arm, with the paths of some names."""
    made, ensemble = featured(), Ensemble(SCENARIOS, REPLICATIONS, SEED)
    table = table_of(made, SCENARIOS)
    return [by_interpreter(made, arm, table, ensemble, record=WATCHED) for arm in ARMS]


WATCHED = ("test.tried", "test.strike.hit", "test", "climb.rung.up", "climb", "slow", "bold")


def test_double_precision_gives_the_futures_of_the_interpreter(plain: Any) -> None:
    made, engine = model_and_engine("float64")
    ensemble = Ensemble(SCENARIOS, REPLICATIONS, SEED)
    got = engine.outcomes(ARMS, table_of(made, SCENARIOS), ensemble)
    for i in range(len(ARMS)):
        expected = outcomes_of(made, plain[i], ensemble)
        assert np.abs(got[i] - expected).max() < 1e-9, i
    assert plain[0].paths["test"].sum() > 3  # it was played
    assert plain[0].paths["climb.rung.up"].sum() + plain[0].paths["test.strike.hit"].sum() > 0


@pytest.mark.extra
def test_paths_agree_step_by_step(plain: Any) -> None:
    made, engine = model_and_engine("float64")
    table, ensemble = table_of(made, SCENARIOS), Ensemble(SCENARIOS, REPLICATIONS, SEED)
    got = engine.trajectories(Arm(), table, ensemble, WATCHED)
    for name in WATCHED:
        path = plain[0].paths[name].T.reshape(SCENARIOS, REPLICATIONS, -1)
        assert np.abs(got[name] - path).max() < 1e-9, name


def test_results_hold_between_appraisals(plain: Any) -> None:
    tried = plain[0].paths["test.tried"]
    changed = [k for k in range(1, len(tried)) if (tried[k] != tried[k - 1]).any()]
    assert changed == [2, 8]  # every six steps from the second on, and the first


def test_single_precision_is_close(plain: Any) -> None:
    made, engine = model_and_engine("float32")
    ensemble = Ensemble(SCENARIOS, REPLICATIONS, SEED)
    got = engine.outcomes(ARMS[:1], table_of(made, SCENARIOS), ensemble)[0]
    apart = np.abs(got - outcomes_of(made, plain[0], ensemble)).max(axis=-1)
    assert (apart < 2e-3).mean() >= 0.75  # a rounding may turn a move; few futures part


def test_a_future_has_the_same_bits_alone_and_among_others() -> None:
    made, engine = model_and_engine("float32")
    table = table_of(made, 200)
    whole = engine.outcomes([Arm()], table, Ensemble(200, 2, SEED))[0]
    for scenario, replication in ((0, 0), (63, 1), (129, 0), (199, 1)):
        alone = Ensemble(1, 1, SEED, "sobol", scenario, replication)
        one = engine.outcomes([Arm()], table[scenario : scenario + 1], alone)[0, 0, 0]
        assert np.array_equal(one, whole[scenario, replication])
    few = engine.outcomes([Arm()], table[50:90], Ensemble(40, 2, SEED, "sobol", 50))[0]
    assert np.array_equal(few, whole[50:90])


def test_a_recorded_future_is_the_one_that_was_run() -> None:
    made, engine = model_and_engine("float32")
    table, ensemble = table_of(made, 3), Ensemble(3, 2, SEED)
    whole = engine.outcomes([Arm()], table, ensemble)[0]
    found = engine.replay(Arm(), table, ensemble, scenario=2, replication=1)
    assert list(found.outcomes.values()) == whole[2, 1].tolist()
    assert set(found.paths["test.strike.hit"]) <= {0.0, 1.0}
    assert set(found.paths["test.flagged"]) == {0.0}


def test_arms_share_luck() -> None:
    """Where nothing that a play reads differs, the same moves are made."""
    made, engine = model_and_engine("float32")
    table, ensemble = table_of(made, 4), Ensemble(4, 4, SEED)
    played = [
        engine.trajectories(arm, table, ensemble, ["test", "test.strike.hit"])
        for arm in (Arm(), Arm(do=(("test.tried", 0.9),)))
    ]
    for name in ("test", "test.strike.hit"):
        assert np.array_equal(played[0][name], played[1][name])


def test_adding_a_game_moves_no_other_draw() -> None:
    streams = lower(load("tested.yaml", text=TESTED)).streams
    start, rest = TESTED.split("  climb:\n")
    without = start.replace(" + climb.rung.up", "") + "  idle:\n" + rest.split("  idle:\n")[1]
    fewer = lower(load("tested.yaml", text=without)).streams
    assert set(streams) - set(fewer) == {("climb", "move rung")}
    assert set(fewer) < set(streams)


def test_a_game_that_nothing_reads_costs_nothing() -> None:
    _, engine = model_and_engine("float64")
    assert {tally.game for tally in engine.program.tallies} == {
        "test", "climb", "duel[north]", "duel[south]",
    }  # fmt: skip
    program = lower(load("tested.yaml", text=WITHOUT))
    assert "climb" not in {tally.game for tally in program.tallies}


def test_solves_are_counted_and_flags_with_them() -> None:
    made, engine = model_and_engine("float32")
    ensemble, table = Ensemble(SCENARIOS, REPLICATIONS, SEED), table_of(made, SCENARIOS)
    counts: list[Any] = []
    values = engine.outcomes([Arm()], table, ensemble, on_solves=counts.append)
    assert values.shape[-1] == len(made.outcomes)
    (found,) = counts
    # The first step and those of the schedule: 0, 6 and 12.
    assert found["duel[north]"] == Solves(3 * ensemble.futures, 0)
    due = engine.trajectories(Arm(), table, ensemble, ["climb", "test", "test.flagged"])
    assert found["climb"] == Solves(int(due["climb"].sum()), 0)
    asked = due["test"] > 0
    asked[..., [0, 2, 8]] = True
    opening = ensemble.futures  # the memory of its result asks for it once more
    assert found["test"] == Solves(int(asked.sum()) + opening, 0)


def chicken() -> Model:
    return load("chicken.yaml", text=CHICKEN)


def test_flagged_solves_are_counted() -> None:
    """Past its fork the symmetric branch of chicken has others beside it."""
    engine, counts = compile_model(chicken(), dtype="float64"), []
    engine.outcomes([Arm()], np.array([[2.0], [50.0]]), Ensemble(2, 1, 0), on_solves=counts.append)
    assert counts == [{"chicken": Solves(6, 3)}]


def test_size_counts_what_appraisals_solve() -> None:
    size = model_and_engine("float64")[1].size()
    # Of `test` the truth and the ally's view, without and with the variant, at two dates of the
    # schedule, the first step, and once more from where a memory starts; of the duels the truth at
    # three steps, and in the south the onlooker's view.
    assert size.solves == 4 * (3 + 1) + 3 * (1 + 2)


MORE = [pytest.param(seed, marks=pytest.mark.extra) for seed in range(2, 20)]


@pytest.mark.parametrize("seed", [0, 1, *MORE])
def test_generated_models_give_the_futures_of_the_interpreter(seed: int) -> None:
    made = random_games(seed)
    ensemble, table = Ensemble(2, 2, SEED), table_of(made, 2)
    got = compile_model(made, dtype="float64").outcomes([Arm()], table, ensemble)[0]
    expected = outcomes_of(made, by_interpreter(made, Arm(), table, ensemble), ensemble)
    assert np.abs(got - expected).max() < 1e-9
