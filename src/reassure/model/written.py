"""What an analyst writes, section by section: the shape of a model file.

These classes say which keys a section has and what may stand under each. They hold text and numbers
as written, with short forms unfolded; names, units and formulas are proven later, by the loader.
The docstrings below are the hover text of the JSON Schema and the language reference of the docs.

Any field of an element indexed by a set may be ``{by: {member: value, else: value}}``; index sets
are expanded before these classes see a file (:mod:`reassure.model.sets`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from reassure.model.written_claims import Claim
from reassure.model.written_values import (
    Cites,
    Date,
    Duration,
    Element,
    Flag,
    Formula,
    Numeral,
    Setting,
    Shape,
    Text,
)


class Source(Shape):
    """A text that the model cites, under a key of your own. Further keys, such as `journal` or
    `url`, are kept as they are.
    """

    model_config = ConfigDict(extra="allow")

    author: Text = ""
    """Who wrote it."""
    year: int | None = None
    """The year it appeared."""
    title: Text = ""
    """Its title."""


class Time(Shape):
    """The clock of a run."""

    start: Date
    """The date of the first step: `2007`, `2007-02` or `2007-02-01`."""
    years: Numeral | None = None
    """How long a run lasts. Give this or `steps`."""
    steps: int | None = Field(default=None, ge=1)
    """How many steps a run has. Give this or `years`."""
    step: Literal["day", "week", "month", "quarter", "year"] = "month"
    """The length of a step. A month is exactly a twelfth of a year, a day 1/365.25 of one."""


class Actor(Element):
    """A state or other party, under its ISO 3166 code where it has one. `JPN: Japan` is short for
    `JPN: {name: Japan}`.
    """

    short = "name"
    short_kinds = (str,)

    name: Text = ""
    """Its full name."""


class Observable(Shape):
    """Who sees a quantity, how late and how blurred. `[JPN, KOR]` is short for `{by: [JPN, KOR]}`,
    `all` for every actor.
    """

    short = "by"
    short_kinds = (str, list)

    by: Annotated[
        list[str],
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        WithJsonSchema(
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        ),
    ]
    """The actors who see it, or `all`."""
    delay: Duration = 0
    """How late they see it, such as `1 month`."""
    noise: Numeral = 0.0
    """Standard deviation of the error with which they see it, in the quantity's unit."""


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


class Lever(Element):
    """Something an actor can choose: a number in a range, or one of named options."""

    actor: Text
    """Whose lever it is."""
    range: list[Numeral] | None = Field(default=None, min_length=2, max_length=2)
    """Its lowest and highest value, in its unit. Give this or `options`."""
    options: list[str] | None = Field(default=None, min_length=2, max_length=50)
    """The names of its settings. Give this or `range`."""
    default: Annotated[Any, WithJsonSchema({"type": ["number", "string"]})]
    """The status quo: where it stands unless a policy sets it."""
    unit: Text = "1"
    """Its unit."""
    cost: Formula | None = None
    """What it costs per year, a formula; read as `name.cost`."""
    cost_unit: Text = ""
    """The unit of `cost`; left out, the unit that the formula has."""
    lag: Formula | None = None
    """How long it takes to take effect, such as `q(6, 'month')`: by then 63 percent of a change has
    happened.
    """
    slippage: Formula | None = None
    """The share of an ordered change that does not happen, from 0 to 1."""
    observable: Observable | None = None
    """Who sees what has taken effect."""


class Policy(Element):
    """A named way to set levers. What it does not set stays at its default. Policies of different
    actors can be crossed: `managed+restrained`.
    """

    actor: Text = ""
    """Whose policy it is: only that actor's levers may be set."""
    set: dict[str, Setting] = Field(default_factory=dict)
    """Each lever's setting: a value, a schedule `{2007-02: 0.2, 2009-01: 0.8}`, or `{rule:
    formula}`.
    """
    clairvoyant: Flag = False
    """Whether its rules may read what the actor could not see. Every report repeats it."""


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


class Evidence(Element):
    """What moves a belief, in log-odds. `provocation: -w1` is short for `provocation: {event:
    provocation, weight: -w1}`.
    """

    short = "weight"
    short_kinds = (str, int, float)

    event: Text = ""
    """The event each occurrence of which moves the belief."""
    weight: Formula | None = None
    """The log-likelihood ratio of one occurrence, log P(seen | true) - log P(seen | false): 0.7 if
    it is twice as likely where the proposition is true, -0.7 if half as likely, 0 if it tells
    nothing.
    """
    rate: Formula | None = None
    """Or: log-odds per time, whether or not anything happens."""


class Belief(Element):
    """An actor's probability that a proposition is true, moved by evidence in log-odds."""

    holder: Text
    """Whose belief it is."""
    that: Text
    """The proposition."""
    about: Text = ""
    """The belief of another actor that this one is about."""
    prior: Formula
    """The probability at the start: a formula over parameters, between 0 and 1."""
    rest: Formula | None = None
    """The probability to which it returns; left out, the one at the start."""
    fades: Formula | None = None
    """How long evidence counts, such as `q(3, 'year')`: after that, 37 percent of its effect is
    left. Left out, it is never forgotten.
    """
    evidence: dict[str, Evidence] = Field(default_factory=dict)
    """What moves it."""
    bound: Numeral = 12.0
    """The log-odds stay within plus and minus this; 12 leaves a doubt of one in 160,000."""
    observable: Observable | None = None
    """Who besides the holder sees it."""


