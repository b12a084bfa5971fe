"""Gambit's strategic form: both bodies, and trees written as strategies."""

# ruff: noqa: E501
from __future__ import annotations

from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from random_games import games

from reassure.model import efg, nfg
from reassure.model.game_tree import Game
from reassure.model.mistakes import ModelError, UsageError

PAYOFFS = """\
NFG 1 R "Selten (IJGT, 75), Figure 2, normal form"
{ "Player 1" "Player 2" } { 3 2 }

1 1 0 2 0 2
1 1 1/2 3 2 0.0
"""
OUTCOMES = """\
NFG 1 R "the same, by outcomes" { "Player 1" "Player 2" }
{ { "U" "M" "D" }
{ "L" "R" }
}
"a comment"

{
{ "all" 1, 1 }
{ "second" 0, 2 }
{ "mixed" .5 3 }
{ "last" 2, 0 }
}
1 2 2 1 3 0
"""


def cells(game: Game) -> dict[tuple[int, ...], tuple[F, ...]]:
    """Payoffs by the actions on the path, one a player."""
    found = {}
    paths: dict[int, tuple[int, ...]] = {0: ()}
    for number, node in enumerate(game.tree.nodes):
        for action, child in enumerate(node.children):
            paths[child] = (*paths[number], action)
        if node.kind == "terminal":
            found[paths[number]] = game.payoffs[node.at]
    return found


def test_the_body_of_payoffs() -> None:
    game = nfg.read(PAYOFFS, "selten.nfg")
    assert game.tree.players == ("Player 1", "Player 2")
    assert [(s.name, s.player, s.actions) for s in game.tree.information_sets] == [
        ("Player 1:1", 0, ("1", "2", "3")),
        ("Player 2:1", 1, ("1", "2")),
    ]
    assert cells(game) == {
        (0, 0): (1, 1),
        (1, 0): (0, 2),
        (2, 0): (0, 2),
        (0, 1): (1, 1),
        (1, 1): (F(1, 2), 3),
        (2, 1): (2, 0),
    }


def test_the_body_of_outcomes() -> None:
    game = nfg.read(OUTCOMES)
    assert game.comment == "a comment"
    assert game.tree.information_sets[0].actions == ("U", "M", "D")
    assert cells(game)[1, 1] == (F(1, 2), 3)
    assert cells(game)[2, 1] == (0, 0)
    assert game.tree.terminals == ("all", "all", "second", "mixed", "second", "")


def test_three_players_and_the_first_changes_fastest() -> None:
    rows = " ".join(f"{i} 0 0" for i in range(8))
    game = nfg.read(f'NFG 1 D "" {{ "a" "b" "c" }} {{ 2 2 2 }} {rows}')
    assert {key: value[0] for key, value in cells(game).items()} == {
        (i, j, k): i + 2 * j + 4 * k for i in range(2) for j in range(2) for k in range(2)
    }


@pytest.mark.parametrize("text", [PAYOFFS, OUTCOMES])
def test_what_is_written_is_read_back(text: str) -> None:
    game = nfg.read(text)
    again = nfg.read(nfg.write(game))
    assert cells(again) == cells(game)
    assert again.tree.information_sets == game.tree.information_sets
    assert again.comment == game.comment
    assert nfg.write(again) == nfg.write(game)


def test_a_tree_is_written_with_reduced_strategies() -> None:
    text = """EFG 2 R "" { "A" "B" }
    p "" 1 1 "" { "out" "in" } 0
    t "" 1 "" { 1 1 }
    p "" 2 1 "" { "fight" "share" } 0
    p "" 1 2 "" { "x" "y" } 0
    t "" 2 "" { 2 2 } t "" 3 "" { 3 3 }
    c "" 1 "" { "h" 1/3 "t" 2/3 } 0
    t "" 4 "" { 3 0 } t "" 5 "" { 0 3 }
    """
    written = nfg.read(nfg.write(efg.read(text)))
    first, second = written.tree.information_sets
    assert first.actions == ("out", "in/x", "in/y")
    assert second.actions == ("fight", "share")
    assert cells(written) == {
        (0, 0): (1, 1),
        (0, 1): (1, 1),
        (1, 0): (2, 2),
        (1, 1): (1, 2),
        (2, 0): (3, 3),
        (2, 1): (1, 2),
    }


