"""Pieces of a fit on disk, so that one that is cut off can go on.

A piece is one file, written whole or not at all: the draws from one transition to another of a few
chains that run side by side, and their state at its end.
"""

from __future__ import annotations

import os
import re
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from reassure.history.fit.chains import Leaves, Piece

_NAME = re.compile(r"group(\d+)-(\d+)-(\d+)\.npz")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old one is there or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(beside, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def packed(arrays: dict[str, Any]) -> bytes:
    """Named arrays as the bytes of an ``.npz`` file."""
    buffer = BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


class Pieces:
    """The pieces of one group of chains.

    Args:
        folder: where they are; None keeps them in memory.
        group: its number.
    """

    def __init__(self, folder: Path | None, group: int) -> None:
        self.folder, self.group = folder, group
        self.done = 0
        self.state: Leaves | None = None
        self._kept: list[tuple[int, Piece]] = []
        if folder is not None and folder.is_dir():
            self._read(folder)

    def _read(self, folder: Path) -> None:
        """Take up what is there, as far as it is without a gap."""
        there: dict[int, tuple[int, Path]] = {}
        for path in folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match and int(match[1]) == self.group:
                first, last = int(match[2]), int(match[3])
                there[first] = max(there.get(first, (0, path)), (last, path))
        while self.done in there:
            last, path = there[self.done]
            with np.load(path) as file:
                piece = Piece(*(file[item.name] for item in fields(Piece)))
                count = sum(name.startswith("state") for name in file.files)
                self.state = tuple(file[f"state{i}"] for i in range(count))
            self._kept.append((self.done, piece))
            self.done = last

    def add(self, piece: Piece, state: Leaves) -> None:
        """Keep a piece, which begins where the last ended."""
        first, self.done = self.done, self.done + len(piece.scores)
        self.state = state
        self._kept.append((first, piece))
        if self.folder is not None:
            arrays = {item.name: getattr(piece, item.name) for item in fields(Piece)}
            arrays |= {f"state{i}": leaf for i, leaf in enumerate(state)}
            name = f"group{self.group}-{first:06d}-{self.done:06d}.npz"
            write_whole(self.folder / name, packed(arrays))

    def between(self, first: int, last: int) -> Piece:
        """Transitions ``first`` to ``last - 1`` as one piece."""
        parts = []
        for begins, piece in self._kept:
            low, high = max(first - begins, 0), min(last - begins, len(piece.scores))
            if low < high:
                parts.append([getattr(piece, item.name)[low:high] for item in fields(Piece)])
        return Piece(*(np.concatenate(rows) for rows in zip(*parts, strict=True)))
