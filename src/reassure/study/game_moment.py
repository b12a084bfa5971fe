"""A game of a model as it stands at one moment of one future."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from reassure.engine.evaluation import evaluate
from reassure.engine.games.views import View, seen, viewer_of, views_of_moves
from reassure.model.calendar import date_of_step, last_day, parse_date, step_of, step_within
from reassure.model.checked import Model, Time
from reassure.model.checked_games import ModelGame, Result
from reassure.model.expression import references
from reassure.model.game_tree import Game
from reassure.model.mistakes import Fault, UsageError, quote, suggest
from reassure.study.design import Joint, label_of
from reassure.study.running import Future, replay
from reassure.study.settings import Values, arm_policy, check_policy

Array = Any

PER = 100.0
"""Points of payoff that a model's rationality is per."""

TRUE, ACTUAL = "true", "actual"


@dataclass(frozen=True, slots=True)
class Address:
    """A moment of a future.

    Attributes:
        policy: as :func:`~reassure.study.running.replay` takes it.
        step: its number, from 0.
    """

    policy: str = ""
    scenario: int = 0
    replication: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Eyes:
    """In whose eyes a game is looked at.

    Attributes:
        variant: a what-if of the game; '' for things as they are.
        viewer: an actor, ``true`` (the true numbers, known to all) or ``actual`` (each player moves by
            the game as it sees it, at the true payoffs).
    """

    variant: str = ""
    viewer: str = TRUE

    @property
    def said(self) -> str:
        """As ``--view`` takes it."""
        return f"{self.variant}.{self.viewer}" if self.variant else self.viewer


