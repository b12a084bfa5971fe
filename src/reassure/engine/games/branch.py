"""The principal branch of a game's logit equilibria, from the uniform profile up, point by point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.engine.games.agent_form import AgentForm
from reassure.engine.games.continuation import Point, follow, settle
from reassure.engine.games.single import numbers
from reassure.engine.games.structure import structure
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError, quote, suggest

Array = np.ndarray[Any, np.dtype[Any]]

MOST_POINTS = 20_000


@dataclass(frozen=True)
class Branch:
    """Points on a branch, in the order in which it is followed.

    Attributes:
        rationality: ``[N]``. It falls between two folds.
        probabilities: ``[N, A]``, of the actions of all information sets one after another.
        folds: rationalities at which the branch turns.
        forks: rationalities at which another branch crosses it; it is followed straight on.
        direction: what the rationality of each player is per unit of ``rationality``.
        complete: whether it was followed to the rationality asked for.
    """

    rationality: Array
    probabilities: Array
    folds: tuple[float, ...]
    forks: tuple[float, ...]
    direction: Mapping[str, float]
    complete: bool


def trace(
    game: Game,
    upto: float,
    direction: Mapping[str, float] | None = None,
    *,
    smooth: int = 100,
) -> Branch:
    """Follow the principal branch until it first reaches a rationality.

    Args:
        game: the game.
        upto: the rationality to reach.
        direction: each player's rationality per unit of rationality; 1 for those not named.
        smooth: no step is longer than this part of the way, as the branch is at first.

    Raises:
        UsageError: ``upto`` is not a finite number above 0, ``direction`` is negative, not finite
            or names who does not play, or the game cannot be solved.
    """
    if not math.isfinite(upto) or upto <= 0:
        raise UsageError(
            f"a branch is followed up to a rationality above 0; {upto:g} is none", "give one"
        )
    structure(game.tree)  # refuses what cannot be solved
    ways = _direction(game, direction or {})
    payoffs, chances = numbers(game)
    form = AgentForm(game.tree, payoffs, chances)
    walk = Walk(form, upto * np.array([ways[p] for p in game.tree.players]))
    points: list[Point] = []
    folds: list[float] = []
    forks: list[float] = []
    complete = False
    n = form.unknowns
    for point in follow(walk.equations, np.zeros(n + 1), longest=max(0.5, walk.scale / smooth)):
        before = points[-1] if points else None
        if before is not None:
            if point.fork:
                forks.append(float(before.w[n] + point.w[n]) / 2 * upto / walk.scale)
            elif before.tangent[n] * point.tangent[n] < 0:
                part = before.tangent[n] / (before.tangent[n] - point.tangent[n])
                length = float(np.linalg.norm(point.w - before.w))
                turn = before.w[n] + before.tangent[n] * part * length / 2
                folds.append(float(turn) * upto / walk.scale)
            if point.w[n] >= walk.scale:
                found = walk.cross(before, point)
                complete = found is not None
                if found is not None:
                    points.append(Point(found, point.tangent))
                break
        points.append(point)
        if len(points) >= MOST_POINTS:
            break
    w = np.array([point.w for point in points])
    return Branch(
        w[:, n] * upto / walk.scale,
        np.exp(form.log_probabilities(w[:, :n].T)).T,
        tuple(folds),
        tuple(forks),
        ways,
        complete,
    )


class Walk:
    """The equations of a game's branch, in logits and T = scale t.

    Attributes:
        scale: such that logits change no faster than T at first.
    """

    def __init__(self, form: AgentForm, rationality: Array) -> None:
        self._form, self._rationality = form, rationality
        n = form.unknowns
        slope = form.equations(np.zeros(n + 1), rationality)[1][:, n]
        self.scale = 1.0 + float(np.linalg.norm(slope))

    def equations(self, w: Array) -> tuple[Array, Array]:
        """H and its derivatives at ``w = (logits, T)``."""
        n = self._form.unknowns
        h, slopes = self._form.equations(np.append(w[:n], w[n] / self.scale), self._rationality)
        slopes[:, n] /= self.scale
        return h, slopes

    def cross(self, before: Point, after: Point) -> Array | None:
        """The point with t = 1 between two points; None where Newton's method does not find it."""
        n = self._form.unknowns
        part = (self.scale - before.w[n]) / (after.w[n] - before.w[n])
        guess = before.w + part * (after.w - before.w)
        guess[n] = self.scale
        return settle(self.equations, guess)


def _direction(game: Game, direction: Mapping[str, float]) -> dict[str, float]:
    players = game.tree.players
    for player, part in direction.items():
        if player not in players:
            raise UsageError(
                f"a direction is given for {quote(player)}, who does not play",
                suggest(player, players) or f"the players are {', '.join(players)}",
            )
        if not math.isfinite(part) or part < 0:
            raise UsageError(
                f"the direction of player {quote(player)} is {part:g}; "
                "it must be a finite number, 0 or above"
            )
    return {player: float(direction.get(player, 1.0)) for player in players}
