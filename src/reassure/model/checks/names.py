"""Names: everything that a formula may read, with its dimension.

A unit may be left out of an auxiliary, a noise, a lever's cost and an event's marks: it then
follows from the formula. Formulas without a unit are bound in the order in which they need each
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reassure.model import units
from reassure.model.checked import Unit
from reassure.model.checks.context import ANY, NONE, Context, Path, said
from reassure.model.checks.game_names import check_game_names, named
from reassure.model.checks.shapes import QUANTITIES
from reassure.model.formula import Dimension, FormulaError, parse
from reassure.model.mistakes import Fault, quote
from reassure.model.sets import split


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A name whose dimension follows from a formula."""

    name: str
    formula: str | float
    path: Path


def collect(context: Context) -> None:
    """Fills ``context.dimensions`` and ``context.options``."""
    check_game_names(context)
    _twice(context)
    unknown: dict[str, _Unknown] = {}
    for section in QUANTITIES:
        for name, element in context.section(section).items():
            for read, dimension in _NAMES[section](context, name, element):
                if isinstance(dimension, _Unknown):
                    unknown[read] = dimension
                    context.dimensions[read] = ANY
                else:
                    context.dimensions[read] = dimension
    _broken_options(context)
    _infer(context, unknown)


def unit_of(context: Context, name: str) -> Unit:
    """The unit of a name whose unit was left out: its dimension in base units."""
    dimension = context.dimensions.get(name, NONE)
    return unit_in(dimension)


def unit_in(dimension: Dimension) -> Unit:
    """A dimension as a unit: years, and base units otherwise."""
    if dimension.powers is None or not dimension.powers:
        return Unit()
    text = str(dimension)
    try:
        return units.unit(text)
    except Fault:  # a root of a unit has no text of its own
        return Unit(text, 1.0, text)


def _twice(context: Context) -> None:
    seen: dict[str, str] = {}
    for section in (*QUANTITIES, "sets"):
        node = context.root.get(section)
        for name in node.entries if node else ():
            if name in seen:
                what = f"{quote(name)} is already the name of an element of {seen[name]}"
                context.say("E209", (section, name), what, of_key=True)
            else:
                seen[name] = section
    aliases: dict[str, str] = {}
    for section in QUANTITIES:
        for name, element in context.section(section).items():
            alias = context.alias(element.alias, (section, name))
            if not alias:
                continue
            if (alias in seen and alias != name) or alias in aliases:
                what = f"the alias {quote(alias)} is taken"
                context.say("E209", (section, name, "alias"), what, "choose another alias")
            aliases[alias] = name


_Named = Iterator[tuple[str, "Dimension | _Unknown"]]


def _dimension(context: Context, text: str, path: Path) -> Dimension:
    """The dimension of a unit's text; anything where it has a mistake (told where the unit is
    read).
    """
    try:
        return units.dimension(text)
    except Fault:
        return ANY


def _parameter(context: Context, name: str, element: Any) -> _Named:
    yield name, _dimension(context, element.unit, ("parameters", name, "unit"))


def _lever(context: Context, name: str, element: Any) -> _Named:
    path: Path = ("levers", name)
    own = NONE if element.options else _dimension(context, element.unit, (*path, "unit"))
    yield name, own
    yield f"{name}.ordered", own
    if element.options:
        context.options[name] = context.options[f"{name}.ordered"] = tuple(element.options)
    if element.cost is not None and element.cost_unit:
        yield f"{name}.cost", _dimension(context, element.cost_unit, (*path, "cost_unit"))
    elif element.cost is not None:
        yield f"{name}.cost", _Unknown(f"{name}.cost", element.cost, (*path, "cost"))


def _event(context: Context, name: str, element: Any) -> _Named:
    path: Path = ("events", name)
    yield name, NONE
    mark = element.mark
    if mark is None:
        yield f"{name}.magnitude", NONE
    elif mark.unit:
        yield f"{name}.magnitude", _dimension(context, mark.unit, (*path, "mark", "unit"))
    elif mark.discrete is not None:
        yield f"{name}.magnitude", NONE
    else:
        formula, inner = mark_formula(element)
        yield f"{name}.magnitude", _Unknown(f"{name}.magnitude", formula, (*path, "mark", *inner))
    if element.rate is not None:
        yield f"{name}.rate", _dimension(context, element.unit, (*path, "unit"))
    if element.probability is not None:
        yield f"{name}.probability", NONE


