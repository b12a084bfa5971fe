"""How a formula answers to what it reads: enclosures of its slopes, kept as intervals.

The slope of ``f`` between two points that differ only in ``v`` is ``(f(x) - f(y)) / (x_v - y_v)``.
:class:`Slopes` encloses every such slope over a box of declared ranges in an interval: ``[0, 3]``
proves that ``f`` never falls as ``v`` rises, ``[-1, 2]`` proves nothing. Slopes, unlike
derivatives, exist at kinks and jumps; a comparison ``a >= b`` has the slope ``[0, inf)`` in ``a``.
Slope enclosures follow a chain rule and a product rule (Neumaier 1990, *Interval Methods for
Systems of Equations*, section 2.3, after Krawczyk and Neumaier 1985).

Bounds are computed in double precision without directed rounding, so a proof holds up to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reassure.engine.curves import CURVES, power_slope, safe, table_slope
from reassure.engine.slope_maps import (
    FALLS,
    NONE,
    RISES,
    UNIT,
    Dependence,
    Range,
    SlopeMap,
    add,
    hulled,
    in_the_past,
    meet,
    negate,
    scaled,
    summed,
)
from reassure.model.expression import (
    ONE,
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
    Unary,
    children,
)
from reassure.model.functions import FUNCTIONS
from reassure.model.intervals import WHOLE, divide, hull, interval, multiply, power


class Slopes:
    """Values and slopes of formulas over one box of ranges.

    Formulas may share subtrees; each is worked out once. Over a part of a box, ``whole`` is the
    whole: what memories remember had its ranges, and what is known of a formula there holds in the
    part. ``split`` says that the parts of a whole are to be put together again, so that what has no
    value where two parts meet is unknown on both. ``only``: the one name whose slopes are wanted.
    """

    def __init__(
        self,
        ranges: Mapping[str, Range],
        whole: Slopes | None = None,
        *,
        split: bool = False,
        only: str | None = None,
    ) -> None:
        self.ranges = ranges
        self._whole = whole
        self._before = whole or self
        self._split = split
        self._only = only
        # Each with its node, so that the identity it is kept under is not given out again.
        self._values: dict[int, tuple[Expression, Range]] = {}
        self._slopes: dict[int, tuple[Expression, SlopeMap]] = {}
        self._names: dict[int, tuple[Expression, frozenset[str]]] = {}

    def within(self, parts: Mapping[str, Range]) -> Slopes:
        """The same over a part of the box."""
        return Slopes({**self.ranges, **parts}, self._before, split=self._split, only=self._only)

    def value(self, node: Expression) -> Range:
        """An interval that holds every value of ``node``."""
        known = self._values.get(id(node))
        if known is None:
            low, high = self._value(node)
            if self._whole is not None and (held := self._whole._values.get(id(node))):
                low, high = max(low, held[1][0]), min(high, held[1][1])
            known = self._values[id(node)] = (node, (low, max(low, high)))
        return known[1]

    def _value(self, node: Expression) -> Range:
        if isinstance(node, Number):
            return node.value, node.value
        if isinstance(node, Ref):
            return self.ranges.get(node.name, WHOLE)
        if isinstance(node, Conditional):
            holds, fails, _ = self._branches(node.condition)
            return hull(
                *([holds.value(node.then)] if holds else []),
                *([fails.value(node.otherwise)] if fails else []),
            )
        if self._split and isinstance(node, Binary) and self._at_pole(node):
            return WHOLE
        if isinstance(node, Binary) and node.op in _ARITHMETIC and node.left != node.right:
            return _ARITHMETIC[node.op](self.value(node.left), self.value(node.right))
        below = self._before if isinstance(node, Memory) else self
        # One node over stand-ins for its operands, so that shared subtrees are walked once.
        operands = children(node)
        names = [c.name if isinstance(c, Ref) else f"operand {id(c)}" for c in operands]
        ranges = {name: below.value(c) for name, c in zip(names, operands, strict=True)}
        low, high = interval(with_children(node, [Ref(name) for name in names]), ranges)
        return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)

    def slopes(self, node: Expression) -> SlopeMap:
        """For each thing that ``node`` reads, an enclosure of its slope in it."""
        known = self._slopes.get(id(node))
        if known is None:
            found = self._rule(node) if self._wanted(node) else {}
            if self._whole is not None and (held := self._whole._slopes.get(id(node))):
                found = {key: meet(slope, held[1].get(key, NONE)) for key, slope in found.items()}
            known = self._slopes[id(node)] = (node, found)
        return known[1]

    def _wanted(self, node: Expression) -> bool:
        return self._only is None or self._only in self._before.names(node)

    def names(self, node: Expression) -> frozenset[str]:
        """The names that ``node`` reads."""
        known = self._names.get(id(node))
        if known is None:
            own = frozenset([node.name]) if isinstance(node, Ref) else frozenset()
            below = (self.names(child) for child in children(node))
            known = self._names[id(node)] = (node, own.union(*below))
        return known[1]

    def _rule(self, node: Expression) -> SlopeMap:
        match node:
            case Number():
                return {}
            case Ref(name):
                return {Dependence(name): (1.0, 1.0)}
            case Unary(_, operand):
                turned = self._truth(operand) if node.op == "not" else self.slopes(operand)
                return scaled(turned, (-1.0, -1.0))
            case Binary():
                return self._binary(node)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Logic(_, operands):
                return hulled(*(self._truth(operand) for operand in operands))
            case Conditional(condition, then, otherwise):
                return self._conditional(condition, then, otherwise)
            case Call():
                return self._call(node)
            case Lookup(argument, xs, ys):
                return scaled(self.slopes(argument), table_slope(self.value(argument), xs, ys))
            case Memory():
                return self._memory(node)

    def _unknown(self, *nodes: Expression) -> SlopeMap:
        keys = [key for node in nodes for key, slope in self.slopes(node).items() if slope != NONE]
        return dict.fromkeys(keys, WHOLE)

    def _binary(self, node: Binary) -> SlopeMap:
        left, right = node.left, node.right
        a, b = self.slopes(left), self.slopes(right)
        match node.op:
            case "+":
                return summed(a, b)
            case "-":
                return summed(a, scaled(b, (-1.0, -1.0)))
            case "*":
                return summed(scaled(a, self.value(right)), scaled(b, self.value(left)))
            case "/":
                return self._quotient(left, right)
            case "//":
                return scaled(self._quotient(left, right), RISES)
            case "**":
                return self._power(left, right)
            case _:
                return self._unknown(left, right)

    def _at_pole(self, node: Binary) -> bool:
        """Whether ``node`` has no value where two parts of the box meet, so that its values on the
        two may lie far apart."""
        match node:
            case Binary("/" | "//" | "%", _, right):
                return self._across_zero(right)
            case Binary("**", left, right):
                return self.value(right)[0] < 0.0 and self._across_zero(left)
        return False

    def _across_zero(self, node: Expression) -> bool:
        """Whether ``node`` may have either sign, or touches zero at a cut through where it may."""
        low, high = self.value(node)
        if self._split and low <= 0.0 <= high:
            low, high = self._before.value(node)
        return low < 0.0 < high

    def _quotient(self, left: Expression, right: Expression) -> SlopeMap:
        low, high = self.value(right)
        if self._across_zero(right) or low == 0.0 == high:
            return self._unknown(left, right)
        if low >= 0.0:
            inverse = (1.0 / high, safe(lambda x: 1.0 / x, low))
        else:
            inverse = (safe(lambda x: 1.0 / x, high, -math.inf), 1.0 / low)
        for part, other in _factors(left):
            rest = _without(right, part)
            if rest is not None:  # part / (part + rest) = 1 - rest / (part + rest)
                square = multiply(inverse, inverse)
                positive = self.value(part)[0] >= 0.0 <= self.value(rest)[0]
                share = UNIT if positive else multiply(self.value(part), inverse)
                slopes = summed(
                    scaled(self.slopes(part), multiply(self.value(rest), square)),
                    scaled(self.slopes(rest), multiply(negate(self.value(part)), square)),
                )
                return summed(scaled(slopes, self.value(other)), scaled(self.slopes(other), share))
        return summed(
            scaled(self.slopes(left), inverse),
            scaled(
                self.slopes(right),
                multiply(negate(self.value(left)), multiply(inverse, inverse)),
            ),
        )

    def _power(self, base: Expression, exponent: Expression) -> SlopeMap:
        x, (n, top) = self.value(base), self.value(exponent)
        if n == top and (n >= 0.0 or not self._across_zero(base)):
            return scaled(self.slopes(base), power_slope(x, n))
        if x[0] < 0.0 or n == top:
            return self._unknown(base, exponent)
        logs = (safe(math.log, x[0], -math.inf), safe(math.log, x[1], math.inf))
        value = power(x, (n, top))
        in_base = RISES if n >= 0.0 else FALLS if top <= 0.0 else WHOLE
        return summed(
            scaled(self.slopes(base), in_base),
            scaled(self.slopes(exponent), multiply(hull(value, (0.0, 0.0)), logs)),
        )

    def _compare(self, op: str, left: Expression, right: Expression) -> SlopeMap:
        (a, b), (c, d) = self.value(left), self.value(right)
        difference = summed(self.slopes(left), scaled(self.slopes(right), (-1.0, -1.0)))
        above, below = a >= d, b <= c  # left never less, left never more
        match op:
            case ">=":
                factor = NONE if above or b < c else RISES
            case ">":
                factor = NONE if below or a > d else RISES
            case "<":
                factor = NONE if above or b < c else FALLS
            case "<=":
                factor = NONE if below or a > d else FALLS
            case _:
                equal = NONE if b < c or a > d else FALLS if above else RISES if below else WHOLE
                factor = equal if op == "==" else negate(equal)
        return scaled(difference, factor)

    def _conditional(
        self, condition: Expression, then: Expression, otherwise: Expression
    ) -> SlopeMap:
        """Within a branch its own slopes, over the part of the box where it rules; where the
        condition turns, the jump from one branch to the other."""
        holds, fails, turns = self._branches(condition)
        if holds is None or fails is None:
            return fails.slopes(otherwise) if fails else self.slopes(then)
        jump = turns.value(Binary("-", then, otherwise))
        return summed(
            hulled(holds.slopes(then), fails.slopes(otherwise)),
            scaled(self._truth(condition), jump),
        )

    def _branches(self, condition: Expression) -> tuple[Slopes | None, Slopes | None, Slopes]:
        """The part of the box where ``condition`` holds, where it fails (None where it never does),
        and where it turns."""
        low, high = self.value(condition)
        if low > 0.0 or high < 0.0:
            return self, None, self
        if low == 0.0 == high:
            return None, self, self
        name, *parts = _split_by(condition, self)
        if not name:
            return self, self, self
        holds, fails, turns = (self.within({name: part}) for part in parts)
        return holds, fails, turns

    def _truth(self, node: Expression) -> SlopeMap:
        """Slopes of whether ``node`` is other than zero."""
        if isinstance(node, Compare | Logic) or (isinstance(node, Unary) and node.op == "not"):
            return self.slopes(node)
        low, high = self.value(node)
        factor = RISES if low >= 0.0 else FALLS if high <= 0.0 else WHOLE
        return scaled(self.slopes(node), factor)

    def _call(self, node: Call) -> SlopeMap:
        arguments = node.arguments
        if node.function in ("min", "max"):
            return self._extreme(node.function, arguments)
        if node.function == "clip":
            x, low, high = arguments
            return self.slopes(Call("min", (Call("max", (x, low)), high)))
        values = tuple(self.value(argument) for argument in arguments)
        total: SlopeMap = {}
        for place, argument in enumerate(arguments):
            if node.function in CURVES:
                factor = CURVES[node.function](values[place])
            else:
                direction = FUNCTIONS[node.function].direction(place, values)
                factor = {1: RISES, -1: FALLS, None: WHOLE}[direction]
            total = summed(total, scaled(self.slopes(argument), factor))
        return total

    def _extreme(self, function: str, arguments: tuple[Expression, ...]) -> SlopeMap:
        """Only arguments that can be the extreme one count."""
        values = [self.value(argument) for argument in arguments]
        if function == "max":
            least = max(low for low, _ in values)
            live = [a for a, (_, high) in zip(arguments, values, strict=True) if high >= least]
        else:
            most = min(high for _, high in values)
            live = [a for a, (low, _) in zip(arguments, values, strict=True) if low <= most]
        return hulled(*(self.slopes(argument) for argument in live))

    def _memory(self, node: Memory) -> SlopeMap:
        """What is remembered is a mean of past values with weights that are not negative, whatever
        their sum up to now: between nothing and all of the source's slope."""
        share = (-math.inf, 0.0) if node.function == "since" else UNIT
        before = self._before
        total = in_the_past(before.slopes(node.source), share)
        if node.initial is not None:
            total = summed(total, in_the_past(before.slopes(node.initial), UNIT))
        if node.time is not None:
            total = summed(total, in_the_past(before._unknown(node.time), (1.0, 1.0)))
        return total


