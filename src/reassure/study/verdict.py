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

from reassure.study.intervals import share_interval

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
