"""A bound expression as text again, for stories and docs."""

from __future__ import annotations

from collections.abc import Mapping

from reassure.model.expression import (
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
)

# Python's precedence, loosest first.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _NEGATIVE, _POWER, _ATOM = range(10)
_BINARY = {
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
    "**": _POWER,
}


def show(
    expression: Expression,
    *,
    digits: int = 6,
    options: Mapping[str, tuple[str, ...]] | None = None,
) -> str:
    """``expression`` in the syntax of formulas, with as few brackets as it takes.

    Numbers are in internal units, without a unit. Memories and tables keep the order of arguments.

    Args:
        digits: significant digits of numbers; 17 gives them back exactly.
        options: the options of choices and option levers; a comparison with one then names it.
    """
    return _Writer(digits, options or {}).write(expression)[0]


class _Writer:
    def __init__(self, digits: int, options: Mapping[str, tuple[str, ...]]) -> None:
        self._digits = digits
        self._options = options

    def write(self, node: Expression) -> tuple[str, int]:
        """The text of ``node`` and how tightly it binds."""
        match node:
            case Number(value=value):
                return f"{value:.{self._digits}g}", _NEGATIVE if value < 0 else _ATOM
            case Ref(name=name):
                return name, _ATOM
            case Unary(op="not", operand=operand):
                return f"not {self._within(operand, _NOT)}", _NOT
            case Unary(op=op, operand=operand):
                return f"{op}{self._within(operand, _NEGATIVE)}", _NEGATIVE
            case Binary(op=op, left=left, right=right):
                level = _BINARY[op]
                # Only a power associates to the right, and its exponent may carry a sign.
                around = (level + 1, _NEGATIVE) if op == "**" else (level, level + 1)
                sign = op if op == "**" else f" {op} "
                return (
                    f"{self._within(left, around[0])}{sign}{self._within(right, around[1])}",
                    level,
                )
            case Compare(op=op, left=left, right=right):
                sides = self._side(left, right), self._side(right, left)
                return f"{sides[0]} {op} {sides[1]}", _COMPARE
            case Logic(op=op, operands=operands):
                level = _AND if op == "and" else _OR
                return f" {op} ".join(self._within(item, level + 1) for item in operands), level
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                first, test = self._within(then, _OR), self._within(condition, _OR)
                return (
                    f"{first} if {test} else {self._within(otherwise, _CONDITIONAL)}",
                    _CONDITIONAL,
                )
            case Call(function=name, arguments=arguments):
                return self._call(name, *map(self._text, arguments)), _ATOM
            case Lookup(argument=argument, xs=xs, ys=ys):
                points = ", ".join(
                    f"[{self._text(Number(x))}, {self._text(Number(y))}]"
                    for x, y in zip(xs, ys, strict=True)
                )
                return self._call("lookup", self._text(argument), f"[{points}]"), _ATOM
            case Memory():
                return self._memory(node), _ATOM

    def _memory(self, node: Memory) -> str:
        parts = [self._text(node.source)]
        if node.time is not None:
            parts.append(self._text(node.time))
        if node.order != {"material_delay": 3}.get(node.function, 1):
            parts.append(f"order={node.order}")
        if node.initial is not None:
            parts.append(f"initial={self._text(node.initial)}")
        return self._call(node.function, *parts)

    @staticmethod
    def _call(name: str, *arguments: str) -> str:
        return f"{name}({', '.join(arguments)})"

    def _text(self, node: Expression) -> str:
        return self.write(node)[0]

    def _within(self, node: Expression, level: int) -> str:
        text, own = self.write(node)
        return text if own >= level else f"({text})"

    def _side(self, node: Expression, other: Expression) -> str:
        """One side of a comparison; the index of an option becomes its name."""
        if isinstance(node, Number) and isinstance(other, Ref) and node.value.is_integer():
            options = self._options.get(other.name, ())
            if 0 <= node.value < len(options):
                return options[int(node.value)]
        return self._within(node, _SUM)
