"""All that is asked of one game at a step, worked out together: appraising and playing it.

The views of a game differ in numbers and not in shape, so they are solved side by side, as more
lanes of one solver.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax.numpy as jnp
from jax import lax

from reassure.engine.games.ends import action_starts, chance_starts, end_probabilities
from reassure.engine.games.formulas import Formulas
from reassure.engine.games.solver import Solver
from reassure.engine.games.views import View, reads, viewer_of, views_of_moves
from reassure.model.checked_games import Lesson, ModelGame, Result

Array = Any

LEAST = 1e-30
"""A probability below this counts as this in a ratio."""


class GameCall(ABC):
    """What a ``solve`` node of a step's graph works out.

    Attributes:
        game: the game.
        solved: views in which it is solved.
        views: those, and then further ones whose numbers alone are needed. Inputs are given view
            after view, each with a row for every name of :attr:`reads`.
    """

    def __init__(self, game: ModelGame, solved: Sequence[View], further: Sequence[View]) -> None:
        self.game = game
        self.solved = tuple(dict.fromkeys(solved))
        self.views = (*self.solved, *(v for v in dict.fromkeys(further) if v not in self.solved))
        self.reads = reads(game)
        self.solver = Solver(game.tree)

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many rows it makes. The last one is 1 where some solve is flagged, else 0."""

    @abstractmethod
    def _results(self, solution: _Solution, extra: Sequence[Array]) -> list[Array]:
        """The rows but the last."""

    @cached_property
    def formulas(self) -> Formulas:
        """Payoffs terminal by terminal, chances, rationality, then what else is asked."""
        game = self.game
        listed = [f for row in game.payoffs for f in row]
        listed += [f for row in game.chances for f in row] + list(game.rationality)
        return Formulas(self.reads, [*listed, *self._more()])

    def _more(self) -> list[Any]:
        return []

    def function(
        self, lanes: int, dtype: Any, attributes: Mapping[str, str]
    ) -> Callable[[Array, Array, list[Array]], Array]:
        """``f(due, needed, rows) -> [outputs, lanes]``: zeros unless ``due``; ``needed [lanes]``
        says for which futures; ``rows`` are the inputs, then what else the call reads."""
        tree = self.game.tree
        terminals, players = len(tree.terminals), len(tree.players)
        chances = sum(len(move.actions) for move in tree.chance_moves)
        solve = self.solver.function(len(self.solved) * lanes, dtype)
        count = len(self.views) * len(self.reads)

        def work(needed: Array, rows: list[Array]) -> Array:
            wide = [
                jnp.concatenate([rows[v * len(self.reads) + i] for v in range(len(self.views))])
                for i in range(len(self.reads))
            ]
            values = self.formulas(wide, len(self.views) * lanes, dtype, attributes)
            solving = len(self.solved) * lanes
            first = [value[:solving] for value in values]
            payoffs = jnp.stack(first[: terminals * players]).reshape(terminals, players, solving)
            at = terminals * players
            likely = (
                jnp.stack(first[at : at + chances]) if chances else jnp.zeros((0, solving), dtype)
            )
            rationality = jnp.stack(first[at + chances : at + chances + players])
            found = solve(payoffs, likely, rationality, jnp.tile(needed, len(self.solved)))
            flagged = jnp.any(found.flags.reshape(len(self.solved), lanes) != 0, axis=0)
            solution = _Solution(self, lanes, list(found.probabilities), values, needed)
            made = self._results(solution, rows[count:])
            made = [*made, jnp.where(flagged, 1.0, 0.0).astype(dtype)]
            return jnp.where(needed, jnp.stack(made), jnp.zeros((), dtype))

        def call(due: Array, needed: Array, rows: list[Array]) -> Array:
            def skip(needed: Array, rows: list[Array]) -> Array:
                return jnp.zeros((self.outputs, lanes), dtype)

            return lax.cond(due, work, skip, needed, rows)

        return call


