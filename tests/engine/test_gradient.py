"""Derivatives against closed forms, and against finite differences under common luck."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from reassure.engine.ensemble import Ensemble
from reassure.engine.gradient import gradient, jumps
from reassure.engine.interpreter import interpret
from reassure.model.checked import (
    Arm,
    Belief,
    Choice,
    Event,
    Evidence,
    Lever,
    Mark,
    Noise,
    Observation,
    Option,
    Parameter,
    Policy,
    Prior,
    Rule,
    Unit,
)
from reassure.model.expression import (
    ONE,
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Lookup,
    Memory,
    Number,
    Ref,
)
from reassure.model.mistakes import UsageError

from .generated import ONE_UNIT, auxiliary, clock, model, outcome, parameter, stock

N = Number
STEPS, DT = 12, 1 / 12


def made(**sections: Any) -> Any:
    given = {"time": clock(STEPS, DT), "parameters": (parameter("p"), parameter("q"))}
    return model(**(given | sections))


def end(formula: Expression, kind: str = "final") -> Any:
    return (outcome("y", kind, formula, 0, STEPS),)


def by_differences(of: Any, arm: Arm, table: Any, ensemble: Ensemble, size: float) -> Any:
    """``[scenario, outcome, parameter]`` by central differences under the same luck."""
    scenarios = np.repeat(np.arange(ensemble.scenarios), ensemble.replications)
    replications = np.tile(np.arange(ensemble.replications), ensemble.scenarios)

    def means(rows: Any) -> Any:
        address = scenarios, replications, ensemble.seed, ensemble.design
        found = interpret(of, arm, rows[scenarios], *address).outcomes
        stacked = np.stack([found[o.name] for o in of.outcomes], axis=-1)
        return stacked.reshape(ensemble.scenarios, ensemble.replications, -1).mean(axis=1)

    columns = []
    for i in range(table.shape[1]):
        moved = np.zeros(table.shape)
        moved[:, i] = size
        columns.append((means(table + moved) - means(table - moved)) / (2 * size))
    return np.stack(columns, axis=-1)


# -- pathwise -------------------------------------------------------------------------------------


def continuous_model() -> Any:
    """Everything Lipschitz at once: noise, sizes of events, memories, rules, beliefs, kinks."""
    p, q = Ref("p"), Ref("q")
    event = Event("e", "A", "rate", N(9.0), 3, Mark("lognormal", p, q), ONE_UNIT)
    sized = Event("f", "A", "probability", N(0.4), 1, Mark("exponential", q, ZERO), ONE_UNIT)
    noises = (
        Noise("w", "normal", p, None, ONE_UNIT),
        Noise("r", "ar1", q, Binary("+", p, N(0.1)), ONE_UNIT),
    )
    belief = Belief(
        "b",
        "A",
        Call("clip", (p, N(0.1), N(0.9))),
        None,
        Binary("+", q, ONE),
        (Evidence("e", "event", "e", p), Evidence("d", "flow", "", Ref("s"))),
    )
    pull = Binary("*", q, Binary("-", Ref("smooth"), Ref("s")))
    stocks = (
        stock("s", p, pull, Binary("*", N(0.1), Ref("f.magnitude")), -1.0, 1.2),
        stock("t", 0.0, Call("max", (Ref("w"), Ref("r"), Ref("l")))),
    )
    table = Lookup(Ref("s"), (0.0, 0.4, 1.0), (0.0, 1.0, 0.5))
    auxiliaries = (
        auxiliary("smooth", Memory("smooth", Ref("r"), Binary("+", p, N(0.2)), 2, None, 0)),
        auxiliary("late", Memory("delay", Ref("s"), N(3 * DT), 1, None, 3)),
        auxiliary("flow", Memory("material_delay", Ref("late"), q, 2, None, 0)),
        auxiliary("mix", Binary("**", Call("abs", (Binary("-", Ref("w"), q),)), N(1.5))),
        auxiliary("before", Memory("previous", Ref("mix"), None, 1, p, 0)),
        auxiliary("taken", Conditional(Compare(">", Ref("e"), N(0.5)), Ref("e.magnitude"), q)),
    )
    lever = Lever("l", "A", -5.0, 5.0, 0.1, ONE_UNIT, lag=p, slippage=Binary("*", q, N(0.3)))
    return made(
        events=(event, sized),
        noises=noises,
        beliefs=(belief,),
        stocks=stocks,
        auxiliaries=auxiliaries,
        levers=(lever,),
        policies=(Policy("rule", (("l", Rule(Binary("*", N(2.0), Ref("s@A")))),)),),
        observations=(Observation("s", "A", 2, 0.1),),
        outcomes=(
            outcome("s", "final", Ref("s"), 0, STEPS),
            outcome("t", "change", Ref("t"), 2, 11),
            outcome("b", "mean", Ref("b"), 1, STEPS),
            outcome("table", "total", table, 0, STEPS),
            outcome("mix", "max", Ref("mix"), 0, STEPS),
            outcome("flow", "sum", Ref("flow"), 0, STEPS),
            outcome("least", "min", Binary("-", Ref("before"), Ref("taken")), 3, 9),
            replace(outcome("unit", "final", Ref("t"), 0, STEPS), unit=Unit("x", 0.01)),
        ),
    )


@pytest.mark.parametrize("arm", [Arm(), Arm(policy="rule"), Arm(do=(("s", 0.3),), window=(4, 8))])
def test_pathwise_derivatives_are_those_of_the_path(arm: Arm) -> None:
    of = continuous_model()
    table = np.array([[0.31, 0.72], [0.57, 0.43]])
    ensemble = Ensemble(2, 60)
    found = gradient(of, arm, table, ensemble)
    expected = by_differences(of, arm, table, ensemble, 1e-6)
    assert found.outcomes == tuple(o.name for o in of.outcomes)
    assert found.values == pytest.approx(expected, rel=2e-5, abs=2e-6)
    assert np.all(found.bias == 0)


def test_units_and_batches_do_not_matter() -> None:
    of = continuous_model()
    months = Parameter("p", Prior("uniform"), Unit("month", DT, "year"))
    also = replace(of, parameters=(months, of.parameters[1]))
    table, ensemble = np.array([[0.31, 0.72]]), Ensemble(1, 300)
    one = gradient(of, Arm(), table, ensemble, outcomes=["s"], by=["p"])
    other = gradient(also, Arm(), table, ensemble, outcomes=["s"], by=["p"])
    assert other.values == pytest.approx(one.values * DT)
    assert one.values.shape == (1, 1, 1)


def test_what_the_arm_fixes_has_no_derivative() -> None:
    of, arm = continuous_model(), Arm(parameters=(("p", 0.3),))
    fixed = gradient(of, arm, np.array([[0.9, 0.72]]), Ensemble(1, 20), outcomes=["t"])
    same = gradient(of, Arm(), np.array([[0.3, 0.72]]), Ensemble(1, 20), outcomes=["t"])
    assert fixed.means == pytest.approx(same.means)
    assert fixed.values[0, 0, 0] == 0.0
    assert fixed.values[0, 0, 1] == pytest.approx(same.values[0, 0, 1])


# -- score function -------------------------------------------------------------------------------

COUNTS = Event("e", "A", "rate", Binary("*", N(10.0), Ref("p")), 30, None, ONE_UNIT)
TOTAL = stock("n", 0.0, jump=Ref("e"))


def poisson_total() -> tuple[Any, float]:
    return made(events=(COUNTS,), stocks=(TOTAL,), outcomes=end(Ref("n"))), 10.0 * STEPS * DT


def capped_count() -> tuple[Any, float]:
    event = replace(COUNTS, cap=2)
    h = 1e-6

    def expected(p: float) -> float:
        return float(STEPS * stats.poisson.sf([0, 1], 10 * p * DT).sum())

    exact = (expected(0.4 + h) - expected(0.4 - h)) / (2 * h)
    return made(events=(event,), stocks=(TOTAL,), outcomes=end(Ref("n"))), exact


def reached_by_probability() -> tuple[Any, float]:
    event = Event("e", "A", "probability", Binary("*", N(0.2), Ref("p")), 1, None, ONE_UNIT)
    of = made(events=(event,), outcomes=end(Compare(">", Ref("e"), ZERO), "reached"))
    return of, STEPS * 0.2 * (1 - 0.08) ** (STEPS - 1)


def exciting_events() -> tuple[Any, float]:
    rate = Binary("+", Ref("p"), Binary("*", N(1.5), Ref("n")))
    event = Event("e", "A", "rate", rate, 30, None, ONE_UNIT)
    # E[n'] = E[n] + dt (p + 1.5 E[n])
    exact = sum(DT * (1 + 1.5 * DT) ** k for k in range(STEPS))
    return made(events=(event,), stocks=(TOTAL,), outcomes=end(Ref("n"))), exact


def a_choice() -> tuple[Any, float]:
    options = (Option("a", ZERO), Option("b", Ref("p")), Option("z", ONE, requires=ZERO))
    choice = Choice("c", "A", options, 0, 100, 2, N(3.0))
    share = 1 / (1 + np.exp(-3.0 * 0.4))
    return made(choices=(choice,), outcomes=end(Ref("c.b"))), 3.0 * share * (1 - share)


def an_irreversible_choice() -> tuple[Any, float]:
    """Leaves with the logit's odds each quarter, never to return."""
    options = (Option("a", ZERO), Option("b", Binary("-", Ref("p"), N(2.0)), irreversible=True))
    choice = Choice("c", "A", options, 0, 3, 0, ONE)
    share = 1 / (1 + np.exp(1.6))
    exact = 4 * (1 - share) ** 3 * share * (1 - share)
    return made(choices=(choice,), outcomes=end(Compare("==", Ref("c"), ONE), "final")), exact


