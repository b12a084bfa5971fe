"""Markov chains of Hamiltonian Monte Carlo, many in one program, a piece at a time.

The transition is NumPyro's (Neal 2011, Handbook of Markov Chain Monte Carlo, ch. 5). A piece is any
number of transitions by one compiled program with a counted loop, so the draws do not depend on how
they are cut.

Where every direction is about as wide as every other (see :mod:`reassure.history.fit.whitening`), a
trajectory of a quarter of a turn ends where nothing is left of its start, so that its length need not be
looked for: trees that double until they turn back go twice as far and more, and chains side by side
wait for the longest. The length varies about that from one transition to the next, lest some direction
come round to where it was (Hoffman, Radul & Sountsov 2021, AISTATS: ChEES-HMC).

Chains side by side share a step, which is adapted to their mean rate of acceptance by dual
averaging (Hoffman & Gelman 2014, JMLR 15, section 3.2): sixteen chains learn in a hundred transitions
what one would learn in a thousand. The mass is the unit.
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

Array = NDArray[np.float64]
Leaves = tuple[NDArray[Any], ...]

PIECE = 64
"""Most transitions in one piece."""

QUARTER = np.pi / 2
"""Of a turn: how far a trajectory goes, in widths of the posterior."""

JITTER = 0.3
"""Lengths vary by this share to both sides."""

GOLDEN = (np.sqrt(5) - 1) / 2  # its multiples fill the unit interval evenly

LONGEST = 64
"""Most leaps of a trajectory, also while its step is being learnt."""

EVERY, SHORT = 5, 0.5
"""Of every so many transitions one is shortened to this share, in steps and in all: where the density
bends sharply, as it does where governments choose with little noise, steps that suit the rest get
stuck."""

OVERSHOOT = 2.0
"""The step is looked for first at this many times what it begins with: too long costs less."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the sampler is set.

    Attributes:
        accept: the rate of acceptance that the step is adapted to.
        together: chains that stand side by side and share a step.
    """

    accept: float = 0.8
    together: int = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece gave, each ``[draw, chain, ..]``."""

    scores: Array
    log_likelihood: Array
    energy: Array
    diverging: NDArray[np.bool_]
    leaps: NDArray[np.int64]
    accept: Array
    step: Array


class Chains:
    """A few chains side by side. To be made and used inside ``jax.enable_x64(True)``.

    Args:
        program: log likelihood of data and scores.
        size: how many scores.
        each: whether the arrays of ``data`` have a row for each chain: posteriors of their own.
    """

    def __init__(self, program: Program, size: int, tuning: Tuning, *, each: bool = False) -> None:
        self.size = size
        self._made = _compiled(program, tuning, each)
        self._form: Any = None

    def prepare(self, data: Any, lanes: int) -> None:
        """Compile what moves so many chains; none is moved."""
        state = jax.tree.map(
            lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), self._made.form(lanes, self.size)
        )
        self._made.advance(data, state, 0, 0)

    def slopes(self, data: Any, places: Array) -> tuple[Array, Array]:
        """The potential, minus the log posterior, at ``places [chain, D]``, and its slopes."""
        value, slope = self._made.slopes(data, jnp.asarray(places))
        return np.asarray(value), np.asarray(slope)

    def begin(self, data: Any, starts: Array, step: Array, keys: list[int]) -> Leaves:
        """The state of chains that have not moved, as arrays that can be kept.

        Args:
            starts: ``[chain, D]``.
            step: to begin with, ``[posterior]``.
            keys: a seed for each chain.
        """
        value, slope = self._made.slopes(data, jnp.asarray(starts))
        state = self._made.begin(jnp.asarray(starts), value, slope, _keys(keys), jnp.asarray(step))
        return tuple(np.asarray(leaf) for leaf in jax.tree.leaves(state))

    def advance(self, data: Any, leaves: Leaves, count: int, warmup: int) -> tuple[Leaves, Piece]:
        """Move every chain by ``count`` transitions, at most :data:`PIECE`.

        Args:
            warmup: transitions from the beginning in which the step is adapted.
        """
        if self._form is None:
            self._form = jax.tree.structure(self._made.form(leaves[0].shape[0], self.size))
        state = jax.tree.unflatten(self._form, [jnp.asarray(leaf) for leaf in leaves])
        state, kept = self._made.advance(data, state, count, warmup)
        after = tuple(np.asarray(leaf) for leaf in jax.tree.leaves(state))
        scores, potential, energy, diverging, leaps, accept, step = (
            np.asarray(values)[:count] for values in kept
        )
        log_likelihood = 0.5 * np.sum(scores**2, axis=-1) - potential
        return after, Piece(scores, log_likelihood, energy, diverging, leaps, accept, step)


