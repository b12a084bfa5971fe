"""Nash equilibria of small games of two players, by trying all pairs of supports.

For each pair of supports of one size, the mixtures that make the other player indifferent within its
support solve two systems of linear equations; they are an equilibrium if they are probabilities and
nothing outside the support pays more (von Stengel 2007, in *Algorithmic Game Theory*, algorithm 3.4).
In exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from reassure.model.game_checks import parents, path
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError

MOST_STRATEGIES = 200
"""Pure strategies of both players together, and ..."""

MOST_PAIRS = 20_000
"""pairs of supports that are tried."""

Plan = tuple[int, ...]
"""An action for each information set of a player, -1 for those that it avoids by its own moves."""

Mixture = tuple[Fraction, ...]


@dataclass(frozen=True)
class StrategicForm:
    """A game of two players as a table.

    Attributes:
        game: the game.
        sets: each player's information sets.
        plans: each player's pure strategies (reduced: what it rules out itself is left open).
        payoffs: ``[player][plan of the first][plan of the second]``.
    """

    game: Game
    sets: tuple[tuple[int, ...], tuple[int, ...]]
    plans: tuple[tuple[Plan, ...], tuple[Plan, ...]]
    payoffs: tuple[tuple[tuple[Fraction, ...], ...], tuple[tuple[Fraction, ...], ...]]

    def behaviour(
        self, pair: tuple[Mixture, Mixture]
    ) -> tuple[np.ndarray[Any, np.dtype[Any]], list[int]]:
        """Probabilities ``[A]`` that do the same as mixtures of plans (Kuhn 1953), and the
        information sets that their players avoid."""
        items = self.game.tree.information_sets
        starts = np.cumsum([0] + [len(item.actions) for item in items])
        probabilities = np.zeros(int(starts[-1]))
        avoided = []
        for sets, plans, mixture in zip(self.sets, self.plans, pair, strict=True):
            for k, at in enumerate(sets):
                count = len(items[at].actions)
                weights = [
                    sum((m for m, p in zip(mixture, plans, strict=True) if p[k] == a), Fraction(0))
                    for a in range(count)
                ]
                total = sum(weights)
                if not total:
                    avoided.append(at)
                for a in range(count):
                    share = weights[a] / total if total else Fraction(1, count)
                    probabilities[starts[at] + a] = float(share)
        return probabilities, sorted(avoided)


def strategic_form(game: Game) -> StrategicForm:
    """The strategic form of a game of two players.

    Raises:
        UsageError: there are more or fewer players, or too many strategies.
    """
    tree = game.tree
    if len(tree.players) != 2:
        raise UsageError(
            f"support enumeration is for two players; this game has {len(tree.players)}",
            "ask for the limit of the logit branch",
        )
    sets, plans = [], []
    for player in range(2):
        own = tuple(i for i, item in enumerate(tree.information_sets) if item.player == player)
        sets.append(own)
        plans.append(_plans(game, player, own))
    tried = sum(
        comb(len(plans[0]), size) * comb(len(plans[1]), size)
        for size in range(1, 1 + min(len(plans[0]), len(plans[1])))
    )
    if tried > MOST_PAIRS:
        raise UsageError(
            f"the strategic form is too large for support enumeration: {len(plans[0])} by "
            f"{len(plans[1])} strategies; the limit is {MOST_PAIRS:,} pairs of supports",
            "ask for the limit of the logit branch",
        )
    ends = _ends(game, sets)
    payoffs = tuple(
        tuple(
            tuple(
                sum(
                    (chance * game.payoffs[end][player] for end, chance in ends(first, second)),
                    Fraction(0),
                )
                for second in plans[1]
            )
            for first in plans[0]
        )
        for player in range(2)
    )
    return StrategicForm(game, (sets[0], sets[1]), (plans[0], plans[1]), (payoffs[0], payoffs[1]))


def support_enumeration(form: StrategicForm) -> tuple[list[tuple[Mixture, Mixture]], bool]:
    """All equilibria with supports of one size, and whether the game showed itself degenerate: then
    there may be others."""
    rows, columns = (len(plans) for plans in form.plans)
    first = form.payoffs[0]
    second = tuple(tuple(form.payoffs[1][i][j] for i in range(rows)) for j in range(columns))
    found: list[tuple[Mixture, Mixture]] = []
    degenerate = False
    for size in range(1, min(rows, columns) + 1):
        for own in combinations(range(rows), size):
            for other in combinations(range(columns), size):
                y = _indifferent(first, own, other)
                x = _indifferent(second, other, own) if y is not None else None
                if x is None or y is None:
                    continue
                mixed = _spread(x, own, rows), _spread(y, other, columns)
                ties_one = _best(first, own, mixed[1])
                ties_two = _best(second, other, mixed[0])
                if ties_one is None or ties_two is None:
                    continue
                positive = all(p > 0 for p in (*x, *y))
                degenerate |= ties_one > size or ties_two > size or not positive
                if mixed not in found:
                    found.append(mixed)
    return found, degenerate


def _plans(game: Game, player: int, own: tuple[int, ...]) -> tuple[Plan, ...]:
    tree = game.tree
    above = parents(tree)
    before: dict[int, tuple[tuple[int, int], ...]] = {}
    for i, node in enumerate(tree.nodes):
        if node.kind == "decision" and node.at in own and node.at not in before:
            before[node.at] = tuple(
                (step.at, action)
                for step, action in path(tree, above, i)
                if step.kind == "decision" and step.at in own
            )
    plans: list[dict[int, int]] = [{}]
    for at in sorted(own, key=lambda s: (len(before[s]), s)):
        grown = []
        for plan in plans:
            if any(plan.get(s) != a for s, a in before[at]):
                grown.append({**plan, at: -1})
            else:
                count = len(tree.information_sets[at].actions)
                grown += [{**plan, at: a} for a in range(count)]
        plans = grown
        if len(plans) > MOST_STRATEGIES:
            raise UsageError(
                f"player '{tree.players[player]}' has more than {MOST_STRATEGIES} pure strategies, "
                "too many for support enumeration",
                "ask for the limit of the logit branch",
            )
    return tuple(tuple(plan[at] for at in own) for plan in plans)


def _ends(game: Game, sets: Sequence[tuple[int, ...]]) -> Any:
    """A function from two plans to the ends that they lead to and how likely chance makes each."""
    tree = game.tree

    def ends(first: Plan, second: Plan) -> list[tuple[int, Fraction]]:
        acts = dict(zip(sets[0], first, strict=True)) | dict(zip(sets[1], second, strict=True))
        found, todo = [], [(0, Fraction(1))]
        while todo:
            at, chance = todo.pop()
            node = tree.nodes[at]
            if node.kind == "terminal":
                found.append((node.at, chance))
            elif node.kind == "chance":
                shares = game.chances[node.at]
                todo += [(c, chance * s) for c, s in zip(node.children, shares, strict=True)]
            else:
                todo.append((node.children[acts[node.at]], chance))
        return found

    return ends


def _indifferent(
    payoffs: Sequence[Sequence[Fraction]], own: Sequence[int], other: Sequence[int]
) -> Mixture | None:
    """The mixture of ``other`` against which all of ``own`` pay the same; None unless it is unique
    and a probability."""
    rows = [[*(payoffs[i][j] - payoffs[own[0]][j] for j in other), Fraction(0)] for i in own[1:]]
    rows.append([*(Fraction(1) for _ in other), Fraction(1)])
    n = len(other)
    for k in range(n):
        pivot = next((r for r in range(k, n) if rows[r][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for r in range(n):
            if r != k and rows[r][k]:
                rows[r] = [a - rows[r][k] * b for a, b in zip(rows[r], rows[k], strict=True)]
    mixture = tuple(row[-1] for row in rows)
    return mixture if all(p >= 0 for p in mixture) else None


def _best(
    payoffs: Sequence[Sequence[Fraction]], own: Sequence[int], mixture: Mixture
) -> int | None:
    """How many strategies pay the most against a mixture; None unless ``own`` are among them."""
    values = [
        sum((v * m for v, m in zip(row, mixture, strict=True)), Fraction(0)) for row in payoffs
    ]
    top = max(values)
    return values.count(top) if all(values[i] == top for i in own) else None


def _spread(mixture: Mixture, support: Sequence[int], count: int) -> Mixture:
    shares = dict(zip(support, mixture, strict=True))
    return tuple(shares.get(i, Fraction(0)) for i in range(count))
