"""What an analyst writes, section by section: the shape of a model file.

These classes say which keys a section has and what may stand under each. They hold text and numbers
as written, with short forms unfolded; names, units and formulas are proven later, by the loader.
The docstrings below are the hover text of the JSON Schema and the language reference of the docs.

Any field of an element indexed by a set may be ``{by: {member: value, else: value}}``; index sets
are expanded before these classes see a file (:mod:`reassure.model.sets`).
"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from reassure.model.written_claims import Claim
from reassure.model.written_decisions import Belief, Choice, Evidence, Lever, Option, Policy
from reassure.model.written_games import Game
from reassure.model.written_history import Given, Measurement
from reassure.model.written_quantities import (
    Auxiliary,
    Calendar,
    Correlate,
    Event,
    Mark,
    Parameter,
    Stock,
)
from reassure.model.written_record import Rival
from reassure.model.written_values import (
    Cites,
    Date,
    Element,
    Formula,
    Numeral,
    Observable,
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
    games: dict[str, Game] = {}
    """Situations in which actors reason about one another."""
    auxiliaries: dict[str, Auxiliary] = {}
    """Named formulas and named noise."""
    outcomes: dict[str, Outcome] = {}
    """What is read off a future."""
    ledger: Text = ""
    """The ledger that the model and its claims are held against: a bundled name, or a folder beside
    the model.
    """
    observations: dict[str, Measurement] = {}
    """How quantities of the model show in the ledger."""
    given: dict[str, Given] = {}
    """Which events and choices are taken from the ledger, where the model is held against it."""
    rivals: dict[str, Rival] = {}
    """Explanations that compete with the claims, each worded once."""
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
    "Game",
    "Given",
    "Interest",
    "Lever",
    "Mark",
    "Measurement",
    "Observable",
    "Option",
    "Outcome",
    "OutcomeKind",
    "Parameter",
    "Policy",
    "Rival",
    "Source",
    "Stock",
    "Time",
]
