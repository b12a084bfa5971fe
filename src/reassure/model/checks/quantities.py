"""What moves by itself: parameters, stocks, auxiliaries, noise, events."""

from __future__ import annotations

import math
import re
from typing import Any

from reassure.model import calendar
from reassure.model.checked import (
    Auxiliary,
    Correlation,
    Event,
    Mark,
    Noise,
    Parameter,
    Stock,
    Unit,
)
from reassure.model.checks.about import about, actor, observable
from reassure.model.checks.context import NONE, Context, OverBudget, Path, said
from reassure.model.checks.initial import initial
from reassure.model.checks.names import mark_formula, unit_of
from reassure.model.correlation import check_correlations
from reassure.model.expression import ONE, ZERO, Expression, Number
from reassure.model.formula import TIME, Dimension
from reassure.model.mistakes import Fault, quote, suggest
from reassure.model.priors import PriorError, resolve
from reassure.model.units import dimension
from reassure.model.yaml_source import Node

RATE = NONE / TIME
MAX_CORRELATIONS = 100
MAX_SOLVED = 250
_QUANTILE = re.compile(r"p\d")
_EXPLICIT = ("normal", "lognormal", "uniform", "half_normal")  # quantiles give these at once


def parameters(context: Context) -> tuple[Parameter, ...]:
    """The section ``parameters:``."""
    found = []
    solved = 0
    for name, item in context.section("parameters").items():
        path: Path = ("parameters", name)
        solved += _solved(context.root.find((*path, "prior")))
        if solved > MAX_SOLVED:
            what = f"more than {MAX_SOLVED} priors must be solved for from their quantiles"
            raise OverBudget((*path, "prior"), what)
        unit = context.unit(item.unit, (*path, "unit"))
        written = context.root.find((*path, "prior")).plain()
        try:
            prior = resolve(written)
        except Fault as fault:
            inner = fault.field if isinstance(fault, PriorError) else ()
            context.fault(fault, (*path, "prior", *inner))
            context.broken.add(name)
            continue
        found.append(Parameter(name, prior, unit, about(context, item, path)))
    return tuple(found)


def _solved(node: Node) -> int:
    """How many distributions in a prior have to be solved for, which takes time."""
    if isinstance(node.value, tuple):
        return sum(map(_solved, node.value))
    found = 0
    for key, entry in node.entries.items():
        found += key not in _EXPLICIT and any(map(_QUANTILE.match, entry.node.entries))
        found += _solved(entry.node)
    return found


def correlations(context: Context, known: tuple[Parameter, ...]) -> tuple[Correlation, ...]:
    """The section ``correlate:``."""
    names = [parameter.name for parameter in known]
    found, where = [], []
    if len(context.section("correlate")) > MAX_CORRELATIONS:
        what = f"more than {MAX_CORRELATIONS} correlations"
        context.say("E901", ("correlate",), what, "keep those that matter")
        return ()
    for index, item in context.section("correlate").items():
        path: Path = ("correlate", int(index))
        for place, name in enumerate(item.between):
            if name not in context.section("parameters") and not context.is_broken(name):
                what = f"{quote(name)} is not a parameter"
                context.say("E301", (*path, "between", place), what, suggest(name, names) or None)
        first, second = item.between
        found.append(Correlation(first, second, item.rho, about(context, item, path)))
        where.append(path)
    for position, fault in check_correlations(found, known):
        context.fault(fault, (*where[position], "rho"))
    return tuple(found)


def stocks(context: Context) -> tuple[Stock, ...]:
    """The section ``stocks:``."""
    found = []
    for name, item in context.section("stocks").items():
        path: Path = ("stocks", name)
        unit = context.unit(item.unit, (*path, "unit"))
        own = context.dimensions.get(name, NONE)
        low, high = item.bounds or (-math.inf, math.inf)
        if not low < high:
            context.say(
                "E204", (*path, "bounds"), f"{low:g} is not below {high:g}", "write [low, high]"
            )
        begins = initial(context, item.initial, (*path, "initial"), own)
        if isinstance(begins, Number) and low < high:
            size = begins.value / unit.factor
            if not low - 1e-12 * abs(low) <= size <= high + 1e-12 * abs(high):
                what = f"{size:g} is outside the bounds {low:g} to {high:g}"
                context.say("E204", (*path, "initial"), what, "stay within `bounds`")
        change = context.formula(item.change, (*path, "change"), expect=own / TIME)
        jump = context.formula(item.jump, (*path, "jump"), expect=own)
        found.append(
            Stock(
                name=name,
                initial=begins,
                change=change or ZERO,
                jump=jump or ZERO,
                low=low * unit.factor,
                high=high * unit.factor,
                unit=unit,
                written=said(item.change),
                observable=observable(context, item.observable, path, unit.factor),
                about=about(context, item, path),
            )
        )
    return tuple(found)


