"""Playing a game that was solved: who does what, and what those who watch learn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import jax.numpy as jnp

from reassure.engine.games.ends import action_starts, chance_starts
from reassure.engine.games.solution import LEAST, Solution
from reassure.engine.games.views import viewer_of
from reassure.model.checked_games import Lesson

Array = Any


def results(solution: Solution, played: Array, uniforms: Sequence[Array]) -> list[Array]:
    """Which options are made, then what is learnt, one row each; zero where nothing is played."""
    call = solution.call
    made, ends = _walk(solution, played, dict(zip(call.drawn, uniforms, strict=True)))
    nothing = jnp.zeros((solution.lanes,), bool)
    rows = [made.get(pair, nothing) for pair in call.made]
    return rows + [_lesson(solution, holder, lesson, ends) for holder, lesson in call.lessons]


def _walk(
    solution: Solution, played: Array, uniforms: Mapping[str, Array]
) -> tuple[dict[tuple[str, str], Array], list[Array]]:
    """Where the play passes: which options were taken, and which terminal was reached."""
    game, tree = solution.call.game, solution.call.game.tree
    own, nature = action_starts(tree), chance_starts(tree)
    actions, chances = solution.actual(), solution.chances("")
    passes: dict[int, Array] = {0: played}
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


def _lesson(solution: Solution, holder: str, lesson: Lesson, ends: list[Array]) -> Array:
    """log P(seen | it was so) - log P(seen | it was not), as the holder sees the game."""
    game = solution.call.game
    viewer = viewer_of(game, holder)
    likely = solution.ends(solution.strategies(viewer), viewer)
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
    found += [a & ~b for a, b in pairwise(passed)]
    return [*found, passed[-1]] if passed else found
