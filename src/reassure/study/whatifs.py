"""What the games of a model come to: solved at chosen moments of a few futures, and averaged.

At each moment a game is solved in every view (see :mod:`reassure.model.checked_games`): as things
are, under each variant, and as each perceiver sees it. Solves are in double precision, from paths
that are recorded once for all games.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.engine.compiled import precision
from reassure.engine.ensemble import Ensemble
from reassure.engine.evaluation import evaluate
from reassure.engine.games.batch import Solver
from reassure.engine.games.ends import action_starts, chance_starts, end_probabilities
from reassure.engine.games.views import View, reads, seen, viewer_of, views_of_moves
from reassure.model.checked import Arm, Model
from reassure.model.checked_games import ModelGame, Result
from reassure.model.expression import Expression, references
from reassure.model.game_tree import GameTree
from reassure.study.design import Design, Joint
from reassure.study.engines import engine_for
from reassure.study.settings import Values, arm_policy, fixed_values

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moment:
    """Under which policy, and at which step."""

    policy: str
    step: int


@dataclass(frozen=True)
class Looked:
    """A game at one moment in one view, in every scenario.

    Attributes:
        moves: (move, option) -> how likely it is once the move's turn comes, ``[scenarios]``.
        results: name of a result -> its value, ``[scenarios]``.
    """

    moves: Mapping[tuple[str, str], Array]
    results: Mapping[str, Array]


@dataclass(frozen=True)
class WhatIf:
    """All that was solved of one game.

    Attributes:
        game: which.
        looks: by moment and view.
        solves, flagged: how many games were solved, and how many of the solves carry a flag.
        payoffs: ``[terminals, players]`` at the first scenario of the moment shown.
        chances: likewise, one row a chance move.
        actions: ``[A]``, how each player moves there, as it sees things.
        shown: the moment of these three.
    """

    game: ModelGame
    looks: Mapping[tuple[Moment, View], Looked]
    solves: int
    flagged: int
    payoffs: Array
    chances: list[list[float]]
    actions: Array
    shown: Moment


def what_ifs(
    model: Model,
    moments: Sequence[Moment],
    *,
    scenarios: int,
    seed: int = 0,
    design: str | Joint = "sobol",
    settings: Values | None = None,
) -> list[WhatIf]:
    """Solve every game of a model at ``moments``, in the first replication of each scenario.

    The last of the moments is the one whose first scenario is shown whole.
    """
    if not model.games:
        return []
    names = sorted({name for game in model.games for name in needed_names(game)})
    paths = paths_of(model, moments, names, scenarios, seed, design, settings)
    return [_solved(game, moments, paths, scenarios) for game in model.games]


def views_shown(game: ModelGame) -> list[View]:
    """Every view of a game that a reader may ask for: variants, then perceivers of things as they
    are."""
    variants = [View(name) for name in ("", *(item.name for item in game.variants))]
    return [*variants, *(View("", item.actor) for item in game.perceptions)]


def needed_names(game: ModelGame) -> set[str]:
    """What must be known of a future to solve a game in every view."""
    variants = ("", *(item.name for item in game.variants))
    viewers = ("", *(item.actor for item in game.perceptions))
    found: set[str] = set()
    for view in (View(variant, viewer) for variant in variants for viewer in viewers):
        found = found.union(*(references(f) for f in seen(game, view).values()))
    return found


def paths_of(
    model: Model,
    moments: Sequence[Moment],
    names: Sequence[str],
    scenarios: int,
    seed: int,
    design: str | Joint,
    settings: Values | None,
) -> dict[str, Array]:
    """The values of names, ``[moment, scenario]``, in internal units."""
    levers, parameters = fixed_values(model, settings)
    rows = Design(model, design, seed, scenarios, fixed=parameters)
    engine = engine_for(model, "float32")
    everyone = Ensemble(scenarios, 1, seed, rows.sequence)
    drawn = rows.parameters(0, scenarios)
    found: dict[str, dict[str, Array]] = {}
    for policy in dict.fromkeys(moment.policy for moment in moments):
        arm = Arm(policy=arm_policy(policy, model), settings=levers)
        found[policy] = engine.trajectories(arm, drawn, everyone, names)
    return {
        name: np.stack([found[m.policy][name][:, 0, m.step] for m in moments]) for name in names
    }


def _solved(
    game: ModelGame, moments: Sequence[Moment], paths: Mapping[str, Array], scenarios: int
) -> WhatIf:
    shown = views_shown(game)
    needed: list[View] = []
    for view in shown:
        if view.viewer:
            needed.append(View(view.variant, viewer_of(game, view.viewer)))
        else:
            needed += [view, *views_of_moves(game, view.variant)]
    views = tuple(dict.fromkeys(needed))
    values = {view: values_of(game, view, paths, len(moments) * scenarios) for view in views}
    numbers = {view: numbers_of(game, values[view]) for view in views}
    payoffs = {view: numbers[view][0] for view in views}
    chances = {view: numbers[view][1] for view in views}
    solution = _solve(
        game, *(np.concatenate(rows, axis=-1) for rows in zip(*numbers.values(), strict=True))
    )
    width = len(moments) * scenarios
    actions = {view: solution[0][:, i * width : (i + 1) * width] for i, view in enumerate(views)}
    looks: dict[tuple[Moment, View], Looked] = {}
    for view in shown:
        eyes = View(view.variant, viewer_of(game, view.viewer)) if view.viewer else view
        own = actions[eyes] if view.viewer else _mixed(game, view.variant, actions)
        for m, moment in enumerate(moments):
            cut = slice(m * scenarios, (m + 1) * scenarios)
            here = {name: value[cut] for name, value in values[eyes].items()}
            looks[moment, view] = _look(game, own[:, cut], chances[eyes][:, cut], here)
    first = (len(moments) - 1) * scenarios
    ways = iter(chances[View()][:, first])
    return WhatIf(
        game,
        looks,
        len(views) * width,
        int(np.sum(solution[1] != 0)),
        payoffs[View()][..., first],
        [[float(next(ways)) for _ in move.actions] for move in game.tree.chance_moves],
        _mixed(game, "", actions)[:, first],
        moments[-1],
    )


def values_of(
    game: ModelGame, view: View, paths: Mapping[str, Array], width: int
) -> dict[str, Array]:
    flat = {name: path.reshape(-1) for name, path in paths.items()}
    found = {name: evaluate(formula, flat) for name, formula in seen(game, view).items()}
    assert set(found) == set(reads(game))
    return {name: np.broadcast_to(value, (width,)) for name, value in found.items()}


def numbers_of(game: ModelGame, values: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Payoffs ``[terminal, player, B]``, chances ``[action, B]`` and rationality ``[player, B]`` of a game
    by what its formulas read, one row ``[B]`` a name."""
    payoffs, chances, (rationality,) = (
        _rows(formulas, values) for formulas in (game.payoffs, game.chances, (game.rationality,))
    )
    return (
        np.stack(payoffs),
        np.concatenate([np.zeros((0, rationality.shape[-1])), *chances]),
        rationality,
    )


