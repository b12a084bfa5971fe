"""Games in stories: the moves of the run, their probabilities at that moment, and who learnt what."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reassure import Argument, Story, load
from reassure.engine.evaluation import evaluate
from reassure.engine.games.names import lesson_name, move_names
from reassure.engine.games.reference import reference_aqre
from reassure.report.plays import Playing, plays
from reassure.report.story import tell
from reassure.report.telling_plays import said_play, short_plays
from reassure.study.running import Future, replay

CORPUS = Path(__file__).parents[1] / "corpus" / "valid_games.yaml"


@pytest.fixture(scope="module")
def argument() -> Argument:
    return load(CORPUS)


@pytest.fixture(scope="module")
def future(argument: Argument) -> Future:
    return replay(argument.model, scenario=1, replication=2)


@pytest.fixture(scope="module")
def found(argument: Argument, future: Future) -> list[Playing]:
    return plays(argument.model, future.paths)


@pytest.fixture(scope="module")
def told(argument: Argument) -> Story:
    return argument.story("", scenario=1, replication=2)


def test_moves_are_those_of_the_run(
    argument: Argument, future: Future, found: list[Playing]
) -> None:
    for game in argument.model.games:
        if game.play is None:
            continue
        steps = np.flatnonzero(future.paths[game.name][: argument.model.time.steps]).tolist()
        own = [item for item in found if item.game == game.name]
        assert [item.step for item in own] == steps
        for item in own:
            made = {
                pair for name, pair in move_names(game).items() if future.paths[name][item.step]
            }
            assert {(move.move, move.option) for move in item.moves} == made
    assert len(found) > 1


def test_probabilities_are_those_of_a_direct_solve(
    argument: Argument, future: Future, found: list[Playing]
) -> None:
    """Of a player without perceptions of its own, whose game is the true one."""
    checked = 0
    for item in found:
        game = next(g for g in argument.model.games if g.name == item.game)
        now = {name: path[item.step] for name, path in future.paths.items()}
        rows = [[float(evaluate(f, now)) for f in row] for row in game.payoffs]
        chances = [float(evaluate(f, now)) for row in game.chances for f in row]
        rationality = np.array([float(evaluate(f, now)) for f in game.rationality])
        solved, _ = reference_aqre(game.tree, np.array(rows), np.array(chances), rationality)
        perceiving = {p.actor for p in game.perceptions}
        starts = np.cumsum([0, *(len(s.actions) for s in game.tree.information_sets)])
        for move in item.moves:
            if move.kind == "decision" and move.actor not in perceiving:
                likely = [
                    solved[starts[i] + s.actions.index(move.option)]
                    for i, s in enumerate(game.tree.information_sets)
                    if game.set_moves[i] == move.move
                ]
                assert min(abs(p - move.probability) for p in likely) < 1e-12
                checked += 1
    assert checked


def test_lessons_are_those_of_the_run(
    argument: Argument, future: Future, found: list[Playing]
) -> None:
    taught = [(item, lesson) for item in found for lesson in item.lessons]
    assert taught
    for item, lesson in taught:
        belief = next(b for b in argument.model.beliefs if b.name == lesson.belief)
        source = next(
            e.lesson for e in belief.evidence if e.lesson is not None and e.lesson.game == item.game
        )
        path = future.paths[lesson_name(lesson.holder, source)]
        assert lesson.amount == path[item.step]
        odds = math.log(lesson.after / (1 - lesson.after))
        before = math.log(lesson.before / (1 - lesson.before))
        assert odds - before == pytest.approx(lesson.amount)


def test_the_story_tells_plays_with_dates_and_json_has_them_all(
    told: Story, found: list[Playing]
) -> None:
    assert list(told.plays) == found
    data = told.as_json()["plays"]
    assert len(data) == len(found)
    for entry in data:
        assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", entry["date"])
        assert set(entry) == {"date", "step", "game", "moves", "misjudged", "lessons"}
        for move in entry["moves"]:
            assert 0 < move["probability"] <= 1
    events = {item["event"] for item in told.as_json()["events"]}
    assert not any(name in events for game in told.model.games for name in move_names(game))
    news = [item for item in found if not item.routine]
    assert told.text().count(" it came to ") == len(news)


def test_prose_says_moves_in_words_and_figures_on_demand(
    argument: Argument, found: list[Playing]
) -> None:
    item = max(found, key=lambda play: len(play.moves))
    plain = said_play(argument.model, item, "May 2020", numbers=False)
    figures = said_play(argument.model, item, "May 2020", numbers=True)
    assert plain.startswith("In May 2020 it came to ")
    assert "%" not in plain
    assert "%" in figures
    assert "_" not in plain
    for move in item.moves:
        assert f"“{move.option.replace('_', ' ')}”" in plain


def test_what_came_to_nothing_is_mentioned_once(argument: Argument, found: list[Playing]) -> None:
    quiet = replace(found[0], moves=found[0].moves[:1], lessons=())
    assert quiet.routine
    said = short_plays(argument.model, [quiet, quiet, quiet])
    assert said.startswith("These came to nothing: ")
    assert said.endswith(" (3 times).")
    assert short_plays(argument.model, []) == ""


def test_a_lesson_is_named_among_what_moved_a_belief(
    argument: Argument, future: Future, found: list[Playing]
) -> None:
    """In a future whose first lesson is made a strong one."""
    play, lesson = next((item, lesson) for item in found for lesson in item.lessons)
    belief = next(b for b in argument.model.beliefs if b.name == lesson.belief)
    source = next(e for e in belief.evidence if e.lesson and e.lesson.game == play.game)
    assert source.lesson is not None
    paths = dict(future.paths)
    odds = np.where(np.arange(len(paths[belief.name])) > play.step, 1.5, -1.5)
    paths[f"{belief.name}.logodds"], paths[belief.name] = odds, 1 / (1 + np.exp(-odds))
    name = lesson_name(belief.holder, source.lesson)
    paths[name] = np.where(np.arange(len(odds)) == play.step, 3.0, 0.0)
    story = tell(
        argument.model,
        paths,
        policy="",
        scenario=1,
        replication=2,
        seed=0,
        design="sobol",
        outcomes=future.outcomes,
        parameters=future.parameters,
    )
    point = next(item for item in story.points if item.name == belief.name)
    assert point.drivers[0].name == source.name
    assert point.drivers[0].amount == pytest.approx(3.0)
    assert ", moved by what came to light in " in story.text()
