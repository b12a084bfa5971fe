"""What a game's own formulas may read: no memory, nothing that follows from the game itself, and in
conditions only moves that were made before.
"""

from __future__ import annotations

from reassure.model.checks.context import Context, Path
from reassure.model.checks.game_names import move_dimensions
from reassure.model.expression import Expression, Memory, references, walk
from reassure.model.mistakes import quote
from reassure.model.written_games import Game


def over_moves(
    context: Context,
    game: Game,
    formula: str | float,
    path: Path,
    move: str,
    *,
    truth: bool = False,
) -> Expression | None:
    """A formula over the moves before ``move``; None where it has mistakes, which are then noted."""
    inner = move_dimensions(game)
    found = context.formula(formula, path, truth=truth, inner=inner)
    if found is None:
        return None
    for name in sorted(references(found) - inner.keys()):
        if not context.is_broken(name):
            what = f"{quote(name)} is not a move of this game, and only moves are read here"
            context.say("E712", path, what, "write MOVE.OPTION, or MOVE for whether it was made")
            return None
    return found if earlier_only(context, game, (found,), path, move) else None


def earlier_only(
    context: Context, game: Game, formulas: tuple[Expression, ...], path: Path, move: str
) -> bool:
    """Whether formulas read no move but those before ``move``; what else they read is noted."""
    order = list(game.moves)
    later = set(order[order.index(move) :])
    for name in sorted(frozenset().union(*map(references, formulas))):
        if name.partition(".")[0] in later:
            what = f"{quote(name)} is not known yet when {quote(move)} is made"
            context.say("E712", path, what, "read moves that stand further up")
            return False
    return True


def no_memories(
    context: Context, formulas: tuple[Expression, ...], path: Path, game: object
) -> bool:
    """Whether formulas hold no memory and read none of the game's own names."""
    for formula in formulas:
        for node in walk(formula):
            if isinstance(node, Memory):
                what = f"{node.function} has a memory, and a game is worked out at one moment"
                context.say("E712", path, what)
                return False
        own = sorted(name for name in references(formula) if name.partition(".")[0] == game)
        if own:
            what = f"{quote(own[0])} is of this game itself"
            context.say("E712", path, what, "a game cannot read what follows from it")
            return False
    return True
