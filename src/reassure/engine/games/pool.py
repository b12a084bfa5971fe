"""A queue of games worked off in a pool of fixed width, so that no game waits for the slowest.

Games differ in how many iterations they need, some by a hundred times. In a pool all places are
iterated together; when a share of them is done, their results are written out and the next games of
the queue take the places. What happens to a game depends on its own numbers alone: its bits are the
same at any place, beside any neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Array = Any
State = Any
"""A pytree of rows ``[width]``."""

WIDTH = 128
"""Places in the pool."""

WAITING = 4
"""A place may be done and wait until one in so many is."""


def drain(
    numbers: Array,
    needed: Array,
    begin: Callable[[Array], State],
    iterate: Callable[[Array, State], State],
    done: Callable[[State], Array],
    result: Callable[[State], Array],
    rows: int,
    width: int = WIDTH,
) -> Array:
    """Iterate every game that is needed until it is done.

    Args:
        numbers: ``[R, B]``, what each game is given.
        needed: ``[B]`` truth values.
        begin: from the truth values of places that hold a game to their first state.
        iterate: from numbers ``[R, width]`` and a state to the next.
        done: from a state to truth values ``[width]``.
        result: from a state to ``[rows, width]``, what is kept of a game.
        rows: of the result.
        width: places in the pool.

    Returns:
        ``[rows, B]``; 0 for games that are not needed.
    """
    lanes = numbers.shape[1]
    running = jnp.cumsum(needed, dtype=jnp.int32)
    total = running[-1]
    # The queue: the games that are needed in order, then a place beyond the last game.
    queue = jnp.full(lanes + width, lanes, jnp.int32)
    queue = queue.at[jnp.where(needed, running - 1, lanes + width)].set(
        jnp.arange(lanes, dtype=jnp.int32), mode="drop"
    )
    taken = queue[:width]
    table = numbers.T  # a game's numbers lie side by side: one read a game
    empty = jnp.zeros((lanes, rows), numbers.dtype)

    def fetch(who: Array) -> Array:
        return table.at[who].get(mode="clip").T

    first = begin(taken < lanes)

    def unfinished(carry: Any) -> Array:
        _, state, _, _, _ = carry
        return ~jnp.all(done(state))

    def turn(carry: Any) -> Any:
        who, state, given, following, kept = carry
        # Wait for a share of the places; for all of them when nobody follows.
        enough = jnp.where(following < total, width // WAITING, width)

        def some_to_go(inner: Any) -> Array:
            ended = done(inner)
            return jnp.sum(ended, dtype=jnp.int32) < enough

        state = lax.while_loop(some_to_go, lambda inner: iterate(given, inner), state)
        free = done(state)
        kept = kept.at[jnp.where(free, who, lanes)].set(result(state).T, mode="drop")
        rank = jnp.cumsum(free, dtype=jnp.int32) - 1
        come = jnp.minimum(following + rank, lanes + width - 1)
        who = jnp.where(free, queue[come], who)
        fresh = begin(who < lanes)
        state = jax.tree.map(lambda a, b: jnp.where(free, a, b), fresh, state)
        following = jnp.minimum(following + jnp.sum(free, dtype=jnp.int32), total)
        return who, state, fetch(who), following, kept

    following = jnp.minimum(jnp.asarray(width, jnp.int32), total)
    carry = (taken, first, fetch(taken), following, empty)
    return lax.while_loop(unfinished, turn, carry)[4].T
