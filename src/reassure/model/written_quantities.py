"""How what moves by itself is written: parameters, events, stocks, formulas and noise."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from reassure.model.written_values import (
    Date,
    Duration,
    Element,
    Formula,
    Numeral,
    Observable,
    Shape,
    Text,
)


class Parameter(Element):
    """An uncertain constant: one draw a scenario."""

    prior: Annotated[Any, WithJsonSchema({})]
    """What is believed of it before any run, in its unit: `{lognormal: {median: 3, p95: 8}}`,
    `{uniform: [0, 1]}`; a bare number fixes it.
    """
    unit: Text = "1"
    """Its unit, such as `year`, `1/year` or `km`; `1` for a plain number."""


class Correlate(Element):
    """Two parameters that tend to be high together, or one high where the other is low."""

    between: list[str] = Field(min_length=2, max_length=2)
    """The two parameters."""
    rho: Numeral
    """Their correlation, above -1 and below 1 (of their normal scores, in a Gaussian copula)."""


class Mark(Shape):
    """How large one event is: one of the families, with formulas."""

    uniform: list[Formula] | None = Field(default=None, min_length=2, max_length=2)
    """Lowest and highest."""
    normal: dict[Literal["mean", "sd"], Formula] | None = None
    """`mean` and `sd`."""
    lognormal: dict[Literal["median", "sigma"], Formula] | None = None
    """`median`, and `sigma`, the standard deviation of the logarithm."""
    exponential: dict[Literal["mean"], Formula] | None = None
    """`mean`."""
    discrete: dict[str, Numeral] | None = None
    """Each value and its weight: `{1: 0.7, 5: 0.3}`."""
    unit: Text = ""
    """The unit of the marks; left out, the unit that the formulas have."""


class Calendar(Shape):
    """Dates that return."""

    first: Date
    """The first date."""
    every: Duration
    """The time between two, such as `5 years`."""
    last: Date | None = None
    """No date after this one; left out, to the end of the run."""


class Event(Element):
    """Something that happens a countable number of times. Read `name` for the count in this step,
    `name.magnitude` for the sum of its marks, `name.rate` or `name.probability` for what drives it.
    """

    actor: Text = ""
    """Whose doing it is, if anyone's."""
    rate: Formula | None = None
    """How often it is expected, per time: a Poisson count over each step. Give this, `probability`
    or `dates`.
    """
    probability: Formula | None = None
    """The probability that it happens in a step, from 0 to 1."""
    dates: (
        Annotated[
            Annotated[list[Date], Tag("list")] | Annotated[Calendar, Tag("calendar")],
            Discriminator(lambda value: "list" if isinstance(value, list) else "calendar"),
        ]
        | None
    ) = None
    """When it happens for sure: a list of dates, or `{first: 2007-12, every: 5 years}`."""
    unit: Text = "1/year"
    """The unit of `rate`."""
    cap: int = Field(default=6, ge=1, le=100)
    """Counts above this, in one step, are held at it."""
    mark: Mark | None = None
    """How large each one is."""
    observable: Observable | None = None
    """Who sees it."""


class Stock(Element):
    """What accumulates."""

    initial: Formula
    """What it begins with: a formula over parameters."""
    change: Formula = 0.0
    """Its change per time: a formula whose unit is the stock's unit per time."""
    jump: Formula = 0.0
    """What each step adds at once (what events add): a formula in the stock's unit."""
    bounds: list[Numeral] | None = Field(default=None, min_length=2, max_length=2)
    """Lowest and highest value, in its unit; `.inf` for none."""
    unit: Text = "1"
    """Its unit."""
    observable: Observable | None = None
    """Who sees it."""


class Auxiliary(Element):
    """A named formula, or a named source of chance. `gap: max(0, threat - confidence)` is short for
    `gap: {formula: ...}`.
    """

    short = "formula"
    short_kinds = (str, int, float)

    formula: Formula | None = None
    """The formula."""
    unit: Text | None = None
    """Its unit; left out, the unit that the formula has."""
    noise: Literal["normal", "uniform", "ar1"] | None = None
    """Chance instead of a formula: `normal` (mean 0), `uniform` (0 to 1) or `ar1` (one path with
    memory).
    """
    scale: Formula | None = None
    """Of noise: its standard deviation (of `uniform`, its width)."""
    memory: Formula | None = None
    """Of `ar1` noise: its correlation time."""
    observable: Observable | None = None
    """Who sees it."""
