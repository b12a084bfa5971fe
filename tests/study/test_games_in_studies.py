"""What games mean for standing and roads, and what a result says of their solves."""

from __future__ import annotations

import pytest

from reassure.engine.causal import causal_graph
from reassure.model.checked import Model
from reassure.model.load import load
from reassure.study.claims import test_claims
from reassure.study.roads import Roads
from reassure.study.running import run
from reassure.study.solves import solves_line
from reassure.study.standing import standing

TEXT = """
language: 1
title: Claimed
time: {start: 2007-01, years: 0.5, step: month}
actors: {AAA: Ally, RIV: Rival}
parameters:
  keen: {prior: {uniform: [1, 60]}}
  push: {prior: {uniform: [0, 1]}}
stocks:
  score: {initial: 0, change: "chicken.both / q(1, 'year')"}
  blows: {initial: 0, change: "q(0, '1/year')", jump: raid.blow.hit}
games:
  chicken:
    players: {AAA: keen, RIV: keen}
    moves:
      one: {actor: AAA, options: [give, dare], seen_by: []}
      two: {actor: RIV, options: [give, dare]}
    payoffs:
      AAA: 50 + 20 * one.dare * two.give - 30 * one.dare * two.dare - 10 * one.give * two.dare + push * one.dare
      RIV: 50 + 20 * two.dare * one.give - 30 * two.dare * one.dare - 10 * two.give * one.dare
    results: {both: one.dare * two.dare}
    appraise: 3 months
  raid:
    players: {RIV: 4}
    moves: {blow: {actor: RIV, options: [stay, hit]}}
    payoffs: {RIV: 40 + 10 * push * blow.hit}
    play: {every: 2 months}
outcomes:
  score_end: {final: score}
  blows_end: {final: blows}
claims:
  pushy:
    text: pushing leads to blows
    form: effect
    of: {parameter: push, from: 0, to: 1}
    on: blows_end
    is: higher
    smallest_effect: 0.1
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return load("claimed.yaml", text=TEXT)


def test_a_road_through_a_game_is_derived(model: Model) -> None:
    graph = causal_graph(model)
    for outcome in ("score_end", "blows_end"):
        for sign in (1, -1):
            found = standing(graph, [("push", 1)], outcome, sign)
            assert found.kind == "derived", (outcome, sign)
    assert standing(graph, [("keen", 1)], "blows_end", 1).kind == "no path"
    through = [edge.sign for (_, target), edge in graph.edges.items() if target == "chicken.both"]
    assert set(through) == {"?"}


def test_moves_of_a_play_are_chance_and_what_is_appraised_is_not(model: Model) -> None:
    roads = Roads(model, causal_graph(model))
    assert roads.chance_reaches("blows_end")
    assert not roads.chance_reaches("score_end")
    assert roads.cause_reaches(["push"], "blows_end")
    assert roads.parameters(["score_end"]) == {"keen", "push"}
    assert roads.parameters(["blows_end"]) == {"push"}


def test_a_run_says_how_many_solves_were_flagged(model: Model) -> None:
    result = run(model, scenarios=16, replications=2)
    found = result.games
    assert found["chicken"].solves == 16 * 2 * 3
    assert 0 < found["chicken"].flagged < found["chicken"].solves
    assert (found["raid"].solves, found["raid"].flagged) == (16 * 2 * 4, 0)
    assert [item.name for item in model.outcomes] == ["score_end", "blows_end"]
    assert set(result.as_json()["policies"]["default"]["outcomes"]) == {"score_end", "blows_end"}
    assert result.as_json()["games"]["raid"] == {"solves": 128, "flagged": 0}
    assert result.dataset.attrs["flagged_solves_of_chicken"] == found["chicken"].flagged
    line = solves_line(found)
    assert line in result.remarks
    assert f"chicken {found['chicken'].flagged} of 96" in line
    assert solves_line({}) == ""


def test_claims_say_it_too(model: Model) -> None:
    result = test_claims(model, scenarios=8, replications=4, max_replications=8)
    found = result.games["raid"]
    assert found.solves == 4 * result.futures
    assert result.as_json()["games"]["raid"]["flagged"] == 0
    assert "games were solved" in result.summary().lower()
    assert result["pushy"].standing == "derived"
