"""The log density of a record under a model, as a function of its parameters' normal scores.

Every parameter is standard normal a priori in its *score*: its value is the prior's quantile at the
score's probability, correlated parameters by their Gaussian copula. So priors of any family have
one shape, and a sampler needs no bounds. Quantiles are read from tables (cubic Hermite, error
below 1e-5 of the prior's spread within three standard deviations, where it is smooth), which JAX
can differentiate; those of a discrete prior jump where they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr, ndtri

from reassure.engine.differentiable import StepFunction
from reassure.engine.scalars import orders
from reassure.history.conditioning import Conditioning, condition
from reassure.history.fit.approximation import approximation
from reassure.history.fit.checks import Replicates
from reassure.history.fit.filter import run
from reassure.history.fit.replication import replicate
from reassure.history.ledger import Ledger
from reassure.model import calendar
from reassure.model.checked import Arm, Model
from reassure.model.correlation import groups, matrix
from reassure.model.distributions import quantile
from reassure.model.mistakes import UsageError

Array = Any

MOST_CARRIED = 24
"""States that a filter carries with their covariance, unless it is told to; a step takes the cube
of their number."""

REACH, PITCH = 8.0, 1 / 64
"""Scores that the tables cover, and the distance of their points."""


class Scores:
    """Parameters from standard normal scores and back.

    Args:
        model: whose parameters and correlations.

    Attributes:
        names: of the parameters, in order.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.names = tuple(parameter.name for parameter in model.parameters)
        self.factor = np.eye(len(self.names))
        for members in groups(model.correlations):
            at = [self.names.index(name) for name in members]
            self.factor[np.ix_(at, at)] = np.linalg.cholesky(matrix(model.correlations, members))

    @cached_property
    def _table(self) -> tuple[Array, Array]:
        """Values and slopes by score, ``[P, points]`` each."""
        scores = np.arange(-REACH, REACH + PITCH / 2, PITCH)
        u = np.clip(ndtr(scores), 1e-300, 1 - 2.0**-53)
        values = np.stack(
            [
                np.asarray(quantile(p.prior, u), dtype=float) * p.unit.factor
                for p in self.model.parameters
            ]
        )
        return values, np.gradient(values, PITCH, axis=1, edge_order=2)

    @cached_property
    def _discrete(self) -> dict[int, tuple[Array, Array]]:
        """Scores at which discrete parameters jump, and their values, by place."""
        return {
            i: (ndtri(np.cumsum(p.prior.weights)[:-1]), np.array(p.prior.values) * p.unit.factor)
            for i, p in enumerate(self.model.parameters)
            if p.prior.family == "discrete"
        }

    def values(self, scores: Array) -> Array:
        """Parameters in internal units, of JAX ``scores [P]``."""
        mixed = jnp.asarray(self.factor) @ scores if self.model.correlations else scores
        values, slopes = self._table
        at = jnp.clip(mixed, -REACH, REACH - 1e-9) + REACH
        cell = jnp.floor(at / PITCH).astype(int)
        t = at / PITCH - cell
        rows = jnp.arange(len(self.names))
        low, high = jnp.asarray(values)[rows, cell], jnp.asarray(values)[rows, cell + 1]
        rise = jnp.asarray(slopes)[rows, cell] * PITCH, jnp.asarray(slopes)[rows, cell + 1] * PITCH
        s = 1 - t
        found = (
            low * (1 + 2 * t) * s * s + rise[0] * t * s * s + high * t * t * (3 - 2 * t)
        ) - rise[1] * t * t * s
        for i, (edges, levels) in self._discrete.items():
            found = found.at[i].set(jnp.asarray(levels)[jnp.searchsorted(edges, mixed[i])])
        return found

    def exact(self, scores: Array) -> Array:
        """Parameters in internal units of NumPy ``scores [..., P]``, by the priors themselves."""
        mixed = np.asarray(scores) @ self.factor.T
        u = np.clip(ndtr(mixed), 1e-300, 1 - 2.0**-53)
        found = [
            np.asarray(quantile(p.prior, u[..., i].ravel()), dtype=float).reshape(u.shape[:-1])
            * p.unit.factor
            for i, p in enumerate(self.model.parameters)
        ]
        return np.stack(found, axis=-1)


