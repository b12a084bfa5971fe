"""A model on its way to a program that is told part of what happens.

What the record gives takes the place of what would be drawn, step by step and as data: the same
program serves any record. For everything that is measured the program also works out what the
model expects of it, a *predictor*, from which a density is read.

Two readings of what is not told:

- *drawn*: as in any run, from the random streams. Lanes are then particles.
- *shocked*: as a smooth function of standard normal shocks, with the mean and variance of what
  would be drawn, for a filter that carries moments. A choice is carried as the probabilities of
  its options, each of which its utilities see as a share in force. Jumps are rounded off, so that
  a density has slopes wherever parameters go: a record that is only just possible would otherwise
  border on one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from reassure.engine import chance_nodes
from reassure.engine.lower import Lowering
from reassure.engine.program import Program
from reassure.engine.reading import Moment
from reassure.engine.smoothing import smoothed_where_untold
from reassure.model.checked import About, Choice, Event, Lever, Model, Noise, Parameter, Prior, Unit
from reassure.model.checked_history import Measurement

AS_IT_HAPPENED = "as-it-happened"
"""The policy under which levers follow the record; the name of the errors of its courses."""


WIDTH = 0.1
"""How wide a jump becomes where derivatives are asked for, as in :mod:`reassure.engine.smoothing`: a
tenth of a scale from 0 to 1."""


@dataclass(frozen=True)
class Datum:
    """A measurement as nodes at a step.

    Attributes:
        name: of the measurement.
        family: of its likelihood.
        predictor: node of what the model expects.
        arguments: nodes of the family's arguments.
        value: node of what was measured.
        told: node of whether anything was at the step.
    """

    name: str
    family: str
    predictor: int
    arguments: tuple[tuple[str, tuple[int, ...]], ...]
    value: int
    told: int


@dataclass(frozen=True)
class Conditioned:
    """A program that is told part of what happens.

    Attributes:
        model: the model, with the errors of courses as parameters after its own.
        program: leaves ``given`` and ``told`` have keys of :attr:`keys` as attributes, and leaves
            ``shock`` positions from 0.
        data: what is measured.
        keys: names of the series by step that the program reads.
        shocks: how many shocks a step has.
        averaged: what is taken at its mean, or smoothed, and why: (name, reason).
    """

    model: Model
    program: Program
    data: tuple[Datum, ...]
    keys: tuple[str, ...]
    shocks: int
    averaged: tuple[tuple[str, str], ...]


def conditioned(
    model: Model,
    *,
    told: Iterable[str] = (),
    always: Collection[str] = (),
    courses: Iterable[str] = (),
    measurements: Iterable[Measurement] = (),
    smooth: bool = False,
    averaged: bool = False,
    holdable: Iterable[str] = (),
) -> Conditioned:
    """The program of a model that is told part of what happens.

    Args:
        model: a checked model; its outcomes are read off as in any run.
        told: events and choices that may be told.
        always: those of them that are told at every step that will be run.
        courses: levers that may follow a course.
        measurements: what is measured.
        smooth: shocks instead of draws.
        averaged: no shocks either: counts and noise that are not told are taken at their means.
        holdable: names that arms may hold.
    """
    courses = tuple(courses)
    errors = tuple(_error(model, name) for name in courses)
    # What claims hold is held in runs of their own.
    grown = replace(model, parameters=(*model.parameters, *errors), claims=())
    items = tuple(measurements)
    became: dict[str, str] = {}
    if smooth:
        bare = replace(grown, outcomes=(), measurements=items)
        grown, became = smoothed_where_untold(bare, always, courses, WIDTH)
        items = grown.measurements
    make = _Smooth if smooth else _Told
    lowering = make(
        grown, tuple(told), frozenset(always), courses, tuple(holdable), carries=not averaged
    )
    program, data = lowering.complete(items)
    return Conditioned(
        grown,
        program,
        data,
        tuple(lowering.keys),
        len(lowering.shocks),
        tuple((lowering.averaged | became).items()),
    )


def error_of(lever: str) -> str:
    """The parameter that says how far a lever's course was misjudged, in standard errors."""
    return f"{AS_IT_HAPPENED}[{lever}]"


def _error(model: Model, lever: str) -> Parameter:
    prior = Prior("normal", (("mean", 0.0), ("sd", 1.0)), written="{normal: {mean: 0, sd: 1}}")
    about = About(
        because="the analyst's own range of the course, as a normal error common to all of it"
    )
    return Parameter(error_of(lever), prior, Unit(), about)


