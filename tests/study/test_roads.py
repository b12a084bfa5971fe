"""Reachability: chance, causes and parameters on the way to an outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reassure.engine.causal import causal_graph
from reassure.model.checked import Arm, Cause, Observation, Policy, Rule
from reassure.model.expression import Ref
from reassure.study.claim_standing import claim_standing
from reassure.study.contrasts import Course
from reassure.study.roads import Roads
from reassure.study.staging import BATCH, _groups
from small_models import Draft, central_chain
from study.test_claims import claim


def fork() -> Draft:
    """effort moves trust, and trust and a detour move gain; luck blurs only heat."""
    return (
        Draft()
        .parameter("power")
        .parameter("warmth")
        .lever("effort")
        .lever("rest")
        .noise("luck", "0.1")
        .stock("trust", "power * effort - trust")
        .auxiliary("detour", "0.5 * rest")
        .auxiliary("heat", "warmth * luck")
        .outcome("gain", "trust + detour")
        .outcome("heat_end", "heat")
    )


def roads(draft: Draft, *policies: Policy) -> Roads:
    model = replace(draft.model(), policies=policies)
    return Roads(model, causal_graph(model))


def test_chance_causes_and_parameters() -> None:
    found = roads(fork())
    assert found.chance_reaches("heat_end")
    assert not found.chance_reaches("gain")
    assert found.cause_reaches(["effort"], "gain")
    assert not found.cause_reaches(["effort"], "heat_end")
    assert found.parameters(["gain"]) == {"power"}
    assert found.parameters(["gain", "heat_end"]) == {"power", "warmth"}


def test_events_and_choices_are_chance() -> None:
    found = roads(central_chain())
    assert found.chance_reaches("confidence_end")
    assert found.chance_reaches("spear_by_end")
    assert found.cause_reaches(["provocation.rate"], "confidence_end")


def test_roads_around_a_mediator() -> None:
    found = roads(fork())
    assert not found.around(["effort"], "trust", "gain")
    assert found.around(["rest"], "trust", "gain")


def test_a_rule_is_a_road_only_where_its_policy_is_in_force() -> None:
    seen = Observation("heat", "KOR", 0, 0.0)
    rule = Policy("adaptive", (("effort", Rule(Ref(seen.name))),))
    found = roads(fork(), Policy("drift", ()), rule)
    assert not found.under(["drift"]).chance_reaches("gain")
    assert found.under(["drift", "adaptive"]).chance_reaches("gain")
    assert found.under(["adaptive"]).parameters(["gain"]) == {"power", "warmth"}


def test_errors_of_observation_are_chance() -> None:
    blurred = Observation("trust", "KOR", 1, 0.2)
    rule = Policy("adaptive", (("effort", Rule(Ref(blurred.name))),))
    model = replace(fork().model(), policies=(rule,), observations=(blurred,))
    assert Roads(model, causal_graph(model)).under(["adaptive"]).chance_reaches("gain")


def test_mediation_is_assumed_only_without_a_road_around() -> None:
    found = roads(fork())
    cause = Cause("effort", Arm(), Arm(settings=(("effort", 1.0),)), (("effort", 1),))
    through = claim("m", "mediated", through="trust", outcomes=("gain",), causes=(cause,))
    assert claim_standing(found, through)[0] == "assumed"
    assert claim_standing(found, replace(through, sign=-1))[0] == "derived"
    assert claim_standing(found, replace(through, through="heat"))[0] == "no path"
    both = replace(cause, roots=(("effort", 1), ("rest", 1)))
    assert claim_standing(found, replace(through, causes=(both,)))[0] == "derived"


def test_courses_with_few_open_scenarios_run_together() -> None:
    first, second, third = (Course(Arm(name)) for name in "abc")
    few, others = np.arange(10), np.arange(5, 15)
    (joined,) = _groups({first: few, second: others}, 16)  # 15 scenarios still fill one batch
    assert set(joined[0]) == {first, second}
    np.testing.assert_array_equal(joined[1], np.arange(15))
    many, more = np.arange(BATCH), np.arange(BATCH, 2 * BATCH)
    apart = _groups({first: many, second: more, third: many}, 16)
    assert [(set(courses), len(rows)) for courses, rows in apart] == [
        ({first, third}, BATCH),
        ({second}, BATCH),
    ]
