"""Simple forecasts that a model has to beat. Each sees past values and nothing else."""

from reassure.history.scores.baselines.climatology import climatology
from reassure.history.scores.baselines.constant_hazard import constant_hazard
from reassure.history.scores.baselines.discounted_count import discounted_count
from reassure.history.scores.baselines.local_level import local_level
from reassure.history.scores.baselines.past import Past
from reassure.history.scores.baselines.persistence import persistence

__all__ = [
    "Past",
    "climatology",
    "constant_hazard",
    "discounted_count",
    "local_level",
    "persistence",
]
