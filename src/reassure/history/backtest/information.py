"""How sharply a datum tells of its predictor: Fisher's expected information of each likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import polygamma

from reassure.history.fit.families import EDGE, LEAST_MEAN

Array = Any
Arguments = Mapping[str, tuple[Array, ...]]


def information(family: str, predictor: Array, arguments: Arguments) -> Array:
    """Expected squared slope of the log density by the predictor, of the predictor's shape.

    Args:
        family: of :data:`reassure.history.fit.families.FAMILIES`.
        predictor: what the model expects.
        arguments: those of the family.
    """
    return _INFORMATION[family](np.asarray(predictor, dtype=float), arguments)


def _mean(h: Array) -> Array:
    return np.maximum(h, LEAST_MEAN)


def _share(h: Array) -> Array:
    return np.clip(h, EDGE, 1 - EDGE)


def _beta(h: Array, given: Arguments) -> Array:
    p, n = _share(h), given["precision"][0]
    return n**2 * (polygamma(1, p * n) + polygamma(1, (1 - p) * n))


def _ordinal(h: Array, given: Arguments) -> Array:
    (spread,) = given["spread"]
    upto = [1 / (1 + np.exp(-(cut - h) / spread)) for cut in given["cuts"]]
    levels = [0.0 * h, *upto, 1.0 + 0.0 * h]
    slopes = [-p * (1 - p) / spread for p in levels]
    found = 0.0 * h
    for i in range(len(levels) - 1):
        chance = np.maximum(levels[i + 1] - levels[i], 1e-12)
        found = found + (slopes[i + 1] - slopes[i]) ** 2 / chance
    return found


def _hazard(h: Array, _: Arguments) -> Array:
    mean = _mean(h)
    return np.exp(-mean) / -np.expm1(-mean)


_INFORMATION: dict[str, Callable[[Array, Arguments], Array]] = {
    "poisson": lambda h, _: 1 / _mean(h),
    "negative_binomial": lambda h, a: 1 / (_mean(h) + a["dispersion"][0] * _mean(h) ** 2),
    "normal": lambda h, a: 1 / a["sd"][0] ** 2 + 0 * h,
    "lognormal": lambda h, a: 1 / (_mean(h) * a["sigma"][0]) ** 2,
    "student": lambda h, a: (a["df"][0] + 1) / (a["df"][0] + 3) / a["scale"][0] ** 2 + 0 * h,
    "logit_normal": lambda h, a: 1 / (a["sd"][0] * _share(h) * (1 - _share(h))) ** 2,
    "beta": _beta,
    "ordinal": _ordinal,
    "bernoulli": lambda h, _: 1 / (_share(h) * (1 - _share(h))),
    "hazard": _hazard,
}