def mark_formula(element: Any) -> tuple[str | float, Path]:
    """The formula that a mark takes its unit from, and where it stands below ``mark``."""
    mark = element.mark
    if mark.uniform is not None:
        return mark.uniform[0], ("uniform", 0)
    for family, key in (("normal", "mean"), ("lognormal", "median"), ("exponential", "mean")):
        values: Mapping[str, str | float] | None = getattr(mark, family)
        if values is not None and key in values:
            return values[key], (family, key)
    return 1.0, ()


def _stock(context: Context, name: str, element: Any) -> _Named:
    yield name, _dimension(context, element.unit, ("stocks", name, "unit"))


def _belief(context: Context, name: str, element: Any) -> _Named:
    yield name, NONE
    yield f"{name}.logodds", NONE


def _choice(context: Context, name: str, element: Any) -> _Named:
    context.options[name] = tuple(element.options)
    yield name, NONE
    for option in element.options:
        yield f"{name}.{option}", NONE
        yield f"{name}.probability.{option}", NONE


def _auxiliary(context: Context, name: str, element: Any) -> _Named:
    path: Path = ("auxiliaries", name)
    if element.unit is not None:
        yield name, _dimension(context, element.unit, (*path, "unit"))
        return
    key = "scale" if element.noise is not None else "formula"
    formula = getattr(element, key)
    yield name, NONE if formula is None else _Unknown(name, formula, (*path, key))


_NAMES = {
    "parameters": _parameter,
    "levers": _lever,
    "events": _event,
    "stocks": _stock,
    "beliefs": _belief,
    "choices": _choice,
    "games": named,
    "auxiliaries": _auxiliary,
}


def _broken_options(context: Context) -> None:
    """Options of choices and levers that have mistakes elsewhere, so that they are not called
    undefined.
    """
    for section in ("choices", "levers"):
        for name in context.broken:
            node = context.root.get(section)
            element = node.get(name) if node is not None else None
            options = element.get("options") if element is not None else None
            if options is not None and isinstance(options.value, dict):
                context.options[name] = tuple(options.value)
            elif options is not None and isinstance(options.value, tuple):
                context.options[name] = tuple(item.text for item in options.value)


def _infer(context: Context, unknown: Mapping[str, _Unknown]) -> None:
    """Dimensions that follow from formulas, in the order in which the formulas need each other."""
    needs = {name: _mentions(context, item, unknown) for name, item in unknown.items()}
    order, circular = ordered(needs)
    again: list[str] = []
    for name in order:
        found = _quietly(context, unknown[name])
        if found is not None:
            context.dimensions[name] = found
        if name in circular:
            again.append(name)
    if again:
        context.inferred.clear()
    for name in again:  # what they read of each other is known only now
        found = _quietly(context, unknown[name])
        if found is not None:
            context.dimensions[name] = found


def _quietly(context: Context, item: _Unknown) -> Dimension | None:
    """A formula's dimension; its mistakes are told when the element itself is looked at."""
    found = context.quietly(item.formula, item.path)
    if found is None:
        return None
    if found.dimension == ANY and not parse(said(item.formula)).names:
        return NONE  # 0 agrees with every unit where it stands; under a name it is a plain number
    context.inferred[item.path] = found
    return found.dimension


def _mentions(context: Context, item: _Unknown, unknown: Mapping[str, _Unknown]) -> list[str]:
    """Which unknown names a formula mentions."""
    try:
        names = parse(said(item.formula)).names
    except FormulaError:
        return []
    binding = context.binding(item.path)
    found: dict[str, None] = {}
    for name in names:
        stem, dot, part = name.partition(".")
        base, index = split(stem)
        if index in binding:
            members: tuple[str, ...] = (binding[index],)
        else:
            members = context.sets.get(index, (index,))
        for member in members:
            read = (f"{base}[{member}]" if index else base) + dot + part
            if read in unknown:
                found[read] = None
    return list(found)


def ordered(needs: Mapping[str, list[str]]) -> tuple[list[str], set[str]]:
    """Names so that each comes after those it needs, and those that lie on a circle."""
    order: list[str] = []
    done: set[str] = set()
    on_path: set[str] = set()
    circular: set[str] = set()
    for start in needs:
        pending: list[tuple[str, Iterator[str]]] = []
        if start not in done:
            on_path.add(start)
            pending.append((start, iter(needs[start])))
        while pending:
            name, below = pending[-1]
            following = next(below, None)
            if following is None:
                pending.pop()
                on_path.discard(name)
                done.add(name)
                order.append(name)
            elif following in on_path:
                circle = [item for item, _ in pending]
                circular.update(circle[circle.index(following) :])
            elif following not in done:
                on_path.add(following)
                pending.append((following, iter(needs[following])))
    return order, circular
