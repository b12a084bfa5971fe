"""Nash equilibria of one game, exactly where that is simple, else as the limit of the logit branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from reassure.engine.games.agent_form import AgentForm
from reassure.engine.games.backward import backward_induction
from reassure.engine.games.branch import Walk
from reassure.engine.games.continuation import follow
from reassure.engine.games.single import Profile, named, numbers
from reassure.engine.games.structure import structure
from reassure.engine.games.supports import StrategicForm, strategic_form, support_enumeration
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError

Method = Literal["backward induction", "support enumeration", "limit of the logit branch"]

REGRET = 1e-6
"""Regret at which the branch is taken to be at its limit, as a part of the range of payoffs."""

MOST_RATIONALITY = 1e7
"""Where it is given up, per range of payoffs."""


@dataclass(frozen=True)
class Equilibrium:
    """One equilibrium.

    Attributes:
        profile: by player, information set and action.
        values: each player's expected payoff.
        probabilities: ``[A]``, the profile as numbers in the tree's order.
        unreached: ``PLAYER:information set`` of those that its player avoids by its own moves: what
            it would do there is not said by the method, and given as uniform.
    """

    profile: Profile
    values: Mapping[str, float]
    probabilities: np.ndarray[Any, np.dtype[Any]]
    unreached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equilibria:
    """What is known about a game's Nash equilibria.

    Attributes:
        method: how they were found.
        equilibria: in the order found.
        said: what the method promises and what not, one sentence each.
        regret: the most that any player could gain at any of its information sets.
    """

    method: Method
    equilibria: tuple[Equilibrium, ...]
    said: tuple[str, ...]
    regret: float


def equilibria(game: Game, method: Method | None = None) -> Equilibria:
    """Nash equilibria of a game.

    Games of perfect information are solved by backward induction (all subgame-perfect equilibria in
    pure strategies), small games of two players by support enumeration, all others by following the
    logit branch to its limit.

    Raises:
        UsageError: the game cannot be solved, or not by ``method``.
    """
    shape = structure(game.tree)
    perfect = all(len(ways) == 1 for ways in shape.ways)
    if method is None:
        if perfect:
            method = "backward induction"
        else:
            method = "limit of the logit branch"
            if len(game.tree.players) == 2:
                try:
                    return _by_supports(game, strategic_form(game))
                except UsageError:
                    pass
    if method == "backward induction":
        if not perfect:
            raise UsageError(
                "backward induction needs perfect information, and some player of this game cannot "
                "tell nodes apart",
                "leave the method open",
            )
        return _by_backward_induction(game)
    if method == "support enumeration":
        return _by_supports(game, strategic_form(game))
    return _limit(game)


def _by_backward_induction(game: Game) -> Equilibria:
    found, complete = backward_induction(game)
    said = ["Subgame-perfect: every move is best in what is left of the game, exactly."]
    if len(found) > 1:
        said.append(
            "Some player is indifferent somewhere: all equilibria in pure strategies are listed, and "
            "there are others in which it mixes."
        )
    if not complete:
        said.append(f"There are more; the first {len(found)} are listed.")
    return Equilibria(
        "backward induction", tuple(_equilibrium(game, p) for p in found), tuple(said), 0.0
    )


def _by_supports(game: Game, form: StrategicForm) -> Equilibria:
    found, degenerate = support_enumeration(form)
    made: dict[tuple[float, ...], Equilibrium] = {}
    for pair in found:
        probabilities, unreached = form.behaviour(pair)
        key = tuple(np.round(probabilities, 12))
        names = tuple(
            f"{game.tree.players[s.player]}:{s.name}"
            for s in (game.tree.information_sets[i] for i in unreached)
        )
        made.setdefault(key, _equilibrium(game, probabilities, names))
    said = ["Nash equilibria of the strategic form, exactly; not all need be subgame-perfect."]
    if degenerate:
        said.append(
            "The game is degenerate: equilibria come in connected sets, of which some members are "
            "listed."
        )
    return Equilibria("support enumeration", tuple(made.values()), tuple(said), 0.0)


def _limit(game: Game) -> Equilibria:
    tree = game.tree
    payoffs, chances = numbers(game)
    form = AgentForm(tree, payoffs, chances)
    spread = float(np.max(np.ptp(payoffs, axis=0))) or 1.0
    walk = Walk(form, np.full(len(tree.players), 10.0 / spread))
    n = form.unknowns
    best, best_regret, folds, reached = np.zeros(n), np.inf, False, 0.0
    for number, point in enumerate(
        follow(walk.equations, np.zeros(n + 1), longest=np.inf, least=1e-9)
    ):
        folds = folds or point.fork or point.tangent[n] < 0
        share = float(point.w[n]) / walk.scale
        regret = form.regret(form.log_probabilities(point.w[:n]))
        best, best_regret, reached = point.w[:n], regret, share * 10.0 / spread
        if regret <= REGRET * spread or share > MOST_RATIONALITY or number > 5_000:
            break
    probabilities = np.exp(form.log_probabilities(best))
    said = [
        "The limit of the principal branch of logit equilibria: approximately one sequential "
        f"equilibrium of possibly several (followed to rationality {reached:.4g})."
    ]
    if folds:
        said.append("The branch folds or forks on the way; another branch may lead elsewhere.")
    if best_regret > REGRET * spread:
        said.append(
            f"The limit was not reached: some player could still gain {best_regret:.3g} at one of "
            "its information sets."
        )
    return Equilibria(
        "limit of the logit branch",
        (_equilibrium(game, probabilities),),
        tuple(said),
        best_regret,
    )


def _equilibrium(game: Game, probabilities: Any, unreached: tuple[str, ...] = ()) -> Equilibrium:
    payoffs, chances = numbers(game)
    form = AgentForm(game.tree, payoffs, chances)
    values = form.values(probabilities)
    return Equilibrium(
        named(game.tree, probabilities),
        {p: float(v) for p, v in zip(game.tree.players, values, strict=True)},
        np.asarray(probabilities, dtype=float),
        unreached,
    )
