"""Claims: what each form needs, and the arms it becomes."""

from __future__ import annotations

import pytest
from written_models import changed

from reassure.model.checked import Arm, Claim, Model
from reassure.model.load import check, load
from reassure.model.written_claims import FORMS
from reassure.study import contrasts

START = "    form: effect\n    of: {policy: [quiet, loud]}\n    on: arms_end\n    is: lower\n"
EXTRA = "  arms_end: {final: arms}\n"
MORE = EXTRA + "  trust_end: {final: trust}\n  arms_soon: {final: arms, to: 2028-01}\n"
FIRM = "  firm: {set: {stance: hard}, because: b}\nevents:\n"


def _body(short: str) -> str:
    """A claim's lines; ``@`` is short for a lever as the cause, ``!`` for what it does to what."""
    return short.replace("@", "of: {lever: drills, from: 0, to: 1}").replace(
        "!", "on: arms_end\nis: lower"
    )


def _text(body: str) -> str:
    """The valid model with another claim."""
    body = _body(body)
    lines = "".join(f"    {line.strip()}\n" for line in body.strip().splitlines())
    return changed((START, lines), (EXTRA, MORE), ("events:\n", FIRM))


def _model(body: str) -> Model:
    return load("claims.yaml", text=_text(body))


def _claim(body: str) -> Claim:
    return _model(body).claims[0]


def _codes(body: str) -> list[str]:
    return [item.code for item in check("claims.yaml", text=_text(body)).mistakes]


def test_an_effect_of_a_policy() -> None:
    claim = _claim("form: effect\nof: {policy: [quiet, loud]}\n!\nnumber: 7")
    (cause,) = claim.causes
    assert (cause.low, cause.high) == (Arm("quiet"), Arm("loud"))
    assert cause.roots == (("drills", 0), ("stance", 1))  # a schedule has no single direction
    assert (claim.sign, claim.outcomes, claim.number) == (-1, ("arms_end",), 7)
    assert (claim.smallest_effect, claim.smallest_because) == (0.05, "less goes unnoticed")


def test_roots_compare_with_the_default_of_what_a_policy_leaves_alone() -> None:
    claim = _claim("form: effect\nof: {policy: [firm, quiet]}\n!")
    assert dict(claim.causes[0].roots) == {"stance": -1, "drills": -1}


def test_an_effect_of_a_lever_on_a_given_ground() -> None:
    claim = _claim(
        "form: effect\nof: {lever: drills, from: 0.9, to: 0.1}\non: arms_end\nis: higher\n"
        "given: {policy: firm, set: {pace: 0.3, drills: 0.4}, do: {gap: 0.5}, "
        "during: [2027-01, 2029-01]}"
    )
    (cause,) = claim.causes
    assert cause.roots == (("drills", -1),)
    assert cause.low == Arm(
        "firm", (("drills", 0.9),), (("pace", 0.3),), (), (("gap", 0.5),), (12, 36)
    )
    assert cause.high.settings == (("drills", 0.1),)


def test_an_option_lever_takes_names() -> None:
    claim = _claim(
        "form: effect\nof: {lever: stance, from: soft, to: hard}\non: arms_end\nis: higher"
    )
    assert claim.causes[0].high.settings == (("stance", 1.0),)


def test_parameters_by_value_and_by_quantile() -> None:
    by_value = _claim(
        "form: effect\nof: {parameter: pace, from: 0.2, to: 0.4}\non: arms_end\nis: higher"
    )
    assert by_value.causes[0].high.parameters == (("pace", 0.4),)
    by_quantile = _claim(
        "form: effect\nof: {parameter: pace, quantiles: [0.1, 0.9]}\non: arms_end\nis: higher\n"
        "given: {set: {pace: 0.3}}"
    )
    assert by_quantile.causes[0].low.quantiles == (("pace", 0.1),)
    assert by_quantile.causes[0].low.parameters == ()
    assert by_quantile.causes[0].roots == (("pace", 1),)


