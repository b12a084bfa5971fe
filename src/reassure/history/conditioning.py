"""A model bound to a ledger: what the record tells of it, step by step.

Counts whose day is known fall into their step. A count of a period longer than a step is spread
over the steps of the period as evenly as whole numbers allow. Steps of which the record says
nothing (outside the window of an entry, or a period cut by the start or the end) are not told, and
are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from reassure.engine.conditioned import Conditioned, conditioned
from reassure.history.ledger import Ledger
from reassure.history.ledger.courses import Course
from reassure.history.ledger.meant import Event as Happening
from reassure.history.ledger.picking import check_pick, picked
from reassure.history.ledger.spans import Span, parse_span, periods
from reassure.history.support import impossible
from reassure.model import calendar
from reassure.model.checked import Choice, Event, Lever, Model
from reassure.model.checked_history import Given, Measurement
from reassure.model.expression import references
from reassure.model.mistakes import UsageError

Array = np.ndarray[Any, Any]

EIGHTY = 2 * 1.2815515655446004
"""Standard errors between the ends of an 80 percent range."""


@dataclass(frozen=True)
class Measured:
    """The values of a measurement that the record holds.

    Attributes:
        measurement: what is measured.
        first, last: steps of the period of each value, both included, in order of ``last``.
        values: in internal units, after ``per``.
        periods: as the ledger names them.
    """

    measurement: Measurement
    first: Array
    last: Array
    values: Array
    periods: tuple[str, ...]


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
        UsageError: no ledger is named; it has not what the model asks for; ``until`` lies outside
            what both cover.
        ModelError: the ledger has mistakes.
    """
    whole = _opened(model, ledger, reading)
    cut = calendar.parse_date(known_by) if known_by else None
    seen = whole if cut is None else whole.known_by(cut)
    steps = _steps(model, whole, until)
    first = calendar.step_of(model.time, since) if since else 0
    bound = _Binding(model, whole, seen, steps, known_by or "", first)
    return bound.conditioning()


def _opened(model: Model, ledger: str | Path | Ledger | None, reading: str | None) -> Ledger:
    from reassure.history.record.judge import open_ledger

    return open_ledger(model, ledger, reading)


def _steps(model: Model, ledger: Ledger, until: str | None) -> int:
    time = model.time
    if until is None:
        after = ledger.coverage[1].end + timedelta(days=1)
        steps = min(calendar.step_of(time, after), time.steps)
    else:
        steps = calendar.step_of(time, until)
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


