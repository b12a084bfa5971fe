"""Whether the chains can be believed, and what the record says of each parameter.

R-hat and effective sample sizes are those of Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021),
"Rank-normalization, folding, and localization: an improved R-hat", Bayesian Analysis 16(2); where
chains are many and short, those that start from one place count as one (Margossian, Hoffman, Sountsov,
Riou-Durand, Vehtari & Gelman 2024, "Nested R-hat", arXiv:2110.13017). They stand upon NumPyro's
estimate of autocorrelations (Geyer's monotone sequence), with the bound that Stan puts on the effective
sample sizes of antithetic chains. E-BFMI is that of Betancourt (2016), arXiv:1604.00695.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from reassure.history.fit.sampler import Draws

Array = NDArray[np.float64]

MOST_RHAT = 1.01
LEAST_DRAWS = 400.0
MOST_DIVERGENT = 0.01
LEAST_BFMI = 0.3
UNVARIED = "is not known, because the draws do not vary"

IDENTIFIED, WEAKLY, NOT = "identified", "weakly identified", "not identified"
STRONG, WEAK = 0.5, 0.1
"""Contraction from which a parameter counts as identified, and as weakly identified."""
MOVED = 0.5  # prior standard deviations by which a mean counts as moved
SURE = 1.645  # standard errors: 95 percent sure on one side

RULE = (
    f"identified: the record takes away at least {STRONG:.0%} of the prior variance; weakly "
    f"identified: at least {WEAK:.0%}, or it moves the mean by {MOVED:g} prior standard deviations; "
    "each with 95 percent certainty, Monte Carlo error counted"
)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the record says of one score, which is standard normal a priori.

    Attributes:
        name: of the parameter.
        mean, sd: of the score a posteriori: the mean is the shift in prior standard deviations.
        contraction: 1 less the ratio of posterior to prior variance; below 0 where it grew.
        error: Monte Carlo standard error of the contraction.
        shift_error: that of the mean.
        kind: identified, weakly identified, or not identified; see :data:`RULE`.
    """

    name: str
    mean: float
    sd: float
    contraction: float
    error: float
    shift_error: float
    kind: str


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the chains went.

    Attributes:
        names: of the scores.
        rhat, bulk, tail: of each score: R-hat, effective draws in the bulk and in the tails.
        draws: in all chains.
        divergent: transitions that left the energy surface.
        accept: mean rate of acceptance.
        bfmi: of each chain.
        learnt: of each score.

    What cannot be known, because the draws do not vary, is NaN, and a problem.
    """

    names: tuple[str, ...]
    rhat: tuple[float, ...]
    bulk: tuple[float, ...]
    tail: tuple[float, ...]
    draws: int
    divergent: int
    accept: float
    bfmi: tuple[float, ...]
    learnt: tuple[Learnt, ...]

    @property
    def worst_rhat(self) -> float:
        return max(self.rhat, key=_worst_high)

    @property
    def least_bulk(self) -> float:
        return min(self.bulk, key=_worst_low)

    @property
    def least_tail(self) -> float:
        return min(self.tail, key=_worst_low)

    @property
    def least_bfmi(self) -> float:
        return min(self.bfmi, key=_worst_low)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the chains cannot be believed; empty if they can."""
        found = []
        worst = self.worst_rhat
        if not worst < MOST_RHAT:
            name = self.names[self.rhat.index(worst)]
            told = f"is {worst:.3f}, and must be below {MOST_RHAT:g}"
            found.append(f"R-hat of {name} {UNVARIED if math.isnan(worst) else told}")
        for what, values in (("in the bulk", self.bulk), ("in the tails", self.tail)):
            least = min(values, key=_worst_low)
            name = self.names[values.index(least)]
            if math.isnan(least):
                found.append(f"the number of effective draws {what} of {name} {UNVARIED}")
            elif least < LEAST_DRAWS:
                found.append(
                    f"{name} has {least:.0f} effective draws {what}, and needs {LEAST_DRAWS:.0f}"
                )
        if self.divergent > MOST_DIVERGENT * self.draws:
            found.append(
                f"{self.divergent} of {self.draws} draws diverged, and at most "
                f"{MOST_DIVERGENT:.0%} may"
            )
        least = self.least_bfmi
        if not least > LEAST_BFMI:
            told = f"is {least:.2f}, and must be above {LEAST_BFMI:g}"
            found.append(f"E-BFMI of a chain {UNVARIED if math.isnan(least) else told}")
        return tuple(found)

    @property
    def converged(self) -> bool:
        """Whether there is no problem: one rule, used wherever a fit is shown."""
        return not self.problems

    def of_kind(self, kind: str) -> tuple[Learnt, ...]:
        """What is identified, weakly identified or not, most contracted first."""
        chosen = [item for item in self.learnt if item.kind == kind]
        return tuple(sorted(chosen, key=lambda item: -item.contraction))

    def as_json(self) -> dict[str, Any]:
        return {
            "converged": self.converged,
            "problems": list(self.problems),
            "worst_rhat": _plain(self.worst_rhat),
            "least_bulk": _plain(self.least_bulk),
            "least_tail": _plain(self.least_tail),
            "draws": self.draws,
            "divergent": self.divergent,
            "accept": self.accept,
            "bfmi": [_plain(value) for value in self.bfmi],
            "rule": RULE,
            "scores": [
                {key: _plain(value) for key, value in asdict(item).items()}
                | {"rhat": _plain(a), "bulk": _plain(b), "tail": _plain(c)}
                for item, a, b, c in zip(self.learnt, self.rhat, self.bulk, self.tail, strict=True)
            ],
        }

    @staticmethod
    def from_json(found: dict[str, Any]) -> Diagnostics:
        """What :meth:`as_json` wrote."""
        scores = [{key: _number(value) for key, value in row.items()} for row in found["scores"]]
        return Diagnostics(
            names=tuple(row["name"] for row in scores),
            rhat=tuple(row.pop("rhat") for row in scores),
            bulk=tuple(row.pop("bulk") for row in scores),
            tail=tuple(row.pop("tail") for row in scores),
            draws=found["draws"],
            divergent=found["divergent"],
            accept=found["accept"],
            bfmi=tuple(_number(value) for value in found["bfmi"]),
            learnt=tuple(Learnt(**row) for row in scores),
        )