def a_gated_choice() -> tuple[Any, float]:
    """Open to decision in the one step after the event of step 4, in half of the futures."""
    event = Event("e", "A", "calendar", ZERO, 1, None, ONE_UNIT, steps=(4,))
    when = Compare(">", Memory("previous", Ref("e"), None, 1, ZERO, 0), ZERO)
    options = (Option("a", ZERO), Option("b", Ref("p")))
    choice = Choice("c", "A", options, 0, 1, 0, N(2.0), when=when)
    share = 1 / (1 + np.exp(-0.8))
    of = made(events=(event,), choices=(choice,), outcomes=end(Ref("c.b"), "total"))
    return of, 2.0 * share * (1 - share) * (STEPS - 6) * DT


def score_and_path_together() -> tuple[Any, float]:
    """Sizes move with p along the path, counts by their odds: E = T 10 p * p."""
    event = replace(COUNTS, mark=Mark("uniform", ZERO, Binary("*", N(2.0), Ref("p"))))
    total = stock("n", 0.0, jump=Ref("e.magnitude"))
    of = made(events=(event,), stocks=(total,), outcomes=end(Ref("n")))
    return of, 2 * 10 * 0.4 * STEPS * DT


CASES = [
    poisson_total,
    capped_count,
    reached_by_probability,
    exciting_events,
    a_choice,
    an_irreversible_choice,
    a_gated_choice,
    score_and_path_together,
]