def _rows(formulas: Sequence[Sequence[Expression]], values: Mapping[str, Array]) -> list[Array]:
    width = len(next(iter(values.values()))) if values else 1
    return [
        np.stack([np.broadcast_to(evaluate(f, values), (width,)) for f in row]) for row in formulas
    ]


def _solve(game: ModelGame, payoffs: Array, chances: Array, rationality: Array) -> tuple[Any, Any]:
    with precision("float64"):
        found = _solver(game.tree, payoffs.shape[-1])(payoffs, chances, rationality)
        return np.asarray(found.probabilities), np.asarray(found.flags)


@lru_cache(maxsize=64)
def _solver(tree: GameTree, lanes: int) -> Any:
    import jax

    return jax.jit(Solver(tree).function(lanes, "float64"))


def _mixed(game: ModelGame, variant: str, actions: Mapping[View, Array]) -> Array:
    """Everybody moves as it sees things."""
    own = views_of_moves(game, variant)
    rows = []
    for start, item in zip(action_starts(game.tree)[:-1], game.tree.information_sets, strict=True):
        rows.append(actions[own[item.player]][start : start + len(item.actions)])
    return np.concatenate(rows)


def _look(game: ModelGame, actions: Array, chances: Array, values: Mapping[str, Array]) -> Looked:
    width = actions.shape[-1]
    reached: dict[str, Array] = {}
    taken: dict[tuple[str, str], Array] = {}
    own, nature = action_starts(game.tree), chance_starts(game.tree)
    reach = {0: np.ones(width)}
    for number, node in enumerate(game.tree.nodes):
        if node.kind == "terminal":
            continue
        decision = node.kind == "decision"
        move = game.set_moves[node.at] if decision else game.chance_moves[node.at]
        start = own[node.at] if decision else nature[node.at]
        options = (game.tree.information_sets if decision else game.tree.chance_moves)[
            node.at
        ].actions
        reached[move] = reached.get(move, np.zeros(width)) + reach[number]
        for i, (option, child) in enumerate(zip(options, node.children, strict=True)):
            reach[child] = reach[number] * (actions if decision else chances)[start + i]
            taken[move, option] = taken.get((move, option), np.zeros(width)) + reach[child]
    likely = {pair: total / np.maximum(reached[pair[0]], 1e-300) for pair, total in taken.items()}
    ends = np.stack(end_probabilities(game.tree, list(actions), list(chances), np.ones(width)))
    return Looked(likely, {r.name: _result(r, ends, values) for r in game.results})


def _result(result: Result, ends: Array, values: Mapping[str, Array]) -> Array:
    weights = _rows((result.weights,), values)[0] if values else _constants(result.weights, ends)
    if not result.given:
        return np.asarray(np.sum(ends * weights, axis=0))
    given = _rows((result.given,), values)[0] if values else _constants(result.given, ends)
    below = np.sum(ends * given, axis=0)
    above = np.sum(ends * given * weights, axis=0)
    return np.where(below > 1e-30, above / np.where(below > 1e-30, below, 1.0), 0.0)


def _constants(formulas: Sequence[Expression], ends: Array) -> Array:
    return np.stack([np.broadcast_to(evaluate(f, {}), ends.shape[1:]) for f in formulas])
