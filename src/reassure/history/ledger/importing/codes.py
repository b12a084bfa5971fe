"""Tables that map names of actors and codes of events; a user can give tables of their own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from reassure.history.ledger.tables import rows
from reassure.model.mistakes import Mistake, ModelError, UsageError, mistake

CLASSES = ("verbal_coop", "material_coop", "verbal_conf", "material_conf")


def bundled_table(name: str) -> Path:
    """A table of the package: ``actors.csv``, ``cameo.csv`` or ``plover.csv``."""
    return Path(str(files("reassure.history.ledger.importing"))) / "codes" / name


def actor_table(path: Path | None, known: tuple[str, ...]) -> dict[str, str]:
    """Names of actors in event data to the codes of the ledger; of actors that it does not have, none.

    Args:
        path: a CSV with the columns ``name`` and ``actor``; None for the bundled one.
        known: the ledger's actors. Each is its own name, too.

    Raises:
        ModelError: mistakes in the table.
        UsageError: no name leads to an actor of the ledger.
    """
    found = {code: code for code in known}
    for name, actor in _read(path or bundled_table("actors.csv"), "name", "actor").items():
        if actor in known:
            found[name] = actor
    if len(set(found.values())) < 2:
        raise UsageError("the ledger has fewer than two actors", "declare them in ledger.yaml")
    return found


def code_table(path: Path | None, format: str) -> dict[str, str]:
    """Codes of events, or their first digits, to one of :data:`CLASSES`, or to '' for none of them.

    Raises:
        ModelError: mistakes in the table.
    """
    given = path or bundled_table("plover.csv" if format == "polecat" else "cameo.csv")
    return _read(given, "code", "class", (*CLASSES, ""))


def class_of(code: str, table: dict[str, str]) -> str | None:
    """The class of the longest beginning of ``code`` that the table has; None where it has none."""
    for length in range(len(code), 0, -1):
        if code[:length] in table:
            return table[code[:length]]
    return None


def _read(path: Path, key: str, value: str, allowed: tuple[str, ...] = ()) -> dict[str, str]:
    told: list[Mistake] = []
    found: dict[str, str] = {}
    if not path.is_file():
        raise UsageError(f"{path} is not a file", "name a table")
    for place, row in rows(path, (key, value), ("note",), told):
        if row[key] in found:
            told.append(mistake("L109", place, key, f"{row[key][:40]!r} stands twice"))
        elif allowed and row[value] not in allowed:
            remedy = f"write one of {', '.join(name for name in allowed if name)}, or nothing"
            told.append(mistake("L105", place, value, f"{row[value][:40]!r}", remedy))
        else:
            found[row[key]] = row[value]
    if told:
        raise ModelError(told)
    return found
