"""The data of an estimate: a CSV file of what was observed, read column by column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, ModelError, mistake, quote, suggest
from reassure.study.strategic.statistical_game import StatisticalGame

MAX_BYTES = 200 << 20
MAX_TOLD = 20
"""Mistakes of one file after which reading stops."""


@dataclass(frozen=True, slots=True)
class Observations:
    """What was observed.

    Attributes:
        outcomes: for each row the index of its outcome in ``StatisticalGame.outcomes``.
        columns: each column that payoffs read, [rows].
        file: where they come from.
    """

    outcomes: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]
    file: str

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.outcomes)


def read_observations(path: str | Path, game: StatisticalGame) -> Observations:
    """Read the columns that ``game`` needs.

    Raises:
        ModelError: a column is missing, a cell is no number, an outcome is unknown or never observed.
    """
    file = str(path)
    rows = _rows(file)
    header = next(rows, None)
    if header is None:
        what, remedy = "the table is empty", "the first line names the columns"
        raise ModelError([mistake("G201", Place(file, 1, 1), "", what, remedy)])
    names = [name.strip() for name in header[1]]
    mistakes: list[Mistake] = []
    wanted = (game.observed, *game.columns)
    for name in wanted:
        if names.count(name) != 1:
            place = Place(file, 1, 1)
            said = "there is no column" if name not in names else "there are several columns"
            mistakes.append(
                mistake("G201", place, name, f"{said} {quote(name)}", suggest(name, names))
            )
    if mistakes:
        raise ModelError(mistakes)
    at = [names.index(name) for name in wanted]
    index = {name: number for number, name in enumerate(game.outcomes)}
    outcomes: list[int] = []
    columns: list[list[float]] = [[] for _ in game.columns]
    for line, cells in rows:
        if len(mistakes) >= MAX_TOLD:
            break
        if len(cells) != len(names):
            what = f"{len(cells)} cells in a table of {len(names)} columns"
            mistakes.append(mistake("G202", Place(file, line, 1), "", what, "complete the line"))
            continue
        observed = cells[at[0]].strip()
        if observed not in index:
            known = ", ".join(game.outcomes)
            place = Place(file, line, at[0] + 1)
            what = f"{quote(observed)} is none of the outcomes {known}"
            mistakes.append(mistake("G203", place, game.observed, what, suggest(observed, index)))
            continue
        outcomes.append(index[observed])
        for column, values, cell in zip(game.columns, columns, at[1:], strict=True):
            value = _number(cells[cell])
            if value is None:
                place = Place(file, line, cell + 1)
                what = f"{quote(cells[cell])} is not a finite number"
                mistakes.append(mistake("G202", place, column, what))
            values.append(value or 0.0)
    if not mistakes:
        seen = set(outcomes)
        for name, number in index.items():
            if number not in seen:
                place = Place(file, 1, at[0] + 1)
                what = f"the outcome {quote(name)} is never observed"
                remedy = (
                    "its payoffs cannot be estimated: give more data, or leave it out of the game"
                )
                mistakes.append(mistake("G203", place, game.observed, what, remedy))
    if mistakes:
        raise ModelError(mistakes)
    return Observations(
        np.array(outcomes, dtype=np.int64),
        {name: np.array(values) for name, values in zip(game.columns, columns, strict=True)},
        file,
    )


def _rows(file: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each line that is not empty."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        what = f"this file cannot be read: {error.strerror or error}"
        raise ModelError(
            [mistake("E106", Place(file, 1, 1), "", what, "give a CSV file")]
        ) from None
    if len(data) > MAX_BYTES:
        what = f"the file has {len(data):,} bytes; the limit is {MAX_BYTES:,}"
        raise ModelError([mistake("G107", Place(file, 1, 1), "", what, "use fewer rows")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ModelError([mistake("E107", Place(file, line, 1), "", "not UTF-8 text")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        place = Place(file, reader.line_num + 1, 1)
        raise ModelError([mistake("G202", place, "", f"not CSV: {error}")]) from None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None
