"""Forecasts held against what came: proper scores, calibration, baselines, and comparisons that do not oversell.

Scores (:func:`crps`, :func:`log_score`, :func:`brier`) are losses: less is better. Log predictive densities
(``elpd``) are not: more is better.
"""

from reassure.history.scores.baselines import (
    Past,
    climatology,
    constant_hazard,
    discounted_count,
    local_level,
    persistence,
)
from reassure.history.scores.calibration import (
    LEVELS,
    Calibration,
    calibration,
    coverage,
    pit_ends,
    pit_histogram,
    randomised_pit,
)
from reassure.history.scores.comparison import Comparison, Row, compare, error_of_sum
from reassure.history.scores.crps import brier, crps
from reassure.history.scores.forecast import Forecast
from reassure.history.scores.leave_future_out import Fitted, LeaveFutureOut, leave_future_out
from reassure.history.scores.log_score import log_score
from reassure.history.scores.paired import (
    BETTER,
    NO_BETTER,
    UNTOLD,
    WORSE,
    Paired,
    compare_scores,
)
from reassure.history.scores.psis import Weights, khat_limit, smooth
from reassure.history.scores.stacking import ModelWeights, model_weights

__all__ = [
    "BETTER",
    "LEVELS",
    "NO_BETTER",
    "UNTOLD",
    "WORSE",
    "Calibration",
    "Comparison",
    "Fitted",
    "Forecast",
    "LeaveFutureOut",
    "ModelWeights",
    "Paired",
    "Past",
    "Row",
    "Weights",
    "brier",
    "calibration",
    "climatology",
    "compare",
    "compare_scores",
    "constant_hazard",
    "coverage",
    "crps",
    "discounted_count",
    "error_of_sum",
    "khat_limit",
    "leave_future_out",
    "local_level",
    "log_score",
    "model_weights",
    "persistence",
    "pit_ends",
    "pit_histogram",
    "randomised_pit",
    "smooth",
]
