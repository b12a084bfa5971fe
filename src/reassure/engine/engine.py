"""The engine of a model: arms, parameters and luck in; outcomes and trajectories out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from reassure.engine import random as generator
from reassure.engine.compiled import WINDOW_LANES, Compiled
from reassure.engine.ensemble import Ensemble, Parameters, parameter_rows
from reassure.engine.lower import lower
from reassure.engine.program import Program
from reassure.engine.results import (
    Batch,
    Interrupted,
    NonFinite,
    Replay,
    Solves,
    nonfinite,
    total,
)
from reassure.engine.scalars import Orders, orders, scalar_table
from reassure.engine.size import Size, measure
from reassure.model.checked import Arm, Model
from reassure.model.mistakes import UsageError, suggest

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
"""Called with the number of futures done and the number of all, arms counted."""

Follow = Mapping[int, Mapping[str, "int | Array"]]
"""For an arm's position: names to hold, each at its path under another arm (by that arm's
position), or at a given path ``[scenario, replication, step]`` in internal units."""

MOST_OUTCOME_BYTES = 2**30


def compile_model(model: Model, *, dtype: Any = "float32", holdable: Iterable[str] = ()) -> Engine:
    """The engine of a model. What is costly is done when it is first run.

    Args:
        model: a checked model.
        dtype: ``float32`` or ``float64``, the precision of everything simulated.
        holdable: quantities that arms may hold beside those that the model's claims hold.

    Raises:
        UsageError: a model without outcomes; an unknown precision; a name in ``holdable`` that
            cannot be held.
    """
    if not model.outcomes:
        raise UsageError("the model has no outcomes to run for", "add one under `outcomes:`")
    if np.dtype(dtype) not in (np.dtype("float32"), np.dtype("float64")):
        raise UsageError(f"a simulation runs in float32 or float64, not in {np.dtype(dtype)}")
    return Engine(model, lower(model, holdable), np.dtype(dtype))


@dataclass(frozen=True)
class _Work:
    """One call's request, as every batch needs it."""

    arms: Sequence[Arm]
    orders: Sequence[Orders]
    parameters: Parameters | Array
    ensemble: Ensemble
    follow: Follow = field(default_factory=dict)


