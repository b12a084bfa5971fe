"""Where things stand at a date, what moved them last, and what the next years may bring.

Beliefs and states at the date are filtered: given all that the record holds up to then, and
nothing after. From there on levers follow a policy, and all else is chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from reassure.engine.conditioned import AS_IT_HAPPENED
from reassure.history.bands import Band, Fan, band, fan, share
from reassure.history.conditioning import Conditioning, condition
from reassure.history.drawing import (
    drawn,
    hindsight,
    refuse_nothing,
    shown_quantities,
    weighing,
)
from reassure.history.evidence import Move, moves, name_of, with_evidence
from reassure.history.ledger import Ledger
from reassure.history.tracking import Course, Tracking, check_course, course, reaching
from reassure.history.when import day, known_day, read_as, step_at
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError
from reassure.study.design import Joint
from reassure.study.quantities import quantities

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Coming:
    """How often something happens in a year to come."""

    event: str
    since: str
    count: Band


@dataclass(frozen=True)
class Step:
    """How likely an option is to come into force.

    Attributes:
        choice, option: names.
        now: probability that it is in force at the date.
        by_year: probability that it is, or has been by the end of each year to come.
    """

    choice: str
    option: str
    now: float
    by_year: tuple[float, ...]


@dataclass(frozen=True)
class Outlook:
    """The next years under one policy.

    Attributes:
        policy: its name; ``as-it-happened`` leaves every lever where the record left it.
        fans: of each quantity, in its own unit, from the date on.
        decisions: options of all choices.
        events: counts by year.
    """

    policy: str
    fans: Mapping[str, Fan]
    decisions: tuple[Step, ...]
    events: tuple[Coming, ...]


@dataclass(frozen=True)
class Nowcast:
    """Where things stand.

    Attributes:
        model, digest, ledger, reading: what was asked.
        at, known_by: the date, and the day by which all that is used could be known.
        drawn_from: the design or the posterior.
        scenarios, replications, seed: of the lanes.
        effective_draws: how many equal draws they are worth once weighted by the record.
        weighed: whether draws are weighted by the record: prior draws, where enough of them count.
        units: of the quantities.
        now: quantities at the date.
        moves: what moved each belief in the last ``months``, largest first.
        past: quantities up to the date.
        outlooks: the next years, by policy.
        remarks: what a reader should know.
    """

    model: str
    digest: str
    ledger: str
    reading: str
    at: str
    known_by: str
    drawn_from: str
    scenarios: int
    replications: int
    seed: int
    effective_draws: float
    weighed: bool
    months: int
    units: Mapping[str, str]
    now: Mapping[str, Band]
    moves: Mapping[str, tuple[Move, ...]]
    past: Mapping[str, Fan]
    outlooks: Mapping[str, Outlook]
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        plain = ("model", "digest", "ledger", "reading", "at", "known_by", "drawn_from", "scenarios",
                 "replications", "seed", "effective_draws", "weighed", "months")  # fmt: skip
        return {
            "schema": 1,
            **{name: getattr(self, name) for name in plain},
            "units": dict(self.units),
            "now": {name: item.as_json() for name, item in self.now.items()},
            "moves": {name: [x.as_json() for x in found] for name, found in self.moves.items()},
            "past": {name: item.as_json() for name, item in self.past.items()},
            "outlooks": {name: _outlook_json(item) for name, item in self.outlooks.items()},
            "remarks": list(self.remarks),
        }


def _outlook_json(item: Outlook) -> dict[str, Any]:
    return {
        "fans": {name: found.as_json() for name, found in item.fans.items()},
        "decisions": [
            {"choice": x.choice, "option": x.option, "now": x.now, "by_year": list(x.by_year)}
            for x in item.decisions
        ],
        "events": [
            {"event": x.event, "since": x.since, "count": x.count.as_json()} for x in item.events
        ],
    }


def nowcast(
    model: Model,
    ledger: str | Path | Ledger | None = None,
    *,
    at: str,
    known_by: str | None = None,
    reading: str | None = None,
    drawn_from: str | Joint = "sobol",
    policies: Sequence[str] | None = None,
    years: float = 5.0,
    of: Sequence[str] | None = None,
    months: int = 12,
    scenarios: int = 128,
    replications: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
) -> Nowcast:
    """Where things stand at a date, and where they may go.

    Args:
        ledger: a ledger, its name or folder; None for the model's.
        at: the date: what happened in the steps that were over by then is told, and nothing after.
        known_by: only what could be known on this day; None for ``at``.
        drawn_from: a design, or a posterior.
        policies: for the next years; None for levers as the record leaves them.
        years: how far ahead.
        of: quantities to show; None for all beliefs and the main stocks.
        months: how far back to ask what moved beliefs.
        progress: called with (steps done, steps in all).

    Raises:
        UsageError: a date outside of the run or the ledger, an unknown policy or quantity, a ledger
            that tells nothing of the model.
    """
    from reassure.history.record.judge import open_ledger

    opened = open_ledger(model, ledger, reading)
    names = [check_course(model, name) for name in policies or (AS_IT_HAPPENED,)]
    shown = shown_quantities(model, of)
    first = step_at(model, at, "--at")
    if not 0 < years <= 100:
        raise UsageError(f"--years {years:g} is no stretch to look ahead", "from 1 to 100 years")
    ahead = max(round(years / model.time.dt), 1)
    known = known_day(at, known_by, "--at")
    longer = with_evidence(reaching(model, first + ahead))
    bound = condition(longer, opened, until=_first_day(model, first), known_by=known)
    refuse_nothing(bound)
    source = bound.program()
    draws = drawn(source.model, drawn_from, scenarios, replications, seed)
    run = _Run(model, bound, shown, ahead, progress)
    along = course(bound, source, AS_IT_HAPPENED, happened=True)
    tracking = Tracking(source, along, draws.values, replications, draws.words, run.wanted, seed)
    total = bound.steps + ahead * len(names)
    past = run.follow(tracking, total)
    weigh, remarks = weighing(tracking, draws.given_record)
    weights = tracking.weights(weigh_draws=weigh)
    moment = tracking.lanes.look()
    per = {name: quantities(model)[name][0] for name in shown}
    now = {name: moment.read(name) for name in run.wanted}
    back = max(bound.steps - max(round(months / 12 / model.time.dt), 1), 0)
    outlooks = {
        name: run.outlook(
            tracking, course(bound, source, name, happened=True), weights, (i, total), now
        )
        for i, name in enumerate(names)
    }
    return Nowcast(
        model=model.name,
        digest=model.digest,
        ledger=bound.ledger,
        reading=bound.reading,
        at=bound.until,
        known_by=known,
        drawn_from=draws.label,
        scenarios=scenarios,
        replications=replications,
        seed=seed,
        effective_draws=tracking.effective_draws() if not draws.given_record else float(scenarios),
        weighed=weigh,
        months=months,
        units={name: unit.text for name, unit in per.items()},
        now={name: band(now[name] / per[name].factor, weights) for name in shown},
        moves=moves(
            longer, bound, opened.known_by(day(known, "--known-by")), past, now, weights, back
        ),
        past={
            name: fan(
                run.dates(0, bound.steps + 1),
                np.vstack([past[name], now[name]]) / per[name].factor,
                weights,
            )
            for name in shown
        },
        outlooks=outlooks,
        remarks=(
            *read_as(model, at, "--at"),
            *draws.remarks,
            *remarks,
            *hindsight(drawn_from, opened, bound, known),
            *_of_the_record(model, opened, bound, first + ahead),
        ),
    )


class _Run:
    """What is read along the way."""

    def __init__(
        self,
        model: Model,
        bound: Conditioning,
        shown: Sequence[str],
        ahead: int,
        progress: Progress | None,
    ) -> None:
        self.model, self.bound, self.ahead, self.progress = model, bound, ahead, progress
        self.shown = tuple(shown)
        self.beliefs = tuple(
            name
            for belief in model.beliefs
            for name in (
                f"{belief.name}.logodds",
                *(name_of(belief, item) for item in belief.evidence),
            )
        )
        self.choices = tuple(choice.name for choice in model.choices)
        self.events = tuple(event.name for event in model.events if event.kind != "calendar")
        self.wanted = tuple(
            dict.fromkeys((*self.shown, *self.beliefs, *self.choices, *self.events))
        )

    def dates(self, first: int, last: int) -> tuple[str, ...]:
        return tuple(calendar.date_of_step(self.model.time, k) for k in range(first, last))

    def follow(self, tracking: Tracking, total: int) -> dict[str, Array]:
        """The way up to the date as those lanes went it that are there at the end: ``[steps,
        lanes]`` by name."""
        names = dict.fromkeys((*self.shown, *self.beliefs))
        paths = {name: np.empty((self.bound.steps, tracking.lanes.count)) for name in names}
        for step in range(self.bound.steps):
            moment = tracking.advance()
            for name in names:
                paths[name][step] = moment.read(name)
            self._report(step + 1, total)
        lineage = tracking.lineage()
        return {name: np.take_along_axis(path, lineage, axis=1) for name, path in paths.items()}

    def outlook(
        self,
        tracking: Tracking,
        along: Course,
        weights: Array,
        place: tuple[int, int],
        now: Mapping[str, Array],
    ) -> Outlook:
        """The next years under one policy."""
        lanes = tracking.lanes.retold(along.given, along.told, along.orders)
        number, total = place
        kept = {
            name: np.empty((self.ahead + 1, lanes.count))
            for name in dict.fromkeys((*self.shown, *self.choices, *self.events))
        }
        for step in range(self.ahead):
            moment = lanes.advance()
            for name, path in kept.items():
                path[step] = moment.read(name)
            self._report(self.bound.steps + number * self.ahead + step + 1, total)
        last = lanes.look()
        for name, path in kept.items():
            path[self.ahead] = last.read(name)
        dates = self.dates(self.bound.steps, self.bound.steps + self.ahead + 1)
        table = quantities(self.model)
        return Outlook(
            policy=along.name,
            fans={
                name: fan(dates, kept[name] / table[name][0].factor, weights) for name in self.shown
            },
            decisions=self._decisions(kept, weights, now),
            events=self._coming(kept, weights, dates),
        )

    def _years(self) -> list[tuple[int, int]]:
        each = max(round(1 / self.model.time.dt), 1)
        return [(k, min(k + each, self.ahead)) for k in range(0, self.ahead, each)]

    def _decisions(
        self, kept: Mapping[str, Array], weights: Array, now: Mapping[str, Array]
    ) -> tuple[Step, ...]:
        found = []
        for choice in self.model.choices:
            for i, option in enumerate(choice.options):
                in_force = kept[choice.name] == i
                by_year = tuple(
                    share(in_force[: last + 1].any(axis=0), weights) for _, last in self._years()
                )
                present = share(now[choice.name] == i, weights)
                found.append(Step(choice.name, option.name, present, by_year))
        return tuple(found)

    def _coming(
        self, kept: Mapping[str, Array], weights: Array, dates: Sequence[str]
    ) -> tuple[Coming, ...]:
        return tuple(
            Coming(name, dates[first], band(kept[name][first:last].sum(axis=0), weights))
            for name in self.events
            for first, last in self._years()
        )

    def _report(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)


def _of_the_record(
    model: Model, ledger: Ledger, bound: Conditioning, reach: int
) -> tuple[str, ...]:
    said = list(bound.notes)
    end = ledger.coverage[1].end
    if calendar.parse_date(bound.until) - timedelta(days=1) > end:
        said.append(
            f"the ledger ends {end}; from there to {bound.until} hardly anything is told, and the rest is"
            " chance"
        )
    if reach > model.time.steps:
        last = calendar.date_of_step(model.time, model.time.steps)
        said.append(
            f"the model's run ends {last}; it is carried on beyond, and what recurs by its calendar with it"
        )
    return tuple(said)


def _first_day(model: Model, step: int) -> str:
    return calendar.day_of_step(model.time, step).isoformat()
