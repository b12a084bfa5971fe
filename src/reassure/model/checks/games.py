"""The section ``games:``: from what is written of a game to its shape and the formulas of its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from reassure.model.checked_games import ModelGame, Play
from reassure.model.checks.about import about, actor
from reassure.model.checks.context import NONE, Context, Path
from reassure.model.checks.game_branches import from_tree
from reassure.model.checks.game_formulas import no_memories
from reassure.model.checks.game_moves import from_moves
from reassure.model.checks.game_names import PAYOFF, eyes, moves_of
from reassure.model.checks.game_numbers import Numbers
from reassure.model.checks.game_shape import (
    LOOKED_AT,
    MAX_ENDS,
    MAX_INFORMATION_SETS,
    GameShape,
    TooLarge,
)
from reassure.model.checks.game_views import perceptions, variants
from reassure.model.checks.shapes import QUANTITIES
from reassure.model.expression import ZERO, Expression, Number
from reassure.model.formula import name_problem
from reassure.model.mistakes import quote, suggest
from reassure.model.simplify import binary
from reassure.model.written_games import Game

MAX_MOVES = 24
HUNDRED = Number(100.0)


def games(context: Context) -> tuple[ModelGame, ...]:
    """The section ``games:``."""
    found = [_game(context, name, item) for name, item in context.section("games").items()]
    return tuple(game for game in found if game is not None)


def _game(context: Context, name: str, item: Game) -> ModelGame | None:
    path: Path = ("games", name)
    before = len(context.mistakes)
    for code in item.players:
        _player(context, code, (*path, "players", code))
    if bool(item.moves) == (item.tree is not None):
        what = "a game is written either as `moves` or as a `tree`"
        context.say("E210", path, what, "keep exactly one of the two", of_key=True)
        return None
    _clashes(context, name, item)
    rationality = tuple(
        _rationality(context, name, player.rationality, (*path, "players", code, "rationality"))
        for code, player in item.players.items()
    )
    every, offset = _appraised(context, item, path)
    play = _play(context, item, path)
    if len(context.mistakes) > before:
        return None
    shape = _shape(context, name, item)
    if shape is None:
        return None
    numbers = Numbers(context, name, item, shape)
    payoffs, parts = numbers.payoffs()
    results = numbers.results(payoffs)
    game = ModelGame(
        name=name,
        tree=shape.tree,
        moves=shape.moves,
        set_moves=shape.set_moves,
        chance_moves=shape.chance_moves,
        paths=shape.paths,
        payoffs=payoffs,
        parts=parts,
        chances=shape.chances,
        rationality=rationality,
        results=results,
        observations=shape.observations,
        every=every,
        offset=offset,
        play=play,
        about=about(context, item, path),
    )
    if len(context.mistakes) > before:
        return game  # what its formulas read is not known
    return perceptions(context, item, variants(context, item, game))


def _player(context: Context, code: str, path: Path) -> None:
    actor(context, code, path)
    if problem := name_problem(code):
        what = f"{quote(code)} {problem}, so that no formula could read what it sees"
        context.say("E206", path, what, "give the actor another code", of_key=True)


def _clashes(context: Context, name: str, item: Game) -> None:
    """Names that stand for two things, in the game's own formulas or in ``GAME.NAME``."""
    path: Path = ("games", name)
    seen: dict[str, str] = {PAYOFF: "the expected payoffs"}
    seen |= dict.fromkeys(eyes(item), "an actor")
    groups: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("moves" if item.tree is None else "tree", "a move", moves_of(item)),
        ("results", "a result", item.results),
        ("variants", "a variant", item.variants),
    )
    for section, kind, names in groups:
        for key in names:
            at: Path = (*path, section, key) if section != "tree" else (*path, section)
            problem = name_problem(key)
            if problem is not None:
                if section != "tree":  # there it is told at the node
                    context.say("E206", at, f"{quote(key)} {problem}", of_key=True)
            elif key in seen:
                what = f"{quote(key)} is {kind} and {seen[key]} of one game"
                context.say("E209", at, what, of_key=True)
            elif kind == "a move" and (
                owner := next((s for s in QUANTITIES if context.exists(s, key)), "")
            ):
                what = f"{quote(key)} is already the name of an element of {owner}"
                context.say("E209", at, what, of_key=True)
            seen[key] = kind


