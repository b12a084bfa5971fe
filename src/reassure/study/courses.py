"""Run the courses of claims on the compiled model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reassure.engine.engine import Engine
from reassure.engine.ensemble import Ensemble
from reassure.engine.results import Solves, total
from reassure.model.checked import Arm, Model
from reassure.study.contrasts import Course
from reassure.study.design import Design
from reassure.study.engines import engine_for

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

AT_ONCE = 2**14
"""About how many futures a worker runs before it reports: some seconds' work at most."""


@dataclass(frozen=True)
class Chosen(Ensemble):
    """An ensemble of some scenarios only: ``rows`` are their indices, rising, ``scenarios`` in
    number."""

    rows: tuple[int, ...] = ()

    def addresses(self, first: int, count: int) -> tuple[Rows, Rows]:
        """Scenarios and replications of the futures ``first .. first + count - 1``."""
        index = np.arange(first, first + count, dtype=np.int64)
        chosen = np.asarray(self.rows, dtype=np.int64)
        return (
            chosen[index // self.replications],
            self.first_replication + index % self.replications,
        )


class EngineRunner:
    """Runs courses over scenarios of a design, with the compiled model in single precision.

    Args:
        model: what is run.
        design: where scenarios come from; its seed is that of luck too.
        scenarios: how many scenarios there are.
        holdable: quantities that courses hold along another arm's path.
    """

    def __init__(
        self, model: Model, design: Design, scenarios: int, holdable: Sequence[str] = ()
    ) -> None:
        self._model = model
        self._design = design
        self._scenarios = scenarios
        self._holdable = tuple(holdable)
        self._tables: dict[Arm, Array] = {}
        self._solves: list[Mapping[str, Solves]] = []

    @property
    def games(self) -> dict[str, Solves]:
        """How often each game was solved so far, and how often something was flagged."""
        return total(self._solves)

    @cached_property
    def _engine(self) -> Engine:
        return engine_for(self._model, holdable=self._holdable)

    def __call__(
        self, courses: Sequence[Course], scenarios: Rows, first: int, count: int
    ) -> Iterator[tuple[Course, Array]]:
        """Yield each course with its outcomes, ``[scenario, replication, outcome]``."""
        ensemble = Chosen(
            scenarios=len(scenarios),
            replications=count,
            seed=self._design.seed,
            design=self._design.sequence,
            first_replication=first,
            rows=tuple(int(row) for row in scenarios),
        )
        engine = self._engine
        pool = ThreadPoolExecutor(os.cpu_count() or 1)
        try:
            jobs = [
                pool.submit(self._run, engine, job, ensemble)
                for job in _jobs(courses, ensemble.futures)
            ]
            for job in jobs:
                yield from job.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _run(
        self, engine: Engine, courses: Sequence[Course], ensemble: Chosen
    ) -> list[tuple[Course, Array]]:
        """Courses with the same parameters: plain ones, or such as follow one arm."""
        arms = [_plain(course.arm) for course in courses]
        along = courses[0].along
        if along is not None:
            arms.append(_plain(along))
        follow = {i: {item.hold: len(courses)} for i, item in enumerate(courses) if item.hold}
        found = engine.outcomes(
            arms,
            self._parameters(courses[0].arm),
            ensemble,
            follow=follow,
            on_solves=self._solves.append,
            on_nonfinite=lambda problem: None,  # a claim's scenarios say so themselves
        )
        return list(zip(courses, found, strict=False))

    def _parameters(self, arm: Arm) -> Array:
        """All scenarios' parameters with what the arm says of them."""
        key = _parameters_of(arm)
        if key not in self._tables:
            self._tables[key] = self._design.for_arm(arm).parameters(0, self._scenarios)
        return self._tables[key]


def _plain(arm: Arm) -> Arm:
    """The arm without what its parameters' table already says."""
    return replace(arm, parameters=(), quantiles=())


def _parameters_of(arm: Arm) -> Arm:
    return Arm(parameters=arm.parameters, quantiles=arm.quantiles)


def _jobs(courses: Sequence[Course], each: int) -> Iterator[list[Course]]:
    """Courses that can run in one call, as many as make a good piece of work."""
    alike: dict[tuple[Arm, Arm | None], list[Course]] = {}
    for course in courses:
        alike.setdefault((_parameters_of(course.arm), course.along), []).append(course)
    size = max(1, AT_ONCE // max(each, 1))
    for group in alike.values():
        for start in range(0, len(group), size):
            yield group[start : start + size]