@pytest.mark.parametrize("case", CASES, ids=lambda f: f.__name__)
def test_score_functions_find_the_closed_form(case: Any) -> None:
    of, exact = case()
    found = gradient(of, Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 6000))
    value, error = found.values[0, 0, 0], found.errors[0, 0, 0]
    assert abs(value - exact) < 4 * error
    assert error < 0.08 * abs(exact)
    assert found.values[0, 0, 1] == 0.0


def test_score_functions_agree_with_differences_in_a_model_of_many_parts() -> None:
    p, q = Ref("p"), Ref("q")
    event = Event(
        "e", "A", "rate", Binary("*", N(6.0), Ref("b")), 4, Mark("normal", q, p), ONE_UNIT
    )
    belief = Belief("b", "A", p, None, N(0.5), (Evidence("e", "event", "e", q),))
    options = (Option("x", Ref("s")), Option("y", Binary("*", q, Ref("b"))))
    choice = Choice("c", "A", options, 0, 2, 0, N(2.0))
    flow = Conditional(Compare("==", Ref("c"), ONE), q, Binary("-", p, Ref("s")))
    of = made(
        events=(event,),
        beliefs=(belief,),
        choices=(choice,),
        stocks=(stock("s", p, flow, Binary("*", N(0.05), Ref("e.magnitude"))),),
        outcomes=end(Binary("+", Ref("s"), Ref("c.y")), "mean"),
    )
    table = np.array([[0.4, 0.5]])
    found = gradient(of, Arm(), table, Ensemble(1, 6000))
    # Large differences: common luck smooths them, and the outcome bends little in between.
    expected = by_differences(of, Arm(), table, Ensemble(1, 40000), 0.08)
    assert np.all(np.abs(found.values - expected) < 4 * found.errors + 0.01)
    assert np.all(found.errors < 0.06)


