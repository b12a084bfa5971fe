"""Families whose quantiles have no closed form: beta, PERT and gamma."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import numpy as np

from reassure.model.family import SQRT2PI, Array, Family, Numbers, special

_REACH = 6.5  # normal scores covered: u from 4e-11 to 1 - 4e-11; beyond, the special functions
_CELLS = 128  # per unit of normal score
_TOLERANCE = 2e-10  # of the table, relative to the scale of the distribution


class _Table:
    """A cubic Hermite table of a smooth monotone function of the normal score, with its error
    measured.

    ``exact(z)`` gives ``(y, dy/dz)``, where y is a coordinate in which the quantile function is
    smooth (log x, or the log-odds of x) and ``back`` turns y into x. Half-way between nodes, where
    a cubic is furthest off, the table is compared with the truth in x; if it is off by more than
    2e-10 of ``scale`` anywhere it is not used.
    """

    def __init__(
        self,
        exact: Callable[[Array], tuple[Array, Array]],
        back: Callable[[Array], Array],
        scale: float,
    ) -> None:
        count = int(2 * _REACH * _CELLS) + 1
        nodes = np.linspace(-_REACH, _REACH, count)
        self.value, slope = exact(nodes)
        self.slope = slope / _CELLS
        middle = 0.5 * (nodes[1:] + nodes[:-1])
        truth = back(exact(middle)[0])
        self.error = float(np.max(np.abs(back(self(middle)) - truth))) / scale
        self.usable = bool(self.error < _TOLERANCE)  # False also when the error is not a number

    def __call__(self, z: Array) -> Array:
        place = (z + _REACH) * _CELLS
        cell = np.clip(place.astype(np.int64), 0, len(self.value) - 2)
        t = place - cell
        y0, y1 = self.value[cell], self.value[cell + 1]
        d0, d1 = self.slope[cell], self.slope[cell + 1]
        rise = y1 - y0
        return np.asarray(y0 + t * (d0 + t * ((3 * rise - 2 * d0 - d1) + t * (d0 + d1 - 2 * rise))))


class _Tabled(Family):
    """A family whose quantiles have no closed form; they are tabulated, once a prior.

    The exact inverse costs a microsecond a draw, the table twenty times less. Which of the two is
    used depends on the parameters alone, so that one draw and a million give the same numbers.
    """

    @abstractmethod
    def _exact(self, z: Array, p: Numbers) -> Array:
        """The quantile at normal score ``z``, from special functions."""

    @abstractmethod
    def _coordinate(self, z: Array, p: Numbers) -> tuple[Array, Array]:
        """The smooth coordinate at normal score ``z`` and its slope."""

    @abstractmethod
    def _back(self, y: Array, p: Numbers) -> Array:
        """The value at coordinate ``y``."""

    @abstractmethod
    def _scale(self, p: Numbers) -> float: ...

    def _at(self, z: Array, p: Numbers) -> Array:
        table = _table(self, p)
        with np.errstate(all="ignore"):  # z is infinite at u of 0 and 1
            if not table.usable:
                return self._exact(z, p)
            x = self._back(table(np.clip(z, -_REACH, _REACH)), p)
            far = np.abs(z) > _REACH
            if far.any():
                x[far] = self._exact(z[far], p)
            return x

    def ppf(self, u: Array, p: Numbers) -> Array:
        return self._at(np.asarray(special().ndtri(u)), p)

    def isf(self, u: Array, p: Numbers) -> Array:
        return self._at(np.asarray(-special().ndtri(u)), p)


@lru_cache(maxsize=4096)
def _table(family: _Tabled, p: Numbers) -> _Table:
    with np.errstate(all="ignore"):
        return _Table(
            lambda z: family._coordinate(z, p), lambda y: family._back(y, p), family._scale(p)
        )


class Beta(_Tabled):
    name = "beta"
    forms = (("alpha", "beta"), ("mean", "concentration"))
    about = "a share between 0 and 1; concentration is alpha + beta"
    example = "{beta: {p05: 0.2, p95: 0.6}}"

    def natural(self, form: tuple[str, ...], values: Numbers) -> Numbers:
        if form[0] == "alpha":
            return values
        mean, concentration = values
        if not 0 < mean < 1:
            raise ValueError(f"mean is {mean:g} and must lie between 0 and 1")
        return (mean * concentration, (1 - mean) * concentration)

    def mistake(self, p: Numbers) -> str:
        if all(0.01 <= v <= 1e5 for v in p):
            return ""
        return f"alpha is {p[0]:g} and beta {p[1]:g}; both must lie between 0.01 and 1e5"

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        """Two quantiles have one beta (Shih 2015, Statistics & Probability Letters 105): for each
        concentration the mean that meets the first is found, and the concentration moved until the
        second fits. Both searches are of monotone functions."""
        if not 0 < values[0] < values[1] < 1:
            outside = next(v for v in values if not 0 < v < 1)
            raise ValueError(f"a beta lies between 0 and 1, and a quantile is {outside:g}")
        sp = special()

        def shape(log_n: float) -> Numbers:
            n = math.exp(log_n)

            def miss(logit: float) -> float:
                a, b = n * float(sp.expit(logit)), n * float(sp.expit(-logit))
                return levels[0] - float(sp.betainc(a, b, values[0]))

            logit = _root(miss, -40.0, 40.0)
            return (n * float(sp.expit(logit)), n * float(sp.expit(-logit)))

        def miss(log_n: float) -> float:
            return float(sp.betainc(*shape(log_n), values[1])) - levels[1]

        return shape(_root(miss, math.log(2e-3), math.log(3e5)))

    def support(self, p: Numbers) -> tuple[float, float]:
        return (0.0, 1.0)

    def cdf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().betainc(p[0], p[1], np.clip(x, 0.0, 1.0)))

    def sf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().betaincc(p[0], p[1], np.clip(x, 0.0, 1.0)))

    def _exact(self, z: Array, p: Numbers) -> Array:
        return self._back(self._coordinate(z, p)[0], p)

    def _coordinate(self, z: Array, p: Numbers) -> tuple[Array, Array]:
        """The log-odds of the quantile. Each side is solved from its own tail, and polished by a
        Newton step in the logarithm: the library's inverse is off by up to 1e-8 for small
        probabilities."""
        sp = special()
        upper = z > 0
        a, b = np.where(upper, p[1], p[0]), np.where(upper, p[0], p[1])
        q = sp.ndtr(-np.abs(z))
        x = np.clip(sp.betaincinv(a, b, q), 1e-300, 1 - 1e-16)
        logx, logr = np.log(x), np.log1p(-x)
        y = logx - logr
        density = np.exp(a * logx + b * logr - sp.betaln(a, b))  # of y
        inner = (x > 1e-290) & (x < 1 - 1e-15) & (density > 0)
        safe = np.where(inner, density, 1.0)
        found = sp.betainc(a, b, x)
        step = np.where(inner, (np.log(q) - np.log(np.maximum(found, 1e-300))) * found / safe, 0.0)
        y = y + np.where(np.abs(step) < 1e-3, step, 0.0)
        slope = np.where(inner, np.exp(-0.5 * z * z) / SQRT2PI / safe, 0.0)
        return np.where(upper, -y, y), slope

    def _back(self, y: Array, p: Numbers) -> Array:
        return np.asarray(special().expit(y))

    def _scale(self, p: Numbers) -> float:
        return 1.0

    def pdf(self, x: Array, p: Numbers) -> Array:
        sp = special()
        inside = (x >= 0) & (x <= 1)
        safe = np.where(inside, x, 0.5)
        with np.errstate(divide="ignore"):
            log = sp.xlogy(p[0] - 1, safe) + sp.xlog1py(p[1] - 1, -safe)
            return np.where(inside, np.exp(log - sp.betaln(p[0], p[1])), 0.0)

    def mean(self, p: Numbers) -> float:
        return p[0] / (p[0] + p[1])


class Pert(_Tabled):
    """A beta stretched over [low, high] with mean (low + weight * mode + high) / (weight + 2)
    (Malcolm et al. 1959, Operations Research 7(5); the weight after Vose 2008)."""

    name = "pert"
    forms = (("low", "mode", "high", "weight"),)
    optional: ClassVar[dict[str, float]] = {"weight": 4.0}
    quantiles = 0
    about = (
        "a smooth hump from low over mode to high; a larger weight (4 unless said) is more peaked"
    )
    example = "{pert: {low: 1, mode: 3, high: 10}}"

    def mistake(self, p: Numbers) -> str:
        if not 0 < p[3] <= 1e5:
            return f"weight is {p[3]:g} and must be above 0 and at most 1e5"
        return self.low_mode_high(p)

    def _beta(self, p: Numbers) -> Numbers:
        low, mode, high, weight = p
        share = (mode - low) / (high - low)
        return (1 + weight * share, 1 + weight * (1 - share))

    def _unit(self, x: Array, p: Numbers) -> Array:
        return np.asarray((x - p[0]) / (p[2] - p[0]))

    def support(self, p: Numbers) -> tuple[float, float]:
        return (p[0], p[2])

    def cdf(self, x: Array, p: Numbers) -> Array:
        return Beta().cdf(self._unit(x, p), self._beta(p))

    def sf(self, x: Array, p: Numbers) -> Array:
        return Beta().sf(self._unit(x, p), self._beta(p))

    def _exact(self, z: Array, p: Numbers) -> Array:
        return p[0] + (p[2] - p[0]) * Beta()._exact(z, self._beta(p))

    def _coordinate(self, z: Array, p: Numbers) -> tuple[Array, Array]:
        return Beta()._coordinate(z, self._beta(p))

    def _back(self, y: Array, p: Numbers) -> Array:
        return np.asarray(p[0] + (p[2] - p[0]) * special().expit(y))

    def _scale(self, p: Numbers) -> float:
        return p[2] - p[0]

    def pdf(self, x: Array, p: Numbers) -> Array:
        return Beta().pdf(self._unit(x, p), self._beta(p)) / (p[2] - p[0])

    def mean(self, p: Numbers) -> float:
        return (p[0] + p[3] * p[1] + p[2]) / (p[3] + 2)


class Gamma(_Tabled):
    name = "gamma"
    forms = (("shape", "scale"), ("mean", "sd"))
    about = "above 0, skewed to the right, with a lighter tail than the lognormal"
    example = "{gamma: {mean: 2, sd: 1}}"

    def natural(self, form: tuple[str, ...], values: Numbers) -> Numbers:
        if form[0] == "shape":
            return values
        mean, sd = values
        if mean <= 0 or sd <= 0:
            raise ValueError(f"mean is {mean:g} and sd {sd:g}; both must be above 0")
        return ((mean / sd) ** 2, sd * sd / mean)

    def mistake(self, p: Numbers) -> str:
        if not 0.01 <= p[0] <= 1e5:
            return f"shape is {p[0]:g} and must lie between 0.01 and 1e5"
        return "" if p[1] > 0 else f"scale is {p[1]:g} and must be above 0"

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        """The ratio of two quantiles depends on the shape alone and falls with it."""
        if values[0] <= 0:
            raise ValueError(f"a gamma lies above 0, and a quantile is {values[0]:g}")
        sp = special()
        goal = math.log(values[1] / values[0])

        def miss(log_k: float) -> float:
            q = sp.gammaincinv(math.exp(log_k), np.array(levels))
            return goal - math.log(float(q[1]) / max(float(q[0]), 1e-300))

        shape = math.exp(_root(miss, math.log(0.01), math.log(1e5)))
        return (shape, values[1] / float(sp.gammaincinv(shape, levels[1])))

    def support(self, p: Numbers) -> tuple[float, float]:
        return (0.0, math.inf)

    def cdf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().gammainc(p[0], np.maximum(x, 0.0) / p[1]))

    def sf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().gammaincc(p[0], np.maximum(x, 0.0) / p[1]))

    def _exact(self, z: Array, p: Numbers) -> Array:
        sp = special()
        lower = sp.gammaincinv(p[0], sp.ndtr(z))
        upper = sp.gammainccinv(p[0], sp.ndtr(-z))
        return np.asarray(p[1] * np.where(z < 0, lower, upper))

    def _coordinate(self, z: Array, p: Numbers) -> tuple[Array, Array]:
        x = np.maximum(self._exact(z, (p[0], 1.0)), 1e-300)
        log = np.log(x)
        slope = np.exp(-0.5 * z * z + special().gammaln(p[0]) - p[0] * log + x) / SQRT2PI
        return log, np.where(x > 1e-290, slope, 0.0)

    def _back(self, y: Array, p: Numbers) -> Array:
        return np.asarray(p[1] * np.exp(y))

    def _scale(self, p: Numbers) -> float:
        return p[1] * float(special().gammaincinv(p[0], 0.999))

    def pdf(self, x: Array, p: Numbers) -> Array:
        sp = special()
        inside = x >= 0
        safe = np.where(inside, x, 1.0) / p[1]
        with np.errstate(divide="ignore"):
            log = sp.xlogy(p[0] - 1, safe) - safe - sp.gammaln(p[0])
            return np.where(inside, np.exp(log) / p[1], 0.0)

    def mean(self, p: Numbers) -> float:
        return p[0] * p[1]


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The zero of a rising function. Raises ValueError when it is not between ``low`` and
    ``high``."""
    from scipy.optimize import brentq

    if not function(low) <= 0 <= function(high):
        raise ValueError("no parameters have these quantiles: they are too close or too far apart")
    return float(brentq(function, low, high, xtol=1e-13, rtol=1e-14, maxiter=500))
