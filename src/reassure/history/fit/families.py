"""Densities of what is observed, given what the model expects of it.

Written once for NumPy and for JAX: ``xp`` is one of the two, and everything broadcasts. Values
outside a family's support have density 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special

Array = Any

LEAST_MEAN = 1e-10
EDGE = 1e-6
"""Proportions keep so far from 0 and 1, means of counts and medians above :data:`LEAST_MEAN`: the
predictor is what a model says, and may touch the edge."""

LOG_TWO_PI = float(np.log(2 * np.pi))


def log_density(
    family: str, value: Array, predictor: Array, arguments: Mapping[str, tuple[Array, ...]], xp: Any
) -> Array:
    """Log density (of counts and ranks: log probability) of ``value``.

    Args:
        family: of :data:`FAMILIES`.
        value: what is observed; whole numbers for counts, ranks and yes or no.
        predictor: what the model expects, see :mod:`reassure.model.checked_history`; for a
            ``hazard`` the expected number in the step.
        arguments: those of the family.
        xp: ``numpy`` or ``jax.numpy``.
    """
    return FAMILIES[family](value, predictor, arguments, xp)


def _gammaln(xp: Any) -> Callable[[Array], Array]:
    if xp is np:
        return special.gammaln  # type: ignore[no-any-return]
    from jax.scipy.special import gammaln

    return gammaln


def _positive(x: Array, xp: Any) -> Array:
    return xp.maximum(x, LEAST_MEAN)


def _share(x: Array, xp: Any) -> Array:
    return xp.clip(x, EDGE, 1 - EDGE)


def _logit(x: Array, xp: Any) -> Array:
    x = _share(x, xp)
    return xp.log(x) - xp.log1p(-x)


def _normal_of(x: Array, centre: Array, sd: Array, xp: Any) -> Array:
    z = (x - centre) / sd
    return -0.5 * (z * z + LOG_TWO_PI) - xp.log(sd)


def _poisson(y: Array, h: Array, _: Any, xp: Any) -> Array:
    mean = _positive(h, xp)
    return y * xp.log(mean) - mean - _gammaln(xp)(y + 1.0)


def _negative_binomial(y: Array, h: Array, given: Any, xp: Any) -> Array:
    gammaln, mean = _gammaln(xp), _positive(h, xp)
    size = 1.0 / _positive(given["dispersion"][0], xp)
    share = mean / (mean + size)
    ways = gammaln(y + size) - gammaln(size) - gammaln(y + 1.0)
    return ways + size * xp.log1p(-share) + y * xp.log(share)


def _normal(y: Array, h: Array, given: Any, xp: Any) -> Array:
    return _normal_of(y, h, given["sd"][0], xp)


def _lognormal(y: Array, h: Array, given: Any, xp: Any) -> Array:
    x = _positive(y, xp)
    return _normal_of(xp.log(x), xp.log(_positive(h, xp)), given["sigma"][0], xp) - xp.log(x)


def _student(y: Array, h: Array, given: Any, xp: Any) -> Array:
    gammaln, (scale,), (df,) = _gammaln(xp), given["scale"], given["df"]
    z = (y - h) / scale
    norm = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * xp.log(df * np.pi) - xp.log(scale)
    return norm - 0.5 * (df + 1) * xp.log1p(z * z / df)


def _logit_normal(y: Array, h: Array, given: Any, xp: Any) -> Array:
    x = _share(y, xp)
    return _normal_of(_logit(x, xp), _logit(h, xp), given["sd"][0], xp) - xp.log(x * (1 - x))


def _beta(y: Array, h: Array, given: Any, xp: Any) -> Array:
    gammaln, (precision,) = _gammaln(xp), given["precision"]
    x, mean = _share(y, xp), _share(h, xp)
    a, b = mean * precision, (1 - mean) * precision
    ways = gammaln(precision) - gammaln(a) - gammaln(b)
    return ways + (a - 1) * xp.log(x) + (b - 1) * xp.log1p(-x)


def _ordinal(y: Array, h: Array, given: Any, xp: Any) -> Array:
    cuts, (spread,) = given["cuts"], given["spread"]
    upto = [1.0 / (1.0 + xp.exp(-(cut - h) / spread)) for cut in cuts]
    below, found = 0.0 * h, 0.0 * h
    for i, level in enumerate([*upto, 1.0 + 0.0 * h]):
        found = xp.where(xp.round(y) == i, level - below, found)
        below = level
    return xp.log(xp.maximum(found, 1e-300))


def _bernoulli(y: Array, h: Array, _: Any, xp: Any) -> Array:
    p = xp.clip(h, LEAST_MEAN, 1 - LEAST_MEAN)
    return xp.where(y > 0.5, xp.log(p), xp.log1p(-p))


def _hazard(y: Array, h: Array, _: Any, xp: Any) -> Array:
    mean = _positive(h, xp)
    return xp.where(y > 0.5, xp.log(-xp.expm1(-mean)), -mean)


FAMILIES: dict[str, Callable[[Array, Array, Any, Any], Array]] = {
    "poisson": _poisson,
    "negative_binomial": _negative_binomial,
    "normal": _normal,
    "lognormal": _lognormal,
    "student": _student,
    "logit_normal": _logit_normal,
    "beta": _beta,
    "ordinal": _ordinal,
    "bernoulli": _bernoulli,
    "hazard": _hazard,
}
"""By name."""


def draw(
    family: str, predictor: Array, arguments: Mapping[str, tuple[Array, ...]], rng: Any
) -> Array:
    """Values that the family would give, one for each predictor."""
    h = np.asarray(predictor, dtype=float)

    def of(name: str) -> Array:
        return np.asarray(arguments[name][0], dtype=float)

    match family:
        case "poisson":
            return rng.poisson(_positive(h, np)).astype(float)
        case "negative_binomial":
            size = 1.0 / _positive(of("dispersion"), np)
            return rng.poisson(rng.gamma(size, _positive(h, np) / size, h.shape)).astype(float)
        case "normal":
            return h + of("sd") * rng.standard_normal(h.shape)
        case "lognormal":
            return _positive(h, np) * np.exp(of("sigma") * rng.standard_normal(h.shape))
        case "student":
            return h + of("scale") * rng.standard_t(of("df"), h.shape)
        case "logit_normal":
            return special.expit(_logit(h, np) + of("sd") * rng.standard_normal(h.shape))
        case "beta":
            mean, precision = _share(h, np), of("precision")
            return rng.beta(mean * precision, (1 - mean) * precision, h.shape)
        case "ordinal":
            noise = h + of("spread") * rng.logistic(size=h.shape)
            return np.sum([noise > cut for cut in arguments["cuts"]], axis=0).astype(float)
        case "bernoulli":
            return (rng.random(h.shape) < h).astype(float)
        case "hazard":
            return (rng.random(h.shape) < -np.expm1(-_positive(h, np))).astype(float)
    raise ValueError(f"there is no family {family}")
