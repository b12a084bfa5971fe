"""What all checks share: the file, the mistakes found so far, and the names a formula may read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reassure.model import calendar, units
from reassure.model.checked import Place, Time, Unit
from reassure.model.expression import Expression, Number, references, walk
from reassure.model.formula import (
    ANY,
    NONE,
    TIME,
    Bound,
    Dimension,
    FormulaError,
    FormulaErrors,
    bind,
    parse,
)
from reassure.model.mistakes import Fault, Mistake, mistake
from reassure.model.sets import Binding, split
from reassure.model.yaml_source import MAX_TOLD, Node

Path = tuple[str | int, ...]
_NOTHING: Mapping[str, Dimension] = {}

MAX_SETTLED = 1_000_000
"""Parts of formulas looked at while games are written out for each of their ends."""
MAX_TOTAL_NODES = 60_000
"""Nodes of all the model's formulas together, sums over index sets written out."""


@dataclass(slots=True)
class Context:
    """One check of one model.

    Attributes:
        root: the file, index sets expanded.
        sets: members of each index set.
        bindings: of elements of an indexed family, by (section, name).
        elements: the written elements without mistakes of shape, by section and name.
        broken: names of elements that have such mistakes: what reads them is not looked at further.
        time: the clock.
        mistakes, warnings: found so far.
        dimensions: of every name that a formula may read.
        options: of choices and of levers with options.
        nodes: how many nodes the formulas have so far.
        settled: how many parts of formulas were looked at to write out games.
        clock_known: whether ``time`` is what the file says; if not, dates are read and not placed.
        quiet: whether mistakes are passed over at present.
        inferred: formulas bound while units were inferred, which need not be bound again.
        absent: names that would exist if an element said more, each with what is missing and what to do.
    """

    root: Node
    sets: Mapping[str, tuple[str, ...]]
    bindings: Mapping[tuple[str, str], Binding]
    elements: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    time: Time = field(default_factory=lambda: Time("2000-01-01", "month", 1 / 12, 120))
    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    nodes: int = 0
    settled: int = 0
    clock_known: bool = False
    quiet: bool = False
    inferred: dict[Path, Bound] = field(default_factory=dict)
    absent: dict[str, tuple[str, str]] = field(default_factory=dict)

    def section(self, name: str) -> dict[str, Any]:
        """The elements of a section."""
        return self.elements.get(name, {})

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where ``path`` stands in the file, or the nearest thing to it."""
        return self.root.place_of(path, of_key=of_key)

    def exists(self, section: str, name: str) -> bool:
        """Whether the file has an element, good or broken."""
        node = self.root.get(section)
        return node is not None and name in node.entries

    def is_broken(self, name: str) -> bool:
        """Whether a name is that of an element with mistakes, or of a part of one."""
        stem = name.partition(".")[0]
        return stem in self.broken or stem.partition("[")[0] in self.broken

    # -- saying what is wrong ----------------------------------------------------------------------

    def say(
        self,
        code: str,
        path: Path,
        message: str,
        remedy: str | None = None,
        *,
        of_key: bool = False,
    ) -> None:
        """Notes a mistake, or a warning, by its code."""
        found = mistake(code, self.place(path, of_key=of_key), written(path), message, remedy)
        if found.severity == "warning":
            self.warnings.append(found)
        else:
            self._note(found)

    def fault(self, fault: Fault, path: Path) -> None:
        """Notes a fault in the value at ``path``, at the character where it lies if that can be
        told.
        """
        node = self.root.find(path)
        if node.inner is None:
            fault = Fault(fault.code, fault.message, fault.remedy)
            place = node.place
        else:
            place = replace(node.place, column=node.place.column + node.inner)
        self._note(fault.at(place, written(path)))

    def fault_at(self, fault: Fault, place: Place, path: Path) -> None:
        """Notes a fault in a text that begins at ``place``, such as a key."""
        self._note(fault.at(place, written(path)))

    def _note(self, found: Mistake) -> None:
        self.mistakes.append(found)
        if len(self.mistakes) >= MAX_TOLD:
            raise Enough

    # -- reading values ----------------------------------------------------------------------------

    def unit(self, text: str, path: Path) -> Unit:
        """The unit that ``text`` names; ``1`` where it names none, which is then noted."""
        try:
            return units.unit(text)
        except Fault as fault:
            self.fault(fault, path)
            return Unit()

    def quiet_unit(self, text: str) -> Unit:
        """As :meth:`unit`; a mistake is not noted, because it is told elsewhere."""
        try:
            return units.unit(text)
        except Fault:
            return Unit()

    def steps(self, duration: str | int | float, path: Path) -> int:
        """A duration in whole steps; 0 where it is none, which is then noted."""
        try:
            return calendar.parse_duration(duration).steps(self.time.dt)
        except Fault as fault:
            self.fault(fault, path)
            return 0

    def quiet_steps(self, duration: str | int | float) -> int:
        """As :meth:`steps`; a mistake is not noted, because it is told elsewhere."""
        try:
            return calendar.parse_duration(duration).steps(self.time.dt)
        except Fault:
            return 0

    def date(self, text: str, path: Path) -> int | None:
        """The step of a date within the run; None where it is none, which is then noted."""
        try:
            return self.step(text)
        except Fault as fault:
            self.fault(fault, path)
            return None

    def step(self, date: str) -> int:
        """The step of a date within the run.

        Raises:
            Fault: it is not a date, or lies outside the run (E205).
        """
        if self.clock_known:
            return calendar.step_within(self.time, date)
        calendar.parse_date(date)
        return 0

    # -- formulas ----------------------------------------------------------------------------------

    def binding(self, path: Path) -> Binding:
        """The member that each index set stands for in the element that ``path`` lies in."""
        return self.bindings.get((str(path[0]), str(path[1])), {}) if len(path) > 1 else {}

    def bound(
        self,
        written_formula: str | float,
        path: Path,
        *,
        expect: Dimension | None = None,
        truth: bool = False,
        options: Sequence[str] = (),
        inner: Mapping[str, Dimension] = _NOTHING,
    ) -> Bound | None:
        """The meaning of a formula; None where it has mistakes, which are then noted.

        ``inner``: names that only this formula may read.
        """
        known = self.inferred.get(path)
        if known is not None and not truth and known.dimension.agrees(expect or known.dimension):
            return known
        text = said(written_formula)
        try:
            found = bind(
                parse(text), _Scope(self, self.binding(path), inner),
                expect=expect, truth=truth, options=options,
            )  # fmt: skip
        except FormulaErrors as errors:
            self._formula_faults(errors.errors, path, isinstance(written_formula, str))
            return None
        except FormulaError as error:
            self._formula_faults([error], path, isinstance(written_formula, str))
            return None
        self._count(found.expression, path)
        for name in self.absent and sorted(self.absent.keys() & references(found.expression)):
            self.fault(Fault("E714", *self.absent[name]), path)
            return None
        return found

    def spend(self, parts: int, path: Path) -> None:
        """Counts work on games, before it is done.

        Raises:
            OverBudget: it comes to more than the limit, all games together.
        """
        self.settled += parts
        if self.settled > MAX_SETTLED:
            what = f"the games come to more than {MAX_SETTLED:,} parts, written out for their ends"
            raise OverBudget(path, what)

    def _count(self, expression: Expression, path: Path) -> None:
        self.nodes += sum(1 for _ in walk(expression))
        if self.nodes > MAX_TOTAL_NODES:
            raise OverBudget(
                path, f"the formulas have more than {MAX_TOTAL_NODES:,} parts together"
            )

    def formula(
        self,
        written_formula: str | float | None,
        path: Path,
        *,
        expect: Dimension | None = None,
        truth: bool = False,
        options: Sequence[str] = (),
        inner: Mapping[str, Dimension] = _NOTHING,
    ) -> Expression | None:
        """As :meth:`bound`, without the dimension; None for None."""
        if written_formula is None:
            return None
        found = self.bound(
            written_formula, path, expect=expect, truth=truth, options=options, inner=inner
        )
        return found.expression if found else None

    def time_constant(self, written_formula: str | float | None, path: Path) -> Expression | None:
        """A formula that must be a time above 0; None for None."""
        found = self.formula(written_formula, path, expect=TIME)
        if isinstance(found, Number) and found.value <= 0:
            self.say("E204", path, "a time constant must be above 0", "write q(6, 'month')")
        return found

    def within(
        self, formula: Expression | None, path: Path, low: float, high: float, what: str
    ) -> Expression | None:
        """``formula``; noted where it is a number outside ``low`` to ``high``."""
        if isinstance(formula, Number) and not low <= formula.value <= high:
            remedy = (
                f"write {low:g} or more" if math.isinf(high) else f"between {low:g} and {high:g}"
            )
            self.say("E204", path, what, remedy)
        return formula

    def quietly(self, written_formula: str | float, path: Path) -> Bound | None:
        """As :meth:`bound`; mistakes are not noted, because they are told elsewhere."""
        mistakes, self.mistakes, self.quiet = self.mistakes, [], True
        try:
            return self.bound(written_formula, path)
        finally:
            self.mistakes, self.quiet = mistakes, False

    def _formula_faults(self, errors: Iterable[FormulaError], path: Path, text: bool) -> None:
        for error in errors:
            if error.code == "E901":  # several like it would take long
                raise OverBudget(path, error.message)
            self.fault(error if text else Fault(error.code, error.message, error.remedy), path)

    def alias(self, alias: str, path: Path) -> str:
        """An alias; in a family of elements, with the member's name."""
        members = self.binding(path).values()
        return f"{alias}[{', '.join(members)}]" if alias and members else alias

    def canonical(self, name: str, path: Path) -> str:
        """A name in a field of the element that ``path`` lies in, with its index bound."""
        base, index = split(name)
        if not index:
            return name.strip()
        return f"{base}[{self.binding(path).get(index, index)}]"


