"""What a model implies before any claim is asked: outcome by outcome, against plain facts.

A modeller who sees that the median future has forty missile tests a month knows that a prior is
wrong before any verdict can mislead. The facts are each outcome's ``plausible:`` range, with its
reason and source. A fact is one realised future, so it is held against the spread of *futures*,
over scenarios and chance together; of an outcome that is 0 or 1 in a future the range is one of
probabilities, and is held against the spread over scenarios of how often it is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Cite, Model, Outcome

Array = NDArray[np.float64]
Flag = Literal["misses", "strays", "never", "always", "constant", "not finite"]

REMARKS: dict[Flag, str] = {
    "misses": "the central 90% lies outside the plain facts",
    "strays": "the median lies outside the plain facts",
    "never": "next to never, in nearly every scenario: a prior may be too sure",
    "always": "next to always, in nearly every scenario: a prior may be too sure",
    "constant": "the same in every future",
    "not finite": "not a finite number in some futures",
}
"""What each flag says to a modeller."""

_NEARLY = 0.95  # of the scenarios
_NEXT_TO = 0.01  # of the futures


class Futures(Protocol):
    """A run: its policies, and outcomes as ``[scenario, replication]`` in their units."""

    @property
    def policies(self) -> Sequence[str]:
        """The policies that were run."""

    def values(self, policy: str, outcome: str) -> Array:
        """One outcome in every future of one policy."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One outcome before any claim is asked, in its own unit.

    Attributes:
        p05, p50, p95: quantiles over scenarios of the mean over chance.
        futures: the same quantiles over all futures, parameters and chance together.
        truth: whether the outcome was 0 or 1 in every future.
        plausible: the plain facts, or None; ``because`` and ``cites`` say whence.
        within: share of what is held against the facts that lies within them; None without facts.
        flags: keys of :data:`REMARKS`.
    """

    outcome: str
    label: str
    unit: str
    p05: float
    p50: float
    p95: float
    futures: tuple[float, float, float]
    truth: bool
    plausible: tuple[float, float] | None
    because: str
    cites: tuple[Cite, ...]
    within: float | None
    flags: tuple[Flag, ...]

    @property
    def remark(self) -> str:
        """The flags in words; '' when nothing is odd."""
        return "; ".join(REMARKS[flag] for flag in self.flags)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "outcome": self.outcome,
            "unit": self.unit,
            "scenarios": {"p05": self.p05, "p50": self.p50, "p95": self.p95},
            "futures": dict(zip(("p05", "p50", "p95"), self.futures, strict=True)),
            "plausible": None if self.plausible is None else list(self.plausible),
            "because": self.because,
            "cites": [f"{c.source} / {c.where}" if c.where else c.source for c in self.cites],
            "within": self.within,
            "flags": list(self.flags),
        }


def predict(model: Model, futures: Futures, policy: str | None = None) -> tuple[Prediction, ...]:
    """Describe every outcome of the model under one policy; None: the first that was run."""
    name = futures.policies[0] if policy is None else policy
    return tuple(_describe(item, futures.values(name, item.name)) for item in model.outcomes)


def _describe(outcome: Outcome, values: Array) -> Prediction:
    finite = bool(np.isfinite(values).all())
    usable = np.where(np.isfinite(values), values, np.nan)
    truth = bool(np.isin(values, (0.0, 1.0)).all())
    means = _means(usable)
    held = means if truth else usable.ravel()
    held = held[np.isfinite(held)]
    flags: list[Flag] = []
    if not finite:
        flags.append("not finite")
    if truth and outcome.kind != "sum" and (means <= _NEXT_TO).mean() >= _NEARLY:
        flags.append("never")
    elif truth and outcome.kind != "sum" and (means >= 1 - _NEXT_TO).mean() >= _NEARLY:
        flags.append("always")
    elif len(held) and np.ptp(values[np.isfinite(values)]) == 0:
        flags.append("constant")
    within = None
    if outcome.plausible is not None and len(held):
        low, high = outcome.plausible
        within = float(((held >= low) & (held <= high)).mean())
        p05, p50, p95 = _quantiles(held)
        if p05 > high or p95 < low:
            flags.append("misses")
        elif not low <= p50 <= high:
            flags.append("strays")
    return Prediction(
        outcome.name,
        outcome.about.label,
        outcome.unit.text,
        *_quantiles(means),
        _quantiles(usable.ravel()),
        truth,
        outcome.plausible,
        outcome.about.because,
        outcome.about.cites,
        within,
        tuple(flags),
    )


def _means(values: Array) -> Array:
    """Mean over replications of what is finite; NaN for a scenario without any."""
    present = np.isfinite(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _quantiles(values: Array) -> tuple[float, float, float]:
    values = values[np.isfinite(values)]
    if not len(values):
        return (float("nan"),) * 3
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def summary(predictions: Sequence[Prediction]) -> str:
    """One line for the head of the page."""
    with_facts = [item for item in predictions if item.plausible is not None]
    misses = [item.outcome for item in with_facts if "misses" in item.flags]
    odd = [
        item.outcome
        for item in predictions
        if {"never", "always", "constant", "not finite"} & set(item.flags)
    ]
    said = (
        f"{len(with_facts)} of {len(predictions)} outcomes have plain facts to be held against; "
        f"the central 90% misses them in {len(misses)}"
    )
    said += f" ({', '.join(misses)})" if misses else ""
    if odd:
        said += f". Without spread: {', '.join(odd)}"
    return said + "."