def test_events_are_held_at_a_rate_in_their_unit() -> None:
    text = _text(
        "form: effect\nof: {event: incident, from: 1, to: 3}\non: arms_end\nis: higher"
    ).replace("rate: pace * (2 - drills),", "rate: pace * (2 - drills), unit: 1/month,")
    (cause,) = load("claims.yaml", text=text).claims[0].causes
    assert cause.low.do == (("incident.rate", pytest.approx(12)),)
    assert cause.roots == (("incident.rate", 1),)


def test_quantities_are_held_by_do_in_a_window() -> None:
    claim = _claim(
        "form: effect\n"
        "of: {do: {trust: [0.2, 0.8], build: [hold, spear]}, during: [2027-01, 2028-01]}\n"
        "on: arms_end\nis: higher\ngiven: loud"
    )
    assert claim.causes[0].high == Arm("loud", do=(("trust", 0.8), ("build", 1.0)), window=(12, 24))


def test_policies_cross_with_a_policy_that_is_given() -> None:
    claim = _claim("form: effect\nof: {policy: [quiet, adaptive]}\n!\ngiven: firm")
    assert claim.causes[0].low.policy == "quiet+firm"
    assert _codes("form: effect\nof: {policy: [quiet, loud]}\n!\ngiven: firm") == ["E210"]


FITTING = {
    "effect": "@\n!",
    "perceived": "@\non: trust_end\nis: higher\nmodality: {believes: AAA}",
    "no_effect": "@\non: arms_end",
    "interaction": "@\nwith: {parameter: pace, quantiles: [0.1, 0.9]}\n"
    "!",
    "complement": "@\nwith: {lever: stance, from: soft, to: hard}\non: arms_end",
    "substitute": "@\nwith: {lever: stance, from: soft, to: hard}\non: arms_end",
    "conditional": "@\n!\nwhen: built",
    "mediated": "@\n!\nthrough: trust\nheld: 0.5",
    "ordering": "arms: [quiet, {set: {drills: 0.5}}, loud]\non: arms_end\nis: falling",
    "threshold": "of: {lever: drills, levels: [0, 0.5, 1]}\n!",
    "comparative": "@\nthan: {lever: stance, from: soft, to: hard}\n"
    "!",
    "existence": "on: built",
    "insufficiency": "@\n!\ntarget: 0.2",
    "sign_reversal": "@\n!\n"
    "when: {lever: stance, from: soft, to: hard}",
    "horizon": "@\non: [arms_soon, arms_end]\nis: [higher, lower]",
}  # fmt: skip


