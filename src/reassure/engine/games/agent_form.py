"""The equations of a logit equilibrium in all logits at once, straight from their definition.

Nothing is substituted and nothing cancelled: every information set's logits are unknown, conditional
payoffs are ratios of sums over nodes weighted by the probability of reaching them, own moves
included, and derivatives are taken by a step into the complex plane (Squire and Trapp 1998, *SIAM
Review* 40). It is what the fast solver is tested against.
"""

from __future__ import annotations

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
        self._free = np.array(
            [a for i, k in enumerate(sizes) for a in range(self.starts[i], self.starts[i] + k - 1)],
            dtype=int,
        )

    def log_probabilities(self, logits: Array) -> Array:
        """``[A, ...]`` from logits ``[unknowns, ...]``, real or complex."""
        full = np.zeros((int(self.starts[-1]), *logits.shape[1:]), dtype=logits.dtype)
        full[self._free] = logits
        for a, b in zip(self.starts[:-1], self.starts[1:], strict=True):
            part = full[a:b] - full[a:b].real.max(axis=0)
            full[a:b] = part - np.log(np.exp(part).sum(axis=0))
        return full

    def payoffs_of_actions(self, log_p: Array) -> Array:
        """What the player of each action expects from it, given that its set is reached, ``[A,
        ...]``."""
        tree, shape = self.tree, log_p.shape[1:]
        reach = np.zeros((len(tree.nodes), *shape), dtype=log_p.dtype)
        for i, node in enumerate(tree.nodes):
            for a, child in enumerate(node.children):
                reach[child] = reach[i] + self._log_share(node, a, log_p)
        value = np.zeros((len(tree.nodes), len(tree.players), *shape), dtype=log_p.dtype)
        for i in reversed(range(len(tree.nodes))):
            node = tree.nodes[i]
            if node.kind == "terminal":
                value[i] = self.payoffs[node.at].reshape(-1, *(1 for _ in shape))
            for a, child in enumerate(node.children):
                value[i] += np.exp(self._log_share(node, a, log_p)) * value[child]
        made = np.zeros_like(log_p)
        for at, item in enumerate(tree.information_sets):
            nodes = [i for i, n in enumerate(tree.nodes) if n.kind == "decision" and n.at == at]
            weights = np.exp(reach[nodes] - reach[nodes].real.max(axis=0))
            for a in range(len(item.actions)):
                ahead = np.stack([value[tree.nodes[i].children[a]][item.player] for i in nodes])
                made[self.starts[at] + a] = (weights * ahead).sum(axis=0) / weights.sum(axis=0)
        return made

    def equations(self, w: Array, rationality: Array) -> tuple[Array, Array]:
        """H and its derivatives at logits and a share t of the rationality, ``w = (logits, t)``."""
        n = self.unknowns
        spread = w[:, None] + 1j * STEP * np.eye(n + 1)
        logits, share = spread[:n], spread[n]
        u = self.payoffs_of_actions(self.log_probabilities(logits))
        h = logits.copy()
        at = 0
        for i, item in enumerate(self.tree.information_sets):
            a, b = self.starts[i], self.starts[i + 1]
            gain = u[a : b - 1] - u[b - 1]
            h[at : at + b - a - 1] -= share * rationality[item.player] * gain
            at += b - a - 1
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

    def _log_share(self, node: Any, action: int, log_p: Array) -> Array:
        if node.kind == "chance":
            share = self._log_chances[self._chance_starts[node.at] + action]
            return np.full(log_p.shape[1:], share, dtype=log_p.dtype)
        return np.asarray(log_p[self.starts[node.at] + action])
