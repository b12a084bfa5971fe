"""The clock, and how large a model may be. Everything is counted before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from reassure.model import calendar
from reassure.model.checked import About, Model, Prior, Time, Unit
from reassure.model.checks.context import Context
from reassure.model.expression import Expression, Memory, memories
from reassure.model.mistakes import Fault
from reassure.model.written import Time as WrittenTime

MAX_STEPS = 100_000
MAX_REMEMBERED = 20_000
"""Values that all memories and delayed observations of a model hold together."""
MAX_WORK = 100_000_000
"""Parts of formulas times steps: what one future costs."""


def clock(context: Context, written: WrittenTime | None) -> Time:
    """The clock of the section ``time``; one of ten years where it has mistakes."""
    if written is None:
        return context.time
    try:
        start = calendar.parse_date(written.start)
    except Fault as fault:
        context.fault(fault, ("time", "start"))
        return context.time
    dt = calendar.DT[written.step]
    if (written.years is None) == (written.steps is None):
        what = "the run's length is given by either `years` or `steps`"
        context.say("E210", ("time",), what, "keep exactly one of the two")
        return context.time
    key = "steps" if written.years is None else "years"
    length = written.steps if written.years is None else written.years / dt
    if length is None or not math.isfinite(length) or round(length) < 1:
        context.say("E204", ("time", key), "a run has at least one step", "make it longer")
        return context.time
    if round(length) > MAX_STEPS:
        what = f"the run has {round(length):,} steps; the limit is {MAX_STEPS:,}"
        context.say("E901", ("time", key), what, "shorten it, or take a longer step")
        return context.time
    time = Time(start.isoformat(), written.step, dt, round(length))
    if start.year + time.years > 9990:
        context.say("E205", ("time", key), "the run ends after the year 9990", "shorten it")
        return context.time
    if abs(length - time.steps) > 1e-6 * max(1.0, length) and written.step in (
        "month",
        "quarter",
        "year",
    ):
        what = f"{written.years:g} years are {length:g} steps of a {written.step}"
        context.say("E204", ("time", key), what, "make it a whole number of steps")
    context.clock_known = True
    return time


def check_budget(context: Context, model: Model) -> None:
    """Refuses a model that would need more memory or work than the limits."""
    remembered = sum(max(node.steps, node.order) for node in dict.fromkeys(_memories(model)))
    remembered += sum(seen.delay_steps for seen in model.observations)
    if remembered > MAX_REMEMBERED:
        what = f"memories and delays hold {remembered:,} values; the limit is {MAX_REMEMBERED:,}"
        context.say("E901", (), what, "shorten delays, or use smooth(x, tau)")
    work = context.nodes * model.time.steps
    if work > MAX_WORK:
        what = f"a future takes {work:,} operations; the limit is {MAX_WORK:,}"
        context.say("E901", ("time",), what, "take a longer step, or fewer elements")


def _memories(model: Model) -> Iterator[Memory]:
    for formula in formulas(model):
        yield from memories(formula)


def formulas(part: object) -> Iterator[Expression]:
    """Every formula in a model or a part of one."""
    if isinstance(part, Expression):
        yield part
    elif isinstance(part, str | float | int | None | About | Prior | Unit):
        return
    elif is_dataclass(part):
        for field in fields(part):
            yield from formulas(getattr(part, field.name))
    elif isinstance(part, tuple):
        yield from _each(part)


def _each(parts: Iterable[object]) -> Iterator[Expression]:
    for part in parts:
        yield from formulas(part)
