"""Where one future turned: the largest shifts in beliefs, the changes of choice, and what moved them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reassure.engine.evaluation import evaluate
from reassure.engine.games.names import lesson_name
from reassure.model.checked import Belief, Choice, Model
from reassure.model.expression import Binary, Expression, memories, references

Paths = Mapping[str, NDArray[np.float64]]
"""Every named quantity of one future, [step], in internal units."""

SMALLEST_SHIFT = 0.05  # of a belief, in probability: less would not be told
MOST_OF_ONE_BELIEF = 3

NEGLIGIBLE = 0.05  # of the largest driver: less is not worth a word

# How a change of choice compares with a shift of a belief's probability: an option taken for the first time is
# news, a return to one that was in force before is less than most shifts of belief.
FIRST_TIME = 0.5
RETURN = 0.1


@dataclass(frozen=True, slots=True)
class Driver:
    """One thing that moved a belief (in log-odds) or a choice (in utility), and by how much."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A shift worth telling.

    Attributes:
        kind: 'belief' or 'choice'.
        name: of the belief or choice.
        first, last: steps between which a belief moved; for a choice both are the step of the decision.
        before, after: the belief's probability, or the option's index.
        likelihood: for a choice, what the logit gave the option taken; None for a belief.
        drivers: what moved it, largest first. For a belief they and ``rest`` add up to the shift in log-odds;
            for a choice each is the change in the advantage of the new option over the old one since the last
            decision when that quantity alone moves.
        rest: of a belief's shift, what no term of evidence explains: fading above all.
        size: for ranking.
    """

    kind: str
    name: str
    first: int
    last: int
    before: float
    after: float
    likelihood: float | None
    drivers: tuple[Driver, ...]
    rest: float
    size: float


def turning_points(model: Model, paths: Paths, *, most: int = 12) -> list[TurningPoint]:
    """The ``most`` largest turning points of a future, in order of time."""
    found = [point for choice in model.choices for point in _changes(model, choice, paths)]
    for belief in model.beliefs:
        found.extend(_shifts(model, belief, paths))
    largest = sorted(found, key=lambda point: -point.size)[:most]
    return sorted(largest, key=lambda point: (point.last, point.first))


def _shifts(model: Model, belief: Belief, paths: Paths) -> list[TurningPoint]:
    """The belief's largest moves over a year, none overlapping another."""
    steps = model.time.steps
    span = min(max(1, round(1 / model.time.dt)), steps)
    probability, logodds = paths[belief.name], paths[f"{belief.name}.logodds"]
    terms = _evidence_terms(model, belief, paths)
    moves = probability[span : steps + 1] - probability[: steps + 1 - span]
    taken = np.zeros(len(moves), dtype=bool)
    found: list[TurningPoint] = []
    for start in np.argsort(-np.abs(moves), kind="stable"):
        first = int(start)
        if abs(moves[first]) < SMALLEST_SHIFT or len(found) == MOST_OF_ONE_BELIEF:
            break
        if taken[max(0, first - span) : first + span].any():
            continue
        taken[first] = True
        last = first + span
        drivers = [Driver(name, float(term[first:last].sum())) for name, term in terms.items()]
        shift = float(logodds[last] - logodds[first])
        found.append(
            TurningPoint(
                "belief",
                belief.name,
                first,
                last,
                float(probability[first]),
                float(probability[last]),
                None,
                _largest(drivers),
                shift - sum(driver.amount for driver in drivers),
                abs(float(moves[first])),
            )
        )
    return found


def _evidence_terms(model: Model, belief: Belief, paths: Paths) -> dict[str, NDArray[np.float64]]:
    """Log-odds that each term of evidence adds at each step; terms with a memory count in the rest."""
    found = {}
    for item in belief.evidence:
        if item.lesson is not None:
            found[item.name] = paths[lesson_name(belief.holder, item.lesson)]
            continue
        if memories(item.weight):
            continue
        weight = _value(model, item.weight, paths)
        amount = paths[item.event] if item.kind == "event" else np.full(len(weight), model.time.dt)
        found[item.name] = weight * amount
    return found


def _changes(model: Model, choice: Choice, paths: Paths) -> list[TurningPoint]:
    """Every time the option in force changes."""
    index = np.rint(paths[choice.name]).astype(int)
    found = []
    seen = {int(index[0])}
    for step in np.flatnonzero(np.diff(index[: model.time.steps + 1])):
        old, new = choice.options[index[step]], choice.options[index[step + 1]]
        likelihood = float(paths[f"{choice.name}.probability.{new.name}"][step])
        previous = max(int(step) - choice.every, 0)
        found.append(
            TurningPoint(
                "choice",
                choice.name,
                int(step),
                int(step),
                float(index[step]),
                float(index[step + 1]),
                likelihood,
                _movers(model, Binary("-", new.utility, old.utility), paths, previous, int(step)),
                0.0,
                (FIRST_TIME if int(index[step + 1]) not in seen else RETURN)
                * abs(float(index[step + 1] - index[step])),
            )
        )
        seen.add(int(index[step + 1]))
    return found


def _movers(
    model: Model, advantage: Expression, paths: Paths, before: int, now: int
) -> tuple[Driver, ...]:
    """What raised or lowered ``advantage`` between two steps, one quantity at a time."""
    if before == now or memories(advantage):
        return ()
    then = {name: path[before : before + 1] for name, path in paths.items()}
    base = float(_value(model, advantage, then)[0])
    drivers = []
    for name in sorted(references(advantage)):
        if name not in paths or paths[name][now] == paths[name][before]:
            continue
        moved = {**then, name: paths[name][now : now + 1]}
        drivers.append(Driver(name, float(_value(model, advantage, moved)[0]) - base))
    return _largest(drivers)


def _value(model: Model, formula: Expression, paths: Paths) -> NDArray[np.float64]:
    length = len(next(iter(paths.values())))
    return np.broadcast_to(np.asarray(evaluate(formula, paths), dtype=np.float64), (length,))


def _largest(drivers: list[Driver]) -> tuple[Driver, ...]:
    ranked = sorted(drivers, key=lambda driver: -abs(driver.amount))
    return tuple(d for d in ranked if abs(d.amount) > max(1e-9, NEGLIGIBLE * abs(ranked[0].amount)))
