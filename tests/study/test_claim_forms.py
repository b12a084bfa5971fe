"""Every form of claim on a model whose true answer is known, from the file to the verdict.

What a lever, a parameter, an event or a held quantity does is a formula of ``w``, uniform over [0, 1],
so the share of scenarios in which it exceeds a smallest effect can be told beforehand.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from reassure.model.checked import Model
from reassure.model.load import load
from reassure.model.written_claims import FORMS
from reassure.study.claims import ClaimsResult, test_claims
from reassure.study.design import Design

WORLD = """
language: 1
title: What is known beforehand
time: {start: 2000-01, years: 2, step: month}
actors: {A: The one who acts, B: The one who watches}
parameters:
  w: {prior: {uniform: [0, 1]}}
  v: {prior: {uniform: [0, 1]}}
levers:
  a: {actor: A, range: [0, 1], default: 0}
  b: {actor: A, range: [0, 1], default: 0}
policies:
  rest: {set: {a: 0}}
  act: {set: {a: 1}}
events:
  shock: {actor: A, rate: "q(0, '1/year')", cap: 6}
  gate: {actor: A, probability: 0.5}
auxiliaries:
  noise: {noise: normal, scale: 0.3}
  plain: w * a
  blurred: w * a + noise
  joint: w * a * b
  either: w * max(a, b)
  turned: a * (1 - 2 * b * w)
  bend: w * max(0, a - 0.5)
  weaker: 0.5 * b
  carrier: w * a
  carried: carrier + v * a * (1 - carrier)
stocks:
  age: {initial: 0, change: "q(1, '1/year')"}
  shocks: {initial: 0, jump: shock}
  opened: {initial: 0, jump: "gate * (1 - opened)"}
beliefs:
  fear: {holder: B, that: it will act, prior: 0.5, evidence: {seen: {rate: "w * a * q(1, '1/year')"}}}
outcomes:
  plain: {final: plain}
  blurred: {mean: blurred}
  joint: {final: joint}
  either: {final: either}
  turned: {final: turned}
  bend: {final: bend}
  both: {final: plain + weaker}
  other: {final: v}
  carried: {final: carried}
  shocks: {final: shocks}
  opened: {reached: gate > 0, to: 2000-03}
  gated: {final: "w * a * (1 - 2 * opened)", to: 2000-02}
  gate_now: {reached: gate > 0, to: 2000-02}
  soon: {final: a * (1 - age) * w, to: 2000-02}
  late: {final: a * (1 - age) * w}
  fear: {final: fear}
