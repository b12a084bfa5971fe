"""The claims of a model as tables: all of them, and one with everything that its test reads."""

from __future__ import annotations

import shlex

from reassure.model.calendar import date_of_step
from reassure.model.checked import Arm, Cause, Claim, Model
from reassure.report.listing_words import Listing, citations, number
from reassure.report.wording import spoken_unit


def claims(model: Model) -> Listing:
    """Every claim: what it says, what it varies and what it is read off."""
    return Listing(
        "Claims",
        (
            "claim",
            "no.",
            "text",
            "form",
            "of",
            "on",
            "is",
            "smallest effect",
            "modality",
            "cites",
        ),
        tuple(
            (
                c.name,
                "" if c.number is None else str(c.number),
                c.text,
                "not testable: " + c.not_testable if c.not_testable else c.form,
                _varied(model, c),
                ", ".join(c.outcomes),
                _direction(c),
                _smallest(model, c),
                _modality(c),
                citations(c.about.cites),
            )
            for c in model.claims
        ),
    )


def claim_details(model: Model, claim: Claim, called: str) -> dict[str, str]:
    """One claim: what it says and all that its test reads, fields that it does not have left out.

    Args:
        called: how the user named the model, for the line that says how to test the claim.
    """
    texts = {outcome.name: outcome.about.text for outcome in model.outcomes}
    read = [f"{name}: {texts[name]}" if texts.get(name) else name for name in claim.outcomes]
    smallest = _smallest(model, claim)
    if smallest and claim.smallest_because:
        smallest += f" — {claim.smallest_because}"
    told = {
        "claim": claim.name,
        "no.": "" if claim.number is None else str(claim.number),
        "text": claim.text,
        "form": "not testable: " + claim.not_testable if claim.not_testable else claim.form,
        **_tested(model, claim),
        "on": "; ".join(read),
        "is": _direction(claim),
        "smallest effect": smallest,
        "modality": _modality(claim),
        "believer": claim.believer,
        "cites": citations(claim.about.cites),
    }
    if not claim.not_testable:
        told["verdict"] = f"reassure claims {shlex.quote(called)} {shlex.quote(claim.name)}"
    return {key: value for key, value in told.items() if value}


def _tested(model: Model, claim: Claim) -> dict[str, str]:
    """What is varied and held, under the keys of the language."""
    told = dict(zip(_roles(claim), (_cause(model, c) for c in claim.causes), strict=False))
    if claim.form == "threshold" and claim.causes:
        told["of"] = _steps(model, claim.causes[0].label, claim.arms)
    if claim.form == "ordering":
        told["arms"] = "; ".join(
            f"{place}. {_ground(model, (arm,))}" for place, arm in enumerate(claim.arms, 1)
        )
    if claim.condition:
        told["when"] = f"{claim.condition} holds on both sides"
    if claim.through:
        unit = _unit(model, claim.through)
        held = (
            "held at its path in the low arm"
            if claim.held == "baseline"
            else f"held at {_value(model, claim.through, float(claim.held))}{unit}"
        )
        told["through"] = f"{claim.through}, {held}"
    if claim.target is not None:
        told["target"] = number(claim.target) + _outcome_unit(model, claim, claim.target)
    arms = [arm for cause in claim.causes for arm in (cause.low, cause.high)]
    if claim.form != "ordering" and (arms or claim.arms):
        told["given"] = _ground(model, tuple(arms or claim.arms))
    return told


def _roles(claim: Claim) -> tuple[str, ...]:
    """The keys of the language under which the causes of a claim were written."""
    if claim.form in ("interaction", "complement", "substitute"):
        return ("of", "with")
    if claim.form == "sign_reversal":
        return ("of", "with or when")
    return ("of", "than")


def _varied(model: Model, claim: Claim) -> str:
    told = _tested(model, claim)
    first = told.get("of") or told.get("arms", "")
    others = [f"{key} {told[key]}" for key in ("with", "with or when", "than") if key in told]
    return "; ".join([first, *others] if first else others)


def _cause(model: Model, cause: Cause) -> str:
    return _steps(model, cause.label, (cause.low, cause.high))


