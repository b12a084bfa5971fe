"""Runs that go on from the record: told up to a date, and free from there on.

In each scenario the futures are those of a particle filter at the date (see
:mod:`reassure.history.tracking`): chance given the scenario's parameters and all that the record
holds up to then. The scenarios themselves are not weighed, so that what nobody knows and chance
stay apart: what the record says of parameters is a posterior's to tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from reassure.engine.conditioned import AS_IT_HAPPENED, Conditioned
from reassure.engine.ensemble import Ensemble
from reassure.engine.lanes import Moment
from reassure.engine.random import future_words
from reassure.engine.results import Solves, total
from reassure.history.conditioning import Conditioning, condition
from reassure.history.drawing import hindsight, refuse_nothing
from reassure.history.ledger import Ledger
from reassure.history.tracking import Course, Tracking, check_course, course
from reassure.history.when import known_day, read_as, step_at
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError
from reassure.study.design import Design, Joint
from reassure.study.result import FromRecord, RunResult
from reassure.study.running import check_memory, check_sizes, cut
from reassure.study.settings import Values, fixed_values, held_values, policy_names
from reassure.study.totals import Totals

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

LANES = 2**12
"""About how many futures go side by side."""

PRECISION = "float64"


def run_from_record(
    model: Model,
    ledger: str | Path | Ledger | None = None,
    *,
    at: str,
    known_by: str | None = None,
    reading: str | None = None,
    drawn_from: str | Joint = "sobol",
    policies: Sequence[str] | None = None,
    scenarios: int = 256,
    replications: int = 16,
    seed: int = 0,
    set: Values | None = None,
    do: Mapping[str, float] | None = None,
    trajectories: Sequence[str] = (),
    keep_futures: bool = True,
    precision: str = "float32",
    progress: Progress | None = None,
) -> RunResult:
    """Run each policy from a date on, over the same scenarios, the same past and the same luck.

    Outcomes are read over the whole run: what is added up, or reached, from the model's start on
    has the record's part in it. Interrupted from the keyboard, the run gives what it has finished.

    Args:
        ledger: a ledger, its name or folder; None for the model's.
        at: the date: what happened before it is told, and nothing after.
        known_by: only what could be known on this day; None for ``at``.
        drawn_from: a design, or a posterior.
        policies: names, ``as-it-happened`` among them; None for every policy of the model. Levers
            that a policy does not set stay where the record leaves them.
        set: parameters to fix, and levers to fix from the date on.
        do: quantities to hold from the date on, in their own units.
        precision: checked; the lanes go in float64 whatever is asked for.
        trajectories: quantities whose paths are kept, from the model's start on.
        progress: called with (steps done, steps in all).

    Raises:
        UsageError: a date outside of the run or the ledger, a ledger that tells nothing of the
            model, or what :func:`reassure.study.running.run` refuses.
        KeyboardInterrupt: interrupted before anything was finished.
    """
    from reassure.history.record.judge import open_ledger

    names = _courses(model, policies)
    levers, parameters = fixed_values(model, set)
    held = dict(held_values(model, do))
    check_sizes(model, scenarios, replications, precision, trajectories)
    check_memory(model, len(names), scenarios, replications, keep_futures, len(trajectories))
    first = step_at(model, at, "--from-record")
    opened = open_ledger(model, ledger, reading)
    _check_reached(model, opened, first, at)
    date = calendar.day_of_step(model.time, first).isoformat()
    known = known_day(at, known_by, "--from-record")
    bound = condition(model, opened, until=date, known_by=known)
    refuse_nothing(bound)

    source = bound.program(holdable=held)
    onward = [
        course(bound, source, name, happened=True, settings=dict(levers), do=held, since=first)
        for name in names
    ]
    work = _Work(
        bound,
        source,
        Design(source.model, drawn_from, seed, scenarios, fixed=parameters),
        course(bound, source, AS_IT_HAPPENED, happened=True),
        onward,
        Totals(model, names, scenarios, replications, keep_futures, trajectories),
        tuple(trajectories),
        progress,
    )
    complete = True
    began = time.perf_counter()
    try:
        for start, count in work.blocks(scenarios):
            work.block(start, count)
    except KeyboardInterrupt:
        if not work.totals.finished:
            raise
        complete = False
    return RunResult(
        model=model,
        policies=names,
        scenarios=work.totals.finished,
        replications=replications,
        seed=seed,
        precision=PRECISION,
        settings=dict(set or {}) | {f"do {name}": value for name, value in (do or {}).items()},
        seconds=time.perf_counter() - began,
        compile_seconds=0.0,
        complete=complete,
        scenario_design=Design(model, drawn_from, seed, scenarios, fixed=parameters),
        games=total(work.games),
        from_record=FromRecord(
            at=bound.until,
            ledger=bound.ledger,
            reading=bound.reading,
            known_by=known,
            remarks=(
                *read_as(model, at, "--from-record"),
                *_of_the_record(bound, known),
                *_of_the_scenarios(drawn_from, bound, work),
                *hindsight(drawn_from, opened, bound, known),
                *bound.notes,
            ),
        ),
        _rows=work.totals.rows(),
        _array=work.totals.array(),
        _paths=work.totals.paths(),
    )


@dataclass(slots=True)
class _Work:
    """A run as it goes on: blocks of scenarios follow the record together, and part by policy.

    Attributes:
        along, onward: how levers go up to the date, and from there on policy by policy.
        impossible: in how many scenarios so far nothing could have been measured as it was.
    """

    bound: Conditioning
    source: Conditioned
    rows: Design
    along: Course
    onward: Sequence[Course]
    totals: Totals
    trajectories: tuple[str, ...]
    progress: Progress | None
    impossible: int = 0
    games: list[Mapping[str, Solves]] = field(default_factory=list)
    _done: int = 0
    _all: int = 0

    def blocks(self, scenarios: int) -> Sequence[tuple[int, int]]:
        """The scenarios in pieces: (first, how many)."""
        found = list(cut(scenarios, max(1, LANES // self.totals.replications)))
        ahead = self.source.program.steps + 1 - self.bound.steps
        self._all = len(found) * (self.bound.steps + ahead * len(self.onward))
        return found

    def block(self, first: int, count: int) -> None:
        """Run and add up ``count`` scenarios from ``first`` on, under every policy."""
        seed, replications = self.rows.seed, self.totals.replications
        shape = (count, replications)
        part = Ensemble(count, replications, seed, self.rows.sequence, first)
        words = future_words(seed, part.design, *part.addresses(0, part.futures))
        tracking = Tracking(
            self.source,
            self.along,
            self.rows.parameters(first, count),
            replications,
            words,
            self.trajectories,
            seed,
            first,
        )
        past = self._advance(tracking.advance, self.bound.steps, part.futures)
        impossible = int(np.isneginf(tracking.densities()).sum())
        tracking.even_out()
        lineage = tracking.lineage()
        past = {name: np.take_along_axis(path, lineage, axis=1) for name, path in past.items()}
        values = np.empty((len(self.onward), *shape, len(self.totals.model.outcomes)))
        games = []
        for i, ahead in enumerate(self.onward):
            lanes = tracking.lanes.retold(ahead.given, ahead.told, ahead.orders)
            # The last step is read, and not lived through.
            left = self.source.program.steps + 1 - self.bound.steps
            paths = self._advance(lanes.advance, left, part.futures)
            whole = {name: np.vstack([past[name], path]) for name, path in paths.items()}
            self.totals.keep_paths(
                i, first, 0, {name: path.T.reshape(*shape, -1) for name, path in whole.items()}
            )
            found = lanes.outcomes()
            for j, outcome in enumerate(self.totals.model.outcomes):
                values[i, :, :, j] = found[outcome.name].reshape(shape)
            games.append(lanes.solves())
        self.totals.add(first, 0, values)
        self.totals.finish(first, count)
        self.games += games
        self.impossible += impossible

    def _advance(self, advance: Callable[[], Moment], steps: int, futures: int) -> dict[str, Array]:
        """Take steps; the paths ``[steps, futures]`` of what is kept."""
        paths = {name: np.empty((steps, futures)) for name in self.trajectories}
        for step in range(steps):
            moment = advance()
            for name, path in paths.items():
                path[step] = moment.read(name)
            self._done += 1
            if self.progress is not None:
                self.progress(self._done, self._all)
        return paths


def _courses(model: Model, policies: Sequence[str] | None) -> tuple[str, ...]:
    """The policies to run, ``as-it-happened`` among them."""
    if policies is None and not model.policies:
        return (AS_IT_HAPPENED,)
    asked = [policies] if isinstance(policies, str) else policies
    if not asked:
        return policy_names(model, asked)
    return tuple(dict.fromkeys(check_course(model, name) for name in asked))


def _check_reached(model: Model, ledger: Ledger, first: int, at: str) -> None:
    """Refuse a date up to which the record does not reach."""
    end = ledger.coverage[1].end
    after = calendar.step_of(model.time, end + timedelta(days=1))
    if first > after:
        raise UsageError(
            f"--from-record {at} lies after the record, which ends {end}",
            f"choose a date up to {calendar.date_of_step(model.time, after)}, from which the run goes"
            " on by itself",
        )


def _of_the_record(bound: Conditioning, known: str) -> tuple[str, ...]:
    return (
        f"from the record to {bound.until} (ledger {bound.ledger}, reading {bound.reading}, as known"
        f" by {known}), and free from there on; outcomes are read over the whole run from"
        f" {bound.start}, the record's part included",
    )


def _of_the_scenarios(drawn_from: str | Joint, bound: Conditioning, work: _Work) -> tuple[str, ...]:
    said = []
    if isinstance(drawn_from, str) and bound.measured:
        said.append(
            "scenarios are the priors', not weighed by the record; what it says of parameters comes"
            f" in by a fit (reassure fit with --to {bound.until}, then --posterior)"
        )
    if work.impossible:
        said.append(
            f"in {work.impossible} of {work.totals.finished} scenarios what was measured could not"
            " have come in any future: there, chance follows only what is given"
        )
    return tuple(said)
