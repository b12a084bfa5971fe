"""Testing in stages: only what is still undetermined runs on.

All scenarios start with the first stage's replications. After each stage every claim labels its
scenarios; those that stay undetermined get as many replications again, up to a cap. Arms that
several claims need run once, in the scenarios that any of them still needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Claim
from reassure.study.contrasts import Contrast, Course
from reassure.study.pairs import paired_interval
from reassure.study.verdict import (
    Label,
    Labels,
    Thresholds,
    combine,
    label_contrast,
)

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Progress = Callable[[int, int], None]

LOOKS_BEFORE_GIVING_UP = 3
FAR = 2
"""A scenario is given up after so many stages if the plan asks for over ``FAR`` times the cap."""

ROUNDING = 2e-6
"""Error of an outcome in single precision, as a share of its size: a few hundred steps' worth."""

BATCH = 1024
"""Futures that the engine runs side by side, whether all of them are wanted or not."""


class Runner(Protocol):
    """Runs courses: yields ``(course, outcomes)`` in any order, ``[scenario, replication,
    outcome]``.

    ``scenarios`` are the scenarios' indices; ``first`` and ``count`` say which replications.
    """

    def __call__(
        self, courses: Sequence[Course], scenarios: Rows, first: int, count: int
    ) -> Iterator[tuple[Course, Array]]: ...


@dataclass
class Trial:
    """One claim under test, and what is known of it scenario by scenario.

    Attributes:
        contrasts: of the claim; ``certain[i]`` says that no chance can make contrast i differ
            between replications of one scenario.
        condition: outcome that must be 1 in all courses for a replication to count; '' for none.
        labels, replications, effect: per scenario, the effect being the mean of the first contrast.
        applicable: share of the futures of each scenario that count.
        needed: how many replications would settle each undetermined scenario, as planned.
        hopeless: scenarios given up: the plan is far beyond the cap.
        broken: whether an outcome was not a finite number in some future.
    """

    claim: Claim
    contrasts: tuple[Contrast, ...]
    certain: tuple[bool, ...]
    condition: str
    labels: Labels
    replications: Rows
    effect: Array
    applicable: Array
    needed: Array
    hopeless: NDArray[np.bool_]
    broken: bool = False

    @classmethod
    def of(
        cls,
        claim: Claim,
        contrasts: tuple[Contrast, ...],
        certain: tuple[bool, ...],
        scenarios: int,
    ) -> Trial:
        """A trial that knows nothing yet."""
        condition = claim.condition if claim.form == "conditional" else ""
        return cls(
            claim,
            contrasts,
            certain,
            condition,
            labels=np.full(scenarios, Label.UNDETERMINED, dtype=np.int8),
            replications=np.zeros(scenarios, dtype=np.int64),
            effect=np.full(scenarios, np.nan),
            applicable=np.ones(scenarios),
            needed=np.full(scenarios, np.inf),
            hopeless=np.zeros(scenarios, dtype=bool),
        )

    @property
    def courses(self) -> tuple[Course, ...]:
        """Courses that the claim needs."""
        return tuple(dict.fromkeys(course for item in self.contrasts for course in item.courses))

    @property
    def open(self) -> Rows:
        """Scenarios that more replications could settle."""
        unsettled = (self.labels == Label.UNDETERMINED) | (self.labels == Label.INAPPLICABLE)
        return np.flatnonzero(unsettled & ~self.hopeless)


@dataclass
class _Seen:
    """The range of an outcome over all futures of the test, and whether it was ever but 0 or 1."""

    low: float = np.inf
    high: float = -np.inf
    truth: bool = True

    def add(self, values: Array) -> None:
        values = values[np.isfinite(values)]
        if not len(values):
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        self.truth = self.truth and bool(np.isin(values, (0.0, 1.0)).all())

    @property
    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0) if self.truth else (self.low, self.high)


@dataclass
class _Chunk:
    """One stage of one course: ``values[outcome]`` is ``[row, replication]`` for the scenarios
    ``rows``."""

    rows: Rows
    values: dict[str, Array]


