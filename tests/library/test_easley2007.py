"""The model of Easley (2007) and its rival readings: complete, clean, and of their time."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from reassure.engine.interpreter import interpret
from reassure.model.checked import Arm, Model
from reassure.model.load import Report, check
from reassure.study.design import Design

RIVALS = ("easley2007-china", "easley2007-domestic", "easley2007-complements")


@cache
def report(name: str) -> Report:
    return check(name)


def model(name: str = "easley2007") -> Model:
    found = report(name).model
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["easley2007", "easley2007-formula", *RIVALS])
def test_passes_the_strict_check(name: str) -> None:
    assert [str(item) for item in (*report(name).mistakes, *report(name).warnings)] == []


def test_every_numbered_claim_is_there_and_forty_are_tested() -> None:
    numbered = {claim.number: claim for claim in model().claims if claim.number is not None}
    assert sorted(numbered) == list(range(1, 49))
    assert sum(not claim.not_testable for claim in numbered.values()) >= 40
    names = {claim.name for claim in model().claims}
    assert {f"X{i}" for i in range(1, 8)} | {f"H{i}" for i in range(1, 5)} <= names


def test_cites_nothing_later_than_the_paper() -> None:
    base = model()
    assert [s.key for s in base.sources if s.year is not None and s.year > 2007] == []
    for element in (*base.parameters, *base.claims, *base.levers, *base.stocks, *base.beliefs):
        for cite in element.about.cites:
            years = [int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", cite.where)]
            assert all(year <= 2007 for year in years), (element.name, cite)


def test_first_policy_is_the_paper_s_seoul() -> None:
    assert model().policies[0].name == "drift"


def test_drift_is_the_status_quo_of_seoul_s_levers() -> None:
    defaults = {lever.name: lever.default for lever in model().levers}
    settings = model().policies[0].settings
    assert {name for name, _ in settings} == {x.name for x in model().levers if x.actor == "KOR"}
    for name, setting in settings:
        assert getattr(setting, "value", None) == defaults[name], name


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_differs_and_adds_claims_of_its_own(name: str) -> None:
    rival = model(name)
    assert rival.extends == "easley2007"
    own = {claim.name for claim in rival.claims} - {claim.name for claim in model().claims}
    assert len(own) == 2
    assert rival.differences


@pytest.mark.parametrize("name", ["easley2007", "easley2007-formula", *RIVALS])
def test_futures_are_finite(name: str) -> None:
    tested = model(name)
    scenarios = np.arange(4)
    parameters = Design(tested, "sobol", 7).parameters(0, 4)
    run = interpret(tested, Arm(policy="drift"), parameters, scenarios, scenarios * 0, 7, "sobol")
    assert all(np.isfinite(value).all() for value in run.outcomes.values())
