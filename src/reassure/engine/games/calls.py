"""All that is asked of one game at a step, worked out together: appraising and playing it.

The views of a game differ in numbers and not in shape, so they are solved side by side, as more
lanes of one solver; and that is compiled once a game, since nothing takes longer to compile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax.numpy as jnp
from jax import lax

from reassure.engine.games import appraisal, plays
from reassure.engine.games.formulas import Formulas
from reassure.engine.games.names import move_names
from reassure.engine.games.solution import Solution
from reassure.engine.games.solver import Solver
from reassure.engine.games.views import View, reads, viewer_of, views_of_moves
from reassure.model.checked_games import Lesson, ModelGame, Result

Array = Any


class GameCall:
    """What a ``solve`` node of a step's graph works out.

    Its rows are the results that are wanted, the options that are made in a play, what is learnt from
    it, and last whether some solve is flagged (1 or 0).

    Args:
        game: the game.
        wanted: results to read off when the game is appraised, each in a view.
        lessons: what beliefs learn when it is played, each with its holder.

    Attributes:
        appraised: views that an appraisal solves.
        solved: those, and the views by which a play is decided and understood.
        views: those, and further ones whose numbers alone are needed. Inputs are given view after
            view, each with a row for every name of :attr:`reads`.
        drawn: moves of a play, each of which takes one uniform.
        made: the (move, option) pairs of a play.
    """

    def __init__(
        self,
        game: ModelGame,
        wanted: Sequence[tuple[View, Result]],
        lessons: Sequence[tuple[str, Lesson]],
    ) -> None:
        self.game, self.wanted, self.lessons = game, tuple(wanted), tuple(lessons)
        appraised: list[View] = []
        further: list[View] = []
        for view, _ in wanted:
            if view.viewer:
                appraised.append(View(view.variant, viewer_of(game, view.viewer)))
            else:
                appraised += views_of_moves(game, view.variant)
                further.append(view)
        playing: list[View] = []
        if game.play is not None:
            playing += views_of_moves(game, "")
            playing += [View("", viewer_of(game, holder)) for holder, _ in lessons]
            further.append(View())
        self.appraised = tuple(dict.fromkeys(appraised))
        self.solved = tuple(dict.fromkeys([*appraised, *playing]))
        self.views = tuple(dict.fromkeys([*self.solved, *further]))
        self._playing = frozenset(playing)
        self.reads = reads(game)
        self.drawn = tuple(move.name for move in game.moves) if game.play is not None else ()
        self.made = tuple(move_names(game).values()) if game.play is not None else ()
        self.solver = Solver(game.tree)

    @property
    def outputs(self) -> int:
        """How many rows it makes."""
        return len(self.wanted) + len(self.made) + len(self.lessons) + 1

    @cached_property
    def formulas(self) -> Formulas:
        """Payoffs terminal by terminal, chances, rationality, then the weights of results."""
        game = self.game
        listed = [f for row in game.payoffs for f in row]
        listed += [f for row in game.chances for f in row] + list(game.rationality)
        results = dict.fromkeys(result for _, result in self.wanted)
        listed += [f for result in results for f in (*result.weights, *result.given)]
        return Formulas(self.reads, listed)

    def function(
        self, lanes: int, dtype: Any, attributes: Mapping[str, str]
    ) -> Callable[[Array, Array, list[Array]], Array]:
        """``f(due, played, rows) -> [outputs, lanes]``. ``due``: whether the game is appraised in
        this step; ``played [lanes]``: for which futures it is played. ``rows`` are the inputs, then
        one uniform a move of a play. What is not asked for is zero."""
        terminals, players = len(self.game.tree.terminals), len(self.game.tree.players)
        chances = sum(len(move.actions) for move in self.game.tree.chance_moves)
        solving, count = len(self.solved) * lanes, len(self.views) * len(self.reads)
        solve = self.solver.function(solving, dtype)

        def work(due: Array, played: Array, rows: list[Array]) -> Array:
            wide = [
                jnp.concatenate([rows[v * len(self.reads) + i] for v in range(len(self.views))])
                for i in range(len(self.reads))
            ]
            values = self.formulas(wide, len(self.views) * lanes, dtype, attributes)
            first = [value[:solving] for value in values]
            payoffs = jnp.stack(first[: terminals * players]).reshape(terminals, players, solving)
            at = terminals * players
            likely = (
                jnp.stack(first[at : at + chances]) if chances else jnp.zeros((0, solving), dtype)
            )
            rationality = jnp.stack(first[at + chances : at + chances + players])
            nobody = jnp.zeros((lanes,), bool)
            needed = [
                (jnp.broadcast_to(due, (lanes,)) if view in self.appraised else nobody)
                | (played if view in self._playing else nobody)
                for view in self.solved
            ]
            found = solve(payoffs, likely, rationality, jnp.concatenate(needed))
            solution = Solution(self, lanes, list(found.probabilities), values)
            made = [jnp.where(due, row, 0.0) for row in appraisal.results(solution)]
            if self.drawn:
                made += plays.results(solution, played, rows[count:])
            flagged = jnp.any(found.flags.reshape(len(self.solved), lanes) != 0, axis=0)
            return jnp.stack([row.astype(dtype) for row in (*made, flagged)])

        def call(due: Array, played: Array, rows: list[Array]) -> Array:
            def skip(due: Array, played: Array, rows: list[Array]) -> Array:
                return jnp.zeros((self.outputs, lanes), dtype)

            return lax.cond(due | jnp.any(played), work, skip, due, played, rows)

        return call