@dataclass(frozen=True)
class GameMoment:
    """A game of a model with the numbers of one moment.

    Attributes:
        address: which moment.
        date: its label.
        seed, design: of the future.
        values: what every name is worth that the game reads in some view, in internal units.
    """

    model: Model
    game: ModelGame
    address: Address
    date: str
    seed: int
    design: str
    values: Mapping[str, float] = field(repr=False)

    def view_of(self, eyes: Eyes) -> View:
        """The view whose numbers are the payoffs that count in these eyes."""
        plain = eyes.viewer in (TRUE, ACTUAL)
        return View(eyes.variant, "" if plain else viewer_of(self.game, eyes.viewer))

    def views_of(self, eyes: Eyes) -> tuple[View, ...]:
        """For each player the view of the game that it moves by."""
        if eyes.viewer == ACTUAL:
            return views_of_moves(self.game, eyes.variant)
        return (self.view_of(eyes),) * len(self.game.tree.players)

    def numbers(self, view: View, instead: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """What the names that the game reads are worth in a view.

        Args:
            instead: values, or arrays of them, that stand in place of :attr:`values`.
        """
        values = {**self.values, **(instead or {})}
        return {name: evaluate(formula, values) for name, formula in seen(self.game, view).items()}

    def as_game(self, view: View) -> Game:
        """Shape and numbers in a view."""
        game, numbers = self.game, self.numbers(view)

        def worth(formula: Any, what: str) -> Fraction:
            value = float(evaluate(formula, numbers))
            if not np.isfinite(value):
                raise UsageError(
                    f"{what} of {game.name} is {value} at {self.date}", "mend the model"
                )
            return Fraction(value)

        return Game(
            game.tree,
            tuple(tuple(worth(f, "a payoff") for f in row) for row in game.payoffs),
            tuple(_to_one([worth(f, "a probability") for f in row]) for row in game.chances),
            comment=f"{game.name} of {self.model.name}: {self.said()}",
        )

    def rationality(self, view: View) -> dict[str, float]:
        """Of each player, per 100 points of payoff."""
        numbers = self.numbers(view)
        return {
            player: PER * float(evaluate(formula, numbers))
            for player, formula in zip(self.game.tree.players, self.game.rationality, strict=True)
        }

    def weights(self, result: Result, numbers: Mapping[str, Array]) -> tuple[Array, Array]:
        """What a result weighs the ends with, and what is given, each ``[ends, ...]``."""
        weights = np.stack(np.broadcast_arrays(*(evaluate(f, numbers) for f in result.weights)))
        if not result.given:
            return weights, np.ones_like(weights)
        given = np.stack(np.broadcast_arrays(*(evaluate(f, numbers) for f in result.given)))
        return weights, given

    def results(self, eyes: Eyes, ends: Array) -> dict[str, float]:
        """Every result of the game in its unit, from how likely each end is."""
        numbers = self.numbers(self.view_of(eyes))
        return {
            result.name: float(expected(*self.weights(result, numbers), ends)) / result.unit.factor
            for result in self.game.results
        }

    def said(self) -> str:
        """The moment in words."""
        at = self.address
        policy = at.policy or "default levers"
        seed = f", seed {self.seed}" if self.seed else ""
        return f"{policy}, scenario {at.scenario}, replication {at.replication}, {self.date}{seed}"

    def as_json(self) -> dict[str, Any]:
        """The address, for other programs."""
        at = self.address
        return {
            "policy": at.policy, "scenario": at.scenario, "replication": at.replication,
            "step": at.step, "date": self.date, "seed": self.seed, "design": self.design,
        }  # fmt: skip

    def eyes_said(self, eyes: Eyes) -> str:
        """A view in words, with what differs in it from the true numbers."""
        what = f", were it {eyes.variant}" if eyes.variant else ""
        if eyes.viewer == TRUE:
            return f"the true numbers, known to all players{what}"
        if eyes.viewer == ACTUAL:
            own = [p for p in self.game.tree.players if viewer_of(self.game, p)]
            if not own:
                return f"as it is: no player misperceives anything{what}"
            return (
                f"actual: each player moves by its own game ({', '.join(own)} misperceive)" + what
            )
        if not viewer_of(self.game, eyes.viewer):
            return (
                f"as {eyes.viewer} sees it, which is the true game: it misperceives nothing{what}"
            )
        return f"as {eyes.viewer} sees it{what}"


def expected(weights: Array, given: Array, ends: Array) -> Array:
    """E[weights * given] / E[given] over ends ``[ends, ...]``; 0 where E[given] is 0."""
    below = (given * ends).sum(axis=0)
    above = (weights * given * ends).sum(axis=0)
    return np.where(below > 1e-30, above / np.where(below > 1e-30, below, 1.0), 0.0)


def find_game(model: Model, name: str) -> ModelGame:
    """The game of a name.

    Raises:
        UsageError: the model has none of that name.
    """
    games = {game.name: game for game in model.games}
    if name not in games:
        hint = suggest(name, games) or (
            f"it has {', '.join(games)}" if games else "the model has no games"
        )
        raise UsageError(f"{quote(name)} is no game of {model.name}", hint)
    return games[name]


def parse_view(game: ModelGame, text: str | None) -> Eyes:
    """``with_spear.JPN``, ``with_spear``, ``JPN``, ``.JPN``, ``true``, ``actual``.

    Raises:
        UsageError: no variant and no actor of the game.
    """
    variants = [item.name for item in game.variants]
    seers = dict.fromkeys((*game.tree.players, *(item.actor for item in game.perceptions)))
    words = [TRUE, ACTUAL, *seers]
    first, dot, rest = (text or "").strip().partition(".")
    if not dot:
        return (
            Eyes(first) if first in variants else Eyes("", _one_of(first or TRUE, words, variants))
        )
    variant = _one_of(first, variants, ()) if first else ""
    return Eyes(variant, _one_of(rest or TRUE, words, ()))


def _one_of(word: str, known: list[str], also: list[str] | tuple[str, ...]) -> str:
    if word in known:
        return word
    every = [*also, *known]
    raise UsageError(
        f"--view has {quote(word)}, which is no view of the game",
        suggest(word, every) or (f"it has {', '.join(every)}" if every else "it has no variants"),
    )


def parse_address(model: Model, text: str | None) -> Address:
    """``POLICY,SCENARIO,REPLICATION,TIME``; what is left away at the end or empty is the first policy,
    0, 0 and the start. TIME is a date or a step's number; four digits that are a year of the run are a
    date.

    Raises:
        UsageError: it is not understood, or lies outside of the run.
    """
    parts = [part.strip() for part in (text or "").split(",")]
    if len(parts) > 4:
        raise UsageError(
            f"--at {quote(text or '')} has {len(parts)} parts",
            "write POLICY,SCENARIO,REPLICATION,TIME such as drift,0,0,2012-10",
        )
    policy, scenario, replication, time = (*parts, *[""] * (4 - len(parts)))
    if not policy and model.policies:
        policy = model.policies[0].name
    name = arm_policy(check_policy(model, policy), model)
    return Address(
        name, _count(scenario, "scenario"), _count(replication, "replication"),
        step_at(model.time, time),
    )  # fmt: skip


def _count(text: str, what: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise UsageError(f"--at has {quote(text)} for the {what}", "give a whole number from 0")
    return int(text)


def step_at(time: Time, text: str | int) -> int:
    """The step of a date or of a step's number; '' for the start.

    Raises:
        UsageError: neither, or outside of the run.
    """
    said = str(text).strip()
    if not said:
        return 0
    first, last = date_of_step(time, 0), date_of_step(time, time.steps)
    hint = f"give a date from {first} to {last}, or a step from 0 to {time.steps}"
    try:
        if re.fullmatch(r"\d{1,9}", said, re.ASCII):
            if len(said) != 4 or isinstance(text, int) or step_of(time, last_day(said)) < 0:
                if int(said) <= time.steps:
                    return int(said)
            elif step_of(time, parse_date(said)) <= time.steps:
                return max(step_of(time, parse_date(said)), 0)
        else:
            return step_within(time, said)
    except Fault as fault:
        raise UsageError(f"--at: {fault.message}", hint) from None
    raise UsageError(f"{quote(said)} lies outside of the run", hint)


def moment(
    model: Model,
    name: str,
    address: Address,
    *,
    seed: int = 0,
    design: str | Joint = "sobol",
    set: Values | None = None,
    precision: str = "float32",
    scenarios: int | None = None,
) -> GameMoment:
    """A game at a moment of a future, which is run again exactly.

    Args:
        seed, design, set, precision, scenarios: as in :func:`~reassure.study.running.replay`. The
            game itself is worked out in double precision in any case.

    Raises:
        UsageError: there is no such game or future.
    """
    game = find_game(model, name)
    future = replay(
        model,
        policy=address.policy,
        scenario=address.scenario,
        replication=address.replication,
        seed=seed,
        design=design,
        set=set,
        precision=precision,
        scenarios=scenarios,
    )
    return moment_of(model, game, future, address, seed=seed, design=label_of(design))


def moment_of(
    model: Model, game: ModelGame, future: Future, address: Address, *, seed: int, design: str
) -> GameMoment:
    """A game at a step of a future that is at hand."""
    values = {name: float(future.paths[name][address.step]) for name in underlying(game)}
    date = date_of_step(model.time, address.step)
    return GameMoment(model, game, address, date, seed, design, values)


def underlying(game: ModelGame) -> tuple[str, ...]:
    """Every quantity that the game reads in some view, sorted."""
    views = [
        View(variant, viewer)
        for variant in ("", *(item.name for item in game.variants))
        for viewer in ("", *(item.actor for item in game.perceptions))
    ]
    formulas = [formula for view in views for formula in seen(game, view).values()]
    return tuple(sorted(frozenset().union(*map(references, formulas))))


def _to_one(row: list[Fraction]) -> tuple[Fraction, ...]:
    """Probabilities that add up to one exactly: the largest takes what rounding left."""
    largest = max(range(len(row)), key=lambda i: row[i])
    return tuple(1 - (sum(row) - p) if i == largest else p for i, p in enumerate(row))
