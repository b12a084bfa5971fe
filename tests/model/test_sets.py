from __future__ import annotations

import pytest

from reassure.model.checked import Constant, Model
from reassure.model.expression import Number, Ref, references
from reassure.model.load import check, load

HEAD = """
language: 1
time: {start: 2000-01, years: 1}
sources: {me: {title: Notes}}
actors: {AAA: A, BBB: B}
sets: {front: [north, south, sea], side: [AAA, BBB]}
"""


def _loaded(text: str) -> Model:
    return load("sets.yaml", text=HEAD + text)


def _messages(text: str) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in check("sets.yaml", text=HEAD + text).mistakes]


def test_one_element_for_each_member_with_values_by_member() -> None:
    model = _loaded("""
parameters:
  weight[front]:
    prior: {by: {north: 1, else: {uniform: [0, {by: {south: 2, else: 3}}]}}}
    because: {by: {sea: wide, else: ashore}}
""")
    weights = {parameter.name: parameter for parameter in model.parameters}
    assert list(weights) == ["weight[north]", "weight[south]", "weight[sea]"]
    assert weights["weight[north]"].prior.family == "fixed"
    assert weights["weight[south]"].prior.parameters == (("low", 0.0), ("high", 2.0))
    assert weights["weight[sea]"].prior.parameters == (("low", 0.0), ("high", 3.0))
    assert [w.about.because for w in weights.values()] == ["ashore", "ashore", "wide"]


def test_formulas_read_the_member_they_are_bound_for() -> None:
    model = _loaded("""
parameters: {"w[front]": {prior: 1}}
auxiliaries:
  twice[front]: 2 * w[front]
  north_only: w[north]
  rest[front]: sum(front, w[front]) - w[front]
""")
    formulas = {auxiliary.name: auxiliary.formula for auxiliary in model.auxiliaries}
    assert references(formulas["twice[south]"]) == {"w[south]"}
    assert formulas["north_only"] == Ref("w[north]")
    assert references(formulas["rest[sea]"]) == {"w[north]", "w[south]", "w[sea]"}


def test_an_entry_for_one_member_updates_the_fields_it_gives() -> None:
    model = _loaded("""
parameters:
  w[front]: {prior: 1, unit: year, because: all alike}
  w[sea]: {prior: 5}
""")
    assert [p.name for p in model.parameters] == ["w[north]", "w[south]", "w[sea]"]
    sea = model.parameters[2]
    assert sea.prior.parameters == (("value", 5.0),)
    assert (sea.unit.text, sea.about.because) == ("year", "all alike")


def test_evidence_settings_and_interests_expand_by_their_keys() -> None:
    model = _loaded("""
levers: {"effort[front]": {actor: AAA, range: [0, 1], default: 0}}
events: {"slip[front]": {probability: "0.1 * (1 - effort[front])"}}
beliefs:
  trust:
    holder: BBB
    that: they hold
    prior: 0.5
    evidence:
      slip[front]: "-0.1 * (1 + effort[front])"
      again[front]: {event: "slip[front]", weight: {by: {north: -1, else: -2}}}
outcomes: {"slips[front]": {sum: "slip[front]"}}
policies: {all: {set: {"effort[front]": {by: {north: 0.2, else: 0.9}}, "effort[sea]": 0.5}}}
interests: {BBB: {"slips[front]": -1}}
""")
    evidence = {item.name: item for item in model.beliefs[0].evidence}
    assert references(evidence["slip[south]"].weight) == {"effort[south]"}
    assert evidence["slip[south]"].event == "slip[south]"
    assert evidence["again[sea]"].event == "slip[sea]"
    assert evidence["again[north]"].weight == Number(-1.0)
    assert dict(model.policies[0].settings) == {
        "effort[north]": Constant(0.2),
        "effort[south]": Constant(0.9),
        "effort[sea]": Constant(0.5),
    }
    assert [i.outcome for i in model.interests] == ["slips[north]", "slips[south]", "slips[sea]"]


def test_an_element_bound_to_a_set_binds_the_keys_inside_it() -> None:
    model = _loaded("""
events: {"shot[side]": {actor: {by: {AAA: AAA, BBB: BBB}}, probability: 0.1}}
beliefs:
  fear[side]:
    holder: {by: {AAA: AAA, BBB: BBB}}
    that: war is near
    prior: 0.5
    evidence: {"shot[side]": 1}
outcomes: {"fear_end[side]": {final: "fear[side]"}}
""")
    assert [(b.name, b.holder, b.evidence[0].event) for b in model.beliefs] == [
        ("fear[AAA]", "AAA", "shot[AAA]"),
        ("fear[BBB]", "BBB", "shot[BBB]"),
    ]


def test_claims_may_be_indexed() -> None:
    model = _loaded("""
levers: {"effort[front]": {actor: AAA, range: [0, 1], default: 0}}
outcomes: {"spent[front]": {total: "effort[front]"}}
claims:
  effort_counts[front]:
    form: effect
    of: {lever: "effort[front]", from: 0, to: 1}
    on: spent[front]
    is: higher
    smallest_effect: 0.1
""")
    claim = model.claims[1]
    assert claim.name == "effort_counts[south]"
    assert claim.outcomes == ("spent[south]",)
    assert claim.causes[0].roots == (("effort[south]", 1),)


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ('parameters: {"w[fornt]": {prior: 1}}', "E303", "fornt"),
        ('parameters: {"w[front]": {prior: {by: {north: 1}}}}', "E212", "south"),
        ('parameters: {"w[front]": {prior: {by: {west: 1, else: 2}}}}', "E212", "west"),
        ("parameters: {w: {prior: {by: {north: 1, else: 2}}}}", "E212", "indexed"),
        ('parameters: {"w[front]": {prior: 1}, "w [front]": {prior: 1}}', "E209", "twice"),
        ('actors: {"C[front]": x}', "E103", ""),
        ('auxiliaries: {a: "time * b[front]"}', "E303", "not open here"),
        ('sources: {"s[front]": {title: x}}', "E103", ""),
    ],
)
def test_what_is_wrong_with_an_index_is_said(text: str, code: str, word: str) -> None:
    found = _messages(text)
    assert code in [item[0] for item in found]
    assert any(word in message for _, message in found)


@pytest.mark.parametrize(
    ("sets", "code"),
    [
        ("{s: []}", "E203"),
        ("{s: a}", "E203"),
        ("{s: [a, a]}", "E209"),
        ("{s: [a-b]}", "E206"),
        ("{exp: [a]}", "E206"),
        ("{s: [[a]]}", "E203"),
        ("[a]", "E203"),
    ],
)
def test_what_is_wrong_with_a_set_is_said(sets: str, code: str) -> None:
    text = f"language: 1\ntime: {{start: 2000, years: 1}}\nsets: {sets}\n"
    assert [item.code for item in check("m.yaml", text=text).mistakes] == [code]


def test_a_set_and_an_element_may_not_share_a_name() -> None:
    assert ("E209", "'front' is already the name of an element of parameters") in _messages(
        "parameters: {front: {prior: 1}}"
    )


def test_an_alias_of_a_family_is_one_for_each_member() -> None:
    model = _loaded('parameters: {"w[front]": {prior: 1, alias: weight}}')
    assert [p.about.alias for p in model.parameters] == [
        "weight[north]",
        "weight[south]",
        "weight[sea]",
    ]
