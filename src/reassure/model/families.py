"""The families of distributions that a prior can belong to: one class each.

A family knows its natural parameters, how they follow from quantiles, and its distribution function
both ways. Everything takes and returns float64 arrays and is evaluated element by element, so that
a value does not depend on the array it was computed in.

To add a family: write its class here, add it to :data:`FAMILIES`, and add a case to
``tests/model/test_priors.py``. The table in the language reference is made from :data:`FAMILIES`.
"""

from __future__ import annotations

import math

import numpy as np

from reassure.model.family import SQRT2PI, Array, Family, Numbers, special
from reassure.model.tabled import Beta, Gamma, Pert

# -- families that are a transformed normal -------------------------------------------------------


class Normal(Family):
    name = "normal"
    forms = (("mean", "sd"),)
    about = "bell-shaped, any real number"
    example = "{normal: {mean: 0, sd: 1}}"

    def mistake(self, p: Numbers) -> str:
        return "" if p[1] > 0 else f"sd is {p[1]:g} and must be above 0"

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        z = special().ndtri(np.array(levels))
        sd = float((values[1] - values[0]) / (z[1] - z[0]))
        return (float(values[0] - sd * z[0]), sd)

    def support(self, p: Numbers) -> tuple[float, float]:
        return (-math.inf, math.inf)

    def cdf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().ndtr((x - p[0]) / p[1]))

    def sf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().ndtr((p[0] - x) / p[1]))

    def ppf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] + p[1] * special().ndtri(u))

    def isf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] - p[1] * special().ndtri(u))

    def pdf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(np.exp(-0.5 * ((x - p[0]) / p[1]) ** 2) / (p[1] * SQRT2PI))

    def mean(self, p: Numbers) -> float:
        return p[0]


class Lognormal(Family):
    """The exponential of a normal: log x has mean log(median) and standard deviation sigma."""

    name = "lognormal"
    forms = (("median", "sigma"),)
    about = "above 0, skewed to the right; sigma is the standard deviation of the logarithm"
    example = "{lognormal: {median: 3, p95: 8}}"

    def mistake(self, p: Numbers) -> str:
        if p[0] <= 0:
            return f"median is {p[0]:g} and must be above 0"
        return "" if 0 < p[1] <= 20 else f"sigma is {p[1]:g} and must be above 0 and at most 20"

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        if values[0] <= 0:
            raise ValueError(f"a lognormal lies above 0, and a quantile is {values[0]:g}")
        mean, sd = Normal().solve(levels, (math.log(values[0]), math.log(values[1])))
        return (math.exp(mean), sd)

    def support(self, p: Numbers) -> tuple[float, float]:
        return (0.0, math.inf)

    def _z(self, x: Array, p: Numbers) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(x, 0.0) / p[0]) / p[1])

    def cdf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().ndtr(self._z(x, p)))

    def sf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().ndtr(-self._z(x, p)))

    def ppf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] * np.exp(p[1] * special().ndtri(u)))

    def isf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] * np.exp(-p[1] * special().ndtri(u)))

    def pdf(self, x: Array, p: Numbers) -> Array:
        inside = x > 0
        safe = np.where(inside, x, 1.0)
        return np.where(inside, np.exp(-0.5 * self._z(safe, p) ** 2) / (safe * p[1] * SQRT2PI), 0.0)

    def mean(self, p: Numbers) -> float:
        return p[0] * math.exp(0.5 * p[1] ** 2)


class HalfNormal(Family):
    """The absolute value of a normal with mean 0 and standard deviation scale."""

    name = "half_normal"
    forms = (("scale",),)
    quantiles = 1
    about = "0 or more, falling; scale is the standard deviation of the normal it is half of"
    example = "{half_normal: {p95: 2}}"

    def mistake(self, p: Numbers) -> str:
        return "" if p[0] > 0 else f"scale is {p[0]:g} and must be above 0"

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        if values[0] <= 0:
            raise ValueError(f"a half-normal lies above 0, and a quantile is {values[0]:g}")
        return (float(values[0] / special().ndtri(0.5 * (1 + levels[0]))),)

    def support(self, p: Numbers) -> tuple[float, float]:
        return (0.0, math.inf)

    def cdf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().erf(np.maximum(x, 0.0) / (p[0] * math.sqrt(2))))

    def sf(self, x: Array, p: Numbers) -> Array:
        return np.asarray(special().erfc(np.maximum(x, 0.0) / (p[0] * math.sqrt(2))))

    def ppf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] * math.sqrt(2) * special().erfinv(u))

    def isf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] * math.sqrt(2) * special().erfcinv(u))

    def pdf(self, x: Array, p: Numbers) -> Array:
        return np.where(x >= 0, 2 * np.exp(-0.5 * (x / p[0]) ** 2) / (p[0] * SQRT2PI), 0.0)

    def mean(self, p: Numbers) -> float:
        return p[0] * math.sqrt(2 / math.pi)


