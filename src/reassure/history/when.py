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


def known_day(at: str, known_by: str | None, option: str) -> str:
    """The day (ISO) by which something must have been known: ``known_by``, or else ``at``, of ``option``.

    Raises:
        UsageError: it is no date.
    """
    found = day(known_by, "--known-by") if known_by else day(at, option)
    return found.isoformat()


def step_at(model: Model, text: str, option: str) -> int:
    """The step in which a date falls, which is not the first of the model's run.

    What is asked of a date is read before this step: at the end of the last one that was over by then.

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


def read_as(model: Model, text: str, option: str) -> tuple[str, ...]:
    """A remark where a date lies inside a step of the model, and is read as that step's first day."""
    first = calendar.day_of_step(model.time, step_at(model, text, option))
    if first == day(text, option):
        return ()
    return (
        f"{option} {text} lies inside a {model.time.step} of {model.name} and is read as {first}, when the last"
        f" {model.time.step} before it had ended",
    )
