"""The model walked as it is written: short, slow, in double precision, without JAX.

This is the oracle of the compiled engine. It shares the random words of
:mod:`reassure.engine.random` with it and nothing else: it follows the docstrings of
:mod:`reassure.model.checked` step by step, asking for one name after another
(:mod:`reassure.engine.moment`). Futures stand side by side as the last axis of every array; there
is no other vectorisation.

Where the docstrings leave room, this is what is meant:

- A held name is held for its owner too: a stock held at a value moves on from that value, a choice
  held at an option decides from there. What derives from a held name follows it (``B.logodds`` from
  a held belief, ``C.<option>`` from a held choice, ``E.magnitude`` from a held event).
- The *opening* of a model is its first step with event counts, noise and errors of observation
  taken as zero, and every memory at its own opening value. Memories start from it, and a delayed
  observation shows it until something has had the time to arrive.
- A lever with a lag stands at its default at first and then moves by the step factor
  ``1 - exp(-dt / lag)``.
- ``since`` counts on from its initial value until the source is first nonzero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.engine import random as generator
from reassure.engine.evaluation import Array, evaluate
from reassure.engine.games.names import formulas_of, read_results
from reassure.engine.moment import Carried, Moment, Setup, arm_settings, logodds, pick
from reassure.model.checked import Arm, Belief, Choice, Model
from reassure.model.expression import Memory, memories

__all__ = ["Interpreted", "evaluate", "interpret"]


@dataclass(frozen=True)
class Interpreted:
    """What :func:`interpret` found.

    Attributes:
        outcomes: ``[lanes]`` an outcome, in the outcome's unit.
        paths: ``[steps + 1, lanes]`` a recorded name, in internal units.
    """

    outcomes: dict[str, Array]
    paths: dict[str, Array]


def interpret(
    model: Model,
    arm: Arm,
    parameters: Any,
    scenarios: Any,
    replications: Any,
    seed: int,
    design: str,
    *,
    held_paths: Mapping[str, Any] | None = None,
    record: Iterable[str] = (),
) -> Interpreted:
    """Run futures one step after another.

    Args:
        model: a checked model.
        arm: policy, settings, parameters and ``do:``; quantiles must have become ``parameters``.
        parameters: ``[lanes, P]`` (or ``[1, P]`` for all lanes), internal units, in the model's
            order: the row of each lane's scenario.
        scenarios, replications: ``[lanes]``, the addresses of the lanes' luck.
        seed, design: the rest of the address.
        held_paths: quantities held at a path, ``[steps + 1, lanes]`` in internal units.
        record: names whose paths are wanted.

    Raises:
        ValueError: the arm still has quantiles, or a name is defined through itself at the opening.
        KeyError: a name is not the model's.
    """
    if arm.quantiles:
        raise ValueError("an arm's quantiles must become parameters before it is run")
    future = generator.future_words(seed, design, scenarios, replications)
    table = np.asarray(parameters, dtype=float)
    table = np.broadcast_to(table, (future[0].shape[0], len(model.parameters)))
    drawn = {parameter.name: table[:, i] for i, parameter in enumerate(model.parameters)}
    fixed = {name: np.asarray(value, dtype=float) for name, value in arm.parameters}
    paths = {name: np.asarray(path, dtype=float) for name, path in (held_paths or {}).items()}
    setup = Setup(model, arm, future, drawn | fixed, arm_settings(model, arm), paths)
    with np.errstate(all="ignore"):
        return _run(setup, tuple(record))


def _run(setup: Setup, record: tuple[str, ...]) -> Interpreted:
    """Take every step and read the outcomes off."""
    model, steps = setup.model, setup.model.time.steps
    paths: dict[str, list[Array]] = {name: [] for name in record}
    values: dict[str, dict[int, Array]] = {outcome.name: {} for outcome in model.outcomes}
    carried = _opened(setup)
    for k in range(steps + 1):
        now = Moment(setup, carried, k)
        for name in record:
            paths[name].append(np.broadcast_to(now.read(name), (setup.lanes,)))
        for outcome in model.outcomes:
            if outcome.first <= k <= outcome.last:
                value = now.value(outcome.formula)
                values[outcome.name][k] = np.broadcast_to(value, (setup.lanes,))
        if k < steps:
            carried = _moved_on(setup, now)
    outcomes = {
        o.name: _outcome(o.kind, values[o.name], o.first, o.last, setup.dt) / o.unit.factor
        for o in model.outcomes
    }
    return Interpreted(outcomes, {name: np.stack(path) for name, path in paths.items()})


def _opened(setup: Setup) -> Carried:
    """Carried values, then memories and delayed observations, at the first step."""
    model = setup.model
    carried = Carried({}, {}, {})
    first = Moment(setup, carried, 0, opening=True)
    for stock in model.stocks:
        carried.values[stock.name] = first.value(stock.initial)
    for belief in model.beliefs:
        start = logodds(first.value(belief.initial), belief.bound)
        carried.values[f"{belief.name}.logodds"] = start
    for choice in model.choices:
        carried.values[choice.name] = np.asarray(float(choice.initial))
    for lever in model.levers:
        carried.values[lever.name] = np.asarray(lever.default)
    for name in _held_results(model):
        carried.values[name] = np.zeros(())  # every game is appraised at the first step
    for node in dict.fromkeys(node for f in formulas_of(model) for node in memories(f)):
        start, count = first.remember(node), max(node.steps, node.order)
        if node.function == "material_delay":
            start = start * setup.dt / first.stage_factor(node)
        carried.stages[node] = [start] * count
    for seen in model.observations:
        carried.seen[seen.name] = [first.read(seen.of)]
    return carried


def _moved_on(setup: Setup, now: Moment) -> Carried:
    """What step k hands to k + 1, all of it from the values at k."""
    model, dt = setup.model, setup.dt
    values: dict[str, Array] = {}
    for stock in model.stocks:
        moved = now.read(stock.name) + dt * now.value(stock.change) + now.value(stock.jump)
        values[stock.name] = np.clip(moved, stock.low, stock.high)
    for belief in model.beliefs:
        values[f"{belief.name}.logodds"] = _moved_belief(belief, now)
    for choice in model.choices:
        values[choice.name] = _decided(choice, now)
    for lever in model.levers:
        if lever.lag is not None:
            effective, share = now.read(lever.name), -np.expm1(-dt / now.value(lever.lag))
            values[lever.name] = effective + share * (now.target(lever) - effective)
    for noise in model.noises:
        values[noise.name] = now.read(noise.name)
    for name in _held_results(model):
        values[name] = now.read(name)
    stages = {node: _remembered(node, now) for node in now.carried.stages}
    seen = {s.name: [*now.carried.seen[s.name], now.read(s.of)] for s in model.observations}
    return Carried(values, stages, seen)


def _moved_belief(belief: Belief, now: Moment) -> Array:
    level, dt = now.read(f"{belief.name}.logodds"), now.setup.dt
    evidence: Array = np.zeros(())
    for item in belief.evidence:
        if item.lesson is not None:
            game = next(g for g in now.setup.model.games if g.name == item.lesson.game)
            evidence = evidence + now.learnt(game, belief.holder, item.lesson)
            continue
        times = now.read(item.event) if item.kind == "event" else dt
        evidence = evidence + now.value(item.weight) * times
    if belief.fades is not None:
        rest = logodds(now.value(belief.rest or belief.initial), belief.bound)
        level = rest + (level - rest) * np.exp(-dt / now.value(belief.fades))
    return np.clip(level + evidence, -belief.bound, belief.bound)


def _decided(choice: Choice, now: Moment) -> Array:
    present = now.read(choice.name)
    if now.k < choice.offset or (now.k - choice.offset) % choice.every:
        return present
    u = now.setup.uniform(choice.about.alias or choice.name, "choice", now.k)
    taken = pick(now.weights(choice), u).astype(float)
    if choice.when is None:
        return taken
    return np.where(now.value(choice.when) != 0, taken, present)


def _remembered(node: Memory, now: Moment) -> list[Array]:
    stages, source = now.carried.stages[node], now.value(node.source)
    match node.function:
        case "previous":
            return [source]
        case "delay":
            return [*stages[1:], source]
        case "since":
            return [np.where(source != 0, now.setup.dt, stages[0] + now.setup.dt)]
    a = now.stage_factor(node)
    if node.function == "smooth":
        before = [source, *stages[:-1]]
        return [s + a * (inflow - s) for s, inflow in zip(stages, before, strict=True)]
    inflows = [now.setup.dt * source, *(a * s for s in stages[:-1])]
    return [s + inflow - a * s for s, inflow in zip(stages, inflows, strict=True)]


def _held_results(model: Model) -> list[str]:
    """Results of games that some formula reads, which hold from one appraisal to the next."""
    return [name for game in model.games if game.every for name in read_results(model, game)]


def _outcome(kind: str, values: dict[int, Array], first: int, last: int, dt: float) -> Array:
    """One outcome from its formula's values at steps ``first .. last``."""
    if kind == "final":
        return values[last]
    if kind == "change":
        return values[last] - values[first]
    window = np.stack([values[k] for k in range(first, last)])
    truth = window != 0
    results: dict[str, Callable[[], Any]] = {
        "mean": lambda: window.mean(axis=0),
        "total": lambda: window.sum(axis=0) * dt,
        "sum": lambda: window.sum(axis=0),
        "max": lambda: window.max(axis=0),
        "min": lambda: window.min(axis=0),
        "share": lambda: truth.mean(axis=0),
        "reached": lambda: truth.any(axis=0),
        "time_to": lambda: np.where(truth.any(axis=0), truth.argmax(axis=0), last - first) * dt,
    }
    return np.asarray(results[kind](), dtype=float)
