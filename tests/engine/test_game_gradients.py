"""Derivatives through games: those of differences, or a refusal that names the game."""

from __future__ import annotations

import numpy as np
import pytest

from reassure.engine.ensemble import Ensemble
from reassure.engine.gradient import gradient, jumps
from reassure.model.checked import Arm, Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError

from .games_in_models import CHICKEN
from .test_gradient import by_differences

MODEL = """
language: 1
title: Appraised
time: {start: 2007-01, years: 0.5, step: month}
actors: {AAA: Ally, RIV: Rival}
parameters:
  share: {prior: {uniform: [0.2, 0.8]}}
  prize: {prior: {uniform: [5, 25]}}
  keen: {prior: {uniform: [2, 8]}}
events:
  quarrel: {actor: RIV, rate: "q(4, '1/year')", unit: 1/year}
stocks:
  fear: {initial: 0.1, change: "talk.AAA.succeeds / q(1, 'year')", jump: 0.1 * quarrel}
  hurt: {initial: 0, change: "q(0, '1/year')", jump: fight.blow.hit}
games:
  talk:
    players: {RIV: keen, AAA: 5}
    moves:
      nerve: {type: RIV, options: {bold: share, wary: else}}
      threat: {actor: RIV, options: [quiet, threaten]}
      answer: {actor: AAA, options: [give_way, press_on], if: threat.threaten}
    payoffs:
      RIV: 50 + prize * answer.give_way - (15 - 12 * nerve.bold) * answer.press_on
      AAA: 50 - 12 * answer.give_way - (3 + 20 * nerve.bold) * answer.press_on * (0.5 + fear)
    results:
      tried: threat.threaten
      succeeds: {value: answer.give_way, given: threat.threaten}
    perceives: {AAA: {share: 1 - share}}
    variants: {calm: {fear: 0}}
    appraise: {every: 2 months, offset: 1 month}
  fight:
    players: {RIV: 4}
    moves: {blow: {actor: RIV, options: [stay, hit]}}
    payoffs: {RIV: 40 + GAIN * blow.hit}
    play: {on: quarrel}
outcomes:
  tried: {mean: talk.tried}
  spread: {final: talk.calm.succeeds - talk.AAA.succeeds}
  fear_end: {final: fear}
  hurt_end: {final: hurt}
"""

TABLE = np.array([[0.35, 9.0, 4.0], [0.6, 17.0, 6.5]])
LUCK = Ensemble(2, 2, 5)
APPRAISED = ("tried", "spread", "fear_end")


def made(gain: str = "8", **changes: str) -> Model:
    text = MODEL.replace("GAIN", gain)
    for old, new in changes.items():
        text = text.replace(old, new)
    return load("appraised.yaml", text=text)


def test_derivatives_through_appraised_results_are_those_of_differences() -> None:
    model = made()
    found = gradient(model, Arm(), TABLE, LUCK)  # the play reads nothing that moves
    expected = by_differences(model, Arm(), TABLE, LUCK, 1e-5)
    assert np.abs(found.values - expected).max() < 1e-6
    assert np.abs(found.values[:, :3]).min(axis=(0, 2)).max() > 0
    assert np.abs(found.values[:, :3]).max() > 1e-2


def test_a_play_by_strategies_that_move_is_refused() -> None:
    model = made("prize")
    with pytest.raises(UsageError, match="moves of game fight"):
        gradient(model, Arm(), TABLE, LUCK, outcomes=("hurt_end",))
    found = gradient(model, Arm(), TABLE, LUCK, outcomes=("hurt_end",), by=("share",))
    assert np.all(found.values == 0)
    assert gradient(model, Arm(), TABLE, LUCK, outcomes=("tried",)).values.shape == (2, 1, 3)


def test_a_derivative_through_a_flagged_solve_is_refused() -> None:
    model = load("chicken.yaml", text=CHICKEN)
    one = Ensemble(1, 1, 0)
    with pytest.raises(UsageError, match="solves of game chicken are flagged"):
        gradient(model, Arm(), np.array([[50.0]]), one)
    found = gradient(model, Arm(), np.array([[2.0]]), one)
    expected = by_differences(model, Arm(), np.array([[2.0]]), one, 1e-5)
    assert np.abs(found.values - expected).max() < 1e-6


def test_jumps_inside_a_game_are_found_in_every_view() -> None:
    """A payoff that jumps at what an actor takes a name for."""
    jumping = "(2 if fear > 0.3 else 1) * prize * answer.give_way"
    model = made(**{"prize * answer.give_way": jumping, "share: 1 - share": "fear: share"})
    assert any("share > 0.3" in str(item) for item in jumps(model, Arm(), ["spread"], ["share"]))
    with pytest.raises(UsageError, match=r"talk\.AAA\.succeeds"):
        gradient(model, Arm(), TABLE, LUCK, outcomes=("spread",), by=("share",))


def test_smoothing_leaves_games_as_they_are() -> None:
    model = made(**{"{final: fear}": "{reached: fear > 0.2}"})
    found = gradient(model, Arm(), TABLE, LUCK, outcomes=("fear_end",), smooth=0.1)
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() > 0
