"""The equations of a logit equilibrium in all logits at once, straight from their definition.

Nothing is substituted and nothing cancelled: every information set's logits are unknown, conditional
payoffs are ratios of sums over terminals weighted by the probability of reaching them, own moves
included, and derivatives are taken by a step into the complex plane (Squire and Trapp 1998, *SIAM
Review* 40). It is what the fast solver is tested against.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reassure.model.game_tree import GameTree

Array = np.ndarray[Any, np.dtype[Any]]

STEP = 1e-40


class AgentForm:
    """A game with numbers.

    Attributes:
        starts: where each information set's actions begin among all actions.
        unknowns: logits, of every action but the last of each information set.
    """

    def __init__(self, tree: GameTree, payoffs: Array, chances: Array) -> None:
        self.tree = tree
        self.payoffs = np.asarray(payoffs, dtype=float)
        sizes = [len(item.actions) for item in tree.information_sets]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        moves = [len(item.actions) for item in tree.chance_moves]
        self._chance_starts = np.concatenate([[0], np.cumsum(moves)]).astype(int)
        tiny = np.finfo(float).tiny
        self._log_chances = np.log(np.maximum(np.asarray(chances, dtype=float), tiny))
        self.unknowns = int(self.starts[-1]) - len(sizes)
        self._set = np.repeat(np.arange(len(sizes)), sizes)
        self._last = self.starts[1:][self._set] - 1
        self._free = np.flatnonzero(np.arange(self.starts[-1]) != self._last)
        self._player = np.array([item.player for item in tree.information_sets], dtype=int)[
            self._set
        ]
        self._through, self._nature = self._ways()
        # Every pair of an action and a terminal to which it may lead, action by action.
        self._actions, self._ends = np.nonzero(self._through.T)
        self._firsts = np.searchsorted(self._actions, np.arange(self.starts[-1]))
        self._times = self._through[self._ends, self._actions]
        self._ahead = self.payoffs[self._ends, self._player[self._actions]]

    def _ways(self) -> tuple[Array, Array]:
        """How often the way to each terminal takes each action, ``[T, A]``, and the log of how
        likely chance is to allow it, ``[T]``."""
        through = np.zeros((len(self.tree.nodes), int(self.starts[-1])))
        nature = np.zeros(len(self.tree.nodes))
        ends = np.zeros(len(self.tree.terminals), dtype=int)
        for i, node in enumerate(self.tree.nodes):
            if node.kind == "terminal":
                ends[node.at] = i
            for a, child in enumerate(node.children):
                through[child], nature[child] = through[i], nature[i]
                if node.kind == "chance":
                    nature[child] += self._log_chances[self._chance_starts[node.at] + a]
                else:
                    through[child, self.starts[node.at] + a] += 1
        return through[ends], nature[ends]

    def log_probabilities(self, logits: Array) -> Array:
        """``[A, ...]`` from logits ``[unknowns, ...]``, real or complex."""
        full = np.zeros((int(self.starts[-1]), *logits.shape[1:]), dtype=logits.dtype)
        full[self._free] = logits
        full -= np.maximum.reduceat(full.real, self.starts[:-1])[self._set]
        full -= np.log(np.add.reduceat(np.exp(full), self.starts[:-1]))[self._set]
        return full

    def payoffs_of_actions(self, log_p: Array) -> Array:
        """What the player of each action expects from it, given that its set is reached, ``[A,
        ...]``."""
        flat = log_p.reshape(len(log_p), math.prod(log_p.shape[1:]))
        reach = (self._through @ flat + self._nature[:, None])[self._ends]
        reach -= np.maximum.reduceat(reach.real, self._firsts)[self._actions]
        weights = np.exp(reach) * self._times[:, None]
        total = np.add.reduceat(weights * self._ahead[:, None], self._firsts)
        return (total / np.add.reduceat(weights, self._firsts)).reshape(log_p.shape)

    def equations(self, w: Array, rationality: Array) -> tuple[Array, Array]:
        """H and its derivatives at logits and a share t of the rationality, ``w = (logits, t)``."""
        n = self.unknowns
        spread = w[:, None] + 1j * STEP * np.eye(n + 1)
        logits, share = spread[:n], spread[n]
        u = self.payoffs_of_actions(self.log_probabilities(logits))
        gain = u[self._free] - u[self._last[self._free]]
        h = logits - share * rationality[self._player[self._free], None] * gain
        return h[:, 0].real.copy(), h.imag / STEP

    def regret(self, log_p: Array) -> float:
        """The most that a player could gain by moving otherwise at one information set, given that
        it is reached; ``log_p [A]``."""
        u, p = self.payoffs_of_actions(log_p), np.exp(log_p)
        return max(
            (
                float(u[a:b].max() - (p[a:b] * u[a:b]).sum())
                for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)
            ),
            default=0.0,
        )

    def values(self, probabilities: Array) -> Array:
        """What each player expects, ``[P]``, under probabilities ``[A]``."""
        tree, value = self.tree, np.zeros((len(self.tree.nodes), len(self.tree.players)))
        for i in reversed(range(len(tree.nodes))):
            node = tree.nodes[i]
            if node.kind == "terminal":
                value[i] = self.payoffs[node.at]
            for a, child in enumerate(node.children):
                share = (
                    np.exp(self._log_chances[self._chance_starts[node.at] + a])
                    if node.kind == "chance"
                    else probabilities[self.starts[node.at] + a]
                )
                value[i] += share * value[child]
        return np.asarray(value[0])