def auxiliaries(context: Context) -> tuple[tuple[Auxiliary, ...], tuple[Noise, ...]]:
    """The section ``auxiliaries:``: formulas, and noise."""
    formulas: list[Auxiliary] = []
    noises: list[Noise] = []
    for name, item in context.section("auxiliaries").items():
        path: Path = ("auxiliaries", name)
        own = context.dimensions.get(name, NONE)
        if (item.formula is None) == (item.noise is None):
            what = "an auxiliary has either a `formula` or a `noise`"
            context.say("E210", path, what, "keep exactly one of the two")
        unit = unit_of(context, name)
        if item.unit is not None:
            unit = context.unit(item.unit, (*path, "unit"))
        seen = observable(context, item.observable, path, unit.factor)
        told = about(context, item, path)
        if item.noise is None:
            for key in ("scale", "memory"):
                if getattr(item, key) is not None:
                    context.say(
                        "E210", (*path, key), f"`{key}` belongs to noise", f"remove `{key}`"
                    )
            bound = context.formula(item.formula, (*path, "formula"), expect=own)
            formulas.append(
                Auxiliary(name, bound or ZERO, unit, said(item.formula or 0.0), seen, told)
            )
        else:
            noises.append(
                _noise(
                    context, item, path, own, Noise(name, item.noise, ONE, None, unit, seen, told)
                )
            )
    return tuple(formulas), tuple(noises)


def _noise(context: Context, item: Any, path: Path, own: Dimension, start: Noise) -> Noise:
    scale: Expression | None = ONE
    if item.scale is not None:
        scale = context.formula(item.scale, (*path, "scale"), expect=own)
    elif not own.agrees(NONE):
        context.say("E202", path, "`scale` is missing: the noise has a unit", "add `scale:`")
    memory = context.time_constant(item.memory, (*path, "memory"))
    if (item.noise == "ar1") != (item.memory is not None):
        what = "`memory` belongs to `ar1` noise, and only to it"
        context.say("E210", path, what, "add `memory:`, or choose another kind")
    return Noise(
        start.name, start.kind, scale or ONE, memory, start.unit, start.observable, start.about
    )


def events(context: Context) -> tuple[Event, ...]:
    """The section ``events:``."""
    found = []
    for name, item in context.section("events").items():
        path: Path = ("events", name)
        unit = context.unit(item.unit, (*path, "unit"))
        given = [key for key in ("rate", "probability", "dates") if getattr(item, key) is not None]
        if len(given) != 1:
            what = (
                "nothing drives the event" if not given else f"{' and '.join(given)} both drive it"
            )
            context.say("E706", path, what)
        kind = given[0] if given else "rate"
        driver: Expression | None = ZERO
        steps: tuple[int, ...] = ()
        written = ""
        if kind == "dates":
            steps = _dates(context, item.dates, (*path, "dates"))
        elif given:
            expect = dimension(unit) if kind == "rate" else NONE
            if kind == "rate" and expect != RATE:
                context.say(
                    "E502", (*path, "unit"), f"a rate is a number per time, not in {expect}"
                )
            driver = context.formula(getattr(item, kind), (*path, kind), expect=expect)
            if kind == "rate":
                context.within(driver, (*path, kind), 0, math.inf, "a rate is not below 0")
            else:
                context.within(driver, (*path, kind), 0, 1, "this is not a probability")
            written = said(getattr(item, kind))
        found.append(
            Event(
                name=name,
                actor=actor(context, item.actor, (*path, "actor"), needed=False),
                kind="calendar" if kind == "dates" else "rate" if kind == "rate" else "probability",
                driver=driver or ZERO,
                cap=item.cap,
                mark=_mark(context, item, path),
                unit=unit if kind == "rate" else Unit(),
                steps=steps,
                written=written,
                observable=observable(context, item.observable, path, 1.0),
                about=about(context, item, path),
            )
        )
    return tuple(found)


