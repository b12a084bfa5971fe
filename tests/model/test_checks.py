"""Circles, reach, reasons and limits."""

from __future__ import annotations

import numpy as np
import pytest
from written_models import codes, loaded, report

from reassure.engine.interpreter import interpret
from reassure.model.checked import Arm
from reassure.model.checks import budget, reach
from reassure.model.checks.circles import circles
from reassure.model.load import check
from reassure.model.mistakes import Mistake

AUXILIARY = "  worry: {"
WITHOUT_LAG = (", lag: \"q(6, 'month')\"", "")


def _circle(*pairs: tuple[str, str]) -> str:
    found = report(*pairs).mistakes
    assert [item.code for item in found] == ["E302"], [str(item) for item in found]
    return found[0].message.partition(": ")[2]


# -- circles --------------------------------------------------------------------------------------


def test_circles_are_printed_from_the_name_that_comes_first() -> None:
    graph = {"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": [], "e": ["e"], "f": ["a"]}
    assert list(circles(graph)) == [["b", "c"], ["e"]]


def test_a_circle_of_formulas() -> None:
    long = "  one: two + 1\n  two: three + 1\n  three: {formula: one * 2, because: b}\n" + AUXILIARY
    assert (
        _circle((AUXILIARY, long), ("+ election", "+ election + one"))
        == "one -> two -> three -> one"
    )


@pytest.mark.parametrize(
    "formula",
    [
        "previous(gap, 0)",
        "smooth(gap, q(1, 'year'), initial=0)",
        "delay(gap, q(1, 'month'), initial=0)",
        "since(gap > 1) / q(1, 'year')",
    ],
)
def test_memories_break_circles(formula: str) -> None:
    assert codes(("max(0, 1 - trust)", f"max(0, 1 - trust + {formula})")) == []


@pytest.mark.parametrize(
    "formula", ["previous(gap)", "smooth(gap, q(1, 'year'))", "delay(gap, q(1, 'month'))"]
)
def test_a_memory_of_itself_needs_an_initial_value(formula: str) -> None:
    assert _circle(("max(0, 1 - trust)", f"max(0, 1 - trust + {formula})")) == "gap -> gap"


def test_a_material_delay_needs_its_time_at_every_step() -> None:
    delay = "material_delay(1, (1 + gap) * q(1, 'year'), initial=0)"
    assert _circle(("max(0, 1 - trust)", delay)) == "gap -> gap"


def test_an_initial_value_may_close_a_circle() -> None:
    pairs = (
        ("max(0, 1 - trust)", "previous(trust, worry)"),
        ("smooth(gap, q(1, 'year'), initial=0)", "gap"),
    )
    assert _circle(*pairs) == "gap -> worry -> gap"


def test_rates_choices_and_costs_are_part_of_circles() -> None:
    through = ("rate: pace * (2 - drills)", "rate: pace * (2 - build.probability.spear)")
    assert (
        _circle(
            through,
            ("spear: 1 - trust + gap", "spear: 1 - trust + incident"),
            ("* arms / 2", "* arms / 2 * (1 + drills)"),
        )
        == "incident.rate -> build.probability.spear -> incident -> incident.rate"
    )
    assert _circle(
        ("default: 0.5, lag", "default: 0.5, cost: drills.cost * gap, lag"),
        ("+ election", "+ election + drills.cost"),
    ) == "drills.cost -> drills.cost"  # fmt: skip


def test_an_undelayed_rule_and_its_lever_are_a_circle_unless_the_lever_lags() -> None:
    seen = ("gap: {formula", "gap: {observable: all, formula")
    follows = ("max(0, 1 - trust)", "max(0, drills - trust)")
    rule = ("0.2 if incident > 0 else 0.8", "0.2 * gap")
    assert codes(seen, follows, rule) == []
    assert _circle(WITHOUT_LAG, seen, follows, rule) == (
        "gap -> drills -> drills.ordered -> gap@AAA -> gap"
    )


def test_a_delayed_rule_needs_a_lag_too_because_nothing_was_seen_before_the_start() -> None:
    pairs = (
        WITHOUT_LAG,
        ("gap: {formula", "gap: {observable: {by: all, delay: 1 month}, formula"),
        ("max(0, 1 - trust)", "max(0, drills - trust)"),
        ("0.2 if incident > 0 else 0.8", "0.2 * gap"),
    )
    (mistake,) = report(*pairs).mistakes
    assert "before the first step" in mistake.message
    assert "lag" in mistake.remedy


# -- reach ----------------------------------------------------------------------------------------


