"""Dates of known precision: a day, a month, a quarter, a year or a fiscal year, as a stretch of days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_FORM = re.compile(
    r"(?P<fiscal>FY)?(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?",
    re.ASCII,
)
PRECISIONS = ("day", "month", "quarter", "year", "fiscal year")


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of days that a date means.

    Attributes:
        text: as written: ``2006-07-05``, ``2006-07``, ``2006-Q3``, ``2006`` or ``FY2006``.
        start, end: its first and last day.
        precision: ``day``, ``month``, ``quarter``, ``year`` or ``fiscal year`` (April to March).
    """

    text: str
    start: date
    end: date
    precision: str

    @property
    def middle(self) -> date:
        """The day in the middle: where something is put whose exact day is not known."""
        return self.start + (self.end - self.start) / 2


def parse_span(text: str) -> Span:
    """The span that ``text`` means.

    Raises:
        ValueError: it is none of the forms of :class:`Span`, or no date of the calendar.
    """
    found = _FORM.fullmatch(text.strip())
    if not found or (found["fiscal"] and (found["month"] or found["quarter"])):
        raise ValueError(f"{text[:40]!r} is not a date")
    year = int(found["year"])
    if not 1 < year < 9998:
        raise ValueError(f"{text[:40]!r} is not a date")
    said = text.strip()
    if found["fiscal"]:
        return Span(said, date(year, 4, 1), date(year + 1, 3, 31), "fiscal year")
    if found["quarter"]:
        first = 3 * int(found["quarter"]) - 2
        return Span(said, date(year, first, 1), _last(year, first + 2), "quarter")
    if found["day"]:
        day = date(year, int(found["month"]), int(found["day"]))
        return Span(said, day, day, "day")
    if found["month"]:
        first_day = date(year, int(found["month"]), 1)
        return Span(said, first_day, _last(year, first_day.month), "month")
    return Span(said, date(year, 1, 1), date(year, 12, 31), "year")


def period_of(day: date, by: str) -> str:
    """The ``month``, ``quarter`` or ``year`` in which a day lies, as :func:`parse_span` reads it.

    Raises:
        ValueError: ``by`` is none of these.
    """
    if by == "month":
        return f"{day.year}-{day.month:02}"
    if by == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    if by == "year":
        return str(day.year)
    raise ValueError(f"{by!r} is not month, quarter or year")


def periods(start: date, end: date, by: str) -> tuple[str, ...]:
    """Every period from the one of ``start`` to the one of ``end``, in order."""
    found: list[str] = []
    day = start
    while day <= end:
        name = period_of(day, by)
        found.append(name)
        day = parse_span(name).end + timedelta(days=1)
    return tuple(found)


def _last(year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)