@given(games(most_nodes=8))
@settings(deadline=None, max_examples=50)
def test_every_profile_is_worth_what_the_tree_says(game: Game) -> None:
    try:
        written = nfg.read(nfg.write(game))
    except UsageError:
        return
    weights = nfg._chances(game)
    plans = [nfg.reduced_strategies(game.tree, player) for player in range(len(game.tree.players))]
    for key, payoffs in list(cells(written).items())[:50]:
        node, expected = 0, [F(0)] * len(payoffs)
        stack = [0]
        while stack:
            node = stack.pop()
            here = game.tree.nodes[node]
            if here.kind == "terminal":
                for player in range(len(payoffs)):
                    expected[player] += weights[here.at] * game.payoffs[here.at][player]
            elif here.kind == "chance":
                stack.extend(here.children)
            else:
                player = game.tree.information_sets[here.at].player
                stack.append(here.children[plans[player][key[player]][here.at]])
        assert tuple(expected) == payoffs


HEAD = 'NFG 1 R "x" { "A" "B" }\n'
CORPUS = {
    "version": ('NFG 2 R "x"', "1:5: version 2 of NFG is not read — use version 1 [G101]"),
    "strategies_missing": (HEAD + "{ 2 }", "2:5: expected '{' before the strategies of 'B', or how many it has, found '}' — write what is expected [G102]"),
    "no_strategy": (HEAD + "{ { } }", "2:5: expected a strategy of 'A' in quotes, found '}' — write what is expected [G102]"),
    "none_at_all": (HEAD + "{ 0 2 }", "2:3: expected how many strategies 'A' has, found '0' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "payoffs_short": (HEAD + "{ 2 1 }\n1 2 3", "3:6: expected the payoff of 'B' for combination 2 of 2, found the end of the file — write what is expected [G102]"),
    "payoffs_long": (HEAD + "{ 2 1 }\n1 2 3 4 5", "3:9: expected the end of the file after 2 combinations of strategies, found '5' — write what is expected [G102]"),
    "payoff_nan": (HEAD + "{ 1 1 }\n1 nan", "3:3: expected the payoff of 'B' for combination 1 of 1, found 'nan' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "no_such_outcome": (HEAD + '{ 1 1 }\n{ { "o" 1 2 } } 2', "3:17: outcome 2 of 1 — use a listed outcome, or 0 for none [G104]"),
    "outcome_short": (HEAD + '{ 1 1 }\n{ { "o" 1 } } 1', "3:11: expected the payoff of 'B' (2 payoffs in all), found '}' — write what is expected [G102]"),
    "too_large": (HEAD + "{ 1000 1000 }", "2:1: as a tree this game has more than 100,000 nodes — make the game smaller [G107]"),
}  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_what_is_wrong_is_said(name: str) -> None:
    text, message = CORPUS[name]
    with pytest.raises(ModelError) as caught:
        nfg.read(text, "x.nfg")
    assert [str(item) for item in caught.value.mistakes] == [f"x.nfg:{message}"]


def test_a_strategic_form_that_is_too_large_is_refused() -> None:
    moves = "".join(f'p "" 2 {i} "" {{ "a" "b" }} 0 t "" 0 t "" 0 ' for i in range(1, 21))
    text = 'EFG 2 R "" { "A" "B" } p "" 1 1 "" { ' + '"" ' * 20 + "} 0 " + moves
    with pytest.raises(UsageError, match="more than 10,000 pure strategies"):
        nfg.write(efg.read(text))
