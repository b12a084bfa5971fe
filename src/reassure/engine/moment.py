"""One step of the plain interpreter: what every name is worth at a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from reassure.engine import random as generator
from reassure.engine.evaluation import Array, work_out
from reassure.engine.games.interpreted import Lane
from reassure.engine.games.names import due_steps, move_names, result_names
from reassure.engine.games.views import View
from reassure.model.checked import (
    Arm,
    Belief,
    Choice,
    Constant,
    Event,
    Lever,
    Model,
    Noise,
    Observation,
    Rule,
    Setting,
)
from reassure.model.checked_games import Lesson, ModelGame, Result
from reassure.model.expression import Expression, Memory

NEVER = 1000.0  # years: what `since` reads before anything happened


@dataclass(frozen=True)
class Setup:
    """What stays the same throughout a run.

    Attributes:
        model, arm: as given to the interpreter.
        future: the summands of the lanes' random words.
        parameters: value of each parameter, a number or ``[lanes]``.
        settings: what is ordered of each lever.
        held_paths: quantities held at a path, ``[steps + 1, lanes]``.
    """

    model: Model
    arm: Arm
    future: generator.Words
    parameters: Mapping[str, Array]
    settings: Mapping[str, Setting]
    held_paths: Mapping[str, Array]

    @property
    def lanes(self) -> int:
        return int(self.future[0].shape[0])

    @property
    def dt(self) -> float:
        return self.model.time.dt

    @cached_property
    def definitions(self) -> dict[str, Callable[[Moment], Array]]:
        """How each name is worked out at a moment at which it is not held."""
        return _definitions(self.model)

    def held(self, name: str, k: int) -> Array | None:
        """What a name is held at, if it is held at this step."""
        first, last = self.arm.window or (0, self.model.time.steps + 1)
        for held, value in self.arm.do:
            if held == name and first <= k < last:
                return np.asarray(value, dtype=float)
        path = self.held_paths.get(name)
        return None if path is None else np.broadcast_to(path[k], (self.lanes,))

    def uniform(self, name: str, purpose: str, k: int) -> Array:
        """The draw of a stream at a step, ``[lanes]``."""
        block, place = divmod(k, generator.STEPS_PER_BLOCK)
        words = generator.stream_words([generator.stream_key(name, purpose)], block)
        return generator.uniforms(self.future, words)[place][0]


@dataclass(frozen=True)
class Carried:
    """What a step hands to the next.

    Attributes:
        values: stocks, beliefs' log-odds, choices, levers with a lag, the last value of a noise.
        stages: what each memory holds: its stages, or the ring of a delay with the oldest first.
        seen: what each delayed observation could have shown: the opening, then step after step.
    """

    values: dict[str, Array]
    stages: dict[Memory, list[Array]]
    seen: dict[str, list[Array]]


class Moment:
    """A step, or the opening: values of names, each worked out when it is first asked for."""

    def __init__(self, setup: Setup, carried: Carried, k: int, *, opening: bool = False) -> None:
        self.setup = setup
        self.carried = carried
        self.k = k
        self.opening = opening
        self._known: dict[str, Array] = {}
        self._games: dict[str, list[Lane]] = {}
        self._plays: dict[str, list[tuple[set[tuple[str, str]], int] | None]] = {}
        self._pending: list[str] = []

    def read(self, name: str) -> Array:
        """The value that a reader of ``name`` gets.

        Raises:
            KeyError: there is no such name.
            ValueError: it is defined through itself (possible only at the opening).
        """
        if name not in self._known:
            if name in self._pending:
                raise ValueError(f"circle: {' > '.join([*self._pending, name])}")
            self._pending.append(name)
            held = self.setup.held(name, self.k)
            self._known[name] = self.setup.definitions[name](self) if held is None else held
            self._pending.pop()
        return self._known[name]

    def value(self, expression: Expression) -> Array:
        """The value of a formula."""
        return work_out(expression, self.read, self.remember)

    def remember(self, node: Memory) -> Array:
        """What a memory reads."""
        if self.opening:
            if node.initial is not None:
                return self.value(node.initial)
            return np.asarray(NEVER) if node.function == "since" else self.value(node.source)
        stages = self.carried.stages[node]
        if node.function == "material_delay":
            return self.stage_factor(node) * stages[-1] / self.setup.dt
        return stages[0] if node.function == "delay" else stages[-1]

    def stage_factor(self, node: Memory) -> Array:
        """The share of a stage that moves on within a step: 1 - exp(-dt * order / time)."""
        assert node.time is not None
        return -np.expm1(-self.setup.dt * node.order / self.value(node.time))

    def parameter(self, name: str) -> Array:
        return self.setup.parameters[name]

    def carried_value(self, name: str) -> Array:
        return self.carried.values[name]

    # -- levers -----------------------------------------------------------------------------------

    def ordered(self, lever: Lever) -> Array:
        setting = self.setup.settings[lever.name]
        if isinstance(setting, Constant):
            return np.asarray(setting.value, dtype=float)
        if isinstance(setting, Rule):
            return np.clip(self.value(setting.formula), lever.low, lever.high)
        position = np.searchsorted(setting.steps, self.k, side="right") - 1
        return np.asarray(setting.values[position], dtype=float)

    def target(self, lever: Lever) -> Array:
        ordered = self.read(lever.name + ".ordered")
        if lever.slippage is None:
            return ordered
        return lever.default + (ordered - lever.default) * (1.0 - self.value(lever.slippage))

    def observed(self, seen: Observation) -> Array:
        if self.opening or seen.delay_steps == 0:
            truth = self.read(seen.of)
        else:
            truth = self.carried.seen[seen.name][max(self.k - seen.delay_steps + 1, 0)]
        if self.opening or seen.noise == 0.0:
            return truth
        u = self.setup.uniform(_stream_of_observation(self.setup.model, seen), "observe", self.k)
        return truth + seen.noise * special.ndtri(u)

    # -- chance -----------------------------------------------------------------------------------

    def noise(self, noise: Noise) -> Array:
        if self.opening:
            return np.zeros(())
        scale = self.value(noise.scale)
        u = self.setup.uniform(noise.about.alias or noise.name, "noise", self.k)
        if noise.kind == "uniform":
            return scale * u
        shock = scale * special.ndtri(u)
        if noise.kind == "normal" or self.k == 0:
            return shock
        assert noise.memory is not None
        a = np.exp(-self.setup.dt / self.value(noise.memory))
        return a * self.carried.values[noise.name] + np.sqrt(1.0 - a * a) * shock

    def count(self, event: Event) -> Array:
        if self.opening:
            return np.zeros(())
        if event.kind == "calendar":
            return np.asarray(float(self.k in event.steps))
        u = self.setup.uniform(event.about.alias or event.name, "count", self.k)
        if event.kind == "probability":
            return (u < np.clip(self.read(f"{event.name}.probability"), 0.0, 1.0)).astype(float)
        mean = np.maximum(self.read(f"{event.name}.rate"), 0.0) * self.setup.dt
        tails = [special.pdtrc(c, mean) for c in range(event.cap)]  # P(N > c)
        return np.sum([u < tail for tail in tails], axis=0).astype(float)

    def magnitude(self, event: Event) -> Array:
        count, mark = self.read(event.name), event.mark
        if mark is None or self.opening:
            return count
        first, second = self.value(mark.first), self.value(mark.second)
        total = np.zeros(self.setup.lanes)
        for i in range(event.cap):
            u = self.setup.uniform(event.about.alias or event.name, f"mark{i}", self.k)
            match mark.family:
                case "uniform":
                    size = first + (second - first) * u
                case "normal":
                    size = first + second * special.ndtri(u)
                case "lognormal":
                    size = first * np.exp(second * special.ndtri(u))
                case "exponential":
                    size = -first * np.log(u)
                case "discrete":
                    size = np.asarray(mark.values)[pick(np.asarray(mark.weights)[:, None], u)]
            total += np.where(i < count, size, 0.0)
        return total

    # -- choices ----------------------------------------------------------------------------------

    def weights(self, choice: Choice) -> Array:
        """Logit weights of the options, 0 for what is closed: ``[options, lanes]``."""
        present, rationality = self.read(choice.name), self.value(choice.rationality)
        scores = []
        for i, option in enumerate(choice.options):
            is_open = np.ones(self.setup.lanes, dtype=bool)
            if option.requires is not None:
                is_open &= self.value(option.requires) != 0
            for j, other in enumerate(choice.options):
                if other.irreversible and option.name not in other.then:
                    is_open &= present != j
            is_open |= present == i
            scores.append(np.where(is_open, rationality * self.value(option.utility), -np.inf))
        table = np.stack(scores)
        return np.exp(table - table.max(axis=0))

    def is_in_force(self, choice: Choice, option: int) -> Array:
        return (self.read(choice.name) == option).astype(float)

    def probability(self, choice: Choice, option: int) -> Array:
        weights = self.weights(choice)
        return weights[option] / weights.sum(axis=0)

    # -- games ------------------------------------------------------------------------------------

    def lanes(self, game: ModelGame) -> list[Lane]:
        """The game in each future at this moment."""
        if game.name not in self._games:

            def lane(i: int) -> Lane:
                return Lane(game, lambda formula: float(self._of_lane(self.value(formula), i)))

            self._games[game.name] = [lane(i) for i in range(self.setup.lanes)]
        return self._games[game.name]

    def _of_lane(self, value: Array, i: int) -> Array:
        return np.broadcast_to(value, (self.setup.lanes,))[i]

    def game_result(self, game: ModelGame, name: str, view: View, result: Result) -> Array:
        due = self.k in due_steps(game, self.setup.model.time.steps)
        if not (self.opening or due):
            return self.carried.values[name]
        return np.array([lane.result(view, result) for lane in self.lanes(game)])

    def is_played(self, game: ModelGame) -> Array:
        play = game.play
        assert play is not None
        due = self.k >= play.offset and (self.k - play.offset) % play.every == 0
        happens = np.full(self.setup.lanes, due and not self.opening)
        if play.event and not self.opening:
            happens &= self.read(play.event) > 0
        if play.when is not None and not self.opening:
            happens &= self.value(play.when) != 0
        return happens.astype(float)

    def plays(self, game: ModelGame) -> list[tuple[set[tuple[str, str]], int] | None]:
        """What happens in each future's play; None where there is none."""
        if game.name not in self._plays:
            stream, happens = game.about.alias or game.name, self.read(game.name)
            uniforms = {
                move.name: self.setup.uniform(stream, f"move {move.name}", self.k)
                for move in game.moves
            }
            self._plays[game.name] = [
                lane.play({move: float(u[i]) for move, u in uniforms.items()})
                if happens[i]
                else None
                for i, lane in enumerate(self.lanes(game))
            ]
        return self._plays[game.name]

    def move_made(self, game: ModelGame, pair: tuple[str, str]) -> Array:
        if self.opening:
            return np.zeros(())
        return np.array([float(play is not None and pair in play[0]) for play in self.plays(game)])

    def learnt(self, game: ModelGame, holder: str, lesson: Lesson) -> Array:
        """What the play of a game tells a holder, in log-odds."""
        found = []
        for lane, play in zip(self.lanes(game), self.plays(game), strict=True):
            found.append(0.0 if play is None else lane.lesson(holder, lesson, play[1]))
        return np.array(found)

    # -- beliefs ----------------------------------------------------------------------------------

    def probability_of(self, belief: Belief) -> Array:
        return special.expit(self.read(f"{belief.name}.logodds"))

    def logodds(self, belief: Belief) -> Array:
        if self.setup.held(belief.name, self.k) is None:
            return self.carried.values[f"{belief.name}.logodds"]
        return logodds(self.read(belief.name), belief.bound)


