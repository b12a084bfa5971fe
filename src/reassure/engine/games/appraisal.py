"""Reading results off a game that was solved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from reassure.engine.games.solution import LEAST, Solution
from reassure.engine.games.views import viewer_of
from reassure.model.checked_games import Result

Array = Any


def results(solution: Solution) -> list[Array]:
    """Every result of ``solution.call.results``, one row each: as a viewer sees the game, or ('')
    what everybody does at the true numbers."""
    game, asked = solution.call.game, solution.call.results
    starts, at = {}, solution.more
    for result in dict.fromkeys(result for _, result in asked):
        starts[result] = at
        at += len(result.weights) + len(result.given)
    ends: dict[str, tuple[str, list[Array]]] = {}
    made = []
    for viewer, result in asked:
        if viewer not in ends:
            eyes = viewer_of(game, viewer)
            actions = solution.strategies(eyes) if viewer else solution.actual()
            ends[viewer] = eyes, solution.ends(actions, eyes)
        made.append(_result(solution, result, starts[result], *ends[viewer]))
    return made


def _result(
    solution: Solution, result: Result, start: int, viewer: str, likely: list[Array]
) -> Array:
    count = len(result.weights)
    if not result.given:
        return _expected(solution, [(start + i,) for i in range(count)], viewer, likely)
    both = [(start + i, start + count + i) for i in range(count)]
    above = _expected(solution, both, viewer, likely)
    below = _expected(solution, [(start + count + i,) for i in range(count)], viewer, likely)
    some = below > LEAST
    return jnp.where(some, above / jnp.where(some, below, 1.0), 0.0)


def _expected(
    solution: Solution, factors: Sequence[tuple[int, ...]], viewer: str, likely: list[Array]
) -> Array:
    """The sum over terminals of probability times the product of formulas; factors that are known
    to be 0 or 1 cost nothing."""
    total = jnp.zeros((solution.lanes,), likely[0].dtype)
    for chance, positions in zip(likely, factors, strict=True):
        term = chance
        for position in positions:
            known = solution.call.formulas.constant(position)
            if known == 0.0:
                break
            if known != 1.0:
                term = term * solution.value(position, viewer)
        else:
            total = total + term
    return total
