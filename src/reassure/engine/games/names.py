"""The names by which formulas, states and reports speak of games."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from reassure.engine.games.views import View
from reassure.model.checked import About, Model
from reassure.model.checked_games import Lesson, ModelGame, Result
from reassure.model.expression import Expression, references


def result_names(game: ModelGame) -> dict[str, tuple[View, Result]]:
    """Every name of a result that formulas may read (``G.R``, ``G.ACTOR.R``, ``G.VARIANT.R``,
    ``G.VARIANT.ACTOR.R``), with the view and the result that it stands for. A view of an actor that
    perceives nothing of its own is the true game, played by all as it is; the view '' is what happens
    when everybody moves as it sees things."""
    actors = dict.fromkeys((*game.tree.players, *(item.actor for item in game.perceptions)))
    found = {}
    for variant in ("", *(item.name for item in game.variants)):
        for viewer in ("", *actors):
            for result in game.results:
                parts = (game.name, variant, viewer, result.name)
                found[".".join(filter(None, parts))] = (View(variant, viewer), result)
    return found


def move_names(game: ModelGame) -> dict[str, tuple[str, str]]:
    """Every ``G.MOVE.OPTION`` of a game that is played."""
    return {
        f"{game.name}.{move.name}.{option}": (move.name, option)
        for move in game.moves
        for option in move.options
    }


def lessons(model: Model, game: ModelGame) -> tuple[tuple[str, Lesson], ...]:
    """What beliefs learn from a game, each with its holder."""
    found = [
        (belief.holder, item.lesson)
        for belief in model.beliefs
        for item in belief.evidence
        if item.lesson is not None and item.lesson.game == game.name
    ]
    return tuple(dict.fromkeys(found))


def lesson_name(holder: str, lesson: Lesson) -> str:
    """The name of what a play tells a holder: a log-likelihood ratio, 0 where nothing is played."""
    return f"{lesson.game}.lesson.{holder}.{lesson.move}.{lesson.option}"


def formulas_of(part: object) -> Iterator[Expression]:
    """Every formula that a run computes of a model, or that is in a part of one."""
    if isinstance(part, Expression):
        yield part
    elif is_dataclass(part) and not isinstance(part, About):
        for field in fields(part):
            if not field.metadata.get("of_the_record"):
                yield from formulas_of(getattr(part, field.name))
    elif isinstance(part, tuple):
        for item in part:
            yield from formulas_of(item)


def read_results(
    model: Model, game: ModelGame, also: tuple[str, ...] = ()
) -> dict[str, tuple[View, Result]]:
    """Those of the game's results that some formula of the model reads, or that are among
    ``also``."""
    if not game.every:
        return {}
    read = frozenset().union(*map(references, formulas_of(model)), also)
    return {name: pair for name, pair in result_names(game).items() if name in read}


def due_steps(game: ModelGame, steps: int) -> tuple[int, ...]:
    """Steps at which a game is appraised: the first, and those of its schedule."""
    if not game.every:
        return ()
    return tuple(sorted({0, *range(game.offset, steps + 1, game.every)}))
