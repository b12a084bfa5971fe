"""From paired replications to a scenario's label, and from labels over scenarios to a verdict.

Inside a scenario a claim is *supported*, *contradicted*, shows *no effect*, or stays
*undetermined*; each label is wrong with probability at most ``Thresholds.alpha``, over all looks at
the data and all contrasts of the claim together. Over scenarios the shares of the labels make the
verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reassure.study.intervals import betting_interval, share_interval, student_interval

Array = NDArray[np.float64]
Labels = NDArray[np.int8]
Verdict = Literal[
    "holds", "mostly holds", "contested", "fails", "idle", "undetermined", "not testable"
]

VERDICTS: tuple[Verdict, ...] = (
    "holds",
    "mostly holds",
    "contested",
    "fails",
    "idle",
    "undetermined",
    "not testable",
)

OFF_MODE = 8
"""How many differences must depart from the commonest one before Student's t is trusted."""

_ROUNDING = 1e-9  # relative: an effect of exactly delta must not turn on the last bit


class Label(IntEnum):
    """What one scenario says of a claim."""

    SUPPORTS = 0
    CONTRADICTS = 1
    NO_EFFECT = 2
    UNDETERMINED = 3
    INAPPLICABLE = 4  # of a conditional claim: its condition held in no pair of futures


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the verdicts part. All but ``alpha`` and the ratios are shares of scenarios.

    Attributes:
        alpha: chance that the label of one scenario is wrong.
        holds, holds_against: *holds* from this share of support on, with no more than this share
            against.
        mostly, mostly_ratio: *mostly holds* from this share of support on, if that is also at least
            so many times the share against.
        fails, fails_ratio: *fails* from this share of scenarios without support (against, or no
            effect) on, if that is also at least so many times the share of support.
        idle: *idle* from this share of no effect on.
        undetermined: *undetermined* beyond this share of undetermined scenarios, unless the rest
            decides.
        likely_holds, likely_mostly, likely_ratio: in place of holds, mostly and mostly_ratio for a
            claim that the text only calls likely; it holds as long as support is also
            ``mostly_ratio`` times what is against.
        may: a claim that something *may* be so holds from this share of support on.
    """

    alpha: float = 0.05
    holds: float = 0.90
    holds_against: float = 0.02
    mostly: float = 2 / 3
    mostly_ratio: float = 4.0
    fails: float = 2 / 3
    fails_ratio: float = 4.0
    idle: float = 0.90
    undetermined: float = 1 / 3
    likely_holds: float = 2 / 3
    likely_mostly: float = 0.50
    likely_ratio: float = 2.0
    may: float = 0.05


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the scenarios to which a claim applies; the four sum to one exactly.

    ``intervals`` are 95 percent intervals (Clopper-Pearson) for the four shares over *all*
    scenarios that the priors allow, since only ``scenarios`` were drawn.
    """

    supports: float
    contradicts: float
    no_effect: float
    undetermined: float
    scenarios: int
    intervals: tuple[tuple[float, float], ...]


# -- inside a scenario ----------------------------------------------------------------------------


def paired_interval(
    differences: Array,
    present: NDArray[np.bool_],
    *,
    bounds: tuple[float, float] | None,
    discrete: bool,
    alpha: float,
    stages: int,
) -> tuple[Array, Array]:
    """An interval for the mean of one contrast in each scenario.

    Discrete differences of bounded outcomes (of truth values above all) take the exact interval.
    Others take Student's t if at least ``OFF_MODE`` of them depart from the commonest value; below
    that, what is seldom seen could be large, and the exact interval over ``bounds`` is taken
    instead.

    Args:
        differences: ``[scenario, replication]``.
        present: which of them count.
        bounds: between which every difference must lie; None when nothing is known.
        discrete: whether the differences take few values, all known to lie within ``bounds``.
        alpha: chance of missing the mean, over all stages.
        stages: how many looks are planned.

    Returns:
        Lower and upper bounds, each ``[scenario]``; infinite where nothing can be said.
    """
    count = present.sum(axis=1).astype(np.float64)
    low = np.full(len(differences), -np.inf)
    high = np.full(len(differences), np.inf)
    if discrete and bounds is not None:
        return _exact(differences, present, bounds, alpha)
    safe = np.where(present, differences, 0.0)
    divisor = np.maximum(count, 1.0)
    mean = safe.sum(axis=1) / divisor
    spread = np.where(present, differences - mean[:, None], 0.0)
    deviation = np.sqrt((spread**2).sum(axis=1) / np.maximum(count - 1.0, 1.0))
    trusted = count - _commonest(differences, present) >= OFF_MODE
    at_low, at_high = student_interval(mean, deviation, count, alpha / stages)
    low, high = np.where(trusted, at_low, low), np.where(trusted, at_high, high)
    rare = ~trusted & (count > 0)
    if bounds is not None and rare.any():
        low[rare], high[rare] = _exact(differences[rare], present[rare], bounds, alpha)
    return low, high


def _exact(
    differences: Array, present: NDArray[np.bool_], bounds: tuple[float, float], alpha: float
) -> tuple[Array, Array]:
    low, high = bounds
    if not low < high:
        count = len(differences)
        return np.full(count, low), np.full(count, high)
    values, counts = _tally(np.clip(differences, low, high), present)
    return betting_interval(values, counts, low, high, alpha)