def _dates(context: Context, dates: Any, path: Path) -> tuple[int, ...]:
    if isinstance(dates, list):
        found: dict[int, None] = {}
        for index, text in enumerate(dates):
            step = context.date(text, (*path, index))
            if step in found and context.clock_known:
                what = f"{quote(text)} falls in the same step as a date before"
                context.say("E205", (*path, index), what, "keep one of the two")
            if step is not None:
                found[step] = None
        if not dates:
            context.say("E205", path, "there is no date", "write [2007-12], or remove the event")
        return tuple(sorted(found))
    for key in ("first", "last"):
        text = getattr(dates, key)
        if text is not None:
            try:
                calendar.parse_date(text)
            except Fault as fault:
                context.fault(fault, (*path, key))
                return ()
    try:
        every = calendar.parse_duration(dates.every)
        steps = calendar.recurring(context.time, dates.first, every, dates.last)
    except Fault as fault:
        context.fault(fault, (*path, "every"))
        return ()
    if not steps:
        what = "none of these dates falls in the run"
        context.say("E205", path, what, "change the dates, or `time:`")
    return steps


_MARKS = {
    "uniform": ("low", "high"),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sigma"),
    "exponential": ("mean",),
}


_POSITIVE = (("normal", "sd"), ("lognormal", "median"), ("lognormal", "sigma"),
             ("exponential", "mean"))  # fmt: skip


def _mark(context: Context, item: Any, path: Path) -> Mark | None:
    mark = item.mark
    if mark is None:
        return None
    path = (*path, "mark")
    given = [family for family in (*_MARKS, "discrete") if getattr(mark, family) is not None]
    if len(given) != 1:
        what = f"a mark is one of {', '.join((*_MARKS, 'discrete'))}"
        context.say("E210", path, what, "keep exactly one")
        return None
    own = context.dimensions.get(f"{path[1]}.magnitude", NONE)
    unit = unit_of(context, f"{path[1]}.magnitude")
    if mark.unit:
        unit = context.unit(mark.unit, (*path, "unit"))
    family = given[0]
    if family == "discrete":
        return _discrete(context, mark.discrete, path, unit.factor)
    values = mark.uniform if family == "uniform" else getattr(mark, family)
    keys = _MARKS[family]
    parts: list[Expression] = []
    for position, key in enumerate(keys):
        at: str | int = position if family == "uniform" else key
        if family != "uniform" and key not in values:
            context.say("E202", (*path, family), f"`{key}` is missing", f"add `{key}:`")
            continue
        expect = NONE if key == "sigma" else own
        part = context.formula(values[at], (*path, family, at), expect=expect) or ONE
        if (family, key) in _POSITIVE and isinstance(part, Number) and part.value <= 0:
            what = f"the {key} of a mark must be above 0"
            context.say("E602", (*path, family, at), what, "write a number above 0")
        parts.append(part)
    first, second = (*parts, ZERO, ZERO)[:2]
    match family, first, second:
        case "uniform", Number(low), Number(high) if low >= high:
            what = "the lowest mark does not lie below the highest"
            context.say("E602", (*path, family), what, "exchange them")
    match family:
        case "uniform" | "normal" | "lognormal" | "exponential":
            return Mark(family, first, second)
    return None


def _discrete(context: Context, table: dict[str, float], path: Path, factor: float) -> Mark | None:
    values: list[float] = []
    for text in table:
        try:
            values.append(float(text) * factor)
        except ValueError:
            what = f"{quote(text)} is not a number"
            context.say(
                "E203", (*path, "discrete", text), what, "write {1: 0.7, 5: 0.3}", of_key=True
            )
    weights = list(table.values())
    wrong = (
        not weights
        or any(not 0 <= w < math.inf for w in weights)
        or not 0 < sum(weights) < math.inf
    )
    if wrong or len(values) != len(weights) or any(not math.isfinite(v) for v in values):
        if wrong or len(values) == len(weights):
            what = "weights are 0 or more, with a positive sum, and values are finite"
            context.say("E204", (*path, "discrete"), what)
        return None
    total = sum(weights)
    return Mark("discrete", ZERO, ZERO, tuple(values), tuple(w / total for w in weights))


__all__ = ["auxiliaries", "correlations", "events", "mark_formula", "parameters", "stocks"]
