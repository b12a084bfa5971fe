"""What every family of distributions can do."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = tuple[float, ...]

SQRT2PI = math.sqrt(2 * math.pi)


def special() -> Any:
    """``scipy.special``, imported with the first distribution that is evaluated."""
    from scipy import special

    return special


class Family(ABC):
    """One family of continuous distributions.

    Attributes:
        name: as written in a model.
        forms: the ways to write its natural parameters; the first is how ``Prior`` stores them.
        optional: keys of a form that may be left out, with their values.
        quantiles: how many quantiles determine it; 0 when it cannot be written by quantiles.
        about: one line for the docs.
        example: a prior as written.
    """

    name: ClassVar[str]
    forms: ClassVar[tuple[tuple[str, ...], ...]]
    optional: ClassVar[dict[str, float]] = {}
    quantiles: ClassVar[int] = 2
    about: ClassVar[str]
    example: ClassVar[str]

    def natural(self, form: tuple[str, ...], values: Numbers) -> Numbers:
        """The stored parameters from those of one of :attr:`forms`.

        Raises:
            ValueError: with the reason why there are none.
        """
        return values

    def low_mode_high(self, p: Numbers) -> str:
        """Why low, mode and high are not in order, or ''."""
        if not p[0] < p[2]:
            return f"low is {p[0]:g} and must lie below high, {p[2]:g}"
        return "" if p[0] <= p[1] <= p[2] else f"mode is {p[1]:g}, outside [{p[0]:g}, {p[2]:g}]"

    @abstractmethod
    def mistake(self, p: Numbers) -> str:
        """Why these parameters are impossible, or ''."""

    def solve(self, levels: Numbers, values: Numbers) -> Numbers:
        """Parameters with quantiles ``values`` at ``levels``, both rising.

        Raises:
            ValueError: with the reason why there are none.
        """
        raise ValueError(f"{self.name} cannot be written by quantiles")

    @abstractmethod
    def support(self, p: Numbers) -> tuple[float, float]: ...

    @abstractmethod
    def cdf(self, x: Array, p: Numbers) -> Array: ...

    @abstractmethod
    def sf(self, x: Array, p: Numbers) -> Array:
        """1 - cdf, exact in the upper tail."""

    @abstractmethod
    def ppf(self, u: Array, p: Numbers) -> Array:
        """The value with probability ``u`` below it."""

    @abstractmethod
    def isf(self, u: Array, p: Numbers) -> Array:
        """The value with probability ``u`` above it."""

    @abstractmethod
    def pdf(self, x: Array, p: Numbers) -> Array: ...

    @abstractmethod
    def mean(self, p: Numbers) -> float: ...
