"""The names that a game gives to formulas elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reassure.model import units
from reassure.model.checks.context import ANY, NONE, Context, OverBudget
from reassure.model.formula import Dimension
from reassure.model.mistakes import Fault, quote
from reassure.model.written_games import Branch, Game

PAYOFF = "payoff"
"""What every player's expected payoff is called among a game's results."""


MAX_GAMES = 60
MAX_NAMES = 10_000
"""Results of all games of a model, in whosoever's eyes and under every variant."""


def check_game_names(context: Context) -> None:
    """Refuses more games, or more of their results, than a model may have.

    Raises:
        OverBudget: it has more.
    """
    games = context.section("games")
    if len(games) > MAX_GAMES:
        what = f"the model has {len(games)} games; the limit is {MAX_GAMES}"
        raise OverBudget(("games",), what)
    names = sum(
        (1 + len(game.variants)) * (1 + len(eyes(game))) * (len(game.results) + len(game.players))
        for game in games.values()
    )
    if names > MAX_NAMES:
        what = f"the games have {names:,} results in all views together; the limit is {MAX_NAMES:,}"
        raise OverBudget(("games",), what)


def moves_of(game: Game) -> dict[str, tuple[str, ...]]:
    """The options of each move, in either form in which games are written."""
    if game.tree is None:
        return {name: tuple(move.options) for name, move in game.moves.items()}
    found: dict[str, dict[str, None]] = {}
    for node in branches(game.tree):
        if node.options and node.move:
            found.setdefault(node.move, {}).update(dict.fromkeys(node.options))
    return {name: tuple(options) for name, options in found.items()}


def branches(root: Branch) -> Iterator[Branch]:
    """The nodes of a written tree, in preorder."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.options.values()))


def eyes(game: Game) -> tuple[str, ...]:
    """Those whose view of a game has results of its own: its players, and who perceives it."""
    return tuple(dict.fromkeys((*game.players, *game.perceives)))


def move_dimensions(game: Game) -> dict[str, Dimension]:
    """The names by which a game's own formulas read its moves."""
    found: dict[str, Dimension] = {}
    for move, options in moves_of(game).items():
        found[move] = NONE
        found.update({f"{move}.{option}": NONE for option in options})
    return found


def named(context: Context, name: str, game: Any) -> Iterator[tuple[str, Dimension]]:
    """Every name of a game that formulas may read, with its dimension. Those of a game that is never
    appraised, or never played, are noted as absent.
    """
    for read in (name, *(f"{name}.{move}" for move in move_dimensions(game) if "." in move)):
        if game.play is None:
            what = f"{quote(read)} is of the game {quote(name)}, which is never played"
            context.absent[read] = what, "add `play:` to the game"
        yield read, NONE
    results = {key: _dimension(item.unit) for key, item in game.results.items()}
    results.update({f"{PAYOFF}.{player}": NONE for player in game.players})
    for variant in ("", *game.variants):
        for viewer in ("", *eyes(game)):
            for key, dimension in results.items():
                read = ".".join(filter(None, (name, variant, viewer, key)))
                if game.appraise is None:
                    what = f"{quote(read)} is of the game {quote(name)}, which is never appraised"
                    context.absent[read] = what, "add `appraise: 1 year` to the game"
                yield read, dimension


def _dimension(text: str) -> Dimension:
    try:
        return units.dimension(text)
    except Fault:
        return ANY
