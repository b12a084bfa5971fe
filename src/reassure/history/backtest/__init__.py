"""Backtests: what a model would have forecast from days in the past, scored against what came.

Nothing after an origin enters a forecast: the model is read as it could have been known
(``known_by``), the ledger is cut at the origin, and what is asked of the future is kept apart from
the answers.
"""

from reassure.history.backtest.forecasting import AS_IT_WAS
from reassure.history.backtest.origins import Origin, origins_of
from reassure.history.backtest.result import Backtest, Part, Standing
from reassure.history.backtest.running import DRAWS, Plan, run_backtest
from reassure.history.backtest.scoring import Row

__all__ = [
    "AS_IT_WAS",
    "DRAWS",
    "Backtest",
    "Origin",
    "Part",
    "Plan",
    "Row",
    "Standing",
    "origins_of",
    "run_backtest",
]
