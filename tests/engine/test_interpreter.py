"""The plain interpreter against closed forms: it is the oracle, so it is held to mathematics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from reassure.engine.interpreter import evaluate, interpret
from reassure.model.checked import (
    Arm,
    Belief,
    Choice,
    Constant,
    Event,
    Evidence,
    Lever,
    Mark,
    Noise,
    Observation,
    Option,
    Outcome,
    Policy,
    Rule,
    Schedule,
    Unit,
)
from reassure.model.expression import (
    ONE,
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Lookup,
    Memory,
    Number,
    Ref,
    Unary,
)

from .generated import ONE_UNIT, auxiliary, clock, model, outcome, parameter, stock

DT = 1 / 12


def n(value: float) -> Number:
    return Number(value)


def times(left: Any, right: Any) -> Binary:
    return Binary("*", left, right)


def plus(left: Any, right: Any) -> Binary:
    return Binary("+", left, right)


def run(made: Any, lanes: int = 1, arm: Arm | None = None, table: Any = (), **options: Any) -> Any:
    values = np.asarray([table], dtype=float).reshape(1, len(made.parameters))
    arguments = (np.zeros(lanes, dtype=int), np.arange(lanes), 11, "sobol")
    return interpret(made, arm or Arm(), values, *arguments, **options)


def path(made: Any, name: str, lanes: int = 1, arm: Arm | None = None, **options: Any) -> Any:
    return run(made, lanes, arm, record=[name], **options).paths[name]


# -- closed forms ---------------------------------------------------------------------------------


def test_richardson_follows_its_matrix_exponential() -> None:
    dt, steps = 1 / 365.25, 730
    x = stock("x", 1.0, plus(times(n(-2.0), Ref("x")), plus(times(n(1.0), Ref("y")), n(0.5))))
    y = stock("y", 0.2, plus(times(n(-1.5), Ref("y")), plus(times(n(0.8), Ref("x")), n(0.3))))
    made = model(time=clock(steps, dt), stocks=(x, y))
    from scipy.linalg import expm

    matrix, grievance = np.array([[-2.0, 1.0], [0.8, -1.5]]), np.array([0.5, 0.3])
    rest = -np.linalg.solve(matrix, grievance)
    exact = rest + expm(matrix * steps * dt) @ (np.array([1.0, 0.2]) - rest)
    found = run(made, record=["x", "y"]).paths
    assert [found["x"][-1, 0], found["y"][-1, 0]] == pytest.approx(exact, abs=3e-4)


@pytest.mark.parametrize(("halvings", "tolerance"), [(0, 4e-3), (1, 2e-3), (2, 1e-3), (3, 5e-4)])
def test_logistic_growth_converges_with_the_step(halvings: int, tolerance: float) -> None:
    dt = DT / 2**halvings
    change = times(n(0.9), times(Ref("s"), Binary("-", ONE, Ref("s"))))
    made = model(time=clock(48 * 2**halvings, dt), stocks=(stock("s", 0.1, change),))
    exact = 1 / (1 + 9 * np.exp(-0.9 * 4.0))
    error = abs(path(made, "s")[-1, 0] - exact)
    assert tolerance / 4 < error < tolerance * 1.7  # first order in the step


def test_a_belief_fades_to_its_rest_by_its_half_life() -> None:
    belief = Belief("b", "A", n(0.9), n(0.4), n(3.0), ())
    got = path(model(time=clock(60), beliefs=(belief,)), "b.logodds")[-1, 0]
    rest = special.logit(0.4)
    assert got == pytest.approx(rest + (special.logit(0.9) - rest) * np.exp(-5 / 3), rel=1e-12)


def test_evidence_adds_in_log_odds_and_the_bound_holds() -> None:
    event = Event("e", "A", "calendar", ZERO, 1, None, ONE_UNIT, steps=(1, 4))
    evidence = (
        Evidence("e", "event", "e", n(0.7)),
        Evidence("drift", "flow", "", n(-0.6)),
    )
    b = Belief("b", "A", n(0.5), None, None, evidence)
    c = Belief("c", "A", n(0.5), None, None, (Evidence("up", "flow", "", n(200.0)),), bound=5.0)
    got = run(model(events=(event,), beliefs=(b, c)), record=["b.logodds", "b", "c.logodds"]).paths
    assert got["b.logodds"][5, 0] == pytest.approx(1.4 - 0.6 * 5 * DT, rel=1e-12)
    assert got["b"][5, 0] == pytest.approx(special.expit(1.4 - 0.6 * 5 * DT), rel=1e-12)
    assert got["c.logodds"][-1, 0] == 5.0


def test_poisson_counts_have_the_poisson_distribution_up_to_the_cap() -> None:
    event = Event("e", "A", "rate", n(18.0), 4, None, ONE_UNIT)
    counts = path(model(events=(event,)), "e", lanes=4000)
    mean = 18.0 * DT
    seen = np.bincount(counts.astype(int).ravel(), minlength=5)
    expected = stats.poisson.pmf(np.arange(5), mean)
    expected[4] = stats.poisson.sf(3, mean)
    assert stats.chisquare(seen, expected * counts.size).pvalue > 1e-3


def test_probability_is_per_step_and_clipped() -> None:
    events = (
        Event("e", "A", "probability", n(0.03), 1, None, ONE_UNIT),
        Event("always", "A", "probability", n(1.7), 1, None, ONE_UNIT),
        Event("never", "A", "rate", n(-3.0), 5, None, ONE_UNIT),
    )
    got = run(model(events=events), 4000, record=["e", "always", "never"]).paths
    assert stats.binomtest(int(got["e"].sum()), got["e"].size, 0.03).pvalue > 1e-3
    assert got["always"].min() == 1.0
    assert got["never"].max() == 0.0


MARKS = [
    (Mark("uniform", n(1.0), n(3.0)), stats.uniform(1.0, 2.0)),
    (Mark("normal", n(1.0), n(0.5)), stats.norm(1.0, 0.5)),
    (Mark("lognormal", n(2.0), n(0.4)), stats.lognorm(0.4, scale=2.0)),
    (Mark("exponential", n(1.5), ZERO), stats.expon(scale=1.5)),
]


@pytest.mark.parametrize(("mark", "law"), MARKS, ids=lambda x: getattr(x, "family", ""))
def test_marks_follow_their_law(mark: Mark, law: Any) -> None:
    event = Event("e", "A", "probability", ONE, 1, mark, ONE_UNIT)
    sizes = path(model(time=clock(3), events=(event,)), "e.magnitude", 2000)
    assert stats.kstest(sizes.ravel(), law.cdf).pvalue > 1e-3


def test_discrete_marks_are_drawn_by_weight_and_summed_over_events() -> None:
    mark = Mark("discrete", ZERO, ZERO, (1.0, 10.0, 100.0), (1.0, 0.0, 3.0))
    event = Event("e", "A", "rate", n(60.0), 3, mark, ONE_UNIT)
    got = run(model(time=clock(5), events=(event,)), 3000, record=["e", "e.magnitude"]).paths
    hundreds = got["e.magnitude"] // 100
    ones = got["e.magnitude"] % 100
    assert np.array_equal(hundreds + ones, got["e"])
    assert hundreds.sum() / got["e"].sum() == pytest.approx(0.75, abs=0.01)


def test_without_a_mark_the_magnitude_is_the_count() -> None:
    event = Event("e", "A", "rate", n(20.0), 6, None, ONE_UNIT)
    got = run(model(events=(event,)), 50, record=["e", "e.magnitude"]).paths
    assert got["e"].max() > 1
    assert np.array_equal(got["e"], got["e.magnitude"])


def test_noise_has_its_scale_and_its_memory() -> None:
    noises = (
        Noise("w", "normal", n(2.0), None, ONE_UNIT),
        Noise("u", "uniform", n(3.0), None, ONE_UNIT),
        Noise("r", "ar1", n(0.5), n(0.4), ONE_UNIT),
    )
    got = run(model(noises=noises), 4000, record=["w", "u", "r"]).paths
    assert stats.kstest(got["w"].ravel(), stats.norm(0, 2).cdf).pvalue > 1e-3
    assert stats.kstest(got["u"].ravel(), stats.uniform(0, 3).cdf).pvalue > 1e-3
    assert got["r"].std(axis=1) == pytest.approx(np.full(25, 0.5), rel=0.06)  # stationary
    correlation = np.corrcoef(got["r"][4], got["r"][7])[0, 1]
    assert correlation == pytest.approx(np.exp(-3 * DT / 0.4), abs=0.05)


def test_smooth_of_a_constant_input_is_the_erlang_response() -> None:
    source = Memory("smooth", ONE, n(0.5), 1, ZERO, 0)
    made = model(auxiliaries=(auxiliary("s", source),))
    k = np.arange(25)
    assert path(made, "s")[:, 0] == pytest.approx(1 - np.exp(-k * DT / 0.5), rel=1e-12)
    third = Memory("smooth", ONE, n(1.0), 3, ZERO, 0)
    fine = model(time=clock(4000, 1 / 2000), auxiliaries=(auxiliary("s", third),))
    exact = stats.gamma(3, scale=1 / 3).cdf(2.0)
    assert path(fine, "s")[-1, 0] == pytest.approx(exact, abs=2e-3)


def test_delay_shifts_by_whole_steps() -> None:
    delayed = Memory("delay", Ref("time"), n(3 * DT), 1, n(-1.0), 3)
    got = path(model(auxiliaries=(auxiliary("d", delayed),)), "d")[:, 0]
    assert got[:3] == pytest.approx([-1.0] * 3)
    assert got[3:] == pytest.approx(np.arange(22) * DT)


def test_previous_and_since() -> None:
    event = Event("e", "A", "calendar", ZERO, 1, None, ONE_UNIT, steps=(3, 5))
    last = Memory("previous", Ref("time"), None, 1, n(-2.0), 0)
    since = Memory("since", Ref("e"), None, 1, None, 0)
    given = Memory("since", Ref("e"), None, 1, n(0.5), 0)
    made = model(
        events=(event,),
        auxiliaries=(auxiliary("p", last), auxiliary("s", since), auxiliary("g", given)),
    )
    got = {name: values[:, 0] for name, values in run(made, record=["p", "s", "g"]).paths.items()}
    assert got["p"] == pytest.approx([-2.0, *(np.arange(24) * DT)])
    assert got["s"][:4].min() >= 1000.0
    assert got["s"][4:9] == pytest.approx(np.array([1, 2, 1, 2, 3]) * DT)
    assert got["g"][0] == 0.5


def test_a_material_delay_loses_nothing() -> None:
    pulse = Conditional(Compare("<", Ref("time"), n(0.5)), n(2.0), ZERO)
    out = Memory("material_delay", Ref("inflow"), n(0.3), 3, ZERO, 0)
    made = model(
        time=clock(240),
        auxiliaries=(auxiliary("inflow", pulse), auxiliary("outflow", out)),
    )
    got = run(made, record=["inflow", "outflow"]).paths
    assert got["outflow"].sum() == pytest.approx(got["inflow"].sum(), rel=1e-9)
    steady = Memory("material_delay", n(0.7), n(0.3), 3, None, 0)
    flat = path(model(auxiliaries=(auxiliary("o", steady),)), "o")
    assert flat == pytest.approx(np.full_like(flat, 0.7), rel=1e-12)


def test_a_memory_opens_with_its_source_without_chance() -> None:
    noise = Noise("w", "normal", n(5.0), None, ONE_UNIT)
    event = Event("e", "A", "probability", ONE, 1, None, ONE_UNIT)
    source = plus(n(0.25), plus(Ref("w"), Ref("e")))
    made = model(
        noises=(noise,),
        events=(event,),
        auxiliaries=(auxiliary("s", Memory("smooth", source, n(1.0), 1, None, 0)),),
    )
    assert np.all(path(made, "s", 20)[0] == 0.25)


# -- levers, policies, rules ----------------------------------------------------------------------


def lever(name: str = "l", **options: Any) -> Lever:
    given: dict[str, Any] = {"low": 0.0, "high": 1.0, "default": 0.2, "unit": ONE_UNIT}
    return Lever(name, "A", **(given | options))


def test_slippage_and_lag_stand_between_order_and_effect() -> None:
    made = model(
        levers=(lever(slippage=n(0.25)), lever("m", lag=n(0.5), cost=times(n(3.0), Ref("m")))),
        policies=(Policy("p", (("l", Constant(1.0)), ("m", Constant(1.0)))),),
    )
    arm = Arm(policy="p")
    got = run(made, 1, arm, record=["l", "l.ordered", "m", "m.cost"]).paths
    assert got["l"][:, 0] == pytest.approx(np.full(25, 0.2 + 0.8 * 0.75))
    assert np.all(got["l.ordered"] == 1.0)
    expected = 1.0 - 0.8 * np.exp(-np.arange(25) * DT / 0.5)
    assert got["m"][:, 0] == pytest.approx(expected, rel=1e-12)
    assert got["m.cost"][:, 0] == pytest.approx(3 * expected, rel=1e-12)


def test_schedules_policies_crossed_and_settings_over_them() -> None:
    made = model(
        levers=(lever("l"), lever("m")),
        policies=(
            Policy("p", (("l", Schedule((0, 5, 9), (0.1, 0.5, 0.9))),)),
            Policy("q", (("m", Constant(0.7)),)),
        ),
    )
    got = run(made, 1, Arm(policy="p+q"), record=["l", "m"]).paths
    assert got["l"][[0, 4, 5, 8, 9, 24], 0] == pytest.approx([0.1, 0.1, 0.5, 0.5, 0.9, 0.9])
    assert np.all(got["m"] == 0.7)
    over = run(made, 1, Arm(policy="p+q", settings=(("l", 0.3),)), record=["l", "m"]).paths
    assert np.all(over["l"] == 0.3)
    assert np.all(over["m"] == 0.7)


def test_a_rule_sees_late_and_blurred_and_is_clipped() -> None:
    rule = Rule(times(n(2.0), Ref("s@A")))
    made = model(
        levers=(lever(),),
        policies=(Policy("p", (("l", rule),)),),
        stocks=(stock("s", 0.1, n(0.6)),),
        observations=(Observation("s", "A", 4, 0.0),),
    )
    got = run(made, 1, Arm(policy="p"), record=["s", "l"]).paths
    late = np.concatenate([np.full(4, got["s"][0, 0]), got["s"][:-4, 0]])
    assert got["l"][:, 0] == pytest.approx(np.clip(2 * late, 0, 1))
    blurred = model(stocks=(stock("s", 0.1),), observations=(Observation("s", "A", 0, 0.2),))
    error = path(blurred, "s@A", 2000) - 0.1
    assert stats.kstest(error.ravel(), stats.norm(0, 0.2).cdf).pvalue > 1e-3


# -- choices --------------------------------------------------------------------------------------


def choice(*options: Option, **fields: Any) -> Choice:
    given: dict[str, Any] = {"initial": 0, "every": 1, "offset": 0, "rationality": n(2.0)}
    return Choice("c", "A", options, **(given | fields))


def test_choices_follow_the_logit_and_take_force_in_the_next_step() -> None:
    made = model(
        choices=(
            choice(
                Option("a", n(0.0)),
                Option("b", n(0.4)),
                Option("z", n(9.0), requires=Compare(">", Ref("time"), n(5.0))),
                every=6,
                offset=2,
            ),
        )
    )
    names = ["c", "c.a", "c.b", "c.z", "c.probability.b", "c.probability.z"]
    got = run(made, 6000, record=names).paths
    p = np.exp(0.8) / (1 + np.exp(0.8))
    assert np.all(got["c"][:3] == 0)
    assert got["c.probability.b"][0, 0] == pytest.approx(p, rel=1e-12)
    assert got["c.probability.z"].max() == 0.0
    assert stats.binomtest(int(got["c.b"][3].sum()), 6000, p).pvalue > 1e-3
    assert np.array_equal(got["c"][3], got["c"][8])  # only every sixth step
    assert not np.array_equal(got["c"][8], got["c"][9])
    assert got["c.z"].max() == 0.0


def test_what_cannot_be_undone_is_not() -> None:
    made = model(
        time=clock(60),
        choices=(
            choice(
                Option("a", n(0.0)),
                Option("b", n(0.0), irreversible=True, then=("z",)),
                Option("z", n(0.0)),
            ),
        ),
    )
    path_of = path(made, "c", 300)
    after_b = path_of[1:][path_of[:-1] == 1]
    assert set(after_b) == {1.0, 2.0}
    assert set(path_of[1:][path_of[:-1] == 2]) == {0.0, 1.0, 2.0}


def test_when_gates_a_decision_and_the_present_option_is_always_open() -> None:
    made = model(
        choices=(
            choice(
                Option("a", n(-9.0), requires=ZERO),
                Option("b", n(9.0)),
                when=Compare(">=", Ref("time"), n(1.0)),
            ),
        )
    )
    got = run(made, 50, record=["c", "c.probability.a"]).paths
    assert np.all(got["c"][:13] == 0)
    assert np.all(got["c"][14:] == 1)
    assert 0 < got["c.probability.a"][0, 0] < 1e-12


# -- do, held paths, parameters -------------------------------------------------------------------


def test_do_holds_for_every_reader_in_its_window_and_no_longer() -> None:
    made = model(
        stocks=(stock("s", 0.0, ONE),),
        auxiliaries=(auxiliary("twice", times(n(2.0), Ref("s"))),),
    )
    arm = Arm(do=(("s", 5.0),), window=(6, 12))
    got = run(made, 1, arm, record=["s", "twice"]).paths
    assert np.all(got["s"][6:12] == 5.0)
    assert np.all(got["twice"][6:12] == 10.0)
    assert got["s"][[5, 12, 24], 0] == pytest.approx([5 * DT, 5 + DT, 5 + 13 * DT])


def test_what_derives_from_a_held_name_follows_it() -> None:
    event = Event("e", "A", "rate", n(1.0), 3, None, ONE_UNIT)
    belief = Belief("b", "A", n(0.5), None, None, (Evidence("e", "event", "e", n(0.3)),))
    made = model(
        events=(event,),
        beliefs=(belief,),
        choices=(choice(Option("a", n(0.0)), Option("b", n(0.0))),),
    )
    arm = Arm(do=(("e", 2.0), ("b", 0.9), ("c", 1.0)))
    names = ["e", "e.magnitude", "b.logodds", "c.a", "c.b"]
    got = {key: value[-1, 0] for key, value in run(made, 1, arm, record=names).paths.items()}
    assert got == pytest.approx(
        {"e": 2, "e.magnitude": 2, "b.logodds": special.logit(0.9), "c.a": 0, "c.b": 1}
    )
    faster = run(made, 400, Arm(do=(("e.rate", 12.0),)), record=["e"]).paths["e"]
    assert faster.mean() == pytest.approx(
        1 - np.exp(-1) + stats.poisson.sf([1, 2], 1).sum(), abs=0.03
    )


def test_held_paths_differ_from_lane_to_lane() -> None:
    made = model(stocks=(stock("s", 0.0, ONE),), auxiliaries=(auxiliary("t", Ref("s")),))
    held = np.arange(50.0).reshape(25, 2)
    assert np.array_equal(path(made, "t", 2, held_paths={"s": held}), held)


def test_parameters_by_lane_and_fixed_by_the_arm() -> None:
    made = model(parameters=(parameter("p"), parameter("q")), stocks=(stock("s", Ref("p")),))
    table = np.array([[0.1, 1.0], [0.2, 2.0]])
    got = interpret(made, Arm(), table, [0, 1], [0, 0], 1, "sobol", record=["s", "q"])
    assert got.paths["s"][-1] == pytest.approx([0.1, 0.2])
    assert got.paths["q"][-1] == pytest.approx([1.0, 2.0])
    fixed = interpret(
        made, Arm(parameters=(("p", 0.7),)), table, [0, 1], [0, 0], 1, "sobol", record=["s"]
    )
    assert np.all(fixed.paths["s"] == 0.7)
    with pytest.raises(ValueError, match="quantiles"):
        interpret(made, Arm(quantiles=(("p", 0.1),)), table, [0, 1], [0, 0], 1, "sobol")


# -- outcomes -------------------------------------------------------------------------------------


def test_every_kind_of_outcome_over_its_window() -> None:
    rises = Compare(">=", Ref("s"), n(0.75))
    outcomes = [
        ("final", Ref("s"), 22 * DT),
        ("change", Ref("s"), 18 * DT),
        ("mean", Ref("s"), np.arange(4, 22).mean() * DT),
        ("total", Ref("s"), np.arange(4, 22).sum() * DT * DT),
        ("sum", Ref("s"), np.arange(4, 22).sum() * DT),
        ("max", Ref("s"), 21 * DT),
        ("min", Ref("s"), 4 * DT),
        ("share", rises, 13 / 18),
        ("reached", rises, 1.0),
        ("time_to", rises, 5 * DT),
    ]
    made = model(
        stocks=(stock("s", 0.0, ONE),),
        outcomes=tuple(outcome(kind, kind, formula, 4, 22) for kind, formula, _ in outcomes),
    )
    got = run(made).outcomes
    for kind, _, expected in outcomes:
        assert got[kind][0] == pytest.approx(expected, rel=1e-9), kind


def test_never_reached_takes_the_whole_window_and_units_are_written_ones() -> None:
    never = Compare(">", Ref("time"), n(99.0))
    months = Unit("month", DT, "year")
    made = model(
        outcomes=(
            outcome("reached", "reached", never),
            Outcome("wait", "time_to", never, 0, 24, months),
        )
    )
    got = run(made).outcomes
    assert got["reached"][0] == 0.0
    assert got["wait"][0] == pytest.approx(24.0)


# -- formulas and luck ----------------------------------------------------------------------------


def test_evaluate_reads_formulas_from_values() -> None:
    table = Lookup(Ref("x"), (0.0, 1.0), (2.0, 4.0))
    formula = Call("max", (table, Unary("-", Binary("//", Ref("y"), n(2.0)))))
    got = evaluate(formula, {"x": np.array([-1.0, 0.5, 7.0]), "y": -9.0})
    assert got == pytest.approx([5.0, 5.0, 5.0])
    assert evaluate(table, {"x": np.array([-1.0, 0.5, 7.0])}) == pytest.approx([2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match="memory"):
        evaluate(Memory("previous", Ref("x"), None, 1, ZERO, 0), {"x": 1.0})
    with pytest.raises(KeyError):
        evaluate(Ref("nobody"), {})


def test_a_circle_at_the_opening_is_named() -> None:
    loop = Memory("smooth", Ref("x"), ONE, 1, None, 0)
    made = model(auxiliaries=(auxiliary("x", plus(loop, ONE)),))
    with pytest.raises(ValueError, match="x > x"):
        run(made)


def test_luck_is_by_address_and_alias() -> None:
    from dataclasses import replace

    event = Event("e", "A", "rate", n(6.0), 5, None, ONE_UNIT)
    alone = path(model(events=(event,)), "e", 8)
    among = model(
        events=(replace(event, name="first"), event),
        noises=(Noise("w", "normal", ONE, None, ONE_UNIT),),
    )
    assert np.array_equal(path(among, "e", 8), alone)
    assert not np.array_equal(path(among, "first", 8), alone)
    renamed = replace(event, name="f", about=replace(event.about, alias="e"))
    assert np.array_equal(path(model(events=(renamed,)), "f", 8), alone)
    one = interpret(
        model(events=(event,)), Arm(), np.zeros((1, 0)), [0], [5], 11, "sobol", record=["e"]
    )
    assert np.array_equal(one.paths["e"][:, 0], alone[:, 5])
