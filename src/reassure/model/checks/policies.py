"""Policies: what each lever is set to, and what a rule may read.

A rule reads what its lever's actor could observe: quantities declared ``observable:`` to that
actor, the beliefs it holds, its own choices and its own levers, and the clock. Parameters are facts
of the world that nobody knows. A clairvoyant policy reads everything, and every report says so.
"""

from __future__ import annotations

from typing import Any

from reassure.model.checked import Constant, Lever, Observation, Policy, Rule, Schedule, Setting
from reassure.model.checks.about import about, actor
from reassure.model.checks.context import NONE, Context, Path, said
from reassure.model.checks.initial import substitute
from reassure.model.expression import Expression, Number, Ref, references
from reassure.model.mistakes import Fault, quote, suggest, without_percent
from reassure.model.units import unit


def policies(
    context: Context, levers: tuple[Lever, ...]
) -> tuple[tuple[Policy, ...], tuple[Observation, ...]]:
    """The section ``policies:``, and what its rules observe."""
    known = {lever.name: lever for lever in levers}
    seen: dict[str, Observation] = {}
    found = []
    for name, item in context.section("policies").items():
        path: Path = ("policies", name)
        whose = actor(context, item.actor, (*path, "actor"), needed=False)
        settings: list[tuple[str, Setting]] = []
        for key in item.set:
            at: Path = (*path, "set", key)
            lever = known.get(context.canonical(key, path))
            if lever is None:
                if not context.is_broken(key):
                    what = f"{quote(key)} is not a lever"
                    context.say("E301", at, what, suggest(key, known) or None, of_key=True)
                continue
            if whose and lever.actor != whose:
                what = f"{quote(key)} is a lever of {lever.actor}, and the policy is {whose}'s"
                context.say("E702", at, what, of_key=True)
            setting = _setting(context, lever, item.set[key], at, item.clairvoyant, seen)
            if setting is not None:
                settings.append((lever.name, setting))
        found.append(Policy(name, tuple(settings), item.clairvoyant, about(context, item, path)))
    return tuple(found), tuple(seen.values())


def value_of(context: Context, lever: Lever, written: Any, path: Path) -> float | None:
    """A lever's value as written, in internal units; None where it is none, which is then noted."""
    if lever.options:
        if isinstance(written, str) and written in lever.options:
            return float(lever.options.index(written))
        remedy = suggest(str(written), lever.options) or f"one of {', '.join(lever.options[:20])}"
        context.say(
            "E304", path, f"{quote(written)} is not an option of {quote(lever.name)}", remedy
        )
        return None
    if isinstance(written, bool) or not isinstance(written, int | float):
        context.say("E203", path, "a number belongs here", without_percent(written))
        return None
    low, high = lever.low / lever.unit.factor, lever.high / lever.unit.factor
    if not low - 1e-12 * abs(low) <= written <= high + 1e-12 * abs(high):
        what = (
            f"{float(written):g} is outside the range of {quote(lever.name)}, {low:g} to {high:g}"
        )
        context.say("E701", path, what)
        return None
    return min(max(float(written) * lever.unit.factor, lever.low), lever.high)


def _setting(
    context: Context,
    lever: Lever,
    written: Any,
    path: Path,
    clairvoyant: bool,
    seen: dict[str, Observation],
) -> Setting | None:
    if isinstance(written, dict) and "rule" in written:
        if len(written) > 1:
            other = next(key for key in written if key != "rule")
            what = f"a rule stands alone, without {quote(other)}"
            context.say("E201", (*path, other), what, f"remove {quote(other)}", of_key=True)
        return _rule(context, lever, written["rule"], (*path, "rule"), clairvoyant, seen)
    if isinstance(written, dict):
        return _schedule(context, lever, written, path)
    if isinstance(written, str) and written not in lever.options:
        if lever.options and written.isidentifier():
            value_of(context, lever, written, path)
            return None
        return _rule(context, lever, written, path, clairvoyant, seen)
    value = value_of(context, lever, written, path)
    return None if value is None else Constant(value)


