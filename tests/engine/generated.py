"""Checked models made in tests: by hand, without YAML, and at random."""

from __future__ import annotations

from typing import Any

from reassure.model.checked import (
    Actor,
    Auxiliary,
    Model,
    Outcome,
    Parameter,
    Prior,
    Stock,
    Time,
    Unit,
)
from reassure.model.expression import ZERO, Expression, Number

ONE_UNIT = Unit()


def clock(steps: int = 24, dt: float = 1 / 12) -> Time:
    return Time(start="2007-02-01", step="month", dt=dt, steps=steps)


def parameter(name: str, low: float = 0.0, high: float = 1.0) -> Parameter:
    return Parameter(name, Prior("uniform", (("low", low), ("high", high))), ONE_UNIT)


def stock(
    name: str,
    initial: float | Expression,
    change: Expression = ZERO,
    jump: Expression = ZERO,
    low: float = float("-inf"),
    high: float = float("inf"),
) -> Stock:
    start = initial if isinstance(initial, Expression) else Number(initial)
    return Stock(name, start, change, jump, low, high, ONE_UNIT)


def auxiliary(name: str, formula: Expression) -> Auxiliary:
    return Auxiliary(name, formula, ONE_UNIT)


def outcome(name: str, kind: Any, formula: Expression, first: int = 0, last: int = 24) -> Outcome:
    return Outcome(name, kind, formula, first, last, ONE_UNIT)


def model(**sections: Any) -> Model:
    """A model with what is given and nothing else; actors A, B and C exist."""
    empty = (
        "sources correlations levers policies observations auxiliaries noises events stocks "
        "beliefs choices outcomes claims interests parameters"
    )
    fields: dict[str, Any] = dict.fromkeys(empty.split(), ())
    fields |= {
        "name": "made",
        "title": "Made by a test",
        "language": 1,
        "time": clock(),
        "actors": tuple(Actor(code, code) for code in "ABC"),
    }
    return Model(**(fields | sections))
