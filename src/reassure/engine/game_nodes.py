"""Games as nodes: results of those that are appraised, moves and lessons of those that are played."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reassure.engine.dag import STEPS
from reassure.engine.games.calls import Appraisal, GameCall, Playing
from reassure.engine.games.names import (
    formulas_of,
    lesson_name,
    lessons,
    move_names,
    result_names,
)
from reassure.engine.games.views import View, seen
from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame, Result
from reassure.model.expression import references

if TYPE_CHECKING:
    from reassure.engine.reading import Moment


def definitions(model: Model, also: tuple[str, ...] = ()) -> dict[str, Callable[[Moment], int]]:
    """How the names of games become nodes. Results are worked out where something reads them, or
    where they are among ``also``: nobody pays for the rest."""
    read = frozenset().union(*map(references, formulas_of(model)), also)
    names: dict[str, Callable[[Moment], int]] = {}
    for game in model.games:
        if game.every:
            found = {n: pair for n, pair in result_names(game).items() if n in read}
            for name in found:
                names[name] = lambda now, g=game, w=found, n=name: _result(now, g, w, n)  # type: ignore[misc]
            names[f"{game.name}.flagged"] = lambda now, g=game, w=found: _flagged(now, g, w)  # type: ignore[misc]
        if game.play is not None:
            names[game.name] = lambda now, g=game: now.graph.numeric(played(now, g))  # type: ignore[misc]
            for name in move_names(game):
                names[name] = lambda now, g=game, n=name: _played(now, g)[n]  # type: ignore[misc]
            for holder, lesson in lessons(model, game):
                name = lesson_name(holder, lesson)
                names[name] = lambda now, g=game, n=name: _played(now, g)[n]  # type: ignore[misc]
    return names


def due_steps(game: ModelGame, steps: int) -> tuple[int, ...]:
    """Steps at which a game is appraised."""
    return tuple(range(game.offset, steps + 1, game.every)) if game.every else ()


def played(now: Moment, game: ModelGame) -> int:
    """Whether a game is played at the step: a truth value, false at the opening."""
    graph, play = now.graph, game.play
    assert play is not None
    if now.opening:
        return graph.truth(graph.number(0.0))
    conditions = []
    if play.every > 1 or play.offset:
        steps = now.lowering.model.time.steps
        conditions.append(now.lowering.calendar(tuple(range(play.offset, steps + 1, play.every))))
    if play.event:
        conditions.append(graph.add("gt", now.read(play.event), graph.number(0.0)))
    if play.when is not None:
        conditions.append(now.truth(play.when))
    return graph.chain("and", conditions, True)


def _result(now: Moment, game: ModelGame, wanted: dict[str, tuple[View, Result]], name: str) -> int:
    """What the last appraisal said."""
    fresh = _appraised(now, game, wanted)[name]
    return fresh if now.opening else _held(now, game, name, fresh)


def _flagged(now: Moment, game: ModelGame, wanted: dict[str, tuple[View, Result]]) -> int:
    if now.opening or not wanted:
        return now.graph.number(0.0)
    name = f"{game.name}.flagged"
    return _held(now, game, name, _appraised(now, game, wanted)[name])


def _held(now: Moment, game: ModelGame, name: str, fresh: int) -> int:
    due = due_steps(game, now.lowering.model.time.steps)
    if len(due) > now.lowering.model.time.steps:
        return fresh
    return now.graph.select(now.lowering.calendar(due), fresh, now.carried(name))


def initial(opening: Moment, game: ModelGame, name: str) -> int:
    """What a result is held at before the first appraisal: what it would be at the opening."""
    if game.offset == 0 or name.endswith(".flagged"):
        return opening.graph.number(0.0)
    return opening.read(name)


def is_held(game: ModelGame, steps: int) -> bool:
    """Whether there are steps between appraisals."""
    return 0 < len(due_steps(game, steps)) <= steps


def _appraised(
    now: Moment, game: ModelGame, wanted: dict[str, tuple[View, Result]]
) -> dict[str, int]:
    call = now.lowering.call(
        (game.name, "appraisal"), lambda: Appraisal(game, list(wanted.values()))
    )
    graph = now.graph
    due = due_steps(game, now.lowering.model.time.steps)
    always = graph.truth(graph.number(1.0))
    gate = always if now.opening else now.lowering.calendar(due)
    rows = _solve(now, call, (gate, always, *_inputs(now, call)))
    return dict(zip([*wanted, f"{game.name}.flagged"], rows, strict=True))


def _played(now: Moment, game: ModelGame) -> dict[str, int]:
    graph, model = now.graph, now.lowering.model
    told = lessons(model, game)
    names = [*move_names(game), *(lesson_name(holder, item) for holder, item in told)]
    if now.opening:
        return dict.fromkeys(names, graph.number(0.0))
    call = now.lowering.call((game.name, "play"), lambda: Playing(game, told))
    stream = game.about.alias or game.name
    draws = [now.lowering.draw(stream, f"move {move.name}") for move in game.moves]
    always = graph.truth(graph.number(1.0))
    arguments = (always, played(now, game), *_inputs(now, call), *draws)
    rows = _solve(now, call, arguments)
    return dict(zip([*names, f"{game.name}.play flagged"], rows, strict=True))


def _inputs(now: Moment, call: GameCall) -> list[int]:
    """What stands for each name that the game reads, view after view."""
    return [now.value(f) for view in call.views for f in seen(call.game, view).values()]


def _solve(now: Moment, call: GameCall, arguments: tuple[int, ...]) -> list[int]:
    varies = 0 if now.opening else STEPS
    return now.graph.solve(call, call.outputs, arguments, varies)
