"""What happened, step by step of a model: its events, its choices, and the levers that follow a course."""

from __future__ import annotations

from typing import Any

import numpy as np

from reassure.history.binding import Binding
from reassure.history.ledger.courses import Course
from reassure.model import calendar
from reassure.model.checked import Choice, Event, Lever
from reassure.model.checked_history import Given
from reassure.model.mistakes import UsageError

Array = np.ndarray[Any, Any]

EIGHTY = 2 * 1.2815515655446004
"""Standard errors between the ends of an 80 percent range."""


def counts(bound: Binding, item: Given, event: Event) -> Array:
    """How often an event came in each step, ``[steps]``; NaN where nothing is told.

    Raises:
        UsageError: two values of a series are of the same days.
    """
    if item.series:
        found = _of_series(bound, item)
    else:
        assert item.events is not None
        found = np.full(bound.steps, np.nan)
        first_day, last_day = bound.window(item.window)
        inside = [
            k
            for k in range(bound.steps)
            if first_day <= calendar.day_of_step(bound.time, k) and bound.last_day(k) <= last_day
        ]
        found[inside] = 0.0
        for happened in bound.picked(item, first_day, last_day):
            k = bound.step(happened.when.middle)
            if k is not None and not np.isnan(found[k]):
                found[k] += 1
    if event.kind == "probability":
        found = np.minimum(found, 1.0)
    if event.kind == "rate" and np.nanmax(found, initial=0.0) > event.cap:
        bound.notes.append(
            f"{item.name}: the record has {np.nanmax(found):.0f} in one step, the model caps"
            f" them at {event.cap}"
        )
    return found


def _of_series(bound: Binding, item: Given) -> Array:
    """Counts of a series by step. A step that is longer than the periods adds them up, and is told when
    all of its days are; a count of one day tells its step by itself."""
    where = f"given.{item.name}"
    found, told = np.zeros(bound.steps), np.zeros(bound.steps, dtype=bool)
    covered = np.zeros(bound.steps)
    for span, value in bound.values(item.series, item.window, where):
        first, last = bound.whole_steps(span)
        if first is None:
            continue
        found[first : last + 1] += _spread(round(value), last - first + 1)
        if span.start == span.end:
            told[first] = True
            continue
        for k in range(first, last + 1):
            begin = max(span.start, calendar.day_of_step(bound.time, k))
            covered[k] += (min(span.end, bound.last_day(k)) - begin).days + 1
    for k in np.flatnonzero(covered).tolist():
        days = (bound.last_day(k) - calendar.day_of_step(bound.time, k)).days + 1
        if covered[k] > days:
            raise UsageError(
                f"{where}: two values of {item.series} tell of the same days in the step that begins"
                f" {calendar.date_of_step(bound.time, k)}",
                "give `window:`, or take another series",
            )
        told[k] |= covered[k] == days
    return np.where(told, found, np.nan)


def sizes(bound: Binding, item: Given) -> Array:
    """The sum of the marks of an event in each step, ``[steps]``; NaN where nothing is told."""
    found = np.full(bound.steps, np.nan)
    assert item.events is not None
    known = dict(item.sizes)
    first_day, last_day = bound.window(item.window)
    for happened in bound.picked(item, first_day, last_day):
        k = bound.step(happened.when.middle)
        if k is not None and happened.id in known:
            found[k] = np.nan_to_num(found[k]) + known[happened.id]
    return found


def options(bound: Binding, item: Given, choice: Choice) -> Array:
    """The option in force after each step, ``[steps]``; NaN where nothing is told.

    Raises:
        UsageError: the ledger has no such course, or the course an option that the choice lacks.
    """
    course = bound.ledger.course_called(item.course)
    names = [option.name for option in choice.options]
    found = np.full(bound.steps, np.nan)
    previous = choice.initial
    due = set(range(choice.offset, bound.time.steps + 1, choice.every))
    for k in range(bound.steps):
        # What is in force at a step is what its first day has; it was decided a step before.
        point = course.at(calendar.day_of_step(bound.time, k + 1))
        if point is None:
            continue
        found[k] = option = course.option(point, names, choice.name)
        if option != previous and k not in due:
            bound.notes.append(
                f"{choice.name}: {point.value} from {point.since} comes when no decision is due,"
                " and is taken as it is without saying anything of the model"
            )
        previous = option
    return found


def levels(bound: Binding) -> dict[str, tuple[Array, Array]]:
    """Value and standard error of the levers that follow a course, ``[steps]`` each, internal units.

    Raises:
        UsageError: a course says what its lever cannot be.
    """
    found = {}
    for lever in bound.model.levers:
        if lever.name in bound.ledger.courses:
            found[lever.name] = _level(bound, lever, bound.ledger.courses[lever.name])
    return found


def _level(bound: Binding, lever: Lever, course: Course) -> tuple[Array, Array]:
    level, spread = np.full(bound.steps, np.nan), np.full(bound.steps, np.nan)
    factor = lever.unit.factor
    for k in range(bound.steps):
        point = course.at(calendar.day_of_step(bound.time, k))
        if point is None:
            continue
        if lever.options:
            level[k], spread[k] = course.option(point, lever.options, lever.name), 0.0
            continue
        value = course.number(point, lever.name)
        level[k] = value * factor
        low = value if point.low is None else point.low
        high = value if point.high is None else point.high
        spread[k] = (high - low) * factor / EIGHTY
    return level, spread


def _spread(count: int, steps: int) -> Array:
    """A count over so many steps, as evenly as whole numbers allow."""
    edges = np.floor(np.arange(steps + 1) * count / steps + 0.5)
    return np.diff(edges)
