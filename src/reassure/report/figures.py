"""Pictures of results: how quantities move under each policy, what outcomes hinge on, claims' shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reassure.model.checked import Model
from reassure.report.brief_verdicts import short
from reassure.report.picture import Picture
from reassure.report.plots import SHARE_STYLES, Swing, fan, fan_chart, shares_chart, swings, tornado
from reassure.report.wording import listed, plain_name, two_figures
from reassure.study.claims import ClaimsResult
from reassure.study.main_outcomes import main_outcomes, main_states
from reassure.study.quantities import quantities
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
) -> list[Picture]:
    """Fan charts of the beliefs and stocks on which the argument turns most."""
    shown = main_states(model, MOST_FANS)
    if not shown:
        return []
    policies = list(futures.policies)[:MOST_POLICIES]
    result = run(
        model,
        policies=policies,
        scenarios=min(FAN_SCENARIOS, futures.scenarios),
        replications=min(FAN_REPLICATIONS, futures.replications),
        seed=seed,
        design=futures.scenario_design.kind,
        set=settings,
        trajectories=[item.name for item in shown],
        keep_futures=True,
    )
    return [fan_picture(result, item.name) for item in shown]


def fan_picture(result: RunResult, name: str) -> Picture:
    """The recorded paths of one quantity, a panel a policy.

    Raises:
        UsageError: its path was not recorded.
    """
    model = result.model
    paths = result.paths(name)  # [policy, scenario, replication, step], in the written unit
    years = np.asarray(np.arange(model.time.steps + 1) * model.time.dt, dtype=np.float64)
    start = int(model.time.start[:4]) + (int(model.time.start[5:7]) - 1) / 12
    panels = [fan(plain_name(policy), paths[i]) for i, policy in enumerate(result.policies)]
    belief = next((item for item in model.beliefs if item.name == name), None)
    written, about = quantities(model)[name]
    title = label = plain_name(name, about.label)
    unit = written.text
    if belief:
        holders = {actor.code: actor.name for actor in model.actors}
        unit = "probability"
        if belief.that:
            title = f"{holders.get(belief.holder, belief.holder)} believes that {belief.that}"
    svg = fan_chart(title, start + years, panels, unit=unit, bounds=(0.0, 1.0) if belief else None)
    return Picture(
        svg,
        f"{label}: line, median over scenarios; filled band, 5th to 95th percentile over scenarios of the mean over "
        "replications (what nobody knows); hatched band, 5th to 95th percentile of chance inside a scenario, averaged "
        "over scenarios.",
    )


def shares_picture(claims: ClaimsResult) -> Picture:
    """The shares of scenarios for every claim that was tested, a bar each."""
    rows = [
        (f"{short(item)} — {item.verdict}", {k: getattr(item, k) for k in SHARE_STYLES})
        for item in claims.results
        if item.verdict != "not testable"
    ]
    title = f"Claims of {claims.model}: shares of scenarios"
    return Picture(
        shares_chart(title, rows),
        f"{title} that support each, show no effect that matters, cannot say, or contradict it.",
    )


@dataclass(frozen=True, slots=True)
class Sway:
    """What an outcome hinges on: the parameters with which it moves most, largest first."""

    policy: str
    name: str
    unit: str
    centre: float
    noise: float
    largest: Sequence[Swing]

    def picture(self) -> Picture:
        """A tornado."""
        return Picture(
            tornado(self.name, self.centre, self.largest, noise=self.noise, unit=self.unit),
            (
                f"Under {plain_name(self.policy)}: mean of {self.name} in the scenarios with the lowest and the "
                f"highest third of each parameter, largest {len(self.largest)} swings. Inside the grey band a swing "
                "could be an accident of the scenarios drawn."
            ),
        )

    def sentence(self) -> str:
        """The same in words, with the swings that chance would hardly make."""
        clear = [item for item in self.largest if abs(item.high - item.low) > 2 * self.noise]
        said = [
            f"{item.name} ({two_figures(item.low)} where it is low, {two_figures(item.high)} where it is high)"
            for item in clear[:3]
        ]
        told = f"moves most with {listed(said)}" if said else "no parameter stands out from chance"
        return f"{self.name}, {two_figures(self.centre)} on average under {plain_name(self.policy)}: {told}"


def swings_of(model: Model, futures: RunResult) -> list[Sway]:
    """What the outcomes that actors care most about hinge on, under the first policy."""
    found: list[Sway] = []
    for outcome in main_outcomes(model):
        if len(found) == MOST_TORNADOS:
            break
        if np.ptp(futures.scenario_means(None, outcome.name)) > 0:
            found.append(sway(model, futures, outcome.name))
    return found


def sway(model: Model, futures: RunResult, name: str, policy: str | None = None) -> Sway:
    """What one outcome hinges on under ``policy``, the first if None.

    Raises:
        UsageError: there is no such outcome or policy.
    """
    means = futures.scenario_means(policy, name)
    outcome = next(item for item in model.outcomes if item.name == name)
    third = max(len(means) // 3, 1)
    return Sway(
        policy=policy or futures.policies[0],
        name=plain_name(name, outcome.about.label),
        unit="" if outcome.unit.text == "1" else outcome.unit.text,
        centre=float(means.mean()),
        # Two standard errors of the difference of two means of a third each, drawn around the centre.
        noise=2 * float(means.std()) * float(np.sqrt(2 / third)) / 2,
        largest=swings(futures.scenario_parameters(), means)[:MOST_BARS],
    )
