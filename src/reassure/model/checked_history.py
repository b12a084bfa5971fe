"""What the sections `observations` and `given` mean, checked: how a model shows in the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reassure.model.checked_about import About, Unit
from reassure.model.checked_record import Pick
from reassure.model.expression import Expression

LIKELIHOODS: dict[str, tuple[str, ...]] = {
    "poisson": (),
    "negative_binomial": ("dispersion",),
    "normal": ("sd",),
    "lognormal": ("sigma",),
    "student": ("scale", "df"),
    "logit_normal": ("sd",),
    "beta": ("precision",),
    "ordinal": ("cuts", "spread"),
    "bernoulli": (),
    "hazard": (),
}
"""The families of likelihoods with the arguments that each needs.

With the predictor h and the value y: ``poisson`` mean h; ``negative_binomial`` mean h, variance
h + dispersion h^2; ``normal`` mean h; ``lognormal`` median h; ``student`` centre h; ``logit_normal``
logit y ~ N(logit h, sd); ``beta`` mean h; ``ordinal`` P(y <= i) = logistic((cuts[i] - h) / spread);
``bernoulli`` P(y = 1) = h; ``hazard`` the date of a first event at rate h.
"""

COUNTING = frozenset({"poisson", "negative_binomial"})
"""Likelihoods of counts: what they are of adds up over a period."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How values scatter about the predictor: a family of :data:`LIKELIHOODS`, and its arguments by name.

    Each argument is one formula over parameters, in internal units; ``cuts`` has several, rising.
    """

    family: str
    arguments: tuple[tuple[str, tuple[Expression, ...]], ...] = ()
    written: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """From the ISO date ``since`` on, ``add`` (over parameters, internal units) is added to the predictor."""

    since: str
    add: Expression
    about: About
    written: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One entry of ``observations:``: how a quantity of the model shows in the record.

    With the steps of a period, the predictor is ``bias + scale * aggregate(formula) + shifts`` and the
    value held against it is ``value / per * unit.factor``, both in internal units.

    Attributes:
        formula: read at a step; with ``scale`` it has the dimension of ``unit``.
        series: name of the ledger's series; '' where ``events`` says which events are counted.
        every: the period that events are counted by: month, quarter, year or fiscal year; '' for a
            series and for ``hazard``, which is of a date.
        aggregate: sum, mean or last over the steps of a period.
        lag: the record tells of the model's quantity so many years earlier.
        window: first and last day (ISO) of what is used; None for all there is.
        target: whether a backtest forecasts and scores it.
        unit: what the series is in after ``per``; of ``hazard``, 1/year.
        written: the predictor, shifts left out, as text.
    """

    name: str
    formula: Expression
    series: str
    events: Pick | None
    every: str
    aggregate: Literal["sum", "mean", "last"]
    likelihood: Likelihood
    lag: float
    per: float
    scale: Expression
    bias: Expression
    shifts: tuple[Shift, ...]
    window: tuple[str, str] | None
    target: bool
    unit: Unit
    about: About
    written: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One entry of ``given:``: an event or a choice of the model that is taken from the record.

    Attributes:
        series, events: of an event, where its counts stand; one of the two.
        sizes: marks of events by the ledger's id, in internal units.
        course: of a choice, the course of the ledger that it follows.
        window: first and last day (ISO) in which an absence counts as none; None for the ledger's
            coverage (of a series, its own).
    """

    name: str
    kind: Literal["event", "choice"]
    series: str
    events: Pick | None
    sizes: tuple[tuple[str, float], ...]
    course: str
    window: tuple[str, str] | None
    about: About
