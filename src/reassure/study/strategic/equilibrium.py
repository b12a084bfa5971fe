"""Logit moves of a game with hidden information, differentiable in the payoffs.

The agent quantal response equilibrium at rationality 1 is found by the solver for every row; two Newton
steps on its conditions, taken from the solution as a constant, change nothing in the values and carry
first and second derivatives exactly (each step doubles the order that is right).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import log_softmax

from reassure.engine.games.solver import Solver
from reassure.model.game_tree import Game

Array = Any


def logit_moves(game: Game, rows: int) -> Callable[[list[list[Array]]], Array]:
    """``f(payoffs [terminal][player]) -> log probabilities [action, row]``.

    Where the solver fails, the row's probabilities are not numbers, so that a fit cannot go there.
    """
    tree = game.tree
    players, terminals = len(tree.players), len(tree.terminals)
    solve = Solver(tree).function(rows, jnp.float64)
    chances = np.array([float(p) for row in game.chances for p in row])
    starts = np.cumsum([0, *(len(item.actions) for item in tree.information_sets)])

    def to_logs(free: Array) -> Array:
        """Log probabilities [action] from each set's logits against its first action."""
        parts = []
        at = 0
        for item in tree.information_sets:
            more = len(item.actions) - 1
            parts.append(log_softmax(jnp.concatenate([jnp.zeros(1), free[at : at + more]])))
            at += more
        return jnp.concatenate(parts)

    def to_free(logs: Array) -> Array:
        parts = [logs[a + 1 : b] - logs[a] for a, b in zip(starts, starts[1:], strict=False)]
        return jnp.concatenate(parts)

    def gap(free: Array, payoffs: Array) -> Array:
        """What is left of the conditions at ``free``, for one row's payoffs [terminal, player]."""
        return free - to_free(_advantages(game, jnp.exp(to_logs(free)), payoffs))

    def polish(logs: Array, payoffs: Array) -> Array:
        free = to_free(logs)
        for _ in range(2):
            slope = jax.jacfwd(gap)(free, payoffs)
            free = free - jnp.linalg.solve(slope, gap(free, payoffs))
        return to_logs(free)

    def moves(payoffs: list[list[Array]]) -> Array:
        wide = jnp.stack(
            [jnp.stack([jnp.broadcast_to(v, (rows,)) for v in row]) for row in payoffs]
        ).reshape(terminals, players, rows)
        likely = jnp.broadcast_to(jnp.asarray(chances)[:, None], (len(chances), rows))
        ones = jnp.ones((players, rows))
        found = solve(jax.lax.stop_gradient(wide), likely, ones, jnp.ones(rows, bool))
        probabilities = jax.lax.stop_gradient(found.probabilities)
        logs = jnp.log(jnp.maximum(probabilities, 1e-300))
        good = jnp.all(jnp.isfinite(probabilities), axis=0)
        polished = jax.vmap(polish, in_axes=(1, 2), out_axes=1)(logs, wide)
        return jnp.where(good, polished, jnp.nan)

    return moves


def _advantages(game: Game, probabilities: Array, payoffs: Array) -> Array:
    """What each action is worth to its player where it is taken, given everybody's moves."""
    tree = game.tree
    starts = np.cumsum([0, *(len(item.actions) for item in tree.information_sets)])
    steps: list[list[Array]] = []
    for node in tree.nodes:
        if node.kind == "decision":
            steps.append([probabilities[starts[node.at] + a] for a in range(len(node.children))])
        else:
            own = game.chances[node.at] if node.kind == "chance" else ()
            steps.append([float(p) for p in own])
    reach: list[Array] = [1.0] * len(tree.nodes)
    for number, node in enumerate(tree.nodes):
        for step, child in zip(steps[number], node.children, strict=True):
            reach[child] = reach[number] * step
    worth: list[Array] = [None] * len(tree.nodes)
    total: list[Array] = [0.0] * len(tree.information_sets)
    action: list[Array] = [0.0] * int(starts[-1])
    for number in range(len(tree.nodes) - 1, -1, -1):
        node = tree.nodes[number]
        if node.kind == "terminal":
            worth[number] = payoffs[node.at]
            continue
        pairs = zip(steps[number], node.children, strict=True)
        worth[number] = sum(step * worth[child] for step, child in pairs)
        if node.kind == "decision":
            total[node.at] = total[node.at] + reach[number]
            player = tree.information_sets[node.at].player
            for a, child in enumerate(node.children):
                at = int(starts[node.at]) + a
                action[at] = action[at] + reach[number] * worth[child][player]
    return jnp.stack(
        [
            action[at] / total[number]
            for number, item in enumerate(tree.information_sets)
            for at in range(int(starts[number]), int(starts[number]) + len(item.actions))
        ]
    )