class _Solution:
    """A game solved in some views, and its numbers in more of them."""

    def __init__(
        self, call: GameCall, lanes: int, actions: list[Array], values: list[Array], needed: Array
    ) -> None:
        self.call, self.lanes, self.needed = call, lanes, needed
        self._actions, self._values = actions, values
        tree = call.game.tree
        chances = sum(len(move.actions) for move in tree.chance_moves)
        self._chances = len(tree.terminals) * len(tree.players)
        self.more = self._chances + chances + len(tree.players)

    def value(self, position: int, view: View) -> Array:
        """A formula's value in a view, ``[lanes]``."""
        at = self.call.views.index(view) * self.lanes
        return self._values[position][at : at + self.lanes]

    def chances(self, view: View) -> list[Array]:
        """Probabilities of chance's actions in a view."""
        tree = self.call.game.tree
        count = sum(len(move.actions) for move in tree.chance_moves)
        return [self.value(self._chances + i, view) for i in range(count)]

    def strategies(self, view: View) -> list[Array]:
        """How everybody moves in the game as it is solved in ``view``."""
        at = self.call.solved.index(view) * self.lanes
        return [row[at : at + self.lanes] for row in self._actions]

    def actual(self, variant: str) -> list[Array]:
        """How everybody moves, each by the game as it sees it."""
        tree, starts = self.call.game.tree, action_starts(self.call.game.tree)
        views = views_of_moves(self.call.game, variant)
        found: list[Array] = []
        for start, item in zip(starts, tree.information_sets, strict=True):
            rows = self.strategies(views[item.player])
            found += rows[start : start + len(item.actions)]
        return found

    def ends(self, actions: list[Array], view: View) -> list[Array]:
        """Probabilities of the terminals, by chances as in ``view``."""
        one = jnp.ones((self.lanes,), self._values[0].dtype)
        return end_probabilities(self.call.game.tree, actions, self.chances(view), one)


class Appraisal(GameCall):
    """Results of a game that is solved and not played.

    Args:
        game: the game.
        wanted: the results to read off, each in a view.
    """

    def __init__(self, game: ModelGame, wanted: Sequence[tuple[View, Result]]) -> None:
        self.wanted = tuple(wanted)
        solved: list[View] = []
        further: list[View] = []
        for view, _ in wanted:
            if view.viewer:
                solved.append(View(view.variant, viewer_of(game, view.viewer)))
            else:
                solved += views_of_moves(game, view.variant)
                further.append(view)
        super().__init__(game, solved, further)

    @property
    def outputs(self) -> int:
        return len(self.wanted) + 1

    def _more(self) -> list[Any]:
        results = dict.fromkeys(result for _, result in self.wanted)
        return [f for result in results for f in (*result.weights, *result.given)]

    def _results(self, solution: _Solution, extra: Sequence[Array]) -> list[Array]:
        starts, at = {}, solution.more
        for result in dict.fromkeys(result for _, result in self.wanted):
            starts[result] = at
            at += len(result.weights) + len(result.given)
        ends: dict[View, tuple[View, list[Array]]] = {}
        made = []
        for view, result in self.wanted:
            if view not in ends:
                if view.viewer:
                    eyes = View(view.variant, viewer_of(self.game, view.viewer))
                    ends[view] = eyes, solution.ends(solution.strategies(eyes), eyes)
                else:
                    ends[view] = view, solution.ends(solution.actual(view.variant), view)
            eyes, likely = ends[view]
            made.append(self._result(solution, result, starts[result], eyes, likely))
        return made

    def _result(
        self, solution: _Solution, result: Result, start: int, view: View, likely: list[Array]
    ) -> Array:
        count = len(result.weights)
        if not result.given:
            return self._expected(solution, [(start + i,) for i in range(count)], view, likely)
        both = [(start + i, start + count + i) for i in range(count)]
        above = self._expected(solution, both, view, likely)
        below = self._expected(solution, [(start + count + i,) for i in range(count)], view, likely)
        some = below > LEAST
        return jnp.where(some, above / jnp.where(some, below, 1.0), 0.0)

    def _expected(
        self,
        solution: _Solution,
        factors: Sequence[tuple[int, ...]],
        view: View,
        likely: list[Array],
    ) -> Array:
        """The sum over terminals of probability times the product of formulas; factors that are
        known to be 0 or 1 cost nothing."""
        total = jnp.zeros((solution.lanes,), likely[0].dtype)
        for chance, positions in zip(likely, factors, strict=True):
            term = chance
            for position in positions:
                known = self.formulas.constant(position)
                if known == 0.0:
                    break
                if known != 1.0:
                    term = term * solution.value(position, view)
            else:
                total = total + term
        return total


