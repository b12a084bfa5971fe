"""Games inside a differentiable step: what a solve gives, and derivatives by what it is given.

A derivative goes through a game by the implicit function theorem, as the solver gives it forwards,
for all inputs at once; on the way back these slopes meet the adjoint of the solution. Where nobody
asks nothing is solved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name

from reassure.engine.games.calls import GameCall

Array = Any

GAME = "game"
"""The name of what a solve gave, for who would keep it rather than solve again on the way back."""


def solved(call: GameCall, due: Array, played: Array, rows: Sequence[Array]) -> Array:
    """Every row of a call, ``[outputs]``, zero where the game is neither due nor played.

    Args:
        call: what is asked of a game.
        due, played: truth values.
        rows: its inputs, then draws, which pass nothing on; numbers, or arrays over points.
    """
    count = len(call.inputs)
    shape = jnp.broadcast_shapes(*(jnp.shape(row) for row in rows))
    wide = [jnp.broadcast_to(jnp.asarray(row, dtype=float), shape).reshape(-1) for row in rows]
    inputs, draws = jnp.stack(wide[:count]), jnp.stack(wide[count:]) if wide[count:] else None
    draws = jnp.zeros((0, inputs.shape[1])) if draws is None else draws
    asked = jnp.any(due) | jnp.any(played)
    on = jnp.broadcast_to(played, shape).reshape(-1)
    solution = _function(call)(asked, due, on, inputs, draws)
    found: Array = checkpoint_name(solution, GAME)  # type: ignore[no-untyped-call]
    return found.reshape(call.outputs, *shape)


@lru_cache(maxsize=32)
def _function(call: GameCall) -> Callable[..., Array]:
    """``[inputs, lanes]`` to ``[outputs, lanes]``, any number of lanes, with derivatives."""
    count, outputs = len(call.inputs), call.outputs

    def work(due: Array, played: Array, inputs: Array, draws: Array) -> Array:
        lanes = inputs.shape[1]
        function = call.function(lanes, np.dtype(np.float64), {})
        rows = [*inputs, *draws]
        return function(due, played, jnp.ones(lanes, bool), rows)

    def value(asked: Array, due: Array, played: Array, inputs: Array, draws: Array) -> Array:
        return jax.lax.cond(
            asked,
            lambda: work(due, played, inputs, draws),
            lambda: jnp.zeros((outputs, inputs.shape[1])),
        )

    def slopes(due: Array, played: Array, inputs: Array, draws: Array) -> Array:
        """``[inputs, outputs, lanes]``, all directions with one solve."""

        def along(direction: Array) -> Array:
            moved = jnp.broadcast_to(direction[:, None], inputs.shape)
            return jax.jvp(lambda x: work(due, played, x, draws), (inputs,), (moved,))[1]

        return jax.vmap(along)(jnp.eye(count))

    def passed_on(
        asked: Array, due: Array, played: Array, inputs: Array, draws: Array, adjoint: Array
    ) -> Array:
        return jax.lax.cond(
            asked,
            lambda: jnp.einsum("kol,ol->kl", slopes(due, played, inputs, draws), adjoint),
            lambda: jnp.zeros(inputs.shape),
        )

    there, back = _side_by_side(value), _side_by_side(passed_on)

    @jax.custom_vjp
    def plain(asked: Array, due: Array, played: Array, inputs: Array, draws: Array) -> Array:
        return there(asked, due, played, inputs, draws)

    def forwards(*given: Array) -> tuple[Array, tuple[Array, ...]]:
        return there(*given), given

    def backwards(given: tuple[Array, ...], adjoint: Array) -> tuple[Any, ...]:
        return None, None, None, back(*given, adjoint), jnp.zeros(given[-1].shape)

    plain.defvjp(forwards, backwards)
    return plain


def _side_by_side(function: Callable[..., Array]) -> Callable[..., Array]:
    """A function of (asked, due, played ``[lanes]``, tables ``[rows, lanes]`` ...) that takes what it
    is mapped over as more lanes: mapped, a condition would have both its sides worked out."""
    mapped = jax.custom_batching.custom_vmap(function)

    @mapped.def_vmap
    def _(size: int, batched: Sequence[bool], *given: Array) -> tuple[Array, bool]:
        full = [
            item if is_batched else jnp.broadcast_to(item, (size, *jnp.shape(item)))
            for item, is_batched in zip(given, batched, strict=True)
        ]
        asked, due, played, *tables = full
        flat = [jnp.moveaxis(x, 0, 1).reshape(x.shape[1], -1) for x in tables]
        found = mapped(jnp.any(asked), jnp.any(due), played.reshape(-1), *flat)
        wide = found.reshape(found.shape[0], size, -1)
        return jnp.moveaxis(wide, 1, 0), True

    return mapped
