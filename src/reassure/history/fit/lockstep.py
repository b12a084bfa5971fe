"""Searches side by side that ask one program for slopes: each waits until all have asked.

A program that works out slopes at many places costs little more than one for a single place, and a search
for a mode asks for one place at a time. So searches of several posteriors run in threads of their own,
and what they ask for is worked out together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Slopes = Callable[[Array], tuple[Array, Array]]
"""Values ``[places]`` and their slopes ``[places, D]`` at ``[places, D]``."""

Found = TypeVar("Found")


def side_by_side(
    slopes: Slopes, count: int, size: int, search: Callable[[Slopes], Found]
) -> list[Found]:
    """What ``search`` finds of each of ``count`` functions.

    Args:
        slopes: of all of them, each at a place of its own: ``[count, D]``.
        size: D.
        search: given the slopes of one function, at any number of places.
    """
    step = _Step(slopes, count, size)

    def one(number: int) -> Found:
        try:
            return search(lambda places: step.at(number, places))
        finally:
            step.leave()

    with ThreadPoolExecutor(count) as workers:
        return list(workers.map(one, range(count)))


class _Step:
    """The places that are asked for, and what was found at the last ones."""

    def __init__(self, slopes: Slopes, count: int, size: int) -> None:
        self.slopes, self.running, self.asked, self.turn = slopes, count, 0, 0
        self.places = np.zeros((count, size))
        self.found: tuple[Array, Array] | None = None
        self.changed = threading.Condition()

    def at(self, number: int, places: Array) -> tuple[Array, Array]:
        rows = [self._one(number, place) for place in places]
        return np.array([value for value, _ in rows]), np.array([slope for _, slope in rows])

    def leave(self) -> None:
        """One search less to wait for."""
        with self.changed:
            self.running -= 1
            self._work_off()

    def _one(self, number: int, place: Array) -> tuple[float, Array]:
        with self.changed:
            self.places[number] = place
            self.asked += 1
            turn = self.turn
            self._work_off()
            self.changed.wait_for(lambda: self.turn != turn)
            if self.found is None:
                raise RuntimeError("slopes could not be worked out for a search beside this one")
            values, slopes = self.found
            return float(values[number]), slopes[number].copy()

    def _work_off(self) -> None:
        if not self.asked or self.asked < self.running:
            return
        self.asked, self.found = 0, None
        try:
            self.found = self.slopes(self.places)
        finally:
            self.turn += 1
            self.changed.notify_all()
