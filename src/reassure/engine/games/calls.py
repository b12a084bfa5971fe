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
from reassure.engine.games.views import View, reads, seen, viewer_of, views_of_moves
from reassure.model.checked_games import Lesson, ModelGame, Result

Array = Any

WIDTH = 128
"""Futures in a chunk."""


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
        views: those, and further ones whose numbers alone are needed.
        inputs: what it is given: each expression that stands for a name in some view, once.
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
        stand = [seen(game, view) for view in self.views]
        self.inputs = tuple(dict.fromkeys(f for view in stand for f in view.values()))
        at = {f: i for i, f in enumerate(self.inputs)}
        self._places = [[at[view[name]] for view in stand] for name in self.reads]
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
    ) -> Callable[[Array, Array, Array, list[Array]], Array]:
        """``f(due, played, live, rows) -> [outputs, lanes]``. ``due``: whether the game is appraised
        in this step, ``live [lanes]``: for which futures; ``played [lanes]``: for which it is played.
        ``rows`` are the inputs, then one uniform a move of a play. What is not asked for is zero.

        Futures that ask for something are taken in chunks of one width: a few plays cost little,
        and what a future gets does not depend on which others are in its chunk.
        """
        width = min(WIDTH, lanes)
        work = self._chunk(width, dtype, attributes)

        def call(due: Array, played: Array, live: Array, rows: list[Array]) -> Array:
            asking = (due & live) | played
            running = jnp.cumsum(asking, dtype=jnp.int32)
            total = running[-1]
            queue = jnp.full(lanes + width, lanes, jnp.int32)
            queue = queue.at[jnp.where(asking, running - 1, lanes + width)].set(
                jnp.arange(lanes, dtype=jnp.int32), mode="drop"
            )

            def some_left(carry: Any) -> Array:
                return carry[0] < total

            def turn(carry: Any) -> Any:
                first, kept = carry
                who = lax.dynamic_slice_in_dim(queue, first, width)
                there = who < lanes
                plays_now = there & played.at[who].get(mode="clip")
                given = [row.at[who].get(mode="clip") for row in rows]
                made = work(due, there & due, plays_now, given)
                return first + width, kept.at[:, who].set(made, mode="drop")

            def empty() -> Array:
                return jnp.zeros((self.outputs, lanes), dtype)

            def worked_off() -> Array:
                return lax.while_loop(some_left, turn, (jnp.int32(0), empty()))[1]

            return lax.cond(total > 0, worked_off, empty)

        return call

    def _chunk(
        self, lanes: int, dtype: Any, attributes: Mapping[str, str]
    ) -> Callable[[Array, Array, Array, list[Array]], Array]:
        """The work on one chunk of futures."""
        terminals, players = len(self.game.tree.terminals), len(self.game.tree.players)
        chances = sum(len(move.actions) for move in self.game.tree.chance_moves)
        solved = len(self.solved)
        solve = self.solver.function(solved * lanes, dtype)

        def work(due: Array, appraised: Array, played: Array, rows: list[Array]) -> Array:
            wide = [
                jnp.stack([rows[i] for i in (places if len(set(places)) > 1 else places[:1])])
                for places in self._places
            ]
            values = self.formulas(wide, lanes, dtype, attributes)

            def flat(value: Array) -> Array:
                return jnp.broadcast_to(value[:solved], (solved, lanes)).reshape(solved * lanes)

            at = terminals * players
            payoffs = jnp.stack([flat(v) for v in values[:at]]).reshape(terminals, players, -1)
            likely = [flat(v) for v in values[at : at + chances]]
            rationality = [flat(v) for v in values[at + chances : at + chances + players]]
            nobody = jnp.zeros((lanes,), bool)
            needed = [
                (appraised if view in self.appraised else nobody)
                | (played if view in self._playing else nobody)
                for view in self.solved
            ]
            found = solve(
                payoffs,
                jnp.stack(likely) if likely else jnp.zeros((0, solved * lanes), dtype),
                jnp.stack(rationality),
                jnp.concatenate(needed),
            )
            solution = Solution(self, lanes, list(found.probabilities), values)
            made = [jnp.where(due, row, 0.0) for row in appraisal.results(solution)]
            if self.drawn:
                made += plays.results(solution, played, rows[len(self.inputs) :])
            flagged = jnp.any(found.flags.reshape(solved, lanes) != 0, axis=0)
            return jnp.stack([row.astype(dtype) for row in (*made, flagged)])

        return work
