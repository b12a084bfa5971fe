"""The functions that formulas know, in two tables.

:data:`FUNCTIONS` holds the pure functions of numbers: they become ``Call`` nodes. :data:`FORMS` holds what
the binder turns into other nodes: quantities, reductions over index sets, memories, time shapes and tables.

To add a pure function, touch two files: one line here, and the engine's mapping of the same names to JAX
(a test compares the two). Nothing else knows functions by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = Any  # a NumPy array or a scalar; NumPy's own ufuncs are typed no more closely
Implementation = Callable[..., Array]
Interval = tuple[float, float]

UnitRule = Literal["none", "same", "root", "sign"]
"""How units pass through: 'none' takes and gives plain numbers; 'same' takes arguments of one unit and gives
that unit; 'root' gives the square root of the unit; 'sign' takes any unit and gives a plain number."""

Smoothness = Literal["smooth", "lipschitz", "jump"]
"""What a gradient may rely on: differentiable; continuous with a kink; or with jumps."""

_INF = math.inf


@dataclass(frozen=True, slots=True)
class Function:
    """A pure function of numbers.

    Attributes:
        name: as written in formulas.
        arguments: names of the arguments. A variadic function names its last one with '...'.
        numpy: its implementation on arrays that broadcast; non-finite results are the caller's to find.
        doc: what it is, for the language reference.
        unit: how units pass through.
        directions: for each argument +1 if the function never falls in it, -1 if it never rises, None if
            neither can be said. The last one stands for all further arguments.
        range: bounds of its value, in any units.
        smoothness: what a gradient may rely on.
        turn: the one argument's value below which the direction is the opposite of that above; None without.
    """

    name: str
    arguments: tuple[str, ...]
    numpy: Implementation
    doc: str
    unit: UnitRule = "none"
    directions: tuple[int | None, ...] = (1,)
    range: Interval = (-_INF, _INF)
    smoothness: Smoothness = "smooth"
    turn: float | None = None

    @property
    def variadic(self) -> bool:
        return self.arguments[-1] == "..."

    @property
    def signature(self) -> str:
        """As the docs show it: ``clip(x, lo, hi)``."""
        return f"{self.name}({', '.join(self.arguments)})"

    def direction(self, position: int, ranges: tuple[Interval, ...]) -> int | None:
        """+1, -1 or None (either) for the argument at ``position`` while arguments stay in ``ranges``."""
        if self.turn is not None:
            low, high = ranges[position]
            return 1 if low >= self.turn else -1 if high <= self.turn else None
        return self.directions[min(position, len(self.directions) - 1)]


def _logistic(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x)))


def _logit(x: Array) -> Array:
    return np.log(x) - np.log1p(-np.asarray(x))


def _norm_cdf(x: Array) -> Array:
    from scipy.special import ndtr

    return ndtr(x)


def _smallest(*values: Array) -> Array:
    result = values[0]
    for value in values[1:]:
        result = np.minimum(result, value)
    return result


def _largest(*values: Array) -> Array:
    result = values[0]
    for value in values[1:]:
        result = np.maximum(result, value)
    return result


def _clip(x: Array, lo: Array, hi: Array) -> Array:
    return np.minimum(np.maximum(x, lo), hi)


def _positive(x: Array) -> Array:
    return np.maximum(x, 0.0)


# One line a function, however long, so that the table reads as one.
# fmt: off
# ruff: noqa: E501
_FUNCTIONS: tuple[Function, ...] = (
    Function("exp", ("x",), np.exp, "e to the power x", range=(0, _INF)),
    Function("log", ("x",), np.log, "natural logarithm of x > 0"),
    Function("log1p", ("x",), np.log1p, "log(1 + x), exact for small x > -1"),
    Function("expm1", ("x",), np.expm1, "exp(x) - 1, exact for small x", range=(-1, _INF)),
    Function("sqrt", ("x",), np.sqrt, "square root of x >= 0", unit="root", range=(0, _INF)),
    Function("abs", ("x",), np.abs, "x without its sign", unit="same", directions=(None,), range=(0, _INF), smoothness="lipschitz", turn=0.0),
    Function("min", ("x", "y", "..."), _smallest, "the smallest of two or more", unit="same", smoothness="lipschitz"),
    Function("max", ("x", "y", "..."), _largest, "the largest of two or more", unit="same", smoothness="lipschitz"),
    Function("clip", ("x", "lo", "hi"), _clip, "x held between lo and hi: min(max(x, lo), hi)", unit="same", smoothness="lipschitz"),
    Function("positive", ("x",), _positive, "x where it is above zero, else 0: max(x, 0)", unit="same", range=(0, _INF), smoothness="lipschitz"),
    Function("tanh", ("x",), np.tanh, "hyperbolic tangent, from -1 to 1", range=(-1, 1)),
    Function("logistic", ("x",), _logistic, "1 / (1 + exp(-x)): log-odds to probability", range=(0, 1)),
    Function("logit", ("x",), _logit, "log(x / (1 - x)): probability to log-odds, 0 < x < 1"),
    Function("norm_cdf", ("x",), _norm_cdf, "probability that a standard normal number is below x", range=(0, 1)),
    Function("sin", ("x",), np.sin, "sine of x in radians", directions=(None,), range=(-1, 1)),
    Function("cos", ("x",), np.cos, "cosine of x in radians", directions=(None,), range=(-1, 1)),
    Function("sign", ("x",), np.sign, "-1, 0 or 1 as x is below, at or above zero", unit="sign", range=(-1, 1), smoothness="jump"),
    Function("floor", ("x",), np.floor, "the whole number at or below x", smoothness="jump"),
    Function("ceil", ("x",), np.ceil, "the whole number at or above x", smoothness="jump"),
    Function("round", ("x",), np.round, "the nearest whole number, halves to the even one", smoothness="jump"),
)
# fmt: on

FUNCTIONS: dict[str, Function] = {function.name: function for function in _FUNCTIONS}
"""The pure functions by name."""

BINARY: dict[str, Implementation] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "//": np.floor_divide,
    "%": np.mod,
}
"""What the operators of ``Binary`` do to float arrays."""

COMPARISONS: dict[str, Implementation] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
"""What the operators of ``Compare`` do; the result is a boolean array."""

Kind = Literal["formula", "literal", "text", "date", "set", "table"]
"""What an argument may be: any formula; a number written out; a text in quotes; a date in quotes (or a formula of
unit year); the name of an index set; a list of points."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a form; an optional one may be left out or given by its name."""

    name: str
    kind: Kind = "formula"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A function that the binder turns into other nodes."""

    name: str
    arguments: tuple[Argument, ...]
    doc: str

    @property
    def signature(self) -> str:
        """As the docs show it: ``smooth(x, tau[, order][, initial])``."""
        needed = ", ".join(item.name for item in self.arguments if not item.optional)
        return (
            f"{self.name}({needed}{''.join(f'[, {i.name}]' for i in self.arguments if i.optional)})"
        )

    def kind(self, argument: int | str) -> Kind:
        """The kind of an argument by position or name; 'formula' for one that does not exist."""
        for position, item in enumerate(self.arguments):
            if argument in (position, item.name):
                return item.kind
        return "formula"


_X = Argument("x")
_INITIAL = Argument("initial", optional=True)
_ORDER = Argument("order", "literal", optional=True)
_OVER = (Argument("set", "set"), Argument("x"))

# fmt: off
_FORMS: tuple[Form, ...] = (
    Form("q", (Argument("number", "literal"), Argument("unit", "text")), "a quantity: q(3, 'month') is three months"),
    Form("sum", _OVER, "sum over the members of an index set: sum(dossier, weight[dossier] * effort[dossier])"),
    Form("mean", _OVER, "mean over the members of an index set"),
    Form("smallest", _OVER, "the smallest over the members of an index set"),
    Form("largest", _OVER, "the largest over the members of an index set"),
    Form("smooth", (_X, Argument("tau"), _ORDER, _INITIAL), "x as perceived with a lag: exponential smoothing with mean delay tau in `order` stages (1 unless given)"),
    Form("delay", (_X, Argument("tau", "literal"), _INITIAL), "x as it was tau ago (a whole number of steps, at least one)"),
    Form("material_delay", (_X, Argument("tau"), _ORDER, _INITIAL), "the outflow of what flows in at x and stays tau on average, through `order` stages (3 unless given)"),
    Form("previous", (_X, _INITIAL), "x at the step before; `initial` at the first"),
    Form("since", (Argument("condition"), _INITIAL), "time since an event last happened, or a condition last held; `initial` (1000 years unless given) before it ever did"),
    Form("pulse", (Argument("start", "date"), Argument("width"), Argument("height", optional=True)), "`height` (1 unless given) from a date on for a time, else 0: pulse('2010-06', q(6, 'month'))"),
    Form("step", (Argument("start", "date"), Argument("height", optional=True)), "0 before a date and `height` (1 unless given) from it on: step('2010-06')"),
    Form("ramp", (Argument("start", "date"), Argument("slope"), Argument("end", "date", optional=True)), "0 before a date, then rising by `slope` per time, flat after `end`: ramp('2010-06', 0.1 / q(1, 'year'), '2012-06')"),
    Form("lookup", (_X, Argument("points", "table")), "a table read at x, linear between its points and flat beyond: lookup(x, [[0, 1], [1, 0.5]])"),
)
# fmt: on

FORMS: dict[str, Form] = {form.name: form for form in _FORMS}
"""The forms by name."""


def functions_table() -> str:
    """Both tables as Markdown, for the language reference."""
    units = {"none": "plain numbers", "same": "one unit", "root": "root of the unit", "sign": "any"}
    lines = ["| function | what it is | units |", "| --- | --- | --- |"]
    lines += [f"| `{f.signature}` | {f.doc} | {units[f.unit]} |" for f in _FUNCTIONS]
    lines += ["", "| form | what it is |", "| --- | --- |"]
    lines += [f"| `{form.signature}` | {form.doc} |" for form in _FORMS]
    return "\n".join(lines) + "\n"
