"""Where a model jumps, and what it looks like with the jumps rounded off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reassure.engine.interpreter import interpret
from reassure.engine.smoothing import smoothed
from reassure.engine.thresholds import paths
from reassure.model.checked import (
    Arm,
    Choice,
    Constant,
    Event,
    Lever,
    Mark,
    Observation,
    Option,
    Policy,
    Rule,
)
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

from .generated import ONE_UNIT, auxiliary, clock, model, outcome, parameter, stock

N = Number
HIGH = Compare(">", Ref("s"), N(0.5))
GROWS = stock("s", 0.1, Binary("*", Ref("p"), N(0.3)))


def found(made: Any, arm: Arm | None = None, by: tuple[str, ...] = ("p",)) -> list[str]:
    (asked,) = made.outcomes
    return [str(item) for item in paths(made, arm or Arm(), by).thresholds(asked)]


def with_stock(formula: Expression, kind: str = "final", **sections: Any) -> Any:
    return model(
        parameters=(parameter("p"), parameter("q")),
        stocks=(GROWS, *sections.pop("stocks", ())),
        outcomes=(outcome("y", kind, formula),),
        **sections,
    )


@pytest.mark.parametrize(
    "formula",
    [
        Call("max", (Ref("s"), N(0.2))),
        Call("clip", (Ref("s"), ZERO, ONE)),
        Memory("smooth", Ref("s"), Ref("p"), 2, None, 0),
        Memory("delay", Ref("s"), N(0.25), 1, None, 3),
        Conditional(Compare(">", Ref("time"), N(0.5)), Ref("s"), ZERO),
        Compare(">", Ref("q"), N(0.5)),
    ],
)
def test_what_is_continuous_is_let_through(formula: Expression) -> None:
    assert found(with_stock(formula)) == []


@pytest.mark.parametrize(
    ("formula", "named"),
    [
        (HIGH, "y: s > 0.5"),
        (Call("floor", (Ref("s"),)), "y: floor(s)"),
        (Call("sign", (Ref("s"),)), "y: sign(s)"),
        (Binary("//", Ref("s"), N(2.0)), "y: s // 2"),
        (Binary("%", Ref("s"), N(2.0)), "y: s % 2"),
        (Conditional(Ref("s"), ONE, ZERO), "y: s"),
        (Unary("not", Ref("s")), "y: s"),
        (Logic("and", (Ref("s"), ONE)), "y: s"),
        (Memory("since", Ref("s"), None, 1, None, 0), "y: s"),
        (Memory("smooth", HIGH, ONE, 1, None, 0), "y: s > 0.5"),
    ],
)
def test_every_jump_is_named(formula: Expression, named: str) -> None:
    assert found(with_stock(formula)) == [named]


@pytest.mark.parametrize("kind", ["share", "reached", "time_to"])
def test_outcomes_that_ask_are_named(kind: str) -> None:
    assert found(with_stock(HIGH, kind)) == ["y: s > 0.5"]
    assert found(with_stock(Ref("s"), kind)) == ["y: s"]


def test_a_jump_far_away_is_found_and_one_beside_is_not() -> None:
    alarm = auxiliary("alarm", HIGH)
    event = Event("e", "A", "rate", Ref("alarm"), 2, None, ONE_UNIT)
    total = stock("t", 0.0, jump=Ref("e"))
    made = with_stock(Ref("t"), auxiliaries=(alarm,), events=(event,), stocks=(total,))
    assert found(made) == ["alarm: s > 0.5"]
    beside = with_stock(Ref("s"), auxiliaries=(alarm,), events=(event,), stocks=(total,))
    assert found(beside) == []
    assert found(made, by=("q",)) == []
    assert found(made, Arm(do=(("s", 0.2),))) == []
    assert found(made, Arm(do=(("s", 0.2),), window=(0, 3))) == ["alarm: s > 0.5"]
    assert found(made, Arm(parameters=(("p", 0.2),))) == []


def test_draws_do_not_move_but_what_they_carry_may() -> None:
    event = Event("e", "A", "rate", Ref("p"), 2, Mark("normal", Ref("p"), ONE), ONE_UNIT)
    plain = with_stock(Compare(">", Ref("e"), N(0.5)), "reached", events=(event,))
    assert found(plain) == []
    sized = with_stock(Compare(">", Ref("e.magnitude"), N(0.5)), "reached", events=(event,))
    assert found(sized) == ["y: e.magnitude > 0.5"]


def test_requirements_of_choices_and_rules_of_policies_are_seen() -> None:
    options = (Option("a", ZERO), Option("b", Ref("s"), requires=HIGH))
    choice = Choice("c", "A", options, 0, 1, 0, ONE, when=Compare("<", Ref("s"), ONE))
    made = with_stock(Ref("c.b"), "mean", choices=(choice,))
    assert found(made) == ["c b requires: s > 0.5", "c when: s < 1"]
    lever = Lever("l", "A", 0.0, 1.0, 0.0, ONE_UNIT)
    ruled = with_stock(
        Ref("l"),
        levers=(lever,),
        policies=(Policy("p1", (("l", Rule(Compare(">", Ref("s@A"), N(0.5)))),)),),
        observations=(Observation("s", "A", 0, 0.0),),
    )
    assert found(ruled) == []
    assert found(ruled, Arm(policy="p1")) == ["l.ordered: s@A > 0.5"]
    assert found(ruled, Arm(policy="p1", settings=(("l", 0.4),))) == []


def run(made: Any, lanes: int = 400) -> Any:
    table = np.tile([0.9, 0.5], (lanes, 1))
    indices = np.zeros(lanes, int), np.arange(lanes)
    return interpret(made, Arm(), table, *indices, 3, "sobol").outcomes["y"]


SOFT = [
    (HIGH, "final"),
    (Logic("or", (HIGH, Compare("<", Ref("s"), N(0.2)))), "share"),
    (Logic("and", (HIGH, Compare("<", Ref("s"), N(0.6)))), "mean"),
    (HIGH, "reached"),
    (HIGH, "time_to"),
    (Unary("not", HIGH), "share"),
    (Conditional(HIGH, Ref("s"), N(0.3)), "total"),
    (Call("sign", (Binary("-", Ref("s"), N(0.5)),)), "total"),
]


@pytest.mark.parametrize(("formula", "kind"), SOFT)
def test_the_smoothed_model_has_no_jumps_and_tends_to_the_model(
    formula: Expression, kind: str
) -> None:
    made = with_stock(formula, kind, time=clock(24, 1 / 12))
    hard = run(made, 1)[0]
    gaps = []
    for width in (0.05, 0.005, 0.0005):
        soft = smoothed(made, Arm(), ("p",), width)
        assert found(soft) == []
        gaps.append(abs(run(soft, 1)[0] - hard))
    assert gaps[-1] < 1e-3
    assert gaps[-1] < gaps[0] or gaps[0] < 1e-9


def test_a_requirement_becomes_odds() -> None:
    options = (Option("a", ZERO), Option("b", N(0.4), requires=HIGH))
    choice = Choice("c", "A", options, 0, 1, 0, N(2.0))
    made = with_stock(Ref("c.b"), "mean", choices=(choice,))
    soft = smoothed(made, Arm(), ("p",), 0.001)
    assert found(soft) == []
    assert soft.choices[0].options[1].requires is None
    assert run(soft).mean() == pytest.approx(run(made).mean(), abs=0.02)


def test_what_has_no_smooth_form_stays_and_is_still_named() -> None:
    for formula in (
        Call("floor", (Ref("s"),)),
        Binary("%", Ref("s"), ONE),
        Compare("==", Ref("s"), ONE),
        Unary("not", Ref("s")),
        Logic("and", (Compare("==", Ref("s"), ONE), ONE)),
        Memory("since", HIGH, None, 1, None, 0),
    ):
        made = with_stock(formula)
        assert set(found(smoothed(made, Arm(), ("p",), 0.1))) >= set(found(made)) != set()
    choice = Choice("c", "A", (Option("a", ZERO), Option("b", ONE)), 0, 1, 0, ONE, when=HIGH)
    made = with_stock(Ref("c.b"), choices=(choice,))
    assert found(smoothed(made, Arm(), ("p",), 0.1)) == ["c when: s > 0.5"]


def test_smoothing_leaves_a_continuous_model_alone() -> None:
    lever = Lever("l", "A", 0.0, 1.0, 0.0, ONE_UNIT)
    made = with_stock(Ref("s"), levers=(lever,), policies=(Policy("x", (("l", Constant(1.0)),)),))
    assert smoothed(made, Arm(), ("p", "q"), 0.1) == made