# -- families on an interval ----------------------------------------------------------------------


class Uniform(Family):
    name = "uniform"
    forms = (("low", "high"),)
    about = "every value between low and high alike; also written `{uniform: [low, high]}`"
    example = "{uniform: [0, 1]}"

    def mistake(self, p: Numbers) -> str:
        return "" if p[0] < p[1] else f"low is {p[0]:g} and must lie below high, {p[1]:g}"

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        width = (values[1] - values[0]) / (levels[1] - levels[0])
        low = values[0] - levels[0] * width
        return (low, low + width)

    def support(self, p: Numbers) -> tuple[float, float]:
        return (p[0], p[1])

    def cdf(self, x: Array, p: Numbers) -> Array:
        return np.clip((x - p[0]) / (p[1] - p[0]), 0.0, 1.0)

    def sf(self, x: Array, p: Numbers) -> Array:
        return np.clip((p[1] - x) / (p[1] - p[0]), 0.0, 1.0)

    def ppf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[0] + (p[1] - p[0]) * u)

    def isf(self, u: Array, p: Numbers) -> Array:
        return np.asarray(p[1] - (p[1] - p[0]) * u)

    def pdf(self, x: Array, p: Numbers) -> Array:
        return np.where((x >= p[0]) & (x <= p[1]), 1 / (p[1] - p[0]), 0.0)

    def mean(self, p: Numbers) -> float:
        return 0.5 * (p[0] + p[1])


class Triangular(Family):
    name = "triangular"
    forms = (("low", "mode", "high"),)
    quantiles = 0
    about = "a triangle from low up to mode and down to high"
    example = "{triangular: {low: 0, mode: 0.2, high: 1}}"

    def mistake(self, p: Numbers) -> str:
        return self.low_mode_high(p)

    def support(self, p: Numbers) -> tuple[float, float]:
        return (p[0], p[2])

    def cdf(self, x: Array, p: Numbers) -> Array:
        low, mode, high = p
        x = np.clip(x, low, high)
        left = (x - low) ** 2 / ((high - low) * (mode - low)) if mode > low else np.zeros_like(x)
        right = (
            (high - x) ** 2 / ((high - low) * (high - mode)) if high > mode else np.zeros_like(x)
        )
        return np.where(x < mode, left, 1 - right)

    def sf(self, x: Array, p: Numbers) -> Array:
        return self.cdf(-x, (-p[2], -p[1], -p[0]))

    def ppf(self, u: Array, p: Numbers) -> Array:
        low, mode, high = p
        left = low + np.sqrt(u * (high - low) * (mode - low))
        right = high - np.sqrt((1 - u) * (high - low) * (high - mode))
        return np.where(u * (high - low) < mode - low, left, right)

    def isf(self, u: Array, p: Numbers) -> Array:
        return -self.ppf(u, (-p[2], -p[1], -p[0]))

    def pdf(self, x: Array, p: Numbers) -> Array:
        low, mode, high = p
        left = 2 * (x - low) / ((high - low) * (mode - low)) if mode > low else np.zeros_like(x)
        right = 2 * (high - x) / ((high - low) * (high - mode)) if high > mode else np.zeros_like(x)
        top = 2 / (high - low)
        inside = (x >= low) & (x <= high)
        return np.where(inside, np.where(x < mode, left, np.where(x > mode, right, top)), 0.0)

    def mean(self, p: Numbers) -> float:
        return (p[0] + p[1] + p[2]) / 3


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Uniform(),
        Normal(),
        Lognormal(),
        Beta(),
        Triangular(),
        Pert(),
        Gamma(),
        HalfNormal(),
    )
}
