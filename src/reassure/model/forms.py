"""How functions that are not pure are bound: quantities, sums, memories, time shapes, tables."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
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
from reassure.model.parser import FormulaError, error_at
from reassure.model.scope import UNKNOWN, Bound
from reassure.model.units import NONE, TIME, Dimension, dimension, unit

if TYPE_CHECKING:
    from reassure.model.bind import Binder

MAX_DELAY_STEPS = 10_000
"""Steps that one ``delay`` may remember."""
MAX_ORDER = 10
"""Stages of one ``smooth`` or ``material_delay``."""
MAX_POINTS = 256
"""Points of one ``lookup``."""

Arguments = Mapping[str, ast.expr]
_NOW = Ref("time")


def _moved(fault: Fault, node: ast.expr) -> FormulaError:
    """A fault of a text in quotes, as a mistake of the formula around it."""
    return error_at(node, fault.code, fault.message, fault.remedy)


def _name_of(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


# -- quantities and index sets --------------------------------------------------------------------


def _quantity(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    role, written, text = "the number of a quantity", given["number"], given["unit"]
    if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
        message = f"the unit, {binder.said(text)}, must be text in quotes"
        raise error_at(text, "E409", message, "write q(3, 'month')")
    try:
        size, kind = unit(text.value).factor, dimension(text.value)
    except Fault as fault:
        raise _moved(fault, text) from None
    number = binder.bind(written)
    value = binder.literal(written, number, role)
    if value is None:
        return UNKNOWN
    binder.require(written, number, NONE, role)
    return Bound(binder.make(node, Binary("*", Number(value), Number(size))), kind)


def _reduction(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    name, over, sets = _name_of(node), given["set"], binder.scope.sets
    if not isinstance(over, ast.Name) or over.id not in sets:
        remedy = suggest(over.id, sets) if isinstance(over, ast.Name) else ""
        remedy = remedy or f"write {name}(set, formula) with a set of `sets:`"
        raise error_at(over, "E303", f"{binder.said(over)} is not an index set", remedy)
    parts: list[Bound] = []
    for member in sets[over.id]:
        with binder.names.bound_to(over.id, member):
            parts.append(binder.bind(given["x"]))
    if not parts:
        raise error_at(over, "E303", f"the index set {quote(over.id)} is empty", "give it members")
    kind = binder.agree([(given["x"], part) for part in parts], f"members of one {name}")
    items = [part.expression for part in parts]
    if name in ("sum", "mean"):
        total = _balanced_sum(items, binder, node)
        if name == "mean":
            total = binder.make(node, Binary("/", total, Number(float(len(items)))))
        return Bound(total, kind)
    if len(items) == 1:
        return Bound(items[0], kind)
    extreme = Call("min" if name == "smallest" else "max", tuple(items))
    return Bound(binder.make(node, extreme), kind)


def _balanced_sum(items: list[Expression], binder: Binder, node: ast.expr) -> Expression:
    """As a balanced tree, so that a large set does not make a deep expression."""
    while len(items) > 1:
        odd = items[-1:] if len(items) % 2 else []
        couples = zip(items[::2], items[1::2], strict=False)
        items = [binder.make(node, Binary("+", a, b)) for a, b in couples] + odd
    return items[0]


# -- memories -------------------------------------------------------------------------------------


def _initial(
    binder: Binder, given: Arguments, source: Bound
) -> tuple[Expression | None, Dimension]:
    """The initial value of a memory of ``source``, and the dimension that both share."""
    node = given.get("initial")
    if node is None:
        return None, source.dimension
    bound = binder.of(node, source.dimension, "the initial value")
    return bound.expression, bound.dimension


def _tau(binder: Binder, name: str, node: ast.expr) -> Bound:
    tau = binder.of(node, TIME, f"tau of {name}")
    if isinstance(tau.expression, Number) and tau.expression.value <= 0:
        remedy = "write a time such as q(6, 'month')"
        binder.fail(node, "E204", f"tau of {name}, {binder.said(node)}, must be above zero", remedy)
    return tau


def _staged(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    name = _name_of(node)
    source, tau = binder.bind(given["x"]), _tau(binder, name, given["tau"])
    order = 1 if name == "smooth" else 3
    if "order" in given:
        order = _order(binder, given["order"], order)
    initial, kind = _initial(binder, given, source)
    memory = Memory(name, source.expression, tau.expression, order, initial, 0)
    return Bound(memory, kind)


def _order(binder: Binder, node: ast.expr, default: int) -> int:
    value = binder.literal(node, binder.of(node, NONE, "the order"), "the order")
    if value is None:
        return default
    if value != int(value) or not 1 <= value <= MAX_ORDER:
        message = f"the order, {binder.said(node)}, must be a whole number from 1 to {MAX_ORDER}"
        binder.fail(node, "E204", message, "an initial value is given as initial=...")
        return default
    return int(value)


def _delay(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    source, tau = binder.bind(given["x"]), _tau(binder, "delay", given["tau"])
    initial, kind = _initial(binder, given, source)
    years = binder.literal(given["tau"], tau, "tau of delay")
    if years is None:
        return UNKNOWN
    steps = years / binder.scope.dt
    if steps > MAX_DELAY_STEPS:
        message = f"a delay of {years:g} years is {steps:.3g} steps; the limit is {MAX_DELAY_STEPS}"
        raise error_at(given["tau"], "E204", message, "shorten the delay, or use smooth(x, tau)")
    length = max(1, round(steps))
    memory = Memory("delay", source.expression, tau.expression, 1, initial, length)
    return Bound(memory, kind)


def _previous(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    source = binder.bind(given["x"])
    initial, kind = _initial(binder, given, source)
    return Bound(Memory("previous", source.expression, None, 1, initial, 0), kind)


def _since(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    source = binder.of(given["condition"], NONE, "the condition of since").expression
    initial, _ = _initial(binder, given, Bound(source, TIME))
    return Bound(Memory("since", source, None, 1, initial, 0), TIME)


# -- shapes in time -------------------------------------------------------------------------------


def _moment(binder: Binder, node: ast.expr) -> Expression:
    """A date in quotes, or a formula in years after the start."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return Number(binder.scope.date_years(node.value))
        except Fault as fault:
            raise _moved(fault, node) from None
    return binder.of(node, TIME, "the date").expression


