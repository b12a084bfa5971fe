"""Forecasts of a model from an origin: told to there, and free from there on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from reassure.engine.lanes import Lanes
from reassure.engine.random import future_words
from reassure.engine.scalars import orders
from reassure.history.backtest.dates import Hazards, dated
from reassure.history.backtest.learning import Learnt
from reassure.history.backtest.questions import Question
from reassure.history.backtest.seen import Seen
from reassure.history.fit.families import draw, log_density
from reassure.history.scores import Forecast
from reassure.model.checked import Arm
from reassure.model.expression import references

Array = np.ndarray[Any, Any]

AS_IT_WAS = "as-it-was"
"""Levers stay as they were at the origin."""


@dataclass(frozen=True)
class _Told:
    """Predictors and arguments of a question, one column a period: ``[lanes, periods]``."""

    predictor: Array
    arguments: Mapping[str, tuple[Array, ...]]


def forecasts(
    seen: Seen,
    questions: tuple[Question, ...],
    learnt: Learnt,
    *,
    seed: int = 0,
    policy: str = AS_IT_WAS,
) -> dict[str, Forecast]:
    """The forecast of each question by name, one draw for each draw of the parameters.

    A question's draws depend on the period asked, not on which others are asked.

    Args:
        seen: what is told.
        learnt: draws of the parameters.
        policy: :data:`AS_IT_WAS`, or the name of one of the model's, which rules from the origin on.

    Raises:
        UsageError: there is no such policy.
    """
    found: dict[str, Forecast] = {}
    valued = tuple(item for item in questions if not item.dated)
    if valued:
        rows = _run(seen, valued, learnt, seed, policy, ())
        for item in valued:
            found[item.name] = _valued(item, _together(item, rows[item.name]), learnt, seed)
    for still, items in _by_choices(seen, questions).items():
        rows = _run(seen, items, learnt, seed, policy, still)
        for item in items:
            mean = np.stack([h for h, _ in rows[item.name].values()], axis=1)
            hazards = Hazards(mean, seen.model.time.dt, learnt.weights)
            found[item.name] = dated(hazards, np.random.default_rng(_key(item.name, 0, seed)))
    return {item.name: found[item.name] for item in questions}


def _by_choices(
    seen: Seen, questions: tuple[Question, ...]
) -> dict[tuple[str, ...], tuple[Question, ...]]:
    """Questions of dates, by the choices whose probabilities they read.

    The chance that something comes first in a step is that of worlds in which it has not come yet.
    So where a choice makes the rate, its forecast holds the choice where it is.
    """
    found: dict[tuple[str, ...], tuple[Question, ...]] = {}
    for item in questions:
        if item.dated:
            read = references(item.measurement.formula)
            still = tuple(
                choice.name
                for choice in seen.model.choices
                if any(name.startswith(f"{choice.name}.probability.") for name in read)
            )
            found[still] = (*found.get(still, ()), item)
    return found


def _run(
    seen: Seen,
    questions: tuple[Question, ...],
    learnt: Learnt,
    seed: int,
    policy: str,
    still: tuple[str, ...],
) -> dict[str, dict[int, tuple[Array, dict[str, tuple[Array, ...]]]]]:
    """Predictors and arguments of each question by the last step of each period."""
    source = seen.program(questions, still)
    rows = source.program.steps + 1
    given, told = seen.tables(questions, rows, held=policy == AS_IT_WAS)
    count, step = learnt.count, seen.origin.step
    words = future_words(seed, "sobol", np.arange(count), np.zeros(count, dtype=int))
    usual = orders(source.model, source.program, Arm())
    lanes = Lanes(source, usual, given, told, learnt.parameters(source.model), words, still)
    wanted = {
        item.name: set(range(step, item.last[-1] + 1)) if item.dated else set(item.last.tolist())
        for item in questions
    }
    found: dict[str, dict[int, Any]] = {item.name: {} for item in questions}
    for k in range(max(int(item.last[-1]) for item in questions) + 1):
        if k == step:
            lanes = _freed(lanes, seen, given, told, policy, still)
        data = lanes.advance().data()
        for datum, (predictor, arguments, _, _) in zip(source.data, data, strict=True):
            if k in wanted[datum.name]:
                found[datum.name][k] = (np.array(predictor), arguments)
    return found


def _freed(
    lanes: Lanes,
    seen: Seen,
    given: dict[str, Array],
    told: dict[str, Array],
    policy: str,
    still: tuple[str, ...],
) -> Lanes:
    """The lanes at the origin, under the policy and with the choices ``still`` where they are."""
    step, source = seen.origin.step, lanes.source
    for name in still:
        rows = source.program.steps + 1
        given[name] = given.get(name, np.zeros(rows))
        told[name] = told.get(name, np.zeros(rows, dtype=bool))
        given[name][step:] = _most(lanes.look().read(name))
        told[name][step:] = True
    if policy != AS_IT_WAS:
        after = orders(source.model, source.program, Arm(policy=policy))
        return lanes.retold(given, told, after)
    return lanes.retold(given, told, lanes.orders) if still else lanes


def _most(indices: Array) -> float:
    """The option in force in most lanes: in all of them, where the record tells the choice."""
    values, counts = np.unique(np.asarray(indices), return_counts=True)
    return float(values[np.argmax(counts)])


def _together(item: Question, rows: Mapping[int, tuple[Array, Mapping[str, Any]]]) -> _Told:
    at = [rows[int(k)] for k in item.last]
    predictor = np.stack([h for h, _ in at], axis=1)
    lanes = len(predictor)

    def column(name: str, i: int) -> Array:
        return np.stack(
            [np.broadcast_to(np.asarray(a[name][i], dtype=float), (lanes,)) for _, a in at], axis=1
        )

    names = {name: len(values) for name, values in at[0][1].items()}
    arguments = {name: tuple(column(name, i) for i in range(n)) for name, n in names.items()}
    return _Told(predictor, arguments)


def _valued(item: Question, told: _Told, learnt: Learnt, seed: int) -> Forecast:
    family = item.measurement.likelihood.family
    columns = []
    for j, k in enumerate(item.last):
        arguments = {
            name: tuple(part[:, j] for part in parts) for name, parts in told.arguments.items()
        }
        rng = np.random.default_rng(_key(item.name, int(k), seed))
        columns.append(draw(family, told.predictor[:, j], arguments, rng))

    def density(observed: Array) -> Array:
        with np.errstate(all="ignore"):
            found = log_density(family, observed[None, :], told.predictor, told.arguments, np)
        return np.asarray(np.nan_to_num(found, nan=-np.inf, neginf=-np.inf))

    return Forecast(np.stack(columns, axis=1), item.whole, learnt.weights, density)


def _key(name: str, step: int, seed: int) -> list[int]:
    return [seed, crc32(name.encode()), step]
