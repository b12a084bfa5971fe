"""The simple forecasts that a model has to beat, made of what was known at the origin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from reassure.history.backtest.origins import Origin
from reassure.history.backtest.questions import YEAR, Question
from reassure.history.fit.families import EDGE
from reassure.history.ledger import Ledger
from reassure.history.ledger.picking import picked
from reassure.history.ledger.spans import Span
from reassure.history.measured import counts
from reassure.history.scores import (
    Forecast,
    Past,
    climatology,
    constant_hazard,
    discounted_count,
    local_level,
    persistence,
)
from reassure.model import calendar
from reassure.model.checked import Time
from reassure.model.checked_history import Measurement

Array = np.ndarray[Any, Any]

PERSISTENCE, CLIMATOLOGY, WEIGHTED, HAZARD = (
    "persistence",
    "climatology",
    "exponentially weighted",
    "constant hazard",
)
BASELINES = (PERSISTENCE, CLIMATOLOGY, WEIGHTED, HAZARD)
"""By name; the third is of counts a count, of levels a level."""

WITH_MODEL = 366
"""Days after the model's start within which a window is taken to open because the model does."""

_BOUNDS = {
    "logit_normal": (-EDGE, 1 + EDGE),
    "beta": (-EDGE, 1 + EDGE),
    "lognormal": (0.0, np.inf),
    "bernoulli": (0.0, 1.0),
}


def baselines(
    question: Question, ledger: Ledger, origin: Origin, time: Time, seed: int = 0
) -> dict[str, Forecast]:
    """The baselines' forecasts of a question, by name; those that the past cannot give are left out.

    The past reaches back before the model's start, as far as the ledger has values that can be
    compared: to the measurement's window where it opens more than a year after the model's start, else to the first.

    Args:
        ledger: as it was known on the origin's day.
        time: the model's.
    """
    day = date.fromisoformat(origin.day)
    if question.dated:
        return _date(question, ledger, day, time, seed)
    seen = _past(question.measurement, ledger, day, time)
    ahead = question.spans
    every = _common([*(span for span, _ in seen), *ahead])
    first = min(_number(span, every) for span in ahead)
    numbered = {_number(span, every): value for span, value in seen}
    kept = sorted(number for number in numbered if number < first)
    family = question.measurement.likelihood.family
    past = Past(
        np.array(kept, dtype=int),
        np.array([numbered[number] for number in kept]),
        question.whole,
        _BOUNDS.get(family, (0.0, np.inf) if question.whole else (-np.inf, np.inf)),
    )
    if not kept:
        return {}
    at = np.array([_number(span, every) for span in ahead])
    weighted = local_level
    if question.whole:
        weighted = discounted_count
    makers = {PERSISTENCE: persistence, CLIMATOLOGY: climatology, WEIGHTED: weighted}
    if question.whole and past.bounds != (0.0, np.inf):
        del makers[WEIGHTED]
    found = {name: make(past, at, seed) for name, make in makers.items()}
    return {name: item for name, item in found.items() if item is not None}


def _date(
    question: Question, ledger: Ledger, day: date, time: Time, seed: int
) -> dict[str, Forecast]:
    target = question.measurement
    assert target.events is not None
    first = max(ledger.coverage[0].start, _opens(target, time))
    # What comes on the origin's day is already the answer, although it is known by that day.
    events = [e for e in picked(ledger, target.events, first, day) if e.when.middle < day]
    exposure = max((day - first).days / YEAR, 0.0)
    horizon = int(question.last[0] + 1 - question.first[0]) * time.dt
    made = constant_hazard(len(events), exposure, horizon, seed)
    return {} if made is None else {HAZARD: made}


def _past(target: Measurement, ledger: Ledger, day: date, time: Time) -> list[tuple[Span, float]]:
    """What was known of a target's periods before ``day``, in the model's units."""
    opens = _opens(target, time)
    factor = target.unit.factor / target.per
    if target.series:
        values = [(item.when, item.value) for item in ledger.series[target.series].observations]
    else:
        assert target.events is not None
        first, last = ledger.coverage[0].start, day - timedelta(days=1)
        values = counts(target, picked(ledger, target.events, first, last), first, last)
    return [(s, v * factor) for s, v in values if s.start >= opens and s.end < day]


def _opens(target: Measurement, time: Time) -> date:
    """From when on values can be compared: a window that opens with the model says nothing of before."""
    if target.window is None:
        return date.min
    first = date.fromisoformat(target.window[0])
    with_model = first <= calendar.parse_date(time.start) + timedelta(days=WITH_MODEL)
    return date.min if with_model else first


def _common(spans: Sequence[Span]) -> str:
    """The period by which spans are numbered: their own, or months where they differ or are days."""
    kinds = {span.precision for span in spans}
    return kinds.pop() if len(kinds) == 1 and "day" not in kinds else "month"


def _number(span: Span, every: str) -> int:
    day = span.start if every != "month" else span.end
    match every:
        case "quarter":
            return day.year * 4 + (day.month - 1) // 3
        case "month":
            return day.year * 12 + day.month - 1
    return day.year