class Playing(GameCall):
    """A game that is played: who does what, and what those who watch learn from it.

    Beside the inputs it reads one uniform row for each of :attr:`drawn`.

    Args:
        game: the game.
        lessons: what beliefs learn, each with its holder.
    """

    def __init__(self, game: ModelGame, lessons: Sequence[tuple[str, Lesson]]) -> None:
        self.lessons = tuple(lessons)
        learners = [View("", viewer_of(game, holder)) for holder, _ in lessons]
        super().__init__(game, [*views_of_moves(game, ""), *learners], [View()])
        self.drawn = tuple(move.name for move in game.moves)
        self.made = tuple((move.name, option) for move in game.moves for option in move.options)

    @property
    def outputs(self) -> int:
        return len(self.made) + len(self.lessons) + 1

    def _results(self, solution: _Solution, extra: Sequence[Array]) -> list[Array]:
        uniforms = dict(zip(self.drawn, extra, strict=True))
        made, ends = self._walk(solution, uniforms)
        dtype = extra[0].dtype
        rows = [
            made[pair].astype(dtype) if pair in made else jnp.zeros((solution.lanes,), dtype)
            for pair in self.made
        ]
        return rows + [self._lesson(solution, holder, item, ends) for holder, item in self.lessons]

    def _walk(
        self, solution: _Solution, uniforms: Mapping[str, Array]
    ) -> tuple[dict[tuple[str, str], Array], list[Array]]:
        """Where the play passes: which options were taken, and which terminal was reached."""
        game, tree = self.game, self.game.tree
        own, nature = action_starts(tree), chance_starts(tree)
        actions, chances = solution.actual(""), solution.chances(View())
        passes: dict[int, Array] = {0: solution.needed}
        made: dict[tuple[str, str], Array] = {}
        ends: list[Array] = [None] * len(tree.terminals)
        taken: dict[tuple[str, int], list[Array]] = {}
        for number, node in enumerate(tree.nodes):
            here = passes.pop(number)
            if node.kind == "terminal":
                ends[node.at] = here
                continue
            if node.kind == "decision":
                move, options = game.set_moves[node.at], tree.information_sets[node.at].actions
                rows = actions[own[node.at] : own[node.at] + len(options)]
            else:
                move, options = game.chance_moves[node.at], tree.chance_moves[node.at].actions
                rows = chances[nature[node.at] : nature[node.at] + len(options)]
            key = (node.kind, node.at)
            if key not in taken:
                taken[key] = picked(rows, uniforms[move])
            for option, child, chosen in zip(options, node.children, taken[key], strict=True):
                passes[child] = here & chosen
                pair = (move, option)
                made[pair] = made[pair] | passes[child] if pair in made else passes[child]
        return made, ends

    def _lesson(self, solution: _Solution, holder: str, lesson: Lesson, ends: list[Array]) -> Array:
        """log P(seen | it was so) - log P(seen | it was not), as the holder sees the game."""
        game = self.game
        view = View("", viewer_of(game, holder))
        likely = solution.ends(solution.strategies(view), view)
        classes = dict(game.observations)[holder]
        so = [(lesson.move, lesson.option) in path for path in game.paths]
        zero = jnp.zeros((solution.lanes,), likely[0].dtype)
        prior = sum((p for p, yes in zip(likely, so, strict=True) if yes), zero)
        contrary = sum((p for p, yes in zip(likely, so, strict=True) if not yes), zero)
        total = zero
        for number in dict.fromkeys(classes):
            members = [t for t, c in enumerate(classes) if c == number]
            with_it = sum((likely[t] for t in members if so[t]), zero)
            without = sum((likely[t] for t in members if not so[t]), zero)
            ratio = (
                jnp.log(jnp.maximum(with_it, LEAST))
                - jnp.log(jnp.maximum(prior, LEAST))
                - jnp.log(jnp.maximum(without, LEAST))
                + jnp.log(jnp.maximum(contrary, LEAST))
            )
            reached = ends[members[0]]
            for t in members[1:]:
                reached = reached | ends[t]
            total = total + jnp.where(reached, ratio, 0.0)
        return total


def picked(rows: Sequence[Array], u: Array) -> list[Array]:
    """Which of several options a uniform picks, as one truth row each."""
    upto = [rows[0]]
    for row in rows[1:]:
        upto.append(upto[-1] + row)
    at = u * upto[-1]
    passed = [at >= item for item in upto[:-1]]
    found = [~passed[0]] if passed else [jnp.ones_like(u, dtype=bool)]
    found += [a & ~b for a, b in zip(passed, passed[1:], strict=False)]
    return [*found, passed[-1]] if passed else found
