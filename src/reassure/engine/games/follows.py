"""What the results, moves and lessons of a game follow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from reassure.engine.games.names import lesson_name, lessons, move_names, read_results
from reassure.engine.games.views import View, seen, viewer_of, views_of_moves
from reassure.engine.parts import Part
from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame
from reassure.model.expression import Ref

Follows = tuple[str, tuple[float, float], tuple[Part, ...]]
"""A name, its range, and the formulas that it follows."""


def game_parts(model: Model, game: ModelGame) -> Iterator[Follows]:
    """Everything that a game adds to the causal graph: each name follows all that the game reads in
    the eyes of those concerned, in directions that are not proven."""
    for name, (view, _) in read_results(model, game).items():
        eyes = [view, *views_of_moves(game, view.variant)]
        if view.viewer:
            eyes = [View(view.variant, viewer_of(game, view.viewer))]
        yield name, (-math.inf, math.inf), tuple(_parts(game, eyes))
    play = game.play
    if play is None:
        return
    happens = [Part("play", play.when, sense="?")] if play.when is not None else []
    happens += [Part("play", Ref(play.event))] if play.event else []
    yield game.name, (0.0, 1.0), tuple(happens)
    is_played = Part("play", Ref(game.name))
    moves = _parts(game, [View(), *views_of_moves(game, "")])
    for name in move_names(game):
        yield name, (0.0, 1.0), (*moves, is_played)
    for holder, lesson in lessons(model, game):
        seen_by_holder = _parts(game, [View("", viewer_of(game, holder))])
        parts = dict.fromkeys([*seen_by_holder, *moves, Part("play", Ref(game.name), sense="?")])
        yield lesson_name(holder, lesson), (-math.inf, math.inf), tuple(parts)


def _parts(game: ModelGame, views: Iterable[View]) -> list[Part]:
    formulas = [f for view in dict.fromkeys(views) for f in seen(game, view).values()]
    return [Part("game", formula, sense="?") for formula in dict.fromkeys(formulas)]
