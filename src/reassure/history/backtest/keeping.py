"""What is finished of a backtest, on disk: one file for each reading and origin."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from reassure.history.backtest.scoring import Row
from reassure.history.fit.pieces import write_whole
from reassure.history.ledger import Ledger
from reassure.model.mistakes import UsageError

FORM = 2
"""Version of the layout of these files, and of how forecasts are made."""


class Shelf:
    """A folder of finished parts.

    Args:
        folder: None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def find(self, name: str, identity: dict[str, Any]) -> dict[str, Any] | None:
        """What was kept under a name, with rows as :class:`Row`; None if nothing is there.

        Raises:
            UsageError: what is there was made of something else.
        """
        path = self._path(name)
        if path is None or not path.is_file():
            return None
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise UsageError(f"{path} is no JSON", "name another folder with --out") from None
        there = found.get("identity", {})
        apart = [key for key, value in identity.items() if there.get(key) != value]
        if apart:
            raise UsageError(
                f"{path} holds a backtest with another {' and another '.join(apart)}",
                "name another folder with --out",
            )
        return found | {"rows": [Row.from_json(row) for row in found["rows"]]}

    def keep(self, name: str, identity: dict[str, Any], content: dict[str, Any]) -> None:
        """Write a finished part, whole or not at all."""
        path = self._path(name)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [row.as_json() for row in content["rows"]]
        text = json.dumps({"identity": identity} | content | {"rows": rows}, allow_nan=False)
        write_whole(path, text.encode("utf-8"))

    def _path(self, name: str) -> Path | None:
        safe = re.sub(r"[^\w.@-]", "_", name)
        return None if self.folder is None else self.folder / f"{safe}.json"


def fingerprint(ledger: Ledger) -> str:
    """SHA-256 of what a ledger says: its events, series and courses under its reading."""
    found = hashlib.sha256()
    for event in ledger.events:
        found.update(
            repr((event.id, event.when.text, event.actors, event.targets, event.category,
                  event.direction, event.magnitude, event.known)).encode()
        )  # fmt: skip
    for name, series in sorted(ledger.series.items()):
        for item in series.observations:
            found.update(repr((name, item.when.text, item.value, item.known)).encode())
    for name, course in sorted(ledger.courses.items()):
        for point in course.points:
            found.update(repr((name, point.since, point.value, point.low, point.high)).encode())
    return found.hexdigest()