def test_the_baseline_leaves_the_derivative_and_cuts_its_noise() -> None:
    of, exact = poisson_total()
    far = replace(of, outcomes=end(Binary("+", Ref("n"), N(1000.0))))
    found = gradient(far, Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 2000))
    assert abs(found.values[0, 0, 0] - exact) < 4 * found.errors[0, 0, 0]
    assert found.errors[0, 0, 0] < 1.0  # without a baseline some 250


def test_a_single_replication_has_no_error_to_show() -> None:
    of, _ = poisson_total()
    assert np.isnan(gradient(of, Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 1)).errors).all()


# -- refusals and smoothing -----------------------------------------------------------------------

ALARM = Compare(">", Ref("w"), N(0.5))
SHOCK = Noise("w0", "normal", N(0.2), None, ONE_UNIT)


def a_threshold(kind: str = "final") -> Any:
    moved = auxiliary("w", Binary("+", Ref("p"), Ref("w0")))
    alarm = auxiliary("alarm", Conditional(ALARM, ONE, ZERO))
    return made(noises=(SHOCK,), auxiliaries=(moved, alarm), outcomes=end(Ref("alarm"), kind))


def test_a_hard_threshold_is_refused_and_named() -> None:
    with pytest.raises(UsageError, match=r"alarm: w > 0\.5"):
        gradient(a_threshold(), Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 10))
    found = gradient(a_threshold(), Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 10), by=["q"])
    assert found.values[0, 0, 0] == 0.0
    assert [str(jump) for jump in jumps(a_threshold(), Arm())] == ["alarm: w > 0.5"]
    assert jumps(a_threshold(), Arm(), by=["q"]) == ()


@pytest.mark.parametrize("width", [0.4, 0.1])
def test_a_smoothed_derivative_says_how_far_it_moved_the_model(width: float) -> None:
    table = np.array([[0.3, 0.5]])
    found = gradient(a_threshold("mean"), Arm(), table, Ensemble(1, 4000), by=["p"], smooth=width)
    scale = 0.5 * width * np.pi / np.sqrt(3)  # of the logistic that replaces the jump
    hard = stats.norm.cdf(-0.2 / 0.2)
    soft = stats.norm.cdf(-0.2 / np.hypot(0.2, scale))
    assert found.bias[0, 0] == pytest.approx(soft - hard, abs=0.02)
    assert found.means[0, 0] - found.bias[0, 0] == pytest.approx(hard, abs=0.01)
    exact = stats.norm.pdf(-0.2, 0, np.hypot(0.2, scale))
    assert found.values[0, 0, 0] == pytest.approx(exact, rel=0.06)
    assert found.smooth == width


def test_smoothing_refuses_what_has_no_smooth_form() -> None:
    of = made(outcomes=end(Call("floor", (Ref("p"),))))
    with pytest.raises(UsageError, match=r"y: floor\(p\)"):
        gradient(of, Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 4), smooth=0.1)


def test_a_derivative_that_is_not_finite_is_refused() -> None:
    of = made(
        stocks=(stock("s", 0.0, Ref("p"), high=9.0),), outcomes=end(Call("sqrt", (Ref("s"),)))
    )
    start = replace(of, outcomes=(outcome("y", "max", Call("sqrt", (Ref("s"),)), 0, 1),))
    with pytest.raises(UsageError, match="derivative of y by p is not finite"):
        gradient(
            replace(start, stocks=(stock("s", Ref("p")),)), Arm(), np.zeros((1, 2)), Ensemble(1, 4)
        )


def test_the_side_not_taken_does_no_harm() -> None:
    safe = Conditional(Compare(">", Ref("time"), N(99.0)), Call("log", (Ref("z"),)), Ref("p"))
    of = made(
        auxiliaries=(auxiliary("z", Binary("*", ZERO, Ref("p"))),), outcomes=end(safe, "mean")
    )
    found = gradient(of, Arm(), np.array([[0.4, 0.5]]), Ensemble(1, 4))
    assert found.values[0, 0, 0] == pytest.approx(1.0)


def test_unknown_names_are_refused() -> None:
    of = a_threshold()
    for given in ({"outcomes": ["x"]}, {"by": ["x"]}):
        with pytest.raises(UsageError, match="there is no"):
            gradient(of, Arm(), np.zeros((1, 2)), Ensemble(1, 2), **given)  # type: ignore[arg-type]
