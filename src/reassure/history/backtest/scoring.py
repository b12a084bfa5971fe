"""Forecasts held against what came, as rows that can be kept and compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reassure.history.backtest.questions import BEFORE, Asked
from reassure.history.scores import Forecast, brier, crps, log_score, pit_ends

Array = np.ndarray[Any, Any]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of forecasts that are kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """One forecast of one value, and what came.

    Attributes:
        by: who forecast: a reading, or a baseline.
        origin: its label.
        target: the measurement.
        period: as the ledger names it.
        year: in which it ends: scores of one year are one piece of evidence.
        observed: in the model's units; of a date, years from the origin.
        quantiles: of the forecast, at :data:`LEVELS`.
        mean: of the forecast.
        crps, log: scores, less is better; the log score is in nats.
        brier: of the event "at least one" for counts, and of "within the horizon" for dates; None else.
        low, high: ends of the probability integral transform.
    """

    by: str
    origin: str
    target: str
    period: str
    year: int
    observed: float
    quantiles: tuple[float, ...]
    mean: float
    crps: float
    log: float
    brier: float | None
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """The row for other programs; an infinite log score is None."""
        found = asdict(self) | {"quantiles": list(self.quantiles)}
        return found | {"log": self.log if np.isfinite(self.log) else None}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Row:
        """The row that :meth:`as_json` wrote."""
        log = float("inf") if data["log"] is None else data["log"]
        return Row(**(data | {"quantiles": tuple(data["quantiles"]), "log": log}))


def rows_of(by: str, origin: str, asked: Asked, forecast: Forecast) -> list[Row]:
    """Score a forecast of a question, one row a period."""
    seen = asked.observed
    loss, log = crps(forecast, seen), log_score(forecast, seen)
    low, high = pit_ends(forecast, seen)
    shares = forecast.shares
    quantiles = np.quantile(
        forecast.draws, LEVELS, axis=0, method="inverted_cdf", weights=np.broadcast_to(
            shares[:, None], forecast.draws.shape)
    )  # fmt: skip
    mean = shares @ forecast.draws
    chance = _brier(asked, forecast)
    return [
        Row(
            by,
            origin,
            asked.question.name,
            period,
            asked.years[i],
            float(seen[i]),
            tuple(float(x) for x in quantiles[:, i]),
            float(mean[i]),
            float(loss[i]),
            float(log[i]),
            None if chance is None else float(chance[i]),
            float(low[i]),
            float(high[i]),
        )
        for i, period in enumerate(asked.question.periods)
    ]


def _brier(asked: Asked, forecast: Forecast) -> Array | None:
    if asked.question.dated:
        end = asked.horizon * (1 - BEFORE / 2)
        return brier(forecast, asked.observed, lambda wait: wait < end)
    if asked.question.measurement.likelihood.family in (
        "poisson",
        "negative_binomial",
        "bernoulli",
    ):
        return brier(forecast, asked.observed, lambda count: count >= 1)
    return None
