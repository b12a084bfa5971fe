"""The arithmetic of a step as a graph in which equal expressions are one node.

The checked model's formulas are inlined into primitive operations on numbers (double precision in
meaning) and truth values. Each node knows on what it can vary: over *lanes* (futures side by
side), over *steps*, over both or over neither; what does not vary over steps is worked out once a
run, what does not vary over lanes once for all lanes.

Operations (``x`` numbers, ``b`` truth values):

=====================  ============================================================================
arithmetic             add sub mul div neg floordiv mod pow min max
functions              exp log log1p expm1 sqrt abs tanh sin cos sign floor ceil round logistic
                       logit norm_cdf normal (inverse of norm_cdf)
truth                  lt le gt ge eq ne (of numbers); and or not (of truth values)
choice                 select(b, x, x); number(b), 1 or 0
games                  solve(b, b, x, ...) works out all that is asked of a game at once; solved(y)
                       is one row of it
leaves                 ``const`` (a number) and those of :data:`LEAVES`
=====================  ============================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reassure.model.functions import BINARY, COMPARISONS, FUNCTIONS

LANES, STEPS = 1, 2

LEAVES: dict[str, int] = {
    "parameter": LANES,
    "input": LANES,
    "path_first": LANES,
    "state": LANES | STEPS,
    "ring": LANES | STEPS,
    "draw": LANES | STEPS,
    "path": LANES | STEPS,
    "shock": LANES | STEPS,
    "time": STEPS,
    "ordered": STEPS,
    "held": STEPS,
    "calendar": STEPS,
    "given": STEPS,
    "told": STEPS,
    "ordered_first": 0,
    "held_first": 0,
    "given_first": 0,
    "told_first": 0,
    "held_value": 0,
    "held_slot": 0,
    "rule": 0,
}
"""Leaves and what each varies over. ``calendar`` has as its attribute the truth value of each
step. ``input`` is what a formula of a game is given."""

TRUTHS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
TRUTH_LEAVES = frozenset(
    {"held", "held_first", "held_slot", "calendar", "rule", "told", "told_first"}
)

TRANSCENDENTAL = frozenset(
    {"exp", "log", "log1p", "expm1", "tanh", "sin", "cos", "logistic", "logit", "norm_cdf"}
) | {"normal", "pow"}
DIVISIONS = frozenset({"div", "sqrt", "floordiv", "mod"})

COMPARE = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
ARITHMETIC = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
}
_COMMUTE = frozenset({"add", "mul", "min", "max", "and", "or", "eq", "ne"})


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes:
        op: what it does.
        arguments: indices of the nodes it is done to.
        attribute: of leaves: which one; of ``const``: its value.
        varies: bits LANES and STEPS.
        truth: whether its value is a truth value.
    """

    op: str
    arguments: tuple[int, ...]
    attribute: Hashable
    varies: int
    truth: bool

    @property
    def is_leaf(self) -> bool:
        return not self.arguments


def _folders() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {
        name: FUNCTIONS[name].numpy for name in FUNCTIONS if name not in ("clip", "positive")
    }
    found |= {op: BINARY[sign] for sign, op in ARITHMETIC.items()}
    found |= {op: COMPARISONS[sign] for sign, op in COMPARE.items()}
    found |= {
        "neg": np.negative,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "number": float,
    }
    return found


FOLD = _folders()
"""What operations do to NumPy numbers; ``select`` apart."""


