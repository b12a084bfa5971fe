"""What a game in a model means: one shape, formulas for its numbers, and in whose eyes it is solved.

A game is *appraised* (solved to see what would happen) at the first step and at steps ``offset, offset +
every, ...``, and
*played* (moves happen) where its occasion comes. At both, payoffs, chances and rationality are worked
out from the values of the step, the game is solved (logit agent quantal response equilibrium,
principal branch), and results are read off.

**Views.** Every formula of a game reads model quantities by name. A *variant* says what some of them
would be (``with_spear: {strike: 1}``), a *perception* what an actor takes some of them for
(``JPN: {us_acts: tokyo_us_trust}``); both replace the names where the game's own formulas read them,
and nowhere else. A perception is applied to what stands after the variant: a name that a variant sets
is not misperceived. The game as ACTOR sees it is solved with ACTOR's perception, for all players. Where
nobody misperceives anything there is one solve.

**Actual.** Each player moves by the strategy of the game as *it* sees it; chance moves by the true
probabilities; results are expectations under that profile at the true payoffs.

**Names that formulas may read.** Of a game ``G`` that is appraised, with result ``R``:
``G.R`` (actual), ``G.ACTOR.R`` (as a player or perceiver sees it), ``G.VARIANT.R`` and
``G.VARIANT.ACTOR.R``. Every player's expected payoff is a result ``payoff.PLAYER``
(``G.payoff.JPN``, ``G.JPN.payoff.PRK``). Between appraisals the last values hold. Of a game that is
played: ``G`` is 1 in a step in which it is played, else 0, and ``G.MOVE.OPTION`` is 1 in a step in whose
play that move was made so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reassure.model.checked_about import About, Unit
from reassure.model.expression import Expression
from reassure.model.game_tree import GameTree

Replacements = tuple[tuple[str, Expression], ...]
"""What stands in place of a name where a game's formulas read it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move as the analyst wrote it: one or several information sets of the tree, or a chance move.

    Attributes:
        kind: a player decides; chance decides and some see it; a ``type`` is decided by chance at the
            start and seen by its player alone.
        actor: whose decision or type it is; '' for chance.
        options: in order.
        written: where it is made and who knows of it, as written; for people.
    """

    name: str
    kind: Literal["decision", "chance", "type"]
    actor: str
    options: tuple[str, ...]
    about: About = About()
    written: str = ""


@dataclass(frozen=True, slots=True)
class PayoffPart:
    """One addend of a player's payoff, as written; for people."""

    player: str
    name: str
    written: str
    about: About = About()


@dataclass(frozen=True, slots=True)
class Perception:
    """What an actor takes model quantities for."""

    actor: str
    replaces: Replacements
    about: About = About()


@dataclass(frozen=True, slots=True)
class Variant:
    """A what-if about model quantities, under which the game is solved as well."""

    name: str
    replaces: Replacements
    about: About = About()


@dataclass(frozen=True, slots=True)
class Result:
    """A number read off a solved game: the expectation of ``weights`` over the ends of the game; with
    ``given``, E[weights * given] / E[given], 0 where E[given] is 0.

    Attributes:
        weights, given: one formula a terminal, over model quantities.
    """

    name: str
    weights: tuple[Expression, ...]
    given: tuple[Expression, ...] = ()
    unit: Unit = Unit()
    written: str = ""
    about: About = About()


@dataclass(frozen=True, slots=True)
class Play:
    """When a game is played: in steps ``offset, offset + every, ...`` in which ``event`` happens (if
    one is named) and ``when`` holds; once a step at most."""

    event: str = ""
    every: int = 1
    offset: int = 0
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class ModelGame:
    """A game of a model.

    Attributes:
        tree: its shape. ``tree.players`` are actors' codes.
        moves: in the order written.
        set_moves: name of the move that each information set of the tree belongs to.
        chance_moves: name of the move that each chance move of the tree belongs to.
        paths: for each terminal the (move, option) pairs on the way to it.
        payoffs: ``[terminals][players]``, in points from 0 to 100.
        parts: the payoffs as written.
        chances: ``[chance moves][actions]``; each sums to one in every future.
        rationality: one a player, per point of payoff (a hundredth of what is written, which is per
            100 points).
        perceptions, variants: see the module.
        results: own results in the order written, then ``payoff.PLAYER`` of every player.
        observations: for each actor that plays, perceives or learns: for each terminal the number of
            the class of terminals that the actor cannot tell apart once the game is over.
        every, offset: steps between two appraisals, and the first of these (the very first step has one
            in any case); ``every`` 0: never appraised.
        play: when it is played; None: never.
    """

    name: str
    tree: GameTree
    moves: tuple[Move, ...]
    set_moves: tuple[str, ...]
    chance_moves: tuple[str, ...]
    paths: tuple[tuple[tuple[str, str], ...], ...]
    payoffs: tuple[tuple[Expression, ...], ...]
    parts: tuple[PayoffPart, ...]
    chances: tuple[tuple[Expression, ...], ...]
    rationality: tuple[Expression, ...]
    perceptions: tuple[Perception, ...] = ()
    variants: tuple[Variant, ...] = ()
    results: tuple[Result, ...] = ()
    observations: tuple[tuple[str, tuple[int, ...]], ...] = ()
    every: int = 0
    offset: int = 0
    play: Play | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a belief's evidence of kind 'game' learns from: how a played game went.

    In a step in which ``game`` is played, the belief moves by log P(seen | ``move`` was ``option``) -
    log P(seen | it was not), in the game as the holder sees it, where what is seen is the holder's class
    of the terminal that was reached.
    """

    game: str
    move: str
    option: str