_ARITHMETIC: dict[str, Callable[[Range, Range], Range]] = {
    "+": add,
    "-": lambda a, b: add(a, negate(b)),
    "*": multiply,
    "/": divide,
}


def with_children(node: Expression, new: Sequence[Expression]) -> Expression:
    """``node`` with the nodes directly below it replaced, in the order of ``children``."""
    match node:
        case Binary():
            return Binary(node.op, *new)
        case Compare():
            return Compare(node.op, *new)
        case Number() | Ref():
            return node
        case Call():
            return Call(node.function, tuple(new))
        case Unary():
            return Unary(node.op, *new)
        case Conditional():
            return Conditional(*new)
        case Logic():
            return Logic(node.op, tuple(new))
        case Lookup():
            return replace(node, argument=new[0])
        case Memory():
            below = iter(new)
            source = next(below)
            time = None if node.time is None else next(below)
            initial = None if node.initial is None else next(below)
            return replace(node, source=source, time=time, initial=initial)


def _factors(product: Expression) -> list[tuple[Expression, Expression]]:
    """Each factor of ``product`` with the product of the others."""
    if not isinstance(product, Binary) or product.op != "*":
        return [(product, ONE)]
    found: list[tuple[Expression, Expression]] = []
    for part, other in _factors(product.left):
        found.append((part, Binary("*", other, product.right)))
    for part, other in _factors(product.right):
        found.append((part, Binary("*", product.left, other)))
    return found


