"""What a run adds up as it goes: summaries always, futures and paths where they are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Model
from reassure.study.quantities import quantities
from reassure.study.result import Row
from reassure.study.summary import EXACT, Moments, Quantiles

Array = NDArray[np.float64]

MOST_EXACT = 2**24
"""Scenario means kept for exact quantiles, over all policies and outcomes: 128 MiB."""


class Totals:
    """Accumulates blocks of scenarios of every policy.

    A block may come in several parts of its replications, in any order; :meth:`finish` closes it.
    What is not finished does not count.

    Args:
        names: the policies.
        keep: keep every future's outcomes.
        trajectories: names of the paths that will come.
    """

    def __init__(
        self,
        model: Model,
        names: Sequence[str],
        scenarios: int,
        replications: int,
        keep: bool,
        trajectories: Sequence[str],
    ) -> None:
        self.model = model
        self.names = tuple(names)
        self.replications = replications
        self.finished = 0
        policies, outcomes = len(self.names), len(model.outcomes)
        self.futures = policies * scenarios * replications
        exact = min(EXACT, MOST_EXACT // max(policies * outcomes, 1))
        self._means = [Moments() for _ in self.names]
        self._variances = [Moments() for _ in self.names]
        self._quantiles = [[Quantiles(exact) for _ in model.outcomes] for _ in self.names]
        self._inside = [Moments() for _ in self.names]
        self._array: Array | None = None
        if keep:
            self._array = np.empty((policies, scenarios, replications, outcomes))
        shape = (policies, scenarios, replications, model.time.steps + 1)
        known = quantities(model)
        self._factors = {name: known[name][0].factor for name in trajectories}
        self._paths = {name: np.empty(shape) for name in trajectories}

    def add(self, first: int, first_replication: int, values: Array) -> None:
        """Take in outcomes [policy, scenario, replication, outcome] of the block at ``first``."""
        for index, found in enumerate(values):
            self._inside[index].add(first_replication, np.moveaxis(found, 1, 0))
        if self._array is not None:
            last, last_replication = first + values.shape[1], first_replication + values.shape[2]
            self._array[:, first:last, first_replication:last_replication] = values

    def keep_paths(
        self, index: int, first: int, first_replication: int, paths: Mapping[str, Array]
    ) -> None:
        """Keep paths [scenario, replication, step], internal units, of policy number ``index``."""
        for name, path in paths.items():
            last, last_replication = first + path.shape[0], first_replication + path.shape[1]
            part = self._paths[name][index, first:last, first_replication:last_replication]
            part[...] = path / self._factors[name]

    def finish(self, first: int, count: int) -> None:
        """Close the block of ``count`` scenarios from ``first`` on: all its replications are in."""
        for index, inside in enumerate(self._inside):
            means, variances = inside.mean, inside.variance
            self._means[index].add(first, means)
            self._variances[index].add(first, variances)
            for i, quantiles in enumerate(self._quantiles[index]):
                quantiles.add(means[:, i])
        self._inside = [Moments() for _ in self.names]
        self.finished += count

    def rows(self) -> dict[str, tuple[Row, ...]]:
        """The summary of every policy."""
        return {name: self._rows(index) for index, name in enumerate(self.names)}

    def _rows(self, index: int) -> tuple[Row, ...]:
        mean, spread = self._means[index].mean, self._means[index].variance
        inside = self._variances[index].mean
        rows = []
        for i, outcome in enumerate(self.model.outcomes):
            p05, p50, p95 = self._quantiles[index][i].quantiles((0.05, 0.5, 0.95))
            error = float(inside[i]) / self.replications
            left_over = error / float(spread[i]) if spread[i] > 0 else 0.0 * error
            rows.append(
                Row(
                    outcome=outcome.name,
                    unit=outcome.unit.text,
                    mean=float(mean[i]),
                    p05=p05,
                    p50=p50,
                    p95=p95,
                    sd=math.sqrt(spread[i]),
                    chance=math.sqrt(inside[i]),
                    error=math.sqrt(error),
                    left_over=left_over,
                    grid=self._quantiles[index][i].error,
                )
            )
        return tuple(rows)

    def array(self) -> Array | None:
        """Every finished future's outcomes, [policy, scenario, replication, outcome], if kept."""
        return None if self._array is None else self._array[:, : self.finished]

    def paths(self) -> dict[str, Array]:
        """The finished paths, [policy, scenario, replication, step], in written units."""
        return {name: path[:, : self.finished] for name, path in self._paths.items()}