class _Told(Lowering):
    """Draws for what is not told."""

    def __init__(
        self,
        model: Model,
        told: tuple[str, ...],
        always: frozenset[str],
        courses: tuple[str, ...],
        holdable: tuple[str, ...],
        *,
        carries: bool,
    ) -> None:
        super().__init__(model, holdable)
        self.told, self.always, self.courses = told, always, courses
        self.carries = carries
        self.shocks: dict[str, int] = {}
        self.keys: dict[str, None] = {}
        self.averaged: dict[str, str] = {}
        self._levers = {lever.name: lever for lever in model.levers}
        for event in model.events:
            if event.kind != "calendar":
                self._definitions[event.name] = lambda now, x=event: self._count(now, x)  # type: ignore[misc]
                self._definitions[f"{event.name}.magnitude"] = (
                    lambda now, x=event: self._magnitude(now, x)  # type: ignore[misc]
                )
        for name in courses:
            ordered = f"{name}.ordered"
            usual = self._definitions[ordered]
            self._definitions[ordered] = (
                lambda now, x=self._levers[name], usual=usual: self._course(now, x, usual)  # type: ignore[misc]
            )

    # -- what is told -----------------------------------------------------------------------------

    def given(self, key: str, *, opening: bool = False) -> int:
        """What the record tells under a key at the step."""
        self.keys[key] = None
        return self.graph.leaf("given_first" if opening else "given", key)

    def is_told(self, key: str, *, opening: bool = False) -> int:
        """Whether it tells anything."""
        self.keys[key] = None
        return self.graph.leaf("told_first" if opening else "told", key)

    def _or_told(self, name: str, key: str, otherwise: Callable[[], int]) -> int:
        if name not in self.told:
            return otherwise()
        if name in self.always:
            return self.given(key)
        return self.graph.select(self.is_told(key), self.given(key), otherwise())

    def _count(self, now: Moment, event: Event) -> int:
        if now.opening:
            return self.graph.number(0.0)
        return self._or_told(event.name, event.name, lambda: self._happens(now, event))

    def _magnitude(self, now: Moment, event: Event) -> int:
        if now.opening or event.mark is None:
            return now.read(event.name)
        otherwise = self._size(now, event)
        if event.name not in self.told:
            return otherwise
        key = f"{event.name}.magnitude"
        return self.graph.select(self.is_told(key), self.given(key), otherwise)

    def _course(self, now: Moment, lever: Lever, usual: Callable[[Moment], int]) -> int:
        graph, opening = self.graph, now.opening
        error = graph.add(
            "mul",
            now.read(error_of(lever.name)),
            self.given(f"{lever.name}.spread", opening=opening),
        )
        level = graph.add("add", self.given(lever.name, opening=opening), error)
        if lever.options:
            level = self.given(lever.name, opening=opening)
        level = graph.add("max", level, graph.number(lever.low))
        level = graph.add("min", level, graph.number(lever.high))
        return graph.select(self.is_told(lever.name, opening=opening), level, usual(now))

    def _happens(self, now: Moment, event: Event) -> int:
        return chance_nodes.count(now, event)

    def _size(self, now: Moment, event: Event) -> int:
        return chance_nodes.magnitude(now, event)

    def _mean(self, now: Moment, event: Event) -> int:
        """The expected count of a step."""
        graph, zero = self.graph, self.graph.number(0.0)
        driver = graph.add("max", now.read(f"{event.name}.{event.kind}"), zero)
        if event.kind == "probability":
            return graph.add("min", driver, graph.number(1.0))
        return graph.add("mul", driver, graph.number(self.dt))

    def decided(self, choice: Choice) -> int:
        """The option in force at the next step."""
        return self._or_told(
            choice.name, choice.name, lambda: chance_nodes.decided(self.now, choice)
        )

    # -- what is measured -------------------------------------------------------------------------

    def complete(self, measurements: tuple[Measurement, ...]) -> tuple[Program, tuple[Datum, ...]]:
        """The program, and what is expected of all that is measured."""
        self._measurements = measurements
        self._made: list[Datum] = []
        program = self.program()
        return program, tuple(self._made)

    def _move_elements(self) -> None:
        super()._move_elements()
        for item in self._measurements:
            self.now.settle(lambda item=item: self._of_measurement(item).predictor)  # type: ignore[misc]
            self._made.append(self._of_measurement(item))

    def _of_measurement(self, item: Measurement) -> Datum:
        graph, now, name = self.graph, self.now, item.name
        value = now.value(item.formula)
        if item.aggregate != "last":
            value = self._aggregate(item, value)
        predictor = graph.add(
            "add", now.value(item.bias), graph.add("mul", now.value(item.scale), value)
        )
        if item.likelihood.family == "hazard":
            predictor = graph.add("mul", predictor, graph.number(self.dt))
        for i, shift in enumerate(item.shifts):
            since = self.given(f"{name}.shift{i}")
            predictor = graph.add("add", predictor, graph.add("mul", since, now.value(shift.add)))
        arguments = tuple(
            (key, tuple(now.value(formula) for formula in formulas))
            for key, formulas in item.likelihood.arguments
        )
        return Datum(
            name,
            item.likelihood.family,
            predictor,
            arguments,
            self.given(name),
            self.is_told(name),
        )

    def _aggregate(self, item: Measurement, value: int) -> int:
        """The sum or mean over the steps of the period that ends here."""
        graph, key = self.graph, f"{item.name}.sum"
        opens, share = self.is_told(f"{item.name}.opens"), self.given(f"{item.name}.share")
        position = self._state_of(key)
        so_far = graph.select(opens, graph.number(0.0), graph.leaf("state", position))
        total = graph.add("add", so_far, graph.add("mul", value, share))
        self._states[position] = (key, graph.number(0.0), total)
        return total


