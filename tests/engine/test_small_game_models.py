"""The smallest models with a game compile and run: the compiler once gave up on kernels of one row."""

from __future__ import annotations

import pytest

from reassure.engine.engine import compile_model
from reassure.engine.ensemble import Ensemble
from reassure.model.checked import Arm
from reassure.model.load import load
from reassure.study.design import Design

MODEL = """language: 1
title: One game
time: {start: 2026-01, steps: 4, step: month}
actors: {AAA: Ally, RIV: Rival}
parameters: {sharp: {prior: {uniform: [20, 40]}}, harm: {prior: {uniform: [5, 30]}}}
games:
  probe:
    players: {RIV: sharp, AAA: sharp}
    moves:
      strike: {actor: RIV, options: [refrain, hit]}
      answer: {actor: AAA, options: [absorb, retaliate], if: strike.hit}
    payoffs:
      RIV: 50 + 10 * answer.absorb - harm * answer.retaliate
      AAA: 50 - 20 * answer.absorb - 15 * answer.retaliate
    results: {tried: strike.hit, borne: {value: answer.absorb, given: strike.hit}}
    appraise: 1 month
outcomes: {worried: {mean: FORMULA}}
"""


@pytest.mark.parametrize("formula", ["probe.tried", "probe.tried + probe.borne"])
def test_a_model_that_reads_little_of_a_game_runs(formula: str) -> None:
    model = load("one.yaml", text=MODEL.replace("FORMULA", formula))
    engine = compile_model(model)
    found = engine.outcomes([Arm()], Design(model, "sobol", 0, 4), Ensemble(4, 1, 0, "sobol"))
    assert (found > 0).all()
