"""The games of a model as tables: who plays when, who moves knowing what, and what it is worth to whom."""

from __future__ import annotations

from reassure.model.checked import Model, Time
from reassure.model.checked_games import ModelGame, Move, Replacements
from reassure.model.expression import Binary, Call, Expression, Number
from reassure.model.show import show
from reassure.report.listing_words import Listing, grounds, number


def games(model: Model) -> Listing:
    """Who plays, and when."""
    return Listing(
        "Games",
        ("game", "players", "rationality", "when", "size", "what it is", "because"),
        tuple(
            (
                game.name,
                ", ".join(game.tree.players),
                "; ".join(
                    f"{player} {show(_per_hundred(formula))}"
                    for player, formula in zip(game.tree.players, game.rationality, strict=True)
                ),
                _when(model.time, game),
                f"{len(game.tree.terminals)} ends, {len(game.tree.information_sets)} information sets",
                game.about.text,
                grounds(game.about),
            )
            for game in model.games
        ),
    )


def game_moves(model: Model) -> Listing:
    """The moves of each game in order, indented where they hang on others."""
    return Listing(
        "Moves of games",
        ("game", "move", "who", "options", "where, and who knows", "what it is", "because"),
        tuple(
            (
                game.name,
                move.name,
                {"decision": move.actor, "chance": "chance", "type": f"type of {move.actor}"}[
                    move.kind
                ],
                _options(game, move),
                move.written or _sets(game, move),
                move.about.text,
                grounds(move.about),
            )
            for game in model.games
            for move in game.moves
        ),
    )


def game_payoffs(model: Model) -> Listing:
    """What ends are worth to each player, part by part, in points."""
    return Listing(
        "Payoffs of games",
        ("game", "player", "part", "formula", "because"),
        tuple(
            (game.name, part.player, part.name, part.written, grounds(part.about))
            for game in model.games
            for part in game.parts
        ),
    )


def game_results(model: Model) -> Listing:
    """What is read off each game."""
    return Listing(
        "Results of games",
        ("game", "result", "formula", "unit", "what it is", "because"),
        tuple(
            (
                game.name,
                result.name,
                result.written,
                "" if result.unit.text == "1" else result.unit.text,
                result.about.text,
                grounds(result.about),
            )
            for game in model.games
            for result in game.results
            if result.written
        ),
    )


def game_views(model: Model) -> Listing:
    """In whose eyes, and under which what-ifs, games are solved."""
    rows: list[tuple[str, ...]] = []
    for game in model.games:
        rows += [
            (game.name, f"as {item.actor} sees it", _replaced(item.replaces), grounds(item.about))
            for item in game.perceptions
        ]
        rows += [
            (game.name, f"what if {item.name}", _replaced(item.replaces), grounds(item.about))
            for item in game.variants
        ]
    return Listing("Views of games", ("game", "view", "formula", "because"), tuple(rows))


def _when(time: Time, game: ModelGame) -> str:
    found = []
    if game.every:
        found.append(f"appraised {_every(time, game.every, game.offset)}")
    if game.play is not None:
        on = f" at each {game.play.event}" if game.play.event else ""
        scheduled = game.play.every > 1 or game.play.offset or not on
        often = f" {_every(time, game.play.every, game.play.offset)}" if scheduled else ""
        where = f" where {show(game.play.when)}" if game.play.when is not None else ""
        found.append(f"played{on}{often}{where}")
    return "; ".join(found) or "only when asked for"


def _every(time: Time, every: int, offset: int) -> str:
    often = f"every {number(every * time.dt)} years" if every * time.dt != 1 else "every year"
    return often + (f" from {number(offset * time.dt)} years on" if offset else "")


def _per_hundred(formula: Expression) -> Expression:
    """Rationality as it is written: for 100 points of payoff."""
    match formula:
        case Number(value):
            return Number(100.0 * value)
        case Binary("/", left, Number(100.0)):
            return left
    return formula


def _options(game: ModelGame, move: Move) -> str:
    if move.kind == "decision":
        return " / ".join(move.options)
    chances = next(
        chances
        for name, chances in zip(game.chance_moves, game.chances, strict=True)
        if name == move.name
    )
    return " / ".join(
        f"{option} {_short(chance)}" for option, chance in zip(move.options, chances, strict=False)
    )


def _short(chance: Expression) -> str:
    """A probability nearly as it was written, without what makes all of a move sum to one."""
    match chance:
        case Binary("/", Call("clip", (inner, *_)), Call("max")) | Call("clip", (inner, *_)):
            return show(inner)
        case Binary("-", Number(1.0)) | Call("max"):
            return "else"
    return show(chance)


def _sets(game: ModelGame, move: Move) -> str:
    """The information sets of a move, where nothing else is written of it."""
    names = [
        item.name
        for item, name in zip(game.tree.information_sets, game.set_moves, strict=True)
        if name == move.name
    ]
    return f"knowing {' or '.join(names)}" if names not in ([], [move.name]) else ""


def _replaced(replaces: Replacements) -> str:
    return "; ".join(f"{name} = {show(formula)}" for name, formula in replaces)
