"""How a model's quantities show in the record, and which of its events and choices are given by it.

Nothing here changes what the model computes: the model's digest leaves it out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from reassure.model.written_record import Pick
from reassure.model.written_values import (
    Date,
    Duration,
    Element,
    Flag,
    Formula,
    Numeral,
    Shape,
    Text,
)


def _nothing(value: Any) -> Any:
    if value != {}:
        raise ValueError("this likelihood has no arguments: write `{}`")
    return value


Nothing = Annotated[
    dict[str, Formula],
    BeforeValidator(_nothing),
    WithJsonSchema({"type": "object", "maxProperties": 0}),
]
"""A family without arguments, written `{}`."""

Listed = Annotated[
    Annotated[list[Formula], Tag("list")] | Annotated[Formula, Tag("formula")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "formula"),
]
"""A formula, or a list of them."""


class Likelihood(Shape):
    """How values of the record scatter about the predictor `h`: exactly one family. Arguments are
    formulas over parameters, in the unit of `h` where they have one.
    """

    poisson: Nothing | None = None
    """A count with mean `h`."""
    negative_binomial: dict[Literal["dispersion"], Formula] | None = None
    """A count with mean `h` and variance `h + dispersion * h**2`."""
    normal: dict[Literal["sd"], Formula] | None = None
    """Normal with mean `h`."""
    lognormal: dict[Literal["sigma"], Formula] | None = None
    """Lognormal with median `h`; `sigma` is the standard deviation of the logarithm."""
    student: dict[Literal["scale", "df"], Formula] | None = None
    """Student's t about `h`: normal with heavier tails, the heavier the smaller `df`."""
    logit_normal: dict[Literal["sd"], Formula] | None = None
    """A share: its log-odds are normal about the log-odds of `h`."""
    beta: dict[Literal["precision"], Formula] | None = None
    """A share: beta with mean `h` and variance `h * (1 - h) / (1 + precision)`."""
    ordinal: dict[Literal["cuts", "spread"], Listed] | None = None
    """A grade 0, 1, 2, ...: at most `i` with probability `logistic((cuts[i] - h) / spread)`."""
    bernoulli: Nothing | None = None
    """0 or 1, and 1 with probability `h`; of events, whether there is one in the period."""
    hazard: Nothing | None = None
    """The date of the first of the events, at the rate `h`."""


class Break(Element):
    """From a date on the record measures something else, or otherwise."""

    from_: Date = Field(alias="from")
    """The date."""
    add: Formula
    """What is added to the predictor from then on: a formula over parameters."""


class Measurement(Element):
    """How a quantity of the model shows in the record: as a series of the ledger, or as a count of
    its events. Nothing that is computed in a run depends on it.
    """

    of: Formula
    """The quantity: a formula that may read what any formula reads."""
    series: Text = ""
    """The series of the ledger, such as `opinion/JPN`. Give this or `events`."""
    events: Pick | None = None
    """The events of the ledger that are counted. Give this or `series`."""
    every: Literal["month", "quarter", "year", "fiscal year"] | None = None
    """Of `events`: the period that they are counted by."""
    aggregate: Literal["sum", "mean", "last"] | None = None
    """How the steps of a period are put together; left out, `sum` for `poisson` and
    `negative_binomial`, else `mean`.
    """
    likelihood: Likelihood | None = None
    """How the record scatters about the predictor. (Needed.)"""
    unit: Text = ""
    """The unit of the series, after `per`; left out, a plain number."""
    lag: Duration = 0
    """The record tells of the quantity as it was so much earlier."""
    per: Numeral = 1.0
    """The series' numbers are divided by this first: 100 turns percent into shares."""
    scale: Formula = 1.0
    """The predictor is `bias + scale * of`: a formula over parameters."""
    bias: Formula = 0.0
    """See `scale`: a formula over parameters."""
    breaks: list[Break] = Field(default_factory=list)
    """Where what is measured shifts."""
    window: list[Date] | None = Field(default=None, min_length=2, max_length=2)
    """First and last date of what is used; left out, all there is."""
    target: Flag = True
    """Whether a backtest forecasts it and scores the forecast; left out, it does."""


class Given(Element):
    """An event or a choice of the model, under its name, that is taken from the record where a model
    is held against it. What is not given is drawn.
    """

    series: Text = ""
    """Of an event: the series of the ledger with its counts. Give this or `events`."""
    events: Pick | None = None
    """Of an event: the events of the ledger that it stands for."""
    sizes: dict[str, Numeral] = Field(default_factory=dict)
    """Of an event with marks: how large some of the `events` were, by id, in the unit of the mark;
    what has no size here is drawn.
    """
    course: Text = ""
    """Of a choice: the course of the ledger that it follows."""
    window: list[Date] | None = Field(default=None, min_length=2, max_length=2)
    """First and last date between which an absence counts as none; left out, what the series or the
    ledger covers.
    """
