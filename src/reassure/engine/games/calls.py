"""All that is asked of one game at a step, worked out together: appraising and playing it.

The views of a game differ in numbers and not in shape. So one piece of work is compiled a game, which
takes a chunk of futures under one variant and solves the game in everybody's eyes side by side; a
variant more is a turn more. A play, which knows no variants, takes one turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from reassure.engine.games import appraisal, plays
from reassure.engine.games.formulas import Formulas
from reassure.engine.games.names import move_names
from reassure.engine.games.solution import Solution
from reassure.engine.games.solver import Solver
from reassure.engine.games.views import View, reads, seen, viewer_of
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
        variants: under which the game is worked out, things as they are ('') first.
        solved: viewers in whose eyes it is solved under some variant; '' is the truth.
        viewers: those, and '' where only its numbers are needed.
        solves: how many solves it takes to appraise one future.
        results: what is read off an appraisal under any variant, each with its viewer.
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
        movers = [viewer_of(game, player) for player in game.tree.players]
        appraised: dict[str, list[str]] = {"": []}
        for view, _ in wanted:
            eyes = [viewer_of(game, view.viewer)] if view.viewer else movers
            appraised.setdefault(view.variant, []).extend(eyes)
        playing: list[str] = []
        if game.play is not None:
            playing = [*movers, *(viewer_of(game, holder) for holder, _ in lessons)]
        self.variants = tuple(appraised)
        solving = dict.fromkeys([*playing, *(v for some in appraised.values() for v in some)])
        self.solved = tuple(solving)
        self.viewers = tuple(dict.fromkeys([*solving, ""]))
        self.results = tuple(dict.fromkeys((view.viewer, result) for view, result in wanted))
        self._appraised = np.array([[v in some for v in solving] for some in appraised.values()])
        self.solves = int(self._appraised.sum())
        self._playing = frozenset(playing)
        self.reads = reads(game)
        stand = [[seen(game, View(v, viewer)) for viewer in self.viewers] for v in self.variants]
        self.inputs = tuple(
            dict.fromkeys(f for row in stand for view in row for f in view.values())
        )
        at = {f: i for i, f in enumerate(self.inputs)}
        # name -> viewer -> variant -> number of an input
        self._places = [
            [[at[v[name]] for v in of] for of in zip(*stand, strict=True)] for name in self.reads
        ]
        self.drawn = tuple(move.name for move in game.moves) if game.play is not None else ()
        self.made = tuple(move_names(game).values()) if game.play is not None else ()
        self.solver = Solver(game.tree, game.payoffs)

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
        results = dict.fromkeys(result for _, result in self.results)
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
        read_of = {(view, result): i for i, (view, result) in enumerate(self.wanted)}
        told = range(len(self.wanted), self.outputs - 1)
        # Where the rows of a turn belong, under each variant; -1: nowhere.
        places = np.array(
            [
                [
                    read_of.get((View(variant, viewer), result), -1)
                    for viewer, result in self.results
                ]
                + [row if variant == "" else -1 for row in told]
                for variant in self.variants
            ]
        )
        places = np.where(places < 0, self.outputs, places)

        def call(due: Array, played: Array, live: Array, rows: list[Array]) -> Array:
            asking = (due & live) | played

            def empty() -> Array:
                return jnp.zeros((self.outputs, lanes), dtype)

            def worked_off() -> Array:
                running = jnp.cumsum(asking, dtype=jnp.int32)
                total = running[-1]
                queue = jnp.full(lanes + width, lanes, jnp.int32)
                queue = queue.at[jnp.where(asking, running - 1, lanes + width)].set(
                    jnp.arange(lanes, dtype=jnp.int32), mode="drop"
                )
                chunks = (total + width - 1) // width
                turns = chunks * jnp.where(due, len(self.variants), 1)

                def some_left(carry: Any) -> Array:
                    return carry[0] < turns

                def turn(carry: Any) -> Any:
                    number, kept = carry
                    variant, chunk = number // chunks, number % chunks
                    who = lax.dynamic_slice_in_dim(queue, chunk * width, width)
                    there = who < lanes
                    plays_now = there & (variant == 0) & played.at[who].get(mode="clip")
                    given = [row.at[who].get(mode="clip") for row in rows]
                    made, flagged = work(variant, there & due, plays_now, due, given)
                    where = jnp.asarray(places)[variant]
                    kept = kept.at[where[:, None], who[None, :]].set(made, mode="drop")
                    return number + 1, kept.at[-1, who].max(flagged, mode="drop")

                return lax.while_loop(some_left, turn, (jnp.int32(0), empty()))[1]

            return lax.cond(jnp.any(asking), worked_off, empty)

        return call

    def _chunk(
        self, lanes: int, dtype: Any, attributes: Mapping[str, str]
    ) -> Callable[[Array, Array, Array, Array, list[Array]], tuple[Array, Array]]:
        """The work on one chunk of futures under one variant: results, then what a play makes and
        teaches, ``[rows, lanes]``; and flags ``[lanes]``."""
        terminals, players = len(self.game.tree.terminals), len(self.game.tree.players)
        chances = sum(len(move.actions) for move in self.game.tree.chance_moves)
        solved = len(self.solved)
        solve = self.solver.function(solved * lanes, dtype, attributes)

        def work(
            variant: Array, appraised: Array, played: Array, due: Array, rows: list[Array]
        ) -> tuple[Array, Array]:
            def seen_by(places: list[int]) -> Array:
                row = rows[places[0]]
                for number, place in enumerate(places):
                    if place != places[0]:
                        row = jnp.where(variant == number, rows[place], row)
                return row

            wide = [
                jnp.stack([seen_by(p) for p in (of if len({*map(tuple, of)}) > 1 else of[:1])])
                for of in self._places
            ]
            values = self.formulas(wide, lanes, dtype, attributes)

            def flat(value: Array) -> Array:
                return jnp.broadcast_to(value[:solved], (solved, lanes)).reshape(solved * lanes)

            at = terminals * players
            payoffs = jnp.stack([flat(v) for v in values[:at]]).reshape(terminals, players, -1)
            likely = [flat(v) for v in values[at : at + chances]]
            rationality = [flat(v) for v in values[at + chances : at + chances + players]]
            wanted = jnp.asarray(self._appraised)[variant]
            needed = [
                (appraised & wanted[i]) | played
                if viewer in self._playing
                else appraised & wanted[i]
                for i, viewer in enumerate(self.solved)
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
            return jnp.stack([row.astype(dtype) for row in made]), flagged.astype(dtype)

        return work
