"""Games on a tape: what a solve gives, and its derivatives by what it is given.

Derivatives go through a game by the implicit function theorem, as the solver gives them; they are
taken forwards, one input at a time, since a future's rows depend on its own inputs alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reassure.engine.compiled import precision
from reassure.engine.games.calls import GameCall
from reassure.engine.games.views import View
from reassure.model.checked_games import Lesson, ModelGame, Result
from reassure.model.mistakes import UsageError

Array = Any


def solved(call: GameCall, due: Array, played: Array, rows: Sequence[Array], lanes: int) -> Array:
    """Every row of a call, ``[outputs, lanes]``; nothing is solved where nobody asks."""
    if not (np.any(due) or np.any(played)):
        return np.zeros((call.outputs, lanes))
    with precision(np.float64):
        return np.asarray(_function(call, lanes)(*_given(due, played, rows, lanes)))


def passed_on(
    call: GameCall, adjoint: Array, value: Array, due: Array, played: Array, rows: Sequence[Array]
) -> list[Array]:
    """The adjoint of a call, ``[outputs, results, lanes]``, to each of its inputs.

    Raises:
        UsageError: a derivative would go through a solve that is flagged.
    """
    lanes = adjoint.shape[-1]
    flagged = np.any(adjoint != 0.0, axis=(0, 1)) & (value[-1] > 0)
    if flagged.any():
        raise UsageError(
            f"no derivative: solves of game {call.game.name} are flagged in {int(flagged.sum())} of"
            f" {lanes} futures",
            "where its branch folds an equilibrium has none: keep its rationality lower there",
        )
    if not (np.any(due) or np.any(played)):
        return [np.zeros(adjoint.shape[1:])] * len(call.inputs)
    with precision(np.float64):
        slopes = np.asarray(_slopes(call, lanes)(*_given(due, played, rows, lanes)))
    return list(np.einsum("orl,kol->krl", adjoint, slopes))


def _given(due: Array, played: Array, rows: Sequence[Array], lanes: int) -> tuple[Any, ...]:
    def wide(row: Array, kind: Any) -> Array:
        return jnp.asarray(np.broadcast_to(np.asarray(row, dtype=kind), (lanes,)))

    return jnp.asarray(bool(due)), wide(played, bool), [wide(row, float) for row in rows]


@lru_cache(maxsize=64)
def _function(call: GameCall, lanes: int) -> Any:
    return _functions(call.game, call.wanted, call.lessons, lanes)[0]


@lru_cache(maxsize=64)
def _slopes(call: GameCall, lanes: int) -> Any:
    return _functions(call.game, call.wanted, call.lessons, lanes)[1]


@lru_cache(maxsize=32)
def _functions(
    game: ModelGame,
    wanted: tuple[tuple[View, Result], ...],
    lessons: tuple[tuple[str, Lesson], ...],
    lanes: int,
) -> tuple[Any, Any]:
    """``[outputs, lanes]`` and ``[inputs, outputs, lanes]``, compiled once for equal games."""
    call = GameCall(game, wanted, lessons)
    work, count = call.function(lanes, np.dtype(np.float64), {}), len(call.inputs)

    def plain(due: Array, played: Array, rows: list[Array]) -> Array:
        return work(due, played, jnp.ones(lanes, bool), rows)

    def slopes(due: Array, played: Array, rows: list[Array]) -> Array:
        inputs, draws = jnp.stack(rows[:count]), rows[count:]

        def moved(direction: Array) -> Array:
            def of(given: Array) -> Array:
                return plain(due, played, [*given, *draws])

            return jax.jvp(of, (inputs,), (jnp.broadcast_to(direction[:, None], inputs.shape),))[1]

        return jax.lax.map(moved, jnp.eye(count))

    return jax.jit(plain), jax.jit(slopes)
