"""How likely each outcome is, as a differentiable function of the coefficients.

*Agent error* (Signorino 1999): at every move each option's expected payoff has an error of its own,
logistic differences for ``logit`` (the agent quantal response equilibrium at rationality 1), normal
with variance 1 for ``probit``. *Private information* (Signorino 2003): each payoff has an error with
variance 1 that its player knows and others do not; a player who compares two options faces the errors
of the ends that each may lead to, weighted by how likely they are, so

    P(second) = Phi[(EU_2 - EU_1) / sqrt(sum_t P(t | 1)^2 + sum_t P(t | 2)^2)].

With two moves and three ends these are p4 and p2 of Leblang (2003).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.nn import log_softmax
from jax.scipy.special import log_ndtr, logsumexp

from reassure.study.strategic.equilibrium import logit_moves
from reassure.study.strategic.observations import Observations
from reassure.study.strategic.statistical_game import StatisticalGame

Array = Any


def outcome_likelihood(game: StatisticalGame, data: Observations) -> Callable[[Array], Array]:
    """``f(coefficients [k]) -> log probabilities [outcome, row]``, to be traced in float64."""
    payoffs = _payoffs(game, data)
    tree = game.game.tree
    perfect = len({n.at for n in tree.nodes if n.kind == "decision"}) == sum(
        node.kind == "decision" for node in tree.nodes
    )
    if perfect:
        ends: Callable[[Array], list[Array]] = _Backward(game, data.count).ends
    else:
        moves = logit_moves(game.game, data.count)
        ends = lambda utilities: _forward(game, moves(utilities))  # noqa: E731
    at = [[t for t, n in enumerate(tree.terminals) if n == name] for name in game.outcomes]

    def log_probabilities(coefficients: Array) -> Array:
        logs = ends(payoffs(coefficients))
        rows = [
            logs[here[0]]
            if len(here) == 1
            else logsumexp(jnp.stack([logs[t] for t in here]), axis=0)
            for here in at
        ]
        return jnp.stack([jnp.broadcast_to(row, (data.count,)) for row in rows])

    return log_probabilities


def _payoffs(game: StatisticalGame, data: Observations) -> Callable[[Array], list[list[Array]]]:
    """``f(coefficients) -> payoffs [terminal][player]``, each a number or [rows]."""
    columns = {name: np.asarray(values) for name, values in data.columns.items()}

    def work(coefficients: Array) -> list[list[Array]]:
        found = []
        for terminal, row in enumerate(game.game.payoffs):
            values = []
            for player, fixed in enumerate(row):
                value: Array = float(fixed)
                for term in game.terms.get((terminal, player), ()):
                    by = 1.0 if term.column is None else columns[term.column]
                    value = value + coefficients[term.coefficient] * by
                values.append(value)
            found.append(values)
        return found

    return work


class _Backward:
    """Backward recursion of a game of perfect information."""

    def __init__(self, game: StatisticalGame, rows: int) -> None:
        self.game, self.rows = game, rows

    def ends(self, payoffs: list[list[Array]]) -> list[Array]:
        """The log probability of each terminal, from the payoffs [terminal][player]."""
        tree = self.game.game.tree
        below: list[dict[int, Array]] = [{} for _ in tree.nodes]  # log P(terminal | node)
        for number in range(len(tree.nodes) - 1, -1, -1):
            node = tree.nodes[number]
            if node.kind == "terminal":
                below[number] = {node.at: jnp.zeros(())}
                continue
            options = [below[child] for child in node.children]
            if node.kind == "chance":
                chances = [float(p) for p in self.game.game.chances[node.at]]
                logs = [jnp.log(jnp.asarray(p)) for p in chances]
            else:
                logs = self._moves(tree.information_sets[node.at].player, options, payoffs)
            below[number] = {
                terminal: log + inner
                for log, option in zip(logs, options, strict=True)
                for terminal, inner in option.items()
            }
        return [below[0][terminal] for terminal in range(len(tree.terminals))]

    def _moves(
        self, player: int, options: list[dict[int, Array]], payoffs: list[list[Array]]
    ) -> list[Array]:
        worth = [
            sum((jnp.exp(log) * payoffs[t][player] for t, log in option.items()), jnp.zeros(()))
            for option in options
        ]
        if len(worth) == 1:
            return [jnp.zeros(())]
        if self.game.link == "logit":
            wide = [jnp.broadcast_to(value, (self.rows,)) for value in worth]
            return list(log_softmax(jnp.stack(wide), axis=0))
        variance: Array = 2.0
        if self.game.error == "private":
            variance = sum(jnp.exp(2 * log) for option in options for log in option.values())
        lead = (worth[1] - worth[0]) / jnp.sqrt(variance)
        return [log_ndtr(-lead), log_ndtr(lead)]


def _forward(game: StatisticalGame, moves: Array) -> list[Array]:
    """The log probability of each terminal, from log probabilities of actions [action, row]."""
    tree = game.game.tree
    starts = np.cumsum([0, *(len(item.actions) for item in tree.information_sets)])
    reach: list[Array] = [jnp.zeros(())] * len(tree.nodes)
    found: list[Array] = [jnp.zeros(())] * len(tree.terminals)
    for number, node in enumerate(tree.nodes):
        if node.kind == "terminal":
            found[node.at] = reach[number]
        for action, child in enumerate(node.children):
            if node.kind == "chance":
                step: Array = jnp.log(jnp.asarray(float(game.game.chances[node.at][action])))
            else:
                step = moves[starts[node.at] + action]
            reach[child] = reach[number] + step
    return found
