"""Logit agent quantal response equilibria, principal branch, many games of one shape at once.

In a logit agent quantal response equilibrium (AQRE; McKelvey and Palfrey 1998, *Experimental
Economics* 1) log p(a) - log p(b) = rationality (u(a) - u(b)) for any two actions of an information
set, u the payoff its player expects given that the set is reached. The *principal branch* is the
connected set of equilibria that starts from the uniform profile at rationality 0; here all players'
rationalities grow in proportion, and the equilibrium is the first on the branch that has those asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from reassure.engine.apart import apart
from reassure.engine.games import tracer
from reassure.engine.games.evaluation import Evaluation
from reassure.engine.games.pool import WIDTH, drain
from reassure.engine.games.rows import DUAL, PLAIN, Dual
from reassure.engine.games.structure import Structure, structure
from reassure.engine.games.tracer import FOLD, RESIDUAL, SEVERAL, UNFINISHED
from reassure.model.game_tree import GameTree

Array = Any

WORDS = {
    RESIDUAL: "residual above tolerance",
    FOLD: "fold met",
    SEVERAL: "several equilibria",
    UNFINISHED: "not finished",
}
"""What the bits of a flag mean."""


@dataclass(frozen=True)
class Solution:
    """Equilibria of games side by side (a JAX pytree, in this order).

    Attributes:
        probabilities: ``[A, B]``, of the actions of all information sets one after another.
        values: ``[P, B]``, the expected payoff of each player.
        residual: ``[B]``, at the core: the largest |log p(a) - log p(b) - rationality (u(a) - u(b))|,
            b the last action of the set. At the other sets it is 0 up to rounding by construction.
        flags: ``[B]`` integers, a sum of RESIDUAL, FOLD, SEVERAL and UNFINISHED.
    """

    probabilities: Array
    values: Array
    residual: Array
    flags: Array


jax.tree_util.register_dataclass(Solution, ["probabilities", "values", "residual", "flags"], [])

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})

SolverFunction = Callable[..., Solution]


class Solver:
    """Solves games of one shape.

    Args:
        tree: the shape.
        alike: ``[terminal][player]``, what stands for the payoffs; see :func:`structure`.

    Attributes:
        tree: the shape.
        structure: what it says about solving.
        iterative: whether a branch must be followed; else strategies follow by substitution.

    Raises:
        UsageError: the tree is too large or has imperfect recall.
    """

    def __init__(self, tree: GameTree, alike: Sequence[Sequence[Hashable]] | None = None) -> None:
        self.tree = tree
        self.structure: Structure = structure(tree, alike)

    @property
    def iterative(self) -> bool:
        """Whether a branch must be followed."""
        return self.structure.dimension > 0

    def function(
        self, lanes: int, dtype: Any, attributes: Mapping[str, str] = NO_ATTRIBUTES
    ) -> SolverFunction:
        """A pure function that JAX can compile, map and differentiate.

        It takes ``payoffs [T, P, B]``, ``chances [C, B]`` (the actions of all chance moves one after
        another), ``rationality [P, B]`` and ``needed [B]`` or None, and returns a
        :class:`Solution`. A game that is not needed is not solved: its probabilities are those of
        the uniform core, its residual and flags 0. ``attributes`` tell the compiler how to treat the
        two pieces of work that are all of the cost, an iteration and the last evaluation.

        Derivatives of probabilities and values by payoffs, chances and rationality come from the
        implicit function theorem, at the cost of one evaluation.
        """
        solve_core = self._core_solver(lanes, np.dtype(dtype), attributes)

        def game_evaluation(
            payoffs: Array, rationality: Array, more: Mapping[str, Array]
        ) -> tuple[Array, Array, Array]:
            """Probabilities, values, and the logits that the core's players would choose."""
            evaluation = self._plain(payoffs, more.get("chances", ()), rationality)
            chosen = evaluation.run(more.get("logits", ()))
            strategies = [evaluation.strategies[i] for i in range(len(self.tree.information_sets))]
            players = range(len(self.tree.players))
            values = [evaluation.value(0, p) + 0 * rationality[0] for p in players]
            made = ([row for s in strategies for row in s.p], values, chosen)
            return tuple(jnp.stack(r) if r else jnp.zeros((0, lanes), dtype) for r in made)  # type: ignore[return-value]

        def function(
            payoffs: Array, chances: Array, rationality: Array, needed: Array | None = None
        ) -> Solution:
            base = lax.stop_gradient(payoffs[0])
            centred = payoffs - base
            if self.iterative:
                wanted = jnp.ones(lanes, bool) if needed is None else needed
                logits, flags = solve_core(centred, chances, rationality, wanted)
            else:
                logits = jnp.zeros((0, lanes), dtype)
                flags = jnp.zeros(lanes, jnp.int32)
            evaluate = apart(game_evaluation, attributes)
            more = {"chances": chances, "logits": logits}
            probabilities, values, chosen = evaluate(
                centred, rationality, {name: rows for name, rows in more.items() if rows.shape[0]}
            )
            residual = jnp.zeros(lanes, dtype)
            if self.iterative:
                for x, y in zip(logits, chosen, strict=True):
                    residual = jnp.maximum(residual, abs(x - y))
                residual = jnp.where(wanted, residual, 0)
                scale = jnp.max(rationality, axis=0) * jnp.max(abs(centred), axis=(0, 1))
                allowed = _tolerance(dtype) * (1 + scale)
                flags = flags | tracer.bit(~(residual <= allowed), RESIDUAL)
                flags = jnp.where(wanted, flags, 0)
            return Solution(probabilities, values + base, residual, flags)

        return function

    def _core_solver(
        self, lanes: int, dtype: np.dtype[Any], attributes: Mapping[str, str]
    ) -> Callable[..., tuple[Array, Array]]:
        """Logits at the core ``[n, B]`` and flags ``[B]``, with derivatives by the implicit function
        theorem."""

        @jax.custom_jvp
        def solve(
            payoffs: Array, chances: Array, rationality: Array, needed: Array
        ) -> tuple[Array, Array]:
            return self._trace(payoffs, chances, rationality, needed, lanes, dtype, attributes)

        @solve.defjvp
        def _(primals: Any, tangents: Any) -> Any:
            *given, needed = primals
            logits, flags = solve(*given, needed)
            zero = jnp.zeros_like(logits)

            def gap(payoffs: Array, chances: Array, rationality: Array) -> Array:
                evaluation = self._plain(payoffs, chances, rationality)
                return logits - jnp.stack(evaluation.run(list(logits)))

            _, change = jax.jvp(gap, tuple(given), tuple(tangents[:3]))
            _, slopes = self._equations(self._rows(*given))(list(logits), jnp.ones(lanes, dtype))
            n = self.structure.dimension
            matrix = jnp.stack([jnp.stack(row[:n]) for row in slopes])  # [n, n, B]
            moved = -_solve(matrix, change)
            moved = jnp.where(needed, moved, zero)
            return (logits, flags), (moved, np.zeros(flags.shape, jax.dtypes.float0))

        return solve

    def _trace(
        self,
        payoffs: Array,
        chances: Array,
        rationality: Array,
        needed: Array,
        lanes: int,
        dtype: np.dtype[Any],
        attributes: Mapping[str, str],
    ) -> tuple[Array, Array]:
        n = self.structure.dimension
        pace = tracer.pace(dtype)
        rows = self._rows(payoffs, chances, rationality)
        width = min(WIDTH, lanes)

        def begin(holds: Array) -> tracer.State:
            return tracer.start(n, holds, dtype, pace)

        def game_iteration(given: Array, state: tracer.State) -> tracer.State:
            return tracer.iterate(self._equations(given), pace, state)

        def result(state: tracer.State) -> Array:
            stopped = (state.flags & UNFINISHED) > 0
            x = [
                jnp.where(stopped, b, w)
                for w, b in zip(state.trial[:n], state.base[:n], strict=True)
            ]
            flags = state.flags | tracer.bit(state.side < 0, SEVERAL)
            return jnp.stack([*x, flags.astype(dtype)])

        found = drain(
            rows,
            needed,
            begin,
            apart(game_iteration, attributes),
            lambda state: state.phase == tracer.DONE,
            result,
            n + 1,
            width,
        )
        return found[:n], found[n].astype(jnp.int32)

    def _rows(self, payoffs: Array, chances: Array, rationality: Array) -> Array:
        """The numbers of games, stacked: payoffs, chances, their logarithms, rationality."""
        flat = payoffs.reshape(-1, payoffs.shape[-1])
        return jnp.concatenate([flat, chances, _log(chances), rationality])

    def _equations(self, given: Array) -> tracer.Equations:
        tree, n = self.tree, self.structure.dimension
        players, terminals = len(tree.players), len(tree.terminals)
        count = self.structure.chance_starts[-1]
        flat = list(given)
        payoffs = [flat[i * players : (i + 1) * players] for i in range(terminals)]
        at = terminals * players
        chances, log_chances = (self._by_move(flat[i : i + count]) for i in (at, at + count))
        rationality = flat[at + 2 * count :]
        zero, one = jnp.zeros_like(rationality[0]), jnp.ones_like(rationality[0])

        def direction(i: int, row: Array) -> tuple[Array | None, ...]:
            return tuple(row if j == i else None for j in range(n + 1))

        def equations(x: list[Array], t: Array) -> tuple[list[Array], list[list[Array]]]:
            evaluation = Evaluation(
                tree,
                self.structure,
                DUAL,
                payoffs,
                chances,
                log_chances,
                [Dual(t * r, direction(n, r)) for r in rationality],
                one,
            )
            core = [Dual(row, direction(i, one)) for i, row in enumerate(x)]
            gaps = [a - b for a, b in zip(core, evaluation.run(core), strict=True)]
            return (
                [gap.value for gap in gaps],
                [[zero if s is None else s for s in gap.slopes] for gap in gaps],
            )

        return equations

    def _plain(
        self, payoffs: Sequence[Array], chances: Sequence[Array], rationality: Sequence[Array]
    ) -> Evaluation:
        return Evaluation(
            self.tree,
            self.structure,
            PLAIN,
            [list(rows) for rows in payoffs],
            self._by_move(list(chances)),
            self._by_move([_log(row) for row in chances]),
            list(rationality),
            jnp.ones_like(rationality[0]),
        )

    def _by_move(self, rows: list[Array]) -> list[list[Array]]:
        starts = self.structure.chance_starts
        return [rows[a:b] for a, b in pairwise(starts)]


def _tolerance(dtype: Any) -> float:
    return 1e-9 if np.dtype(dtype).itemsize == 8 else 1e-5


def _log(chances: Array) -> Array:
    """Logarithms of probabilities; a chance of 0 counts as the smallest number here."""
    return jnp.log(jnp.maximum(chances, np.finfo(chances.dtype).tiny))


def _solve(matrix: Array, right: Array) -> Array:
    """``x`` with ``matrix x = right``, game by game: ``[n, n, B]``, ``[n, B]``."""
    n = right.shape[0]
    if n == 1:
        return right / matrix[0]
    if n == 2:
        (a, b), (c, d) = matrix
        share = 1 / (a * d - b * c)
        return jnp.stack(
            [(d * right[0] - b * right[1]) * share, (a * right[1] - c * right[0]) * share]
        )
    solved = jnp.linalg.solve(jnp.moveaxis(matrix, -1, 0), jnp.moveaxis(right, -1, 0)[..., None])
    return jnp.moveaxis(solved[..., 0], 0, -1)