def _rationality(context: Context, name: str, written: str | float, path: Path) -> Expression:
    found = context.formula(written, path, expect=NONE)
    if found is None or not no_memories(context, (found,), path, name):
        return ZERO
    if isinstance(found, Number) and found.value < 0:
        what = f"a rationality of {found.value:g} picks the worse move"
        context.say("E204", path, what, "write 0 or more")
    return binary("/", found, HUNDRED)


def _appraised(context: Context, item: Game, path: Path) -> tuple[int, int]:
    if item.appraise is None:
        return 0, 0
    path = (*path, "appraise")
    every = max(1, context.steps(item.appraise.every, (*path, "every")))
    offset = context.steps(item.appraise.offset, (*path, "offset"))
    _begins(context, offset, (*path, "offset"), "the first appraisal")
    return every, offset


def _begins(context: Context, offset: int, path: Path, what: str) -> None:
    if context.clock_known and offset >= context.time.steps:
        context.say("E204", path, f"{what} falls after the end of the run", "shorten `offset`")


def _play(context: Context, item: Game, path: Path) -> Play | None:
    if item.play is None:
        return None
    path = (*path, "play")
    written = item.play
    if not written.on and not written.every:
        what = "nothing says when the game is played"
        context.say("E202", path, what, "add `on:` with an event, or `every:`", of_key=True)
    event = context.canonical(written.on, path)
    events = context.section("events")
    if event and event not in events and not context.is_broken(event):
        node = context.root.find(path)
        at = (*path, "on") if isinstance(node.value, dict) else path
        remedy = suggest(event, events) or "name an event of `events:`"
        context.say("E301", at, f"{quote(event)} is not an event", remedy)
    offset = context.steps(written.offset, (*path, "offset"))
    _begins(context, offset, (*path, "offset"), "the first occasion")
    return Play(
        event=event,
        every=max(1, context.steps(written.every, (*path, "every"))),
        offset=offset,
        when=context.formula(written.when, (*path, "when"), truth=True),
    )


def _shape(context: Context, name: str, item: Game) -> GameShape | None:
    """The tree, if it is not too large."""
    path: Path = ("games", name)
    key = "moves" if item.tree is None else "tree"
    moves = len(moves_of(item))
    if moves > MAX_MOVES:
        what = f"the game has {moves} moves; the limit is {MAX_MOVES}"
        context.say("E901", (*path, key), what, "leave out moves that decide little")
        return None
    observers = _observers(context, name, item)
    title = item.label or item.text or name
    build = from_moves if item.tree is None else from_tree
    try:
        shape = build(context, item, path, observers, title)
    except TooLarge:
        what = f"the game has more than {LOOKED_AT:,} ends; the limit is {MAX_ENDS}"
        context.say("E901", (*path, key), what, "leave out moves, or narrow their `if`")
        return None
    if shape is None:
        return None
    ends, sets = len(shape.paths), len(shape.set_moves)
    if ends > MAX_ENDS or sets > MAX_INFORMATION_SETS:
        what = (
            f"the game has {ends} ends and {sets} information sets; the limits are {MAX_ENDS} and "
            f"{MAX_INFORMATION_SETS}, for the time of a solve grows with their product"
        )
        context.say("E901", (*path, key), what, "leave out moves, or narrow their `if`")
        return None
    return shape


def _observers(context: Context, name: str, item: Game) -> tuple[str, ...]:
    """Who sees something of a game: its players, who perceives it, who learns from it."""
    learn = [
        belief.holder
        for key, belief in context.section("beliefs").items()
        for piece in belief.evidence.values()
        if piece.game and context.canonical(piece.game, ("beliefs", key)) == name
    ]
    return tuple(dict.fromkeys((*eyes(item), *learn)))
