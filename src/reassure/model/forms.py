"""How the functions that are not pure are bound: quantities, reductions, memories, time shapes, tables."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reassure.model.expression import (
    ONE,
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Lookup,
    Memory,
    Number,
    Ref,
)
from reassure.model.mistakes import Fault, quote, suggest
from reassure.model.scope import Bound
from reassure.model.units import ANY, NONE, TIME, dimension, unit

if TYPE_CHECKING:
    from reassure.model.bind import Binder

MAX_DELAY_STEPS = 10_000
"""Steps that one ``delay`` may remember."""
MAX_ORDER = 10
"""Stages of one ``smooth`` or ``material_delay``."""
MAX_POINTS = 256
"""Points of one ``lookup``."""

Arguments = Mapping[str, ast.expr]
_UNKNOWN = Bound(Ref("?"), ANY)
_TIME_REF = Ref("time")


def _quantity(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    number = binder.plain(given["number"], "the number of a quantity")
    value = binder.literal(number, "the number of a quantity", given["number"])
    text = given["unit"]
    if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
        raise binder.error(
            "E409", f"the unit {binder.said(text)} must be in quotes", "write q(3, 'month')", text
        )
    try:
        size, kind = unit(text.value).factor, dimension(text.value)
    except Fault as fault:
        raise binder.error(fault.code, fault.message, fault.remedy, text) from None
    if value is None:
        return _UNKNOWN
    return Bound(binder.make(Binary("*", Number(value), Number(size)), node), kind)


# -- over an index set ----------------------------------------------------------------------------


def _reduction(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    assert isinstance(node.func, ast.Name)
    name, over = node.func.id, given["set"]
    sets = binder.scope.sets
    if not isinstance(over, ast.Name) or over.id not in sets:
        remedy = suggest(over.id, sets) if isinstance(over, ast.Name) else ""
        message = f"{binder.said(over)} is not an index set"
        raise binder.error(
            "E303", message, remedy or f"write {name}(set, formula) with a set of `sets:`", over
        )
    parts: list[Bound] = []
    for member in sets[over.id]:
        with binder.bound_to(over.id, member):
            parts.append(binder.bind(given["x"]))
    if not parts:
        raise binder.error(
            "E303", f"the index set {quote(over.id)} is empty", "give it members", over
        )
    kind = binder.agree([(given["x"], part) for part in parts], f"members of one {name}")
    items = [part.expression for part in parts]
    if name in ("sum", "mean"):
        result = _balanced(items, binder, node)
        if name == "mean":
            result = binder.make(Binary("/", result, Number(float(len(items)))), node)
        return Bound(result, kind)
    if len(items) == 1:
        return Bound(items[0], kind)
    return Bound(
        binder.make(Call("min" if name == "smallest" else "max", tuple(items)), node), kind
    )


def _balanced(items: list[Expression], binder: Binder, node: ast.expr) -> Expression:
    """The sum as a balanced tree, so that a large set does not make a deep expression."""
    while len(items) > 1:
        paired = [
            binder.make(Binary("+", a, b), node)
            for a, b in zip(items[::2], items[1::2], strict=False)
        ]
        items = paired + items[len(paired) * 2 :]
    return items[0]


# -- memories -------------------------------------------------------------------------------------


def _initial(binder: Binder, given: Arguments, source: Bound) -> Expression | None:
    node = given.get("initial")
    return (
        None if node is None else binder.of(node, source.dimension, "the initial value").expression
    )


def _staged(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    assert isinstance(node.func, ast.Name)
    name = node.func.id
    source = binder.bind(given["x"])
    tau = binder.of(given["tau"], TIME, f"tau of {name}")
    _positive(binder, tau, given["tau"], name)
    order = 1 if name == "smooth" else 3
    if "order" in given:
        written = binder.plain(given["order"], "the order")
        value = binder.literal(written, "the order", given["order"])
        if value is not None:
            if value != int(value) or not 1 <= value <= MAX_ORDER:
                message = f"the order {binder.said(given['order'])} must be a whole number from 1 to {MAX_ORDER}"
                raise binder.error(
                    "E204", message, "name an initial value: initial=...", given["order"]
                )
            order = int(value)
    initial = _initial(binder, given, source)
    return Bound(
        Memory(name, source.expression, tau.expression, order, initial, 0), source.dimension
    )


def _positive(binder: Binder, tau: Bound, node: ast.expr, name: str) -> None:
    if isinstance(tau.expression, Number) and tau.expression.value <= 0:
        binder.fail(
            "E204", f"tau of {name} must be above zero", "write a time such as q(6, 'month')", node
        )


def _delay(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    source = binder.bind(given["x"])
    tau = binder.of(given["tau"], TIME, "tau of delay")
    initial = _initial(binder, given, source)
    years = binder.literal(tau, "tau of delay", given["tau"])
    if years is None:
        return _UNKNOWN
    _positive(binder, tau, given["tau"], "delay")
    steps = years / binder.scope.dt
    if steps > MAX_DELAY_STEPS:
        message = (
            f"a delay of {years:g} years is {steps:.0f} steps; the limit is {MAX_DELAY_STEPS} steps"
        )
        raise binder.error(
            "E901", message, "shorten the delay, or use smooth(x, tau)", given["tau"]
        )
    return Bound(
        Memory("delay", source.expression, tau.expression, 1, initial, max(1, round(steps))),
        source.dimension,
    )


def _previous(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    source = binder.bind(given["x"])
    initial = _initial(binder, given, source)
    return Bound(Memory("previous", source.expression, None, 1, initial, 0), source.dimension)


def _since(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    source = binder.plain(given["condition"], "the condition of since")
    initial = (
        binder.of(given["initial"], TIME, "the initial value").expression
        if "initial" in given
        else None
    )
    return Bound(Memory("since", source.expression, None, 1, initial, 0), TIME)


# -- shapes in time -------------------------------------------------------------------------------


def _moment(binder: Binder, node: ast.expr) -> Expression:
    """A date in quotes, or a formula in years after the start."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return Number(binder.scope.date_years(node.value))
        except Fault as fault:
            raise binder.error(fault.code, fault.message, fault.remedy, node) from None
    return binder.of(node, TIME, "the date").expression


