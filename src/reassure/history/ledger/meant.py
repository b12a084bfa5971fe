"""What a ledger means: frozen dataclasses, and the questions that only need them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from reassure.history.ledger.courses import Course
from reassure.history.ledger.spans import Span, parse_span, period_of, periods
from reassure.model.checked import Place
from reassure.model.mistakes import UsageError, suggest

NOWHERE = Place("", 1, 1)


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of events, the variable that it moves, and what the signs mean.

    Attributes:
        name: as events name it.
        variable: what is measured.
        plus, minus: what +1 and -1 say of the variable.
    """

    name: str
    variable: str
    plus: str
    minus: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        id: stable and unique in its ledger.
        when: the date with its precision.
        actors, targets: codes, several where several acted together or were meant.
        category: name of a :class:`Category`.
        direction: -1, 0 (no clear sign) or 1, on the category's variable, under the ledger's reading.
        magnitude: 1 (small) to 3 (large), under the ledger's reading.
        summary: in one's own words.
        source_title, source_url: where it stands; empty where no source was seen.
        seen: whether the source was seen by whoever wrote the ledger.
        note: what is doubtful about it, such as a day from general knowledge.
        known: the day by which it was publicly known.
        distinct_from: ids of events alike that are not the same event.
        place: where it stands in its file.
    """

    id: str
    when: Span
    actors: tuple[str, ...]
    targets: tuple[str, ...]
    category: str
    direction: int
    magnitude: int
    summary: str
    source_title: str
    source_url: str
    seen: bool
    note: str
    known: date
    distinct_from: tuple[str, ...] = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def date(self) -> date:
        """The first day of the date."""
        return self.when.start

    @property
    def precision(self) -> str:
        """``day``, ``month`` or ``year``."""
        return self.when.precision


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of a series.

    Attributes:
        when: the period (or day) that it is of.
        value: in the series' unit.
        known: the day by which it was published: the period's end and the series' lag, or as stated.
        marks: what weakens it: ``derived``, ``rounded``, ``provisional``, ``bound``, ``estimate``, ``unseen``.
        source, url: of this value, where it differs from the series'.
    """

    when: Span
    value: float
    known: date
    marks: frozenset[str] = frozenset()
    source: str = ""
    url: str = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Break:
    """Where a series stops being comparable with itself, or moved at a stroke.

    Attributes:
        at: when.
        kind: ``measurement`` (the way of measuring changed) or ``real`` (the thing itself moved).
        what: what happened.
    """

    at: Span
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity over time.

    Attributes:
        name: ``FAMILY``, ``FAMILY/ACTOR`` or ``FAMILY/ACTOR-PARTNER``; unique in its ledger.
        family: series of one meaning share it.
        about: what is measured.
        unit: of the values.
        actor, partner: codes; empty where the series has none.
        period: ``day``, ``month``, ``quarter``, ``year``, ``fiscal year``; ``mixed`` where declared so.
        observations: by date. What is missing is missing; zeros are recorded zeros.
        coverage: first and last period that the series speaks of.
        breaks: declared breaks, by date.
        source, terms: of the series as a whole.
        lag_days: days from a period's end to publication.
    """

    name: str
    family: str
    about: str
    unit: str
    actor: str
    partner: str
    period: str
    observations: tuple[Observation, ...]
    coverage: tuple[Span, Span]
    breaks: tuple[Break, ...]
    source: str
    terms: str
    lag_days: int

    @property
    def values(self) -> tuple[float, ...]:
        """The values in order of date."""
        return tuple(item.value for item in self.observations)

    def known_by(self, day: date) -> Series:
        """The series as it could be read on ``day``: later values, coverage and breaks are cut off."""
        kept = tuple(item for item in self.observations if item.known <= day)
        last = parse_span(day.isoformat())
        first, end = self.coverage
        return replace(
            self,
            observations=kept,
            coverage=(first, last if end.end > day else end),
            breaks=tuple(item for item in self.breaks if item.at.start <= day),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """One coding of the events.

    Attributes:
        name: of the reading.
        about: how it codes.
        codes: event id to (direction, magnitude), where it differs from the ledger's own reading.
    """

    name: str
    about: str
    codes: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Dated, sourced events and series under one reading.

    Attributes:
        name: of its folder.
        title: in words.
        about: what it is of and how it was made.
        actors: code to name.
        categories: by name.
        coverage: first and last day of the events; an absence outside says nothing.
        events: by date.
        series: by name.
        readings: every reading by name, the ledger's own among them.
        reading: the one that the directions and magnitudes of :attr:`events` follow.
        coding: the reading with what was done to it, as results should name it.
        sources: short name to citation.
        courses: what each government did, by the name of the lever or choice that follows it.
    """

    name: str
    title: str
    about: str
    actors: Mapping[str, str]
    categories: Mapping[str, Category]
    coverage: tuple[Span, Span]
    events: tuple[Event, ...]
    series: Mapping[str, Series]
    readings: Mapping[str, Reading]
    reading: str
    coding: str
    sources: Mapping[str, str]
    courses: Mapping[str, Course] = field(default_factory=lambda: MappingProxyType({}))

    def event(self, id: str) -> Event:
        """The event with this id.

        Raises:
            UsageError: there is none.
        """
        for item in self.events:
            if item.id == id:
                return item
        near = suggest(id, [item.id for item in self.events])
        raise UsageError(f"the ledger {self.name} has no event {id}", near)

    def series_called(self, name: str) -> Series:
        """The series of this name.

        Raises:
            UsageError: there is none.
        """
        if name not in self.series:
            near = suggest(name, list(self.series))
            raise UsageError(f"the ledger {self.name} has no series {name}", near)
        return self.series[name]

    def course_called(self, name: str) -> Course:
        """The course of this name.

        Raises:
            UsageError: there is none.
        """
        if name not in self.courses:
            near = suggest(name, list(self.courses)) or "add it to courses.csv"
            raise UsageError(f"the ledger {self.name} has no course {name}", near)
        return self.courses[name]

    def select(
        self,
        *,
        actor: str | None = None,
        target: str | None = None,
        category: str | None = None,
        series: Collection[str] | None = None,
    ) -> Ledger:
        """The ledger with only events of this actor, target and category, and only these series.

        Raises:
            UsageError: a name that the ledger does not have.
        """
        for what, name, known in (
            ("actor", actor, self.actors),
            ("actor", target, self.actors),
            ("category", category, self.categories),
        ):
            if name is not None and name not in known:
                raise UsageError(
                    f"the ledger {self.name} has no {what} {name}", suggest(name, list(known))
                )
        for name in series or ():
            self.series_called(name)
        events = tuple(
            item
            for item in self.events
            if (actor is None or actor in item.actors)
            and (target is None or target in item.targets)
            and (category is None or category == item.category)
        )
        chosen = {k: v for k, v in self.series.items() if series is None or k in series}
        return replace(self, events=events, series=MappingProxyType(chosen))

    def between(self, start: date | None = None, end: date | None = None) -> Ledger:
        """Events and values whose dates lie wholly from ``start`` to ``end``, both included, and the points
        of courses that were in force then."""

        def inside(span: Span) -> bool:
            return (start is None or span.start >= start) and (end is None or span.end <= end)

        series = {
            name: replace(item, observations=tuple(o for o in item.observations if inside(o.when)))
            for name, item in self.series.items()
        }
        events = tuple(item for item in self.events if inside(item.when))
        courses = {name: item.between(start, end) for name, item in self.courses.items()}
        return replace(
            self,
            events=events,
            series=MappingProxyType(series),
            courses=MappingProxyType(courses),
        )

    def known_by(self, day: date) -> Ledger:
        """The ledger as it could have been written on ``day``: nothing enters that became known later.

        Events enter by :attr:`Event.known`, values by :attr:`Observation.known`, points of courses by their
        first day; series and courses without anything left stay, empty. Codings and courses are judgements
        made afterwards, and remain so.
        """
        events = tuple(item for item in self.events if item.known <= day)
        ids = {item.id for item in events}
        readings = {
            name: replace(
                item, codes=MappingProxyType({k: v for k, v in item.codes.items() if k in ids})
            )
            for name, item in self.readings.items()
        }
        first, last = self.coverage
        return replace(
            self,
            coverage=(first, parse_span(day.isoformat()) if last.end > day else last),
            events=events,
            series=MappingProxyType({k: v.known_by(day) for k, v in self.series.items()}),
            readings=MappingProxyType(readings),
            courses=MappingProxyType({k: v.known_by(day, ids) for k, v in self.courses.items()}),
        )

    def with_reading(self, name: str) -> Ledger:
        """The same events under another reading; where it says nothing, the present coding stands.

        Raises:
            UsageError: there is no such reading, or this ledger follows another than its own already.
        """
        if name == self.reading:
            return self
        if name not in self.readings:
            raise UsageError(
                f"the ledger {self.name} has no reading {name}", suggest(name, list(self.readings))
            )
        codes = self.readings[name].codes
        if self.readings[self.reading].codes or self.coding != self.reading:
            raise UsageError(
                f"the ledger already follows {self.coding}", "load it anew for another reading"
            )
        events = tuple(
            replace(item, direction=codes[item.id][0], magnitude=codes[item.id][1])
            if item.id in codes
            else item
            for item in self.events
        )
        return replace(self, events=events, reading=name, coding=name)

    def perturbed(self, seed: int, *, flip: float = 0.1, shift: float = 0.2) -> Ledger:
        """The ledger under a coding disturbed at random, to see what hinges on the coding.

        See :func:`reassure.history.ledger.perturbation.perturbed`.
        """
        from reassure.history.ledger.perturbation import perturbed

        return perturbed(self, seed, flip=flip, shift=shift)

    def counts(
        self,
        category: str | None = None,
        *,
        by: str = "quarter",
        actor: str | None = None,
        target: str | None = None,
        direction: int | None = None,
    ) -> dict[str, int]:
        """How many events each period of the coverage had; periods without any have 0.

        Events that are dated less finely than the period are put in the middle of their date.

        Args:
            by: ``month``, ``quarter`` or ``year``.
            direction: only events with this sign.

        Raises:
            UsageError: a name that the ledger does not have, or an unknown period.
        """
        if by not in ("month", "quarter", "year"):
            raise UsageError(f"counts by {by!r}", "count by month, quarter or year")
        first, last = self.coverage
        found = dict.fromkeys(periods(first.start, last.end, by), 0)
        for item in self.select(actor=actor, target=target, category=category).events:
            if direction is None or item.direction == direction:
                name = period_of(item.when.middle, by)
                if name in found:
                    found[name] += 1
        return found
