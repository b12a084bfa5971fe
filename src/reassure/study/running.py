"""Run a model: every policy over the same scenarios and the same luck."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reassure.engine.engine import Engine
from reassure.engine.ensemble import Ensemble
from reassure.engine.results import Interrupted, Solves, total
from reassure.model.checked import Arm, Model
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.design import MOST_SCENARIOS, Design, Joint
from reassure.study.engines import engine_for
from reassure.study.quantities import quantities
from reassure.study.result import RunResult
from reassure.study.settings import (
    Values,
    arm_policy,
    check_policy,
    fixed_values,
    held_values,
    policy_names,
)
from reassure.study.totals import Totals

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

PRECISIONS = ("float32", "float64")
PRECISION_HINT = "use float32 or float64"
BLOCK = 2**16
"""About how many futures are run before they are reduced."""

MOST_KEPT = 2**27
"""Numbers that a result may keep: a gigabyte."""


@dataclass(frozen=True, slots=True)
class Future:
    """One future, replayed.

    Attributes:
        outcomes: in their units, those of the run.
        paths: every quantity that formulas can read, [step], in internal units.
        parameters: the scenario, in the parameters' own units.
    """

    outcomes: dict[str, float]
    paths: dict[str, Array]
    parameters: dict[str, float]


def run(
    model: Model,
    *,
    policies: Sequence[str] | None = None,
    scenarios: int = 256,
    replications: int = 16,
    seed: int = 0,
    design: str | Joint = "sobol",
    set: Values | None = None,
    do: Mapping[str, float] | None = None,
    trajectories: Sequence[str] = (),
    keep_futures: bool = True,
    precision: str = "float32",
    progress: Progress | None = None,
) -> RunResult:
    """Run ``scenarios`` times ``replications`` futures of each policy.

    Blocks of scenarios are run for all policies in turn and reduced at once, so memory does not
    grow with the number of futures unless they are kept. Interrupted from the keyboard, the run
    gives what it has finished, marked as not complete.

    Args:
        policies: names, several actors' joined with ``+``; None for every policy of the model.
        set: parameters and levers to fix, in their own units; an option lever takes a word.
        do: quantities to hold, in their own units.
        trajectories: quantities whose paths are kept.
        keep_futures: keep every future's outcomes; they take 8 bytes each.
        precision: ``float32`` or ``float64``.
        progress: called with (futures done, futures in all).

    Raises:
        UsageError: what is asked for does not exist, or does not fit into memory.
        KeyboardInterrupt: interrupted before anything was finished.
    """
    names = policy_names(model, policies)
    levers, parameters = fixed_values(model, set)
    held = held_values(model, do)
    check_sizes(model, scenarios, replications, precision, trajectories)
    check_memory(model, len(names), scenarios, replications, keep_futures, len(trajectories))
    rows = Design(model, design, seed, scenarios, fixed=parameters)
    arms = [Arm(policy=arm_policy(name, model), settings=levers, do=held) for name in names]

    began = time.perf_counter()
    engine = engine_for(model, precision, [name for name, _ in held])
    _warm_up(engine, arms[0], rows, trajectories)
    compile_seconds = time.perf_counter() - began

    totals = Totals(model, names, scenarios, replications, keep_futures, trajectories)
    work = _Work(engine, arms, rows, totals, tuple(trajectories), progress)
    complete = True
    began = time.perf_counter()
    try:
        for first, count in cut(scenarios, max(1, BLOCK // (replications * len(names)))):
            work.block(first, count)
    except KeyboardInterrupt:
        if not totals.finished:
            raise
        complete = False
    seconds = time.perf_counter() - began
    return RunResult(
        model=model,
        policies=names,
        scenarios=totals.finished,
        replications=replications,
        seed=seed,
        precision=precision,
        settings=dict(set or {}) | {f"do {name}": value for name, value in (do or {}).items()},
        seconds=seconds,
        compile_seconds=compile_seconds,
        complete=complete,
        scenario_design=rows,
        games=total(work.games),
        _rows=totals.rows(),
        _array=totals.array(),
        _paths=totals.paths(),
    )


def replay(
    model: Model,
    *,
    policy: str = "",
    scenario: int = 0,
    replication: int = 0,
    seed: int = 0,
    design: str | Joint = "sobol",
    set: Values | None = None,
    precision: str = "float32",
    scenarios: int | None = None,
) -> Future:
    """Run one future again, and record it.

    Args:
        policy: one policy, or several actors' joined with ``+``; '' for every lever at its default.
        scenario, replication: its numbers in the run, from 0.
        seed, design, set, precision: as they were in the run.
        scenarios: how many the run had; only a Latin hypercube needs to know.

    Raises:
        UsageError: the address does not exist.
    """
    name = check_policy(model, policy)
    if scenario < 0 or replication < 0:
        raise UsageError("scenarios and replications are numbered from 0", "give 0 or more")
    check_sizes(model, 1, replication + 1, precision, ())
    levers, parameters = fixed_values(model, set)
    rows = Design(model, design, seed, scenarios, fixed=parameters)
    arm = Arm(policy=arm_policy(name, model), settings=levers)
    alone = Ensemble(1, 1, seed, rows.sequence, scenario, replication)
    drawn = rows.parameters(scenario, 1)
    engine = engine_for(model, precision)
    found = engine.replay(arm, drawn, alone, scenario=scenario, replication=replication)
    return Future(
        outcomes=found.outcomes,
        paths=found.paths,
        parameters={
            item.name: float(value) / item.unit.factor
            for item, value in zip(model.parameters, drawn[0], strict=True)
        },
    )


@dataclass(slots=True)
class _Work:
    """A run as it goes on."""

    engine: Engine
    arms: Sequence[Arm]
    rows: Design
    totals: Totals
    trajectories: tuple[str, ...]
    progress: Progress | None
    done: int = 0
    games: list[Mapping[str, Solves]] = field(default_factory=list)

    def block(self, first: int, count: int) -> None:
        """Run and add up ``count`` scenarios from ``first`` on, under every policy.

        Raises:
            KeyboardInterrupt: after adding what was finished.
        """
        drawn = self.rows.parameters(first, count)
        for start, size in cut(self.totals.replications, BLOCK):
            part = Ensemble(count, size, self.rows.seed, self.rows.sequence, first, start)
            try:
                found = self.engine.outcomes(
                    self.arms,
                    drawn,
                    part,
                    progress=self._told,
                    on_nonfinite=lambda _: None,  # the figures show it
                    on_solves=self.games.append,
                )
            except Interrupted as stopped:
                finished = stopped.outcomes.shape[1]
                # Half of the replications of a scenario would be no scenario, nor one without
                # paths.
                if finished and size == self.totals.replications and not self.trajectories:
                    self.totals.add(first, start, stopped.outcomes)
                    self.totals.finish(first, finished)
                raise
            self.totals.add(first, start, found)
            for index, arm in enumerate(self.arms if self.trajectories else ()):
                paths = self.engine.trajectories(arm, drawn, part, self.trajectories)
                self.totals.keep_paths(index, first, start, paths)
            self.done += part.futures * len(self.arms)
        self.totals.finish(first, count)

    def _told(self, done: int, _: int) -> None:
        if self.progress is not None:
            self.progress(self.done + done, self.totals.futures)


def cut(count: int, size: int) -> Iterator[tuple[int, int]]:
    """``count`` things in pieces of ``size``: (first, how many)."""
    for first in range(0, count, size):
        yield first, min(size, count - first)


def _warm_up(engine: Engine, arm: Arm, rows: Design, trajectories: Sequence[str]) -> None:
    """Have the engine compile all that the run needs, so that its time is told apart."""
    one, drawn = Ensemble(1, 1, rows.seed, rows.sequence), rows.parameters(0, 1)
    engine.outcomes([arm], drawn, one, on_nonfinite=lambda _: None)
    if trajectories:
        engine.trajectories(arm, drawn, one, trajectories)


def check_sizes(
    model: Model, scenarios: int, replications: int, precision: str, trajectories: Sequence[str]
) -> None:
    if precision not in PRECISIONS:
        raise UsageError(
            f"{quote(precision)} is no precision", suggest(precision, PRECISIONS) or PRECISION_HINT
        )
    for what, number in (("scenarios", scenarios), ("replications", replications)):
        if not 1 <= number <= MOST_SCENARIOS:
            raise UsageError(
                f"a run cannot have {number} {what}", f"give a number from 1 to {MOST_SCENARIOS}"
            )
    known = quantities(model)
    for name in trajectories:
        if name not in known:
            raise UsageError(
                f"{quote(name)} is no quantity of the model",
                suggest(name, known) or "`reassure show MODEL` lists what the model has",
            )


def check_memory(
    model: Model, policies: int, scenarios: int, replications: int, keep: bool, paths: int
) -> None:
    """Refuse to keep more than :data:`MOST_KEPT` numbers."""
    futures = policies * scenarios * replications
    numbers = futures * (keep * len(model.outcomes) + paths * (model.time.steps + 1))
    if numbers > MOST_KEPT:
        raise UsageError(
            f"keeping {futures:,} futures would take {numbers * 8 / 2**30:.1f} GiB, and the limit "
            f"is {MOST_KEPT * 8 / 2**30:.0f}",
            "record fewer paths" if paths else "keep summaries only: futures=False, no --futures",
        )
