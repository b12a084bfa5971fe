"""Dates of what did happen, which may lie outside of the model's run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reassure.model import calendar
from reassure.model.checks.context import Context, Path
from reassure.model.mistakes import Fault, quote


def day(context: Context, text: str, path: Path, *, last: bool = False) -> date | None:
    """The first or the last day that ``text`` names; None where it is no date, which is then noted."""
    try:
        return calendar.last_day(text) if last else calendar.parse_date(text)
    except Fault:
        remedy = "write a date such as 2007, 2007-02 or 2007-02-01"
        context.say("E813", path, f"{quote(text)} is no date", remedy)
        return None


def window(context: Context, written: Sequence[str] | None, path: Path) -> tuple[date, date] | None:
    """A first and a last day, both included; None where there are none, or mistakes, which are noted."""
    if written is None:
        return None
    start = day(context, written[0], (*path, 0))
    end = day(context, written[1], (*path, 1), last=True)
    if start is None or end is None:
        return None
    if end < start:
        context.say("E813", path, "it ends before it starts", "swap the two dates")
    return start, end
