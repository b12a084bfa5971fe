"""The rationality of a game's players as it is given on a command line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reassure.model.mistakes import UsageError, quote, suggest

DEFAULT = 1.0

Rationality = float | dict[str, float]
"""One for all players, or one a player."""


def parse_rationality(
    text: str | None, players: Sequence[str], given: Mapping[str, float] | None = None
) -> Rationality:
    """``"4"`` or ``"JPN=4,PRK=2"`` as numbers.

    Args:
        text: None for the default.
        players: the game's players.
        given: what the game itself says; players that ``text`` leaves out keep it, or 1.

    Raises:
        UsageError: not finite numbers of at least 0, or a player that the game does not have.
    """
    base = {player: (given or {}).get(player, DEFAULT) for player in players}
    if text is None:
        return base if given is not None else DEFAULT
    if "=" not in text:
        return _number(text)
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        name = name.strip()
        if not equals:
            raise UsageError(
                f"--rationality has {quote(part)} without a player",
                "write one number, or PLAYER=NUMBER,PLAYER=NUMBER",
            )
        if name not in base:
            known = ", ".join(players)
            remedy = suggest(name, players) or f"its players are {known}"
            raise UsageError(f"the game has no player {quote(name)}", remedy)
        if name in found:
            raise UsageError(f"--rationality gives {quote(name)} twice", "keep one of the two")
        found[name] = _number(value)
    return base | found


def given_levels(text: str | None, players: Sequence[str]) -> dict[str, float]:
    """Only what ``text`` gives: of every player for one number, else of those that it names.

    Raises:
        UsageError: as :func:`parse_rationality`.
    """
    if text is None:
        return {}
    parsed = parse_rationality(text, players)
    if not isinstance(parsed, dict):
        return dict.fromkeys(players, parsed)
    named = {part.rpartition("=")[0].strip() for part in text.split(",")}
    return {player: level for player, level in parsed.items() if player in named}


def rationality_said(rationality: Rationality, unit: str, *, default: bool = False) -> str:
    """In words, with the unit that it is per."""
    if isinstance(rationality, dict):
        said = ", ".join(f"{player} {value:.4g}" for player, value in rationality.items())
    else:
        said = f"{rationality:.4g}"
    return f"rationality {said} {unit}" + (" (the default)" if default else "")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise UsageError(
            f"rationality {quote(text.strip())} is not a finite number of at least 0",
            "0 chooses at random; larger is closer to the best reply",
        )
    return value
