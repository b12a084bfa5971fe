"""Taking the data of a declared test from a ledger, and running it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reassure.history.ledger.picking import check_pick, picked
from reassure.history.record.statistics import (
    TestResult,
    event_study,
    interrupted,
    rank_shift,
    rates,
    trend,
)
from reassure.model.mistakes import UsageError

if TYPE_CHECKING:
    from reassure.history.ledger import Ledger
    from reassure.model.checked_record import Pick, RecordTest


def run_test(test: RecordTest, ledger: Ledger, span: tuple[date, date], at: str) -> TestResult:
    """Runs ``test`` on the ledger from the first to the last day of ``span``. ``at`` is where it is declared.

    Events are looked for on the days of the span that the ledger covers: their absence on others says nothing.

    Raises:
        UsageError: the ledger has no such series, too little of it for the test, or covers no day of the span.
    """
    try:
        return _run(test, ledger, span)
    except UsageError as error:
        raise UsageError(f"{at}: {error.message}", error.remedy) from None
    except ValueError as error:
        raise UsageError(f"{at}: {error}", "widen the window, or use another test") from None


def _run(test: RecordTest, ledger: Ledger, span: tuple[date, date]) -> TestResult:
    start, end = span
    if test.form in ("rank", "interrupted", "trend"):
        kept = [
            item
            for item in ledger.series_called(test.series).observations
            if item.when.start >= start and item.when.end <= end
        ]
        values = [item.value for item in kept]
        if test.form == "trend" or test.at is None:
            return trend(values)
        if test.form == "rank":
            before = [item.value for item in kept if item.when.middle < test.at]
            return rank_shift(before, [item.value for item in kept if item.when.middle >= test.at])
        times = [item.when.middle.toordinal() / 365.25 for item in kept]
        return interrupted(times, values, test.at.toordinal() / 365.25)
    assert test.events is not None
    start, end = span = _covered(ledger, span)
    counted = _days(ledger, test.events, span)
    if test.form == "counts":
        assert test.at is not None
        if not start < test.at <= end:
            what = (
                f"{test.at} does not part the days {start} to {end}, which window and ledger share"
            )
            raise UsageError(what, "choose a date within them")
        early = sum(day < test.at for day in counted)
        days = (test.at - start).days, (end - test.at + timedelta(days=1)).days
        return rates(early, days[0], len(counted) - early, days[1])
    assert test.after is not None
    return event_study(_days(ledger, test.after, span), counted, start, end, test.within)


def _covered(ledger: Ledger, span: tuple[date, date]) -> tuple[date, date]:
    """The first and the last day of ``span`` that the ledger covers.

    Raises:
        UsageError: it covers none.
    """
    first, last = ledger.coverage
    start, end = max(span[0], first.start), min(span[1], last.end)
    if end < start:
        what = f"the window {span[0]} to {span[1]} lies outside of what the ledger {ledger.name} covers"
        raise UsageError(what, f"choose one within {first.start} to {last.end}")
    return start, end


def _days(ledger: Ledger, pick: Pick, span: tuple[date, date]) -> list[date]:
    """The days from the first to the last of ``span`` on which the events picked are put."""
    check_pick(ledger, pick)
    days = (event.when.middle for event in picked(ledger, pick, date.min, date.max))
    return [day for day in days if span[0] <= day <= span[1]]
