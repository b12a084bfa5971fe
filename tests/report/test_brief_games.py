"""The what-ifs of a brief: solved as the plain solver solves them, laid out in both formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reassure import Argument, load
from reassure.engine.games.views import View
from reassure.report.brief_games import GamePart, game_parts, game_tree_svg
from reassure.report.plays import moment
from reassure.study.running import replay
from reassure.study.whatifs import Moment, WhatIf, views_shown, what_ifs

CORPUS = Path(__file__).parents[1] / "corpus" / "valid_games.yaml"
SCENARIOS = 3


@pytest.fixture(scope="module")
def argument() -> Argument:
    return load(CORPUS)


@pytest.fixture(scope="module")
def moments(argument: Argument) -> list[Moment]:
    return [Moment("", 0), Moment("", argument.model.time.steps // 2)]


@pytest.fixture(scope="module")
def found(argument: Argument, moments: list[Moment]) -> list[WhatIf]:
    return what_ifs(argument.model, moments, scenarios=SCENARIOS)


def test_results_are_those_of_the_plain_solver(
    argument: Argument, moments: list[Moment], found: list[WhatIf]
) -> None:
    for scenario in range(SCENARIOS):
        paths = replay(argument.model, scenario=scenario).paths
        for item in found:
            for at in moments:
                lane = moment(item.game, {name: path[at.step] for name, path in paths.items()})
                for view in views_shown(item.game):
                    look = item.looks[at, view]
                    for result in item.game.results:
                        slow = lane.result(view, result)
                        assert look.results[result.name][scenario] == pytest.approx(slow, abs=1e-5)


def test_options_of_a_move_sum_to_one(moments: list[Moment], found: list[WhatIf]) -> None:
    for item in found:
        for look in item.looks.values():
            for move in item.game.moves:
                total = sum(look.moves[move.name, option] for option in move.options)
                assert np.allclose(total, 1.0)
        assert item.looks[moments[0], View()].results


def test_a_model_without_games_has_no_page(starter: Argument) -> None:
    assert what_ifs(starter.model, [Moment("", 0)], scenarios=2) == []


@pytest.fixture(scope="module")
def parts(argument: Argument) -> list[GamePart]:
    return game_parts(
        argument.model,
        [p.name for p in argument.model.policies] or [""],
        scenarios=4,
        seed=0,
        design="sobol",
        settings=None,
        pictures=True,
    )


def test_every_row_has_a_figure_in_every_case(argument: Argument, parts: list[GamePart]) -> None:
    assert len(parts) == len(argument.model.games)
    for part, game in zip(parts, argument.model.games, strict=True):
        cases = len(part.columns)
        assert cases == len(set(part.columns)) > len(game.variants)
        for row in (*part.moves, *part.results):
            assert isinstance(row["cells"], list)
            assert len(row["cells"]) == cases
        assert "flag" in part.flags
        assert part.picture is not None
        assert part.picture.svg.startswith("<svg")


def test_a_picture_says_moves_in_words(argument: Argument, found: list[WhatIf]) -> None:
    for item in found:
        svg, caption = game_tree_svg(argument.model, item)
        for move in item.game.moves:
            assert all(option.replace("_", " ") in svg for option in move.options)
        assert all(player in caption for player in item.game.tree.players)


@pytest.mark.parametrize("format", ["html", "md"])
def test_the_brief_has_the_page(argument: Argument, format: str) -> None:
    text = argument.brief(format=format, scenarios=4, replications=2, max_replications=2).text
    assert "What if" in text
    assert "once its turn comes" in text
    assert "solve carries a flag" in text or "solves carry a flag" in text
