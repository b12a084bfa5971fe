"""The same futures twice: as they happened, and otherwise from a date on, under the same luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.engine.conditioned import AS_IT_HAPPENED, Conditioned
from reassure.engine.lanes import Lanes, Moment
from reassure.history.abduction import MOST, Abduction
from reassure.history.conditioning import Conditioning
from reassure.history.drawing import Drawn
from reassure.history.tracking import Course, Tracking, course
from reassure.model.checked import Model

Array = np.ndarray[Any, Any]
Report = Callable[[], None]


@dataclass(frozen=True)
class Way:
    """One way that the lanes went.

    Attributes:
        paths: quantities by name, ``[steps, lanes]`` from step ``first`` on, internal units.
        outcomes: ``[lanes]`` by name, in their own units.
    """

    first: int
    paths: dict[str, Array]
    outcomes: dict[str, Array]


@dataclass(frozen=True)
class Twins:
    """Futures as they happened and otherwise.

    Attributes:
        tracking: the lanes that follow the record, at its end or beyond.
        factual: from step 0 to the last, counterfactual from step ``at`` on.
        kept: what no luck of the model's brings about, left standing otherwise too: name to steps.
        set_aside: how many of the lanes could not have come by something that happened, by its name.
    """

    tracking: Tracking
    factual: Way
    counterfactual: Way
    kept: dict[str, tuple[int, ...]]
    set_aside: dict[str, int]


class Twinning:
    """How lanes follow the record and then go on otherwise.

    Args:
        model: of :func:`reassure.history.abduction.with_conditions`.
        bound: what the record tells, to its end.
        source: the program.
        at: the step from which things go otherwise.
        to: the last step that is read.
        names: of quantities that are read.
        seed: of resampling.
        report: called at every step taken.
    """

    def __init__(
        self,
        model: Model,
        bound: Conditioning,
        source: Conditioned,
        *,
        at: int,
        to: int,
        names: Sequence[str],
        seed: int,
        report: Report,
    ) -> None:
        self.bound, self.source, self.at, self.to = bound, source, at, to
        self.names, self.seed, self.report = tuple(names), seed, report
        self.abduction = Abduction(model, bound, source.program.streams)
        self.wanted = tuple(dict.fromkeys((*self.names, *self.abduction.wanted)))
        self._set_aside: dict[str, Array] = {}

    @property
    def steps(self) -> int:
        """How many steps a call takes."""
        return max(self.bound.steps, self.to + 1) + self.to + 1 - self.at

    def __call__(self, draws: Drawn, replications: int, otherwise: Course) -> Twins:
        """Follow the record with some draws, and go on otherwise.

        Args:
            otherwise: how levers go on; nothing is given in it.
        """
        bound, at, to = self.bound, self.at, self.to
        along = course(bound, self.source, AS_IT_HAPPENED, happened=True)
        tracking = Tracking(
            self.source, along, draws.values, replications, draws.words, self.wanted, self.seed
        )
        lanes, untold = tracking.lanes, course(bound, self.source, AS_IT_HAPPENED, happened=False)
        probe = lanes.retold(untold.given, untold.told, untold.orders)
        paths = {name: np.empty((to + 1, lanes.count)) for name in self.names}
        luck: list[Array] = []
        self._set_aside = {}
        kept: dict[str, list[int]] = {}
        branch: Lanes | None = None
        outcomes: dict[str, Array] = {}
        for step in range(max(bound.steps, to + 1)):
            if step == at:
                branch = lanes.retold(otherwise.given, otherwise.told, otherwise.orders)
            if at <= step < bound.steps:
                probe.join(lanes)
                own = lanes.luck()
                moment = tracking.advance(
                    lambda told, step=step, own=own: self._infer(  # type: ignore[misc]
                        step, told, own, probe, luck, kept
                    )
                )
            else:
                moment = tracking.advance()
            if step <= to:
                self._read(moment, paths, step)
            if step == to:
                outcomes = lanes.outcomes()
            self.report()
        assert branch is not None
        lineage = tracking.lineage()
        branch.keep(lineage[at])
        for name, path in paths.items():
            paths[name] = np.take_along_axis(path, lineage[: to + 1], axis=1)
        at_end = _descent(tracking, lineage, to)
        factual = Way(0, paths, {name: found[at_end] for name, found in outcomes.items()})
        inferred = [item[:, lineage[at + i]] for i, item in enumerate(luck)]
        return Twins(
            tracking,
            factual,
            self._go_on(branch, inferred, otherwise, kept),
            {name: tuple(steps) for name, steps in kept.items()},
            {name: int(lanes.sum()) for name, lanes in self._set_aside.items()},
        )

    def _infer(
        self,
        step: int,
        told: Moment,
        own: Array,
        probe: Lanes,
        luck: list[Array],
        kept: dict[str, list[int]],
    ) -> Array:
        """Add the luck of a step; in which lanes it does not bring about what happened."""
        luck.append(self.abduction.luck(step, told, own))
        untold = probe.advance(dict(enumerate(luck[-1])))
        impossible = np.zeros(own.shape[1], dtype=bool)
        for name, missed in self.abduction.missed(step, told, untold).items():
            if missed.mean() > MOST:
                kept.setdefault(name, []).append(step)
            else:
                impossible |= missed
                if missed.any():
                    # A lane that is not drawn anew stays aside and misses again.
                    self._set_aside[name] = self._set_aside.get(name, False) | missed
        return impossible

    def _go_on(
        self,
        lanes: Lanes,
        luck: Sequence[Array],
        otherwise: Course,
        kept: Mapping[str, Sequence[int]],
    ) -> Way:
        told = dict(otherwise.told)
        for name, steps in kept.items():
            told[name] = np.array(told[name])
            told[name][list(steps)] = True
        lanes = lanes.retold(otherwise.given, told, otherwise.orders)
        paths = {name: np.empty((self.to + 1 - self.at, lanes.count)) for name in self.names}
        for i in range(self.to + 1 - self.at):
            moment = lanes.advance(dict(enumerate(luck[i])) if i < len(luck) else None)
            self._read(moment, paths, i)
            self.report()
        return Way(self.at, paths, lanes.outcomes())

    def _read(self, moment: Moment, paths: dict[str, Array], row: int) -> None:
        for name, path in paths.items():
            path[row] = moment.read(name)


def _descent(tracking: Tracking, lineage: Array, step: int) -> Array:
    """Which lane each present lane was after a step and the drawing anew that followed it."""
    if step + 1 < len(lineage):
        found: Array = lineage[step + 1]
        return found
    return np.arange(tracking.lanes.count)
