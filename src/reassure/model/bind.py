"""From a formula's syntax to its meaning: names resolved, sets written out, units proven, constants
folded."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from reassure.model.expression import (
    ONE,
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Number,
    Unary,
    children,
    references,
)
from reassure.model.forms import BINDERS
from reassure.model.functions import BINARY, COMPARISONS, FORMS, FUNCTIONS, Function
from reassure.model.mistakes import quote, suggest
from reassure.model.parser import Formula, FormulaError, error_at
from reassure.model.resolve import Resolver
from reassure.model.scope import UNKNOWN, Bound, FormulaErrors, Scope
from reassure.model.units import ANY, MAX_EXPONENT, NONE, Dimension

MAX_EXPANDED = 20_000
"""Nodes that one formula may become once sums over index sets are written out."""
MAX_ERRORS = 20
"""Mistakes of one formula that are looked for."""

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Pow: "**", ast.And: "and", ast.Or: "or",
}  # fmt: skip
_VERBS = {
    "+": "added",
    "-": "subtracted",
    "%": "divided with a remainder",
    "//": "divided in whole parts",
}


def bind(
    formula: Formula,
    scope: Scope,
    *,
    expect: Dimension | None = None,
    truth: bool = False,
    options: Sequence[str] = (),
) -> Bound:
    """The meaning of ``formula`` in ``scope``, in internal units.

    Args:
        expect: the dimension that the value must have; None accepts any.
        truth: the value is used as a truth value: it must be a plain number and is made 1 or 0.
        options: bare words that stand for their index, in a rule for a lever of named options.

    Raises:
        FormulaErrors: all mistakes found, in reading order (codes E2xx to E5xx, and E901).
    """
    binder = Binder(formula, scope, options)
    bound = UNKNOWN
    try:
        if truth:
            bound = binder.truth(formula.tree)
        elif expect is not None:
            bound = binder.of(formula.tree, expect, "the formula")
        else:
            bound = binder.bind(formula.tree)
    except _Stop:
        pass
    if binder.errors:
        raise FormulaErrors(sorted(binder.errors.values(), key=lambda error: error.offset))
    return bound


class _Stop(Exception):
    """A limit was reached; the mistakes noted so far say why."""


class Binder:
    """The binding of one formula.

    :mod:`reassure.model.forms` uses it for the functions that are not pure. Methods note mistakes
    in ``errors`` and go on; a :class:`FormulaError` raised is caught at the next node above.
    """

    def __init__(self, formula: Formula, scope: Scope, options: Sequence[str]) -> None:
        self.scope = scope
        self.names = Resolver(scope, options)
        # The members of an index set mostly share their mistakes: each is noted once.
        self.errors: dict[tuple[str, str, int], FormulaError] = {}
        self._text = formula.text
        self._size = 0

    # -- values -----------------------------------------------------------------------------------

    def bind(self, node: ast.expr) -> Bound:
        """The meaning of ``node``; the unknown where it has a mistake."""
        self._size += 1
        if self._size > MAX_EXPANDED:
            message = (
                f"the formula becomes more than {MAX_EXPANDED} parts with its sums written out"
            )
            self.note(error_at(node, "E901", message, "use smaller index sets or fewer sums"))
            raise _Stop
        try:
            return self._meaning(node)
        except FormulaError as error:
            self.note(error)
            return UNKNOWN

    def of(self, node: ast.expr, dimension: Dimension, role: str) -> Bound:
        """``node``, which must have the dimension; ``role`` says what it is, for the message."""
        return self.require(node, self.bind(node), dimension, role)

    def require(self, node: ast.expr, bound: Bound, dimension: Dimension, role: str) -> Bound:
        """``bound``, the meaning of ``node``, which must have the dimension."""
        if not bound.dimension.agrees(dimension):
            said = f"{role}, {self.said(node)}, is {_in(bound.dimension)}"
            if dimension == NONE:
                self.fail(node, "E503", f"{said}; it must be a plain number")
            else:
                remedy = _give_unit(bound, dimension)
                self.fail(node, "E502", f"{said}; it must be in {dimension}", remedy)
        return Bound(bound.expression, dimension if bound.dimension == ANY else bound.dimension)

    def truth(self, node: ast.expr) -> Bound:
        """``node`` as a truth value, 1 or 0: any number other than 0 is true."""
        bound = self.of(node, NONE, "a truth value")
        match bound.expression:
            case Compare() | Logic() | Unary(op="not"):
                return bound
            case Number(value=value):
                return Bound(ONE if value else ZERO, NONE)
        return Bound(Compare("!=", bound.expression, ZERO), NONE)

    def literal(self, node: ast.expr, bound: Bound, role: str) -> float | None:
        """The number that ``bound`` is; None, and a mistake, where it is not written out."""
        if isinstance(bound.expression, Number):
            return bound.expression.value
        if not references(UNKNOWN.expression) & references(bound.expression):
            self.fail(node, "E408", f"{role}, {self.said(node)}, must be a number written out")
        return None

    def agree(self, parts: Sequence[tuple[ast.expr, Bound]], verb: str) -> Dimension:
        """The dimension that all parts share; a mistake where two differ."""
        known = [(node, bound) for node, bound in parts if bound.dimension != ANY]
        if not known:
            return ANY
        first_node, first = known[0]
        for node, bound in known[1:]:
            if bound.dimension != first.dimension:
                message = (
                    f"{self.said(first_node)} is {_in(first.dimension)} and {self.said(node)} is "
                    f"{_in(bound.dimension)}: they cannot be {verb}"
                )
                remedy = _give_unit(bound, first.dimension) or _give_unit(first, bound.dimension)
                self.fail(node, "E502", message, remedy)
                return ANY
        return first.dimension

    def make(self, node: ast.expr, expression: Expression) -> Expression:
        """``expression``, folded if it is an operation on numbers alone.

        Raises:
            FormulaError: its value is not finite (E411).
        """
        value = constant_value(expression)
        if value is None:
            return expression
        if not math.isfinite(value):
            raise error_at(node, "E411", f"{self.said(node)} is not a finite number")
        return Number(value)

    def arguments(
        self, node: ast.Call, names: Sequence[str], needed: int, signature: str
    ) -> dict[str, ast.expr]:
        """The arguments of a call by name.

        Raises:
            FormulaError: too few, too many, unknown or repeated ones (E407).
        """
        if len(node.args) > len(names):
            raise error_at(node, "E407", f"too many arguments: it is {signature}")
        given = dict(zip(names, node.args, strict=False))
        for pair in node.keywords:
            name = pair.arg or ""
            if name not in names:
                message = f"there is no argument {quote(name)}: it is {signature}"
                raise error_at(node, "E407", message, suggest(name, names) or None)
            if name in given:
                raise error_at(node, "E407", f"argument {quote(name)} is given twice")
            given[name] = pair.value
        missing = [name for name in names[:needed] if name not in given]
        if missing:
            message = f"argument {quote(missing[0])} is missing: it is {signature}"
            raise error_at(node, "E407", message)
        return given

    # -- mistakes ---------------------------------------------------------------------------------

    def fail(self, node: ast.expr, code: str, message: str, remedy: str | None = None) -> None:
        """Notes a mistake at a node."""
        self.note(error_at(node, code, message, remedy))

    def note(self, error: FormulaError) -> None:
        """Notes a mistake; stops at the limit."""
        self.errors[error.code, error.message, error.offset] = error
        if len(self.errors) >= MAX_ERRORS:
            raise _Stop

    def said(self, node: ast.expr) -> str:
        """What the file says at ``node``, for a message."""
        return quote(" ".join(self._text[node.col_offset : node.end_col_offset].split()), 40)

    # -- the syntax -------------------------------------------------------------------------------

    def _meaning(self, node: ast.expr) -> Bound:
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return Bound(Number(float(value)), ANY if value == 0 else NONE)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self.names.quantity(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Bound(self.make(node, Unary("not", self.truth(operand).expression)), NONE)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                bound = self.bind(operand)
                return Bound(self.make(node, Unary("-", bound.expression)), bound.dimension)
            case ast.UnaryOp(operand=operand):
                return self.bind(operand)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.BoolOp(op=operator, values=values):
                operands = tuple(self.truth(value).expression for value in values)
                return Bound(self.make(node, Logic(_OPERATORS[type(operator)], operands)), NONE)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                return self._conditional(node)
            case ast.Call(func=ast.Name(id=name)) if name in FORMS:
                return self._form(name, node)
            case ast.Call(func=ast.Name(id=name)):
                return self._function(FUNCTIONS[name], node)
        raise error_at(node, "E409", f"{self.said(node)} is out of place")

    def _arithmetic(self, node: ast.BinOp) -> Bound:
        op = _OPERATORS[type(node.op)]
        left, right = self.bind(node.left), self.bind(node.right)
        if op in ("/", "//", "%") and right.expression == ZERO:
            raise error_at(node, "E411", f"{self.said(node)} divides by zero")
        if op == "*":
            dimension = left.dimension * right.dimension
        elif op == "/":
            dimension = left.dimension / right.dimension
        elif op == "**":
            dimension = self._power(node, left, right)
        else:
            dimension = self.agree([(node.left, left), (node.right, right)], _VERBS[op])
            dimension = NONE if op == "//" else dimension
        return Bound(self.make(node, Binary(op, left.expression, right.expression)), dimension)

    def _power(self, node: ast.BinOp, base: Bound, exponent: Bound) -> Dimension:
        if not exponent.dimension.agrees(NONE):
            said = f"the exponent, {self.said(node.right)}, is {_in(exponent.dimension)}"
            self.fail(node.right, "E503", f"{said}; it must be a plain number")
        if base.dimension.agrees(NONE):
            return NONE
        power = exponent.expression
        if not isinstance(power, Number) or abs(power.value) > MAX_EXPONENT:
            said = f"{self.said(node.left)} is {_in(base.dimension)}"
            message = f"{said}; its exponent must be a number up to {MAX_EXPONENT}"
            self.fail(node.right, "E505", message)
            return ANY
        return base.dimension ** Fraction(power.value).limit_denominator(MAX_EXPONENT)

    def _comparison(self, node: ast.Compare) -> Bound:
        sides = [node.left, *node.comparators]
        found: list[Expression] = []
        for position, operator in enumerate(node.ops):
            left, right = sides[position], sides[position + 1]
            one, other = self._side(left, right), self._side(right, left)
            self.agree([(left, one), (right, other)], "compared")
            comparison = Compare(_OPERATORS[type(operator)], one.expression, other.expression)
            found.append(self.make(node, comparison))
        chain = found[0] if len(found) == 1 else self.make(node, Logic("and", tuple(found)))
        return Bound(chain, NONE)

    def _side(self, node: ast.expr, other: ast.expr) -> Bound:
        try:
            return self.names.option(other, node) or self.bind(node)
        except FormulaError as error:
            self.note(error)
            return UNKNOWN

    def _conditional(self, node: ast.IfExp) -> Bound:
        condition = self.truth(node.test).expression
        then, otherwise = self.bind(node.body), self.bind(node.orelse)
        branches = [(node.body, then), (node.orelse, otherwise)]
        dimension = self.agree(branches, "the two branches of one condition")
        if isinstance(condition, Number):
            return Bound((then if condition.value else otherwise).expression, dimension)
        return Bound(Conditional(condition, then.expression, otherwise.expression), dimension)

    def _function(self, function: Function, node: ast.Call) -> Bound:
        names = function.arguments
        if function.variadic:
            needed = len(names) - 1
            if len(node.args) < needed or node.keywords:
                message = f"{needed} or more arguments are needed: it is {function.signature}"
                raise error_at(node, "E407", message)
            values = node.args
        else:
            given = self.arguments(node, names, len(names), function.signature)
            values = [given[name] for name in names]
        if function.unit == "none":
            parts = [self.of(v, NONE, f"the argument of {function.name}") for v in values]
            dimension = NONE
        else:
            parts = [self.bind(value) for value in values]
            pairs = list(zip(values, parts, strict=True))
            dimension = self.agree(pairs, f"arguments of one {function.name}")
            if function.unit == "root":
                dimension = dimension ** Fraction(1, 2)
            elif function.unit == "sign":
                dimension = NONE
        call = Call(function.name, tuple(part.expression for part in parts))
        return Bound(self.make(node, call), dimension)

    def _form(self, name: str, node: ast.Call) -> Bound:
        form = FORMS[name]
        names = [argument.name for argument in form.arguments]
        needed = sum(not argument.optional for argument in form.arguments)
        return BINDERS[name](self, node, self.arguments(node, names, needed, form.signature))


def _in(dimension: Dimension) -> str:
    return "a plain number" if dimension == NONE else f"in {dimension}"


def _give_unit(bound: Bound, wanted: Dimension) -> str | None:
    """How to give a bare number the unit wanted; None for anything else."""
    if isinstance(bound.expression, Number) and bound.dimension == NONE:
        return f"give the number its unit: q({bound.expression.value:g}, '{wanted}')"
    return None


def constant_value(expression: Expression) -> float | None:
    """The value of an operation on numbers alone; None for any other node."""
    below = children(expression)
    values = [np.float64(item.value) for item in below if isinstance(item, Number)]
    if len(values) < len(below):
        return None
    with np.errstate(all="ignore"):
        match expression:
            case Unary(op="-"):
                return -float(values[0])
            case Unary():
                return float(not values[0])
            case Binary(op=op):
                return float(BINARY[op](*values))
            case Compare(op=op):
                return float(COMPARISONS[op](*values))
            case Logic(op=op):
                return float(all(values) if op == "and" else any(values))
            case Call(function=name):
                return float(FUNCTIONS[name].numpy(*values))
    return None
