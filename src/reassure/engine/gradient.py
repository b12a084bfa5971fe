"""Derivatives of expected outcomes by parameters.

In each scenario, for an outcome Y, a parameter p and the discrete draws D (counts of events,
choices)::

    d E[Y] / dp = E[ dY/dp along the path, D held fixed  +  (Y - b) * d log P(D) / dp ]

The first term is pathwise (Glasserman 2004, Monte Carlo Methods in Financial Engineering, 7.2):
noise and the sizes of events are functions of fixed uniforms. The second is the score function, or
likelihood ratio (7.3), joined to it as Schulman et al. 2015 do (Gradient Estimation Using
Stochastic Computation Graphs, NeurIPS 28), with the mean of the scenario's other replications as
the baseline b, which leaves it unbiased (Kool, van Hoof & Welling 2019, Buy 4 REINFORCE Samples,
Get a Baseline for Free!). Both are exact in expectation where a path is Lipschitz in the
parameters. Where a formula jumps at a quantity that moves with them, neither sees the jump: such a
derivative is refused, and the formula named. ``smooth`` asks for the derivative of another model
instead, one with its jumps rounded off (:mod:`reassure.engine.smoothing`), and measures what that
changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reassure.engine import chance_nodes
from reassure.engine import random as generator
from reassure.engine.adjoint import Tape
from reassure.engine.ensemble import Ensemble, Parameters, parameter_rows
from reassure.engine.games.names import lesson_name, lessons, move_names
from reassure.engine.lower import Lowering
from reassure.engine.program import Program
from reassure.engine.scalars import orders
from reassure.engine.smoothing import smoothed
from reassure.engine.thresholds import Paths, Threshold, paths
from reassure.model.checked import Arm, Choice, Event, Model
from reassure.model.mistakes import UsageError, suggest

Array = Any

BATCH = 256  # futures at a time: their states of every step are kept


@dataclass(frozen=True)
class Gradient:
    """Derivatives of the expected outcomes by the parameters, scenario by scenario.

    Attributes:
        outcomes, parameters: names along the last two axes.
        values: ``[scenario, outcome, parameter]``, in the outcome's unit by the parameter's written
            unit; zero for a parameter that the arm fixes.
        errors: standard errors of ``values`` from chance inside a scenario; NaN for a single
            replication.
        means: ``[scenario, outcome]``, expected outcomes of the model as it was differentiated.
        bias: ``[scenario, outcome]``, how far smoothing moved the expected outcomes, under the
            same luck; zero without smoothing.
        smooth: the width of the smoothing, or None.
    """

    outcomes: tuple[str, ...]
    parameters: tuple[str, ...]
    values: Array
    errors: Array
    means: Array
    bias: Array
    smooth: float | None = None


def jumps(
    model: Model, arm: Arm, outcomes: Iterable[str] = (), by: Collection[str] = ()
) -> tuple[Threshold, ...]:
    """What stands against derivatives of ``outcomes`` (all) by the parameters ``by`` (all).

    Raises:
        UsageError: there is no such outcome or parameter.
    """
    asked, parameters = _asked(model, outcomes, by)
    ways = paths(model, arm, parameters)
    found = [jump for o in asked.outcomes for jump in ways.thresholds(o)]
    return tuple(dict.fromkeys(found))


def gradient(
    model: Model,
    arm: Arm,
    parameters: Parameters | Array,
    ensemble: Ensemble,
    *,
    outcomes: Iterable[str] = (),
    by: Collection[str] = (),
    smooth: float | None = None,
) -> Gradient:
    """Derivatives of expected outcomes by parameters.

    Args:
        model: a checked model.
        arm: the way to run it; quantiles must have become ``parameters``.
        parameters: a design, or ``[scenario, P]`` in internal units in the model's order.
        ensemble: which futures.
        outcomes, by: names of outcomes and of parameters; all of them if empty.
        smooth: None for the model as it is; or a width, for the model with its jumps rounded off.

    Raises:
        UsageError: an outcome jumps on the way (each formula is named), or a derivative is not
            finite, or a name is not the model's; a game on the way is played, or its solves are
            flagged.
    """
    asked, names = _asked(model, outcomes, by)
    if arm.quantiles:
        raise ValueError("an arm's quantiles must become parameters before it is run")
    used = asked if smooth is None else smoothed(asked, arm, names, smooth)
    ways = paths(used, arm, names)
    _refuse(used, ways, smooth)
    _refuse_plays(used, ways)
    run = _Run(used, arm, parameters, ensemble, ways)
    plain = run if smooth is None else _Run(asked, arm, parameters, ensemble, ways)
    shape = (len(asked.outcomes), ensemble.scenarios, ensemble.replications)
    means = run.outcomes().reshape(shape)
    bias = means - plain.outcomes().reshape(shape) if smooth is not None else np.zeros(shape)
    slopes = run.slopes(means)
    columns = [[p.name for p in model.parameters].index(name) for name in names]
    fixed = dict(arm.parameters)
    units = np.array(
        [
            0.0 if name in fixed else model.parameters[i].unit.factor
            for name, i in zip(names, columns, strict=True)
        ]
    )
    slopes = slopes[columns].transpose(2, 1, 0).reshape(*shape[1:], len(asked.outcomes), -1) * units
    _check_finite(slopes, asked, names)
    spread = slopes.std(axis=1, ddof=1) if shape[2] > 1 else np.full(slopes[:, 0].shape, np.nan)
    return Gradient(
        outcomes=tuple(o.name for o in asked.outcomes),
        parameters=names,
        values=slopes.mean(axis=1),
        errors=spread / np.sqrt(shape[2]),
        means=means.mean(axis=2).T,
        bias=bias.mean(axis=2).T,
        smooth=smooth,
    )


def _asked(
    model: Model, outcomes: Iterable[str], by: Collection[str]
) -> tuple[Model, tuple[str, ...]]:
    """The model with the outcomes asked for, and the names of the parameters."""
    known = {outcome.name: outcome for outcome in model.outcomes}
    parameters = [parameter.name for parameter in model.parameters]
    for name in outcomes:
        if name not in known:
            raise UsageError(f"there is no outcome {name}", suggest(name, known))
    for name in by:
        if name not in parameters:
            raise UsageError(f"there is no parameter {name}", suggest(name, parameters))
    chosen = tuple(known[name] for name in outcomes) or model.outcomes
    return replace(model, outcomes=chosen, claims=()), tuple(by) or tuple(parameters)


def _refuse(model: Model, ways: Paths, smooth: float | None) -> None:
    found = dict.fromkeys(jump for o in model.outcomes for jump in ways.thresholds(o))
    if found:
        listed = "; ".join(map(str, found))
        remedy = "ask for fewer outcomes or parameters, or for a smoothed model"
        if smooth is not None:
            remedy = "these have no smooth form: ask for fewer outcomes or parameters"
        raise UsageError(f"no derivative: the model jumps at {listed}", remedy)


def _refuse_plays(model: Model, ways: Paths) -> None:
    """The moves of a play are drawn by strategies: neither term of a derivative sees how these
    move."""
    behind = frozenset[str]().union(*(ways.behind(o.formula) for o in model.outcomes))
    for game in model.games:
        names = {lesson_name(*item) for item in lessons(model, game)} | move_names(game).keys()
        moves = [part for name in behind & names for part in ways.parts.get(name, ())]
        if game.play is not None and any(ways.moves(part.formula) for part in moves):
            raise UsageError(
                f"no derivative: the moves of game {game.name} are drawn as it is played, by"
                " strategies that move with the parameters",
                "ask for outcomes or parameters that its plays do not tie together",
            )


def _check_finite(slopes: Array, model: Model, names: Sequence[str]) -> None:
    bad = ~np.isfinite(slopes).all(axis=(0, 1))
    if bad.any():
        outcome, parameter = np.argwhere(bad)[0]
        raise UsageError(
            f"the derivative of {model.outcomes[outcome].name} by {names[parameter]} is not finite",
            "look for a square root, power or logarithm at the edge of where it is defined",
        )


class _Run:
    """The futures of an ensemble on tape, in batches."""

    def __init__(
        self,
        model: Model,
        arm: Arm,
        parameters: Parameters | Array,
        ensemble: Ensemble,
        ways: Paths,
    ) -> None:
        self.model, self.ways = model, ways
        held = tuple(name for name, _ in arm.do)
        lowering = _Scored(model, held, ways)
        self.program: Program = lowering.program()
        self.scores = lowering.scores
        self.given = orders(model, self.program, arm)
        address = ensemble.addresses(0, ensemble.futures)
        self.future = generator.future_words(ensemble.seed, ensemble.design, *address)
        table = parameter_rows(parameters, ensemble, address[0]).T.copy()
        order = [parameter.name for parameter in model.parameters]
        for name, value in arm.parameters:
            table[order.index(name)] = value
        self.table = table

    def outcomes(self) -> Array:
        """``[outcome, lanes]``."""
        return np.concatenate([tape.readings() for _, tape in self._tapes()], axis=1)

    def slopes(self, outcomes: Array) -> Array:
        """Each future's term of the derivative, ``[P, outcome, lanes]``, internal parameter units.

        Args:
            outcomes: ``[outcome, scenario, replication]``, from which the baselines are taken.
        """
        count, replications = len(outcomes), outcomes.shape[-1]
        others = (outcomes.sum(axis=-1, keepdims=True) - outcomes) / max(replications - 1, 1)
        surprise = (outcomes - (others if replications > 1 else 0.0)).reshape(count, -1)
        found = []
        for lanes, tape in self._tapes():
            seeds = {
                position: self._weight(name, surprise[:, lanes])
                for name, position in self.scores.items()
            }
            for row, reading in enumerate(self.program.readings):
                seed = np.zeros((count, surprise[:, lanes].shape[1]))
                seed[row] = reading.scale
                seeds[reading.state] = seed
            found.append(tape.backward(seeds, count))
        return np.concatenate(found, axis=-1)

    def _weight(self, drawn: str, surprise: Array) -> Array:
        """What a draw's score counts for in each outcome: nothing where it leads nowhere."""
        leads = [drawn in self.ways.behind(outcome.formula) for outcome in self.model.outcomes]
        return surprise * np.array(leads)[:, None]

    def _tapes(self) -> Iterable[tuple[slice, Tape]]:
        for first in range(0, self.table.shape[1], BATCH):
            lanes = slice(first, first + BATCH)
            future = tuple(part[lanes] for part in self.future)
            yield lanes, Tape(self.program, self.given, self.table[:, lanes], future)


