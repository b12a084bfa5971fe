"""From a formula's syntax to its meaning: names resolved, sets expanded, units proven, constants folded."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    Ref,
    Unary,
    children,
)
from reassure.model.forms import BINDERS
from reassure.model.functions import BINARY, COMPARISONS, FORMS, FUNCTIONS, Function
from reassure.model.mistakes import quote, suggest
from reassure.model.parser import Formula, FormulaError
from reassure.model.scope import Bound, FormulaErrors, Scope, Table
from reassure.model.units import ANY, MAX_EXPONENT, NONE, TIME, Dimension

__all__ = ["MAX_EXPANDED", "Binder", "Bound", "FormulaErrors", "Scope", "Table", "bind"]

MAX_EXPANDED = 20_000
"""Nodes that one formula may become once sums over index sets are written out."""

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.And: "and", ast.Or: "or",
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
    """The meaning of ``formula`` in ``scope``.

    Args:
        expect: the dimension that the value must have; None accepts any.
        truth: the value is used as a truth value: it must be a plain number, and is made 1 or 0.
        options: bare words that stand for their index, in a rule that sets a lever of named options.

    Raises:
        FormulaErrors: all mistakes found, in reading order (codes E2xx to E5xx, and E901).
    """
    binder = Binder(formula, scope, options)
    try:
        bound = binder.truth(formula.tree) if truth else binder.bind(formula.tree)
        if expect is not None and not bound.dimension.agrees(expect):
            binder.fail(
                "E502",
                f"the formula is in {bound.dimension}, but {expect} is wanted",
                None,
                formula.tree,
            )
    except _TooLarge:
        message = f"the formula becomes more than {MAX_EXPANDED} parts when sums are written out"
        binder.fail(
            "E901", message, "use smaller index sets, or fewer sums inside sums", formula.tree
        )
    if binder.errors:
        unique = {(error.code, error.message, error.offset): error for error in binder.errors}
        raise FormulaErrors(sorted(unique.values(), key=lambda error: error.offset))
    return bound


class _TooLarge(Exception):
    pass


UNKNOWN = Bound(Ref("?"), ANY)
"""Stands where a mistake was found, so that the rest can be looked at."""


class Binder:
    """The binding of one formula; :mod:`reassure.model.forms` uses it for the functions that are not pure."""

    def __init__(self, formula: Formula, scope: Scope, options: Sequence[str]) -> None:
        self.scope = scope
        self.errors: list[FormulaError] = []
        self._text = formula.text
        self._words = {word: index for index, word in enumerate(options)}
        self._binding: Mapping[str, str] = scope.binding
        self._size = 0

    # -- what forms use ---------------------------------------------------------------------------

    def bind(self, node: ast.expr) -> Bound:
        """The meaning of ``node``; a mistake in it is noted and the unknown returned."""
        self._size += 1
        if self._size > MAX_EXPANDED:
            raise _TooLarge
        try:
            return self._meaning(node)
        except FormulaError as error:
            self.errors.append(error)
            return UNKNOWN

    def truth(self, node: ast.expr) -> Bound:
        """``node`` as a truth value, 1 or 0: any number other than 0 is true."""
        bound = self.plain(node, "a truth value")
        match bound.expression:
            case Compare() | Logic() | Unary(op="not"):
                return bound
            case Number(value=value):
                return Bound(ONE if value else ZERO, NONE)
        return Bound(Compare("!=", bound.expression, ZERO), NONE)

    def plain(self, node: ast.expr, role: str) -> Bound:
        """``node``, which must be a plain number."""
        return self.of(node, NONE, role)

    def of(self, node: ast.expr, dimension: Dimension, role: str) -> Bound:
        """``node``, which must have the dimension."""
        bound = self.bind(node)
        if not bound.dimension.agrees(dimension):
            said = f"{role} is in {bound.dimension}: {self.said(node)}"
            if dimension == NONE:
                self.fail("E503", f"{said}; it must be a plain number", None, node)
            else:
                self.fail(
                    "E502", f"{said}; it must be in {dimension}", _remedy(bound, dimension), node
                )
        return Bound(bound.expression, dimension)

    def literal(self, bound: Bound, role: str, node: ast.expr) -> float | None:
        """The number that ``bound`` is; None (and a mistake) where it is not written out."""
        if isinstance(bound.expression, Number):
            return bound.expression.value
        if bound is not UNKNOWN and bound.expression != UNKNOWN.expression:
            self.fail(
                "E408", f"{role} must be a number written out, not {self.said(node)}", None, node
            )
        return None

    def agree(self, parts: Sequence[tuple[ast.expr, Bound]], verb: str) -> Dimension:
        """The dimension that all parts share; a mistake where two differ."""
        known = [(node, bound) for node, bound in parts if bound.dimension != ANY]
        if not known:
            return ANY
        first_node, first = known[0]
        for node, bound in known[1:]:
            if bound.dimension != first.dimension:
                self.fail(
                    "E502",
                    f"{self.said(first_node)} is in {first.dimension} and {self.said(node)} in {bound.dimension}: "
                    f"they cannot be {verb}",
                    _remedy(bound, first.dimension) or _remedy(first, bound.dimension),
                    node,
                )
                return ANY
        return first.dimension

    def arrange(
        self, node: ast.Call, names: Sequence[str], needed: int, signature: str
    ) -> dict[str, ast.expr]:
        """The arguments of a call by name.

        Raises:
            FormulaError: E407 for too few, too many, unknown or repeated ones.
        """
        given = dict(zip(names, node.args, strict=False))
        if len(node.args) > len(names):
            raise self.error("E407", f"too many arguments: it is {signature}", None, node)
        for pair in node.keywords:
            if pair.arg not in names:
                raise self.error(
                    "E407",
                    f"no argument {quote(pair.arg)}: it is {signature}",
                    suggest(pair.arg or "", names),
                    node,
                )
            if pair.arg in given:
                raise self.error("E407", f"argument {quote(pair.arg)} is given twice", None, node)
            given[pair.arg] = pair.value
        missing = [name for name in names[:needed] if name not in given]
        if missing:
            raise self.error(
                "E407", f"argument {quote(missing[0])} is missing: it is {signature}", None, node
            )
        return given

    @contextmanager
    def bound_to(self, index_set: str, member: str) -> Iterator[None]:
        """Within: the index set stands for its member."""
        outer = self._binding
        self._binding = {**outer, index_set: member}
        try:
            yield
        finally:
            self._binding = outer

    def make(self, expression: Expression, node: ast.expr) -> Expression:
        """``expression``, folded to a number if it is made of numbers alone."""
        if not all(isinstance(item, Number) for item in children(expression)):
            return expression
        value = _value(expression)
        if value is None:
            return expression
        if not math.isfinite(value):
            raise self.error("E411", f"{self.said(node)} is not a finite number", None, node)
        return Number(value)

    def error(self, code: str, message: str, remedy: str | None, node: ast.expr) -> FormulaError:
        return FormulaError(code, message, remedy, node.col_offset)

    def fail(self, code: str, message: str, remedy: str | None, node: ast.expr) -> None:
        """Notes a mistake and goes on."""
        self.errors.append(self.error(code, message, remedy, node))

    def said(self, node: ast.expr) -> str:
        """What the file says at ``node``, for a message."""
        return quote(" ".join(self._text[node.col_offset : node.end_col_offset].split()), 40)

    # -- the syntax -------------------------------------------------------------------------------

    def _meaning(self, node: ast.expr) -> Bound:
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return Bound(Number(float(value)), ANY if value == 0 else NONE)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._named(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Bound(self.make(Unary("not", self.truth(operand).expression), node), NONE)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                bound = self.bind(operand)
                return Bound(self.make(Unary("-", bound.expression), node), bound.dimension)
            case ast.UnaryOp(operand=operand):
                return self.bind(operand)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.BoolOp(op=operator, values=values):
                operands = tuple(self.truth(value).expression for value in values)
                return Bound(self.make(Logic(_OPERATORS[type(operator)], operands), node), NONE)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                return self._conditional(node)
            case ast.Call(func=ast.Name(id=name)):
                if name in FORMS:
                    return self._form(name, node)
                return self._function(FUNCTIONS[name], node)
        raise self.error("E409", f"{self.said(node)} is out of place", None, node)

    def _arithmetic(self, node: ast.BinOp) -> Bound:
        op = _OPERATORS[type(node.op)]
        left, right = self.bind(node.left), self.bind(node.right)
        if op in ("/", "//", "%") and right.expression == ZERO:
            raise self.error("E411", f"{self.said(node)} divides by zero", None, node)
        match op:
            case "*":
                dimension = left.dimension * right.dimension
            case "/":
                dimension = left.dimension / right.dimension
            case "**":
                dimension = self._power(node, left, right)
            case "//":
                self.agree([(node.left, left), (node.right, right)], _VERBS[op])
                dimension = NONE
            case _:
                dimension = self.agree([(node.left, left), (node.right, right)], _VERBS[op])
        return Bound(self.make(Binary(op, left.expression, right.expression), node), dimension)

    def _power(self, node: ast.BinOp, base: Bound, exponent: Bound) -> Dimension:
        if not exponent.dimension.agrees(NONE):
            message = f"the exponent {self.said(node.right)} is in {exponent.dimension}; it must be a plain number"
            self.fail("E503", message, None, node.right)
        if base.dimension.agrees(NONE):
            return NONE
        if (
            not isinstance(exponent.expression, Number)
            or abs(exponent.expression.value) > MAX_EXPONENT
        ):
            message = f"{self.said(node.left)} is in {base.dimension}; its exponent must be a number up to {MAX_EXPONENT}"
            self.fail("E505", message, None, node.right)
            return ANY
        return base.dimension ** Fraction(exponent.expression.value).limit_denominator(12)

    def _comparison(self, node: ast.Compare) -> Bound:
        sides = [node.left, *node.comparators]
        found: list[Expression] = []
        for operator, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True):
            op = _OPERATORS[type(operator)]
            one = self._option(right, left) or self.bind(left)
            other = self._option(left, right) or self.bind(right)
            self.agree([(left, one), (right, other)], "compared")
            found.append(self.make(Compare(op, one.expression, other.expression), node))
        return Bound(
            found[0] if len(found) == 1 else self.make(Logic("and", tuple(found)), node), NONE
        )

    def _option(self, owner: ast.expr, word: ast.expr) -> Bound | None:
        """The index of the bare ``word`` among the options of ``owner``, where it has options."""
        if not isinstance(word, ast.Name) or not isinstance(
            owner, ast.Name | ast.Attribute | ast.Subscript
        ):
            return None
        try:
            name = self._canonical(owner)
        except FormulaError:
            return None  # reported where the owner itself is bound
        options = self.scope.options(name)
        if options is None:
            return None
        if word.id in options:
            return Bound(Number(float(options.index(word.id))), NONE)
        if self._known(word.id) is not None:
            return None
        remedy = suggest(word.id, options) or f"its options are {', '.join(options)}"
        self.fail("E304", f"{quote(word.id)} is not an option of {quote(name)}", remedy, word)
        return UNKNOWN

    def _conditional(self, node: ast.IfExp) -> Bound:
        condition = self.truth(node.test)
        then, otherwise = self.bind(node.body), self.bind(node.orelse)
        dimension = self.agree(
            [(node.body, then), (node.orelse, otherwise)], "the two branches of one condition"
        )
        if isinstance(condition.expression, Number):
            return Bound((then if condition.expression.value else otherwise).expression, dimension)
        return Bound(
            Conditional(condition.expression, then.expression, otherwise.expression), dimension
        )

    # -- calls ------------------------------------------------------------------------------------

    def _function(self, function: Function, node: ast.Call) -> Bound:
        if function.variadic:
            needed = len(function.arguments) - 1
            if len(node.args) < needed or node.keywords:
                message = f"{needed} or more arguments are needed: it is {function.signature}"
                raise self.error("E407", message, None, node)
            values = node.args
        else:
            names = function.arguments
            given = self.arrange(node, names, len(names), function.signature)
            values = [given[name] for name in names]
        if function.unit == "none":
            parts = [self.plain(value, f"the argument of {function.name}") for value in values]
            dimension = NONE
        else:
            parts = [self.bind(value) for value in values]
            verb = f"arguments of one {function.name}"
            dimension = self.agree(list(zip(values, parts, strict=True)), verb)
            if function.unit == "root":
                dimension = dimension ** Fraction(1, 2)
            elif function.unit == "sign":
                dimension = NONE
        call = Call(function.name, tuple(part.expression for part in parts))
        return Bound(self.make(call, node), dimension)

    def _form(self, name: str, node: ast.Call) -> Bound:
        form = FORMS[name]
        names = [argument.name for argument in form.arguments]
        needed = sum(not argument.optional for argument in form.arguments)
        return BINDERS[name](self, node, self.arrange(node, names, needed, form.signature))

    # -- names ------------------------------------------------------------------------------------

    def _named(self, node: ast.expr) -> Bound:
        if isinstance(node, ast.Name) and node.id in self._words:
            return Bound(Number(float(self._words[node.id])), NONE)
        name = self._canonical(node)
        known = self._known(name)
        if known is None:
            raise self._undefined(name, node)
        return known

    def _known(self, name: str) -> Bound | None:
        match name:
            case "time":
                return Bound(Ref("time"), TIME)
            case "dt":
                return Bound(Number(self.scope.dt), TIME)
            case "true":
                return Bound(ONE, NONE)
            case "false":
                return Bound(ZERO, NONE)
        dimension = self.scope.dimension(name)
        return None if dimension is None else Bound(Ref(name), dimension)

    def _canonical(self, node: ast.expr) -> str:
        """The name with its index resolved to a member."""
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=value, attr=part):
                return f"{self._canonical(value)}.{part}"
            case ast.Subscript(value=value, slice=ast.Name(id=index)):
                return f"{self._canonical(value)}[{self._member(index, node)}]"
        raise self.error(
            "E402", "only a name can have parts", "write name.part or name[member]", node
        )

    def _member(self, index: str, node: ast.expr) -> str:
        sets = self.scope.sets
        if index in self._binding:
            return self._binding[index]
        if any(index in members for members in sets.values()):
            return index
        if index in sets:
            message = f"{quote(index)} is an index set that is not open here"
            raise self.error("E303", message, f"write sum({index}, ...), or a member of it", node)
        words = [*sets, *(member for members in sets.values() for member in members)]
        raise self.error(
            "E303",
            f"{quote(index)} is neither an index set nor a member of one",
            suggest(index, words) or None,
            node,
        )

    def _undefined(self, name: str, node: ast.expr) -> FormulaError:
        names = list(self.scope.names)
        indexed = re.compile(re.escape(name) + r"\[(\w+)\]")
        members = [match[1] for match in map(indexed.match, names) if match]
        if members:
            owner = next(
                (s for s, all_of in self.scope.sets.items() if members[0] in all_of), members[0]
            )
            message = f"{quote(name)} has one value for each {owner}"
            return self.error(
                "E307",
                message,
                f"write {name}[{members[0]}], or sum({owner}, {name}[{owner}])",
                node,
            )
        if name in self.scope.sets:
            return self.error(
                "E303",
                f"{quote(name)} is an index set, not a quantity",
                f"write name[{name}]",
                node,
            )
        stem, _, part = name.rpartition(".")
        if stem and self._known(stem) is not None:
            parts = [
                known.removeprefix(f"{stem}.") for known in names if known.startswith(f"{stem}.")
            ]
            has = f"its parts are {', '.join(parts[:8])}" if parts else f"use {quote(stem)} itself"
            return self.error(
                "E301",
                f"{quote(stem)} has no part {quote(part)}",
                suggest(part, parts) or has,
                node,
            )
        return self.error(
            "E301", f"{quote(name)} is not defined", suggest(name, names) or None, node
        )


def _remedy(bound: Bound, wanted: Dimension) -> str | None:
    """How to give a bare number the unit wanted."""
    if isinstance(bound.expression, Number) and bound.dimension == NONE:
        return f"give the number its unit: q({bound.expression.value:g}, '{wanted}')"
    return None


def _value(expression: Expression) -> float | None:
    """The value of a node whose children are all numbers; None for what is not a plain operation."""
    values: Iterable[float] = [
        item.value for item in children(expression) if isinstance(item, Number)
    ]
    with np.errstate(all="ignore"):
        match expression:
            case Unary(op="-"):
                return -next(iter(values))
            case Unary():
                return float(not next(iter(values)))
            case Binary(op=op):
                return float(BINARY[op](*map(np.float64, values)))
            case Compare(op=op):
                return float(COMPARISONS[op](*values))
            case Logic(op=op):
                return float(all(values) if op == "and" else any(values))
            case Call(function=name):
                return float(FUNCTIONS[name].numpy(*map(np.float64, values)))
    return None
