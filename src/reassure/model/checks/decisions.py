"""What actors hold and do: levers, beliefs, choices."""

from __future__ import annotations

import math
from typing import Any

from reassure.model.checked import Belief, Choice, Evidence, Lever, Option, Unit
from reassure.model.checks.about import about, actor, observable
from reassure.model.checks.context import NONE, Context, Path, said
from reassure.model.checks.game_lessons import is_a_move, learnt_once, lesson
from reassure.model.checks.initial import initial
from reassure.model.checks.names import unit_of
from reassure.model.expression import ONE, ZERO
from reassure.model.formula import TIME, name_problem
from reassure.model.mistakes import Fault, quote, suggest, without_percent

RATE = NONE / TIME


def levers(context: Context) -> tuple[Lever, ...]:
    """The section ``levers:``."""
    found = []
    for name, item in context.section("levers").items():
        path: Path = ("levers", name)
        if (item.range is None) == (item.options is None):
            what = "a lever has either a `range` or `options`"
            context.say("E210", path, what, "keep exactly one of the two")
        unit = context.unit(item.unit, (*path, "unit"))
        if item.options is not None:
            low, high, default = _named(context, item, path)
            for key in ("lag", "slippage"):
                if getattr(item, key) is not None:
                    what = f"a lever with options has no {key}"
                    context.say("E210", (*path, key), what, f"remove `{key}`")
            if unit.dimension or unit.factor != 1.0:
                what = "a lever with options has no unit"
                context.say("E210", (*path, "unit"), what, "remove `unit`")
            unit = Unit()
        else:
            low, high, default = (value * unit.factor for value in _range(context, item, path))
        cost_unit = unit_of(context, f"{name}.cost")
        if item.cost_unit:
            cost_unit = context.unit(item.cost_unit, (*path, "cost_unit"))
        found.append(
            Lever(
                name=name,
                actor=actor(context, item.actor, (*path, "actor")),
                low=low,
                high=high,
                default=default,
                unit=unit,
                options=tuple(item.options or ()),
                cost=context.formula(
                    item.cost, (*path, "cost"), expect=context.dimensions.get(f"{name}.cost")
                ),
                cost_unit=cost_unit if item.cost is not None else Unit(),
                lag=context.time_constant(item.lag, (*path, "lag")),
                slippage=context.within(
                    context.formula(item.slippage, (*path, "slippage"), expect=NONE),
                    (*path, "slippage"),
                    0,
                    1,
                    "slippage is a share of what is ordered",
                ),
                observable=observable(context, item.observable, path, unit.factor),
                about=about(context, item, path),
            )
        )
    return tuple(found)


def _named(context: Context, item: Any, path: Path) -> tuple[float, float, float]:
    _option_names(context, item.options, (*path, "options"))
    default = item.default
    if default not in item.options:
        remedy = suggest(str(default), item.options) or f"one of {', '.join(item.options[:20])}"
        what = f"{quote(default)} is not an option of this lever"
        context.say("E304", (*path, "default"), what, remedy)
        return 0.0, float(len(item.options) - 1), 0.0
    return 0.0, float(len(item.options) - 1), float(item.options.index(default))


def _range(context: Context, item: Any, path: Path) -> tuple[float, float, float]:
    low, high = item.range or (0.0, 1.0)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        what = f"{low:g} to {high:g} is no range"
        context.say("E204", (*path, "range"), what, "write [low, high], both finite")
        low, high = 0.0, 1.0
    default = item.default
    if isinstance(default, bool) or not isinstance(default, int | float):
        context.say("E203", (*path, "default"), "a number belongs here", without_percent(default))
        return low, high, low
    if item.range is not None and not low <= default <= high:
        what = f"{default:g} is outside the range {low:g} to {high:g}"
        context.say("E204", (*path, "default"), what, "stay in the range")
        return low, high, low
    return low, high, float(default)


def _option_names(context: Context, options: Any, path: Path) -> None:
    seen: set[str] = set()
    for index, option in enumerate(options):
        at: Path = (*path, option) if isinstance(options, dict) else (*path, index)
        problem = name_problem(option)
        if problem is None and option in ("ordered", "cost", "probability"):
            problem = "is the name of a part"
        if problem is not None:
            context.say("E206", at, f"{quote(option)} {problem}", of_key=True)
        elif option in seen:
            context.say("E209", at, f"{quote(option)} is an option twice", "remove one")
        seen.add(option)