def _tally(differences: Array, present: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Values seen in each scenario and how often, ``[scenario, value]``, padded with zeros.

    Few values are shared by all scenarios or, where one value is common, the rest are few in each.
    """
    rows = [
        np.unique(row[there], return_counts=True)
        for row, there in zip(differences, present, strict=True)
    ]
    width = max((len(values) for values, _ in rows), default=1)
    tallied = np.zeros((2, len(rows), max(width, 1)))
    for index, (values, counts) in enumerate(rows):
        tallied[0, index, : len(values)] = values
        tallied[1, index, : len(values)] = counts
    return tallied[0], tallied[1]


def _commonest(differences: Array, present: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How often the commonest difference of each scenario occurs."""
    rows = np.sort(np.where(present, differences, np.nan), axis=1)
    same = np.zeros(rows.shape, dtype=np.int64)
    same[:, 1:] = rows[:, 1:] == rows[:, :-1]
    total = np.cumsum(same, axis=1)
    start = np.maximum.accumulate(np.where(same == 0, total, 0), axis=1)
    longest = (total - start).max(axis=1) + 1
    return np.where(present.any(axis=1), longest, 0)


def label_contrast(low: Array, high: Array, *, sign: int, delta: float, null: bool) -> Labels:
    """The label of each scenario for one contrast, from its interval.

    ``sign * c`` beyond ``delta`` supports, beyond ``-delta`` contradicts, within is no effect; with
    ``null``, within supports and beyond, either way, contradicts.
    """
    below, above = (low, high) if sign >= 0 else (-high, -low)
    edge = delta * (1 + _ROUNDING)
    beyond, against = below > edge, above < -edge
    within = (below >= -edge) & (above <= edge)
    labels = np.full(len(low), Label.UNDETERMINED, dtype=np.int8)
    labels[within] = Label.SUPPORTS if null else Label.NO_EFFECT
    labels[beyond] = Label.CONTRADICTS if null else Label.SUPPORTS
    labels[against] = Label.CONTRADICTS
    return labels


def combine(labels: Sequence[Labels]) -> Labels:
    """One label a scenario from those of several contrasts.

    All must support; one that contradicts decides; else one without effect does.
    """
    stack = np.stack(labels)
    found = np.full(stack.shape[1], Label.UNDETERMINED, dtype=np.int8)
    found[(stack == Label.SUPPORTS).all(axis=0)] = Label.SUPPORTS
    found[(stack == Label.NO_EFFECT).any(axis=0)] = Label.NO_EFFECT
    found[(stack == Label.CONTRADICTS).any(axis=0)] = Label.CONTRADICTS
    return found


def replications_needed(low: Array, high: Array, count: Array, *, delta: float) -> Array:
    """How many replications would settle one contrast in each scenario: a plan, not a promise.

    It takes the middle of the interval for the effect. An interval's half-width falls with the root
    of the number of replications (with the number itself where all differences are alike, which the
    plan does not count on), and must fit between the effect and the nearer of the two edges at
    ``delta``.

    Returns:
        A number of replications a scenario; infinite where the effect sits on an edge or no
        interval is known.
    """
    known = np.isfinite(low) & np.isfinite(high)
    middle = np.where(known, (np.where(known, low, 0.0) + np.where(known, high, 0.0)) / 2, 0.0)
    half = np.where(known, (high - low) / 2, np.inf)
    room = np.abs(np.abs(middle) - delta)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.ceil(count * (half / room) ** 2)
    return np.where(known & (room > 0), np.maximum(needed, count), np.inf)


# -- over scenarios -------------------------------------------------------------------------------


def shares(labels: Labels) -> Shares:
    """Shares of the four labels among the scenarios to which the claim applies.

    If it applies to none, all are undetermined.
    """
    applicable = labels[labels != Label.INAPPLICABLE]
    total = len(applicable)
    if total == 0:
        whole = (0.0, 1.0)
        return Shares(0.0, 0.0, 0.0, 1.0, 0, (whole,) * 4)
    counts = [int((applicable == label).sum()) for label in range(4)]
    parts = _summing_to_one(counts, total)
    intervals = tuple(share_interval(count, total) for count in counts)
    return Shares(*parts, scenarios=total, intervals=intervals)


def _summing_to_one(counts: Sequence[int], total: int) -> tuple[float, float, float, float]:
    """``counts / total`` on a grid of 2^-50, the largest taking what is left: sums are exact."""
    grid = 2.0**50
    parts = [round(count / total * grid) / grid for count in counts]
    largest = counts.index(max(counts))
    parts[largest] = 1.0 - sum(part for index, part in enumerate(parts) if index != largest)
    first, second, third, fourth = parts
    return first, second, third, fourth


def verdict(found: Shares, modality: str, thresholds: Thresholds = Thresholds()) -> Verdict:
    """The verdict on a claim from its shares and how firmly the text says it.

    ``modality`` is 'asserts', 'believes' (tested as asserted, of a belief), 'likely' or 'may'.
    """
    t = thresholds
    supports, contradicts, no_effect = found.supports, found.contradicts, found.no_effect
    if modality == "may":
        if supports >= t.may:
            return "holds"
        if supports + found.undetermined >= t.may:
            return "undetermined"
        return "idle" if no_effect >= t.idle else "fails"
    if modality == "likely":
        holds = supports >= t.likely_holds and supports >= t.mostly_ratio * contradicts
        mostly = supports >= t.likely_mostly and supports >= t.likely_ratio * contradicts
    else:
        holds = supports >= t.holds and contradicts <= t.holds_against
        mostly = supports >= t.mostly and supports >= t.mostly_ratio * contradicts
    if holds:
        return "holds"
    if mostly:
        return "mostly holds"
    if no_effect >= t.idle:
        return "idle"
    without = contradicts + no_effect
    if without >= t.fails and without >= t.fails_ratio * supports:
        return "fails"
    if found.undetermined > t.undetermined:
        return "undetermined"
    return "contested"
