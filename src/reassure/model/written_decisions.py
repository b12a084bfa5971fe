"""How what actors hold and do is written: levers, policies, beliefs, choices."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from reassure.model.written_values import (
    Duration,
    Element,
    Flag,
    Formula,
    Numeral,
    Observable,
    Setting,
    Text,
)


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
    game: Text = ""
    """Or: a game that is played. What the holder saw of it moves the belief by the log-likelihood ratio
    that it has in the game as the holder sees it.
    """
    shows: Text = ""
    """With `game`: what the proposition says of it, a `MOVE.OPTION` of a type or of chance at its start.
    """


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
