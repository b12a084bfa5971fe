"""What beliefs learn from a game that is played."""

from __future__ import annotations

from typing import Any

from reassure.model.checked import Evidence
from reassure.model.checked_games import Lesson
from reassure.model.checks.context import Context, Path, said
from reassure.model.checks.game_names import moves_of
from reassure.model.expression import references
from reassure.model.formula import FormulaError, parse
from reassure.model.mistakes import quote, suggest
from reassure.model.written_games import Game


def lesson(context: Context, item: Any, path: Path) -> Lesson | None:
    """What a piece of evidence learns from; None where it has mistakes, which are then noted."""
    for key in ("event", "weight", "rate"):
        if getattr(item, key) not in (None, ""):
            what = f"evidence from a game has no `{key}`: its weight follows from the game"
            context.say("E210", (*path, key), what, f"remove `{key}`")
            return None
    for key in ("game", "shows"):
        if not getattr(item, key):
            context.say("E202", path, f"`{key}` is missing", f"add `{key}:`", of_key=True)
            return None
    name = context.canonical(item.game, path)
    known = context.section("games")
    game = known.get(name)
    if game is None:
        if not context.is_broken(name):
            remedy = suggest(name, known) or "name a game of `games:`"
            context.say("E301", (*path, "game"), f"{quote(name)} is not a game", remedy)
        return None
    if game.play is None:
        what = f"{quote(name)} is never played, so that nothing is learnt from it"
        context.say("E714", (*path, "game"), what, "add `play:` to the game")
        return None
    opening = _opening(game)
    move, _, option = item.shows.partition(".")
    if option in opening.get(move, ()):
        return Lesson(name, move, option)
    names = [f"{key}.{one}" for key, options in opening.items() for one in options]
    listed = f"one of {', '.join(names[:8])}" if names else "give the game a type, or chance first"
    what = f"{quote(item.shows)} is not what a type or chance brings at the start of {quote(name)}"
    context.say("E715", (*path, "shows"), what, suggest(item.shows, names) or listed)
    return None


def _opening(game: Game) -> dict[str, tuple[str, ...]]:
    """The moves of chance, types among them, that are made before anybody decides, on every path."""
    options = moves_of(game)
    if game.tree is not None:
        start = game.tree
        return {start.move: options.get(start.move, ())} if start.chance else {}
    found = {}
    for name, move in game.moves.items():
        if move.actor:
            break
        if move.if_ is None:
            found[name] = options[name]
    return found


def is_a_move(context: Context, name: str) -> bool:
    """Whether a name is ``GAME.MOVE.OPTION``, or the name of a game."""
    stem, _, part = name.partition(".")
    game = context.section("games").get(stem)
    if game is None or game.play is None:
        return False
    move, _, option = part.partition(".")
    return not part or option in moves_of(game).get(move, ())


def learnt_once(
    context: Context, evidence: tuple[Evidence, ...], path: Path
) -> tuple[Evidence, ...]:
    """``evidence``, after a look whether weights set by hand count moves twice that a game tells of."""
    games = {item.lesson.game for item in evidence if item.lesson is not None}
    for item in evidence:
        read = {item.event, *references(item.weight), *_driver(context, item.event)}
        twice = sorted(games & {name.partition(".")[0] for name in read})
        if item.kind != "game" and twice:
            what = f"this belief learns from {quote(twice[0])} already, as the game itself tells"
            context.say("E715", (*path, "evidence", item.name), what, "remove one", of_key=True)
    return evidence


def _driver(context: Context, event: str) -> tuple[str, ...]:
    """What drives an event, by name."""
    written = context.section("events").get(event)
    found: list[str] = []
    for formula in (written.rate, written.probability) if written is not None else ():
        try:
            found += parse(said(formula)).names if formula is not None else ()
        except FormulaError:
            continue
    return tuple(found)
