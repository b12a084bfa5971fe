"""Three contrasting futures: the most typical one, and the two most unlike it and each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Model
from reassure.report.story import Story, tell
from reassure.study.result import RunResult
from reassure.study.running import replay

TITLES = ("A typical future", "The future most unlike it", "A third, unlike both")
MOST_POINTS = 7


def contrasting(outcomes: NDArray[np.float64], count: int = 3) -> list[int]:
    """Rows of ``outcomes`` [future, outcome] that are typical first and then far from those chosen.

    The first is the row nearest to the medians, the others follow by farthest-first traversal (Gonzalez 1985)
    in ranks, so that no outcome's scale decides. Ties go to the earlier row.
    """
    ranks = np.empty_like(outcomes)
    for column in range(outcomes.shape[1]):
        values = outcomes[:, column]
        distinct, place = np.unique(values, return_inverse=True)
        ranks[:, column] = place / max(len(distinct) - 1, 1)
    chosen = [int(np.argmin(np.abs(ranks - np.median(ranks, axis=0)).sum(axis=1)))]
    while len(chosen) < min(count, len(ranks)):
        distance = np.min([np.abs(ranks - ranks[row]).sum(axis=1) for row in chosen], axis=0)
        chosen.append(int(np.argmax(distance)))
    return chosen


def three_stories(
    model: Model, futures: RunResult, *, seed: int, settings: Mapping[str, float | str] | None
) -> list[dict[str, Any]]:
    """Three futures of the first policy, told, with the command that tells each again."""
    policy = futures.policies[0]
    grid = np.stack([futures.values(policy, outcome.name) for outcome in model.outcomes], axis=-1)
    scenarios, replications, _ = grid.shape
    told = []
    rows = contrasting(grid.reshape(scenarios * replications, -1))
    for title, row in zip(TITLES, rows, strict=False):
        scenario, replication = divmod(row, replications)
        story = _story(model, futures, policy, scenario, replication, seed, settings)
        again = _again(model, futures, policy, scenario, replication, seed, settings)
        told.append(
            {
                "title": title,
                "paragraphs": story.text(numbers=True).split("\n\n"),
                "command": again,
            }
        )
    return told


def _story(
    model: Model,
    futures: RunResult,
    policy: str,
    scenario: int,
    replication: int,
    seed: int,
    settings: Mapping[str, float | str] | None,
) -> Story:
    future = replay(
        model,
        policy=policy,
        scenario=scenario,
        replication=replication,
        seed=seed,
        design=futures.scenario_design.kind,
        set=settings,
        scenarios=futures.scenario_design.scenarios,
    )
    return tell(
        model,
        future.paths,
        policy=policy,
        scenario=scenario,
        replication=replication,
        seed=seed,
        design=futures.design,
        outcomes=future.outcomes,
        parameters=future.parameters,
        most=MOST_POINTS,
    )


def _again(
    model: Model,
    futures: RunResult,
    policy: str,
    scenario: int,
    replication: int,
    seed: int,
    settings: Mapping[str, float | str] | None,
) -> str:
    parts = [f"reassure story {model.name}"]
    if policy:
        parts.append(f"--policy {policy}")
    parts.append(f"--scenario {scenario} --replication {replication} --seed {seed}")
    if not isinstance(futures.scenario_design.kind, str):
        parts.append(futures.scenario_design.kind.option)
    elif futures.design != "sobol":
        parts.append(f"--design {futures.design}")
    if futures.design == "latin":
        parts.append(f"--scenarios {futures.scenario_design.scenarios}")
    parts.extend(f"--set {name}={value}" for name, value in (settings or {}).items())
    return " ".join(parts)
