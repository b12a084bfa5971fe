"""What would have come otherwise: the model's counterfactual, and not history's.

Abduction, action, prediction (Pearl, *Causality*, 2nd ed. 2009, section 7.1). Chance and parameters
are inferred from all of the record; from a date on other policies hold; under the same luck the same
futures go on, and are held against how they went.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from reassure.engine.conditioned import AS_IT_HAPPENED
from reassure.history.abduction import with_conditions
from reassure.history.bands import band, fan, share
from reassure.history.conditioning import condition
from reassure.history.drawing import Drawn, drawn, refuse_nothing, shown_quantities, weighing
from reassure.history.ledger import Ledger
from reassure.history.otherwise import Counterfactual, Decision, Difference, Sway
from reassure.history.tracking import check_course, course
from reassure.history.twins import Twinning, Twins, Way
from reassure.history.when import read_as, step_at
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.design import Joint
from reassure.study.quantities import quantities
from reassure.study.settings import held_value

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

ALIKE = 1e-9  # differences of this size, against the values, are none
MOST_SWAYS = 3
FEWEST = 8  # draws from which the sources of a spread can be told


def counterfactual(
    model: Model,
    ledger: str | Path | Ledger | None = None,
    *,
    at: str,
    policy: str | None = None,
    do: Mapping[str, float | str] | None = None,
    to: str | None = None,
    reading: str | None = None,
    drawn_from: str | Joint = "sobol",
    of: Sequence[str] | None = None,
    scenarios: int = 128,
    replications: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
) -> Counterfactual:
    """What would have come if from a date on other policies had held.

    Args:
        ledger: a ledger, its name or folder; None for the model's.
        at: from when on.
        policy: levers that it does not set go as they did.
        do: quantities held from the date on, in their own units, or an option by name.
        to: what is read last; None for the end of the record.
        drawn_from: a design, or a posterior.
        of: quantities to read; None for all beliefs and the main stocks. Outcomes are read anyway.
        progress: called with (steps done, steps in all).

    Raises:
        UsageError: nothing is done otherwise; a date outside of the run or after the record; an
            unknown policy or quantity; a ledger that tells nothing of the model.
    """
    from reassure.history.record.judge import open_ledger

    if policy is None and not do:
        raise UsageError("nothing is done otherwise", "name a --policy, or a --do NAME=VALUE")
    name = check_course(model, policy or AS_IT_HAPPENED)
    outcomes = {outcome.name for outcome in model.outcomes}
    shown = (
        ()
        if of and outcomes.issuperset(of)
        else shown_quantities(model, [item for item in of or () if item not in outcomes])
    )
    held = _held(model, do or {})
    first = step_at(model, at, "--at")
    opened = open_ledger(model, ledger, reading)
    begins = opened.coverage[0]
    if calendar.day_of_step(model.time, first) < begins.start:
        raise UsageError(
            f"--at {at} lies before the record, which begins {begins.text}", "choose a later date"
        )
    end = condition(model, opened).steps
    if first >= end:
        until = calendar.date_of_step(model.time, end)
        raise UsageError(
            f"--at {at} lies after the record, which ends before {until}",
            "choose an earlier date; of what is to come, ask `reassure nowcast`",
        )
    last = end if to is None else step_at(model, to, "--to")
    rounded = (*read_as(model, at, "--at"), *(read_as(model, to, "--to") if to else ()))
    if last <= first:
        raise UsageError(f"--to {to} is not after --at {at}", "choose a later date")
    cut = with_conditions(_read_to(model, last))
    bound = condition(cut, opened)
    refuse_nothing(bound)
    source = bound.program(holdable=held)
    choices = tuple(choice.name for choice in model.choices)
    events = tuple(event.name for event in model.events if event.kind != "calendar")
    done = 0
    total = 0

    def report() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    twinning = Twinning(
        cut, bound, source, at=first, to=last, names=(*shown, *choices, *events), seed=seed,
        report=report,
    )  # fmt: skip
    draws = drawn(source.model, drawn_from, scenarios, replications, seed)
    total = twinning.steps * (2 if draws.given_record else 1)
    otherwise = course(bound, source, name, happened=False, do=held, since=first)
    twins = twinning(draws, replications, otherwise)
    weigh, remarks = weighing(twins.tracking, draws.given_record)
    weights = twins.tracking.weights(weigh_draws=weigh)
    before = _before(twins, weigh)
    if draws.given_record:
        prior = drawn(source.model, "sobol", scenarios, replications, seed)
        before = _before(twinning(prior, replications, otherwise), weigh=True)
    summary = _Summary(model, cut, twins, draws, weights, before, shown, events)
    dates = tuple(calendar.date_of_step(model.time, k) for k in range(last + 1))
    units = {item: quantities(model)[item][0].factor for item in shown}
    return Counterfactual(
        model=model.name,
        digest=model.digest,
        ledger=bound.ledger,
        reading=bound.reading,
        at=dates[first],
        to=dates[last],
        record=bound.until,
        policy=name,
        do={key: _written(model, key, value) for key, value in held.items()},
        drawn_from=draws.label,
        scenarios=scenarios,
        replications=replications,
        seed=seed,
        effective_draws=(
            float(scenarios) if draws.given_record else twins.tracking.effective_draws()
        ),
        weighed=weigh,
        differences=summary.differences(),
        decisions=summary.decisions(dates[first:]),
        factual={
            item: fan(dates, twins.factual.paths[item] / units[item], weights) for item in shown
        },
        counterfactual={
            item: fan(dates[first:], twins.counterfactual.paths[item] / units[item], weights)
            for item in shown
        },
        remarks=(*rounded, *draws.remarks, *remarks, *bound.notes, *_resisting(model, twins)),
    )


@dataclass(frozen=True)
class _Before:
    """Ways over draws of the prior that the record has not weighed."""

    factual: Way
    counterfactual: Way
    weights: Array


def _before(twins: Twins, weigh: bool) -> _Before | None:
    if not weigh:
        return None
    weights = twins.tracking.weights(weigh_draws=False)
    return _Before(twins.factual, twins.counterfactual, weights)


class _Summary:
    """Differences and decisions of twins under weights of lanes."""

    def __init__(
        self,
        model: Model,
        cut: Model,
        twins: Twins,
        draws: Drawn,
        weights: Array,
        before: _Before | None,
        shown: Sequence[str],
        events: Sequence[str],
    ) -> None:
        self.model, self.cut, self.twins = model, cut, twins
        self.weights, self.before = weights, before
        self.shown, self.events = shown, events
        self.shape = twins.tracking.log_weights.shape
        self.names = twins.tracking.source.program.parameters
        self.ranks = _ranked(draws.values)

    def differences(self) -> tuple[Difference, ...]:
        found = []
        for outcome in self.cut.outcomes:

            def read_off(way: Way, name: str = outcome.name) -> Array:
                return way.outcomes[name]

            found.append(self._of(outcome.name, "outcome", outcome.unit.text, read_off))
        table = quantities(self.model)
        for name in self.shown:
            unit = table[name][0]

            def at_end(way: Way, name: str = name, factor: float = unit.factor) -> Array:
                return np.asarray(way.paths[name][-1] / factor)

            found.append(self._of(name, "quantity", unit.text, at_end))
        at = self.twins.counterfactual.first
        for name in self.events:

            def since(way: Way, name: str = name) -> Array:
                # The last step is read, and not lived through.
                return np.asarray(way.paths[name][at - way.first : -1].sum(axis=0))

            found.append(self._of(name, "event", "1", since))
        return tuple(found)

    def _of(self, name: str, kind: str, unit: str, read: Callable[[Way], Array]) -> Difference:
        was, would = read(self.twins.factual), read(self.twins.counterfactual)
        gap = _gap(was, would)
        prior = None
        if self.before is not None:
            before = _gap(read(self.before.factual), read(self.before.counterfactual))
            prior = band(before, self.before.weights)
        chance, sways = self._sources(gap)
        return Difference(
            name=name,
            kind=kind,
            unit=unit,
            factual=band(was, self.weights),
            counterfactual=band(would, self.weights),
            difference=band(gap, self.weights),
            higher=share(gap > 0, self.weights),
            lower=share(gap < 0, self.weights),
            chance=chance,
            prior=prior,
            sways=sways,
        )

    def _sources(self, gap: Array) -> tuple[float | None, tuple[Sway, ...]]:
        """The share of the spread that is chance, and what the rest goes with."""
        weights, table = self.weights.reshape(self.shape), gap.reshape(self.shape)
        counted = table[weights > 0]
        if np.ptp(counted) <= ALIKE * np.abs(counted).max():
            return 0.0, ()
        chance = chance_share(table, weights)
        of_draw = weights.sum(axis=1)
        live = of_draw > 0
        if live.sum() < FEWEST:
            return chance, ()
        mean = np.zeros(len(of_draw))
        mean[live] = (weights * table).sum(axis=1)[live] / of_draw[live]
        ranks = _ranked(mean[:, None])[:, 0]
        found = [
            Sway(name, _correlation(self.ranks[:, i], ranks, of_draw))
            for i, name in enumerate(self.names)
        ]
        found.sort(key=lambda x: -abs(x.correlation))
        # What the largest of so many correlations comes to by accident is not told (Bonferroni).
        told = ndtri(1 - 0.025 / len(self.names)) * np.sqrt(np.sum(of_draw**2))
        sways = tuple(x for x in found[:MOST_SWAYS] if abs(x.correlation) > told)
        return chance, sways

    def decisions(self, dates: Sequence[str]) -> tuple[Decision, ...]:
        found = []
        at = self.twins.counterfactual.first
        for choice in self.model.choices:
            was = self.twins.factual.paths[choice.name][at:]
            would = self.twins.counterfactual.paths[choice.name]
            for i, option in enumerate(choice.options):
                comes = [_first(path == i) for path in (was, would)]
                came, otherwise = (first < len(dates) for first in comes)
                yes, no = share(came, self.weights), share(otherwise, self.weights)
                if max(yes, no) == 0:
                    continue
                found.append(
                    Decision(
                        choice=choice.name,
                        option=option.name,
                        factual=yes,
                        counterfactual=no,
                        averted=_part(came & ~otherwise, came, self.weights),
                        brought=_part(~came & otherwise, ~came, self.weights),
                        date=_middle(comes[0], came, self.weights, dates),
                        otherwise=_middle(comes[1], otherwise, self.weights, dates),
                    )
                )
        return tuple(found)


def chance_share(table: Array, weights: Array) -> float | None:
    """The share of the variance of ``table``, ``[draws, lanes]``, that is chance, which differs within draws.

    A mean of few lanes holds chance too. So the variance within each draw is estimated without bias, for as many
    lanes as its weights are worth: one-way analysis of variance with random effects (Searle, Casella and McCulloch
    1992, *Variance Components*).

    Args:
        table: not all the same.
        weights: of the lanes, with sum 1.

    Returns:
        None where fewer than :data:`FEWEST` draws have two lanes that count.
    """
    of_draw = weights.sum(axis=1)
    live = of_draw > 0
    table, weights, of_draw = table[live], weights[live], of_draw[live]
    shares = weights / of_draw[:, None]
    free = 1 - (shares**2).sum(axis=1)
    told = free > ALIKE
    if told.sum() < FEWEST:
        return None
    within = (shares * (table - (shares * table).sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    chance = np.average(within[told] / free[told], weights=of_draw[told])
    whole = (weights * (table - (weights * table).sum()) ** 2).sum()
    return float(min(chance / whole, 1.0))


def _gap(was: Array, would: Array) -> Array:
    gap = would - was
    return np.where(np.abs(gap) <= ALIKE * (1 + np.abs(was)), 0.0, gap)


def _first(in_force: Array) -> Array:
    """The first step at which an option that was not in force at the first comes into force; the
    number of steps where it does not."""
    comes = in_force & ~in_force[0]
    return np.where(comes.any(axis=0), comes.argmax(axis=0), len(in_force))


def _part(which: Array, among: Array, weights: Array) -> float | None:
    whole = share(among, weights)
    return None if whole == 0 else round(share(which, weights) / whole, 9)


def _middle(first: Array, comes: Array, weights: Array, dates: Sequence[str]) -> str:
    if share(comes, weights) == 0:
        return ""
    chosen = weights[comes] / weights[comes].sum()
    return dates[int(band(first[comes].astype(float), chosen).p50)]


def _ranked(table: Array) -> Array:
    return np.asarray(np.argsort(np.argsort(table, axis=0, kind="stable"), axis=0), dtype=float)


def _correlation(x: Array, y: Array, weights: Array) -> float:
    weights = weights / weights.sum()
    x, y = x - weights @ x, y - weights @ y
    spread = np.sqrt((weights @ x**2) * (weights @ y**2))
    return float(weights @ (x * y) / spread) if spread > 0 else 0.0


def _read_to(model: Model, last: int) -> Model:
    """The model with outcomes read off at ``last`` that would be later."""
    outcomes = [
        replace(item, last=min(item.last, last)) for item in model.outcomes if item.first < last
    ]
    return replace(model, outcomes=tuple(outcomes))


def _held(model: Model, do: Mapping[str, float | str]) -> dict[str, float]:
    """What is held, in internal units."""
    known, options, found = quantities(model), _options(model), {}
    parameters = {parameter.name for parameter in model.parameters}
    for name, value in do.items():
        if name in parameters:
            raise UsageError(
                f"--do {name}: it is a parameter, which nobody does",
                "hold a lever, a choice or a state",
            )
        if name not in known:
            held = [item for item in known if item not in parameters]
            raise UsageError(f"{quote(name)} is no quantity that can be held", suggest(name, held))
        if str(value) in options.get(name, []):
            found[name] = float(options[name].index(str(value)))
            continue
        try:
            float(value)
        except ValueError:
            of_these = ", ".join(options.get(name, []))
            near = suggest(str(value), options.get(name, [])) or (
                f"give one of {of_these}" if of_these else "give a number"
            )
            raise UsageError(f"{name} cannot be {quote(str(value))}", near) from None
        found[name] = held_value(model, name, value)
    return found


def _options(model: Model) -> dict[str, list[str]]:
    found = {choice.name: [option.name for option in choice.options] for choice in model.choices}
    return found | {lever.name: list(lever.options) for lever in model.levers if lever.options}


def _written(model: Model, name: str, value: float) -> float | str:
    names = _options(model).get(name)
    return value / quantities(model)[name][0].factor if names is None else names[round(value)]


def _resisting(model: Model, twins: Twins) -> tuple[str, ...]:
    said = []
    for name, steps in twins.kept.items():
        dates = [calendar.date_of_step(model.time, k) for k in steps]
        shown = ", ".join(dates[:4]) + (f" and {len(dates) - 4} more" if len(dates) > 4 else "")
        said.append(
            f"{name} at {shown}: no luck of the model's brings it about as it happened, and it is left as it"
            " happened"
        )
    if twins.set_aside:
        lanes = twins.tracking.lanes.count
        named = ", ".join(f"{name} ({count})" for name, count in twins.set_aside.items())
        said.append(
            f"some of the {lanes} lanes could not have come by what happened and were set aside, by what:"
            f" {named}"
        )
    return tuple(said)
