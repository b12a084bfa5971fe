"""What a backtest asks of the future, and, kept apart from it, what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from reassure.history.backtest.origins import Origin
from reassure.history.conditioning import condition
from reassure.history.ledger import Ledger
from reassure.history.ledger.picking import picked
from reassure.history.ledger.spans import Span, parse_span
from reassure.history.measured import Measured
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.checked_history import Measurement

Array = np.ndarray[Any, Any]

WHOLE = frozenset({"poisson", "negative_binomial", "ordinal", "bernoulli"})
"""Likelihoods of whole numbers."""

YEAR = 365.25
"""Days."""

BEFORE = 1e-3
"""Part of the horizon by which what comes within it comes before its end at least."""


UNSEEN = "the record has no value of it within the horizon"
"""Why a target of values is not asked."""


@dataclass(frozen=True)
class Question:
    """The periods of one target that are forecast from an origin. It holds nothing of what came.

    Attributes:
        measurement: the target.
        first, last: steps of each period, both included.
        periods: as the ledger names them.
    """

    measurement: Measurement
    first: Array
    last: Array
    periods: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.measurement.name

    @property
    def dated(self) -> bool:
        """Whether it asks for the date of a first event; then there is one period, the horizon."""
        return self.measurement.likelihood.family == "hazard"

    @property
    def whole(self) -> bool:
        """Whether the answers are whole numbers."""
        return self.measurement.likelihood.family in WHOLE

    @property
    def spans(self) -> tuple[Span, ...]:
        """The periods as stretches of days."""
        return tuple(parse_span(text) for text in self.periods)


@dataclass(frozen=True)
class Asked:
    """A question with its answer, which forecasts never see.

    Attributes:
        question: what is asked.
        observed: the values, in the model's units; of a date, years from the origin, or the
            horizon where it did not come within it.
        years: the calendar year in which each period ends; of a date, in which it came.
        horizon: of a date, how many years ahead are looked at.
    """

    question: Question
    observed: Array
    years: tuple[int, ...]
    horizon: float = 0.0


def asked_of(
    model: Model, ledger: Ledger, origin: Origin
) -> tuple[tuple[Asked, ...], dict[str, str]]:
    """What is asked after an origin, as the whole ledger can answer it.

    Only periods that begin on the origin or later are asked, and end within the horizon.

    Args:
        model: as read at the origin.
        ledger: the whole one.

    Returns:
        the questions with their answers, and for each target that is left out the reason.
    """
    # The answers need neither what is conditioned on nor what levers did.
    bare = replace(model, given=(), levers=(), measurements=_targets(model))
    end = calendar.day_of_step(model.time, origin.end).isoformat()
    found = {m.measurement.name: m for m in condition(bare, ledger, until=end).measured}
    asked: list[Asked] = []
    missing: dict[str, str] = {}
    for target in bare.measurements:
        item = found.get(target.name)
        if target.likelihood.family == "hazard":
            answer = _date(model, ledger, origin, target)
        else:
            answer = UNSEEN if item is None else _values(origin, item)
        if isinstance(answer, str):
            missing[target.name] = answer
        else:
            asked.append(answer)
    return tuple(asked), missing


def _targets(model: Model) -> tuple[Measurement, ...]:
    return tuple(item for item in model.measurements if item.target)


def _values(origin: Origin, item: Measured) -> Asked | str:
    spans = [parse_span(text) for text in item.periods]
    day = date.fromisoformat(origin.day)
    keep = [i for i, span in enumerate(spans) if span.start >= day]
    if not keep:
        return UNSEEN
    question = Question(
        item.measurement, item.first[keep], item.last[keep], tuple(item.periods[i] for i in keep)
    )
    return Asked(question, item.values[keep], tuple(spans[i].end.year for i in keep))


def _date(model: Model, ledger: Ledger, origin: Origin, target: Measurement) -> Asked | str:
    """The wait for the first event, from the origin; or why it is not asked.

    What comes outside of the target's window is not looked at, so that the horizon ends where it closes.
    """
    assert target.events is not None
    day = date.fromisoformat(origin.day)
    first, last = ledger.coverage[0].start, ledger.coverage[1].end
    if target.window is not None:
        first = max(first, date.fromisoformat(target.window[0]))
        last = min(last, date.fromisoformat(target.window[1]))
    end = min(origin.end, calendar.step_of(model.time, last + timedelta(days=1)))
    events = picked(ledger, target.events, first, last)
    if any(item.when.middle < day for item in events):
        return "it had come before the origin"
    if first > day or end <= origin.step:
        return "its window does not hold the first step from the origin on"
    horizon = (end - origin.step) * model.time.dt
    over = calendar.day_of_step(model.time, end)
    came = [item.when.middle for item in events if item.when.middle < over]
    wait = min((came[0] - day).days / YEAR, horizon * (1 - BEFORE)) if came else horizon
    year = came[0].year if came else calendar.day_of_step(model.time, end - 1).year
    at = np.array([origin.step]), np.array([end - 1])
    label = f"from {calendar.date_of_step(model.time, origin.step)}"
    return Asked(Question(target, *at, (label,)), np.array([wait]), (year,), horizon)
