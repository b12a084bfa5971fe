"""What a valid file means."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from written_models import VALID, changed, codes, loaded, report

from reassure.model import bundled
from reassure.model.checked import Constant, Observation, Rule, Schedule
from reassure.model.expression import Binary, Memory, Number, Ref, references, walk
from reassure.model.load import check, load
from reassure.model.mistakes import ModelError
from reassure.model.show import show


def test_the_valid_model_has_neither_mistakes_nor_warnings() -> None:
    found = check("valid.yaml", text=VALID)
    assert found.model is not None
    assert found.mistakes == ()
    assert found.warnings == ()


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_models_load_without_warnings(name: str) -> None:
    found = check(name)
    assert [str(item) for item in (*found.mistakes, *found.warnings)] == []
    assert found.model is not None
    assert found.model.name == name
    assert found.model.path == str(bundled.path(name).resolve())


def test_elements_and_their_order() -> None:
    model = loaded()
    assert [p.name for p in model.parameters] == ["pace", "weight", "share[north]", "share[south]"]
    assert [a.name for a in model.auxiliaries] == ["gap", "worry"]
    assert [p.name for p in model.policies] == ["quiet", "loud", "adaptive"]
    assert [o.name for o in model.outcomes] == ["arms_end", "worry_mean", "built"]
    assert (model.time.start, model.time.steps, model.time.dt) == ("2026-01-01", 120, 1 / 12)
    assert model.actors[0].name == "Ally"
    assert model.claims[0].about.cites[0].where == "first page"


def test_units_scale_to_years() -> None:
    model = loaded(("unit: 1/year", "unit: 1/month"))
    pace = model.parameters[0]
    assert pace.unit.factor == pytest.approx(12)
    assert pace.prior.parameters == (("low", 0.1), ("high", 0.5))  # as written


def test_a_lever_with_a_unit_is_held_in_years() -> None:
    model = loaded(
        ("range: [0, 1], default: 0.5, lag", "range: [0, 24], default: 6, unit: month, lag"),
        ("pace * (2 - drills)", "pace * (2 - drills / q(1, 'year'))"),
        ("rate: pace", 'rate: "pace'),
        ("q(1, 'year')), obs", "q(1, 'year'))\", obs"),
        ("rule: 0.2 if incident > 0 else 0.8", "rule: \"q(2, 'month')\""),
        ("drills: 0.2}", "drills: 3}"),
    )
    lever = model.levers[0]
    assert (lever.low, lever.high, lever.default) == pytest.approx((0, 2, 0.5))
    assert model.policies[0].settings[0][1] == Constant(pytest.approx(0.25))
    rule = model.policies[2].settings[0][1]
    assert isinstance(rule, Rule)
    assert rule.formula == Number(pytest.approx(2 / 12))


def test_policies_set_by_value_schedule_option_and_rule() -> None:
    quiet, loud, adaptive = (dict(policy.settings) for policy in loaded().policies)
    assert quiet["drills"] == Constant(0.2)
    assert loud["drills"] == Schedule((0, 29), (0.5, 0.9))
    assert loud["stance"] == Constant(1.0)
    rule = adaptive["drills"]
    assert isinstance(rule, Rule)
    assert references(rule.formula) == {"incident@AAA"}
    assert rule.written == "0.2 if incident > 0 else 0.8"


def test_a_schedule_that_begins_late_holds_the_default_before() -> None:
    model = loaded(("{2026-01: 0.5, 2028-06: 0.9}", "{2028-06: 0.9}"))
    assert dict(model.policies[1].settings)["drills"] == Schedule((0, 29), (0.5, 0.9))


def test_rules_observe_with_delay_and_noise() -> None:
    assert loaded().observations == (Observation("incident", "AAA", 1, 0.0),)
    model = loaded(
        ("0.2 if incident > 0 else 0.8", "0.2 if arms > 1 else 0.8"),
        ("bounds: [0, 10], cites", "bounds: [0, 10], observable: {by: all, noise: 0.3}, cites"),
    )
    assert model.observations == (Observation("arms", "AAA", 0, 0.3),)


def test_rules_read_the_actors_own_beliefs_choices_and_levers_as_they_are() -> None:
    model = loaded(("0.2 if incident > 0 else 0.8", "trust * (build == hold) * (stance == soft)"))
    rule = dict(model.policies[2].settings)["drills"]
    assert isinstance(rule, Rule)
    assert references(rule.formula) == {"trust", "build", "stance"}
    assert model.observations == ()


def test_a_clairvoyant_rule_reads_everything() -> None:
    model = loaded(
        ("adaptive: {set: {drills: {rule: 0.2 if incident > 0 else 0.8}}",
         "adaptive: {clairvoyant: true, set: {drills: weight * arms}")
    )  # fmt: skip
    rule = dict(model.policies[2].settings)["drills"]
    assert isinstance(rule, Rule)
    assert references(rule.formula) == {"weight", "arms"}
    assert model.policies[2].clairvoyant


@pytest.mark.parametrize("name", ["incident.rate * dt", "arms", "weight", "gap", "worry"])
def test_what_drives_the_world_is_not_observed(name: str) -> None:
    assert codes(("0.2 if incident > 0 else 0.8", name)) == ["E705"]


def test_units_left_out_follow_from_formulas() -> None:
    model = loaded(
        ("  worry: {", ('  first: {formula: "second * pace", cites: me2026}\n'
         "  second: {formula: \"q(2, 'km') * trust\", cites: me2026, because: b}\n  worry: {")),
        ("worry_mean: {mean: worry}", "worry_mean: {mean: worry}\n  far: {total: first}"),
    )  # fmt: skip
    units = {auxiliary.name: auxiliary.unit for auxiliary in model.auxiliaries}
    assert units["first"].dimension == "meter/year"
    assert units["second"].dimension == "meter"
    assert model.outcomes[2].unit.dimension == "meter"  # metres per year, over years


def test_units_of_a_circle_through_a_memory_are_found_and_checked() -> None:
    growing = (
        "  worry: {",
        '  tally: {formula: "previous(tally, 0) + dt", cites: me2026}\n  worry: {',
    )
    assert loaded(growing).auxiliaries[1].unit.dimension == "year"
    wrong = (
        "  worry: {",
        '  tally: {formula: "previous(tally, 0) * pace + dt", cites: me2026}\n  worry: {',
    )
    assert codes(wrong) == ["E502"]


def test_noise_is_kept_apart_from_formulas() -> None:
    noise = (
        "  shock: {noise: ar1, scale: weight, memory: \"q(3, 'month')\", because: b}\n  worry: {"
    )
    model = loaded(("  worry: {", noise), ("+ election", "+ election + shock"))
    (shock,) = model.noises
    assert (shock.kind, shock.scale, shock.memory) == ("ar1", Ref("weight"), Number(0.25))


def test_events_by_rate_probability_and_calendar() -> None:
    model = loaded(
        ("{dates: [2027-12-19, 2032-12-19]", "{dates: {first: 2022-12, every: 5 years}"),
        ("  election:", ('  scare: {probability: 0.01 * trust, mark: {lognormal: '
         '{median: "q(2, \'km\')", '
         "sigma: weight}}, cap: 3, because: b}\n  election:")),
        ("+ election", "+ election + scare.magnitude / q(1, 'km')"),
    )  # fmt: skip
    incident, scare, election = model.events
    assert (incident.kind, incident.cap, incident.actor) == ("rate", 6, "RIV")
    assert election.kind == "calendar"
    assert election.steps == (23, 83)
    assert scare.kind == "probability"
    assert scare.mark is not None
    assert (scare.mark.family, scare.mark.first) == ("lognormal", Number(2000.0))
    assert scare.cap == 3


def test_a_discrete_mark_has_weights_that_sum_to_one() -> None:
    model = loaded(
        ("{actor: RIV, rate", "{actor: RIV, mark: {discrete: {1: 3, 5: 1}}, because: b, rate")
    )
    mark = model.events[0].mark
    assert mark is not None
    assert (mark.values, mark.weights) == ((1.0, 5.0), (0.75, 0.25))


def test_beliefs_and_their_evidence() -> None:
    model = loaded(
        ("{incident: -weight}", '{incident: -weight, drift: {rate: "-pace", because: b}}')
    )
    belief = model.beliefs[0]
    assert belief.that == "the alliance holds"
    assert belief.fades == Number(3.0)
    assert [(e.name, e.kind, e.event) for e in belief.evidence] == [
        ("incident", "event", "incident"),
        ("drift", "flow", ""),
    ]


def test_choices_count_steps() -> None:
    model = loaded(
        ("    every: 1 year\n", "    every: 1 year\n    offset: 3 months\n    when: trust > 0\n")
    )
    choice = model.choices[0]
    assert (choice.every, choice.offset, choice.initial) == (12, 3, 0)
    assert [option.name for option in choice.options] == ["hold", "spear"]
    assert choice.when is not None


def test_initial_values_may_read_what_is_made_of_parameters() -> None:
    model = loaded(
        ("initial: 1,", "initial: 2 * start,"),
        ("  worry: {", ("  start: {formula: weight + base, cites: me2026}\n"
         "  base: {formula: weight ** 2, cites: me2026}\n  worry: {")),
    )  # fmt: skip
    initial = model.stocks[0].initial
    assert references(initial) == {"weight"}
    assert show(initial) == show(
        Binary(
            "*", Number(2.0), Binary("+", Ref("weight"), Binary("**", Ref("weight"), Number(2.0)))
        )
    )


def test_outcomes_have_windows_in_steps() -> None:
    model = loaded(
        ("arms_end: {final: arms}", "arms_end: {final: arms, from: 2027-01, to: 2030-01}")
    )
    assert (model.outcomes[0].first, model.outcomes[0].last) == (12, 48)
    assert (model.outcomes[1].first, model.outcomes[1].last) == (0, 120)


def test_outcomes_of_time_are_in_years_unless_said_otherwise() -> None:
    model = loaded(
        ("built: {reached: build == spear}",
         ("built: {reached: build == spear}\n  when_built: {time_to: build == spear}\n"
         "  months: {time_to: build == spear, unit: month}"))
    )  # fmt: skip
    assert model.outcomes[3].unit.factor == 1.0
    assert model.outcomes[3].unit.dimension == "year"
    assert model.outcomes[4].unit.factor == pytest.approx(1 / 12)


def test_bounds_may_be_infinite() -> None:
    assert loaded(("bounds: [0, 10]", "bounds: [0, .inf]")).stocks[0].high == math.inf


def test_memories_survive_into_the_model() -> None:
    (memory,) = [node for node in walk(loaded().auxiliaries[1].formula) if isinstance(node, Memory)]
    assert (memory.function, memory.order, memory.initial) == ("smooth", 1, Number(0.0))


def test_the_digest_knows_content_and_not_layout() -> None:
    plain = loaded()
    assert (
        loaded(("title: Drills and arms", "title:   'Drills and arms'  # said")).digest
        == plain.digest
    )
    assert loaded(("rationality: 2\n", "rationality: 3\n")).digest != plain.digest
    assert len(plain.digest) == 64


def test_a_file_and_its_text_mean_the_same(tmp_path: Path) -> None:
    file = tmp_path / "valid.yaml"
    file.write_text(VALID)
    assert load(file) == load(str(file)) == load(file, text=VALID)
    assert load(file).name == "valid"
    assert load(file).path == str(file.resolve())


def test_load_raises_what_check_reports() -> None:
    text = changed(("rationality: 2", "rationality: 2 * nothing"))
    with pytest.raises(ModelError) as caught:
        load("m.yaml", text=text)
    assert caught.value.mistakes == check("m.yaml", text=text).mistakes
    (mistake,) = caught.value.mistakes
    assert str(mistake).startswith(
        "m.yaml:39:22: choices.build.rationality: 'nothing' is not defined"
    )


def test_a_mistake_is_told_once_for_a_family_of_elements() -> None:
    found = report(
        ("because: a guess, cites: me2026}\ncorr", "because: a guess, cites: you}\ncorr")
    )
    assert [item.code for item in found.mistakes] == ["E306"]


def test_what_reads_a_broken_element_is_not_told_again() -> None:
    assert codes(("    that: the alliance holds\n", "")) == ["E202"]
    assert codes(
        ("options: {hold: 0, spear: 1 - trust + gap}", "options: {hold: 0, spear: []}")
    ) == ["E203"]