class Graph:
    """Nodes by index, each expression once. Arguments come before what uses them."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[tuple[str, tuple[int, ...], Hashable], int] = {}

    def __getitem__(self, index: int) -> Node:
        return self.nodes[index]

    def leaf(self, kind: str, attribute: Hashable = 0) -> int:
        """A leaf of :data:`LEAVES`."""
        return self._intern(Node(kind, (), attribute, LEAVES[kind], kind in TRUTH_LEAVES))

    def number(self, value: float) -> int:
        """A constant number."""
        return self._constant(float(value))

    def truth(self, index: int) -> int:
        """Whether a number is not zero; a truth value stays as it is."""
        node = self.nodes[index]
        if node.truth:
            return index
        if node.op == "number":
            return node.arguments[0]
        return self.add("ne", index, self.number(0.0))

    def numeric(self, index: int) -> int:
        """1.0 or 0.0 for a truth value; a number stays as it is."""
        return self.add("number", index) if self.nodes[index].truth else index

    def constant_of(self, index: int) -> float | bool | None:
        """The value of a constant, None for what is not one."""
        node = self.nodes[index]
        return node.attribute if node.op == "const" else None  # type: ignore[return-value]

    def select(self, condition: int, then: int, otherwise: int) -> int:
        """``then`` where a truth value holds, else ``otherwise``."""
        known = self.constant_of(condition)
        if known is not None:
            return then if known else otherwise
        return then if then == otherwise else self.add("select", condition, then, otherwise)

    def add(self, op: str, *arguments: int) -> int:
        """The node of an operation: an equal one if there is one, a constant if it can be known."""
        simple = self._simplified(op, arguments)
        if simple is not None:
            return simple
        if op in _COMMUTE and (op, arguments[::-1], 0) in self._known:
            return self._known[op, arguments[::-1], 0]
        varies = 0
        for index in arguments:
            varies |= self.nodes[index].varies
        return self._intern(Node(op, arguments, 0, varies, op in TRUTHS))

    def solve(
        self, call: Hashable, outputs: int, arguments: tuple[int, ...], varies: int
    ) -> list[int]:
        """The rows of a game's solution, one node each.

        Args:
            call: what is worked out from the arguments (the attribute of the node).
            outputs: how many rows that gives.
            arguments: a truth value that is the same for all lanes (whether to work it out at all
                in this step), a truth value (for which futures), numbers.
            varies: what it varies over, beside lanes.
        """
        whole = self._intern(Node("solve", arguments, call, LANES | varies, False))
        return [self.row(whole, i) for i in range(outputs)]

    def row(self, whole: int, number: int) -> int:
        """One row of a game's solution."""
        return self._intern(Node("solved", (whole,), number, self.nodes[whole].varies, False))

    def chain(self, op: str, items: list[int], empty: float | bool) -> int:
        """``items`` joined by a two-argument operation, left to right."""
        if not items:
            return self._constant(empty)
        total = items[0]
        for item in items[1:]:
            total = self.add(op, total, item)
        return total

    def _intern(self, node: Node) -> int:
        key = (node.op, node.arguments, node.attribute)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(node)
        return self._known[key]

    def _constant(self, value: float | bool) -> int:
        # True == 1.0 and 0.0 == -0.0 in a dict: the key says which of them is meant.
        kind = "truth" if isinstance(value, bool) else math.copysign(1.0, value)
        key = ("const", (), (kind, value if value == value else "nan"))
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(Node("const", (), value, 0, isinstance(value, bool)))
        return self._known[key]

    def _simplified(self, op: str, arguments: tuple[int, ...]) -> int | None:
        """Folding of constants, and those identities that hold for every float."""
        values = [self.constant_of(index) for index in arguments]
        if op in FOLD and all(value is not None for value in values):
            with np.errstate(all="ignore"):
                result = FOLD[op](*values)
            return self._constant(bool(result) if op in TRUTHS else float(result))
        if len(arguments) == 2:
            left, right = values
            if op == "and" or op == "or":
                absorbing = op == "or"
                for known, other in ((left, arguments[1]), (right, arguments[0])):
                    if known is not None:
                        return self._constant(absorbing) if known is absorbing else other
            if (op in ("mul", "div") and right == 1.0) or (op in ("add", "sub") and right == 0.0):
                return arguments[0]
            if (op == "mul" and left == 1.0) or (op == "add" and left == 0.0):
                return arguments[1]
            if op == "pow" and isinstance(right, float):
                return self._power(arguments[0], right)
        if op in ("not", "neg"):
            inner = self.nodes[arguments[0]]
            if inner.op == op:
                return inner.arguments[0]
        return None

    def _power(self, base: int, exponent: float) -> int | None:
        """Small whole powers by multiplication, square roots as such; None for the rest."""
        if exponent == 0.0:
            return self.number(1.0)
        if exponent == 1.0:
            return base
        if exponent == 2.0:
            return self.add("mul", base, base)
        if exponent == 3.0:
            return self.add("mul", base, self.add("mul", base, base))
        if exponent == 4.0:
            square = self.add("mul", base, base)
            return self.add("mul", square, square)
        if exponent == 0.5:
            return self.add("sqrt", base)
        if exponent < 0 and (positive := self._power(base, -exponent)) is not None:
            return self.add("div", self.number(1.0), positive)
        return None