@dataclass(frozen=True)
class _Made:
    """The compiled parts."""

    slopes: Callable[..., Any]
    begin: Callable[..., Any]
    advance: Callable[..., Any]
    form: Callable[[int, int], Any]


@lru_cache(maxsize=4)
def _compiled(program: Program, tuning: Tuning, each: bool) -> _Made:
    from numpyro.infer.hmc import hmc
    from numpyro.infer.hmc_util import dual_averaging
    from numpyro.infer.util import ParamInfo

    def potential(data: Any) -> Callable[[jax.Array], jax.Array]:
        return lambda z: 0.5 * jnp.sum(z * z) - program(data, z)

    along = (0 if each else None, 0)
    first, move = hmc(potential_fn_gen=potential, algo="HMC")
    averaging_begun, averaged = dual_averaging()

    def started(z: jax.Array, value: jax.Array, slope: jax.Array, key: jax.Array) -> Any:
        # Told the value and the slope, it works out neither, and so is compiled in no time.
        return first(
            ParamInfo(z, value, slope),
            0,
            adapt_step_size=False,
            adapt_mass_matrix=False,
            trajectory_length=QUARTER,
            model_args=(None,),
            rng_key=key,
        )

    def stepped(state: Any, step: jax.Array, reach: Any) -> Any:
        own = jnp.repeat(step, tuning.together, total_repeat_length=len(state.z))
        adapted = state.adapt_state._replace(step_size=own)
        length = jnp.minimum(reach, LONGEST * own)
        return state._replace(adapt_state=adapted, trajectory_length=length)

    def begin(
        z: jax.Array, value: jax.Array, slope: jax.Array, keys: jax.Array, step: jax.Array
    ) -> Any:
        state = jax.vmap(started)(z, value, slope, keys)
        learning = jax.vmap(averaging_begun)(jnp.log(OVERSHOOT * step))
        return stepped(state, step, QUARTER), step, learning, jnp.asarray(0)

    def advance(data: Any, state: Any, count: Any, warmup: Any) -> Any:
        step: Any = jax.vmap(lambda data, one: move(one, (data,)), along)

        def seen(state: Any) -> tuple[Any, ...]:
            return (
                state.z,
                state.potential_energy,
                state.energy,
                state.diverging,
                state.num_steps,
                state.accept_prob,
                state.adapt_state.step_size,
            )

        def once(index: Any, carry: Any) -> Any:
            (state, length, learning, done), kept = carry
            short = done % EVERY == EVERY - 1
            share = jnp.where(short, SHORT, 1.0)
            reach = QUARTER * (1 + JITTER * (2 * ((done * GOLDEN) % 1.0) - 1))
            state = step(data, stepped(state, share * length, share * reach))
            kept = [
                jax.lax.dynamic_update_index_in_dim(rows, row, index, 0)
                for rows, row in zip(kept, seen(state), strict=True)
            ]
            done += 1
            rate = state.accept_prob.reshape(-1, tuning.together).mean(axis=1)
            learnt = jax.vmap(averaged)(tuning.accept - rate, learning)
            learns = (done <= warmup) & ~short
            learning = jax.tree.map(lambda new, old: jnp.where(learns, new, old), learnt, learning)
            latest, mean, *_ = learning
            length = jnp.where(done < warmup, jnp.exp(latest), jnp.exp(mean))
            return (state, length, learning, done), kept

        kept = [jnp.zeros((PIECE, *row.shape), row.dtype) for row in seen(state[0])]
        return jax.lax.fori_loop(0, count, once, (state, kept))

    def form(lanes: int, size: int) -> Any:
        one = jnp.zeros(lanes)
        rows = jnp.zeros((lanes, size))
        step = jnp.zeros(lanes // tuning.together)
        return jax.eval_shape(begin, rows, one, rows, _keys([0] * lanes), step)

    return _Made(
        slopes=jax.jit(jax.vmap(lambda data, z: jax.value_and_grad(potential(data))(z), along)),
        begin=jax.jit(begin),
        advance=jax.jit(advance),
        form=form,
    )


def _keys(seeds: list[int]) -> jax.Array:
    """A threefry key a chain, as plain words that can be written down."""
    return jnp.asarray([[0, seed] for seed in seeds], dtype=jnp.uint32)
