"""Markov chains of the no-U-turn sampler, a few in one program, a piece at a time.

The sampler is NumPyro's (Hoffman & Gelman 2014, JMLR 15; multinomial sampling and the rule for
turning back are those of Betancourt 2017, arXiv:1701.02434). A piece is any number of transitions by
one compiled program with a counted loop, so the draws do not depend on how they are cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.protocol import Program
from reassure.model.mistakes import UsageError

Array = NDArray[np.float64]
Leaves = tuple[NDArray[Any], ...]

PIECE = 64
"""Most transitions in one piece."""

FIRST_STEP = 0.3
WARMUP_DEPTH = 5  # while the step is unsuited, a long trajectory costs much and teaches little
SPREAD = 1.0  # of the starts, in standard deviations of what would be normal
TRIES = 200


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the sampler is set.

    Attributes:
        warmup: transitions that adapt step and mass, and are dropped.
        accept: the rate of acceptance that the step is adapted to.
        depth: most doublings of a trajectory.
        dense: a full mass matrix rather than a diagonal one.
    """

    warmup: int
    accept: float = 0.85
    depth: int = 10
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece gave, each ``[draw, chain, ..]``."""

    scores: Array
    log_likelihood: Array
    energy: Array
    diverging: NDArray[np.bool_]
    leaps: NDArray[np.int64]
    accept: Array


class Chains:
    """A few chains side by side. To be made and used inside ``jax.enable_x64(True)``.

    Args:
        program: log likelihood of data and scores.
        data: a pytree of arrays.
        size: how many scores.
        each: whether the arrays of ``data`` have a row for each chain, which then draw from
            posteriors of their own.
    """

    def __init__(
        self, program: Program, data: Any, size: int, tuning: Tuning, *, each: bool = False
    ) -> None:
        self.size = size
        self.data = jax.tree.map(jnp.asarray, data)
        self._made = _compiled(program, tuning, each)
        self._form: Any = None

    def starts(self, keys: list[tuple[int, ...]]) -> Array:
        """Where chains begin: near the centre of the prior, where the record is possible.

        Args:
            keys: for each chain what its start depends on.

        Raises:
            UsageError: no such place is found.
        """
        draws = [np.random.Generator(np.random.PCG64(np.random.SeedSequence(k))) for k in keys]
        found = np.zeros((len(keys), self.size))
        missing = np.ones(len(keys), dtype=bool)
        for _ in range(TRIES):
            for lane in np.flatnonzero(missing):
                found[lane] = SPREAD * draws[lane].standard_normal(self.size)
            missing &= ~np.asarray(self._made.possible(self.data, jnp.asarray(found)))
            if not missing.any():
                return found
        raise UsageError(
            f"the record is impossible under the model: of {TRIES} draws near the centre of the "
            "prior none gives it a finite log density",
            "look at `given:` and the likelihoods of `observations:`",
        )

    def begin(self, starts: Array, keys: list[int]) -> Leaves:
        """The state of chains that have not moved, as arrays that can be kept.

        Args:
            starts: ``[chain, D]``.
            keys: a seed for each chain.
        """
        state = self._made.begin(self.data, jnp.asarray(starts), _keys(keys))
        return tuple(np.asarray(leaf) for leaf in jax.tree.leaves(state))

    def advance(self, leaves: Leaves, count: int) -> tuple[Leaves, Piece]:
        """Move every chain by ``count`` transitions, at most :data:`PIECE`."""
        if self._form is None:
            lanes = leaves[0].shape[0]
            shape = jax.eval_shape(
                self._made.begin, self.data, jnp.zeros((lanes, self.size)), _keys([0] * lanes)
            )
            self._form = jax.tree.structure(shape)
        state = jax.tree.unflatten(self._form, [jnp.asarray(leaf) for leaf in leaves])
        state, kept = self._made.advance(self.data, state, count)
        after = tuple(np.asarray(leaf) for leaf in jax.tree.leaves(state))
        scores, potential, energy, diverging, leaps, accept = (
            np.asarray(values)[:count] for values in kept
        )
        log_likelihood = 0.5 * np.sum(scores**2, axis=-1) - potential
        return after, Piece(scores, log_likelihood, energy, diverging, leaps, accept)


@dataclass(frozen=True)
class _Made:
    """The compiled parts."""

    possible: Callable[..., Any]
    begin: Callable[..., Any]
    advance: Callable[..., Any]


@lru_cache(maxsize=4)
def _compiled(program: Program, tuning: Tuning, each: bool) -> _Made:
    from numpyro.infer.hmc import hmc

    def potential(data: Any) -> Callable[[jax.Array], jax.Array]:
        return lambda z: 0.5 * jnp.sum(z * z) - program(data, z)

    first, move = hmc(potential_fn_gen=potential, algo="NUTS")
    along = (0 if each else None, 0)

    def possible(data: Any, z: jax.Array) -> jax.Array:
        value, slope = jax.value_and_grad(potential(data))(z)
        return jnp.isfinite(value) & jnp.all(jnp.isfinite(slope))

    def begin(data: Any, z: jax.Array, key: jax.Array) -> Any:
        return first(
            z,
            tuning.warmup,
            step_size=FIRST_STEP,
            dense_mass=tuning.dense,
            target_accept_prob=tuning.accept,
            max_tree_depth=(min(WARMUP_DEPTH, tuning.depth), tuning.depth),
            model_args=(data,),
            rng_key=key,
        )

    def advance(data: Any, state: Any, count: Any) -> Any:
        step: Any = jax.vmap(lambda data, one: move(one, (data,)), along)

        def seen(state: Any) -> tuple[Any, ...]:
            return (
                state.z,
                state.potential_energy,
                state.energy,
                state.diverging,
                state.num_steps,
                state.accept_prob,
            )

        def once(index: Any, carry: Any) -> Any:
            state, kept = carry
            state = step(data, state)
            kept = [
                jax.lax.dynamic_update_index_in_dim(rows, row, index, 0)
                for rows, row in zip(kept, seen(state), strict=True)
            ]
            return state, kept

        kept = [jnp.zeros((PIECE, *row.shape), row.dtype) for row in seen(state)]
        return jax.lax.fori_loop(0, count, once, (state, kept))

    return _Made(
        possible=jax.jit(jax.vmap(possible, along)),
        begin=jax.jit(jax.vmap(begin, (*along, 0))),
        advance=jax.jit(advance),
    )


def _keys(seeds: list[int]) -> jax.Array:
    """A threefry key a chain, as plain words that can be written down."""
    return jnp.asarray([[0, seed] for seed in seeds], dtype=jnp.uint32)
