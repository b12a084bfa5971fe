"""A model with its jumps rounded off, so that derivatives can be taken along its paths.

This is another model, not a better derivative of the same one: what it changes is to be measured,
by running both with the same luck. A question ``a > b`` about moving quantities becomes
``logistic((a - b) / w)``; ``and`` and ``or`` become the smaller and the larger, ``not x`` becomes
``1 - x``, ``sign(x)`` becomes ``tanh(x / w)``, and a conditional becomes the mixture of its two
sides. The width ``w`` is ``width`` times the number compared with, or ``width`` itself (in internal
units) where that is zero or no number. An outcome that counts time, or asks whether something is
ever reached, follows the largest degree to which it held so far. An option that ``requires`` such a
question keeps its odds times the degree to which the answer is yes.

A fit takes what it is not told as moving too: see :func:`smoothed_where_untold`.

What has no smooth form stays as it is: games, ``==``, ``floor``, ``%``, ``since`` a condition, a choice's
``when``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from reassure.engine.thresholds import TRUTH_KINDS, Paths, Threshold, paths
from reassure.model.checked import About, Arm, Choice, Model, Option, Outcome, Stock
from reassure.model.expression import (
    ONE,
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Memory,
    Number,
    Ref,
    Unary,
)

LEAST_DEGREE = 1e-9  # to which a requirement is met: keeps the logarithm finite


def smoothed(model: Model, arm: Arm, parameters: Collection[str], width: float) -> Model:
    """``model`` with the jumps that ``parameters`` can move under ``arm`` rounded off.

    Args:
        width: how wide a jump becomes, as a share of the number that it stands at.
    """
    return _smoothed(model, _Soft(paths(model, arm, parameters), width))


def smoothed_where_untold(
    model: Model, told: Collection[str], courses: Collection[str], width: float
) -> tuple[Model, dict[str, str]]:
    """``model`` with jumps rounded off where anything can move but what is told at every step.

    Counts and choices that are not told move too: their means take their place.

    Args:
        told: events and choices that are told throughout.
        courses: levers that follow a course with an error.

    Returns:
        the model, its measurements' formulas softened like the others, and what became of each jump
        behind them, by formula.
    """
    moving = {item.name for item in model.parameters if item.prior.family != "fixed"} | set(courses)
    moving |= {f"{lever}.ordered" for lever in courses}
    moving |= {event.name for event in model.events if event.name not in told}
    for choice in model.choices:
        if choice.name not in told:
            moving |= {choice.name, *(f"{choice.name}.{option.name}" for option in choice.options)}
    # A parameter that jumps itself lends no slope to a question about it, however soft.
    jumping = {item.name for item in model.parameters if item.prior.family == "discrete"}
    soft = _Soft(paths(model, Arm(), moving - jumping), width)
    made = _smoothed(replace(model, measurements=soft.part(model.measurements)), soft)
    left = _jumps(made, paths(made, Arm(), moving))
    became = dict.fromkeys(_jumps(model, soft.paths), f"rounded off over {width:g}")
    return made, became | dict.fromkeys(left, "jumps: a slope misses it")


def _jumps(model: Model, ways: Paths) -> list[str]:
    """Every jump that stands between what moves and what is measured, each formula once."""
    formulas = [(item.name, item.formula) for item in model.measurements]
    found = [Threshold(name, jump) for name, of in formulas for jump in ways.jumps(of, asks=False)]
    behind = sorted({name for _, of in formulas for name in ways.behind(of)})
    found += [jump for name in behind for jump in ways.jumps_of(name)]
    return list({jump.formula: str(jump) for jump in reversed(found)}.values())[::-1]


def _smoothed(model: Model, soft: _Soft) -> Model:
    outcomes, extra = soft.outcomes(model)
    rest: dict[str, Any] = {
        field.name: soft.part(getattr(model, field.name))
        for field in fields(model)
        if field.name not in ("outcomes", "choices", "games")
        and not field.metadata.get("of_the_record")
    }
    rest["stocks"] += extra
    choices = tuple(soft.choice(choice) for choice in model.choices)
    return replace(model, **rest, outcomes=outcomes, choices=choices)


@dataclass(frozen=True)
class _Soft:
    paths: Paths
    width: float

    def part(self, part: Any) -> Any:
        """An element, or a tuple of them, with its formulas softened."""
        if isinstance(part, Expression):
            return self.formula(part)
        if isinstance(part, tuple):
            return tuple(self.part(item) for item in part)
        if is_dataclass(part) and not isinstance(part, About | type):
            new = {field.name: self.part(getattr(part, field.name)) for field in fields(part)}
            return replace(part, **new)
        return part

    def outcomes(self, model: Model) -> tuple[tuple[Outcome, ...], tuple[Stock, ...]]:
        made, extra = [], []
        for outcome in model.outcomes:
            asks = outcome.kind in TRUTH_KINDS
            degree = self.degree(outcome.formula) if asks else outcome.formula
            if degree == outcome.formula:
                made.append(self.part(outcome))
            elif outcome.kind == "time_to":
                so_far = f"~{outcome.name}"
                opens = Number((outcome.first - 0.5) * model.time.dt)
                grown = Call("positive", (Binary("-", degree, Ref(so_far)),))
                jump = Conditional(Compare(">", Ref("time"), opens), grown, ZERO)
                extra.append(Stock(so_far, ZERO, ZERO, jump, 0.0, 1.0, outcome.unit))
                left = Binary("-", ONE, Call("max", (Ref(so_far), degree)))
                made.append(replace(outcome, kind="total", formula=left))
            else:
                kind: Any = "mean" if outcome.kind == "share" else "max"
                made.append(replace(outcome, kind=kind, formula=degree))
        return tuple(made), tuple(extra)

    def choice(self, choice: Choice) -> Choice:
        rationality = self.formula(choice.rationality)
        options = tuple(self.option(option, rationality) for option in choice.options)
        return replace(choice, rationality=rationality, options=options)

    def option(self, option: Option, rationality: Expression) -> Option:
        utility = self.formula(option.utility)
        if option.requires is None:
            return replace(option, utility=utility)
        degree = self.degree(option.requires)
        if degree == option.requires:
            return replace(option, utility=utility)
        odds = Call("log", (Call("max", (degree, Number(LEAST_DEGREE))),))
        return replace(
            option,
            utility=Binary("+", utility, Binary("/", odds, rationality)),
            requires=None,
        )

    def formula(self, node: Expression) -> Expression:
        """``node`` with the jumps inside it softened."""
        match node:
            case Compare() | Logic() | Unary("not", _):
                return self.degree(node)
            case Conditional(condition, then, otherwise):
                degree = self.degree(condition)
                then, otherwise = self.formula(then), self.formula(otherwise)
                if degree == condition:
                    return Conditional(condition, then, otherwise)
                other = Binary("*", Binary("-", ONE, degree), otherwise)
                return Binary("+", Binary("*", degree, then), other)
            case Call("sign", (x,)) if self.paths.moves(x):
                return Call("tanh", (Binary("/", self.formula(x), Number(self.width)),))
            case Memory("since"):
                return node
        new = {field.name: self.part(getattr(node, field.name)) for field in fields(node)}
        return replace(node, **new)

    def degree(self, node: Expression) -> Expression:
        """The degree, 0 to 1, to which ``node`` is true; ``node`` where it does not move."""
        if not self.paths.moves(node):
            return node
        match node:
            case Compare(op, left, right) if op not in ("==", "!="):
                left, right = self.formula(left), self.formula(right)
                low, high = (left, right) if op in ("<", "<=") else (right, left)
                width = Number(self.width * _scale(left, right))
                return Call("logistic", (Binary("/", Binary("-", high, low), width),))
            case Logic(op, operands):
                return self._extreme("min" if op == "and" else "max", operands)
            case Unary("not", operand):
                degree = self.degree(operand)
                return node if degree == operand else Binary("-", ONE, degree)
            case _:
                return node

    def _extreme(self, function: str, operands: Sequence[Expression]) -> Expression:
        degrees = [(item, self.degree(item)) for item in operands]
        return Call(
            function,
            tuple(Compare("!=", item, ZERO) if item == soft else soft for item, soft in degrees),
        )


def _scale(left: Expression, right: Expression) -> float:
    numbers = [abs(side.value) for side in (left, right) if isinstance(side, Number)]
    return max([*numbers, 0.0]) or 1.0
