"""Dates that a user gives, as days and as steps of a run."""

from __future__ import annotations

import datetime

from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.mistakes import Fault, UsageError


def day(text: str, option: str) -> datetime.date:
    """The first day that ``text`` names.

    Raises:
        UsageError: it is no date.
    """
    try:
        return calendar.parse_date(text)
    except Fault as fault:
        raise UsageError(f"{option}: {fault}", "write 2018-06, or 2018-06-12") from None


def step_at(model: Model, text: str, option: str) -> int:
    """The step of a date after the first step of the model's run.

    Raises:
        UsageError: it is no date, or lies outside of the run.
    """
    step = calendar.step_of(model.time, day(text, option))
    if not 0 < step <= model.time.steps:
        first, last = (calendar.date_of_step(model.time, k) for k in (0, model.time.steps))
        raise UsageError(
            f"{option} {text} lies outside the run of {model.name}, {first} to {last}",
            f"choose a date after {first} and up to {last}, or change `time:`",
        )
    return step
