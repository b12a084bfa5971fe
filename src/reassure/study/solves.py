"""How many solves of games are flagged: shown wherever a result rests on them."""

from __future__ import annotations

from collections.abc import Mapping

from reassure.engine.results import Solves


def solves_json(games: Mapping[str, Solves]) -> dict[str, dict[str, int]]:
    """The entry ``games`` of a contract."""
    return {
        name: {"solves": count.solves, "flagged": count.flagged} for name, count in games.items()
    }


def solves_line(games: Mapping[str, Solves]) -> str:
    """One line on all games; '' where none was solved."""
    if not games:
        return ""
    flagged = {name: count for name, count in games.items() if count.flagged}
    total = sum(count.solves for count in games.values())
    if not flagged:
        return f"games were solved {total:,} times, none flagged"
    said = ", ".join(f"{name} {c.flagged:,} of {c.solves:,}" for name, c in flagged.items())
    return f"games were solved {total:,} times; flagged (a fold, or several equilibria): {said}"
