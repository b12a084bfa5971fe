"""CSV files of a ledger: rows that remember their line, from files that may come from a stranger."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, mistake, quote, suggest

MAX_BYTES = 32 << 20
MAX_FIELD = 10_000
MAX_ROWS = 500_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


def inside(folder: Path, name: str, told: list[Mistake]) -> Path | None:
    """A file of the folder, or None when there is none or it leads out of the folder (which is told)."""
    path = folder / name
    if not path.is_symlink() and not path.exists():
        return None
    if not path.resolve().is_relative_to(folder.resolve()):
        what = "the file leads out of the ledger's folder"
        told.append(mistake("L102", Place(str(path), 1, 1), "", what))
        return None
    if not path.is_file():
        told.append(mistake("L103", Place(str(path), 1, 1), "", "this is not a file"))
        return None
    return path


def rows(
    path: Path, needed: Sequence[str], allowed: Sequence[str], told: list[Mistake]
) -> Iterator[tuple[Place, dict[str, str]]]:
    """The rows of a CSV file with their places; what is wrong is added to ``told``.

    Args:
        needed: columns that must be there.
        allowed: columns that may be there besides; they are '' in rows of a file without them.
    """
    start = Place(str(path), 1, 1)
    text = _text(path, told)
    if text is None:
        return
    lines = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [cell.strip() for cell in next(lines, [])]
        for name in needed:
            if name not in header:
                told.append(mistake("L104", start, name, f"the column `{name}` is missing"))
        known = [*needed, *allowed]
        for index, name in enumerate(header):
            if name not in known:
                remedy = suggest(name, known) or f"the columns are {', '.join(known)}"
                told.append(mistake("L104", start, name, f"unknown column {quote(name)}", remedy))
            elif name in header[:index]:
                told.append(mistake("L104", start, name, f"the column `{name}` stands twice"))
        if not set(needed) <= set(header):
            return
        empty = dict.fromkeys(known, "")
        for count, cells in enumerate(lines):
            place = Place(str(path), lines.line_num - sum(c.count("\n") for c in cells), 1)
            if count >= MAX_ROWS:
                what = f"more than {MAX_ROWS:,} rows"
                told.append(mistake("L103", place, "", what, "split the ledger"))
                return
            if not cells:
                continue
            if len(cells) != len(header):
                what = f"{len(cells)} cells, but the header has {len(header)}"
                remedy = "put cells that contain commas in double quotes"
                told.append(mistake("L103", place, "", what, remedy))
                continue
            long = next((n for n, c in zip(header, cells, strict=True) if len(c) > MAX_FIELD), None)
            if long is not None:
                what = f"a cell of more than {MAX_FIELD:,} characters"
                told.append(mistake("L103", place, long, what, "shorten it"))
                continue
            yield (
                place,
                empty | {n: c.strip() for n, c in zip(header, cells, strict=True) if n in known},
            )
    except csv.Error as error:
        place = Place(str(path), lines.line_num, 1)
        remedy = "close every double quote, and double those inside a cell"
        told.append(mistake("L103", place, "", f"the table cannot be read: {error}", remedy))


def plain_number(text: str) -> float | None:
    """A finite number written plainly, or None."""
    if len(text) > 40 or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _text(path: Path, told: list[Mistake]) -> str | None:
    """The text of a file, or None (which is told)."""
    start = Place(str(path), 1, 1)
    size = path.stat().st_size
    if size > MAX_BYTES:
        what = f"the file has {size:,} bytes; the limit is {MAX_BYTES:,}"
        told.append(mistake("L103", start, "", what, "split the ledger"))
        return None
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(str(path), data.count(b"\n", 0, error.start) + 1, 1)
        what = f"byte {data[error.start]:#04x} is not UTF-8 text"
        told.append(mistake("L103", place, "", what, "save the file as UTF-8"))
        return None
    control = _CONTROL.search(text)
    if control:
        place = Place(str(path), text.count("\n", 0, control.start()) + 1, 1)
        what = f"the character U+{ord(control.group()):04X} may not stand in a ledger"
        told.append(mistake("L103", place, "", what, "delete it"))
        return None
    return text
