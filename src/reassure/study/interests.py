"""Whom each policy serves: every actor's weighted outcomes, by policy.

An actor's *score* in a scenario is a weighted mean of its outcomes, each scaled by the range that
its mean over chance takes over all policies and scenarios of the run, and turned so that more is
better::

    score = sum_o |w_o| * u_o / sum_o |w_o|,
    u_o = (y_o - low_o) / (high_o - low_o)    for w_o > 0, and 1 minus that for w_o < 0

So 1 is the best seen in every outcome at once, and 0 the worst. An outcome that never varies adds
one half. Scores compare policies for one actor; they do not compare one actor's welfare with
another's, and they change with the policies and scenarios looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Interest, Model
from reassure.study.predictive import Futures

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """What one policy means to one actor.

    Attributes:
        mean, p05, p50, p95: of the score over scenarios.
        best: share of scenarios in which no policy scores higher; tied policies share a scenario.
        regret: mean over scenarios of how far the score falls short of the best policy's there.
    """

    policy: str
    mean: float
    p05: float
    p50: float
    p95: float
    best: float
    regret: float


@dataclass(frozen=True, slots=True)
class Standings:
    """Scores of all policies for one actor; ``outcomes``: what it wants, and the range seen."""

    actor: str
    outcomes: tuple[tuple[str, float, float, float], ...]  # name, weight, low, high
    scores: tuple[Score, ...]

    @property
    def best(self) -> tuple[float, ...]:
        """For each policy the share of scenarios in which it serves the actor best."""
        return tuple(item.best for item in self.scores)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "actor": self.actor,
            "outcomes": [
                {"outcome": name, "weight": weight, "low": low, "high": high}
                for name, weight, low, high in self.outcomes
            ],
            "policies": {
                item.policy: {
                    "mean": item.mean,
                    "p05": item.p05,
                    "p50": item.p50,
                    "p95": item.p95,
                    "best": item.best,
                    "regret": item.regret,
                }
                for item in self.scores
            },
        }


def serve(model: Model, futures: Futures) -> tuple[Standings, ...]:
    """Score every policy that was run for every actor that has interests."""
    wanted = dict.fromkeys(item.outcome for item in model.interests)
    means = {
        name: np.stack([futures.values(policy, name).mean(axis=1) for policy in futures.policies])
        for name in wanted
    }
    actors = dict.fromkeys(item.actor for item in model.interests)
    return tuple(
        _scores(
            actor,
            [item for item in model.interests if item.actor == actor and item.weight],
            futures.policies,
            means,
        )
        for actor in actors
    )


def _scores(
    actor: str,
    wanted: Sequence[Interest],
    policies: Sequence[str],
    means: dict[str, Array],
) -> Standings:
    total = np.zeros(next(iter(means.values())).shape)
    weight = 0.0
    outcomes: list[tuple[str, float, float, float]] = []
    for item in wanted:
        seen = means[item.outcome]  # [policy, scenario]
        low, high = float(seen.min()), float(seen.max())
        scaled = (seen - low) / (high - low) if high > low else np.full(seen.shape, 0.5)
        total += abs(item.weight) * (scaled if item.weight > 0 else 1.0 - scaled)
        weight += abs(item.weight)
        outcomes.append((item.outcome, item.weight, low, high))
    score = total / weight if weight else total
    top = score.max(axis=0)
    first = score >= top - 1e-12
    best = (first / first.sum(axis=0)).mean(axis=1)
    regret = (top - score).mean(axis=1)
    low, middle, high = np.quantile(score, [0.05, 0.5, 0.95], axis=1)
    columns = (score.mean(axis=1), low, middle, high, best, regret)
    return Standings(
        actor,
        tuple(outcomes),
        tuple(
            Score(policy, *(float(column[i]) for column in columns))
            for i, policy in enumerate(policies)
        ),
    )