def diagnose(names: tuple[str, ...], draws: Draws) -> Diagnostics:
    """Diagnose draws of the scores ``names``."""
    z = np.asarray(draws.scores)
    return Diagnostics(
        names=names,
        rhat=tuple(rhat(z, draws.siblings).tolist()),
        bulk=tuple(bulk_draws(z).tolist()),
        tail=tuple(tail_draws(z).tolist()),
        draws=z.shape[0] * z.shape[1],
        divergent=int(draws.diverging.sum()),
        accept=float(draws.accept.mean()),
        bfmi=tuple(bfmi(draws.energy).tolist()),
        learnt=_learnt(names, z),
    )


def rhat(x: Array, siblings: int = 1) -> Array:
    """Rank-normalised split R-hat of ``x`` [chain, draw, ..]: the greater of bulk and tails.

    Args:
        siblings: so many chains each, side by side, started from one place; they count as one chain.
    """
    from numpyro.diagnostics import gelman_rubin

    halves = _split(x)
    families = (len(halves) // siblings, siblings * halves.shape[1], *x.shape[2:])
    centred = np.abs(halves - np.median(halves, axis=(0, 1)))
    with np.errstate(all="ignore"):
        bulk, tails = (gelman_rubin(_ranked(y).reshape(families)) for y in (halves, centred))
        found: Array = np.maximum(bulk, tails)
    return found


def bulk_draws(x: Array) -> Array:
    """Effective draws for the middle of ``x`` [chain, draw, ..]."""
    return effective(_ranked(_split(x)))


def tail_draws(x: Array) -> Array:
    """Effective draws for the 5th and 95th percentile of ``x`` [chain, draw, ..], the fewer."""
    low, high = np.quantile(x, [0.05, 0.95], axis=(0, 1))
    halves = _split(x)
    return np.minimum(
        effective((halves <= low).astype(float)), effective((halves <= high).astype(float))
    )


def effective(x: Array) -> Array:
    """Effective draws for the mean of ``x`` [chain, draw, ..]; NaN where nothing varies.

    Draws that swing about the mean are worth more than independent ones, and the time over which they
    are correlated may come out near 0 or, by the error of its estimate, below. It is taken to be at
    least 1 / log10 of the number of draws S: there are at most S log10(S) effective ones, as in Stan.
    """
    from numpyro.diagnostics import effective_sample_size

    drawn = x.shape[0] * x.shape[1]
    with np.errstate(all="ignore"):
        time = drawn / np.asarray(effective_sample_size(x), dtype=np.float64)
        found: Array = drawn / np.maximum(time, 1 / np.log10(drawn))
    return found


def bfmi(energy: Array) -> Array:
    """E-BFMI of each chain of ``energy`` [chain, draw]."""
    steps = np.square(np.diff(energy, axis=1)).mean(axis=1)
    with np.errstate(all="ignore"):
        found: Array = steps / energy.var(axis=1)
    return found


def kind_of(mean: float, contraction: float, error: float, shift_error: float) -> str:
    """Whether a parameter is identified; see :data:`RULE`."""
    surely = contraction - SURE * error
    if surely >= STRONG:
        return IDENTIFIED
    if surely >= WEAK or abs(mean) - SURE * shift_error >= MOVED:
        return WEAKLY
    return NOT


def _learnt(names: tuple[str, ...], z: Array) -> tuple[Learnt, ...]:
    mean, variance = z.mean(axis=(0, 1)), z.var(axis=(0, 1))
    halves = _split(z)
    shift_error = np.sqrt(variance / effective(halves))
    error = np.square(halves - mean).std(axis=(0, 1)) / np.sqrt(effective(np.square(halves - mean)))
    return tuple(
        Learnt(
            name=name,
            mean=float(m),
            sd=float(np.sqrt(v)),
            contraction=float(1 - v),
            error=float(e),
            shift_error=float(s),
            kind=kind_of(float(m), float(1 - v), float(e), float(s)),
        )
        for name, m, v, e, s in zip(names, mean, variance, error, shift_error, strict=True)
    )


def _split(x: Array) -> Array:
    """Each chain as two."""
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], x[:, -half:]])


def _ranked(x: Array) -> Array:
    """Normal scores of the ranks over all chains."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    flat = x.reshape(-1, *x.shape[2:])
    ranks = rankdata(flat, axis=0)
    found: Array = ndtri((ranks - 0.375) / (len(flat) + 0.25)).reshape(x.shape)
    return found


def _worst_high(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _worst_low(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: Any) -> Any:
    return math.nan if value is None else value
