"""What is wrong with a ledger that can be read: coverage, one event twice, missing sources, breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from reassure.history.ledger.load import load_ledger
from reassure.history.ledger.meant import NOWHERE, Event, Ledger, Series
from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, ModelError, in_order, mistake

NEAR = timedelta(days=1)
LEAST = 8  # values that a series needs for its usual changes to be known
FAR = 6.0  # robust standard deviations of a series' changes; half as many for counts, which jump by chance


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        ledger: None where it could not be loaded.
        mistakes, warnings: by place.
    """

    ledger: Ledger | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def check_ledger(name_or_path: str | Path) -> Checked:
    """Check a ledger whole; its mistakes are returned, not raised."""
    try:
        ledger = load_ledger(name_or_path)
    except ModelError as error:
        return Checked(None, error.mistakes, ())
    found = in_order(findings(ledger))
    return Checked(
        ledger,
        tuple(item for item in found if item.severity == "mistake"),
        tuple(item for item in found if item.severity == "warning"),
    )


def findings(ledger: Ledger) -> Iterator[Mistake]:
    """Everything that a check of a loaded ledger finds."""
    first, last = ledger.coverage
    for event in ledger.events:
        where = f"events.{event.id}"
        if event.when.end < first.start or event.when.start > last.end:
            what = f"{event.when.text} lies outside of {first.text} to {last.text}"
            yield mistake("L201", event.place, f"{where}.date", what)
        if event.seen and not (event.source_title and event.source_url):
            lacking = [
                f"`{name}`" for name in ("source_title", "source_url") if not getattr(event, name)
            ]
            what = f"its source was seen, but it has no {' and no '.join(lacking)}"
            yield mistake("L203", event.place, f"{where}.source_url", what)
        if not event.seen and not (event.source_title or event.note):
            yield mistake("L203", event.place, f"{where}.note", "it has no source and no note")
    for event, other in twins(ledger.events):
        what = f"it looks like {other.id} of {other.when.text}"
        yield mistake("L202", event.place, f"events.{event.id}", what)
    for series in ledger.series.values():
        yield from _series(series)
    for course in ledger.courses.values():
        for point in course.points:
            if not (point.because or point.events):
                at = f"courses.{course.name}.{point.since}"
                what = "it says neither why nor on which events it rests"
                yield mistake("L203", point.place, at, what, "give `because` or `events`")


def _series(series: Series) -> Iterator[Mistake]:
    first, last = series.coverage
    place = series.observations[0].place if series.observations else NOWHERE
    if not series.source and not all(item.source for item in series.observations):
        what = "neither the series nor each of its values has a source"
        yield mistake("L203", place, f"series.{series.name}.source", what, "give `source`")
    for item in series.observations:
        if item.when.end < first.start or item.when.start > last.end:
            what = f"{item.when.text} lies outside of {first.text} to {last.text}"
            yield mistake("L201", item.place, f"series.{series.name}.{item.when.text}", what)
    for where, text, before, after in undeclared_breaks(series):
        what = f"at {text} it steps from about {before:g} to about {after:g}"
        yield mistake("W201", where, f"series.{series.name}", what)


def twins(events: tuple[Event, ...]) -> list[tuple[Event, Event]]:
    """Pairs that look like one event told twice, the later first.

    Alike are events whose dates lie within a day of each other, of one category, with a common actor
    and a common target, unless one names the other under ``distinct_from``.
    """
    found = []
    ordered = sorted(events, key=lambda e: (e.when.start, e.id))
    for index, event in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if other.when.start - event.when.end > NEAR:
                if other.when.start - event.when.start > timedelta(days=367):
                    break
                continue
            if alike(event, other):
                found.append((other, event))
    return found


def alike(event: Event, other: Event) -> bool:
    """Whether two events of about one date could be one.

    Dates of different precision are not compared: a month says too little to call a day its twin.
    """
    return (
        event.category == other.category
        and event.precision == other.precision
        and abs(event.when.start - other.when.start) <= NEAR
        and bool(set(event.actors) & set(other.actors))
        and bool(set(event.targets) & set(other.targets))
        and other.id not in event.distinct_from
        and event.id not in other.distinct_from
    )


def undeclared_breaks(series: Series) -> Iterator[tuple[Place, str, float, float]]:
    """Where a series steps to another level and declares no break, with the levels before and after.

    A step counts that is over :data:`FAR` times the robust standard deviation of the series' changes and
    that lasts: the medians on its two sides (of three values, eight of counts) differ by more than half
    of it. A single high value is no break. The robust deviation is 1.4826 times the median absolute
    deviation; where half of the changes are alike, 1.2533 times the mean absolute deviation (both
    estimate the standard deviation of normal changes). Small counts are compared by their square roots,
    whose standard deviation is about a half whatever the mean is (Bartlett 1936), and never taken to vary
    less than that.
    """
    items = series.observations
    if len(items) < LEAST:
        return
    counts = all(v >= 0 and v == int(v) for v in series.values) and median(series.values) < 10
    values = [v**0.5 if counts else v for v in series.values]
    steps = [b - a for a, b in pairwise(values)]
    centre = median(steps)
    scale = 1.4826 * median(abs(step - centre) for step in steps)
    if scale == 0:
        scale = 1.2533 * sum(abs(step - centre) for step in steps) / len(steps)
    if counts:
        scale = max(scale, 0.5)
    if scale == 0:
        return
    side = 8 if counts else 3
    far = FAR / 2 if counts else FAR
    for index, step in enumerate(steps, start=1):
        if abs(step - centre) <= far * scale or index < 2 or len(values) - index < 2:
            continue
        before, after = (
            median(values[max(0, index - side) : index]),
            median(values[index : index + side]),
        )
        if (after - before) * step <= 0 or abs(after - before) <= abs(step) / 2:
            continue
        low, high = items[index - 1].when.start, items[index].when.end
        if not any(item.at.start <= high and item.at.end >= low for item in series.breaks):
            level = (before**2, after**2) if counts else (before, after)
            yield items[index].place, items[index].when.text, *level