def test_the_forms_here_are_those_that_can_be_tested() -> None:
    assert set(FORMS) == set(FITTING) == set(contrasts.FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_becomes_contrasts(form: str) -> None:
    claim = _claim(f"form: {form}\n{FITTING[form]}")
    assert claim.form == form
    assert contrasts.contrasts(claim)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_refuses_what_it_does_not_have_and_misses_what_it_needs(form: str) -> None:
    lines = _body(FITTING[form]).splitlines()
    keys = [line.partition(":")[0] for line in lines]
    for key in keys:
        if key in FORMS[form].takes or key in ("modality", "held", "than"):
            continue
        rest = "\n".join(line for line in lines if not line.startswith(f"{key}:"))
        assert "E803" in _codes(f"form: {form}\n{rest}"), key
    extra = "target: 1" if form != "insufficiency" else "through: trust"
    assert "E803" in _codes(f"form: {form}\n{FITTING[form]}\n{extra}")


def test_what_forms_carry() -> None:
    held = _claim(f"form: mediated\n{FITTING['mediated']}")
    assert (held.through, float(held.held)) == ("trust", 0.5)
    levels = _claim(f"form: threshold\n{FITTING['threshold']}")
    assert [arm.settings[0][1] for arm in levels.arms] == [0.0, 0.5, 1.0]
    assert levels.causes[0].roots == (("drills", 1),)
    order = _claim(f"form: ordering\n{FITTING['ordering']}")
    assert [arm.policy for arm in order.arms] == ["quiet", "quiet", "loud"]
    assert order.sign == -1
    reversal = _claim(f"form: sign_reversal\n{FITTING['sign_reversal']}")
    assert len(reversal.causes) == 2
    assert _claim(f"form: conditional\n{FITTING['conditional']}").condition == "built"
    perceived = _claim(f"form: perceived\n{FITTING['perceived']}")
    assert (perceived.modality, perceived.believer) == ("believes", "AAA")
    assert _claim("form: existence\non: built").arms == (Arm("quiet"),)
    assert _claim("form: existence\non: built\nof: {policy: [quiet, loud]}").arms == (Arm("loud"),)


def test_a_claim_that_cannot_be_tested_says_why() -> None:
    text = changed((START + "    smallest_effect: {value: 0.05, because: less goes unnoticed}\n",
                    "    not_testable: nobody knows what Beijing wants\n"))  # fmt: skip
    (claim,) = load("claims.yaml", text=text).claims
    assert (claim.form, claim.not_testable) == ("", "nobody knows what Beijing wants")
    text = changed((START, START + "    not_testable: too vague\n"))
    assert [item.code for item in check("c.yaml", text=text).mistakes] == ["E803"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("form: effect\nof: {}\n!", "E210"),
        ("form: effect\nof: {lever: drills, policy: [quiet, loud]}\n!", "E210"),
        ("form: effect\nof: {lever: drills, from: 0}\n!", "E202"),
        ("form: effect\nof: {lever: drills, from: 0, to: 2}\n!", "E701"),
        ("form: effect\nof: {lever: stance, from: 0, to: 1}\n!", "E304"),
        ("form: effect\nof: {lever: drils, from: 0, to: 1}\n!", "E301"),
        ("form: effect\nof: {lever: drills, levels: [0, 0.5, 1]}\n!", "E210"),
        ("form: effect\nof: {parameter: pace, from: 0.1, to: a}\n!", "E203"),
        ("form: effect\nof: {parameter: pace, from: 0.1, to: 0.1}\n!", "E805"),
        ("form: effect\nof: {policy: [quiet]}\n!", "E203"),
        ("form: effect\nof: {policy: [quiet, loud, firm]}\n!", "E203"),
        ("form: effect\nof: {do: {pace: [0, 1]}}\n!", "E805"),
        ("form: effect\nof: {do: {drills.ordered: [0, 1]}}\n!", "E805"),
        ("form: effect\nof: {do: {gpa: [0, 1]}}\n!", "E301"),
        ("form: effect\nof: {do: {gap: [0]}}\n!", "E203"),
        ("form: effect\nof: {do: {build: [hold, spaer]}}\n!", "E304"),
        ("form: effect\nof: {do: {gap: [0, 1]}, during: [2028-01, 2027-01]}\n!", "E205"),
        ("form: effect\nof: {event: incident, from: -1, to: 1}\n!", "E204"),
        ("form: effect\n@\non: arms_end\nis: rising", "E803"),
        ("form: effect\n@\non: [arms_end, built]\nis: lower", "E803"),
        ("form: effect\n@\non: arms_end\nis: sideways", "E211"),
        ("form: effect\n@\n!\ngiven: {set: {x: 1}}", "E301"),
        ("form: effect\n@\n!\ngiven: nobody", "E301"),
        ("form: effect\n@\n!\nheld: 1", "E803"),
        ("form: horizon\n@\non: [arms_soon, arms_end]\nis: [lower, lower]", "E803"),
        ("form: threshold\nof: {lever: drills, levels: [0, 0.5, 0.5]}\n!", "E805"),
        ("form: threshold\n@\n!", "E803"),
        ("form: comparative\n@\n!", "E803"),
        ("form: ordering\narms: [quiet, quiet]\non: arms_end\nis: rising", "E805"),
        ("form: mediated\n@\n!\nthrough: pace", "E301"),
        ("form: conditional\n@\n!\nwhen: arms_end", "E804"),
        ("form: conditional\n@\n!\nwhen: bilt", "E801"),
        ("form: perceived\n@\non: trust_end\nis: lower", "E803"),
        ("form: perceived\n@\non: trust_end\nis: lower\nmodality: {believes: X}", "E305"),
        ("form: sign_reversal\n@\n!\nwhen: {levr: stance}", "E803"),
        ("@\n!", "E202"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(body: str, code: str) -> None:
    assert code in _codes(body)
