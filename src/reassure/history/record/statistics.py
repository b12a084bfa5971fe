"""Small-sample tests on series and counts. Each gives one-sided p-values in both directions.

``higher`` is the probability, were there no difference, of a difference at least as high as the one seen;
``lower`` of one at least as low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

PERMUTATIONS = 1999
"""Draws of a test whose permutations are too many to list."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test found.

    Attributes:
        method: its name and how the p-value was made.
        effect: the difference, slope or ratio seen; ``effect_is`` says which, with its unit.
        higher, lower: one-sided p-values.
        n: numbers of observations, before and after where there are two.
    """

    method: str
    effect: float
    effect_is: str
    higher: float
    lower: float
    n: tuple[int, ...]


def rank_shift(before: Sequence[float], after: Sequence[float]) -> TestResult:
    """Mann and Whitney's test (1947), exact where there are no ties.

    Raises:
        ValueError: fewer than two values on a side.
    """
    from scipy.stats import mannwhitneyu

    if min(len(before), len(after)) < 2:
        raise ValueError("a rank test needs two values before and two after")
    tied = len({*before, *after}) < len(before) + len(after)
    how = "asymptotic" if tied else "exact"
    higher, lower = (
        float(mannwhitneyu(after, before, alternative=side, method=how).pvalue)
        for side in ("greater", "less")
    )
    effect = float(np.median(after) - np.median(before))
    name = f"Mann-Whitney rank test, {how}"
    return TestResult(
        name, effect, "difference of medians", higher, lower, (len(before), len(after))
    )


def trend(values: Sequence[float]) -> TestResult:
    """Mann and Kendall's test of a trend: Kendall's tau of values against time, exact without ties.

    Raises:
        ValueError: fewer than four values.
    """
    from scipy.stats import kendalltau

    if len(values) < 4:
        raise ValueError("a trend needs four values")
    times = range(len(values))
    sides = [kendalltau(times, values, alternative=side) for side in ("greater", "less")]
    higher, lower = (float(side.pvalue) for side in sides)
    return TestResult(
        "Mann-Kendall trend test",
        float(sides[0].statistic),
        "Kendall's tau",
        higher,
        lower,
        (len(values),),
    )


def interrupted(times: Sequence[float], values: Sequence[float], at: float) -> TestResult:
    """The shift of level at a date in a segmented regression, against the shifts at all other dates.

    Level and slope may change at ``at`` (Wagner et al. 2002). The p-value is the rank of the shift, in units
    of its standard error, among those at every date that leaves three values on each side: a placebo test that
    needs no normal errors; with few values it cannot be small.

    Raises:
        ValueError: fewer than three values on a side.
    """
    t, y = np.asarray(times, float), np.asarray(values, float)
    before = int((t < at).sum())
    if min(before, len(t) - before) < 3:
        raise ValueError("an interrupted series needs three values before and three after")

    def shift(when: float) -> tuple[float, float]:
        late = (t >= when).astype(float)
        design = np.column_stack([np.ones_like(t), t - when, late, late * (t - when)])
        found, *_ = np.linalg.lstsq(design, y, rcond=None)
        rest = y - design @ found
        variance = float(rest @ rest) / max(len(t) - 4, 1)
        error = float(np.sqrt(variance * np.linalg.pinv(design.T @ design)[2, 2]))
        return float(found[2]), float(found[2]) / error if error > 0 else float(
            np.sign(found[2])
        ) * np.inf

    effect, seen = shift(at)
    others = [shift(float(t[k]))[1] for k in range(3, len(t) - 2) if k != before]
    count = len(others) + 1
    higher = (1 + sum(other >= seen for other in others)) / count
    lower = (1 + sum(other <= seen for other in others)) / count
    sizes = (before, len(t) - before)
    return TestResult(
        "segmented regression, placebo dates", effect, "shift of level", higher, lower, sizes
    )


def rates(before: int, days_before: float, after: int, days_after: float) -> TestResult:
    """Two Poisson rates, exactly, given their total (Przyborowski and Wilenski 1940).

    Raises:
        ValueError: a stretch of no length.
    """
    from scipy.stats import binomtest

    if min(days_before, days_after) <= 0:
        raise ValueError("both stretches need a length")
    total, share = before + after, days_after / (days_before + days_after)
    if total == 0:
        higher = lower = 1.0
    else:
        higher, lower = (
            float(binomtest(after, total, share, alternative=side).pvalue)
            for side in ("greater", "less")
        )
    ratio = (
        (after / days_after) / (before / days_before) if before else float("inf") if after else 1.0
    )
    return TestResult(
        "exact test of two Poisson rates", ratio, "ratio of rates", higher, lower, (before, after)
    )


def event_study(
    causes: Sequence[date], responses: Sequence[date], start: date, end: date, within: int
) -> TestResult:
    """Responses within so many days after causes, against causes moved round the calendar together.

    The causes are shifted round the window by every number of days or by a fixed random choice of them, so that
    their bunching, and that of the responses, stays (Besag and Clifford 1989, MacKinlay 1997 for event windows).

    Raises:
        ValueError: no causes or no responses.
    """
    if not causes or not responses:
        raise ValueError("an event study needs events on both sides")
    span = (end - start).days + 1
    t = np.sort(np.array([(day - start).days for day in causes]))
    r = np.array([(day - start).days for day in responses])

    def hits(moved: np.ndarray) -> int:
        gaps = r[:, None] - moved[None, :]
        return int(((gaps >= 0) & (gaps <= within)).any(axis=1).sum())

    seen = hits(t)
    shifts = np.arange(1, span)
    if len(shifts) > PERMUTATIONS:
        shifts = np.random.default_rng(0).choice(shifts, PERMUTATIONS, replace=False)
    others = np.array([hits((t + shift) % span) for shift in shifts])
    higher = float((1 + (others >= seen).sum()) / (1 + len(others)))
    lower = float((1 + (others <= seen).sum()) / (1 + len(others)))
    expected = float(others.mean())
    ratio = seen / expected if expected else float("inf")
    name = f"event study, {within} days, circular shifts"
    return TestResult(
        name, ratio, "responses over expected", higher, lower, (len(causes), len(responses))
    )


def holm(values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number by Holm's step-down method (1979), in the order given."""
    order = sorted(range(len(values)), key=lambda k: values[k])
    adjusted, running = [0.0] * len(values), 0.0
    for rank, k in enumerate(order):
        running = max(running, min(1.0, (len(values) - rank) * values[k]))
        adjusted[k] = running
    return adjusted