@dataclass
class Futures:
    """Outcomes of courses, as far as claims read them."""

    outcomes: tuple[str, ...]
    wanted: dict[Course, tuple[str, ...]]
    chunks: dict[Course, list[_Chunk]] = field(default_factory=dict)
    seen: dict[str, _Seen] = field(default_factory=dict)

    def add(self, course: Course, rows: Rows, values: Array) -> None:
        """Take in ``[row, replication, outcome]`` of one stage."""
        kept: dict[str, Array] = {}
        for name in self.wanted[course]:
            column = np.ascontiguousarray(values[:, :, self.outcomes.index(name)])
            self.seen.setdefault(name, _Seen()).add(column)
            kept[name] = column
        self.chunks.setdefault(course, []).append(_Chunk(rows, kept))

    def stages(self, course: Course) -> int:
        """How many stages of the course are there."""
        return len(self.chunks.get(course, ()))

    def of(self, course: Course, outcome: str, rows: Rows) -> Array:
        """``[row, replication]`` over all stages, for scenarios that were in each."""
        return np.concatenate(
            [
                chunk.values[outcome][np.searchsorted(chunk.rows, rows)]
                for chunk in self.chunks[course]
            ],
            axis=1,
        )

    def contrast(self, contrast: Contrast, rows: Rows) -> Array:
        """The contrast in each replication, ``[row, replication]``."""
        parts = (term.weight * self.of(term.course, term.outcome, rows) for term in contrast.terms)
        total = next(parts)
        for part in parts:
            total = total + part
        return total - contrast.offset

    def bounds(self, contrast: Contrast) -> tuple[float, float]:
        """Between what the contrast must lie, if outcomes do not leave the range seen in any
        future."""
        low = high = -contrast.offset
        for term in contrast.terms:
            ends = [term.weight * end for end in self.seen[term.outcome].bounds]
            low, high = low + min(ends), high + max(ends)
        return low, high

    def rounding(self, contrast: Contrast, rows: Rows) -> Array:
        """How far single precision may set equal contrasts apart, ``[row]``."""
        found = np.zeros(len(rows))
        for term in contrast.terms:
            values = np.abs(self.of(term.course, term.outcome, rows))
            found += abs(term.weight) * values.max(axis=1, initial=0.0)
        return ROUNDING * found

    def discrete(self, contrast: Contrast) -> bool:
        """Whether every outcome of the contrast was 0 or 1 in every future."""
        return all(self.seen[name].truth for name in contrast.outcomes)


def stages(first: int, most: int) -> tuple[int, ...]:
    """Replications after each stage: ``first``, doubled until ``most``."""
    found = [min(first, most)]
    while found[-1] < most:
        found.append(min(2 * found[-1], most))
    return tuple(found)


def run_stages(
    trials: Sequence[Trial],
    runner: Runner,
    outcomes: tuple[str, ...],
    plan: Sequence[int],
    thresholds: Thresholds,
    progress: Progress | None = None,
) -> tuple[int, bool]:
    """Run all stages; the trials are updated in place.

    Returns:
        How many futures ran, and whether everything was finished: Ctrl-C ends after what is done.
    """
    futures = Futures(outcomes, _wanted(trials))
    done, complete, before = 0, True, 0
    for stage, total in enumerate(plan):
        needed = _needed(trials)
        groups = _groups(needed, total - before)
        expected = done + sum(len(courses) * len(rows) for courses, rows in groups) * (
            total - before
        )
        try:
            for courses, rows in groups:
                for course, values in runner(courses, rows, before, total - before):
                    futures.add(course, rows, values)
                    done += len(rows) * (total - before)
                    if progress is not None:
                        progress(done, expected)
        except KeyboardInterrupt:
            complete = False
        for trial in trials:
            # After an interruption a claim is judged only if all it needs has run.
            if all(futures.stages(course) == stage + 1 for course in trial.courses):
                _judge(trial, futures, plan, stage, thresholds)
        before = total
        if not complete or not any(len(trial.open) for trial in trials):
            break
    return done, complete


def _wanted(trials: Sequence[Trial]) -> dict[Course, tuple[str, ...]]:
    """Which outcomes are read of each course."""
    wanted: dict[Course, dict[str, None]] = {}
    for trial in trials:
        for contrast in trial.contrasts:
            for term in contrast.terms:
                names = wanted.setdefault(term.course, {})
                names[term.outcome] = None
                if trial.condition:
                    names[trial.condition] = None
    return {course: tuple(names) for course, names in wanted.items()}


def _needed(trials: Sequence[Trial]) -> dict[Course, Rows]:
    """The scenarios in which each course must run on."""
    needed: dict[Course, Rows] = {}
    for trial in trials:
        rows = trial.open
        if not len(rows):
            continue
        for course in trial.courses:
            needed[course] = np.union1d(needed[course], rows) if course in needed else rows
    return needed


