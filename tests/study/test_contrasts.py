"""Each form of claim becomes the contrasts that its estimand says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reassure.model.checked import Arm, Cause, Claim
from reassure.model.checks.claims import FORMS as WRITTEN_FORMS
from reassure.model.mistakes import UsageError
from reassure.study.contrasts import FORMS, Contrast, Course, contrasts, courses, crossed

A = Cause("A", Arm("drift"), Arm("managed"), (("effort", 1),))
B = Cause(
    "B", Arm("drift", settings=(("b", 0.0),)), Arm("drift", settings=(("b", 1.0),)), (("b", 1),)
)


def claim(form: str, **fields: object) -> Claim:
    basic = Claim(
        name="c",
        number=None,
        text="",
        form=form,
        modality="asserts",
        believer="",
        sign=-1,
        outcomes=("y",),
        causes=(A,),
        smallest_effect=0.1,
    )
    return replace(basic, **fields)  # type: ignore[arg-type]


def value(contrast: Contrast, world: Mapping[tuple[Course, str], float]) -> float:
    """The contrast in a world where every course has known mean outcomes, in its direction."""
    found = sum(term.weight * world[term.course, term.outcome] for term in contrast.terms)
    return contrast.sign * (found - contrast.offset)


def world_of(values: Mapping[Arm, float], outcome: str = "y") -> dict[tuple[Course, str], float]:
    return {(Course(arm), outcome): y for arm, y in values.items()}


def test_effect() -> None:
    (only,) = contrasts(claim("effect"))
    assert value(only, world_of({A.low: 0.6, A.high: 0.25})) == pytest.approx(0.35)


def test_no_effect_is_two_sided() -> None:
    (only,) = contrasts(claim("no_effect"))
    assert only.null
    assert value(only, world_of({A.low: 0.6, A.high: 0.25})) == pytest.approx(-0.35)


def four_arms(
    low_low: float, high_low: float, low_high: float, high_high: float
) -> dict[Arm, float]:
    """Means where (A, B) stand low or high."""
    return {
        crossed(A, A.low, B, B.low): low_low,
        crossed(A, A.high, B, B.low): high_low,
        crossed(A, A.low, B, B.high): low_high,
        crossed(A, A.high, B, B.high): high_high,
    }


def test_interaction_complement_and_substitute() -> None:
    world = world_of(four_arms(0.5, 0.4, 0.5, 0.1))  # A lowers by 0.1 alone, by 0.4 with B
    both = {"causes": (A, B)}
    (interaction,) = contrasts(claim("interaction", **both))
    assert value(interaction, world) == pytest.approx(0.3)
    (complement,) = contrasts(claim("complement", **both))
    assert value(complement, world) == pytest.approx(0.3)
    (substitute,) = contrasts(claim("substitute", **both))
    assert value(substitute, world) == pytest.approx(-0.3)
    (unsigned,) = contrasts(claim("complement", sign=0, **both))
    assert value(unsigned, world) == pytest.approx(-0.3)


def test_sign_reversal() -> None:
    low, high = contrasts(claim("sign_reversal", causes=(A, B)))
    world = world_of(four_arms(0.5, 0.3, 0.5, 0.6))
    assert value(low, world) == pytest.approx(0.2)
    assert value(high, world) == pytest.approx(0.1)


def test_mediated_at_baseline_holds_x_at_its_path_in_the_low_arm() -> None:
    total, through = contrasts(claim("mediated", through="x"))
    held = Course(A.high, "x", A.low)
    world = world_of({A.low: 0.6, A.high: 0.2}) | {(held, "y"): 0.5}
    assert value(total, world) == pytest.approx(0.4)
    assert value(through, world) == pytest.approx(0.3)  # T - D = -0.4 - (-0.1)
    assert courses([total, through]) == (Course(A.high), Course(A.low), held)


def test_mediated_at_a_number_holds_x_in_both_arms() -> None:
    total, through = contrasts(claim("mediated", through="x", held="2.0"))
    low, high = (replace(arm, do=(("x", 2.0),)) for arm in (A.low, A.high))
    world = world_of({A.low: 0.6, A.high: 0.2, low: 0.7, high: 0.6})
    assert value(through, world) == pytest.approx(0.3)
    assert value(total, world) == pytest.approx(0.4)


def test_ordering() -> None:
    arms = (Arm("a"), Arm("b"), Arm("c"))
    found = contrasts(claim("ordering", arms=arms, causes=(), sign=1))
    world = world_of(dict(zip(arms, (1.0, 2.0, 4.0), strict=True)))
    assert [value(item, world) for item in found] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0.0, 0.1, 1.0), (0.9, 0.8, 1.0)),
        ((0.0, -3.0, 1.0), (4.0, 7.0, 1.0)),
        ((0.0, -3.0, -2.0), (1.0, 4.0, -2.0)),  # the first step was the larger one: no threshold
    ],
)
def test_threshold(levels: tuple[float, ...], expected: tuple[float, ...]) -> None:
    arms = (Arm("a"), Arm("b"), Arm("c"))
    found = contrasts(claim("threshold", arms=arms, causes=(), sign=1))
    world = world_of(dict(zip(arms, levels, strict=True)))
    assert [value(item, world) for item in found] == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("strong", "weak", "least"), [(-0.5, -0.2, 0.3), (-0.5, 0.4, 0.1), (-0.1, 0.5, -0.4)]
)
def test_comparative_compares_the_size_of_effects(strong: float, weak: float, least: float) -> None:
    found = contrasts(claim("comparative", causes=(A, B)))
    world = world_of({A.low: 0.0, A.high: strong, B.low: 0.0, B.high: weak})
    assert min(value(item, world) for item in found) == pytest.approx(least)


def test_comparative_of_two_outcomes_of_one_cause() -> None:
    found = contrasts(claim("comparative", outcomes=("y", "z")))
    world = world_of({A.low: 0.0, A.high: -0.5}) | world_of({A.low: 0.0, A.high: -0.1}, "z")
    assert min(value(item, world) for item in found) == pytest.approx(0.4)


def test_existence_and_insufficiency() -> None:
    (exists,) = contrasts(claim("existence", causes=(), arms=(Arm("drift"),)))
    assert value(exists, world_of({Arm("drift"): 0.07})) == pytest.approx(0.07)
    (misses,) = contrasts(claim("insufficiency", target=0.2))
    # A is meant to bring y down to 0.2, and y is still 0.5: it misses by 0.3.
    assert value(misses, world_of({A.high: 0.5})) == pytest.approx(0.3)
    assert value(misses, world_of({A.high: 0.1})) == pytest.approx(-0.1)


def test_horizon() -> None:
    short, long = contrasts(claim("horizon", outcomes=("soon", "late")))
    world = world_of({A.low: 0.5, A.high: 0.3}, "soon") | world_of(
        {A.low: 0.5, A.high: 0.7}, "late"
    )
    assert value(short, world) == pytest.approx(0.2)
    assert value(long, world) == pytest.approx(0.2)


def test_crossing_keeps_the_ground_and_varies_both() -> None:
    tokyo = Cause("T", Arm("drift+calm"), Arm("drift+stern"), (("t", 1),))
    assert crossed(A, A.high, tokyo, tokyo.low).policy == "managed+calm"
    assert crossed(B, B.high, tokyo, tokyo.high) == Arm("drift+stern", settings=(("b", 1.0),))
    held = Cause(
        "H",
        Arm("drift", do=(("x", 0.0),), window=(0, 12)),
        Arm("drift", do=(("x", 1.0),), window=(0, 12)),
        (("x", 1),),
    )
    assert crossed(A, A.high, held, held.high) == Arm("managed", do=(("x", 1.0),), window=(0, 12))


def test_what_cannot_be_crossed_is_said() -> None:
    with pytest.raises(UsageError, match="both vary b"):
        crossed(B, B.low, B, B.high)
    here = Cause(
        "H", Arm(do=(("x", 0.0),), window=(0, 5)), Arm(do=(("x", 1.0),), window=(0, 5)), ()
    )
    there = Cause("J", Arm(do=(("z", 0.0),)), Arm(do=(("z", 1.0),)), ())
    with pytest.raises(UsageError, match="different windows"):
        crossed(here, here.low, there, there.low)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (claim("effect", causes=()), "needs 1 cause"),
        (claim("interaction"), "needs 2 cause"),
        (claim("horizon"), "needs 2 outcome"),
        (claim("insufficiency"), "needs a target"),
        (claim("threshold"), "three levels"),
        (claim("ordering"), "at least two arms"),
        (claim("wish"), "no form 'wish'"),
    ],
)
def test_a_claim_that_does_not_fit_its_form_is_refused(broken: Claim, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        contrasts(broken)


def test_courses_are_shared_between_claims() -> None:
    every = [*contrasts(claim("effect")), *contrasts(claim("no_effect", outcomes=("z",)))]
    assert courses(every) == (Course(A.high), Course(A.low))


def test_every_form_of_the_language_has_a_test_and_a_line_in_the_docs() -> None:
    assert set(FORMS) == set(WRITTEN_FORMS)
    table = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)
    assert sorted(documented) == sorted(FORMS)
