"""Games as the plain interpreter plays them: future by future, in double precision, without JAX.

It shares with the compiled games the order of uniforms and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.engine.evaluation import evaluate
from reassure.engine.games.reference import reference_aqre
from reassure.engine.games.views import View, seen, viewer_of, views_of_moves
from reassure.model.checked_games import Lesson, ModelGame, Result
from reassure.model.expression import Expression

Array = Any


@dataclass(frozen=True)
class Solved:
    """A game solved in one view of one future: ``actions`` of all information sets one after
    another, and the numbers it was solved with."""

    actions: Array
    values: dict[str, float]
    chances: list[list[float]]
    flags: int


class Lane:
    """One future's game at one moment.

    Args:
        game: the game.
        value: the value of a formula in this future at this moment.
    """

    def __init__(self, game: ModelGame, value: Callable[[Expression], float]) -> None:
        self.game = game
        self._value = value
        self._solved: dict[View, Solved] = {}
        self._numbers: dict[View, dict[str, float]] = {}

    def numbers(self, view: View) -> dict[str, float]:
        """What the names that the game reads are worth in a view."""
        if view not in self._numbers:
            found = {name: self._value(f) for name, f in seen(self.game, view).items()}
            self._numbers[view] = found
        return self._numbers[view]

    def solved(self, view: View) -> Solved:
        if view not in self._solved:
            game, values = self.game, self.numbers(view)
            payoffs = np.array([[_at(f, values) for f in row] for row in game.payoffs])
            chances = [[_at(f, values) for f in row] for row in game.chances]
            rationality = np.array([_at(f, values) for f in game.rationality])
            flat = np.array([p for row in chances for p in row])
            actions, flags = reference_aqre(game.tree, payoffs, flat, rationality)
            self._solved[view] = Solved(np.asarray(actions), values, chances, int(flags))
        return self._solved[view]

    def strategies(self, view: View) -> dict[tuple[int, int], float]:
        """Probability of (information set, action) where everybody moves as in ``view``; with no
        viewer, each as it sees things."""
        game, found = self.game, {}
        views = (
            [View(view.variant, viewer_of(game, view.viewer))] * len(game.tree.players)
            if view.viewer
            else views_of_moves(game, view.variant)
        )
        start = 0
        for i, item in enumerate(game.tree.information_sets):
            rows = self.solved(views[item.player]).actions
            for a in range(len(item.actions)):
                found[i, a] = float(rows[start + a])
            start += len(item.actions)
        return found

    def numbers_of(self, view: View) -> dict[str, float]:
        """The numbers by which a view's results are read."""
        eyes = View(view.variant, viewer_of(self.game, view.viewer)) if view.viewer else view
        return self.numbers(eyes)

    def ends(self, view: View) -> list[float]:
        """Probability of each terminal in a view."""
        tree, values = self.game.tree, self.numbers_of(view)
        moves = self.strategies(view)
        found = [0.0] * len(tree.terminals)
        pending = [(0, 1.0)]
        while pending:
            number, reach = pending.pop()
            node = tree.nodes[number]
            if node.kind == "terminal":
                found[node.at] += reach
                continue
            for a, child in enumerate(node.children):
                chosen = node.kind == "decision"
                step = moves[node.at, a] if chosen else _at(self.game.chances[node.at][a], values)
                pending.append((child, reach * step))
        return found

    def result(self, view: View, result: Result) -> float:
        """E[weights * given] / E[given]."""
        values, likely = self.numbers_of(view), self.ends(view)
        weights = [_at(f, values) for f in result.weights]
        if not result.given:
            return float(np.dot(likely, weights))
        given = [_at(f, values) for f in result.given]
        below = float(np.dot(likely, given))
        return float(np.dot(likely, np.multiply(weights, given))) / below if below > 1e-30 else 0.0

    def play(self, uniforms: Mapping[str, float]) -> tuple[set[tuple[str, str]], int]:
        """The (move, option) pairs that happen, and the terminal that is reached."""
        game, tree = self.game, self.game.tree
        moves, values = self.strategies(View()), self.numbers(View())
        made, number = set(), 0
        while tree.nodes[number].kind != "terminal":
            node = tree.nodes[number]
            if node.kind == "decision":
                move, options = game.set_moves[node.at], tree.information_sets[node.at].actions
                rows = [moves[node.at, a] for a in range(len(options))]
            else:
                move, options = game.chance_moves[node.at], tree.chance_moves[node.at].actions
                rows = [_at(f, values) for f in game.chances[node.at]]
            upto = np.cumsum(rows)
            a = int(np.sum(uniforms[move] * upto[-1] >= upto[:-1]))
            made.add((move, options[a]))
            number = node.children[a]
        return made, tree.nodes[number].at

    def lesson(self, holder: str, lesson: Lesson, terminal: int) -> float:
        """What a holder learns from the terminal that was reached."""
        game, view = self.game, View("", holder)
        likely, classes = self.ends(view), dict(game.observations)[holder]
        so = [(lesson.move, lesson.option) in path for path in game.paths]
        seen_as = [c == classes[terminal] for c in classes]

        def chance(of: Sequence[bool], given: Sequence[bool]) -> float:
            both = sum(p for p, x, y in zip(likely, of, given, strict=True) if x and y)
            return max(both, 1e-30) / max(
                sum(p for p, y in zip(likely, given, strict=True) if y), 1e-30
            )

        return float(np.log(chance(seen_as, so)) - np.log(chance(seen_as, [not x for x in so])))


def _at(formula: Expression, values: Mapping[str, float]) -> float:
    return float(evaluate(formula, values))
