"""Standing: assumed, derived or no path; and nothing but the structure decides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_formulas import random_formulas
from reassure.engine.causal import CausalGraph, Edge, causal_graph
from reassure.engine.equations import Quantity
from reassure.engine.slopes import with_children
from reassure.model.checked import Arm, Auxiliary, Cause, Model, Unit
from reassure.model.expression import Binary, Expression, Number, Ref, children, walk
from reassure.study import standing as module
from reassure.study.standing import Standing, cause_roots, standing
from small_models import POSTURE, Draft, central_chain


def judged(draft: Draft, cause: str, outcome: str, sign: int, way: int = 1) -> Standing:
    return standing(causal_graph(draft.model()), [(cause, way)], outcome, sign)


@pytest.mark.parametrize(
    ("cause", "outcome", "sign", "kind"),
    [
        ("effort", "confidence_end", 1, "assumed"),
        ("effort", "spear_by_end", -1, "assumed"),
        ("boldness", "spear_by_end", 1, "assumed"),
        ("gap", "spear_by_end", 1, "assumed"),
        ("gap", "spear_by_end", -1, "derived"),
        ("posture", "alarm_mean", 1, "assumed"),
        ("effort", "spear_by_end", 0, "derived"),
    ],
)
def test_the_central_chain(cause: str, outcome: str, sign: int, kind: str) -> None:
    assert judged(central_chain(), cause, outcome, sign).kind == kind


def test_a_falling_cause_turns_the_claim() -> None:
    assert judged(central_chain(), "effort", "spear_by_end", 1, way=-1).kind == "assumed"


def test_no_road_is_no_path() -> None:
    draft = central_chain().parameter("weather")
    found = judged(draft, "weather", "spear_by_end", 1)
    assert (found.kind, found.examples) == ("no path", ())


def test_opposite_paths_are_derived_and_both_are_shown() -> None:
    draft = (
        Draft()
        .lever("reliance")
        .stock("deterrence", "reliance")
        .stock("dilemma", "reliance")
        .outcome("security", "deterrence - dilemma")
    )
    found = judged(draft, "reliance", "security", 1)
    assert found.kind == "derived"
    assert found.reason == "paths have opposite signs"
    assert [str(path) for path in found.examples] == [
        "reliance.ordered -(+)-> reliance -(+)-> dilemma -(-)-> security",
        "reliance.ordered -(+)-> reliance -(+)-> deterrence -(+)-> security",
    ]


def test_the_opposite_of_every_path_says_so() -> None:
    found = judged(central_chain(), "cost", "spear_by_end", 1)
    assert (found.kind, found.reason) == ("derived", "every path has the opposite sign")


def test_an_unproven_sign_is_derived() -> None:
    draft = Draft().parameter("either", -1.0, 1.0).parameter("push")
    draft.stock("level", "either * push").outcome("end", "level")
    found = judged(draft, "push", "end", 1)
    assert (found.kind, str(found.examples[0])) == ("derived", "push -(?)-> level -(+)-> end")


def test_a_cause_of_no_one_direction_is_derived() -> None:
    assert judged(central_chain(), "effort", "spear_by_end", -1, way=0).kind == "derived"


def test_several_causes_must_agree() -> None:
    graph = causal_graph(central_chain().model())
    both = standing(graph, [("boldness", 1), ("cost", -1)], "spear_by_end", 1)
    against = standing(graph, [("boldness", 1), ("cost", 1)], "spear_by_end", 1)
    assert (both.kind, against.kind) == ("assumed", "derived")


def test_nothing_acts_on_what_is_held() -> None:
    # Held, the friction cannot answer to the effort, so only its own way to the end is left.
    draft = Draft().lever("effort").stock("friction", "1 - effort")
    draft.outcome("end", "effort - friction")
    graph = causal_graph(draft.model())
    held = standing(graph, [("friction", 1)], "end", -1)
    assert held.kind == "assumed"


@pytest.mark.parametrize(
    ("draft", "turns"),
    [
        # Two stocks that swing about each other, in antiphase after a while.
        (Draft().parameter("push").stock("a", "push - b").stock("b", "a"), True),
        (Draft().parameter("push").stock("a", "push + b").stock("b", "a"), False),
        # A stock that decays comes no further than where it was going; one that decays late does.
        (Draft().parameter("push").stock("a", "push - a"), False),
        (Draft().parameter("push").stock("a", "push - delay(a, q(6, 'month'), 0)"), True),
        (Draft().parameter("push").stock("a", "push", jump="-1.5 * a"), True),
        (Draft().parameter("push").event("e", "2 * a").stock("a", "push", jump="-e"), True),
        (Draft().parameter("push").auxiliary("a", "push - 0.5 * previous(a, 0)"), True),
        (Draft().parameter("push").auxiliary("a", "push + 0.5 * previous(a, 0)"), False),
        (Draft(a=("no", "yes")).parameter("push").choice("a", no=0.0, yes="push"), False),
        (Draft(a=("no", "yes")).parameter("push").choice("a", no=0.0, yes="push - a"), True),
        (Draft().parameter("push").belief("a", flows={"f": "push - a"}), False),
        (Draft().parameter("push").event("e", "1").belief("a", initial="0.1 + 0.8 * push"), False),
        (
            Draft()
            .parameter("push")
            .event("e", "1")
            .belief("a", initial="0.1 + 0.8 * push", events={"e": "-a"}),
            True,
        ),
    ],
)
def test_a_loop_that_turns_the_effect_back_leaves_it_to_numbers(draft: Draft, turns: bool) -> None:
    found = judged(draft.outcome("end", "a"), "push", "end", 1)
    assert found.kind == ("derived" if turns else "assumed")
    assert (found.reason == module.LOOP) == turns
    assert len(found.examples) == 1


def test_only_the_options_that_a_held_choice_passes_count() -> None:
    # Of the spear's way from the shield, the step between them is no part.
    draft = Draft(posture=POSTURE).choice("posture", shield=0.0, phase_in=0.0, spear=0.0)
    draft.stock("alarm", "(posture >= spear) - 0.5 * (posture == phase_in)")
    draft.outcome("end", "alarm")
    graph = causal_graph(draft.model())

    def held(low: float, high: float) -> str:
        arms = Arm(do=(("posture", low),)), Arm(do=(("posture", high),))
        roots = cause_roots(graph, Cause("posture", *arms, (("posture", 1),)))
        return standing(graph, roots, "end", 1).kind

    assert held(0.0, 2.0) == "assumed"
    assert held(1.0, 2.0) == "assumed"
    assert held(0.0, 1.0) == "derived"
    assert standing(graph, [("posture", 1)], "end", 1).kind == "derived"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="luck"):
        judged(central_chain(), "luck", "spear_by_end", 1)


def test_however_many_paths_there_are_all_count() -> None:
    layers = [[f"n{layer}_{place}" for place in range(9)] for layer in range(12)]
    names = ["push", *(name for layer in layers for name in layer), "last", "end"]
    pairs = [("push", name) for name in layers[0]] + [(name, "last") for name in layers[-1]]
    for before, after in pairwise(layers):
        pairs += [(a, b) for a in before for b in after]
    edges = {pair: Edge(*pair, "+", False, "") for pair in [*pairs, ("last", "end")]}
    whole = _Whole({name: Quantity(name, "stock", name) for name in names}, edges)
    assert standing(whole, [("push", 1)], "end", 1).kind == "assumed"
    edges["n3_4", "n4_5"] = Edge("n3_4", "n4_5", "-", False, "")
    assert standing(whole, [("push", 1)], "end", 1).reason == "paths have opposite signs"


@dataclass(frozen=True)
class _Whole(CausalGraph):
    """A graph given outright, with nothing to write out."""

    def without_auxiliaries(self, keep: Any = ()) -> CausalGraph:
        return self


# -- what must not matter -------------------------------------------------------------------------

NAMES = ["a", "b", "s", "t", "q"]
terms = random_formulas(NAMES, max_leaves=4)


@st.composite
def models(draw: st.DrawFn) -> Model:
    draft = (
        Draft(posture=POSTURE)
        .parameter("a", 0.0, 2.0)
        .parameter("b", -1.0, 1.0)
        .stock("s", "0")
        .stock("t", "0", low=-1.0)
        .belief("q", flows={"told": "0"})
        .choice("c", shield=0.0, phase_in="0", spear="0")
        .outcome("end", "0")
        .outcome("reached", "c >= 2", "reached")
    )
    model = draft.model()
    (s, t), (q,), (c,) = model.stocks, model.beliefs, model.choices
    told = replace(q.evidence[0], weight=draw(terms))
    utilities = [replace(option, utility=draw(terms)) for option in c.options]
    return replace(
        model,
        stocks=(replace(s, change=draw(terms)), replace(t, change=draw(terms))),
        beliefs=(replace(q, evidence=(told,)),),
        choices=(replace(c, options=tuple(utilities)),),
        outcomes=(replace(model.outcomes[0], formula=draw(terms)), model.outcomes[1]),
    )


def changed(part: Any, change: Callable[[Expression], Expression]) -> Any:
    """``part`` with every formula in it changed."""
    if isinstance(part, Expression):
        return change(part)
    if isinstance(part, tuple):
        return tuple(changed(item, change) for item in part)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(
            part, **{f.name: changed(getattr(part, f.name), change) for f in fields(part)}
        )
    return part


def swapped(node: Expression, old: Expression, new: Expression) -> Expression:
    if node == old:
        return new
    return with_children(node, [swapped(child, old, new) for child in children(node)])


def kinds(model: Model, names: dict[str, str] | None = None) -> list[str]:
    graph = causal_graph(model)
    called = names or {}
    return [
        standing(graph, [(called.get(cause, cause), 1)], called.get(end, end), sign).kind
        for cause in ("a", "b", "s")
        for end in ("end", "reached")
        for sign in (1, -1)
    ]


@settings(max_examples=60, deadline=None)
@given(models(), st.data())
def test_an_auxiliary_put_between_changes_nothing(model: Model, data: st.DataObject) -> None:
    formulas = [stock.change for stock in model.stocks]
    formulas += [option.utility for option in model.choices[0].options]
    formulas += [outcome.formula for outcome in model.outcomes]
    parts = [part for formula in formulas for part in walk(formula)]
    part = data.draw(st.sampled_from(parts))
    cut = changed(model, lambda formula: swapped(formula, part, Ref("extra")))
    cut = replace(cut, auxiliaries=(Auxiliary("extra", part, Unit()),))
    assert kinds(cut) == kinds(model)


@settings(max_examples=40, deadline=None)
@given(models())
def test_names_change_nothing(model: Model) -> None:
    names = {"a": "zeal", "b": "alpha", "s": "m", "t": "k", "q": "y", "c": "pick", "end": "aim"}

    def renamed(node: Expression) -> Expression:
        if isinstance(node, Ref):
            return Ref(names.get(node.name, node.name))
        return with_children(node, [renamed(child) for child in children(node)])

    other = changed(model, renamed)
    for section in ("parameters", "stocks", "beliefs", "choices", "outcomes"):
        items = getattr(other, section)
        items = tuple(replace(item, name=names.get(item.name, item.name)) for item in items)
        other = replace(other, **{section: items})
    assert kinds(other, names) == kinds(model)


@settings(max_examples=40, deadline=None)
@given(models(), st.sampled_from([0.25, 2.0, 8.0]))
def test_a_positive_factor_changes_nothing(model: Model, factor: float) -> None:
    def scaled(formula: Expression) -> Expression:
        return Binary("*", Number(factor), formula)

    end, reached = model.outcomes
    first, second = model.stocks
    other = replace(
        model,
        stocks=(replace(first, change=scaled(first.change)), second),
        outcomes=(replace(end, formula=scaled(end.formula)), reached),
    )
    assert kinds(other) == kinds(model)
