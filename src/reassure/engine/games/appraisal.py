"""Reading results off a game that was solved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from reassure.engine.games.solution import LEAST, Solution
from reassure.engine.games.views import View, viewer_of
from reassure.model.checked_games import Result

Array = Any


def results(solution: Solution) -> list[Array]:
    """Every result that is wanted, one row each."""
    game, wanted = solution.call.game, solution.call.wanted
    starts, at = {}, solution.more
    for result in dict.fromkeys(result for _, result in wanted):
        starts[result] = at
        at += len(result.weights) + len(result.given)
    ends: dict[View, tuple[View, list[Array]]] = {}
    made = []
    for view, result in wanted:
        if view not in ends:
            if view.viewer:
                eyes = View(view.variant, viewer_of(game, view.viewer))
                ends[view] = eyes, solution.ends(solution.strategies(eyes), eyes)
            else:
                ends[view] = view, solution.ends(solution.actual(view.variant), view)
        made.append(_result(solution, result, starts[result], *ends[view]))
    return made


def _result(
    solution: Solution, result: Result, start: int, view: View, likely: list[Array]
) -> Array:
    count = len(result.weights)
    if not result.given:
        return _expected(solution, [(start + i,) for i in range(count)], view, likely)
    both = [(start + i, start + count + i) for i in range(count)]
    above = _expected(solution, both, view, likely)
    below = _expected(solution, [(start + count + i,) for i in range(count)], view, likely)
    some = below > LEAST
    return jnp.where(some, above / jnp.where(some, below, 1.0), 0.0)


def _expected(
    solution: Solution, factors: Sequence[tuple[int, ...]], view: View, likely: list[Array]
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
                term = term * solution.value(position, view)
        else:
            total = total + term
    return total
