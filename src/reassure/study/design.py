"""Designs: which values the uncertain parameters take in which scenario.

A design is a table of scenarios by parameters that is never held whole: any rows of it can be asked
for. A column depends on the parameter's name (or alias), the kind of design, the seed and the row
alone, so adding a parameter or a scenario changes no other number, and a scenario replays by its
index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Arm, Model, Parameter
from reassure.model.correlation import groups, matrix
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.model.priors import quantile
from reassure.study.sequence import column

Array = NDArray[np.float64]

KINDS = ("sobol", "latin", "random")
MOST_SCENARIOS = 2**32


class Joint(Protocol):
    """Joint draws of some parameters that take the place of their priors, such as a posterior.

    Attributes:
        label: what results call it.
        option: how a command is told to draw from it.
    """

    @property
    def label(self) -> str: ...

    @property
    def option(self) -> str: ...

    def remarks(self, model: Model) -> tuple[str, ...]:
        """What a reader of results of ``model`` should know of them."""

    def column(self, parameter: Parameter, seed: int, first: int, count: int) -> Array | None:
        """The parameter in scenarios ``first ..``, ``[count]`` in internal units; None for one of
        which there are no draws."""


def label_of(kind: str | Joint) -> str:
    """What results call a kind of design."""
    return kind if isinstance(kind, str) else kind.label


@dataclass(frozen=True, slots=True)
class Design:
    """Scenarios of a model.

    Attributes:
        model: whose parameters.
        kind: ``sobol`` (scrambled, extensible), ``random`` (extensible) or ``latin`` (one Latin
            hypercube over exactly ``scenarios`` scenarios); or joint draws, where parameters of
            which there are none are drawn as with ``sobol``.
        seed: the same seed gives the same scenarios.
        scenarios: of a Latin hypercube, how many there are; the other kinds do not need it.
        fixed: parameters held at a value, (name, internal value).
        quantiles: parameters held at a quantile of their prior, (name, probability).

    Raises:
        UsageError: an unknown kind or parameter, a Latin hypercube without ``scenarios``, or a
            quantile outside [0, 1].
    """

    model: Model
    kind: str | Joint = "sobol"
    seed: int = 0
    scenarios: int | None = None
    fixed: tuple[tuple[str, float], ...] = ()
    quantiles: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.kind, str) and self.kind not in KINDS:
            near = suggest(self.kind, KINDS) or f"use one of {', '.join(KINDS)}"
            raise UsageError(f"{quote(self.kind)} is no design", near)
        if not isinstance(self.kind, str):
            self._check_joint(self.kind)
        if self.kind == "latin" and self.scenarios is None:
            raise UsageError(
                "a Latin hypercube is made for one number of scenarios, and none is given",
                "say how many scenarios the run has, or use the sobol design",
            )
        for name, _ in (*self.fixed, *self.quantiles):
            if name not in self.names:
                raise UsageError(f"{quote(name)} is no parameter", suggest(name, self.names))
        for name, level in self.quantiles:
            if not 0 <= level <= 1:
                raise UsageError(f"{name}: {level:g} is no probability", "use a number from 0 to 1")

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in the order of the columns."""
        return tuple(parameter.name for parameter in self.model.parameters)

    @property
    def label(self) -> str:
        """What results call the design."""
        return label_of(self.kind)

    @property
    def sequence(self) -> str:
        """The kind of the columns that follow a prior. Chance goes with it: a posterior's scenarios
        meet the luck that the prior's meet."""
        return self.kind if isinstance(self.kind, str) else "sobol"

    @property
    def extensible(self) -> bool:
        """Whether more scenarios leave those there are as they are."""
        return self.kind != "latin"

    def held(
        self,
        parameters: Iterable[tuple[str, float]] = (),
        quantiles: Iterable[tuple[str, float]] = (),
    ) -> Design:
        """The same scenarios with more parameters held; the latest word on a parameter counts.

        Args:
            parameters: (name, internal value).
            quantiles: (name, probability of the prior).
        """
        fixed, levels = dict(self.fixed), dict(self.quantiles)
        for name, level in quantiles:
            fixed.pop(name, None)
            levels[name] = level
        for name, value in parameters:
            levels.pop(name, None)
            fixed[name] = value
        return replace(self, fixed=tuple(fixed.items()), quantiles=tuple(levels.items()))

    def for_arm(self, arm: Arm) -> Design:
        """The same scenarios with what ``arm`` says of parameters."""
        return self.held(arm.parameters, arm.quantiles)

    def uniforms(self, first: int, count: int) -> Array:
        """The probabilities behind the draws, correlations included: float64 [count, parameters].

        Args:
            first: index of the first scenario.
            count: how many.

        Raises:
            UsageError: scenarios that the design does not have.
        """
        self._check(first, count)
        parameters = self.model.parameters
        table = np.empty((count, len(parameters)))
        for j, parameter in enumerate(parameters):
            table[:, j] = self._column(parameter, first, count)
        place = {name: j for j, name in enumerate(self.names)}
        for names in groups(self.model.correlations):
            columns = [place[name] for name in names]
            table[:, columns] = _correlated(
                table[:, columns], matrix(self.model.correlations, names)
            )
        return table

    def parameters(self, first: int, count: int) -> Array:
        """Scenarios ``first`` to ``first + count - 1``: float64 [count, parameters], internal
        units.

        Held parameters have their held value in every row and leave the others as they are,
        correlated ones too.

        Raises:
            UsageError: scenarios that the design does not have.
        """
        table = self.uniforms(first, count)
        fixed, levels = dict(self.fixed), dict(self.quantiles)
        for j, parameter in enumerate(self.model.parameters):
            name = parameter.name
            if name in fixed:
                table[:, j] = fixed[name]
                continue
            joint = None if name in levels else self._joint(parameter, first, count)
            if joint is not None:
                table[:, j] = joint
            else:
                u = np.full(1, levels[name]) if name in levels else table[:, j]
                table[:, j] = quantile(parameter.prior, u) * parameter.unit.factor
        return table

    def _joint(self, parameter: Parameter, first: int, count: int) -> Array | None:
        if isinstance(self.kind, str):
            return None
        return self.kind.column(parameter, self.seed, first, count)

    def _check_joint(self, joint: Joint) -> None:
        """Refuse draws that have nothing to do with the model."""
        parameters = self.model.parameters
        if parameters and all(joint.column(item, self.seed, 0, 0) is None for item in parameters):
            raise UsageError(
                f"{joint.label} has no parameter of {self.model.name}",
                "use a fit of this model, or of one with the same parameters",
            )

    def _check(self, first: int, count: int) -> None:
        if first < 0 or count < 0 or first + count > MOST_SCENARIOS:
            raise UsageError(
                f"there is no scenario {first + count - 1 if first >= 0 else first}",
                f"scenarios are numbered from 0 to {MOST_SCENARIOS - 1}",
            )
        if self.scenarios is not None and self.kind == "latin" and first + count > self.scenarios:
            raise UsageError(
                f"this Latin hypercube has {self.scenarios} scenarios and cannot be extended",
                "use the sobol design, to which scenarios can be added",
            )

    def _column(self, parameter: Parameter, first: int, count: int) -> Array:
        name = parameter.about.alias or parameter.name
        if self.kind == "latin":
            whole = column("latin", name, self.seed, 0, self.scenarios or 0)
            return whole[first : first + count]
        return column(self.sequence, name, self.seed, first, count)


def _correlated(u: Array, correlation: Array) -> Array:
    """Independent uniforms [count, n] turned into a Gaussian copula's; the first column stays.

    Sums are written out: a matrix product rounds differently for different numbers of rows, and a
    scenario must not depend on the rows it is asked for with.
    """
    from scipy.special import ndtr, ndtri

    factor = np.linalg.cholesky(correlation)
    score = ndtri(np.ascontiguousarray(u))
    result = u.copy()
    for i in range(1, u.shape[1]):
        mixed = factor[i, 0] * score[:, 0]
        for j in range(1, i + 1):
            mixed = mixed + factor[i, j] * score[:, j]
        result[:, i] = np.clip(ndtr(mixed), 2.0**-60, 1 - 2.0**-53)
    return result
