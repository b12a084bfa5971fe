"""How a game is written: who plays, who moves when and knowing what, and what it is worth to whom."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from reassure.model.written_values import Duration, Element, Flag, Formula, Shape, Text

_SEVERAL = Field(min_length=2, max_length=20)


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    list[str],
    BeforeValidator(_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One name, or a list of them."""


def _is_list(value: Any) -> str:
    return "(list)" if isinstance(value, list | str) else "(mapping)"


class Player(Element):
    """An actor that plays, under its code. A bare formula is its rationality."""

    short = "rationality"
    short_kinds = (str, int, float)

    rationality: Formula
    """How surely it picks the better move: of two moves, a lead of 100 points in expected payoff
    makes one exp(rationality) times as likely as the other. With 5, a lead of 20 points makes it 2.7
    times as likely.
    """


class Move(Element):
    """A move, made where its `if` holds. Exactly one of `actor`, `chance` and `type` says who makes
    it.
    """

    actor: Text = ""
    """The player that decides."""
    chance: Flag = False
    """Whether chance decides: `chance: true`."""
    type: Text = ""
    """The player that chance gives a type, at the start, that nobody else sees."""
    options: Annotated[
        Annotated[list[str], _SEVERAL, Tag("(list)")]
        | Annotated[dict[str, Formula], _SEVERAL, Tag("(mapping)")],
        Discriminator(_is_list),
    ]
    """What can be done: a list of names; of chance and of a type each with its probability, where one
    may be `else`, the rest.
    """
    if_: Formula | None = Field(default=None, alias="if")
    """Where the move is made: a formula over earlier moves. Left out, everywhere."""
    seen_by: Names | None = None
    """The actors who see what was done here, before their next decision and at the end: left out,
    everybody; `[]`, nobody else. Who makes a move sees it; a type is seen by its player alone.
    """
    sees: (
        Annotated[
            Annotated[Names, Tag("(list)")] | Annotated[dict[str, Formula], Tag("(mapping)")],
            Discriminator(_is_list),
        ]
        | None
    ) = None
    """What its player sees of others' moves when it decides, in place of what `seen_by` tells it:
    signals, `{something_hit: mishap.accident or strike.hit}`, or a list of moves.
    """


class Branch(Shape):
    """A node of a game written as a tree: somebody's move with its options, or an end."""

    actor: Text = ""
    """The player that decides here."""
    chance: Flag = False
    """Whether chance decides here: `chance: true`."""
    move: Text = ""
    """The move's name. Nodes at which the same is decided have the same one. (Needed, but at an end.)
    """
    knows: Text = ""
    """The information set: its player cannot tell apart the nodes where it has this name. Left out,
    this node alone.
    """
    probabilities: dict[str, Formula] = Field(default_factory=dict)
    """Of chance: each option's probability; one may be `else`, the rest. Where it is left out, those
    of the node of this move that came before.
    """
    seen_by: Names | None = None
    """The actors who know at the end what was done here; left out, everybody, of chance nobody."""
    options: dict[str, Branch] = Field(default_factory=dict)
    """What can be done, and what follows."""
    payoffs: dict[str, Formula] = Field(default_factory=dict)
    """Of an end: what it is worth to each player, added to what the game's `payoffs` say."""


class Part(Element):
    """One addend of a payoff. A bare formula is its value."""

    short = "value"
    short_kinds = (str, int, float)

    value: Formula
    """A formula over the model's quantities and the moves: `MOVE.OPTION` is 1 where that was done, `MOVE`
    where the move was made at all, else 0.
    """


def _payoff_kind(value: Any) -> str:
    if not isinstance(value, dict):
        return "(formula)"
    return "(part)" if "value" in value else "(parts)"


Payoff = Annotated[
    Annotated[Formula, Tag("(formula)")]
    | Annotated[Part, Tag("(part)")]
    | Annotated[dict[str, Part], Tag("(parts)")],
    Discriminator(_payoff_kind),
]
"""A formula, or named parts that add up."""


class Result(Element):
    """A number read off the solved game: an expectation over its ends. A bare formula is its value."""

    short = "value"
    short_kinds = (str, int, float)

    value: Formula
    """A formula over moves, the model's quantities, and `payoff.PLAYER`."""
    given: Formula | None = None
    """Of which ends: the value's expectation given that this happens, 0 where it cannot."""
    unit: Text = "1"
    """Its unit."""


class Replaced(Element):
    """What stands in place of some of the quantities that a game reads. `{us_acts: tokyo_trust}` is short for
    `{set: {us_acts: tokyo_trust}}`.
    """

    set: dict[str, Formula] = Field(min_length=1)
    """Each quantity, as the game's formulas read it, and what stands for it."""

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, data: Any) -> Any:
        return {"set": data} if isinstance(data, dict) and "set" not in data else data


class Appraise(Shape):
    """When a game is solved to see what would happen. `1 year` is short for `{every: 1 year}`."""

    short = "every"
    short_kinds = (str, int, float)

    every: Duration
    """The time between two appraisals; results hold in between."""
    offset: Duration = 0
    """When the first one falls, counted from the start."""


class Play(Shape):
    """When a game is played. `occasion` is short for `{on: occasion}`."""

    short = "on"
    short_kinds = (str,)

    on: Text = ""
    """The event that is its occasion. Give this or `every`, or both."""
    every: Duration = 0
    """The time between two occasions; with `on`, left out, any step in which the event happens."""
    offset: Duration = 0
    """When the first one falls, counted from the start."""
    when: Formula | None = None
    """It is played only where this holds."""


class Game(Element):
    """A situation in which actors reason about one another. It is solved inside every future with
    the payoffs, chances and beliefs of the moment.
    """

    players: dict[str, Player] = Field(min_length=1, max_length=8)
    """The actors that move or have a stake, by code."""
    moves: dict[str, Move] = Field(default_factory=dict)
    """The moves in order, each made where its `if` holds. Give this or `tree`."""
    tree: Branch | None = None
    """Or the whole tree, node by node."""
    payoffs: dict[str, Payoff] = Field(default_factory=dict)
    """What the ends are worth to each player, in points: 0 the worst that is at stake for it, 100 the best.
    A formula, or named parts that add up.
    """
    results: dict[str, Result] = Field(default_factory=dict, max_length=30)
    """What is read off it, beside every player's expected payoff."""
    perceives: dict[str, Replaced] = Field(default_factory=dict, max_length=8)
    """What an actor takes some of the quantities for that the game reads."""
    variants: dict[str, Replaced] = Field(default_factory=dict, max_length=8)
    """What-ifs under which it is appraised as well: what some of these quantities would be."""
    appraise: Appraise | None = None
    """When it is solved to see what would happen."""
    play: Play | None = None
    """When its moves happen."""
