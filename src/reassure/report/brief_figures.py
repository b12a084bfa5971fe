"""The pictures of a brief: how beliefs and stocks move under each policy, and what outcomes hinge on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from reassure.model.checked import Belief, Model, Outcome, Stock
from reassure.report.plots import fan, fan_chart, swings, tornado
from reassure.report.wording import plain_name
from reassure.study.result import RunResult
from reassure.study.running import run

MOST_FANS = 4
MOST_POLICIES = 6
FAN_SCENARIOS = 64
FAN_REPLICATIONS = 8
MOST_TORNADOS = 3
MOST_BARS = 10


def fans(
    model: Model, futures: RunResult, *, seed: int, settings: Mapping[str, float | str] | None
) -> list[dict[str, str]]:
    """Fan charts of the first beliefs and stocks of the file, which is where an author puts the main ones."""
    single = [stock for stock in model.stocks if "[" not in stock.name]
    shown: list[Belief | Stock] = [*model.beliefs[: MOST_FANS // 2]]
    shown.extend((single or list(model.stocks))[: MOST_FANS - len(shown)])
    if not shown:
        return []
    policies = list(futures.policies)[:MOST_POLICIES]
    result = run(
        model,
        policies=policies,
        scenarios=min(FAN_SCENARIOS, futures.scenarios),
        replications=min(FAN_REPLICATIONS, futures.replications),
        seed=seed,
        set=settings,
        trajectories=[item.name for item in shown],
        keep_futures=True,
    )
    years = np.asarray(np.arange(model.time.steps + 1) * model.time.dt, dtype=np.float64)
    start = int(model.time.start[:4]) + (int(model.time.start[5:7]) - 1) / 12
    pictures = []
    for item in shown:
        paths = result.paths(
            item.name
        )  # [policy, scenario, replication, step], in the written unit
        panels = [fan(name, paths[index]) for index, name in enumerate(policies)]
        believed = isinstance(item, Belief)
        title = plain_name(item.name, item.about.label)
        if isinstance(item, Belief) and item.that:
            title = f"{item.holder} believes that {item.that}"
        unit = "probability" if isinstance(item, Belief) else item.unit.text
        pictures.append(
            {
                "svg": fan_chart(
                    title, start + years, panels, unit=unit, bounds=(0.0, 1.0) if believed else None
                ),
                "caption": (
                    f"{plain_name(item.name, item.about.label)}: line, median over scenarios; filled band, 5th to 95th "
                    "percentile over scenarios of the mean over replications (what nobody knows); hatched band, 5th to "
                    "95th percentile of chance inside a scenario, averaged over scenarios."
                ),
            }
        )
    return pictures


def main_outcomes(model: Model) -> list[Outcome]:
    """Outcomes by how many actors want something of them, then by how many claims are about them."""
    wanted = Counter(interest.outcome for interest in model.interests)
    claimed = Counter(name for claim in model.claims for name in claim.outcomes)
    return sorted(model.outcomes, key=lambda item: (-wanted[item.name], -claimed[item.name]))


def tornados(model: Model, futures: RunResult) -> list[dict[str, str]]:
    """What the outcomes that actors care most about hinge on, under the first policy."""
    ranked = main_outcomes(model)
    policy = futures.policies[0]
    parameters = futures.scenario_parameters()
    pictures: list[dict[str, str]] = []
    for outcome in ranked:
        if len(pictures) == MOST_TORNADOS:
            break
        means = futures.scenario_means(policy, outcome.name)
        if np.ptp(means) == 0:
            continue
        third = max(len(means) // 3, 1)
        # Two standard errors of the difference of two means of a third each, drawn around the centre.
        noise = 2 * float(means.std()) * float(np.sqrt(2 / third)) / 2
        largest = swings(parameters, means)[:MOST_BARS]
        unit = "" if outcome.unit.text == "1" else outcome.unit.text
        pictures.append(
            {
                "svg": tornado(
                    plain_name(outcome.name, outcome.about.label),
                    float(means.mean()),
                    largest,
                    noise=noise,
                    unit=unit,
                ),
                "caption": (
                    f"Under {policy}: mean of {plain_name(outcome.name, outcome.about.label)} in the scenarios with "
                    f"the lowest and the highest third of each parameter, largest {len(largest)} swings. Inside the "
                    "grey band a swing could be an accident of the scenarios drawn."
                ),
            }
        )
    return pictures
