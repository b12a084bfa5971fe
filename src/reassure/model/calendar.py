"""Dates and steps: which step a date falls in, and what a step is called.

A step of a month, quarter or year is a twelfth, a quarter or the whole of a year exactly, whatever
the calendar says of its days; a step of a day or week is 1/365.25 or 7/365.25 of a year. The
calendar only labels: a date falls in the step whose label covers it.
"""

from __future__ import annotations

import datetime
import re
from calendar import monthrange
from dataclasses import dataclass

from reassure.model import units
from reassure.model.checked import Time
from reassure.model.mistakes import Fault, quote

DT = {"day": 1 / 365.25, "week": 7 / 365.25, "month": 1 / 12, "quarter": 1 / 4, "year": 1.0}
"""Years in a step."""
_LAST_YEAR = 9998  # Python's calendar ends a year later
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}
_DATE = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\s*\Z", re.ASCII)
_DURATION = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z]+)\s*\Z", re.ASCII)


def parse_date(text: str) -> datetime.date:
    """The first day that ``text`` (``2007``, ``2007-02`` or ``2007-02-15``) names.

    Raises:
        Fault: it is not a date (E205).
    """
    match = _DATE.match(text)
    if match:
        year, month, day = (int(part) if part else 1 for part in match.groups())
        try:
            return datetime.date(year, month, day)
        except ValueError:
            pass
    raise Fault("E205", f"{quote(text)} is not a date")


def last_day(text: str) -> datetime.date:
    """The last day that a date names: 31 December of ``2007``.

    Raises:
        Fault: it is not a date (E205).
    """
    first = parse_date(text)
    match text.count("-"):
        case 0:
            return first.replace(month=12, day=31)
        case 1:
            return first.replace(day=_last_day(first.year, first.month))
    return first


def step_of(time: Time, date: datetime.date | str) -> int:
    """The step in which ``date`` falls; negative before the start, beyond ``time.steps`` after the
    end.

    Raises:
        Fault: ``date`` is text and not a date (E205).
    """
    when = parse_date(date) if isinstance(date, str) else date
    start = parse_date(time.start)
    if time.step in _DAYS:
        return (when - start).days // _DAYS[time.step]
    months = (when.year - start.year) * 12 + when.month - start.month
    if when.day < start.day and when.day != _last_day(when.year, when.month):
        months -= 1
    return months // _MONTHS[time.step]


def step_within(time: Time, date: str) -> int:
    """:func:`step_of` for a date that must lie between the start and the end.

    Raises:
        Fault: it is not a date, or lies outside the run (E205).
    """
    step = step_of(time, date)
    if not 0 <= step <= time.steps:
        first, last = date_of_step(time, 0), date_of_step(time, time.steps)
        raise Fault(
            "E205",
            f"{quote(date)} lies outside the run, {first} to {last}",
            "change the date, or `time:`",
        )
    return step


def day_of_step(time: Time, step: int) -> datetime.date:
    """The first day of a step."""
    start = parse_date(time.start)
    if time.step in _DAYS:
        return start + datetime.timedelta(days=step * _DAYS[time.step])
    return _add_months(start, step * _MONTHS[time.step])


def date_of_step(time: Time, step: int) -> str:
    """The label of a step: ``2007-02`` for steps of a month or longer, else ``2007-02-15``."""
    day = day_of_step(time, step)
    return day.isoformat() if time.step in _DAYS else f"{day.year:04d}-{day.month:02d}"


@dataclass(frozen=True, slots=True)
class Duration:
    """A stretch of time as written: ``value`` times ``unit``, ``years`` long."""

    years: float
    value: float = 0.0
    unit: str = "year"

    def steps(self, dt: float) -> int:
        """Its length in whole steps: the nearest number, and at least 1 unless it is 0.

        Raises:
            Fault: it is longer than any run (E204).
        """
        count = self.years / dt
        if count > 1e6:
            raise Fault("E204", f"{self.value:g} {self.unit} is longer than any run", "shorten it")
        return max(round(count), 1) if self.years > 0 else 0


def parse_duration(written: str | int | float) -> Duration:
    """A stretch of time such as ``6 months``, ``1 year`` or ``0``.

    Raises:
        Fault: it is not a time, or a number without a unit (E502, E203).
    """
    if isinstance(written, int | float):
        if written == 0:
            return Duration(0.0)
        raise Fault(
            "E502", f"{written} has no unit, and a time is wanted", f"write `{written} month`"
        )
    text = written.strip()
    if text == "0":
        return Duration(0.0)
    match = _DURATION.match(text)
    if not match:
        raise Fault("E203", f"{quote(text)} is not a stretch of time", "write it as `6 months`")
    value, name = float(match[1]), match[2]
    unit = units.unit(name)
    if units.dimension(unit) != units.TIME:
        raise Fault("E502", f"{quote(text)} is not a time: its unit is {units.dimension(unit)}")
    return Duration(value * unit.factor, value, name)


def recurring(time: Time, first: str, every: Duration, last: str | None) -> tuple[int, ...]:
    """Steps of the dates ``first``, ``first + every``, ... that fall in the run.

    Whole months are counted on the calendar, so that every fifth December is a December.

    Raises:
        Fault: a bad date (E205), or an interval shorter than a step (E204).
    """
    begin, origin = step_of(time, first), parse_date(first)
    end = min(time.steps - 1, step_of(time, last) if last is not None else time.steps - 1)
    if every.years < time.dt * 0.999:
        raise Fault("E204", "`every` is shorter than a step", f"at least 1 {time.step}")
    months = round(every.years * 12)
    whole = abs(every.years * 12 - months) < 1e-6
    # Dates before the run need not be counted one by one.
    count = max(0, int(-begin * time.dt / every.years) - 2)
    found: dict[int, None] = {}
    while True:
        if not whole:
            step = begin + round(count * every.years / time.dt)
        elif (origin.year * 12 + origin.month + count * months) // 12 > _LAST_YEAR:
            break
        else:
            step = step_of(time, _add_months(origin, count * months))
        if step > end:
            break
        if step >= 0:
            found[step] = None
        count += 1
    return tuple(found)


def _last_day(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _add_months(day: datetime.date, months: int) -> datetime.date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return datetime.date(year, month + 1, min(day.day, _last_day(year, month + 1)))
