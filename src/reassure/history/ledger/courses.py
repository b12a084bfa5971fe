"""Courses: one analyst's reading of what each government did, as levels by date."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from reassure.history.ledger.spans import parse_span
from reassure.history.ledger.tables import inside, plain_number, rows
from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, UsageError, mistake, quote, suggest

FILE = "courses.csv"
NEEDED = ("course", "from", "value")
ALLOWED = ("low", "high", "because", "events")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\[[A-Za-z][A-Za-z0-9_]*\])?")
_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Point:
    """What a course is from a date on, until its next point.

    Attributes:
        since: the first day.
        value: a number, in the unit of the lever that follows the course, or the name of an option.
        low, high: where the analyst would put 80 percent; None is the value itself.
        because: why.
        events: ids of events of the ledger that it rests on.
        place: where it stands in its file.
    """

    since: date
    value: float | str
    low: float | None = None
    high: float | None = None
    because: str = ""
    events: tuple[str, ...] = ()
    place: Place = field(default=Place("", 1, 1), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Course:
    """What one government did, as levels by date: all numbers, or all options.

    Attributes:
        name: of the lever or choice that it tells of, such as ``effort[relocation]``.
        points: by date.
    """

    name: str
    points: tuple[Point, ...]

    def at(self, day: date) -> Point | None:
        """The point in force on ``day``; None before the first."""
        return next((item for item in reversed(self.points) if item.since <= day), None)

    def option(self, point: Point, options: Sequence[str], of: str) -> int:
        """Which of the options of the choice or lever ``of`` a point names.

        Raises:
            UsageError: none of them.
        """
        if point.value not in options:
            told = f"the ledger's course {self.name} has {point.value} from {point.since}"
            near = suggest(str(point.value), options) or f"it has {', '.join(options)}"
            raise UsageError(f"{told}, and {of} no such option", near)
        return options.index(str(point.value))

    def number(self, point: Point, of: str) -> float:
        """The number that a point gives the lever ``of``, in its unit.

        Raises:
            UsageError: it is the name of an option.
        """
        if isinstance(point.value, str):
            told = f"the ledger's course {self.name} has {point.value} from {point.since}"
            raise UsageError(f"{told}, and {of} takes a number", "write one in courses.csv")
        return point.value

    def between(self, start: date | None, end: date | None) -> Course:
        """The points in force on some day from ``start`` to ``end``, both included."""
        first = self.at(start) if start is not None else None
        kept = tuple(
            item
            for item in self.points
            if (end is None or item.since <= end)
            and (start is None or item.since >= start or item is first)
        )
        return replace(self, points=kept)

    def known_by(self, day: date, ids: Collection[str]) -> Course:
        """The points up to ``day``, each with those of its events whose ids are among ``ids``."""
        kept = tuple(
            replace(item, events=tuple(one for one in item.events if one in ids))
            for item in self.points
            if item.since <= day
        )
        return replace(self, points=kept)


def read_courses(folder: Path, ids: Collection[str], told: list[Mistake]) -> dict[str, Course]:
    """The courses of a ledger's folder by name; what is wrong with them is added to ``told``.

    Args:
        ids: of the ledger's events.
    """
    path = inside(folder, FILE, told)
    if path is None:
        return {}
    found: dict[str, list[Point]] = {}
    for place, row in rows(path, NEEDED, ALLOWED, told):
        name = row["course"]
        point = _Row(place, row, told).point(ids)
        if point is None:
            continue
        before = found.setdefault(name, [])
        at = f"courses.{name}.{row['from']}"
        same = next((item for item in before if item.since == point.since), None)
        if same is not None:
            what = f"line {same.place.line} says already what it is from {point.since} on"
            told.append(mistake("L109", place, at, what))
        elif before and isinstance(before[0].value, str) != isinstance(point.value, str):
            kinds = "options" if isinstance(before[0].value, str) else "numbers"
            what = f"{quote(row['value'])}, where line {before[0].place.line} begins with {kinds}"
            told.append(
                mistake("L105", place, f"{at}.value", what, f"write {kinds} in all its rows")
            )
        else:
            before.append(point)
    return {
        name: Course(name, tuple(sorted(points, key=lambda item: item.since)))
        for name, points in sorted(found.items())
    }


@dataclass(frozen=True, slots=True)
class _Row:
    """One row; what is wrong with it is added to ``told``."""

    place: Place
    row: dict[str, str]
    told: list[Mistake]

    def point(self, ids: Collection[str]) -> Point | None:
        """The point, or None where something is wrong with it."""
        before = len(self.told)
        if not _NAME.fullmatch(self.row["course"]):
            what = f"{quote(self.row['course'])} is no name of a lever or a choice"
            self.say("L105", "course", what, "write a name such as exercises or effort[relocation]")
        since = self.date()
        value = self.value()
        low, high = self.bound("low"), self.bound("high")
        if isinstance(value, float):
            reach = (value if low is None else low, value if high is None else high)
            if reach[0] > reach[1]:
                self.say(
                    "L105", "low", f"{reach[0]:g} is above {reach[1]:g}", "exchange low and high"
                )
            elif not reach[0] <= value <= reach[1]:
                what = f"{value:g} lies outside of {reach[0]:g} to {reach[1]:g}"
                self.say("L105", "value", what, "widen `low` and `high`, or correct it")
        elif value is not None and (low, high) != (None, None):
            self.say("L105", "low", "an option has no `low` and no `high`", "leave both empty")
        events = tuple(dict.fromkeys(self.row["events"].split()))
        for one in events:
            if one not in ids:
                near = suggest(one, ids) or None
                self.say("L108", "events", f"there is no event {quote(one)}", near)
        if len(self.told) > before or since is None or value is None:
            return None
        return Point(since, value, low, high, self.row["because"], events, self.place)

    def say(self, code: str, column: str, message: str, remedy: str | None = None) -> None:
        at = f"courses.{self.row['course'][:60] or '?'}.{self.row['from'][:20]}.{column}"
        self.told.append(mistake(code, self.place, at, message, remedy))

    def date(self) -> date | None:
        try:
            span = parse_span(self.row["from"])
        except ValueError as error:
            self.say("L106", "from", str(error), "write 2006-07-05, 2006-07 or 2006")
            return None
        return span.start

    def value(self) -> float | str | None:
        text = self.row["value"]
        number = plain_number(text)
        if number is not None:
            return number
        if not text:
            self.say("L105", "value", "it is empty", "give a number or the name of an option")
        elif not _OPTION.fullmatch(text) or text.lower() in ("nan", "inf", "infinity"):
            what = f"{quote(text)} is neither a number nor the name of an option"
            self.say("L105", "value", what, "write 0.4, or a name such as shield")
        else:
            return text
        return None

    def bound(self, column: str) -> float | None:
        text = self.row[column]
        number = plain_number(text)
        if text and number is None:
            self.say("L105", column, f"{quote(text)} is not a number", "write a number, or nothing")
        return number