class Density:
    """Log density of a record under a model; see :mod:`reassure.history.fit.filter`.

    Attributes:
        conditioning: the record.
        names: parameters of the model, then the errors of its levers' courses.
        size: how many.
        averaged: whether chance that the record does not tell is taken at its mean, not carried.
        policy: how levers are set where the record has no course of them.
        measured: what each column of :meth:`terms` is of.
    """

    def __init__(
        self, conditioning: Conditioning, *, policy: str = "", averaged: bool | None = None
    ) -> None:
        self.conditioning = conditioning
        self.steps = conditioning.steps
        self.averaged = bool(averaged)
        self.policy = policy
        self.function = self._function()
        if averaged is None and len(self.function.noisy) > MOST_CARRIED:
            self.averaged = True
            self.function = self._function()
        source = self.source = self.function.source
        _refuse(source.model)
        self.scores = Scores(source.model)
        self.names = self.scores.names
        self.size = len(self.names)
        self.measured = tuple(datum.name for datum in source.data)
        self._tables = conditioning.tables(self.steps + 1)

    def _function(self) -> StepFunction:
        source = self.conditioning.program(smooth=True, averaged=self.averaged)
        given = orders(source.model, source.program, Arm(policy=self.policy))
        return StepFunction(source, given, self.steps)

    @cached_property
    def data(self) -> Array:
        """The record, as :attr:`program` reads it."""
        return self.function.columns(*self._tables)

    @cached_property
    def program(self) -> Callable[[Array, Array], Array]:
        """Log density of data and scores: the same for any record of this form."""

        def log_density(data: Array, scores: Array) -> Array:
            total = jnp.sum(self.filtered(scores, data))
            return jnp.where(jnp.isnan(total), -jnp.inf, total)

        return log_density

    def log_likelihood(self, scores: Array) -> Array:
        """Log density of the record."""
        return self.program(self.data, scores)

    def told(self, values: Mapping[str, Array]) -> Density:
        """The same model given other values of what is measured, by measurement, one for each that
        the record has; NaN where there shall be none. It shares the program."""
        measured = tuple(
            replace(item, values=np.asarray(values[item.measurement.name], dtype=float))
            for item in self.conditioning.measured
        )
        other = copy(self)
        other.conditioning = replace(self.conditioning, measured=measured)
        other._tables = other.conditioning.tables(self.steps + 1)
        other.__dict__.pop("data", None)
        other.program = self.program
        return other

    def replicated(self, scores: Array, rng: np.random.Generator) -> dict[str, Replicates]:
        """Values of what is measured, drawn given each of ``scores`` ``[draw, D]``."""
        return replicate(self.conditioning, self.parameters(scores), rng, policy=self.policy)

    def simulated(self, rng: np.random.Generator) -> tuple[Array, Density]:
        """Scores drawn from the prior, and the density of a record that they made: of this form, with
        the same things given. What this density averages is averaged there, too."""
        scores = rng.standard_normal(self.size)
        found = replicate(
            self.conditioning,
            self.parameters(scores)[None],
            rng,
            policy=self.policy,
            averaged=self.averaged,
        )
        return scores, self.told({name: item.replicated[0] for name, item in found.items()})

    def approximation(self, scores: Array) -> dict[str, Any]:
        """How far this is from the model's own density; see the module of that name."""
        return approximation(self, scores)

    def record(self) -> dict[str, Any]:
        """What it is told, and when: the first day of each step, what is given, and the family of each likelihood."""
        told = self.conditioning
        time = told.model.time
        return {
            "dates": [calendar.day_of_step(time, k).isoformat() for k in range(self.steps)],
            "given": sorted({*told.given, *told.levers}),
            "likelihoods": {
                item.measurement.name: item.measurement.likelihood.family for item in told.measured
            },
        }

    def filtered(self, scores: Array, columns: Array | None = None) -> Array:
        """What the filter says at ``scores [P]``, of this record or of other ``columns``."""
        given = self.data if columns is None else columns
        return run(self.function, self.scores.values(scores), given, self.steps)

    def terms(self, scores: Array) -> dict[str, Array]:
        """Log density of each datum given all before it, ``[steps]`` by name."""
        table = self.filtered(scores)
        return {name: table[:, i] for i, name in enumerate(self.measured)}

    def parameters(self, scores: Array) -> Array:
        """Parameters in internal units, ``[..., P]``, of scores of that shape."""
        return self.scores.exact(scores)


def _refuse(model: Model) -> None:
    stepped = [p.name for p in model.parameters if p.prior.family == "discrete"]
    if len(stepped) == len(model.parameters):
        raise UsageError(
            "a model whose every parameter is discrete has no slopes to fit by",
            "give some parameter a continuous prior",
        )


def density(
    model: Model,
    ledger: str | Path | Ledger | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    known_by: str | None = None,
    reading: str | None = None,
    policy: str = "",
    averaged: bool | None = None,
) -> Density:
    """The log density of a ledger's record under a model.

    Args:
        policy: how levers are set where the record has no course of them.
        averaged: whether chance that the record does not tell is taken at its mean, rather than
            carried as a covariance; None for carried up to :data:`MOST_CARRIED` states.
        since: only measurements of this date or later.
        ledger, until, known_by, reading: see :func:`reassure.history.conditioning.condition`.

    Raises:
        UsageError: nothing of the record bears on the model; and as ``condition`` does.
    """
    bound = condition(model, ledger, since=since, until=until, known_by=known_by, reading=reading)
    if not bound.measured:
        if condition(model, ledger, reading=reading).measured:
            raise UsageError(
                f"nothing that this model measures lies in the part of the ledger {bound.ledger} that was asked for",
                "choose an earlier --from, or a later --to or --known-by",
            )
        raise UsageError(
            f"nothing of this model is measured by the ledger {bound.ledger}",
            "write `observations:`, see docs/observations.md",
        )
    return Density(bound, policy=policy, averaged=averaged)
