"""Wording, listings and what a notebook shows."""

from __future__ import annotations

import pytest

from reassure import Argument, ClaimsResult, RunResult
from reassure.report.listing import SECTIONS, facts, listings
from reassure.report.wording import counted, listed, percent, plain_name, two_figures


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (0.123, "0.12"),
        (9.96, "10"),
        (1234.0, "1,200"),
        (-0.0456, "-0.046"),
        (1.0, "1.0"),
        (3.2e7, "3.2e+07"),
        (2e-6, "2.0e-06"),
        (float("nan"), "—"),
        (float("inf"), "—"),
    ],
)
def test_two_figures(value: float, said: str) -> None:
    assert two_figures(value) == said


def test_a_percentage_is_0_or_100_only_exactly() -> None:
    assert [percent(x) for x in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_words() -> None:
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert counted(1, "policy", "policies") == "1 policy"
    assert counted(2000, "future") == "2,000 futures"
    assert plain_name("row[opcon]") == "row (opcon)"
    assert plain_name("x_y", "a label") == "a label"


def test_a_listing_has_every_section_with_the_name_first(starter: Argument) -> None:
    titles = {item.title.lower(): item for item in listings(starter.model)}
    for section in ("parameters", "levers", "policies", "events", "beliefs", "stocks", "choices"):
        found = titles[section]
        names = {item.name for item in getattr(starter.model, section)}
        assert {row[0] for row in found.rows} == names
        assert all(len(row) == len(found.columns) for row in found.rows)
    assert "correlations" not in titles  # nothing in it
    assert set(SECTIONS) >= {"outcomes", "claims", "interests", "sources"}
    said = dict(facts(starter.model))
    assert said["time"] == "10 years from 2026-01-01, a month a step"


def test_a_notebook_shows_every_result(
    starter: Argument, ran: RunResult, tested: ClaimsResult
) -> None:
    from reassure import compare

    brief = starter.brief(format="md", scenarios=4, replications=2, max_replications=2)
    results = (
        starter,
        ran,
        tested,
        starter.story("quiet"),
        starter.fan_chart(ran, "arms"),
        brief,
        compare(starter, starter, scenarios=4, replications=2, max_replications=2),
    )
    for result in results:
        html = result._repr_html_()
        assert html.startswith("<")
        assert "object at 0x" not in html


def test_a_notebook_is_safe_from_texts(hostile: Argument) -> None:
    small = {"scenarios": 4, "replications": 2}
    results = (
        hostile,
        hostile.run(**small),
        hostile.claims(**small, max_replications=2),
        hostile.story("quiet"),
        hostile.brief(format="md", **small, max_replications=2),
    )
    for result in results:
        html = result._repr_html_()
        assert "<script" not in html, type(result)
        assert "<img" not in html, type(result)
