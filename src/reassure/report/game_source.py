"""Which game a reference on the command line means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reassure.model.game_files import SUFFIXES, read_game
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError, quote


@dataclass(frozen=True, slots=True)
class ResolvedGame:
    """A game with what goes with it.

    Attributes:
        name: what output calls it: the reference as given.
        game: shape and numbers.
        rationality: of each player by name, where the source says it; None for a file, which does not.
        unit: what one unit of rationality is per.
    """

    name: str
    game: Game
    rationality: dict[str, float] | None
    unit: str


FILE_UNIT = "per unit of the file's payoffs"


def resolve_game(reference: str, at: str | None = None) -> ResolvedGame:
    """The game that ``reference`` names: the path of an ``.efg`` or ``.nfg`` file.

    Args:
        reference: as given on the command line.
        at: the moment of a model's game; a file has none.

    Raises:
        ModelError: the file cannot be read.
        UsageError: ``at`` is given for a file, or the reference is neither kind.
    """
    path = Path(reference)
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        raise UsageError(
            f"{quote(reference)} is no game file", "give the path of an .efg or .nfg file"
        )
    if at is not None:
        raise UsageError(
            f"--at names a moment of a model, and {quote(reference)} is a file", "leave out --at"
        )
    return ResolvedGame(reference, read_game(path), None, FILE_UNIT)
