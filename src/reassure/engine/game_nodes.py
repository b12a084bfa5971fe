"""Games as nodes: results of those that are appraised, moves and lessons of those that are played."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reassure.engine.dag import STEPS
from reassure.engine.games.calls import GameCall
from reassure.engine.games.names import (
    due_steps,
    lesson_name,
    lessons,
    move_names,
    read_results,
)
from reassure.engine.games.views import View
from reassure.engine.trees import solves_behind
from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame, Result

if TYPE_CHECKING:
    from reassure.engine.lower import Lowering
    from reassure.engine.reading import Moment

Wanted = dict[str, tuple[View, Result]]


def definitions(model: Model, also: tuple[str, ...] = ()) -> dict[str, Callable[[Moment], int]]:
    """How the names of games become nodes. Results are worked out where something reads them, or
    where they are among ``also``: nobody pays for the rest."""
    names: dict[str, Callable[[Moment], int]] = {}
    for game in model.games:
        wanted = read_results(model, game, also)
        for name in wanted:
            names[name] = lambda now, g=game, w=wanted, n=name: _result(now, g, w, n)  # type: ignore[misc]
        if wanted or game.play is not None:
            name = flag_name(game)
            names[name] = lambda now, g=game, w=wanted, n=name: _asked(now, g, w)[n]  # type: ignore[misc]
        if game.play is not None:
            names[game.name] = lambda now, g=game: now.graph.numeric(played(now, g))  # type: ignore[misc]
            told = [lesson_name(holder, lesson) for holder, lesson in lessons(model, game)]
            for name in (*move_names(game), *told):
                names[name] = lambda now, g=game, w=wanted, n=name: _asked(now, g, w)[n]  # type: ignore[misc]
    return names


def flag_name(game: ModelGame) -> str:
    """The name of what counts flagged solves: 1 in a step in which the game was solved and some of
    it was flagged."""
    return f"{game.name}.flagged"


def played(now: Moment, game: ModelGame) -> int:
    """Whether a game is played at the step: a truth value, false at the opening."""
    graph, play = now.graph, game.play
    if now.opening or play is None:
        return graph.truth(graph.number(0.0))
    conditions = []
    if play.every > 1 or play.offset:
        steps = now.lowering.model.time.steps
        conditions.append(now.lowering.calendar(tuple(range(play.offset, steps + 1, play.every))))
    if play.event:
        conditions.append(now.lowering.happened(now, play.event))
    if play.when is not None:
        conditions.append(now.truth(play.when))
    return graph.chain("and", conditions, True)


def _result(now: Moment, game: ModelGame, wanted: Wanted, name: str) -> int:
    """What the last appraisal said."""
    fresh, steps = _asked(now, game, wanted)[name], now.lowering.model.time.steps
    if now.opening or len(due_steps(game, steps)) > steps:
        return fresh
    return now.graph.select(now.lowering.calendar(due_steps(game, steps)), fresh, now.carried(name))


def _asked(now: Moment, game: ModelGame, wanted: Wanted) -> dict[str, int]:
    """Every row of the game's call at this moment."""
    graph, lowering = now.graph, now.lowering
    told = lessons(lowering.model, game)
    call = lowering.call(game.name, lambda: GameCall(game, list(wanted.values()), told))
    draws = [graph.number(0.5)] * len(call.drawn)
    due = graph.truth(graph.number(float(bool(wanted))))
    if not now.opening:
        stream = game.about.alias or game.name
        draws = [lowering.draw(stream, f"move {move}") for move in call.drawn]
        if wanted:
            due = lowering.calendar(due_steps(game, lowering.model.time.steps))
    inputs = [now.value(formula) for formula in call.inputs]
    arguments = (due, played(now, game), *inputs, *draws)
    rows = graph.solve(call, call.outputs, arguments, 0 if now.opening else STEPS)
    moves = move_names(game) if game.play is not None else {}
    names = [*wanted, *moves, *(lesson_name(*item) for item in told), flag_name(game)]
    return dict(zip(names, rows, strict=True))


@dataclass(frozen=True, slots=True)
class Solves:
    """Nodes that say whether a game is solved, and whether something of it is flagged (1 or 0 each):
    at the opening, and at a step."""

    game: str
    first: tuple[int, int]
    each: tuple[int, int]


def solves(lowering: Lowering, targets: Iterable[int]) -> list[Solves]:
    """The games that must be solved to work out ``targets``: counting them solves no more."""
    graph, model = lowering.graph, lowering.model
    behind: dict[str, dict[bool, int]] = {}
    for index in solves_behind(graph, targets):
        call: Any = graph[index].attribute
        behind.setdefault(call.game.name, {})[not graph[index].varies & STEPS] = index
    within = lowering.calendar(tuple(range(model.time.steps + 1)))
    zero = graph.number(0.0)

    def counted(game: ModelGame, opening: bool) -> tuple[int, int]:
        index = behind[game.name].get(opening)
        if index is None:
            return zero, zero
        call: Any = graph[index].attribute
        due, happens, *_ = graph[index].arguments
        flagged = graph.add("gt", graph.row(index, call.outputs - 1), zero)
        if opening:
            return graph.number(1.0), graph.numeric(flagged)
        asked = graph.add("and", within, graph.add("or", due, happens))
        return graph.numeric(asked), graph.numeric(graph.add("and", asked, flagged))

    return [
        Solves(game.name, counted(game, True), counted(game, False))
        for game in model.games
        if game.name in behind
    ]
