"""Game files of either format: which one a file is in, reading and writing."""

from __future__ import annotations

from pathlib import Path

from reassure.model import efg, nfg
from reassure.model.checked import Place
from reassure.model.game_text import decoded
from reassure.model.game_tree import Game
from reassure.model.mistakes import ModelError, UsageError, mistake, quote

SUFFIXES = (".efg", ".nfg")


def read_game(path: str | Path) -> Game:
    """Read a game file; its first word says which format it is in.

    Raises:
        ModelError: it cannot be read, with file, line, column and what was expected.
    """
    file = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        what = f"this file cannot be read: {error.strerror or error}"
        remedy = "give the path of an .efg or .nfg file"
        raise ModelError([mistake("E106", Place(file, 1, 1), "", what, remedy)]) from None
    text = decoded(data, file)
    if text.lstrip().startswith("NFG"):
        return nfg.read(text, file)
    if not text.lstrip().startswith("EFG"):
        what = "a game file begins with EFG 2 R or NFG 1 R"
        raise ModelError([mistake("G101", Place(file, 1, 1), "", what)])
    return efg.read(text, file)


def game_text(game: Game, suffix: str) -> str:
    """A game as the text of a file with this suffix.

    Raises:
        UsageError: it is neither ``.efg`` nor ``.nfg``, or the strategic form is too large.
    """
    if suffix == ".efg":
        return efg.write(game)
    if suffix == ".nfg":
        return nfg.write(game)
    raise UsageError(f"{quote(suffix)} is no format for games", "write to .efg or .nfg")