claims:
"""

A, B = "of: {lever: a, from: 0, to: 1}", "with: {lever: b, from: 0, to: 1}"

# (what it is, the claim, supports, contradicts, no effect); None: whatever it may be.
CASES: list[tuple[str, str, float | None, float | None, float | None]] = [
    # The effect w lies beyond 0.25 in three quarters of the scenarios, within it in the others.
    ("a policy", "form: effect, of: {policy: [rest, act]}, on: plain, is: higher", 0.75, 0, 0.25),
    ("a lever", f"form: effect, {A}, on: plain, is: higher", 0.75, 0, 0.25),
    ("the other way", f"form: effect, {A}, on: plain, is: lower", 0, 0.75, 0.25),
    ("through chance", f"form: effect, {A}, on: blurred, is: higher", None, 0, None),
    (
        "a parameter",
        "form: effect, of: {parameter: w, from: 0.2, to: 0.6}, on: plain, is: higher, given: act",
        1, 0, 0,
    ),
    (
        "quantiles of a parameter",
        "form: effect, of: {parameter: v, quantiles: [0.1, 0.3]}, on: other, is: higher",
        0, 0, 1,
    ),
    ("an event", "form: effect, of: {event: shock, from: 0, to: 2}, on: shocks, is: higher", 1, 0, 0),
    (
        "what is held",
        "form: effect, of: {do: {carrier: [0, 1]}}, on: carried, is: higher",
        1, 0, 0,
    ),
    ("no effect at all", f"form: no_effect, {A}, on: other", 1, 0, 0),
    ("an effect where none is claimed", f"form: no_effect, {A}, on: plain", 0.25, 0.75, 0),
    ("an interaction", f"form: interaction, {A}, {B}, on: joint, is: higher", 0.75, 0, 0.25),
    ("none where they add up", f"form: interaction, {A}, {B}, on: both, is: higher", 0, 0, 1),
    ("complements", f"form: complement, {A}, {B}, on: joint", 0.75, 0, 0.25),
    ("complements that are not", f"form: complement, {A}, {B}, on: either", 0, 0.75, 0.25),
    ("substitutes", f"form: substitute, {A}, {B}, on: either", 0.75, 0, 0.25),
    ("substitutes that are not", f"form: substitute, {A}, {B}, on: joint", 0, 0.75, 0.25),
    # a does 1 without b, and 1 - 2 w with it, which lies below -0.25 where w exceeds 0.625.
    ("a reversal", f"form: sign_reversal, {A}, {B}, on: turned, is: higher", 0.375, 0.375, 0.25),
    # Below the middle a does nothing, beyond it 0.5 w.
    ("a threshold", "form: threshold, of: {lever: a, levels: [0, 0.5, 1]}, on: bend, is: higher", 0.5, 0, 0.5),
    ("no bend", "form: threshold, of: {lever: a, levels: [0, 0.5, 1]}, on: plain, is: higher", 0, 0, 1),
    # w against 0.5: stronger by 0.25 above 0.75, weaker by as much below 0.25.
    (
        "a comparison",
        f"form: comparative, {A}, than: {{lever: b, from: 0, to: 1}}, on: both, is: higher",
        0.25, 0.25, 0.5,
    ),
    ("one cause on two outcomes", f"form: comparative, {A}, on: [plain, other], is: higher", 0.75, 0, 0.25),
    (
        "an order",
        "form: ordering, arms: [{set: {a: 0}}, {set: {a: 0.5}}, {set: {a: 1}}], on: plain, is: rising",
        0.5, 0, 0.5,
    ),
    # Once in two months with one half each: three quarters, well above one quarter.
    ("existence", "form: existence, on: opened", 1, 0, 0),
    ("existence of what is not", "form: existence, on: shocks", 0, 0, 1),
    # At most 1 is reached, and 1.25 less w is missing.
    ("not enough", f"form: insufficiency, {A}, on: plain, is: higher, target: 1.25", 1, 0, 0),
    ("enough", f"form: insufficiency, {A}, on: plain, is: higher, target: 0.25", 0, 0.5, 0.5),
    # After a month 11/12 w, after two years -w.
    ("a short and a long run", f"form: horizon, {A}, on: [soon, late], is: [higher, lower]", 0.727, 0, 0.273),
    ("no long run to speak of", f"form: horizon, {A}, on: [soon, other], is: [higher, lower]", 0, 0, 1),
    # log-odds of 2 w after two years: the belief rises by 0.25 where they exceed log 3.
    (
        "what B believes",
        f"form: perceived, {A}, on: fear, is: higher, modality: {{believes: B}}",
        0.4507, 0, 0.5493,
    ),
    # w where the gate is shut, -w where it is open: the mean over all futures would be 0.
    ("on a condition", f"form: conditional, {A}, on: gated, is: lower, when: gate_now", None, 0, None),
    # Through the carrier w (1 - v), less where it is held at nothing (the low arm's path).
    ("through something", f"form: mediated, {A}, on: carried, is: higher, through: carrier", None, 0, None),
    # Held at 1 in both arms the rest of a's effect is none, so all of it runs through the carrier.
    (
        "through something held at a number",
        f"form: mediated, {A}, on: carried, is: higher, through: carrier, held: 1",
        None, 0, None,
    ),
    ("through what does not matter", f"form: mediated, {A}, on: plain, is: higher, through: opened", 0, 0, 1),
]  # fmt: skip


@cache
def model() -> Model:
    claims = "".join(
        f"  c{i}: {{{body}, smallest_effect: 0.25}}\n" for i, (_, body, *_) in enumerate(CASES)
    )
    return load("forms.yaml", text=WORLD + claims)


@cache
def result() -> ClaimsResult:
    return test_claims(model(), scenarios=64)


@pytest.mark.parametrize("index", range(len(CASES)), ids=[case[0] for case in CASES])
def test_a_form_finds_what_is_so(index: int) -> None:
    found = result()[f"c{index}"]
    parts = found.supports, found.contradicts, found.no_effect
    for part, expected in zip(parts, CASES[index][2:], strict=True):
        # Each scenario is one of 64 equal cells of w; one cell may lie across an edge.
        assert expected is None or part == pytest.approx(expected, abs=1.01 / 64), found
    assert sum(parts) + found.undetermined == 1.0


def test_every_form_has_a_case() -> None:
    assert {body.split(",")[0].removeprefix("form: ") for _, body, *_ in CASES} == set(FORMS)


def of(name: str) -> str:
    return f"c{[case[0] for case in CASES].index(name)}"


def test_a_condition_applies_where_it_holds() -> None:
    found = result()[of("on a condition")]
    assert found.applicable == pytest.approx(0.5, abs=0.05)
    # Where w is near 0.25, half of the replications leave it open.
    assert found.supports == pytest.approx(0.75, abs=0.12)
    assert found.no_effect == pytest.approx(0.25, abs=0.12)


def test_chance_that_cancels_leaves_the_shares() -> None:
    found = result()[of("through chance")]
    assert found.supports == pytest.approx(0.75, abs=0.1)
    assert found.effect is not None
    assert found.effect[1] == pytest.approx(0.5, abs=0.03)


def test_where_a_mediator_is_held_decides_how_much_runs_through_it() -> None:
    # T = w + v (1 - w). At the low arm's path (0) what is left is v, so w (1 - v) runs through it;
    # at 1 nothing is left, so all of T does.
    w, v = Design(model()).parameters(0, 64).T
    at_baseline = result()[of("through something")]
    at_one = result()[of("through something held at a number")]
    assert at_baseline.supports == np.mean(w * (1 - v) > 0.25)
    assert at_one.supports == np.mean(w + v * (1 - w) > 0.25)
