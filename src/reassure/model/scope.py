"""What a formula is bound in, and what binding it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reassure.model.expression import Expression, Ref
from reassure.model.mistakes import Fault
from reassure.model.parser import FormulaError
from reassure.model.units import ANY, Dimension


class Scope(Protocol):
    """The names that a formula may read, and the clock. ``time`` and ``dt`` are always known."""

    @property
    def sets(self) -> Mapping[str, tuple[str, ...]]:
        """Index sets and their members."""

    @property
    def binding(self) -> Mapping[str, str]:
        """For a formula of an indexed element: index set -> the member that it is bound for."""

    @property
    def dt(self) -> float:
        """The step in years."""

    @property
    def names(self) -> Iterable[str]:
        """Canonical names to suggest where one is undefined."""

    def dimension(self, name: str) -> Dimension | None:
        """The dimension of a canonical name such as ``weight[bases]`` or ``provocation.rate``.

        None where it is undefined; :data:`reassure.model.units.ANY` where it is defined and its
        dimension is not known yet."""

    def options(self, name: str) -> tuple[str, ...] | None:
        """The options of a choice or an option lever, in order; None for anything else."""

    def date_years(self, text: str) -> float:
        """Years from the start to a date such as '2010-06'; a bad one raises a :class:`Fault`."""


def _no_dates(text: str) -> float:
    raise Fault("E205", f"there is no calendar here to read '{text}' with")


@dataclass(frozen=True)
class Table:
    """A :class:`Scope` made of tables."""

    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    binding: Mapping[str, str] = field(default_factory=dict)
    dt: float = 1 / 12
    dates: Callable[[str], float] = _no_dates

    @property
    def names(self) -> Iterable[str]:
        return self.dimensions

    def dimension(self, name: str) -> Dimension | None:
        return self.dimensions.get(name)

    def options(self, name: str) -> tuple[str, ...] | None:
        return self.choices.get(name)

    def date_years(self, text: str) -> float:
        return self.dates(text)


@dataclass(frozen=True, slots=True)
class Bound:
    """A formula's meaning: an expression in internal units and its dimension (0: ANY)."""

    expression: Expression
    dimension: Dimension


UNKNOWN = Bound(Ref("?"), ANY)
"""Stands where a mistake was found, so that the rest of the formula can be looked at."""


class FormulaErrors(Exception):
    """Everything wrong with one formula, in reading order: ``errors``."""

    def __init__(self, errors: Iterable[FormulaError]) -> None:
        self.errors: tuple[FormulaError, ...] = tuple(errors)
        super().__init__("; ".join(error.message for error in self.errors))