class Engine:
    """A model ready to run. Made by :func:`compile_model`; safe to use from several threads.

    Attributes:
        model: the checked model.
        program: its lowered form.
        dtype: precision of the simulation.
        lanes: futures in a batch.
        outcome_names: the order of the last axis of outcomes.
    """

    def __init__(self, model: Model, program: Program, dtype: np.dtype[Any]) -> None:
        self.model = model
        self.program = program
        self.dtype = dtype
        self.outcome_names = tuple(reading.name for reading in program.readings)
        self._run = Compiled(program, dtype)
        self.lanes = self._run.lanes
        self._recording = Compiled(program, dtype, record=True, lanes=self.lanes)
        self._scales = np.asarray([reading.scale for reading in program.readings])
        self._columns = {name: i for i, name in enumerate(program.parameters)}

    # -- outcomes ---------------------------------------------------------------------------------

    def outcomes(
        self,
        arms: Sequence[Arm],
        parameters: Parameters | Array,
        ensemble: Ensemble,
        *,
        follow: Follow | None = None,
        progress: Progress | None = None,
        on_nonfinite: Callable[[NonFinite], None] | None = None,
        on_solves: Callable[[Mapping[str, Solves]], None] | None = None,
    ) -> Array:
        """Every outcome of every future under every arm, with the same luck in all arms.

        Args:
            arms: ways to run the model; quantiles must have become ``parameters``.
            parameters: a design, or ``[scenarios, P]`` in internal units in the model's order.
            ensemble: which futures.
            follow: quantities held at a path; see :data:`Follow`.
            progress: told of futures done.
            on_nonfinite: told of outcomes that are not finite numbers, batch by batch; without it
                they are an error.
            on_solves: told of the solves of games, batch by batch.

        Returns:
            ``[arm, scenario, replication, outcome]``, float64, in the outcomes' units.

        Raises:
            UsageError: an arm asks for what is not there; the result would be too large; an
                outcome is not a finite number.
            Interrupted: stopped from the keyboard.
        """
        shape = (len(arms), ensemble.futures, len(self.outcome_names))
        if (size := int(np.prod(shape)) * 8) > MOST_OUTCOME_BYTES:
            raise UsageError(
                f"the outcomes of {ensemble.futures} futures under {len(arms)} arms would take"
                f" {size / 2**30:.1f} GiB, more than {MOST_OUTCOME_BYTES / 2**30:.0f}",
                "ask for fewer futures",
            )
        values = np.empty(shape)
        done = 0
        problems: dict[str, NonFinite] = {}
        try:
            for batch in self.batches(arms, parameters, ensemble, follow=follow, progress=progress):
                done = batch.first + batch.values.shape[1]
                if on_solves is not None:
                    on_solves(batch.solves)
                values[:, batch.first : done] = batch.values
                for problem in batch.nonfinite:
                    problems.setdefault(problem.outcome, problem)
                    if on_nonfinite is not None:
                        on_nonfinite(problem)
        except KeyboardInterrupt:
            whole = done // ensemble.replications
            kept = values[:, : whole * ensemble.replications]
            raise Interrupted(
                kept.reshape(len(arms), whole, ensemble.replications, shape[2])
            ) from None
        if problems and on_nonfinite is None:
            raise UsageError("; ".join(str(problem) for problem in problems.values()))
        return values.reshape(len(arms), ensemble.scenarios, ensemble.replications, shape[2])

    def batches(
        self,
        arms: Sequence[Arm],
        parameters: Parameters | Array,
        ensemble: Ensemble,
        *,
        follow: Follow | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Batch]:
        """Outcomes batch by batch, in order: memory does not grow with the number of futures.

        Arguments and errors as of :meth:`outcomes`. Stopping early stops the work.
        """
        work = self._work(arms, parameters, ensemble, follow)
        firsts = range(0, ensemble.futures, self.lanes)
        total, workers = ensemble.futures * len(arms), _workers()
        self._run.executable  # noqa: B018 - compiled before threads ask for it
        with ThreadPoolExecutor(workers) as pool:
            pending: list[Future[Batch]] = []
            try:
                for first in firsts:
                    pending.append(pool.submit(self._batch, work, first))
                    if len(pending) > workers:
                        yield self._next(pending, progress, work, total)
                while pending:
                    yield self._next(pending, progress, work, total)
            finally:
                for item in pending:
                    item.cancel()

    def _next(
        self, pending: list[Future[Batch]], progress: Progress | None, work: _Work, total: int
    ) -> Batch:
        batch = pending[0].result()
        del pending[0]
        if progress is not None:
            progress((batch.first + batch.values.shape[1]) * len(work.arms), total)
        return batch

    # -- trajectories -----------------------------------------------------------------------------

    def trajectories(
        self,
        arm: Arm,
        parameters: Parameters | Array,
        ensemble: Ensemble,
        names: Sequence[str],
        *,
        follow: Mapping[str, Array] | None = None,
    ) -> dict[str, Array]:
        """Paths of named quantities, ``[scenario, replication, step]`` for steps ``0 .. steps``,
        internal units.

        Args:
            arm, parameters, ensemble: as of :meth:`outcomes`.
            names: any name that a formula can read.
            follow: quantities held at a path, ``[scenario, replication, step]``.

        Raises:
            UsageError: there is no such name; the result would be too large.
        """
        self._known(names)
        steps = self.program.steps + 1
        if (size := len(names) * ensemble.futures * steps * 8) > MOST_OUTCOME_BYTES:
            raise UsageError(
                f"{len(names)} trajectories of {ensemble.futures} futures would take"
                f" {size / 2**30:.1f} GiB",
                "ask for fewer names or futures",
            )
        work = self._work([arm], parameters, ensemble, {0: follow} if follow else None)
        found = {name: np.empty((ensemble.futures, steps)) for name in names}
        for first in range(0, ensemble.futures, self.lanes):
            count = min(self.lanes, ensemble.futures - first)
            prepared = self._prepared(work, first, count)
            paths = self._given_paths(work, 0, first, count)
            for name, path in self._recorded(work, 0, prepared, paths, names, count).items():
                found[name][first : first + count] = path[:steps, :count].T
        shape = (ensemble.scenarios, ensemble.replications, steps)
        return {name: path.reshape(shape) for name, path in found.items()}

    def replay(
        self,
        arm: Arm,
        parameters: Parameters | Array,
        ensemble: Ensemble,
        *,
        scenario: int,
        replication: int,
    ) -> Replay:
        """One future in full, by its address in the ensemble's seed and design.

        Raises:
            RuntimeError: the recording program and the run program disagree (which would be a
                fault of ours).
        """
        alone = Ensemble(1, 1, ensemble.seed, ensemble.design, scenario, replication)
        if isinstance(parameters, np.ndarray):
            row = scenario - ensemble.first_scenario
            parameters = parameters[row : row + 1]
        work = self._work([arm], parameters, alone, None)
        rows, words = self._prepared(work, 0, 1)
        prepared = self._with_fixed(rows, arm), words
        raw = self._run.run(*prepared, self._run.tables(work.orders[0]), count=1)
        recording = self._recording
        recorded = recording.run(*prepared, recording.tables(work.orders[0]), count=1)
        if not np.array_equal(np.asarray(recorded.outcomes), raw, equal_nan=True):
            raise RuntimeError("the recorded future is not the one that was run")
        steps = self.program.steps + 1
        table = np.asarray(recorded.window).reshape(
            -1, max(len(recording.layout.recorded), 1), WINDOW_LANES
        )
        paths = {
            name: table[:steps, i, 0].astype(np.float64)
            for i, name in enumerate(recording.layout.recorded)
        }
        paths |= self._same_for_all(work.orders[0], set(self.program.names) - set(paths))
        values = raw[: len(self._scales), 0].astype(np.float64) * self._scales
        return Replay(dict(zip(self.outcome_names, values.tolist(), strict=True)), paths)

    def prepare(self) -> None:
        """Compile what runs and what records, side by side, for who will need both."""
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(lambda program: program.executable, (self._run, self._recording)):
                pass

    # -- size -------------------------------------------------------------------------------------

    def size(self) -> Size:
        """Operations a future and step, streams, states, seconds to compile, memory."""
        return measure(self._run)

    # -- inside -----------------------------------------------------------------------------------

    def _known(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.program.names:
                raise UsageError(f"there is no quantity {name}{suggest(name, self.program.names)}")

    def _work(
        self,
        arms: Sequence[Arm],
        parameters: Parameters | Array,
        ensemble: Ensemble,
        follow: Follow | None,
    ) -> _Work:
        for arm in arms:
            if arm.quantiles:
                raise ValueError("an arm's quantiles must become parameters before it is run")
            for name, _ in arm.parameters:
                if name not in self._columns:
                    raise UsageError(f"there is no parameter {name}{suggest(name, self._columns)}")
        follow = follow or {}
        made = [
            orders(self.model, self.program, arm, follow.get(i, ())) for i, arm in enumerate(arms)
        ]
        return _Work(arms, made, parameters, ensemble, follow)

    def _prepared(self, work: _Work, first: int, count: int) -> tuple[Array, generator.Words]:
        """Parameters ``[B, P]`` and words of a batch; lanes beyond ``count`` repeat its last
        future."""
        ensemble = work.ensemble
        scenarios, replications = ensemble.addresses(first, count)
        spare = (0, self.lanes - count)
        scenarios = np.pad(scenarios, spare, mode="edge")
        replications = np.pad(replications, spare, mode="edge")
        rows = parameter_rows(work.parameters, ensemble, scenarios)
        words = generator.future_words(ensemble.seed, ensemble.design, scenarios, replications)
        return rows, words

    def _with_fixed(self, rows: Array, arm: Arm) -> Array:
        if not arm.parameters:
            return rows
        rows = rows.copy()
        for name, value in arm.parameters:
            rows[:, self._columns[name]] = value
        return rows

    def _batch(self, work: _Work, first: int) -> Batch:
        ensemble = work.ensemble
        count = min(self.lanes, ensemble.futures - first)
        rows, words = self._prepared(work, first, count)
        values = np.empty((len(work.arms), count, len(self.outcome_names)))
        sources = self._source_paths(work, first, count)
        counted: list[dict[str, Solves]] = []
        for i, arm in enumerate(work.arms):
            followed = [
                sources[path, name]
                if isinstance(path, int)
                else self._lane_path(path, first, count)
                for name, path in work.follow.get(i, {}).items()
            ]
            raw = self._run.run(
                self._with_fixed(rows, arm),
                words,
                self._run.tables(work.orders[i]),
                self._run.paths(followed) if followed else None,
                count=count,
            )
            values[i] = raw[: len(self._scales), :count].T * self._scales
            counted.append(self._solves(raw[len(self._scales) :, :count]))
        problems = nonfinite(values, self.outcome_names, ensemble, first)
        return Batch(first, values, problems, total(counted))

    def _solves(self, raw: Array) -> dict[str, Solves]:
        counts = np.rint(raw.sum(axis=1, dtype=np.float64)).astype(int).reshape(-1, 2)
        names = (tally.game for tally in self.program.tallies)
        return {
            name: Solves(int(solves), int(flagged))
            for name, (solves, flagged) in zip(names, counts, strict=True)
        }

    def _source_paths(self, work: _Work, first: int, count: int) -> dict[tuple[int, str], Array]:
        """Paths, ``[rows, B]``, of what some arm follows under another."""
        wanted: dict[int, dict[str, None]] = {}
        for names in work.follow.values():
            for name, source in names.items():
                if isinstance(source, int):
                    wanted.setdefault(source, {})[name] = None
        found = {}
        for source, chosen in wanted.items():
            prepared = self._prepared(work, first, count)
            paths = self._given_paths(work, source, first, count)
            for name, path in self._recorded(
                work, source, prepared, paths, list(chosen), count
            ).items():
                found[source, name] = path
        return found

    def _given_paths(self, work: _Work, arm: int, first: int, count: int) -> Array | None:
        given = work.follow.get(arm, {})
        if any(isinstance(path, int) for path in given.values()):
            raise ValueError("an arm whose path is followed cannot itself follow another's")
        paths = [self._lane_path(np.asarray(path), first, count) for path in given.values()]
        return self._run.paths(paths) if paths else None

    def _lane_path(self, path: Array, first: int, count: int) -> Array:
        """``[scenario, replication, step]`` as the ``[step, B]`` of a batch."""
        flat = path.reshape(-1, path.shape[-1])[first : first + count]
        return np.pad(flat, ((0, self.lanes - count), (0, 0)), mode="edge").T

    def _recorded(
        self,
        work: _Work,
        arm: int,
        prepared: tuple[Array, generator.Words],
        paths: Array | None,
        names: Sequence[str],
        count: int,
    ) -> dict[str, Array]:
        """Paths ``[rows, B]`` of names under one arm, in a batch of ``count`` futures."""
        recording = self._recording
        index = {name: i for i, name in enumerate(recording.layout.recorded)}
        rows, words = prepared
        rows = self._with_fixed(rows, work.arms[arm])
        tables = recording.tables(work.orders[arm])
        varying = [name for name in names if name in index]
        found = {
            name: np.broadcast_to(path[:, None], (len(path), self.lanes))
            for name, path in self._same_for_all(
                work.orders[arm], set(names) - set(varying)
            ).items()
        }
        for start in range(0, len(varying), recording.at_once):
            part = varying[start : start + recording.at_once]
            chosen = [index[name] for name in part]
            got = recording.run(rows, words, tables, paths, chosen, count=count)
            table = np.asarray(got.chosen).reshape(-1, recording.at_once, self.lanes)
            found |= {name: table[:, i] for i, name in enumerate(part)}
        return found

    def _same_for_all(self, given: Orders, names: Iterable[str]) -> dict[str, Array]:
        """Paths of names that are the same for all futures, steps ``0 .. steps``."""
        nodes = {name: self.program.names[name] for name in names}
        table = scalar_table(self.program, given, list(nodes.values()), self.program.steps + 1)
        return {name: np.asarray(table[node], dtype=np.float64) for name, node in nodes.items()}


@lru_cache(maxsize=1)
def _workers() -> int:
    return os.cpu_count() or 1
