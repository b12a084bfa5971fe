"""Searches that ask one program for slopes, side by side."""

from __future__ import annotations

import numpy as np
import pytest

from reassure.history.fit.lockstep import Slopes, side_by_side
from reassure.history.fit.whitening import whitening

CENTRES = np.array([[1.0, -2.0], [0.5, 3.0], [-4.0, 0.0]])
TIGHT = np.array([[1.0, 9.0], [4.0, 1.0], [25.0, 2.0]])


def bowls(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    away = places - CENTRES
    return 0.5 * (TIGHT * away**2).sum(axis=1), TIGHT * away


def counted(first: int, last: int) -> tuple[list[int], Slopes]:
    """Some of the bowls, and how many places were asked for at each call."""
    calls: list[int] = []

    def slopes(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(len(places))
        whole = np.zeros((3, 2))
        whole[first:last] = places
        value, slope = bowls(whole)
        return value[first:last], slope[first:last]

    return calls, slopes


def test_each_search_finds_what_is_its_own_with_fewer_calls_than_one_after_another() -> None:
    calls, slopes = counted(0, 3)
    found = side_by_side(slopes, 3, 2, lambda at: whitening(at, 2))
    apart = 0
    for i, (white, centre, tight) in enumerate(zip(found, CENTRES, TIGHT, strict=True)):
        assert white.centre == pytest.approx(centre, abs=1e-4)
        precision = np.linalg.inv(white.matrix @ white.matrix.T)
        assert precision == pytest.approx(np.diag(tight), abs=1e-4)
        own, one = counted(i, i + 1)
        [alone] = side_by_side(one, 1, 2, lambda at: whitening(at, 2))
        assert (alone.centre == white.centre).all()
        apart += len(own)
    assert set(calls) == {3}
    assert len(calls) < 0.6 * apart


def test_a_program_that_fails_ends_every_search() -> None:
    def slopes(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raise ValueError("no slopes")

    with pytest.raises((ValueError, RuntimeError)):
        side_by_side(slopes, 3, 2, lambda at: at(np.zeros((1, 2))))