def _edge(binder: Binder, moment: Expression, least: float = -math.inf) -> Expression:
    """Where ``time`` passes ``moment``. A date written out becomes half a step before the first step at or after
    it, so that no rounding of the clock moves it; ``least`` is the earliest edge allowed."""
    if not isinstance(moment, Number):
        return moment
    dt = binder.scope.dt
    return Number(max((math.ceil(moment.value / dt - 1e-6) - 0.5) * dt, least))


def _height(binder: Binder, given: Arguments) -> Bound:
    return binder.bind(given["height"]) if "height" in given else Bound(ONE, NONE)


def _step(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    start = _edge(binder, _moment(binder, given["start"]))
    height = _height(binder, given)
    return Bound(
        Conditional(Compare(">=", _TIME_REF, start), height.expression, ZERO), height.dimension
    )


def _pulse(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    start = _moment(binder, given["start"])
    width = binder.of(given["width"], TIME, "the width of a pulse").expression
    height = _height(binder, given)
    rise = _edge(binder, start)
    end = binder.make(Binary("+", start, width), node)
    # A pulse shorter than a step still shows in one step.
    fall = _edge(
        binder, end, rise.value + binder.scope.dt if isinstance(rise, Number) else -math.inf
    )
    inside = Logic("and", (Compare(">=", _TIME_REF, rise), Compare("<", _TIME_REF, fall)))
    return Bound(Conditional(inside, height.expression, ZERO), height.dimension)


def _ramp(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    start = _moment(binder, given["start"])
    slope = binder.bind(given["slope"])
    elapsed: Expression = Call("positive", (Binary("-", _TIME_REF, start),))
    if "end" in given:
        length = binder.make(Binary("-", _moment(binder, given["end"]), start), node)
        if isinstance(length, Number) and length.value <= 0:
            raise binder.error(
                "E204",
                "the ramp ends before it starts",
                "put the end after the start",
                given["end"],
            )
        elapsed = Call("min", (elapsed, length))
    return Bound(Binary("*", slope.expression, elapsed), slope.dimension * TIME)


# -- tables ---------------------------------------------------------------------------------------


def _lookup(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    argument, table = binder.bind(given["x"]), given["points"]
    rows = table.elts if isinstance(table, ast.List | ast.Tuple) else []
    pairs = [
        row.elts for row in rows if isinstance(row, ast.List | ast.Tuple) and len(row.elts) == 2
    ]
    if len(pairs) != len(rows) or not 2 <= len(pairs) <= MAX_POINTS:
        raise binder.error("E410", f"a lookup takes 2 to {MAX_POINTS} points [x, y]", None, table)
    xs, ys = ([(pair[side], binder.bind(pair[side])) for pair in pairs] for side in (0, 1))
    binder.agree([(given["x"], argument), *xs], "axes of one table")
    kind = binder.agree(ys, "values of one table")
    numbers = [[binder.literal(b, "a point of a table", n) for n, b in side] for side in (xs, ys)]
    across, up = ([value for value in side if value is not None] for side in numbers)
    if len(across) < len(pairs) or len(up) < len(pairs):
        return _UNKNOWN
    if any(a >= b for a, b in zip(across[:-1], across[1:], strict=True)):
        raise binder.error(
            "E410", "the first coordinates of a lookup must strictly rise", None, table
        )
    return Bound(Lookup(argument.expression, tuple(across), tuple(up)), kind)


BINDERS: dict[str, Callable[[Binder, ast.Call, Arguments], Bound]] = {
    "q": _quantity,
    "sum": _reduction,
    "mean": _reduction,
    "smallest": _reduction,
    "largest": _reduction,
    "smooth": _staged,
    "material_delay": _staged,
    "delay": _delay,
    "previous": _previous,
    "since": _since,
    "step": _step,
    "pulse": _pulse,
    "ramp": _ramp,
    "lookup": _lookup,
}
