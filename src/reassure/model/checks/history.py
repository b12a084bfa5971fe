"""How a model shows in the record, and what of it the record gives.

What series, categories, ids and courses a ledger has is not known here: that is looked at when the
model is held against one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from reassure.model import calendar, units
from reassure.model.checked import Unit
from reassure.model.checked_history import (
    COUNTING,
    LIKELIHOODS,
    Given,
    Likelihood,
    Measurement,
    Shift,
)
from reassure.model.checked_record import Pick
from reassure.model.checks.about import about
from reassure.model.checks.context import NONE, Context, Path, said
from reassure.model.checks.initial import initial
from reassure.model.checks.names import unit_of
from reassure.model.checks.record import pick
from reassure.model.checks.record_dates import day, window
from reassure.model.expression import ZERO, Expression, Number
from reassure.model.formula import TIME, Dimension
from reassure.model.mistakes import quote, suggest
from reassure.model.written_history import Given as WrittenGiven
from reassure.model.written_history import Likelihood as WrittenLikelihood
from reassure.model.written_history import Measurement as WrittenMeasurement
from reassure.model.written_record import Pick as WrittenPick

RATE = NONE / TIME
_WITH_UNIT = frozenset({"normal", "lognormal", "student", "hazard"})
"""Likelihoods whose predictor may have a unit; of all others it is a count, a share or a grade."""
_LIKE_PREDICTOR = frozenset({"sd", "scale", "cuts", "spread"})
"""Arguments in the unit of the predictor."""


def measurements(context: Context) -> tuple[Measurement, ...]:
    """The section ``observations:``."""
    return tuple(
        _Reader(context, item, ("observations", name)).read(name)
        for name, item in context.section("observations").items()
    )


class _Reader:
    """Reads one observation."""

    def __init__(self, context: Context, item: WrittenMeasurement, path: Path) -> None:
        self.context, self.item, self.path = context, item, path
        self.family = _family(item.likelihood)

    def read(self, name: str) -> Measurement:
        item = self.item
        self._source()
        formula = self.context.bound(item.of, (*self.path, "of"))
        own = formula.dimension if formula else units.ANY
        scale, size = self._scale()
        unit = self._unit(own * size)
        wanted = units.dimension(unit)
        return Measurement(
            name=name,
            formula=formula.expression if formula else ZERO,
            series=item.series,
            events=_picked(self.context, item.events, (*self.path, "events")),
            every=item.every or "",
            aggregate=item.aggregate or ("sum" if self.family in COUNTING else "mean"),
            likelihood=self._likelihood(wanted),
            lag=self._lag(),
            per=self._per(),
            scale=scale,
            bias=initial(self.context, item.bias, (*self.path, "bias"), wanted),
            shifts=tuple(self._shifts(wanted)),
            window=_window(self.context, item.window, self.path),
            target=item.target,
            unit=unit,
            about=about(self.context, item, self.path),
            written=self._predictor(),
        )

    def _say(self, message: str, remedy: str, *at: str) -> None:
        self.context.say("E815", (*self.path, *at), message, remedy, of_key=True)

    def _source(self) -> None:
        """Where its values stand, and what goes with that."""
        item = self.item
        if bool(item.series) == (item.events is not None):
            if item.series:
                self._say("`series` and `events` stand together", "keep one of the two", "events")
            else:
                what = "nothing says where it stands in the ledger"
                self._say(what, "add `series: NAME`, or `events: {category: NAME}`")
            return
        if self.family == "hazard":
            if item.events is None:
                what = "a hazard is of the first of some events, and this is a series"
                self._say(what, "name `events:`, or use another likelihood", "series")
            for key in ("every", "aggregate"):
                if getattr(item, key) is not None:
                    what = f"a hazard is of a date and has no `{key}`"
                    self._say(what, f"remove `{key}`", key)
        elif item.events is not None and item.every is None:
            what = "nothing says by which period the events are counted"
            self._say(what, "add `every:`: month, quarter, year or fiscal year")
        elif item.events is None and item.every is not None:
            what = "`every` belongs to `events`: a series has periods of its own"
            self._say(what, "remove `every`", "every")

    def _scale(self) -> tuple[Expression, Dimension]:
        path = (*self.path, "scale")
        found = self.context.bound(self.item.scale, path)
        if found is None:
            return ZERO, units.ANY
        return initial(self.context, self.item.scale, path, found.dimension), found.dimension

    def _unit(self, predictor: Dimension) -> Unit:
        """The unit of the values, which the predictor must agree with."""
        written, at = self.item.unit, (*self.path, "unit")
        unit = self.context.unit(written, at) if written else Unit()
        if self.family == "hazard" and not written:
            unit = units.unit("1/year")
        wanted = units.dimension(unit)
        plain = "a plain number" if predictor == NONE else f"in {predictor}"
        if self.family == "hazard" and not (wanted == RATE and predictor.agrees(RATE)):
            what = f"a hazard is a rate per time, and this is {plain}"
            self.context.say("E502", (*self.path, "of"), what, "give a rate such as `EVENT.rate`")
        elif self.family and self.family not in _WITH_UNIT and wanted != NONE:
            what = f"the likelihood {self.family} is of plain numbers, and the unit is {quote(written)}"
            self.context.say("E502", at, what, "remove `unit`, and divide `of` by a quantity in it")
        elif not predictor.agrees(wanted):
            series = f"in {quote(written)}" if written else "in plain numbers"
            what = f"the record is {series}, and `of` (times `scale`) is {plain}"
            remedy = f"write `unit: {predictor}`, or divide `of` by a quantity in it"
            if predictor == NONE:
                remedy = "remove `unit`"
            if self.family and self.family not in _WITH_UNIT:
                remedy = "divide `of` by a quantity of the same unit"
            self.context.say("E502", (*self.path, "of"), what, remedy)
        return unit

    def _predictor(self) -> str:
        """The predictor as text."""
        item, text = self.item, said(self.item.of)
        if item.scale != 1:
            text = f"({said(item.scale)}) * ({text})"
        return f"{said(item.bias)} + {text}" if item.bias != 0 else text

    def _likelihood(self, wanted: Dimension) -> Likelihood:
        at: Path = (*self.path, "likelihood")
        if self.item.likelihood is None:
            what = "nothing says how the record scatters about it"
            remedy = f"add `likelihood:`, one of {', '.join(LIKELIHOODS)}"
            self.context.say("E814", self.path, what, remedy, of_key=True)
            return Likelihood("normal")
        written = self.item.likelihood.model_fields_set
        if not self.family:
            what = f"{' and '.join(sorted(written))} stand together" if written else "it is empty"
            self.context.say("E814", at, what, f"give exactly one of {', '.join(LIKELIHOODS)}")
            return Likelihood("normal")
        given = getattr(self.item.likelihood, self.family) or {}
        found = []
        for key in LIKELIHOODS[self.family]:
            if key not in given:
                what = f"the likelihood {self.family} needs `{key}`"
                remedy = f"add `{key}:`, a number or a formula over parameters"
                self.context.say("E814", (*at, self.family), what, remedy)
                continue
            found.append((key, self._argument(key, given[key], (*at, self.family, key), wanted)))
        told = ", ".join(f"{key} {_text(given[key])}" for key, _ in found)
        return Likelihood(self.family, tuple(found), f"{self.family} {told}".rstrip())

    def _argument(
        self, key: str, written: str | float | list[str | float], path: Path, wanted: Dimension
    ) -> tuple[Expression, ...]:
        expect = wanted if key in _LIKE_PREDICTOR else NONE
        listed = written if isinstance(written, list) else [written]
        if isinstance(written, list) != (key == "cuts"):
            remedy = "write a list, such as [0.5, 1.5]" if key == "cuts" else "write one formula"
            self.context.say(
                "E203", path, f"`{key}` is {'a list' if key == 'cuts' else 'one'}", remedy
            )
            return ()
        if not listed:
            self.context.say("E203", path, "there is no cut", "write [0.5], or use bernoulli")
        before = len(self.context.mistakes)
        parts = tuple(
            initial(self.context, one, (*path, index) if key == "cuts" else path, expect)
            for index, one in enumerate(listed)
        )
        if len(self.context.mistakes) > before:
            return parts
        numbers = [part.value for part in parts if isinstance(part, Number)]
        if key != "cuts" and any(number <= 0 for number in numbers):
            self.context.say("E204", path, f"`{key}` must be above 0", "write a number above 0")
        elif key == "cuts" and numbers != sorted(set(numbers)):
            self.context.say("E204", path, "cuts must rise", "put them in order")
        return parts

    def _lag(self) -> float:
        path = (*self.path, "lag")
        steps = self.context.steps(self.item.lag, path)
        return calendar.parse_duration(self.item.lag).years if steps else 0.0

    def _per(self) -> float:
        per = self.item.per
        if not 0 < per < math.inf:
            what = f"{per:g} is nothing to divide by"
            self.context.say("E204", (*self.path, "per"), what, "write a number above 0")
            return 1.0
        return per

    def _shifts(self, wanted: Dimension) -> Iterator[Shift]:
        for index, item in enumerate(self.item.breaks):
            path: Path = (*self.path, "breaks", index)
            since = day(self.context, item.from_, (*path, "from"))
            add = initial(self.context, item.add, (*path, "add"), wanted)
            told = about(self.context, item, path)
            if since is not None:
                yield Shift(since.isoformat(), add, told, said(item.add))


def _text(written: str | float | list[str | float]) -> str:
    """An argument of a likelihood as a model would write it."""
    if isinstance(written, list):
        return f"[{', '.join(map(said, written))}]"
    return said(written)


def _family(item: WrittenLikelihood | None) -> str:
    """The one family given; '' where there is none, or several."""
    given = sorted(item.model_fields_set) if item is not None else []
    return given[0] if len(given) == 1 else ""


def _picked(context: Context, item: WrittenPick | None, path: Path) -> Pick | None:
    """Which events of the ledger are meant; one that means all of them is noted."""
    found = pick(item)
    if found is not None and found == Pick(least=found.least):
        what = "nothing says which events are meant"
        context.say("E815", path, what, "add `category: NAME`, or `ids: [ID]`")
    return found


def _window(context: Context, written: list[str] | None, path: Path) -> tuple[str, str] | None:
    found = window(context, written, (*path, "window"))
    return (found[0].isoformat(), found[1].isoformat()) if found else None


# -- what the record gives ------------------------------------------------------------------------


def given(context: Context) -> tuple[Given, ...]:
    """The section ``given:``."""
    found = []
    for name, item in context.section("given").items():
        one = _given(context, name, item)
        if one is not None:
            found.append(one)
    return tuple(found)


def _given(context: Context, name: str, item: WrittenGiven) -> Given | None:
    path: Path = ("given", name)
    event = context.section("events").get(name)
    if event is None and name not in context.section("choices"):
        if not context.is_broken(name):
            _no_such(context, name, path)
        return None
    if event is not None and event.dates is not None:
        what = f"{quote(name)} is an event of the calendar, which happens in every future"
        context.say("E816", path, what, "remove it", of_key=True)
        return None
    _given_source(context, item, path, ("course",) if event is None else ("series", "events"))
    return Given(
        name=name,
        kind="choice" if event is None else "event",
        series=item.series,
        events=_picked(context, item.events, (*path, "events")),
        sizes=_sizes(context, item, path, event),
        course=item.course,
        window=_window(context, item.window, path),
        about=about(context, item, path),
    )


def _given_source(
    context: Context, item: WrittenGiven, path: Path, needed: tuple[str, ...]
) -> None:
    """Notes where what is given stands nowhere in the ledger, twice, or where it cannot."""
    written = [key for key in ("series", "events", "course") if getattr(item, key)]
    wrong = [key for key in written if key not in needed]
    named = " or ".join(f"`{key}`" for key in needed)
    for key in wrong:
        what = f"{'a choice' if 'course' in needed else 'an event'} has no `{key}`"
        context.say("E815", (*path, key), what, f"give {named} instead", of_key=True)
    if not written:
        what = "nothing says where it stands in the ledger"
        context.say("E815", path, what, f"add {named}", of_key=True)
    elif not wrong and len(written) > 1:
        what = "`series` and `events` stand together"
        context.say("E815", (*path, "events"), what, "keep one of the two", of_key=True)


def _no_such(context: Context, name: str, path: Path) -> None:
    known = [*context.section("events"), *context.section("choices")]
    remedy = suggest(name, known) or "name an event or a choice of this model"
    what = f"{quote(name)} is no event and no choice of this model"
    if name in context.section("levers"):
        what = f"{quote(name)} is a lever, not an event or a choice"
        remedy = "remove it: under the policy `as-it-happened` a lever follows the ledger's course of its name"
    context.say("E816", path, what, remedy, of_key=True)


def _sizes(
    context: Context, item: WrittenGiven, path: Path, event: object
) -> tuple[tuple[str, float], ...]:
    if not item.sizes:
        return ()
    at: Path = (*path, "sizes")
    mark = getattr(event, "mark", None)
    if mark is None or item.events is None:
        what = (
            "`sizes` are of `events`, by id"
            if mark is not None
            else f"{quote(path[1])} has no `mark`"
        )
        context.say("E815", at, what, "remove `sizes`", of_key=True)
        return ()
    for key, size in item.sizes.items():
        if not math.isfinite(size):
            context.say("E204", (*at, key), "a size is finite", "write a number")
        if item.events.ids and key not in item.events.ids:
            remedy = suggest(key, item.events.ids) or "add it to `ids`, or remove its size"
            context.say(
                "E815", (*at, key), f"{quote(key)} is not among the `ids`", remedy, of_key=True
            )
    own = unit_of(context, f"{path[1]}.magnitude")
    unit = context.quiet_unit(mark.unit) if mark.unit else own
    return tuple((key, size * unit.factor) for key, size in item.sizes.items())
