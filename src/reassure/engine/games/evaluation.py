"""Strategies, beliefs and payoffs of a game, given the strategies at its core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reassure.engine.games.rows import Algebra, Row, Strategy
from reassure.engine.games.structure import Structure
from reassure.model.game_tree import GameTree

Array = Any


@dataclass
class Evaluation:
    """What follows from the strategies at the core.

    Args:
        tree, structure: of the game.
        algebra: of the rows.
        payoffs: ``[terminal][player]`` rows.
        chances: ``[chance move][action]`` rows.
        log_chances: their logarithms, bounded from below.
        rationality: a row a player.
        one: the row of ones, for an action without alternative.

    Attributes:
        strategies: of each information set that is known so far.
    """

    tree: GameTree
    structure: Structure
    algebra: Algebra
    payoffs: Sequence[Sequence[Row]]
    chances: Sequence[Sequence[Row]]
    log_chances: Sequence[Sequence[Row]]
    rationality: Sequence[Row]
    one: Row
    strategies: dict[int, Strategy] = field(default_factory=dict)
    _values: dict[tuple[int, int], Row] = field(default_factory=dict)

    def run(self, core: Sequence[Row]) -> list[Row]:
        """Work out all strategies from logits at the core, ``structure.dimension`` of them.

        Returns:
            The logits that the core's players would choose, in the same order.
        """
        given = iter(core)
        for at in self.structure.core:
            count = len(self.tree.information_sets[at].actions) - 1
            self._adopt(at, [next(given) for _ in range(count)])
        for at in self.structure.order:
            self._adopt(at, self.logits(at))
        return [logit for at in self.structure.core for logit in self.logits(at)]

    def logits(self, at: int) -> list[Row]:
        """For each action but the last of an information set: its player's rationality times what
        the action's expected payoff exceeds that of the last by, given that the set is reached."""
        ways = self.structure.ways[at]
        count = len(self.tree.information_sets[at].actions)
        player = self.tree.information_sets[at].player
        if count == 1:
            return []
        advantages: list[list[Row]] = []
        for way in ways:
            values = [self.value(child, player) for child in self.tree.nodes[way.node].children]
            advantages.append([value - values[-1] for value in values[:-1]])
        if len(ways) > 1:
            beliefs = self._beliefs(at)
            made = []
            for a in range(count - 1):
                last = advantages[-1][a]
                for belief, advantage in zip(beliefs[:-1], advantages[:-1], strict=True):
                    last = (advantage[a] - advantages[-1][a]) * belief + last
                made.append(last)
        else:
            made = advantages[0]
        return [advantage * self.rationality[player] for advantage in made]

    def value(self, node: int, player: int) -> Row:
        """What a player expects at a node."""
        key = (node, player)
        if key not in self._values:
            self._values[key] = self._value(node, player)
        return self._values[key]

    def _value(self, node: int, player: int) -> Row:
        here = self.tree.nodes[node]
        if here.kind == "terminal":
            return self.payoffs[here.at][player]
        values = [self.value(child, player) for child in here.children]
        p = self.chances[here.at] if here.kind == "chance" else self.strategies[here.at].p
        total = values[-1]
        for share, value in zip(p[:-1], values[:-1], strict=True):
            total = (value - values[-1]) * share + total
        return total

    def _beliefs(self, at: int) -> list[Row]:
        """How likely each node of an information set is, given that the set is reached. In
        logarithms: that a set is hardly ever reached does not blur it."""
        weights = []
        for way in self.structure.ways[at]:
            terms = [self.strategies[j].log[a] for j, a in way.moves]
            terms += [self.log_chances[c][a] for c, a in way.chances]
            total = self.one - self.one if not terms else terms[0]
            for term in terms[1:]:
                total = term + total
            weights.append(total)
        return self.algebra.beliefs(weights)

    def _adopt(self, at: int, logits: list[Row]) -> None:
        if logits:
            self.strategies[at] = self.algebra.strategy(logits)
        else:
            self.strategies[at] = Strategy((self.one,), (self.one - self.one,))