def _edge(binder: Binder, moment: Expression, least: float = -math.inf) -> Expression:
    """Where ``time`` passes ``moment``. A number becomes half a step before the first step at or
    after it, but not before ``least``, so that no rounding of the clock moves it."""
    if not isinstance(moment, Number):
        return moment
    dt = binder.scope.dt
    return Number(max((math.ceil(moment.value / dt - 1e-6) - 0.5) * dt, least))


def _height(binder: Binder, given: Arguments) -> Bound:
    return binder.bind(given["height"]) if "height" in given else Bound(ONE, NONE)


def _step(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    start = _edge(binder, _moment(binder, given["start"]))
    height = _height(binder, given)
    begun = Compare(">=", _NOW, start)
    return Bound(Conditional(begun, height.expression, ZERO), height.dimension)


def _pulse(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    start = _moment(binder, given["start"])
    width = binder.of(given["width"], TIME, "the width of a pulse").expression
    height = _height(binder, given)
    rise = _edge(binder, start)
    # A pulse shorter than a step still shows in one step.
    least = rise.value + binder.scope.dt if isinstance(rise, Number) else -math.inf
    fall = _edge(binder, binder.make(node, Binary("+", start, width)), least)
    inside = Logic("and", (Compare(">=", _NOW, rise), Compare("<", _NOW, fall)))
    return Bound(Conditional(inside, height.expression, ZERO), height.dimension)


def _ramp(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    start = _moment(binder, given["start"])
    slope = binder.bind(given["slope"])
    elapsed: Expression = Call("positive", (Binary("-", _NOW, start),))
    if "end" in given:
        length = binder.make(node, Binary("-", _moment(binder, given["end"]), start))
        if isinstance(length, Number) and length.value <= 0:
            message = "the ramp ends before it starts"
            raise error_at(given["end"], "E204", message, "put the end after the start")
        elapsed = Call("min", (elapsed, length))
    return Bound(Binary("*", slope.expression, elapsed), slope.dimension * TIME)


# -- tables ---------------------------------------------------------------------------------------


def _lookup(binder: Binder, node: ast.Call, given: Arguments) -> Bound:
    argument, table = binder.bind(given["x"]), given["points"]
    rows = table.elts if isinstance(table, ast.List | ast.Tuple) else []
    points = [r.elts for r in rows if isinstance(r, ast.List | ast.Tuple) and len(r.elts) == 2]
    if len(points) != len(rows) or not 2 <= len(points) <= MAX_POINTS:
        raise error_at(table, "E410", f"a lookup takes 2 to {MAX_POINTS} points [x, y]")
    across = [(x, binder.bind(x)) for x, _ in points]
    up = [(y, binder.bind(y)) for _, y in points]
    binder.agree([(given["x"], argument), *across], "on one axis of a table")
    kind = binder.agree(up, "on one axis of a table")
    role = "a point of a table"
    xs = [value for n, b in across if (value := binder.literal(n, b, role)) is not None]
    ys = [value for n, b in up if (value := binder.literal(n, b, role)) is not None]
    if len(xs) < len(points) or len(ys) < len(points):
        return UNKNOWN
    if any(a >= b for a, b in pairwise(xs)):
        raise error_at(table, "E410", "the first coordinates of a lookup must strictly rise")
    return Bound(Lookup(argument.expression, tuple(xs), tuple(ys)), kind)


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
"""One for each of :data:`reassure.model.functions.FORMS`."""