class Enough(Exception):
    """So many mistakes were found that looking for more would help nobody."""


class OverBudget(Exception):
    """The model is larger than the limit; ``path`` is where that was noticed."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class _Scope:
    """The names of a context, for a formula of one element."""

    context: Context
    binding: Mapping[str, str]
    inner: Mapping[str, Dimension]

    @property
    def sets(self) -> Mapping[str, tuple[str, ...]]:
        return self.context.sets

    @property
    def dt(self) -> float:
        return self.context.time.dt

    @property
    def names(self) -> Iterable[str]:
        if self.context.quiet:
            return ()  # they serve only to suggest
        return [*self.inner, *self.context.dimensions] if self.inner else self.context.dimensions

    def dimension(self, name: str) -> Dimension | None:
        if name in self.inner:
            return self.inner[name]
        return ANY if self.context.is_broken(name) else self.context.dimensions.get(name)

    def options(self, name: str) -> tuple[str, ...] | None:
        return self.context.options.get(name)

    def date_years(self, text: str) -> float:
        return calendar.step_of(self.context.time, text) * self.context.time.dt


def written(path: Path) -> str:
    """A path as messages show it: ``beliefs.trust.evidence.gesture``; positions count from 1."""
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path)


def said(formula: str | float) -> str:
    """A formula's text; a number as a model would write it."""
    if isinstance(formula, str):
        return formula
    return repr(int(formula)) if formula == int(formula) and abs(formula) < 1e15 else repr(formula)


__all__ = ["ANY", "NONE", "Context", "OverBudget", "Path", "said", "written"]
