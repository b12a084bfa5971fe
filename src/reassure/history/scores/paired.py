"""Two forecasts of the same things, compared by their scores without overselling small samples.

Scores from one origin share what happened after it, so they are no independent evidence: the origin, or whatever
else the caller calls a cluster, counts as one. Finer clusters (origin and year, say) tell more, for a reader who
believes that they are independent. Many targets make many tests: adjust their p-values (``holm`` in the record's
statistics) before one of them is singled out.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import ndtr, stdtrit

from reassure.history.scores.forecast import Array

LEVEL = 0.1
"""The two-sided p-value up to which a difference counts, and one minus the coverage of its interval."""

RESAMPLES = 4096
"""Bootstrap resamples, and sign flips where there are more clusters than can be listed."""

BETTER, NO_BETTER, WORSE, UNTOLD = "better", "no better", "worse", "cannot be told"
"""The verdicts.

Better or worse: the p-value of the sign flips is at most 0.1 and the interval leaves out zero. No better: the
p-value is above 0.1 or the interval holds zero, though with so many clusters it could have been otherwise. Cannot
be told: with fewer than five clusters no outcome whatever has a p-value of 0.1.
"""


@dataclass(frozen=True, slots=True)
class Paired:
    """How one forecast's scores compare with another's. Less is better.

    Attributes:
        ours, theirs: mean scores over the targets that both scored.
        difference: ours minus theirs; below zero we are better.
        low, high: its 90 percent interval; infinite with a single cluster.
        p: two-sided p-value of the sign flips.
        smallest_p: the smallest that so many clusters could have given.
        targets, clusters: how many there were.
        favourable: in how many clusters our mean score was lower.
    """

    ours: float
    theirs: float
    difference: float
    low: float
    high: float
    p: float
    smallest_p: float
    targets: int
    clusters: int
    favourable: int

    @property
    def skill(self) -> float:
        """1 - ours / theirs: 1 is perfect, 0 as good as theirs. Of CRPS and Brier, not of log scores."""
        return 1 - self.ours / self.theirs if self.theirs > 0 else float("nan")

    @property
    def verdict(self) -> str:
        """One of :data:`BETTER`, :data:`NO_BETTER`, :data:`WORSE`, :data:`UNTOLD`, by the rule stated there."""
        if self.smallest_p > LEVEL:
            return UNTOLD
        if self.p > LEVEL or self.low <= 0 <= self.high:
            return NO_BETTER
        return BETTER if self.difference < 0 else WORSE

    def sentence(self, rival: str) -> str:
        """The verdict in words, as in ``better than climatology: ...``."""
        if self.targets == 0:
            return f"cannot be told from {rival}: nothing was scored"
        seen = f"lower score in {self.favourable} of {self.clusters}"
        if self.verdict == UNTOLD:
            groups = f"{self.clusters} independent {'group' if self.clusters == 1 else 'groups'}"
            return (
                f"cannot be told from {rival}: {seen}, but {groups} cannot have a p-value "
                f"below {self.smallest_p:.2g}"
            )
        return f"{self.verdict} than {rival}: {seen} independent groups, p = {self.p:.2g}"


def compare_scores(
    ours: Array, theirs: Array, clusters: Sequence[Hashable] | Array, seed: int = 0
) -> Paired:
    """Compare scores of the same targets.

    The p-value is that of the mean difference when the sign of each cluster's summed difference is flipped at
    random (Fisher 1935; all flips are listed up to twelve clusters): exact where neither forecast is better
    and the differences lie evenly about zero. The interval comes from resampling whole clusters,
    with percentiles moved outwards for few of them, to Phi(t sqrt(G / (G - 1))) with Student's t of G - 1
    degrees (the expanded percentile interval: Hesterberg 2015). An infinite score, of a forecast that gave what
    came no chance, makes its forecast's mean infinite; where only one has any, the difference and its sign are sure
    and the p-value is that of the signs alone.

    Args:
        ours, theirs: ``[targets]``, less is better; NaN where not scored, which leaves the target out.
        clusters: for each target the group (an origin, say) that counts as one piece of evidence.

    Raises:
        ValueError: lengths that do not fit.
    """
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if not ours.shape == theirs.shape == (len(clusters),):
        raise ValueError(
            f"scores of the shapes {ours.shape} and {theirs.shape} do not fit {len(clusters)} clusters"
        )
    both = ~(np.isnan(ours) | np.isnan(theirs))
    names: dict[Hashable, int] = {}
    group = np.array(
        [
            names.setdefault(name, len(names))
            for name, there in zip(clusters, both, strict=True)
            if there
        ],
        int,
    )
    count = len(names)
    if count == 0:
        nan = float("nan")
        return Paired(nan, nan, nan, -np.inf, np.inf, 1.0, 1.0, 0, 0, 0)
    ours, theirs = ours[both], theirs[both]
    gap = np.subtract(ours, theirs, where=ours != theirs, out=np.zeros_like(ours))
    if np.isinf(gap).any():  # who ruled out what came: each such target counts one, others nothing
        gap = np.where(np.isinf(gap), np.sign(gap), 0.0)
        scale = np.inf
    else:
        scale = 1.0
    sums = np.bincount(group, gap, count)
    sizes = np.bincount(group, minlength=count)
    rng = np.random.default_rng(seed)
    p = _sign_flips(sums, rng)
    low, high = _interval(sums, sizes, rng)
    mean = float(sums.sum() / sizes.sum())

    def stretched(value: float) -> float:
        return value * scale if value else 0.0

    return Paired(
        float(ours.mean()),
        float(theirs.mean()),
        stretched(mean),
        stretched(low),
        stretched(high),
        p,
        2.0 ** (1 - count),
        len(group),
        count,
        int((sums < 0).sum()),
    )


def _sign_flips(sums: Array, rng: np.random.Generator) -> float:
    """The share of sign flips whose sum is at least as far from zero as the one seen, which is one of them."""
    count = len(sums)
    every = 2**count <= RESAMPLES
    signs = (
        np.array(list(product((1.0, -1.0), repeat=count)))
        if every
        else rng.choice((1.0, -1.0), (RESAMPLES, count))
    )
    as_far = np.abs(signs @ sums) >= abs(sums.sum()) * (1 - 1e-9)  # rounding must not break a tie
    return float(as_far.mean() if every else (1 + as_far.sum()) / (1 + RESAMPLES))


def _interval(sums: Array, sizes: Array, rng: np.random.Generator) -> tuple[float, float]:
    count = len(sums)
    if count < 2:
        return -np.inf, np.inf
    picked = rng.integers(count, size=(RESAMPLES, count))
    means = sums[picked].sum(1) / sizes[picked].sum(1)
    tail = ndtr(stdtrit(count - 1, LEVEL / 2) * np.sqrt(count / (count - 1)))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
