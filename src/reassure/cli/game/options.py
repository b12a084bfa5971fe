"""Options that several commands on games share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reassure.model.rationality import Rationality
    from reassure.report.game_source import ResolvedGame

GameName = Annotated[str, typer.Argument(metavar="FILE", help="Path of an .efg or .nfg file.")]
RationalityOption = Annotated[
    str | None,
    typer.Option(
        "--rationality",
        metavar="L | PLAYER=L,...",
        help="Of all players, or of each: 0 chooses at random, larger comes closer to the best "
        "reply; in the game's own units. Without it 1.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="POLICY,SCENARIO,REPLICATION,TIME",
        help="The moment of a model's game; a file has none.",
    ),
]


def resolved(reference: str, text: str | None, at: str | None) -> tuple[ResolvedGame, Rationality]:
    """A game and the rationality at which to solve it.

    Raises:
        ModelError, UsageError: the game or the rationality is not understood.
    """
    from reassure.model.rationality import parse_rationality
    from reassure.report.game_source import resolve_game

    source = resolve_game(reference, at)
    return source, parse_rationality(text, source.game.tree.players, source.rationality)


def write_bytes(data: bytes, out: Path) -> None:
    """Write a picture, making its folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)


def somebody_moves(source: ResolvedGame) -> None:
    """Refuse a game without decisions, of which nothing depends on rationality.

    Raises:
        UsageError: nobody moves.
    """
    from reassure.model.mistakes import UsageError

    if not source.game.tree.information_sets:
        raise UsageError(f"nobody moves in {source.name}", "give a game in which a player decides")