class Option(Element):
    """One option of a choice. A bare formula is its utility."""

    short = "utility"
    short_kinds = (str, int, float)

    utility: Formula
    """What the actor gets from it, in the unit in which `rationality` counts."""
    requires: Formula | None = None
    """What must hold for the option to be open."""
    irreversible: Flag = False
    """Whether, once taken, only the options in `then` can follow."""
    then: list[str] = Field(default_factory=list)
    """What can follow an irreversible option."""


class Choice(Element):
    """An actor picks among options by logit: better options more often, the best one surely only as
    `rationality` grows.
    """

    actor: Text
    """Who chooses."""
    options: dict[str, Option] = Field(min_length=2, max_length=50)
    """The options, each with its utility. They count 0, 1, 2, ... in the order written."""
    initial: Text
    """The option in force at the start."""
    every: Duration = 0
    """The time between two decisions, such as `1 year`; left out, every step."""
    offset: Duration = 0
    """When the first decision falls, counted from the start."""
    rationality: Formula = 1.0
    """How strongly utility decides. Of two options, a lead of 1 in utility makes one
    exp(rationality) times as likely as the other: 2.7 times with 1, 20 times with 3.
    """
    when: Formula | None = None
    """A decision falls due only when this holds."""
    observable: Observable | None = None
    """Who besides the actor sees it."""


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


OutcomeKind = Literal[
    "final", "mean", "total", "sum", "max", "min", "share", "reached", "time_to", "change"
]
OUTCOME_KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)
"""How an outcome is read off a future."""


class Outcome(Element):
    """A number read off a future. Exactly one of the kinds, with its formula."""

    final: Formula | None = None
    """The value at the end of the window."""
    mean: Formula | None = None
    """The mean over the window."""
    total: Formula | None = None
    """The integral over time."""
    sum: Formula | None = None
    """The sum over the steps: for counts of events."""
    max: Formula | None = None
    """The highest value in the window."""
    min: Formula | None = None
    """The lowest value in the window."""
    share: Formula | None = None
    """The share of time in which a statement holds."""
    reached: Formula | None = None
    """1 if a statement ever holds in the window, else 0."""
    time_to: Formula | None = None
    """Years from the start of the window until a statement first holds; the window's length if it
    never does.
    """
    change: Formula | None = None
    """The value at the end of the window minus that at its start."""
    from_: Date | None = Field(default=None, alias="from")
    """Start of the window; left out, the start of the run."""
    to: Date | None = None
    """End of the window; left out, the end of the run."""
    unit: Text | None = None
    """The unit it is reported in; left out, the unit that the formula has."""
    plausible: list[Numeral] | None = Field(default=None, min_length=2, max_length=2)
    """Plain facts: between which values it would not surprise, in its unit. Say why in `because`.
    """


class Interest(Element):
    """What an actor wants of one outcome. A bare number is the weight, and the key the outcome."""

    short = "weight"
    short_kinds = (int, float)

    outcome: Text = ""
    """The outcome; left out, the key."""
    weight: Numeral
    """How much it counts for each unit of the outcome: above 0, more is better."""


class Document(BaseModel):
    """A model: one argument, in one file."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    language: Literal[1]
    """The version of this language: 1."""
    title: Text = ""
    """One line that says what the model is about."""
    extends: Text = ""
    """Another model that this one varies: a bundled name, or a file in this model's folder. A new
    name adds, a known one updates the fields given, `name: ~` removes.
    """
    notes: Text = ""
    """Anything a reader should know."""
    sources: dict[str, Source] = {}
    """The texts that the model cites."""
    time: Time
    """When a run starts, how long it lasts, and the length of a step."""
    actors: dict[str, Actor] = {}
    """The states and other parties."""
    sets: dict[str, list[str]] = {}
    """Index sets: `dossier: [bases, range]` makes `weight[dossier]` one element a member."""
    parameters: dict[str, Parameter] = {}
    """Uncertain constants, each with a prior, a unit, a reason and a citation."""
    correlate: list[Correlate] = []
    """Which parameters go together."""
    levers: dict[str, Lever] = {}
    """What the actors can choose."""
    policies: dict[str, Policy] = {}
    """Named ways to set the levers; the first is the ground of claims that name none."""
    events: dict[str, Event] = {}
    """What happens a countable number of times."""
    stocks: dict[str, Stock] = {}
    """What accumulates."""
    beliefs: dict[str, Belief] = {}
    """What actors think."""
    choices: dict[str, Choice] = {}
    """Decisions among options."""
    auxiliaries: dict[str, Auxiliary] = {}
    """Named formulas and named noise."""
    outcomes: dict[str, Outcome] = {}
    """What is read off a future."""
    claims: dict[str, Claim] = {}
    """The sentences of the argument, as tests."""
    interests: dict[str, dict[str, Interest]] = {}
    """What each actor wants, as weighted outcomes."""


__all__ = [
    "OUTCOME_KINDS",
    "Actor",
    "Auxiliary",
    "Belief",
    "Calendar",
    "Choice",
    "Cites",
    "Claim",
    "Correlate",
    "Document",
    "Event",
    "Evidence",
    "Interest",
    "Lever",
    "Mark",
    "Observable",
    "Option",
    "Outcome",
    "OutcomeKind",
    "Parameter",
    "Policy",
    "Source",
    "Stock",
    "Time",
]