def beliefs(context: Context) -> tuple[Belief, ...]:
    """The section ``beliefs:``."""
    found = []
    for name, item in context.section("beliefs").items():
        path: Path = ("beliefs", name)
        of = context.canonical(item.about, path)
        if of and of not in context.section("beliefs") and not context.is_broken(of):
            remedy = suggest(of, context.section("beliefs")) or None
            context.say("E301", (*path, "about"), f"{quote(of)} is not a belief", remedy)
        if of == name:
            context.say("E805", (*path, "about"), "a belief is not about itself", "name another's")
        if item.rest is not None and item.fades is None:
            what = "nothing returns to `rest` without `fades`"
            context.say("E202", (*path, "rest"), what, "add `fades:`, or remove `rest`")
        if not 0 < item.bound <= 50:
            context.say("E204", (*path, "bound"), "the bound of log-odds is above 0 and at most 50")
        for key in ("prior", "rest"):
            value = getattr(item, key)
            if isinstance(value, float) and not 0 < value < 1:
                what = f"{value:g} is not a probability between 0 and 1"
                remedy = "certainty never moves: write 0.01 or 0.99"
                if 1 < value <= 100:
                    remedy = f"{value:g} percent is {value / 100:g}"
                    remedy += ", and certainty never moves: write 0.99" if value == 100 else ""
                context.say("E204", (*path, key), what, remedy)
        found.append(
            Belief(
                name=name,
                holder=actor(context, item.holder, (*path, "holder")),
                initial=initial(context, item.prior, (*path, "prior"), NONE),
                rest=context.formula(item.rest, (*path, "rest"), expect=NONE),
                fades=context.time_constant(item.fades, (*path, "fades")),
                evidence=learnt_once(
                    context,
                    tuple(
                        _evidence(context, key, piece, (*path, "evidence", key))
                        for key, piece in item.evidence.items()
                    ),
                    path,
                ),
                that=item.that,
                about_belief=of,
                bound=item.bound,
                observable=observable(context, item.observable, path, 1.0),
                about=about(context, item, path),
            )
        )
    return tuple(found)


def _evidence(context: Context, key: str, item: Any, path: Path) -> Evidence:
    told = about(context, item, path)
    if item.game or item.shows:
        return Evidence(key, "game", "", ZERO, "", told, lesson(context, item, path))
    if item.rate is not None:
        if item.weight is not None or item.event:
            what = "evidence has either a `weight` for each event or a `rate`"
            context.say("E210", path, what, "keep exactly one of the two")
        weight = context.formula(item.rate, (*path, "rate"), expect=RATE)
        return Evidence(key, "flow", "", weight or ZERO, said(item.rate), told)
    event = context.canonical(item.event or key, path)
    events = context.section("events")
    if event in context.absent:
        context.fault(Fault("E714", *context.absent[event]), (*path, "event"))
    elif event not in events and not is_a_move(context, event) and not context.is_broken(event):
        at: Path = (*path, "event") if item.event else path
        what = f"{quote(event)} is not an event"
        remedy = suggest(event, events) or "name one with `event:`, or give a `rate:`"
        context.say("E301", at, what, remedy, of_key=not item.event)
    if item.weight is None:
        context.say("E202", path, "`weight` is missing", "add `weight:` or `rate:`", of_key=True)
    weight = context.formula(item.weight, (*path, "weight"), expect=NONE)
    return Evidence(key, "event", event, weight or ZERO, said(item.weight or 0.0), told)


def choices(context: Context) -> tuple[Choice, ...]:
    """The section ``choices:``."""
    found = []
    for name, item in context.section("choices").items():
        path: Path = ("choices", name)
        names = list(item.options)
        _option_names(context, item.options, (*path, "options"))
        if item.initial not in names:
            remedy = suggest(item.initial, names) or f"one of {', '.join(names[:20])}"
            what = f"{quote(item.initial)} is not an option of this choice"
            context.say("E304", (*path, "initial"), what, remedy)
        rationality = context.within(
            context.formula(item.rationality, (*path, "rationality"), expect=NONE),
            (*path, "rationality"), 0, math.inf, "below 0 the worse options are preferred",
        )  # fmt: skip
        found.append(
            Choice(
                name=name,
                actor=actor(context, item.actor, (*path, "actor")),
                options=tuple(
                    _option(context, key, option, names, (*path, "options", key))
                    for key, option in item.options.items()
                ),
                initial=names.index(item.initial) if item.initial in names else 0,
                every=max(1, context.steps(item.every, (*path, "every"))),
                offset=context.steps(item.offset, (*path, "offset")),
                rationality=rationality or ONE,
                when=context.formula(item.when, (*path, "when"), truth=True),
                observable=observable(context, item.observable, path, 1.0),
                about=about(context, item, path),
            )
        )
    return tuple(found)


def _option(context: Context, name: str, item: Any, names: list[str], path: Path) -> Option:
    if item.then and not item.irreversible:
        what = "`then` belongs to an irreversible option"
        context.say("E210", (*path, "then"), what, "add `irreversible: true`, or remove `then`")
    for index, following in enumerate(item.then):
        if following not in names:
            remedy = suggest(following, names) or f"one of {', '.join(names[:20])}"
            what = f"{quote(following)} is not an option of this choice"
            context.say("E304", (*path, "then", index), what, remedy)
    utility = context.formula(item.utility, (*path, "utility"), expect=NONE)
    return Option(
        name=name,
        utility=utility or ZERO,
        requires=context.formula(item.requires, (*path, "requires"), truth=True),
        irreversible=item.irreversible,
        then=tuple(item.then),
        written=said(item.utility),
        about=about(context, item, path),
    )
