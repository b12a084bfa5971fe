"""What is measured of a model: the values that a ledger has of it, and the steps that they are of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from reassure.history.binding import Binding
from reassure.history.ledger.meant import Event
from reassure.history.ledger.spans import Span, parse_span, periods
from reassure.history.support import impossible
from reassure.model import calendar
from reassure.model.checked_history import Measurement
from reassure.model.expression import references
from reassure.model.mistakes import UsageError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Measured:
    """The values of a measurement that the record holds.

    Attributes:
        measurement: what is measured.
        first, last: steps of the period of each value, both included, in order of ``last``.
        values: in internal units, after ``per``.
        periods: as the ledger names them.
    """

    measurement: Measurement
    first: Array
    last: Array
    values: Array
    periods: tuple[str, ...]


def measure(bound: Binding, item: Measurement) -> Measured:
    """The values of one measurement, those left out whose steps are not all told of.

    Raises:
        UsageError: the ledger lacks what it names, has a value that its likelihood cannot have, or two
            values of the same steps.
    """
    where = f"observations.{item.name}"
    _note_given(bound, item, where)
    if item.series:
        pairs = bound.values(item.series, item.window, where)
    elif item.likelihood.family == "hazard":
        return _dated(bound, item)
    else:
        pairs = _counted(bound, item)
    rows: list[tuple[int, int, float, str]] = []
    for span, value in pairs:
        first, last = bound.steps_of(span, item.lag, item.aggregate)
        if first is None or first < bound.first:
            continue
        wrong = impossible(item.likelihood, value / item.per)
        if wrong is not None:
            raise UsageError(
                f"{where}: the likelihood {item.likelihood.family} is of {wrong[0]}, and"
                f" {item.series or 'the count'} is {value / item.per:g} in {span.text}",
                wrong[1],
            )
        rows.append((first, last, value / item.per * item.unit.factor, span.text))
    rows.sort(key=lambda row: (row[1], row[0]))
    for earlier, later in pairwise(rows):
        same = earlier[1] == later[1] if item.aggregate == "last" else later[0] <= earlier[1]
        if same:
            raise UsageError(
                f"{where}: {earlier[3]} and {later[3]} of {item.series or 'the events'} fall into the"
                " same steps of the model",
                "give `window:`, or measure with another series",
            )
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Measured(
        item,
        np.array(columns[0], dtype=int),
        np.array(columns[1], dtype=int),
        np.array(columns[2], dtype=float),
        tuple(columns[3]),
    )


def _note_given(bound: Binding, item: Measurement, where: str) -> None:
    """Say so if all that is measured is given: such an observation weighs nothing."""
    if references(item.scale) or references(item.bias):
        return  # how what happened is reported is learnt
    read = references(item.formula)
    if read and read <= {given.name for given in bound.model.given if given.kind == "event"}:
        names = " and ".join(sorted(read))
        bound.notes.append(
            f"{where} measures {names}, which is given, and says nothing of what drives it;"
            f" to learn of how often it happens, measure {min(read)}.rate * dt"
        )


def _counted(bound: Binding, item: Measurement) -> list[tuple[Span, float]]:
    first_day, last_day = bound.window(item.window)
    first_day, last_day = max(first_day, bound.start), min(last_day, bound.end)
    return counts(item, bound.picked(item, first_day, last_day), first_day, last_day)


def counts(
    item: Measurement, happened: Iterable[Event], first: date, last: date
) -> list[tuple[Span, float]]:
    """How many of the events fall into each period that lies between two days, both included; of a
    bernoulli, whether any does."""
    days = [event.when.middle for event in happened]
    found = []
    for span in _spans(first, last, item.every):
        if span.start >= first and span.end <= last:
            inside = sum(span.start <= day <= span.end for day in days)
            yes = item.likelihood.family == "bernoulli"
            found.append((span, float(inside > 0 if yes else inside)))
    return found


def _dated(bound: Binding, item: Measurement) -> Measured:
    """Steps until the first of the events, 1 in the one in which it comes; none where it had come before
    what counts begins."""
    first_day, last_day = bound.window(item.window)
    first_day, last_day = max(first_day, bound.start), min(last_day, bound.end)
    happened = bound.picked(item, first_day, last_day)
    steps = [
        k
        for k in range(max(bound.first, 0), bound.steps)
        if first_day <= calendar.day_of_step(bound.time, k) and bound.last_day(k) <= last_day
    ]
    values = np.zeros(len(steps))
    if happened:
        came = bound.step(happened[0].when.middle)
        steps = [k for k in steps if came is None or k <= came]
        values = np.array([float(k == came) for k in steps])
    at = np.array(steps, dtype=int)
    names = tuple(calendar.date_of_step(bound.time, k) for k in steps)
    return Measured(item, at, at, values, names)


def _spans(first: date, last: date, every: str) -> list[Span]:
    if every == "fiscal year":
        return [parse_span(f"FY{year}") for year in range(first.year - 1, last.year + 1)]
    return [parse_span(text) for text in periods(first, last, every)]
