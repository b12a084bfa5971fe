"""What the ends of a game are called in output and on the command line."""

from __future__ import annotations

from reassure.model.game_tree import GameTree


def outcome_names(tree: GameTree) -> tuple[str, ...]:
    """A name for each terminal; unnamed ones are called by their number from 1.

    Where another end is named by that number, an unnamed one is ``end N``. Terminals that share a name
    are one outcome.
    """
    given = set(tree.terminals)
    return tuple(
        name or (str(number) if str(number) not in given else f"end {number}")
        for number, name in enumerate(tree.terminals, 1)
    )
