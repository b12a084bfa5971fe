"""Which futures are run: scenarios times replications, and where each stands in a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Ensemble:
    """Scenarios ``first_scenario ..`` with replications ``first_replication ..`` each.

    A future has the address (seed, design, scenario, replication); it is the same future in every
    ensemble that has it.

    Attributes:
        scenarios, replications: how many; together they make ``futures``.
        seed, design: the rest of the address.
        first_scenario, first_replication: where the indices start.
    """

    scenarios: int
    replications: int
    seed: int = 1
    design: str = "sobol"
    first_scenario: int = 0
    first_replication: int = 0

    @property
    def futures(self) -> int:
        return self.scenarios * self.replications

    def addresses(self, first: int, count: int) -> tuple[Array, Array]:
        """Scenarios and replications of the futures ``first .. first + count - 1``, scenario by
        scenario."""
        index = np.arange(first, first + count, dtype=np.int64)
        return (
            self.first_scenario + index // self.replications,
            self.first_replication + index % self.replications,
        )


class Parameters(Protocol):
    """A design: rows of parameters by scenario."""

    def parameters(self, first: int, count: int) -> Array:
        """Parameters of scenarios ``first .. first + count - 1``, ``[count, P]``, internal
        units."""


def parameter_rows(given: Parameters | Array, ensemble: Ensemble, scenarios: Array) -> Array:
    """The rows of a batch's scenarios, which rise without gaps, ``[len(scenarios), P]``.

    Args:
        given: a design, or an array whose row 0 is that of ``ensemble.first_scenario``.
    """
    low, high = int(scenarios[0]), int(scenarios[-1])
    if isinstance(given, np.ndarray):
        rows = given[low - ensemble.first_scenario : high - ensemble.first_scenario + 1]
    else:
        rows = given.parameters(low, high - low + 1)
    found: Array = np.asarray(rows, dtype=np.float64)[scenarios - low]
    return found
