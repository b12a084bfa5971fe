"""A model bound to a ledger: what the record tells of it, step by step.

Counts whose day is known fall into their step. A count of a period longer than a step is spread
over the steps of the period as evenly as whole numbers allow. Steps of which the record says
nothing (outside the window of an entry, or a period cut by the start or the end) are not told, and
are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from reassure.engine.conditioned import Conditioned, conditioned
from reassure.history import happened
from reassure.history.binding import Binding
from reassure.history.ledger import Ledger
from reassure.history.measured import Measured, measure
from reassure.history.when import day
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Conditioning:
    """What a ledger tells of a model.

    Attributes:
        model: without the measurements and givens that could not be known.
        ledger, reading: names.
        start, until: first day, and the first day of which nothing is told.
        steps: how many steps are told of.
        given: counts of events, and for choices the option in force *after* the step, ``[steps]``;
            NaN where nothing is told.
        sizes: total of marks of events, the same way.
        levers: value and standard error of levers that follow a course, ``[steps]`` each.
        measured: what is measured.
        notes: what a reader should know of how the record was taken.
    """

    model: Model
    ledger: str
    reading: str
    start: str
    until: str
    steps: int
    given: Mapping[str, Array]
    sizes: Mapping[str, Array]
    levers: Mapping[str, tuple[Array, Array]]
    measured: tuple[Measured, ...]
    notes: tuple[str, ...] = ()

    def program(
        self, *, smooth: bool = False, averaged: bool = False, holdable: Iterable[str] = ()
    ) -> Conditioned:
        """The program that can be told this; see :func:`reassure.engine.conditioned.conditioned`.

        Args:
            smooth: shocks instead of draws.
            averaged: what is not told is taken at its expected value.
            holdable: names that arms may hold.
        """
        always = [name for name, path in self.given.items() if not np.isnan(path).any()]
        return conditioned(
            self.model,
            told=self.given,
            always=always if smooth else (),
            courses=self.levers,
            measurements=[item.measurement for item in self.measured],
            averaged=averaged,
            smooth=smooth,
            holdable=holdable,
        )

    def tables(self, rows: int) -> tuple[dict[str, Array], dict[str, Array]]:
        """What the program's leaves ``given`` and ``told`` read, ``[rows]`` each; nothing is told
        from ``steps`` on."""
        given: dict[str, Array] = {}
        told: dict[str, Array] = {}

        def put(key: str, path: Array) -> None:
            known = ~np.isnan(path)
            given[key] = _padded(np.where(known, path, 0.0), rows)
            told[key] = _padded(known, rows)

        for name, path in self.given.items():
            put(name, path)
        for name, path in self.sizes.items():
            put(f"{name}.magnitude", path)
        for name, (level, spread) in self.levers.items():
            put(name, level)
            given[f"{name}.spread"] = _padded(np.nan_to_num(spread), rows)
        for item in self.measured:
            self._put_measured(item, given, told, rows)
        return given, told

    def _put_measured(
        self, item: Measured, given: dict[str, Array], told: dict[str, Array], rows: int
    ) -> None:
        name = item.measurement.name
        value, known = np.zeros(rows), np.zeros(rows, dtype=bool)
        opens, share = np.zeros(rows, dtype=bool), np.zeros(rows)
        there = np.isfinite(item.values)
        value[item.last], known[item.last] = np.where(there, item.values, 0.0), there
        opens[item.first] = True
        for first, last in zip(item.first, item.last, strict=True):
            length = last - first + 1
            share[first : last + 1] = 1.0 if item.measurement.aggregate == "sum" else 1.0 / length
        given[name], told[name] = value, known
        given[f"{name}.share"], told[f"{name}.opens"] = share, opens
        for i, shift in enumerate(item.measurement.shifts):
            since = calendar.step_of(self.model.time, shift.since)
            given[f"{name}.shift{i}"] = (np.arange(rows) >= since).astype(float)


def _padded(path: Array, rows: int) -> Array:
    found = np.zeros(rows, dtype=path.dtype)
    found[: min(len(path), rows)] = path[:rows]
    return found


def condition(
    model: Model,
    ledger: str | Path | Ledger | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    known_by: str | None = None,
    reading: str | None = None,
) -> Conditioning:
    """What a ledger tells of a model.

    Args:
        model: with sections ``given:`` and ``observations:``, or without.
        ledger: its folder or name, or the ledger; None for the one that the model names.
        since: what is measured counts from this day on; None for all of it.
        until: the first day of which nothing is told (``2017``, ``2017-01``); None for the end of
            the ledger's coverage.
        known_by: only what could be known on this day.
        reading: of the ledger.

    Raises:
        UsageError: no ledger is named; it has not what the model asks for; a date is none; ``until`` lies
            outside what both cover, or nothing lies between ``since`` and it.
        ModelError: the ledger has mistakes.
    """
    whole = _opened(model, ledger, reading)
    cut = day(known_by, "--known-by") if known_by else None
    seen = whole if cut is None else whole.known_by(cut)
    steps = _steps(model, whole, until)
    first = calendar.step_of(model.time, day(since, "--from")) if since else 0
    if first >= steps:
        raise UsageError(
            f"nothing lies between --from {since} and {calendar.date_of_step(model.time, steps)}, where the"
            " record ends",
            "choose an earlier date",
        )
    return _told(Binding(model, whole, seen, steps, cut.isoformat() if cut else "", first))


def _opened(model: Model, ledger: str | Path | Ledger | None, reading: str | None) -> Ledger:
    from reassure.history.record.judge import open_ledger

    return open_ledger(model, ledger, reading)


def _steps(model: Model, ledger: Ledger, until: str | None) -> int:
    time = model.time
    if until is None:
        after = ledger.coverage[1].end + timedelta(days=1)
        steps = min(calendar.step_of(time, after), time.steps)
    else:
        steps = calendar.step_of(time, day(until, "--to"))
    first, last = calendar.date_of_step(time, 0), calendar.date_of_step(time, time.steps)
    if steps < 1 or steps > time.steps:
        given = until or ledger.coverage[1].end.isoformat()
        raise UsageError(
            f"{given} lies outside the run, {first} to {last}",
            "choose a later date" if steps < 1 else "choose an earlier date, or change `time:`",
        )
    if calendar.day_of_step(time, steps - 1) < ledger.coverage[0].start:
        raise UsageError(
            f"the ledger {ledger.name} begins {ledger.coverage[0].text}, after {until}",
            "choose a later date, or another ledger",
        )
    return steps


def _told(bound: Binding) -> Conditioning:
    model = bound.model
    given: dict[str, Array] = {}
    sizes: dict[str, Array] = {}
    events = {event.name: event for event in model.events}
    choices = {choice.name: choice for choice in model.choices}
    for item in filter(bound.knows, model.given):
        if item.kind == "choice":
            given[item.name] = happened.options(bound, item, choices[item.name])
            continue
        if item.series or item.events is not None:
            given[item.name] = happened.counts(bound, item, events[item.name])
        if item.sizes:
            sizes[item.name] = happened.sizes(bound, item)
    found = tuple(measure(bound, item) for item in model.measurements if bound.knows(item))
    return Conditioning(
        model=model,
        ledger=bound.ledger.name,
        reading=bound.ledger.coding,
        start=calendar.date_of_step(bound.time, 0),
        until=calendar.date_of_step(bound.time, bound.steps),
        steps=bound.steps,
        given=given,
        sizes=sizes,
        levers=happened.levels(bound),
        measured=tuple(item for item in found if len(item.values)),
        notes=tuple(bound.notes),
    )
