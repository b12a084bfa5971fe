"""What the sampler, the diagnostics and the checks need to know of a log density."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Program = Callable[[Any, jax.Array], jax.Array]
"""Log likelihood of scores ``[D]`` given data (a pytree of arrays): a scalar."""


class LogDensity(Protocol):
    """Log likelihood over scores, each standard normal a priori and independent of the others.

    The log posterior, up to a constant, is ``log_likelihood(z) - z @ z / 2``.

    Attributes:
        names: of the scores: parameters of the model first, then what else is uncertain.
        size: how many scores there are, D.
    """

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def size(self) -> int: ...

    def log_likelihood(self, scores: jax.Array) -> jax.Array:
        """A scalar; differentiable; minus infinity where the record is impossible."""

    def terms(self, scores: jax.Array) -> dict[str, jax.Array]:
        """Log density of each datum, ``[T]`` by measurement."""

    def parameters(self, scores: Array) -> Array:
        """The model's parameters ``[.., P]`` in internal units, from scores ``[.., D]``."""


@runtime_checkable
class Shared(Protocol):
    """A log density whose program is that of many records: it is compiled once for all of them.

    Attributes:
        program: the same object for every record of the same shape.
        data: what this record puts into it.
    """

    @property
    def program(self) -> Program: ...

    @property
    def data(self) -> Any: ...


@runtime_checkable
class Approximating(Protocol):
    """A log density that approximates another, and can say how far it is off."""

    def approximation(self, scores: Array) -> dict[str, Any]:
        """How far it is off about ``scores`` ``[.., D]``, as JSON."""


@runtime_checkable
class Recorded(Protocol):
    """A log density of a record with dates, and of which it can be said what it is told."""

    def record(self) -> dict[str, Any]:
        """As JSON: ``dates`` (first day of each step of :meth:`LogDensity.terms`), ``given`` (names of what is
        conditioned on) and ``likelihoods`` (family by measurement)."""


def program_of(density: LogDensity) -> tuple[Program, Any]:
    """The log likelihood as a function of data and scores, and the data."""
    if isinstance(density, Shared):
        return density.program, density.data
    return (lambda _, scores: density.log_likelihood(scores)), ()
