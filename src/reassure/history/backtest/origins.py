"""Origins: the days from which a backtest forecasts, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reassure.history.ledger import Ledger
from reassure.model import calendar
from reassure.model.checked import Time
from reassure.model.mistakes import Fault, UsageError


@dataclass(frozen=True, slots=True)
class Origin:
    """A day from which is forecast.

    Nothing that happens on it or later is known, that is already the answer. What was published by it is
    known, and so is how levers stood on it.

    Attributes:
        label: as asked for, such as ``2012``.
        day: the first day that is forecast, ISO.
        step: the model's step that begins on it.
        end: the step before which the last forecast period ends.
        asked: how many steps were asked for; more than there are where the record or the run ends.
    """

    label: str
    day: str
    step: int
    end: int
    asked: int

    @property
    def shortened(self) -> bool:
        """Whether the record or the run ends before the horizon."""
        return self.end - self.step < self.asked


def origins_of(
    time: Time, ledger: Ledger, asked: Sequence[str], horizon: str
) -> tuple[Origin, ...]:
    """The origins that ``asked`` names, with the horizon that the record has.

    An origin falls on the first day of the model's step in which it lies, so that never more is
    known than was asked for; a year or month in which the model starts means the start.

    Args:
        time: the model's.
        ledger: the whole one: only its coverage is read.
        asked: dates (``2007``, ``2012-01``), rising.
        horizon: as in ``5y`` or ``18 months``.

    Raises:
        UsageError: no origins, not dates, not rising, or outside of what the model and the ledger
            cover; a horizon that is no time.
    """
    if not asked:
        raise UsageError("no origins are given", "give some, such as --origins 2007,2012")
    steps = _horizon(time, horizon)
    found: list[Origin] = []
    for label in asked:
        found.append(_origin(time, ledger, label, steps))
        if len(found) > 1 and found[-1].step <= found[-2].step:
            raise UsageError(
                f"the origin {label} does not come after {found[-2].label}",
                "give origins in order of time, each once",
            )
    return tuple(found)


def _horizon(time: Time, text: str) -> int:
    written = text.strip()
    if written[-1:] == "y" and written[:-1].strip().replace(".", "", 1).isdigit():
        written = f"{written[:-1]} years"
    try:
        steps = calendar.parse_duration(written).steps(time.dt)
    except Fault as fault:
        raise UsageError(
            f"--horizon {text}: {fault.message}", "write `5y` or `18 months`"
        ) from None
    if steps < 1:
        raise UsageError(f"the horizon {text} is no time ahead", "write `5y` or `18 months`")
    return steps


def _origin(time: Time, ledger: Ledger, label: str, steps: int) -> Origin:
    try:
        first, last = calendar.parse_date(label), calendar.last_day(label)
    except Fault:
        raise UsageError(f"the origin {label} is not a date", "write `2012` or `2012-01`") from None
    start = calendar.parse_date(time.start)
    day = start if first <= start <= last else first
    if day < start:
        raise UsageError(
            f"the origin {label} lies before the model's start, {calendar.date_of_step(time, 0)}",
            "choose a later one",
        )
    covered = ledger.coverage
    if day < covered[0].start:
        raise UsageError(
            f"the origin {label} lies before the coverage of the ledger {ledger.name},"
            f" which begins {covered[0].text}",
            "choose a later one",
        )
    step = calendar.step_of(time, day)
    last_step = min(time.steps, calendar.step_of(time, _after(covered[1].end)))
    if step >= last_step:
        raise UsageError(
            f"nothing that came after the origin {label} is there to forecast: the model runs to"
            f" {calendar.date_of_step(time, time.steps)}, the ledger {ledger.name} to {covered[1].text}",
            "choose an earlier one",
        )
    first_day = calendar.day_of_step(time, step).isoformat()
    return Origin(label, first_day, step, min(step + steps, last_step), steps)


def _after(day: date) -> date:
    return day + timedelta(days=1)
