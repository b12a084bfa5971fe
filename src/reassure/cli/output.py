"""Writing to a terminal, a pipe or a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reassure.model.mistakes import Mistake


def write(text: str, out: Path | None) -> None:
    """Print ``text``, or write it to ``out`` (making its folder)."""
    if not text.endswith("\n"):
        text += "\n"
    if out is None:
        sys.stdout.write(text)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")


def check_writable(out: Path | None) -> None:
    """Refuse before the work begins what could not be written after it.

    Raises:
        UsageError: ``out`` is a folder, or cannot be written.
    """
    import os

    from reassure.model.mistakes import UsageError

    if out is None:
        return
    if out.is_dir():
        raise UsageError(f"--out {out} is a folder", "name a file in it")
    there = out if out.exists() else next(p for p in (*out.parents, Path()) if p.exists())
    if not os.access(there, os.W_OK) or (there != out and not there.is_dir()):
        raise UsageError(f"--out {out} cannot be written", f"{there} does not allow it")


def write_json(data: Any, out: Path | None) -> None:
    """``data`` as JSON; NaN and infinities, which JSON lacks, are refused rather than written wrong."""
    write(json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False), out)


def remark(text: str, *, quiet: bool = False) -> None:
    """A line for the person at the terminal, on standard error so that pipes stay clean."""
    if not quiet:
        print(text, file=sys.stderr)


def report_mistakes(mistakes: Iterable[Mistake], *, only_count: bool = False) -> None:
    """Every mistake on its own line of standard error, with the count last."""
    found = list(mistakes)
    for mistake in [] if only_count else found:
        print(mistake, file=sys.stderr)
    wrong = sum(item.severity == "mistake" for item in found)
    warned = len(found) - wrong
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((wrong, "mistake"), (warned, "warning"))
        if count
    ]
    print(", ".join(parts), file=sys.stderr)