def test_a_lever_is_used_if_anything_reads_its_order_or_its_cost() -> None:
    unread = ("rate: pace * (2 - drills)", "rate: pace")
    assert codes(unread) == ["E704"]
    assert codes(unread, ("+ election", "+ election + drills.ordered")) == []
    costly = ("default: 0.5, lag", "default: 0.5, cost: drills, lag")
    assert codes(unread, costly) == ["E704"]
    assert codes(unread, costly, ("+ election", "+ election + drills.cost")) == []


@pytest.mark.parametrize(
    ("spear", "reached"),
    [
        ("{utility: 1 - trust + gap, requires: trust > 1.5}", False),
        ("{utility: 1 - trust + gap, requires: arms > 10}", False),
        ("{utility: 1 - trust + gap, requires: arms >= 10}", True),
        ("{utility: 1 - trust + gap, requires: gap > 1}", False),
        ("{utility: 1 - trust + gap, requires: drills > 0.5 and incident > 6}", False),
        ("{utility: 1 - trust + gap, requires: true}", True),
        ("{utility: 1 - trust + gap, requires: false}", False),
        ("{utility: 1 - trust + gap, requires: time > q(11, 'year')}", False),
    ],
)
def test_an_option_is_unreachable_when_what_it_requires_is_provably_false(
    spear: str, reached: bool
) -> None:
    option = spear.replace("time > q(11, 'year')", "\"time > q(11, 'year')\"")
    found = codes(("spear: 1 - trust + gap", f"spear: {option}"))
    assert ("E703" in found) is (not reached)


@pytest.mark.parametrize(
    ("options", "unreached"),
    [
        ("{hold: {utility: 0, irreversible: true}, spear: 1}", ["spear"]),
        ("{hold: {utility: 0, irreversible: true, then: [spear]}, spear: 1}", []),
        ("{hold: 0, spear: {utility: 1, irreversible: true}, more: 1}", []),
        (
            (
                "{hold: {utility: 0, irreversible: true, then: [next]}, "
                "next: {utility: 0, irreversible: true}, spear: 1, more: 1}"
            ),
            ["spear", "more"],
        ),
    ],
)
def test_irreversible_options_bar_the_way(options: str, unreached: list[str]) -> None:
    found = report(("{hold: 0, spear: 1 - trust + gap}", options)).mistakes
    assert [item.path.rpartition(".")[2] for item in found] == unreached
    assert {item.code for item in found} <= {"E703"}


def test_a_decision_that_never_falls_due_is_a_mistake() -> None:
    assert codes(("    every: 1 year\n", "    every: 1 year\n    offset: 10 years\n")) == ["E703"]
    assert codes(("    every: 1 year\n", "    every: 1 year\n    when: trust < 0\n")) == ["E703"]


def test_a_parameter_moves_something_only_through_to_an_outcome() -> None:
    extra = "  idle: {prior: {uniform: [0, 1]}, because: b, cites: me2026}\n  weight:"
    assert _warned(("  weight:", extra)) == [("W103", "parameters.idle")]
    unread = (AUXILIARY, "  unread: {formula: idle * 2, cites: me2026}\n" + AUXILIARY)
    assert _warned(("  weight:", extra), unread) == [("W103", "parameters.idle")]
    for place in (
        ("initial: 1,", "initial: idle,"),
        ("rationality: 2", "rationality: idle"),
        ("0.2 if incident > 0 else 0.8", "0.2 if incident > 0 else drills.cost"),
    ):
        more = [("  weight:", extra), place]
        if "cost" in place[1]:
            more.append(("default: 0.5, lag", "default: 0.5, cost: idle, lag"))
        assert _warned(*more) == []


def test_ranges_hold_every_value_of_a_run() -> None:
    model = loaded()
    bounds = reach.ranges(model)
    names = list(bounds)
    lanes, values = np.arange(16), [[0.5, 1.0, 0.5, 1.0]]
    found = interpret(model, Arm("adaptive"), values, lanes, lanes, 1, "sobol", record=names)
    assert found.paths["incident"].max() > 0
    for name in names:
        low, high = bounds[name]
        assert low - 1e-9 <= found.paths[name].min()
        assert found.paths[name].max() <= high + 1e-9


# -- reasons --------------------------------------------------------------------------------------


