"""A model and a ledger as they meet: days and periods of the one as steps of the other."""

from __future__ import annotations

from datetime import date, timedelta

from reassure.history.ledger import Ledger
from reassure.history.ledger.meant import Event
from reassure.history.ledger.picking import check_pick, picked
from reassure.history.ledger.spans import Span
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.checked_history import Given, Measurement
from reassure.model.mistakes import UsageError


class Binding:
    """One model and one ledger.

    Args:
        whole: the ledger, in which all that the model names must stand.
        ledger: as much of it as could be known on ``known_by``.
        steps: how many steps of the model are told of.
        known_by: an ISO date; '' for no limit.
        first: the step from which on what is measured counts.

    Attributes:
        start, end: first and last day of what is told.
        notes: takes what a reader should know of how the record was taken.
    """

    def __init__(
        self, model: Model, whole: Ledger, ledger: Ledger, steps: int, known_by: str, first: int
    ) -> None:
        self.model, self.whole, self.ledger, self.steps = model, whole, ledger, steps
        self.time = model.time
        self.known_by = known_by
        self.first = first
        self.end = calendar.day_of_step(self.time, steps) - timedelta(days=1)
        self.start = calendar.parse_date(self.time.start)
        self.notes: list[str] = []

    def knows(self, item: Given | Measurement) -> bool:
        """Whether an entry of the model could be known."""
        return not self.known_by or item.about.known_by <= self.known_by

    def values(
        self, name: str, window: tuple[str, str] | None, where: str
    ) -> list[tuple[Span, float]]:
        """The values of a series whose periods lie in a window.

        Raises:
            UsageError: the ledger has no such series; ``where`` in the model says so.
        """
        try:
            series = self.ledger.series_called(name)
        except UsageError as error:
            raise UsageError(f"{where}: {error.message}", error.remedy) from None
        found = [(item.when, item.value) for item in series.observations]
        if window is not None:
            first, last = date.fromisoformat(window[0]), date.fromisoformat(window[1])
            found = [(span, v) for span, v in found if span.start >= first and span.end <= last]
        return found

    def picked(self, item: Given | Measurement, first: date, last: date) -> tuple[Event, ...]:
        """The ledger's events that are meant, from the first to the last of these days.

        Raises:
            UsageError: the whole ledger lacks what is named.
        """
        assert item.events is not None
        check_pick(self.whole, item.events)
        return picked(self.ledger, item.events, first, last)

    def window(self, window: tuple[str, str] | None) -> tuple[date, date]:
        """First and last day of a window, or of what the ledger covers."""
        if window is not None:
            first, last = date.fromisoformat(window[0]), date.fromisoformat(window[1])
            return first, min(last, self.ledger.coverage[1].end)
        return self.ledger.coverage[0].start, self.ledger.coverage[1].end

    def step(self, day: date) -> int | None:
        """The step of a day; None where it is not told of."""
        k = calendar.step_of(self.time, day)
        return k if 0 <= k < self.steps else None

    def last_day(self, k: int) -> date:
        """The last day of a step."""
        return calendar.day_of_step(self.time, k + 1) - timedelta(days=1)

    def whole_steps(self, span: Span) -> tuple[int | None, int]:
        """First and last step of a span that lies wholly in what is told."""
        first = calendar.step_of(self.time, span.start)
        last = calendar.step_of(self.time, span.end)
        return (None, 0) if first < 0 or last >= self.steps else (first, last)

    def steps_of(self, span: Span, lag: float, aggregate: str) -> tuple[int | None, int]:
        """First and last step that a value of a period tells of; None where not all is told.

        Args:
            lag: years from what it tells of to the period.
            aggregate: of a ``last``, the last step alone.
        """
        back = round(lag / self.time.dt)
        first = calendar.step_of(self.time, span.start) - back
        last = calendar.step_of(self.time, span.end) - back
        if aggregate == "last":
            first = last
        told_at = calendar.step_of(self.time, span.end)
        return (
            (None, 0) if first < 0 or last >= self.steps or told_at >= self.steps else (first, last)
        )
