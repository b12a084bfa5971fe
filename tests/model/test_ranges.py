"""Numbers written out that are outside what makes sense are refused, each at its place."""

from __future__ import annotations

import pytest

from reassure.model.load import check

START = "language: 1\ntime: {start: 2000-01, years: 2}\nactors: {A: one, B: other}\n"
LEVER = "levers: {l: {actor: A, range: [0, 10], default: 1, %s}}\nauxiliaries: {u: l}\n"
OPTIONS = "levers: {l: {actor: A, options: [x, y], default: x}}\nauxiliaries: {u: l == x}\n"
CHOICE = "choices: {c: {actor: A, initial: x, options: {x: 0, y: 1}, %s}}\n"
BELIEF = "beliefs: {b: {holder: A, that: t, prior: 0.5, %s}}\n"

WRONG = {
    LEVER % "slippage: 1.2": ("E204", "levers.l.slippage"),
    LEVER % "slippage: -0.1": ("E204", "levers.l.slippage"),
    LEVER % "observable: []": ("E203", "levers.l.observable.by"),
    LEVER % "lag: dt" + "policies: {p: {set: {l: {rule: 11}}}}\n": (
        "E701",
        "policies.p.set.l.rule",
    ),
    OPTIONS + "policies: {p: {set: {l: {rule: 2}}}}\n": ("E701", "policies.p.set.l.rule"),
    "events: {e: {probability: 1.5}}\n": ("E204", "events.e.probability"),
    "events: {e: {rate: \"-q(1, '1/year')\"}}\n": ("E204", "events.e.rate"),
    "events: {e: {dates: []}}\n": ("E205", "events.e.dates"),
    "events: {e: {dates: [2000-05, 2000-05-09]}}\n": ("E205", "events.e.dates.2"),
    "events: {e: {probability: 0.1, mark: {normal: {mean: 1, sd: -1}}}}\n": (
        "E602",
        "events.e.mark.normal.sd",
    ),
    "events: {e: {probability: 0.1, mark: {uniform: [2, 1]}}}\n": ("E602", "events.e.mark.uniform"),
    "stocks: {s: {initial: 5, bounds: [0, 1]}}\n": ("E204", "stocks.s.initial"),
    CHOICE % "rationality: -1": ("E204", "choices.c.rationality"),
    BELIEF % "rest: 0.2": ("E202", "beliefs.b.rest"),
    BELIEF % "about: b": ("E805", "beliefs.b.about"),
}


@pytest.mark.parametrize("text", WRONG)
def test_it_is_refused(text: str) -> None:
    (mistake,) = check("m.yaml", text=START + text).mistakes
    assert (mistake.code, mistake.path) == WRONG[text]


@pytest.mark.parametrize(
    "text",
    [
        LEVER % "slippage: 1",
        "events: {e: {probability: 1}}\n",
        "events: {e: {rate: 0}}\n",
        "stocks: {s: {initial: 1, bounds: [0, 1]}}\n",
        CHOICE % "rationality: 0",
        BELIEF % "rest: 0.2, fades: dt",
    ],
)
def test_the_edge_is_not(text: str) -> None:
    assert check("m.yaml", text=START + text).mistakes == ()