def _groups(needed: dict[Course, Rows], count: int) -> list[tuple[list[Course], Rows]]:
    """Courses that run together, with the scenarios in which they run.

    Futures run in batches of ``BATCH``, full or not, so courses with few open scenarios are joined
    with others where running all of them in all of their scenarios takes fewer batches.
    """
    alike: dict[bytes, tuple[list[Course], Rows]] = {}
    for course, rows in needed.items():
        alike.setdefault(rows.tobytes(), ([], rows))[0].append(course)

    def cost(courses: int, rows: int) -> int:
        return courses * -(-rows * count // BATCH)

    groups: list[tuple[list[Course], Rows]] = []
    for courses, rows in sorted(alike.values(), key=lambda item: -len(item[1])):
        best, saved = -1, 0
        for index, (others, their_rows) in enumerate(groups):
            joined = cost(len(courses) + len(others), len(np.union1d(rows, their_rows)))
            apart = cost(len(courses), len(rows)) + cost(len(others), len(their_rows))
            if apart - joined > saved or (best < 0 and apart == joined):
                best, saved = index, apart - joined
        if best < 0:
            groups.append((courses, rows))
        else:
            others, their_rows = groups[best]
            groups[best] = ([*others, *courses], np.union1d(rows, their_rows))
    return groups


def _judge(
    trial: Trial, futures: Futures, plan: Sequence[int], stage: int, thresholds: Thresholds
) -> None:
    """Label the open scenarios of one claim by all replications there are."""
    rows, total = trial.open, plan[stage]
    if not len(rows):
        return
    present = np.ones((len(rows), total), dtype=bool)
    if trial.condition:
        for course in trial.courses:
            present &= futures.of(course, trial.condition, rows) != 0
    count = present.sum(axis=1)
    alpha = thresholds.alpha / len(trial.contrasts)
    delta = trial.claim.smallest_effect
    found: list[Labels] = []
    expected: list[Labels] = []
    needed: list[Array] = []
    for index, (contrast, certain) in enumerate(zip(trial.contrasts, trial.certain, strict=True)):
        differences = futures.contrast(contrast, rows)
        broken = ~np.isfinite(differences).all(axis=1)
        differences[broken] = 0.0
        trial.broken |= bool(broken.any())
        pairs = paired_interval(
            differences,
            present,
            bounds=futures.bounds(contrast),
            discrete=futures.discrete(contrast),
            alpha=alpha,
            stages=len(plan),
            rounding=futures.rounding(contrast, rows),
        )
        if certain:
            # Proven from the formulas; the replications must bear it out all the same.
            alike = (differences == differences[:, :1]).all(axis=1) & (count > 0)
            pairs.low[alike] = pairs.high[alike] = differences[alike, 0]
        pairs.low[broken], pairs.high[broken] = -np.inf, np.inf

        def labelled(low: Array, high: Array, contrast: Contrast = contrast) -> Labels:
            return label_contrast(low, high, sign=contrast.sign, delta=delta, null=contrast.null)

        labels = labelled(pairs.low, pairs.high)
        found.append(labels)
        expected.append(labelled(pairs.mean, pairs.mean))
        needed.append(np.where(labels == Label.UNDETERMINED, pairs.needed(delta), 0.0))
        if index == 0:
            trial.effect[rows] = np.where((count > 0) & ~broken, pairs.mean, np.nan)
    labels = combine(found)
    labels[count == 0] = Label.INAPPLICABLE
    trial.labels[rows] = labels
    trial.replications[rows] = total
    trial.applicable[rows] = count / total
    with np.errstate(divide="ignore", invalid="ignore"):
        trial.needed[rows] = np.ceil(_until_settled(expected, needed) * total / count)
    if stage + 1 >= LOOKS_BEFORE_GIVING_UP:
        undetermined = labels == Label.UNDETERMINED
        trial.hopeless[rows] = undetermined & (trial.needed[rows] > FAR * plan[-1])


def _until_settled(expected: Sequence[Labels], needed: Sequence[Array]) -> Array:
    """Replications after which a claim's label is settled, if each contrast comes out as expected.

    One that contradicts settles it alone, else one without effect does; else all must be settled.
    """
    labels, counts = np.stack(expected), np.stack(needed)
    settled: Array = counts.max(axis=0)
    for label in (Label.NO_EFFECT, Label.CONTRADICTS):
        first = np.where(labels == label, counts, np.inf).min(axis=0)
        settled = np.where((labels == label).any(axis=0), first, settled)
    return settled