class _Binding:
    """One model and one ledger on the way to a :class:`Conditioning`."""

    def __init__(
        self, model: Model, whole: Ledger, ledger: Ledger, steps: int, known_by: str, first: int
    ) -> None:
        self.model, self.whole, self.ledger, self.steps = model, whole, ledger, steps
        self.time = model.time
        self.known_by = known_by
        self.first = first  # step from which on what is measured counts
        self.end = calendar.day_of_step(self.time, steps) - timedelta(days=1)
        self.start = calendar.parse_date(self.time.start)
        self.notes: list[str] = []

    def conditioning(self) -> Conditioning:
        given: dict[str, Array] = {}
        sizes: dict[str, Array] = {}
        events = {event.name: event for event in self.model.events}
        choices = {choice.name: choice for choice in self.model.choices}
        for item in self.model.given:
            if item.about.known_by > self.known_by and self.known_by:
                continue
            if item.kind == "choice":
                given[item.name] = self._choice(item, choices[item.name])
                continue
            event = events[item.name]
            if item.series or item.events is not None:
                given[item.name] = self._event(item, event)
            if item.sizes:
                sizes[item.name] = self._sizes(item)
        measured = tuple(
            self._measured(item)
            for item in self.model.measurements
            if not (self.known_by and item.about.known_by > self.known_by)
        )
        return Conditioning(
            model=self.model,
            ledger=self.ledger.name,
            reading=self.ledger.coding,
            start=calendar.date_of_step(self.time, 0),
            until=calendar.date_of_step(self.time, self.steps),
            steps=self.steps,
            given=given,
            sizes=sizes,
            levers=self._levers(),
            measured=tuple(item for item in measured if len(item.values)),
            notes=tuple(self.notes),
        )

    # -- events and choices -------------------------------------------------------------------------

    def _event(self, item: Given, event: Event) -> Array:
        counts = np.full(self.steps, np.nan)
        if item.series:
            for span, value in self._values(item.series, item.window, f"given.{item.name}"):
                first, last = self._whole_steps(span)
                if first is not None:
                    counts[first : last + 1] = _spread(round(value), last - first + 1)
        else:
            assert item.events is not None
            first_day, last_day = self._window(item.window)
            inside = [
                k
                for k in range(self.steps)
                if first_day <= calendar.day_of_step(self.time, k) and self._last_day(k) <= last_day
            ]
            counts[inside] = 0.0
            for happened in self._picked(item, first_day, last_day):
                k = self._step(happened.when.middle)
                if k is not None and not np.isnan(counts[k]):
                    counts[k] += 1
        if event.kind == "probability":
            counts = np.minimum(counts, 1.0)
        if event.kind == "rate" and np.nanmax(counts, initial=0.0) > event.cap:
            self.notes.append(
                f"{item.name}: the record has {np.nanmax(counts):.0f} in one step, the model caps"
                f" them at {event.cap}"
            )
        return counts

    def _sizes(self, item: Given) -> Array:
        found = np.full(self.steps, np.nan)
        assert item.events is not None
        sizes = dict(item.sizes)
        first_day, last_day = self._window(item.window)
        for happened in self._picked(item, first_day, last_day):
            k = self._step(happened.when.middle)
            if k is not None and happened.id in sizes:
                found[k] = np.nan_to_num(found[k]) + sizes[happened.id]
        return found

    def _picked(self, item: Given | Measurement, first: date, last: date) -> tuple[Happening, ...]:
        assert item.events is not None
        check_pick(self.whole, item.events)
        return picked(self.ledger, item.events, first, last)

    def _choice(self, item: Given, choice: Choice) -> Array:
        """The option in force after each step."""
        course = self.ledger.course_called(item.course)
        names = [option.name for option in choice.options]
        found = np.full(self.steps, np.nan)
        previous = choice.initial
        due = set(range(choice.offset, self.time.steps + 1, choice.every))
        for k in range(self.steps):
            # What is in force at a step is what its first day has; it was decided a step before.
            point = course.at(calendar.day_of_step(self.time, k + 1))
            if point is None:
                continue
            found[k] = option = course.option(point, names, choice.name)
            if option != previous and k not in due:
                self.notes.append(
                    f"{choice.name}: {point.value} from {point.since} comes when no decision is due,"
                    " and is taken as it is without saying anything of the model"
                )
            previous = option
        return found

    def _levers(self) -> dict[str, tuple[Array, Array]]:
        found = {}
        for lever in self.model.levers:
            if lever.name in self.ledger.courses:
                found[lever.name] = self._lever(lever, self.ledger.courses[lever.name])
        return found

    def _lever(self, lever: Lever, course: Course) -> tuple[Array, Array]:
        level, spread = np.full(self.steps, np.nan), np.full(self.steps, np.nan)
        factor = lever.unit.factor
        for k in range(self.steps):
            point = course.at(calendar.day_of_step(self.time, k))
            if point is None:
                continue
            if lever.options:
                level[k], spread[k] = course.option(point, lever.options, lever.name), 0.0
                continue
            value = course.number(point, lever.name)
            level[k] = value * factor
            low = value if point.low is None else point.low
            high = value if point.high is None else point.high
            spread[k] = (high - low) * factor / EIGHTY
        return level, spread

    # -- measurements -------------------------------------------------------------------------------

    def _measured(self, item: Measurement) -> Measured:
        where = f"observations.{item.name}"
        self._note_given(item, where)
        if item.series:
            pairs = self._values(item.series, item.window, where)
        elif item.likelihood.family == "hazard":
            return self._dated(item)
        else:
            pairs = self._counted(item)
        rows: list[tuple[int, int, float, str]] = []
        for span, value in pairs:
            first, last = self._steps_of(span, item.lag, item.aggregate)
            if first is None or first < self.first:
                continue
            wrong = impossible(item.likelihood, value / item.per)
            if wrong is not None:
                raise UsageError(
                    f"{where}: the likelihood {item.likelihood.family} is of {wrong[0]}, and"
                    f" {item.series or 'the count'} is {value / item.per:g} in {span.text}",
                    wrong[1],
                )
            rows.append((first, last, value / item.per * item.unit.factor, span.text))
        rows.sort(key=lambda row: (row[1], row[0]))
        for earlier, later in pairwise(rows):
            same = earlier[1] == later[1] if item.aggregate == "last" else later[0] <= earlier[1]
            if same:
                raise UsageError(
                    f"{where}: {earlier[3]} and {later[3]} of {item.series or 'the events'} fall into the"
                    " same steps of the model",
                    "give `window:`, or measure with another series",
                )
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        return Measured(
            item,
            np.array(columns[0], dtype=int),
            np.array(columns[1], dtype=int),
            np.array(columns[2], dtype=float),
            tuple(columns[3]),
        )

    def _note_given(self, item: Measurement, where: str) -> None:
        """Say so if all that is measured is given: such an observation weighs nothing."""
        if references(item.scale) or references(item.bias):
            return  # how what happened is reported is learnt
        read = references(item.formula)
        if read and read <= {given.name for given in self.model.given if given.kind == "event"}:
            names = " and ".join(sorted(read))
            self.notes.append(
                f"{where} measures {names}, which is given, and says nothing of what drives it;"
                f" to learn of how often it happens, measure {min(read)}.rate * dt"
            )

    def _counted(self, item: Measurement) -> list[tuple[Span, float]]:
        first_day, last_day = self._window(item.window)
        first_day, last_day = max(first_day, self.start), min(last_day, self.end)
        happened = self._picked(item, first_day, last_day)
        found = []
        for span in _spans(first_day, last_day, item.every):
            if span.start >= first_day and span.end <= last_day:
                inside = sum(span.start <= event.when.middle <= span.end for event in happened)
                value = float(inside)
                if item.likelihood.family == "bernoulli":
                    value = float(inside > 0)
                found.append((span, value))
        return found

    def _dated(self, item: Measurement) -> Measured:
        """Steps until the first of the events, 1 in the one in which it comes."""
        first_day, last_day = self._window(item.window)
        begin = calendar.day_of_step(self.time, max(self.first, 0))
        first_day, last_day = max(first_day, self.start, begin), min(last_day, self.end)
        happened = self._picked(item, first_day, last_day)
        steps = [
            k
            for k in range(self.steps)
            if first_day <= calendar.day_of_step(self.time, k) and self._last_day(k) <= last_day
        ]
        values = np.zeros(len(steps))
        if happened:
            came = self._step(happened[0].when.middle)
            steps = [k for k in steps if came is None or k <= came]
            values = np.array([float(k == came) for k in steps])
        at = np.array(steps, dtype=int)
        names = tuple(calendar.date_of_step(self.time, k) for k in steps)
        return Measured(item, at, at, values, names)

    # -- dates --------------------------------------------------------------------------------------

    def _values(
        self, name: str, window: tuple[str, str] | None, where: str
    ) -> list[tuple[Span, float]]:
        try:
            series = self.ledger.series_called(name)
        except UsageError as error:
            raise UsageError(f"{where}: {error.message}", error.remedy) from None
        found = [(item.when, item.value) for item in series.observations]
        if window is not None:
            first, last = date.fromisoformat(window[0]), date.fromisoformat(window[1])
            found = [(span, v) for span, v in found if span.start >= first and span.end <= last]
        return found

    def _window(self, window: tuple[str, str] | None) -> tuple[date, date]:
        if window is not None:
            first, last = date.fromisoformat(window[0]), date.fromisoformat(window[1])
            return first, min(last, self.ledger.coverage[1].end)
        return self.ledger.coverage[0].start, self.ledger.coverage[1].end

    def _step(self, day: date) -> int | None:
        k = calendar.step_of(self.time, day)
        return k if 0 <= k < self.steps else None

    def _last_day(self, k: int) -> date:
        return calendar.day_of_step(self.time, k + 1) - timedelta(days=1)

    def _whole_steps(self, span: Span) -> tuple[int | None, int]:
        """First and last step of a span that lies wholly in what is told."""
        first = calendar.step_of(self.time, span.start)
        last = calendar.step_of(self.time, span.end)
        return (None, 0) if first < 0 or last >= self.steps else (first, last)

    def _steps_of(self, span: Span, lag: float, aggregate: str) -> tuple[int | None, int]:
        back = round(lag / self.time.dt)
        first = calendar.step_of(self.time, span.start) - back
        last = calendar.step_of(self.time, span.end) - back
        if aggregate == "last":
            first = last
        told_at = calendar.step_of(self.time, span.end)
        return (
            (None, 0) if first < 0 or last >= self.steps or told_at >= self.steps else (first, last)
        )


def _spread(count: int, steps: int) -> Array:
    """A count over so many steps, as evenly as whole numbers allow."""
    edges = np.floor(np.arange(steps + 1) * count / steps + 0.5)
    return np.diff(edges)


def _spans(first: date, last: date, every: str) -> list[Span]:
    if every == "fiscal year":
        return [parse_span(f"FY{year}") for year in range(first.year - 1, last.year + 1)]
    return [parse_span(text) for text in periods(first, last, every)]