class _Scored(Lowering):
    """A program that also adds up the log-probabilities of its draws, each in a state of its own.

    ``scores`` gives the position of the state of each event and choice whose probability moves.
    """

    def __init__(self, model: Model, holdable: Iterable[str], ways: Paths) -> None:
        super().__init__(model, holdable)
        self.ways = ways
        self.scores: dict[str, int] = {}

    def _move_elements(self) -> None:
        super()._move_elements()
        for event in self.model.events:
            if event.kind != "calendar" and self._matters(event.name):
                self._score(event.name, lambda event=event: self._of_event(event))  # type: ignore[misc]
        for choice in self.model.choices:
            if self._matters(choice.name):
                self._score(choice.name, lambda choice=choice: self._of_choice(choice))  # type: ignore[misc]

    def _matters(self, drawn: str) -> bool:
        leads = any(drawn in self.ways.behind(o.formula) for o in self.model.outcomes)
        parts = self.ways.parts.get(drawn, ())
        return leads and any(self.ways.moves(part.formula) for part in parts)

    def _score(self, name: str, of_step: Callable[[], int]) -> None:
        self.scores[name] = position = len(self._states)
        self._states.append((f"score {name}", -1, -1))
        so_far = self.graph.leaf("state", position)
        self._set_state(
            position,
            lambda: self.graph.number(0.0),
            lambda: self.graph.add("add", so_far, of_step()),
        )

    def _of_event(self, event: Event) -> int:
        """Log-probability of the count, up to what no parameter moves."""
        graph, now = self.graph, self.now
        one, happened = graph.number(1.0), chance_nodes.count(now, event)
        some = graph.add("gt", happened, graph.number(0.0))
        if event.kind == "probability":
            p = now.read(f"{event.name}.probability")
            p = graph.add("min", graph.add("max", p, graph.number(0.0)), one)
            rest = graph.add("log1p", graph.add("neg", p))
            return graph.select(some, graph.add("log", p), rest)
        rate = graph.add("max", now.read(f"{event.name}.rate"), graph.number(0.0))
        mean = graph.add("mul", rate, graph.number(self.dt))
        none = graph.add("neg", mean)
        below = term = graph.add("exp", none)
        for c in range(1, event.cap):
            term = graph.add("mul", term, graph.add("mul", mean, graph.number(1.0 / c)))
            below = graph.add("add", below, term)
        counted = graph.add("add", none, graph.add("mul", happened, graph.add("log", mean)))
        capped = graph.add("log", graph.add("sub", one, below))
        at_cap = graph.add("ge", happened, graph.number(float(event.cap)))
        return graph.select(at_cap, capped, graph.select(some, counted, none))

    def _of_choice(self, choice: Choice) -> int:
        """Log-probability of the option taken, where a decision was due."""
        graph, now = self.graph, self.now
        weights = chance_nodes.weights(now, choice)
        total = graph.chain("add", weights, 0.0)
        taken, score = chance_nodes.decided(now, choice), graph.number(0.0)
        for i, weight in enumerate(weights):
            chosen = graph.add("eq", taken, graph.number(float(i)))
            score = graph.select(chosen, graph.add("log", graph.add("div", weight, total)), score)
        return graph.select(chance_nodes.is_due(now, choice), score, graph.number(0.0))