def _steps(model: Model, label: str, arms: tuple[Arm, ...]) -> str:
    """What differs between arms: ``lever effort: 0 to 1 point``."""
    if len({arm.policy for arm in arms}) > 1:
        shared = frozenset.intersection(*(frozenset(arm.policy.split("+")) for arm in arms))
        names = [
            "+".join(part for part in arm.policy.split("+") if part not in shared) for arm in arms
        ]
        return "policy " + " to ".join(name or "defaults" for name in names)
    found = []
    for field, kind in _FIELDS:
        tables = [dict(getattr(arm, field)) for arm in arms]
        for name in dict.fromkeys(name for table in tables for name in table):
            values = [table.get(name) for table in tables]
            if len(set(values)) == 1 or None in values:
                continue
            if field == "quantiles":
                said = [number(value) for value in values if value is not None]
                found.append(f"{kind}{name}: quantiles {' to '.join(said)} of its prior")
                continue
            said = [_value(model, name, value) for value in values if value is not None]
            found.append(f"{kind}{name}: {' to '.join(said)}{_unit(model, name)}")
    return (", ".join(found) or label) + _window(model, arms[0])


_FIELDS = (
    ("settings", "lever "),
    ("parameters", "parameter "),
    ("quantiles", "parameter "),
    ("do", "do "),
)


def _ground(model: Model, arms: tuple[Arm, ...]) -> str:
    """What is the same in all of these arms."""
    found = []
    policies = frozenset.intersection(*(frozenset(arm.policy.split("+")) for arm in arms)) - {""}
    if policies:
        ordered = [part for part in arms[0].policy.split("+") if part in policies]
        found.append("policy " + "+".join(ordered))
    elif not any(arm.policy for arm in arms):
        found.append("every lever at its default")
    for field, kind in _FIELDS:
        same = frozenset.intersection(*(frozenset(getattr(arm, field)) for arm in arms))
        for name, value in getattr(arms[0], field):
            if (name, value) not in same:
                continue
            said = (
                f"quantile {number(value)} of its prior"
                if field == "quantiles"
                else _value(model, name, value) + _unit(model, name)
            )
            found.append(f"{kind}{name} = {said}")
    return ", ".join(found)


def _window(model: Model, arm: Arm) -> str:
    if not arm.do or arm.window is None:
        return ""
    first, last = (date_of_step(model.time, step) for step in arm.window)
    return f", from {first} to {last}"


def _value(model: Model, name: str, value: float) -> str:
    """An internal value in the unit or the words of what it sets."""
    for group in (model.levers, model.choices):
        for item in group:
            if item.name == name and item.options:
                option = item.options[round(value)]
                return option if isinstance(option, str) else option.name
    return number(value / _size(model, name)[0])


def _unit(model: Model, name: str) -> str:
    return spoken_unit(_size(model, name)[1])


def _size(model: Model, name: str) -> tuple[float, str]:
    """The unit in which a quantity is written: its factor and its text."""
    stem, _, part = name.partition(".")
    for lever in model.levers:
        if lever.name == stem:
            unit = lever.cost_unit if part == "cost" else lever.unit
            return unit.factor, unit.text
    for group in (model.parameters, model.stocks, model.auxiliaries):
        for item in group:
            if item.name == name:
                return item.unit.factor, item.unit.text
    for event in model.events:
        if event.name == stem and part == "rate":
            return event.unit.factor, event.unit.text
    return 1.0, "1"


def _outcome_unit(model: Model, claim: Claim, value: float) -> str:
    texts = {outcome.name: outcome.unit.text for outcome in model.outcomes}
    text = texts.get(claim.outcomes[0], "1") if claim.outcomes else "1"
    return spoken_unit(text, value)


def _smallest(model: Model, claim: Claim) -> str:
    if claim.not_testable:
        return ""
    return number(claim.smallest_effect) + _outcome_unit(model, claim, claim.smallest_effect)


def _direction(claim: Claim) -> str:
    if claim.sign == 0:
        return ""
    low, high = ("falling", "rising") if claim.form == "ordering" else ("lower", "higher")
    first, other = (high, low) if claim.sign > 0 else (low, high)
    return f"{first}, then {other}" if claim.form == "horizon" else first


def _modality(claim: Claim) -> str:
    return f"believed by {claim.believer}" if claim.modality == "believes" else claim.modality
