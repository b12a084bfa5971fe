"""What comes back from an engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reassure.engine.ensemble import Ensemble

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class NonFinite:
    """Outcomes that came out infinite or undefined: how many, and the address of the first."""

    outcome: str
    arm: int
    count: int
    scenario: int
    replication: int

    def __str__(self) -> str:
        many = "1 future" if self.count == 1 else f"{self.count} futures"
        return (
            f"outcome {self.outcome} is not a finite number in {many}, first in"
            f" scenario {self.scenario}, replication {self.replication}"
        )


def nonfinite(
    values: Array, names: Sequence[str], ensemble: Ensemble, first: int
) -> tuple[NonFinite, ...]:
    """What is not a finite number among ``values[arm, future, outcome]``, the ``first`` future on."""
    wrong = ~np.isfinite(values)
    found = []
    for arm, outcome in np.argwhere(wrong.any(axis=1)):
        where = np.flatnonzero(wrong[arm, :, outcome])
        scenario, replication = ensemble.addresses(first + int(where[0]), 1)
        address = int(scenario[0]), int(replication[0])
        found.append(NonFinite(names[outcome], int(arm), len(where), *address))
    return tuple(found)


@dataclass(frozen=True)
class Solves:
    """How often a game was solved, all its views at one moment of one future counting as one, and in
    how many of these some view's solve was flagged."""

    solves: int = 0
    flagged: int = 0

    def __add__(self, other: Solves) -> Solves:
        return Solves(self.solves + other.solves, self.flagged + other.flagged)


def total(parts: Iterable[Mapping[str, Solves]]) -> dict[str, Solves]:
    """Counts of several runs together, game by game."""
    found: dict[str, Solves] = {}
    for part in parts:
        for game, count in part.items():
            found[game] = found.get(game, Solves()) + count
    return found


@dataclass(frozen=True)
class Batch:
    """Outcomes of some neighbouring futures.

    Attributes:
        first: position of the first of them in the ensemble.
        values: ``[arm, future, outcome]``, in the outcomes' units, float64.
        nonfinite: what among them is not a finite number.
        solves: of each game, under all arms together.
    """

    first: int
    values: Array
    nonfinite: tuple[NonFinite, ...] = ()
    solves: Mapping[str, Solves] = field(default_factory=dict)


@dataclass(frozen=True)
class Replay:
    """One future in full.

    Attributes:
        outcomes: each outcome, equal to the last bit to what a run of any ensemble says.
        paths: every named quantity at steps ``0 .. steps``, internal units.
    """

    outcomes: dict[str, float]
    paths: dict[str, Array]


class Interrupted(KeyboardInterrupt):
    """A run was stopped from the keyboard. ``outcomes`` has the scenarios that were done under
    every arm, ``[arm, scenario, replication, outcome]``."""

    def __init__(self, outcomes: Array) -> None:
        super().__init__(f"stopped after {outcomes.shape[1]} scenarios")
        self.outcomes = outcomes