def arm_settings(model: Model, arm: Arm) -> dict[str, Setting]:
    """What an arm orders of each lever: its own settings, its policies', or the default."""
    settings: dict[str, Setting] = {lever.name: Constant(lever.default) for lever in model.levers}
    policies = {policy.name: policy for policy in model.policies}
    for name in filter(None, arm.policy.split("+")):
        settings |= dict(policies[name].settings)
    return settings | {name: Constant(value) for name, value in arm.settings}


def logodds(probability: Array, bound: float) -> Array:
    """Log-odds of a probability, within the bound of its belief."""
    return np.clip(special.logit(probability), -bound, bound)


def pick(weights: Array, u: Array) -> Array:
    """The index that a uniform picks from unnormalised weights, ``[options, lanes or 1]``."""
    upto = np.cumsum(weights, axis=0)
    return np.sum(u * upto[-1] >= upto[:-1], axis=0)


def _definitions(model: Model) -> dict[str, Callable[[Moment], Array]]:
    def of(method: Callable[..., Array], *arguments: Any) -> Callable[[Moment], Array]:
        return lambda now: method(now, *arguments)

    names: dict[str, Callable[[Moment], Array]] = {
        "time": lambda now: np.asarray(now.k * now.setup.dt),
        "dt": lambda now: np.asarray(now.setup.dt),
    }
    for parameter in model.parameters:
        names[parameter.name] = of(Moment.parameter, parameter.name)
    for lever in model.levers:
        names[f"{lever.name}.ordered"] = of(Moment.ordered, lever)
        lagged = lever.lag is not None
        names[lever.name] = (
            of(Moment.carried_value, lever.name) if lagged else of(Moment.target, lever)
        )
        if lever.cost is not None:
            names[f"{lever.name}.cost"] = of(Moment.value, lever.cost)
    for seen in model.observations:
        names[seen.name] = of(Moment.observed, seen)
    for auxiliary in model.auxiliaries:
        names[auxiliary.name] = of(Moment.value, auxiliary.formula)
    for noise in model.noises:
        names[noise.name] = of(Moment.noise, noise)
    for event in model.events:
        names[event.name] = of(Moment.count, event)
        names[f"{event.name}.magnitude"] = of(Moment.magnitude, event)
        if event.kind != "calendar":
            names[f"{event.name}.{event.kind}"] = of(Moment.value, event.driver)
    for stock in model.stocks:
        names[stock.name] = of(Moment.carried_value, stock.name)
    for belief in model.beliefs:
        names[belief.name] = of(Moment.probability_of, belief)
        names[f"{belief.name}.logodds"] = of(Moment.logodds, belief)
    for choice in model.choices:
        names[choice.name] = of(Moment.carried_value, choice.name)
        for i, option in enumerate(choice.options):
            names[f"{choice.name}.{option.name}"] = of(Moment.is_in_force, choice, i)
            names[f"{choice.name}.probability.{option.name}"] = of(Moment.probability, choice, i)
    for game in model.games:
        if game.every:
            for name, (view, result) in result_names(game).items():
                names[name] = of(Moment.game_result, game, name, view, result)
        if game.play is not None:
            names[game.name] = of(Moment.is_played, game)
            for name, pair in move_names(game).items():
                names[name] = of(Moment.move_made, game, pair)
    return names


def _stream_of_observation(model: Model, seen: Observation) -> str:
    aliases: dict[str, str] = {lever.name: lever.about.alias for lever in model.levers}
    aliases |= {auxiliary.name: auxiliary.about.alias for auxiliary in model.auxiliaries}
    aliases |= {noise.name: noise.about.alias for noise in model.noises}
    aliases |= {event.name: event.about.alias for event in model.events}
    aliases |= {stock.name: stock.about.alias for stock in model.stocks}
    aliases |= {belief.name: belief.about.alias for belief in model.beliefs}
    aliases |= {choice.name: choice.about.alias for choice in model.choices}
    return f"{aliases.get(seen.of) or seen.of}@{seen.actor}"
