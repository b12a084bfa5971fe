"""Trees of games as pictures and as text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings

from model.random_games import games
from reassure.model import efg
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError
from reassure.report.game_charts import _apart, turning_points
from reassure.report.game_drawing import game_picture
from reassure.report.game_layout import lay_out
from reassure.report.game_outline import outline, summary
from reassure.report.game_words import outcome_probabilities

HORSE = """EFG 2 R "Selten's $horse$" { "Ann" "Bob" "Cy" }
p "" 1 1 "first" { "R" "L" } 0
p "" 2 1 "second" { "R" "L" } 0
t "" 1 "peace" { 1 1 1 }
p "" 3 1 "third" { "R" "L" } 0
t "" 2 "" { 4 4 0 } t "" 3 "" { 0 0 1 }
p "" 3 1 0
t "" 4 "peace" { 3 2 2 } t "" 5 "" { 0 0 0 }
"""
PROFILE = {
    "Ann": {"first": {"R": 0.75, "L": 0.25}},
    "Bob": {"second": {"R": 0.4, "L": 0.6}},
    "Cy": {"third": {"R": 0.125, "L": 0.875}},
}


def texts(picture: bytes) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_says_who_moves_what_is_done_and_what_it_is_worth() -> None:
    picture = game_picture(efg.read(HORSE))
    said = texts(picture)
    assert "Selten's $horse$" in said
    assert {"Ann", "Bob", "Cy", "first", "second", "third", "R", "L", "4", "peace"} <= set(said)
    assert said.count("third") == 2
    assert game_picture(efg.read(HORSE)) == picture  # the same bytes for the same game


def test_of_a_solved_game_probabilities_are_said_and_drawn() -> None:
    solved = game_picture(efg.read(HORSE), profile=PROFILE, note="at rationality 2")
    assert {"R  0.750", "L  0.250", "L  0.875", "at rationality 2"} <= set(texts(solved))
    widths = {float(w) for w in re.findall(rb"stroke-width: ([\d.]+)", solved)}
    assert {0.5 + 3.5 * 0.75, 0.5 + 3.5 * 0.25} <= widths


def test_a_png_is_a_png() -> None:
    assert game_picture(efg.read(HORSE), ".png").startswith(b"\x89PNG")
    with pytest.raises(UsageError, match=r"\.pdf"):
        game_picture(efg.read(HORSE), ".pdf")


def test_nodes_of_an_information_set_stand_in_one_column() -> None:
    layout = lay_out(efg.read(HORSE).tree)
    assert layout.columns == (0, 1, 2, 2, 3, 3, 2, 3, 3)
    (lane,) = layout.lanes
    assert lane.nodes == (3, 6)
    assert lane.lane == 0


@given(games())
@settings(deadline=None, max_examples=60)
def test_no_two_nodes_share_a_place(game: Game) -> None:
    layout = lay_out(game.tree)
    places = list(zip(layout.columns, layout.rows, strict=True))
    assert len(set(places)) == len(places)
    for number, node in enumerate(game.tree.nodes):
        for child in node.children:
            assert layout.columns[child] > layout.columns[number]
    for column in set(layout.columns):  # lanes of one column that run side by side do not touch
        lanes = [item for item in layout.lanes if item.column == column and item.lane]
        for a in lanes:
            for b in lanes:
                if a is not b and a.lane == b.lane:
                    tops = [layout.rows[item.nodes[0]] for item in (a, b)]
                    ends = [layout.rows[item.nodes[-1]] for item in (a, b)]
                    assert ends[0] < tops[1] or ends[1] < tops[0]


@given(games())
@settings(deadline=None, max_examples=15)
def test_any_game_can_be_drawn_and_outlined(game: Game) -> None:
    assert game_picture(game).startswith(b"<?xml")
    assert outline(game).count("\n") == len(game.tree.nodes) - 1


def test_too_many_ends_are_refused() -> None:
    wide = 'EFG 2 R "" { "A" } p "" 1 1 "" { ' + '"" ' * 500 + "} 0 " + 't "" 0 ' * 500
    with pytest.raises(UsageError, match="500 ends"):
        game_picture(efg.read(wide))
    assert outline(efg.read(wide), most=10).endswith("… 491 more nodes")


def test_the_outline() -> None:
    game = efg.read(HORSE)
    assert outline(game, profile=PROFILE) == (
        "Ann [first]\n"
        "├─ R  0.750  →  Bob [second]\n"
        "│  ├─ R  0.400  →  (1, 1, 1)  peace\n"
        "│  └─ L  0.600  →  Cy [third]\n"
        "│     ├─ R  0.125  →  (4, 4, 0)\n"
        "│     └─ L  0.875  →  (0, 0, 1)\n"
        "└─ L  0.250  →  Cy [third]\n"
        "   ├─ R  0.125  →  (3, 2, 2)  peace\n"
        "   └─ L  0.875  →  (0, 0, 0)"
    )
    assert summary(game) == "3 players, 3 information sets, 5 ends, imperfect information"


def test_outcomes_of_one_name_count_together() -> None:
    found = outcome_probabilities(efg.read(HORSE), PROFILE)
    assert list(found) == ["peace", "2", "3", "5"]
    assert found["peace"] == pytest.approx(0.75 * 0.4 + 0.25 * 0.125)
    assert sum(found.values()) == pytest.approx(1)


def test_labels_beside_lines_are_moved_apart() -> None:
    found = _apart(np.array([0.0, 1.0, 0.02, 0.5, 0.01]), 0.06)
    assert found[1] == 1
    assert found[3] == 0.5
    assert np.all(np.diff(np.sort(found)) > 0.0599)
    assert found[0] < found[4] < found[2]
    assert turning_points(np.array([0, 1, 2, 1.5, 1.2, 1.3])) == [2, 4]
