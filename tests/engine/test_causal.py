"""The signed causal graph: elements, choices, feedback loops, and futures that agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reassure.engine.causal import CausalGraph, _Builder, causal_graph
from reassure.engine.interpreter import interpret
from reassure.engine.proofs import Proof
from reassure.engine.write_out import WriteOut
from reassure.model.checked import Arm, Policy, Rule
from small_models import POSTURE, Draft, central_chain


def edge(graph: CausalGraph, source: str, target: str) -> str:
    """The sign of an edge, with '|' where it takes time; '' where there is none."""
    found = graph.edges.get((source, target))
    return "" if found is None else found.sign + "|" * found.delay


@pytest.fixture(scope="module")
def graph() -> CausalGraph:
    return causal_graph(central_chain().model())


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("effort.ordered", "effort", "+|"),
        ("friction", "effort", "-|"),
        ("effort", "friction", "-|"),
        ("effort", "meeting.rate", "+"),
        ("meeting.rate", "meeting", "+"),
        ("meeting", "confidence", "+|"),
        ("provocation", "confidence", "-|"),
        ("weight", "confidence", "-|"),
        ("confidence", "provocation.rate", "-"),
        ("provocation", "threat", "+|"),
        ("confidence", "gap", "-"),
        ("gap", "posture", "+|"),
        ("cost", "posture>=spear", "-|"),
        ("support", "posture>=spear", "+|"),
        ("support", "posture.phase_in", "-|"),
        ("gap", "posture.phase_in", "?|"),
        ("gap", "posture.probability.spear", "+"),
        ("posture>=spear", "alarm", "+|"),
        ("posture>=spear", "spear_by_end", "+"),
        ("confidence", "confidence_end", "+"),
        ("cost", "gap", ""),
    ],
)
def test_edges_of_the_central_chain(
    graph: CausalGraph, source: str, target: str, expected: str
) -> None:
    assert edge(graph, source, target) == expected


def test_an_edge_says_where_its_sign_was_read(graph: CausalGraph) -> None:
    assert graph.edges["threat", "gap"].why == "formula: max(0, threat - confidence)"


def test_faces_of_a_choice_fold_into_it(graph: CausalGraph) -> None:
    folded = graph.by_element
    assert edge(folded, "gap", "posture") == "+|"
    assert edge(folded, "posture", "alarm") == "+|"
    assert edge(folded, "boldness", "provocation") == "+"
    assert not any("." in name or ">=" in name for name in folded.quantities)


def test_loops_are_found_with_their_polarity(graph: CausalGraph) -> None:
    found = {loop.names: loop.polarity for loop in graph.loops}
    assert found[("confidence", "provocation")] == "reinforcing"
    assert found[("alarm", "provocation", "confidence", "gap", "posture")] == "reinforcing"
    assert all(len(names) > 1 for names in found)


def test_a_balancing_and_an_ambiguous_loop() -> None:
    draft = (
        Draft()
        .parameter("unsure", -1.0, 1.0)
        .stock("prey", "0.5 * prey - predator")
        .stock("predator", "0.2 * prey - 0.1 * predator")
        .stock("mood", "unsure * news")
        .stock("news", "mood - news")
    )
    polarity = {loop.names: loop.polarity for loop in causal_graph(draft.model()).loops}
    assert polarity == {("predator", "prey"): "balancing", ("mood", "news"): "ambiguous"}


# -- choices --------------------------------------------------------------------------------------


def test_utilities_in_the_options_order_move_the_index() -> None:
    draft = Draft(posture=POSTURE).parameter("w", 0.0, 1.0).parameter("gap")
    draft.choice("posture", shield=0.0, phase_in="w * gap", spear="2 * w * gap")
    graph = causal_graph(draft.model())
    assert edge(graph, "gap", "posture") == "+|"
    assert edge(graph, "gap", "posture>=phase_in") == "+|"
    assert edge(graph, "gap", "posture.phase_in") == "?|"


def test_a_middle_option_pulls_both_ways() -> None:
    draft = Draft(posture=POSTURE).parameter("gap")
    draft.choice("posture", shield=0.0, phase_in="gap", spear=0.0)
    graph = causal_graph(draft.model())
    assert edge(graph, "gap", "posture") == "?|"
    assert edge(graph, "gap", "posture>=phase_in") == "+|"
    assert edge(graph, "gap", "posture>=spear") == "-|"
    assert edge(graph, "gap", "posture.phase_in") == "+|"


def test_rationality_has_no_sign() -> None:
    draft = Draft(posture=POSTURE).parameter("reason", 0.0, 4.0)
    draft.choice("posture", rationality="reason", shield=0.0, phase_in=1.0, spear=2.0)
    graph = causal_graph(draft.model())
    assert edge(graph, "reason", "posture") == "?|"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("posture >= spear", ("posture>=spear", "+")),
        ("posture > phase_in", ("posture>=spear", "+")),
        ("posture < spear", ("posture>=spear", "-")),
        ("posture <= phase_in", ("posture>=spear", "-")),
        ("posture == spear", ("posture>=spear", "+")),
        ("posture.spear", ("posture>=spear", "+")),
        ("posture != shield", ("posture>=phase_in", "+")),
        ("posture.shield", ("posture>=phase_in", "-")),
        ("posture == phase_in", ("posture.phase_in", "+")),
        ("0.5 * posture", ("posture", "+")),
    ],
)
def test_ways_to_ask_what_a_choice_stands_at(text: str, expected: tuple[str, str]) -> None:
    draft = Draft(posture=POSTURE).choice("posture", shield=0.0, phase_in=0.0, spear=0.0)
    draft.auxiliary("asked", text)
    graph = causal_graph(draft.model())
    into = [(e.source, e.sign) for e in graph.edges.values() if e.target == "asked"]
    assert into == [expected]


def test_a_step_that_cannot_be_taken_back_may_shut_others() -> None:
    # Phasing in rules the spear out for good, so what favours both may keep the spear away.
    draft = Draft(posture=POSTURE).parameter("gap")
    draft.choice("posture", then={"phase_in": ()}, shield=0.0, phase_in="gap", spear="2 * gap")
    graph = causal_graph(draft.model())
    assert edge(graph, "posture", "posture>=spear") == "?|"


def test_the_present_matters_to_nothing_where_every_step_is_free() -> None:
    draft = Draft(posture=POSTURE).parameter("gap")
    draft.choice("posture", shield=0.0, phase_in="gap", spear="2 * gap")
    graph = causal_graph(draft.model())
    assert not [pair for pair in graph.edges if pair[0].startswith("posture")]


# -- other elements -------------------------------------------------------------------------------


def test_noise_scale_has_a_sign_only_where_chance_does() -> None:
    draft = Draft().parameter("scale").noise("shock", "scale").noise("share", "scale", "uniform")
    draft.stock("level", "shock + share")
    graph = causal_graph(draft.model())
    assert edge(graph, "scale", "shock") == "?"
    assert edge(graph, "scale", "share") == "+"
    assert edge(graph, "shock", "level") == "+|"


def test_a_change_counts_against_where_it_started() -> None:
    draft = Draft().parameter("start").parameter("pace").stock("level", "pace", initial="start")
    draft.outcome("grown", "level", "change").outcome("later", "level", "change", first=6)
    graph = causal_graph(draft.model())
    assert edge(graph, "level", "grown") == "+"
    assert edge(graph, "start", "grown") == "-"
    assert edge(graph, "level", "later") == "?"


def test_a_later_date_is_a_longer_time() -> None:
    draft = Draft().parameter("pace").stock("level", "pace")
    draft.outcome("until", "level > 0.7", "time_to")
    assert edge(causal_graph(draft.model()), "level", "until") == "-"


def test_a_rule_is_no_edge_but_is_told_apart() -> None:
    draft = Draft().lever("effort").stock("level", "effort")
    rule = Rule(draft.formula("1 if level < 0.4 else 0"))
    draft.sections["policies"] = [Policy("adaptive", (("effort", rule),))]
    graph = causal_graph(draft.model())
    assert edge(graph, "level", "effort.ordered") == ""
    assert [(r.policy, r.lever, r.reads) for r in graph.rules] == [
        ("adaptive", "effort", ("level",))
    ]


# -- without auxiliaries --------------------------------------------------------------------------


def test_auxiliaries_are_written_out(graph: CausalGraph) -> None:
    reduced = graph.without_auxiliaries()
    assert {"threat", "gap", "provocation.rate"}.isdisjoint(reduced.quantities)
    assert edge(reduced, "confidence", "posture>=spear") == "-|"
    assert edge(reduced, "boldness", "provocation") == "+"
    kept = graph.without_auxiliaries(keep=["gap"])
    assert edge(kept, "gap", "posture>=spear") == "+|"
    assert "threat" not in kept.quantities


@pytest.mark.parametrize("kept", ["gap", "threat", "provocation.rate"])
def test_keeping_a_name_costs_no_edge(graph: CausalGraph, kept: str) -> None:
    # Taken over from the graph without it where nothing changes, or all read afresh: the same.
    assert graph.source is not None
    write = WriteOut(graph.source, [kept])
    fresh = _Builder(graph.source, Proof(graph.source.ranges), write).build((), None)
    assert graph.without_auxiliaries(keep=[kept]).edges == fresh.edges


def test_an_auxiliary_that_remembers_itself_stays() -> None:
    draft = Draft().parameter("push").auxiliary("echo", "0.5 * previous(echo, 0) + push")
    draft.outcome("heard", "echo")
    reduced = causal_graph(draft.model()).without_auxiliaries()
    assert edge(reduced, "push", "echo") == "+"
    assert edge(reduced, "echo", "echo") == "+|"
    assert edge(reduced, "echo", "heard") == "+"


# -- futures agree --------------------------------------------------------------------------------


def _outcomes(effort: float, boldness: float) -> dict[str, Any]:
    model = central_chain().model()
    lanes = 600
    arm = Arm(settings=(("effort", effort),), parameters=(("boldness", boldness),))
    draw = np.random.default_rng(3)
    parameters = np.column_stack(
        [
            draw.uniform(p.prior.parameters[0][1], p.prior.parameters[1][1], lanes)
            for p in model.parameters
        ]
    )
    scenarios = np.arange(lanes)
    found = interpret(model, arm, parameters, scenarios, np.zeros_like(scenarios), 1, "sobol")
    return found.outcomes


def test_futures_move_the_way_that_proven_paths_say() -> None:
    idle, busy, bold = _outcomes(0.0, 0.5), _outcomes(1.0, 0.5), _outcomes(0.0, 2.0)
    assert np.all(busy["confidence_end"] >= idle["confidence_end"])
    assert np.all(bold["confidence_end"] <= idle["confidence_end"])
    assert np.mean(busy["spear_by_end"]) <= np.mean(idle["spear_by_end"])
    assert np.mean(bold["spear_by_end"]) >= np.mean(idle["spear_by_end"])
    assert np.mean(busy["confidence_end"]) > np.mean(idle["confidence_end"]) + 0.05
