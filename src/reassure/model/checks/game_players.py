"""What to say of an actor who is no player of a game."""

from __future__ import annotations

from collections.abc import Iterable

from reassure.model.mistakes import quote, suggest


def no_player(code: str, players: Iterable[str]) -> tuple[str, str]:
    """What is wrong, and the remedy."""
    known = list(players)
    what = f"{quote(code)} is not a player of this game, which is played by {', '.join(known)}"
    return what, suggest(code, known) or "add it to `players:`"
