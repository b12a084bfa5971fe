"""Every what-if of the bundled argument can be looked at, at any moment, in everybody's eyes."""

from __future__ import annotations

import pytest

from reassure.engine.games.views import View
from reassure.model.checked import Model
from reassure.model.load import load
from reassure.study.game_moment import (
    ACTUAL,
    Address,
    Eyes,
    GameMoment,
    moment_of,
    parse_address,
    parse_view,
)
from reassure.study.running import Future, replay


@pytest.fixture(scope="module")
def model() -> Model:
    return load("easley2007")


@pytest.fixture(scope="module")
def future(model: Model) -> Future:
    return replay(model, policy="managed", scenario=2, replication=1)


def at(model: Model, future: Future, name: str, step: int) -> GameMoment:
    game = next(game for game in model.games if game.name == name)
    address = Address("managed", 2, 1, step)
    return moment_of(model, game, future, address, seed=0, design="sobol")


def test_every_game_has_numbers_at_every_moment_in_every_view(model: Model, future: Future) -> None:
    for game in model.games:
        for step in (0, model.time.steps):
            now = at(model, future, game.name, step)
            for variant in ("", *(item.name for item in game.variants)):
                for viewer in ("", *(item.actor for item in game.perceptions)):
                    shown = now.as_game(View(variant, viewer))
                    assert all(sum(row) == 1 for row in shown.chances)
                    assert min(map(min, shown.chances), default=0) >= 0
                    assert min(now.rationality(View(variant, viewer)).values()) >= 0


def test_what_is_seen_and_what_is(model: Model, future: Future) -> None:
    now = at(model, future, "war_threat_game", 68)
    values = now.values
    seen, true = now.numbers(View("", "PRK")), now.numbers(View())
    assert seen["us_reluctance"] == values["pyongyang_expects_restraint"]
    assert true["us_reluctance"] == values["us_reluctance"]
    assert now.numbers(View("with_spear", "PRK"))["retaliation"] == 0.9
    assert [view.viewer for view in now.views_of(Eyes("", ACTUAL))] == ["PRK", "JPN", ""]
    assert now.said() == "managed, scenario 2, replication 1, 2012-10"


def test_moments_and_views_are_read_as_they_are_written(model: Model) -> None:
    assert parse_address(model, None) == Address("drift", 0, 0, 0)
    assert parse_address(model, "managed,3,,2012-10") == Address("managed", 3, 0, 68)
    assert parse_address(model, ",1,2,68") == Address("drift", 1, 2, 68)
    assert parse_address(model, ",,,2012").step == 59
    assert parse_address(model, ",,,2007").step == 0
    game = model.games[0]
    for text in ("true", "JPN", "actual", "with_spear.JPN", "with_spear.actual"):
        assert parse_view(game, text).said == text
    assert parse_view(game, "with_spear").said == "with_spear.true"
    assert parse_view(game, ".JPN") == parse_view(game, "JPN")