def _without(total: Expression, part: Expression) -> Expression | None:
    """What is left of the sum ``total`` when the term ``part`` is taken away; None if it is no
    term."""
    if not isinstance(total, Binary) or total.op != "+":
        return None
    if total.left == part:
        return total.right
    if total.right == part:
        return total.left
    left = _without(total.left, part)
    if left is not None:
        return Binary("+", left, total.right)
    right = _without(total.right, part)
    return None if right is None else Binary("+", total.left, right)


def _split_by(condition: Expression, slopes: Slopes) -> tuple[str, Range, Range, Range]:
    """The name that a simple condition ``name >= formula`` turns on, its range where the condition
    holds, where it does not, and at the turn; an empty name where the condition is not of that
    kind."""
    nothing = ("", WHOLE, WHOLE, WHOLE)
    if not isinstance(condition, Compare) or condition.op not in ("<", "<=", ">", ">="):
        return nothing
    left, right, op = condition.left, condition.right, condition.op
    if not isinstance(left, Ref):
        left, right = right, left
        op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
    if not isinstance(left, Ref) or left.name in slopes.names(right):
        return nothing
    low, high = slopes.value(left)
    turn = slopes.value(right)
    above = (min(max(low, turn[0]), high), high)
    below = (low, max(min(high, turn[1]), low))
    edge = (above[0], max(below[1], above[0]))
    return (left.name, above, below, edge) if op[0] == ">" else (left.name, below, above, edge)
