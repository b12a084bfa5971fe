"""What a model does with its games: what follows from what within a step, what is never asked, and
what solving them costs.
"""

from __future__ import annotations

from collections.abc import Iterator

from reassure.model.checked import Model
from reassure.model.checked_games import ModelGame
from reassure.model.checks.budget import formulas
from reassure.model.checks.context import Context, Path
from reassure.model.checks.game_names import named
from reassure.model.expression import references
from reassure.model.intervals import Interval, interval
from reassure.model.mistakes import quote

MAX_GAME_WORK = 20_000_000
"""Solves of one future times the ends and the information sets of what is solved."""


def needs_at_once(game: ModelGame) -> list[str]:
    """What the results and moves of a game follow in the step in which it is due, in whosoever's eyes."""
    own = (game.payoffs, game.chances, game.rationality, game.results)
    views = (game.perceptions, game.variants)
    return sorted(frozenset().union(*(references(formula) for formula in formulas((own, views)))))


def names_of(context: Context, game: ModelGame) -> tuple[list[str], list[str]]:
    """The names of moves, and those of results, that formulas may read."""
    item = context.section("games")[game.name]
    found = dict.fromkeys(name for name, _ in named(context, game.name, item))
    moves = [f"{game.name}.{move.name}.{one}" for move in game.moves for one in move.options]
    return moves, [name for name in found if name not in {game.name, *moves}]


def check_game_work(context: Context, model: Model) -> None:
    """Refuses games that would take too long to solve, all together."""
    work = 0
    for game in model.games:
        eyes = 1 + len(game.perceptions)
        solves = 0
        if game.every:
            solves += _times(model, game.every, game.offset) * eyes * (1 + len(game.variants))
        if game.play is not None:
            solves += _times(model, game.play.every, game.play.offset) * eyes
        work += solves * len(game.tree.terminals) * max(1, len(game.tree.information_sets))
    if work > MAX_GAME_WORK:
        what = (
            f"a future's solves, times their ends and information sets, come to {work:,}; the limit "
            f"is {MAX_GAME_WORK:,}"
        )
        context.say("E901", ("games",), what, "appraise games less often, or make them smaller")


def _times(model: Model, every: int, offset: int) -> int:
    return max(0, (model.time.steps - offset + every - 1) // every)


def check_game_use(context: Context, model: Model, ranges: dict[str, Interval]) -> None:
    """Notes a rationality that can be negative, players without a move, and what nothing reads."""
    read = frozenset().union(*(references(formula) for formula in formulas(model)))
    parameters = {parameter.name for parameter in model.parameters}
    for game in model.games:
        path: Path = ("games", game.name)
        for code, rationality in zip(game.tree.players, game.rationality, strict=True):
            low = interval(rationality, ranges)[0]
            if low < 0 and references(rationality) <= parameters:
                at = (*path, "players", code)
                what = f"the rationality of {code} is below 0 in some futures"
                context.say("E204", at, what, "truncate its prior at 0, or write max(0, ...)")
        moving = {item.player for item in game.tree.information_sets}
        for index, code in enumerate(game.tree.players):
            if index not in moving:
                what = f"{quote(code)} has no move in this game"
                context.say("W104", (*path, "players", code), what, of_key=True)
        for at, what in _unused(model, game, read):
            context.say("W105", (*path, *at), what, of_key=True)


def _unused(model: Model, game: ModelGame, read: frozenset[str]) -> Iterator[tuple[Path, str]]:
    asked = [tuple(name.split(".")[1:]) for name in read if name.partition(".")[0] == game.name]
    moving = {game.tree.players[item.player] for item in game.tree.information_sets}
    learning = {
        belief.holder
        for belief in model.beliefs
        for item in belief.evidence
        if item.lesson is not None and item.lesson.game == game.name
    }
    for item in game.perceptions:
        looked = any(item.actor in parts[:2] for parts in asked)
        if item.actor not in moving | learning and not looked:
            what = f"{quote(item.actor)} does not move here, and nothing asks what it sees"
            yield ("perceives", item.actor), what
    if not game.every:
        return
    for result in game.results:
        if "." not in result.name and not any(result.name == parts[-1] for parts in asked if parts):
            yield ("results", result.name), f"nothing reads the result {quote(result.name)}"
    for variant in game.variants:
        if not any(variant.name == parts[0] for parts in asked if parts):
            yield ("variants", variant.name), f"nothing reads the variant {quote(variant.name)}"
