"""How the play of a game changes over one or two of its numbers, or of the quantities that it reads.

See :mod:`reassure.study.game_axes` for what can vary and be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reassure.engine.evaluation import evaluate
from reassure.engine.games.views import View
from reassure.model.game_tree import Game, GameTree
from reassure.model.mistakes import UsageError
from reassure.study.game_axes import Axis, Looked, Reading
from reassure.study.game_moment import PER, expected

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

LANES = 2_048
"""Games solved at once."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A game solved at every point of a grid.

    Attributes:
        axes: one or two.
        readings: what was read.
        values: [reading, steps of the first axis(, steps of the second)].
        flags: the solver's, as numbers, [steps...]; 0 for none.
    """

    axes: tuple[Axis, ...]
    readings: tuple[Reading, ...]
    values: Array
    flags: NDArray[np.int64]

    @property
    def flagged(self) -> int:
        """Points whose solution carries a flag."""
        return int(np.count_nonzero(self.flags))


@dataclass(frozen=True, slots=True)
class Lanes:
    """A game's numbers at several points.

    Attributes:
        payoffs: ``[ends, players, points]``.
        chances: of each move of chance, ``[actions, points]``.
        rationality: ``[players, points]``, per unit of payoff.
    """

    payoffs: Array
    chances: list[Array]
    rationality: Array


class Source(Protocol):
    """What is swept.

    Attributes:
        movers: for each player, which of the games that are solved it moves by.
    """

    tree: GameTree
    movers: tuple[int, ...]

    def lanes(self, axes: Sequence[Axis], values: Sequence[Array]) -> list[Lanes]:
        """The games to solve at points ``values`` (one array an axis), and last the one whose
        payoffs and chances count."""
        ...

    def result(
        self, number: int, axes: Sequence[Axis], values: Sequence[Array], ends: Array
    ) -> Array:
        """A result ``[points]`` from how likely each end is."""
        ...


class FileGame:
    """A game with numbers of its own.

    Args:
        rationality: one for all players, or one a player.
    """

    def __init__(self, game: Game, rationality: float | Mapping[str, float]) -> None:
        self.game, self.tree = game, game.tree
        self.movers = (0,) * len(game.tree.players)
        self._rationality = [
            rationality[player] if isinstance(rationality, Mapping) else rationality
            for player in game.tree.players
        ]

    def lanes(self, axes: Sequence[Axis], values: Sequence[Array]) -> list[Lanes]:
        """See :class:`Source`."""
        payoffs = np.array([[float(p) for p in row] for row in self.game.payoffs])
        chances = [np.array([float(p) for p in row]) for row in self.game.chances]
        found = _spread(payoffs, chances, np.array(self._rationality, dtype=float), len(values[0]))
        _vary(found, axes, values)
        return [found, found]

    def result(
        self, number: int, axes: Sequence[Axis], values: Sequence[Array], ends: Array
    ) -> Array:
        """See :class:`Source`."""
        raise ValueError("a file's game has no results")


class ModelsGame:
    """A game of a model at a moment.

    Args:
        instead: rationalities, per 100 points, that stand in place of the model's own.
    """

    def __init__(self, looked: Looked, instead: Mapping[str, float]) -> None:
        self.looked, self.tree = looked, looked.moment.game.tree
        self._instead = instead
        views = looked.moment.views_of(looked.eyes)
        self._views: tuple[View, ...] = tuple(dict.fromkeys(views))
        self.movers = tuple(self._views.index(view) for view in views)

    def lanes(self, axes: Sequence[Axis], values: Sequence[Array]) -> list[Lanes]:
        """See :class:`Source`."""
        counts = self.looked.moment.view_of(self.looked.eyes)
        return [self._in(view, axes, values) for view in (*self._views, counts)]

    def _in(self, view: View, axes: Sequence[Axis], values: Sequence[Array]) -> Lanes:
        moment, game = self.looked.moment, self.looked.moment.game
        points = len(values[0])
        numbers = moment.numbers(view, self._varied(axes, values))

        def row(formula: object) -> Array:
            found = np.broadcast_to(evaluate(formula, numbers), (points,))  # type: ignore[arg-type]
            if not np.isfinite(found).all():
                raise UsageError(
                    "some payoff, chance or rationality is no finite number in this range",
                    "choose another range",
                )
            return np.array(found)

        own = [
            np.full(points, self._instead[player] / PER)
            if player in self._instead
            else row(formula)
            for player, formula in zip(self.tree.players, game.rationality, strict=True)
        ]
        if min((float(levels.min()) for levels in own), default=0.0) < 0:
            raise UsageError("a rationality is negative in this range", "choose another range")
        found = Lanes(
            np.array([[row(f) for f in line] for line in game.payoffs]),
            [np.array([row(f) for f in line]) for line in game.chances],
            np.array(own),
        )
        _vary(found, axes, values)
        return found

    def result(
        self, number: int, axes: Sequence[Axis], values: Sequence[Array], ends: Array
    ) -> Array:
        """See :class:`Source`."""
        moment, eyes = self.looked.moment, self.looked.eyes
        numbers = moment.numbers(moment.view_of(eyes), self._varied(axes, values))
        result = moment.game.results[number]
        weights, given = (w[:, None] if w.ndim == 1 else w for w in moment.weights(result, numbers))
        found: Array = expected(weights, given, ends) / result.unit.factor
        return found

    def _varied(self, axes: Sequence[Axis], values: Sequence[Array]) -> dict[str, Array]:
        return {
            axis.quantity: value * axis.factor
            for axis, value in zip(axes, values, strict=True)
            if axis.quantity
        }


def sweep(
    source: Source,
    axes: Sequence[Axis],
    readings: Sequence[Reading],
    progress: Progress | None = None,
) -> Sweep:
    """Solve a game at every point of the axes' grid.

    Args:
        progress: called with (points done, points in all).

    Raises:
        UsageError: the solver refuses the tree.
    """
    import jax

    from reassure.engine.games.solver import Solver

    tree = source.tree
    shape = tuple(len(axis.values) for axis in axes)
    total = math.prod(shape)
    grid = [values.ravel() for values in np.meshgrid(*(a.values for a in axes), indexing="ij")]
    lanes = min(LANES, total)
    found = np.empty((len(readings), total))
    flags = np.zeros(total, dtype=np.int64)
    players = [item.player for item in tree.information_sets for _ in item.actions]
    with jax.enable_x64(True):
        solve = jax.jit(Solver(tree).function(lanes, np.float64))
        for start in range(0, total, lanes):
            count = min(lanes, total - start)
            at = np.minimum(np.arange(start, start + lanes), total - 1)
            values = [level[at] for level in grid]
            *games, counts = source.lanes(axes, values)
            solved = [
                solve(game.payoffs, _stacked(game.chances, lanes), game.rationality)
                for game in games
            ]
            moves = [np.asarray(item.probabilities) for item in solved]
            actions = np.array([moves[source.movers[p]][i] for i, p in enumerate(players)])
            ends = _ends_of(tree, actions, counts.chances)
            worth = np.einsum("tpl,tl->pl", counts.payoffs, ends)
            for row, reading in enumerate(readings):
                if reading.kind == "result":
                    read = source.result(reading.at[0], axes, values, ends)
                else:
                    rows = {"outcome": ends, "move": actions, "value": worth}[reading.kind]
                    read = rows[list(reading.at)].sum(axis=0)
                found[row, start : start + count] = read[:count]
            flag = np.bitwise_or.reduce([np.asarray(item.flags) for item in solved])
            flags[start : start + count] = flag[:count]
            if progress is not None:
                progress(start + count, total)
    return Sweep(tuple(axes), tuple(readings), found.reshape(-1, *shape), flags.reshape(shape))


def _spread(payoffs: Array, chances: list[Array], rationality: Array, points: int) -> Lanes:
    return Lanes(
        np.repeat(payoffs[:, :, None], points, axis=2),
        [np.repeat(row[:, None], points, axis=1) for row in chances],
        np.repeat(rationality[:, None], points, axis=1),
    )


def _vary(lanes: Lanes, axes: Sequence[Axis], values: Sequence[Array]) -> None:
    """Set what axes say of payoffs and of chances."""
    for axis, value in zip(axes, values, strict=True):
        for terminal, player in axis.payoffs:
            lanes.payoffs[terminal, player] = value
        if axis.chance is not None:
            move, action = axis.chance
            others = 1 - lanes.chances[move][action]
            lanes.chances[move] *= (1 - value) / others
            lanes.chances[move][action] = value


def _stacked(chances: list[Array], lanes: int) -> Array:
    return np.concatenate(chances) if chances else np.zeros((0, lanes))


def _ends_of(tree: GameTree, actions: Array, chances: list[Array]) -> Array:
    """The probability of each terminal, [terminal, lane]."""
    starts = np.cumsum([0, *(len(item.actions) for item in tree.information_sets)])
    lanes = actions.shape[1] if len(actions) else (chances[0].shape[1] if chances else 1)
    reach: list[Array] = [np.ones(lanes)] * len(tree.nodes)
    found = np.empty((len(tree.terminals), lanes))
    for number, node in enumerate(tree.nodes):
        if node.kind == "terminal":
            found[node.at] = reach[number]
        for action, child in enumerate(node.children):
            rows = chances[node.at] if node.kind == "chance" else actions[starts[node.at] :]
            reach[child] = reach[number] * rows[action]
    return found