class _Smooth(_Told):
    """Shocks for what is not told: standard normal numbers, each used once a step."""

    def __init__(self, model: Model, *rest: Any, carries: bool) -> None:
        super().__init__(model, *rest, carries=carries)
        for choice in model.choices:
            if choice.name not in self.told:
                self._carry_shares(choice)

    def draw(self, name: str, purpose: str) -> int:
        """A game's play, which alone still asks: its likeliest course cannot be carried as a
        moment."""
        self.averaged[name] = f"{purpose}: taken at the middle of its draws"
        return self.graph.number(0.5)

    def happened(self, now: Moment, event: str) -> int:
        """An expected count is no event: a small part of one, every month, would have the game
        played every month."""
        if event in self.always:
            return super().happened(now, event)
        self.averaged[f"games on {event}"] = "played only where the record tells of it"
        return self.graph.add("gt", now.read(event), self.graph.number(0.5))

    def uniform_of(self, item: Noise) -> int:
        graph = self.graph
        if not self.carries:
            self.averaged[item.name] = "taken at its mean"
            return graph.number(0.5)
        spread = graph.add("mul", graph.number(12**-0.5), self._shock(item.name))
        return graph.add("add", graph.number(0.5), spread)

    def normal_of(self, item: Noise) -> int:
        if not self.carries:
            self.averaged[item.name] = "taken at its mean"
            return self.graph.number(0.0)
        return self._shock(item.name)

    def _shock(self, name: str) -> int:
        """The shock of a noise or an event: one, however often it is asked for."""
        return self.graph.leaf("shock", self.shocks.setdefault(name, len(self.shocks)))

    def _happens(self, now: Moment, event: Event) -> int:
        graph, mean = self.graph, self._mean(now, event)
        if not self.carries:
            self.averaged[event.name] = "taken at its expected count"
            return mean
        variance = mean
        if event.kind == "probability":
            variance = graph.add("mul", mean, graph.add("sub", graph.number(1.0), mean))
        spread = graph.add("sqrt", graph.add("max", variance, graph.number(1e-12)))
        self.averaged[event.name] = "a count, carried by its mean and variance"
        return graph.add("add", mean, graph.add("mul", spread, self._shock(event.name)))

    def _size(self, now: Moment, event: Event) -> int:
        """The count times the mean size; the spread of sizes is left out."""
        graph, mark = self.graph, event.mark
        assert mark is not None
        first, second = now.value(mark.first), now.value(mark.second)
        match mark.family:
            case "uniform":
                each = graph.add("mul", graph.number(0.5), graph.add("add", first, second))
            case "normal":
                each = first
            case "lognormal":
                half = graph.add("mul", graph.number(0.5), graph.add("mul", second, second))
                each = graph.add("mul", first, graph.add("exp", half))
            case "exponential":
                each = first
            case "discrete":
                pairs = zip(mark.values, mark.weights, strict=True)
                each = graph.number(sum(v * w for v, w in pairs) / sum(mark.weights))
        self.averaged[f"{event.name}.magnitude"] = "the mean size for each"
        return graph.add("mul", each, now.read(event.name))

    # -- choices that nobody tells of ---------------------------------------------------------------

    def _carry_shares(self, choice: Choice) -> None:
        """The probabilities of the options as states; the index is their mean."""
        options = choice.options

        def share(now: Moment, i: int) -> int:
            if now.opening:
                return self.graph.number(float(i == choice.initial))
            return self.graph.leaf("state", self._state_of(f"{choice.name}.{options[i].name}"))

        def index(now: Moment) -> int:
            graph = self.graph
            parts = [
                graph.add("mul", graph.number(float(i)), share(now, i)) for i in range(len(options))
            ]
            return graph.chain("add", parts, 0.0)

        self._definitions[choice.name] = index
        for i, option in enumerate(options):
            self._definitions[f"{choice.name}.{option.name}"] = lambda now, i=i: share(now, i)  # type: ignore[misc]
        self.averaged[choice.name] = "a choice, carried by the probabilities of its options"

    def decided(self, choice: Choice) -> int:
        if choice.name in self.told:
            return super().decided(choice)
        graph, now = self.graph, self.now
        present = [now.read(f"{choice.name}.{option.name}") for option in choice.options]
        moved = [graph.number(0.0) for _ in present]
        for j, share in enumerate(present):
            weights = chance_nodes.weights(now, choice, graph.number(float(j)))
            total = graph.chain("add", weights, 0.0)
            for i, weight in enumerate(weights):
                part = graph.add("mul", share, graph.add("div", weight, total))
                moved[i] = graph.add("add", moved[i], part)
        due = chance_nodes.is_due(now, choice)
        for i, option in enumerate(choice.options):
            position = self._state_of(f"{choice.name}.{option.name}")
            initial = graph.number(float(i == choice.initial))
            self._states[position] = (
                f"{choice.name}.{option.name}",
                initial,
                graph.select(due, moved[i], present[i]),
            )
        return now.read(choice.name)