def _warned(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    found = report(*pairs)
    assert found.mistakes == (), [str(item) for item in found.mistakes]
    return [(item.code, item.path) for item in found.warnings]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("unit: 1/year, because: a guess, cites: me2026", "unit: 1/year", ["W101", "W102"]),
        ("because: none to all, cites: me2026", "because: none to all", ["W102"]),
        (", because: small drills", "", ["W101"]),
        ("rho: 0.3, because: both rise with hostility", "rho: 0.3", ["W101"]),
        ("weight: -1, because: arms cost", "weight: -1", ["W101"]),
        ("{value: 0.05, because: less goes unnoticed}", "0.05", ["W101"]),
        ("    cites: me2026 / first page\n", "", ["W102"]),
        ("{incident: -weight}", "{incident: -0.3 * weight}", ["W101"]),
        ("{incident: -weight}", "{incident: {weight: -0.3 * weight, because: b}}", []),
        ("{incident: -weight}", "{incident: -2 * weight}", []),
        ("{incident: -weight}", "{incident: -weight, election: 1}", ["W101"]),
        ("{incident: -weight}", "{incident: -weight, election: 0}", []),
        ("    because: a little better than even, fading in years\n", "", ["W101"]),
        ("spear: 1 - trust + gap", "spear: 3 - trust + gap", ["W101"]),
        ("spear: 1 - trust + gap", "spear: {utility: 3 - trust + gap, because: b}", []),
        ("    rationality: 2\n", "    rationality: 4\n", ["W101"]),
        ("(stance == hard)\", cites: me2026", "(stance == hard) * 0.7\", cites: me2026", ["W101"]),
        ("(stance == hard)\", cites: me2026}", "(stance == hard)\"}", ["W102"]),
        ("arms_end: {final: arms}", "arms_end: {final: arms, plausible: [0, 5]}", ["W101"]),
        ("arms_end: {final: arms}", "arms_end: {final: arms * 3}", ["W101"]),
        ("built: {reached: build == spear}", "built: {reached: build == spear, because: b}", []),
    ],
)  # fmt: skip
def test_numbers_want_reasons_and_relations_sources(
    old: str, new: str, expected: list[str]
) -> None:
    assert [code for code, _ in _warned((old, new))] == expected


# -- limits ---------------------------------------------------------------------------------------


def _only(text: str) -> Mistake:
    (mistake,) = check("m.yaml", text=text).mistakes
    return mistake


def test_the_clock_has_limits() -> None:
    start = "language: 1\ntime: {start: 2000, "
    assert check("m.yaml", text=start + "steps: 100000, step: day}").model is not None
    assert _only(start + "steps: 100001, step: day}").code == "E901"
    assert _only(start + "years: 1e300}").code == "E901"
    assert _only(start + "years: .inf}").code == "E204"
    assert _only(start + "years: 0}").code == "E204"
    assert _only(start + "steps: 0}").code == "E204"
    assert _only(start + "steps: 1.5}").code == "E203"
    week = check("m.yaml", text=start + "years: 1, step: week}").model
    assert week is not None
    assert week.time.steps == 52


def test_a_delay_beyond_the_limit_is_refused_with_the_limit() -> None:
    (mistake,) = report(
        ("smooth(gap, q(1, 'year'), initial=0)", "delay(gap, q(1e9, 'year'), initial=0)")
    ).mistakes
    assert mistake.code == "E204"
    assert "limit is" in mistake.message


def test_equal_memories_are_counted_once() -> None:
    late = "delay(gap, q(800, 'year'), initial=0)"
    several = " + ".join([late] * 4)
    assert codes(("smooth(gap, q(1, 'year'), initial=0)", f"({several})")) == []
    assert budget.MAX_REMEMBERED == 20_000
    different = " + ".join(f"delay(gap * {i}, q(800, 'year'), initial=0)" for i in range(4))
    assert codes(("smooth(gap, q(1, 'year'), initial=0)", f"({different})")) == ["E901"]


def test_parts_times_steps_have_a_limit() -> None:
    parts = " + ".join(["trust"] * 40)
    auxiliaries = "".join(f"  a{i}: {{formula: {parts}, because: b}}\n" for i in range(20))
    long = ("years: 10, step: month", "steps: 100000, step: day")
    assert codes((AUXILIARY, auxiliaries + AUXILIARY)) == []
    assert codes((AUXILIARY, auxiliaries + AUXILIARY), long) == ["E901"]


def test_options_that_require_each_other_are_never_reached() -> None:
    options = "{x: 0, y: {utility: 0, requires: c == z}, z: {utility: 0, requires: c == y}}"
    text = (
        "language: 1\ntime: {start: 2000-01, years: 2}\nactors: {A: one}\n"
        f"choices: {{c: {{actor: A, initial: x, options: {options}}}}}\n"
    )
    found = check("m.yaml", text=text).mistakes
    assert [item.path for item in found] == [f"choices.c.options.{o}.requires" for o in "yz"]
    assert check("m.yaml", text=text.replace("initial: x", "initial: y")).mistakes == ()
    assert check("m.yaml", text=text.replace("c == z", "c <= x")).mistakes == ()