def _schedule(
    context: Context, lever: Lever, written: dict[str, Any], path: Path
) -> Schedule | None:
    found: dict[int, float] = {}
    for date, item in written.items():
        node = context.root.find(path).entries.get(date)
        step = None
        try:
            step = context.step(date)
        except Fault as fault:
            place = node.place if node else context.place(path)
            context.fault_at(fault, place, (*path, date))
        value = value_of(context, lever, item, (*path, date))
        if step is None or value is None:
            continue
        if step in found and context.clock_known:
            what = f"{quote(date)} falls in the same step as the date before"
            context.say("E205", (*path, date), what, "keep one of the two", of_key=True)
        found[step] = value
    if not found:
        if not written:
            context.say("E203", path, "a schedule needs at least one date", "write {2007-02: 0.5}")
        return None
    found.setdefault(0, lever.default)
    steps = tuple(sorted(found))
    return Schedule(steps, tuple(found[step] for step in steps))


def _rule(
    context: Context,
    lever: Lever,
    written: Any,
    path: Path,
    clairvoyant: bool,
    seen: dict[str, Observation],
) -> Rule | None:
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        context.say("E203", path, "a formula belongs here")
        return None
    expect = context.dimensions.get(lever.name, NONE)
    bound = context.bound(written, path, expect=expect, options=lever.options)
    if bound is None:
        return None
    formula = bound.expression
    if isinstance(formula, Number) and not lever.low <= formula.value <= lever.high:
        what = f"{quote(said(written))} is outside what {quote(lever.name)} can be"
        context.say("E701", path, what)
    if not clairvoyant:
        formula = _observed(context, lever, formula, str(written), path, seen)
    return Rule(formula, said(written))


def _observed(
    context: Context,
    lever: Lever,
    formula: Expression,
    text: str,
    path: Path,
    seen: dict[str, Observation],
) -> Expression:
    by: dict[str, Expression] = {}
    for name in sorted(references(formula)):
        if name == "time" or context.is_broken(name) or _own(context, lever, name):
            continue
        observation = _observation(context, lever.actor, name)
        if observation is None:
            what = f"{lever.actor} cannot see {quote(name)}"
            if name in context.section("parameters"):
                what += ", a parameter: nobody knows its value"
            remedy = None
            if name.partition(".")[0] in context.section("games"):
                remedy = "read an auxiliary made of it, which can be `observable:`"
            offset = max(text.find(name.partition("[")[0].partition(".")[0]), 0)
            context.fault(Fault("E705", what, remedy, offset), path)
        else:
            seen[observation.name] = observation
            by[name] = Ref(observation.name)
    return substitute(formula, by) if by else formula


def _own(context: Context, lever: Lever, name: str) -> bool:
    """Whether a name is the actor's own belief, choice or lever."""
    stem = name.partition(".")[0]
    for section, key in (("levers", "actor"), ("beliefs", "holder"), ("choices", "actor")):
        element = context.section(section).get(stem)
        if element is not None and getattr(element, key) == lever.actor:
            return True
    return False


def _observation(context: Context, code: str, name: str) -> Observation | None:
    """What the actor sees of a quantity declared observable; None where it sees nothing."""
    stem, _, part = name.partition(".")
    for section in ("levers", "events", "stocks", "beliefs", "choices", "auxiliaries"):
        element = context.section(section).get(stem)
        if element is None or element.observable is None:
            continue
        hidden = part in ("rate", "probability", "ordered", "cost") or part.startswith(
            "probability."
        )
        by = element.observable.by
        if hidden or (code not in by and by != ["all"]):
            return None
        delay = context.quiet_steps(element.observable.delay)
        return Observation(name, code, delay, element.observable.noise * _factor(element, section))
    return None


def _factor(element: Any, section: str) -> float:
    """The size of the unit in which the error of an observation is written."""
    text = (
        getattr(element, "unit", None) if section in ("levers", "stocks", "auxiliaries") else None
    )
    try:
        return unit(text).factor if text else 1.0
    except Fault:
        return 1.0
