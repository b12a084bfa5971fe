"""Gambit's extensive form: every feature of the format, round trips, and what is wrong with a file."""

# ruff: noqa: E501
from __future__ import annotations

import time
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_games import games

from reassure.model import efg
from reassure.model.game_files import read_game
from reassure.model.game_text import MAX_BYTES, numbered, written
from reassure.model.mistakes import ModelError

HEAD = 'EFG 2 R "a game" { "Ann" "Bob" }\n'
POKER = """\
EFG 2 R "A simple Poker game" { "Fred" "Alice" }
"One-card poker"

c "" 1 "" { "Red" 1/2 "Black" 1/2 } 0
p "" 1 1 "" { "Raise" "Fold" } 0
p "" 2 1 "" { "Meet" "Pass" } 0
t "" 1 "Win Big" { 2, -2 }
t "" 2 "Win" { 1, -1 }
t "" 2 "Win" { 1, -1 }
p "" 1 2 "" { "Raise" "Fold" } 0
p "" 2 1 0
t "" 3 "Lose Big" { -2, 2 }
t "" 2
t "" 4 "Lose" { -1, 1 }
"""


def test_a_game_is_read() -> None:
    game = efg.read(POKER, "poker.efg")
    tree = game.tree
    assert tree.title == "A simple Poker game"
    assert game.comment == "One-card poker"
    assert game.path == "poker.efg"
    assert tree.players == ("Fred", "Alice")
    assert [node.kind[0] for node in tree.nodes] == list("cddtttddttt")
    assert tree.nodes[0].children == (1, 6)
    assert tree.nodes[1].children == (2, 5)
    assert tree.nodes[2].at == tree.nodes[7].at
    assert [item.name for item in tree.information_sets] == ["Fred:1", "Alice:1", "Fred:2"]
    assert tree.information_sets[1].actions == ("Meet", "Pass")
    assert game.chances == ((F(1, 2), F(1, 2)),)
    assert tree.terminals == ("Win Big", "Win", "Win", "Lose Big", "Win", "Lose")
    assert game.payoffs[4] == (1, -1)


def one(payoffs: str, head: str = HEAD) -> tuple[F, ...]:
    return efg.read(f'{head}t "" 1 "" {{ {payoffs} }}').payoffs[0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1, 2", (1, 2)),
        ("1 2", (1, 2)),
        ("1,2,", (1, 2)),
        ("+1 -2", (1, -2)),
        ("0.25 -.5", (F(1, 4), F(-1, 2))),
        ("3. 1e3", (3, 1000)),
        ("1.5e-3 2E+2", (F(15, 10000), 200)),
        ("1/3 -22/7", (F(1, 3), F(-22, 7))),
        ("0.1 1/10", (F(1, 10), F(1, 10))),
    ],
)
def test_payoffs_are_exact(text: str, values: tuple[F, ...]) -> None:
    assert one(text) == values


def test_white_space_does_not_matter() -> None:
    flat = " ".join(POKER.split())
    assert efg.read(flat) == efg.read(POKER)
    assert efg.read(POKER.replace("{ ", "{").replace(" }", "}")) == efg.read(POKER)
    assert efg.read(POKER.replace("\n", "\r\n")) == efg.read(POKER)


def test_the_older_data_type_and_a_file_without_comment() -> None:
    assert efg.read('EFG 2 D "x" { "A" } t "" 0').comment == ""


def test_quotes_and_backslashes_in_texts() -> None:
    text = 'EFG 2 R "the \\"big\\" game" { "C:\\d" "a\\\\" }\n"two\nlines"\nt "" 0'
    game = efg.read(text)
    assert game.tree.title == 'the "big" game'
    assert game.tree.players == ("C:\\d", "a\\")
    assert game.comment == "two\nlines"
    assert efg.read(efg.write(game)) == game


def test_an_outcome_is_defined_once_and_used_by_number() -> None:
    game = efg.read(HEAD + 'p "" 1 1 "" { "a" "b" "c" } 0 t "" 7 "o" { 1 2 } t "" 7 t "" 7 "o"')
    assert game.payoffs == ((1, 2),) * 3
    assert game.tree.terminals == ("o", "o", "o")


def test_outcomes_at_inner_nodes_add_up_along_the_path() -> None:
    text = HEAD + (
        'c "" 1 "" { "x" .5 "y" .5 } 1 "entry" { -1, 0 }\n'
        'p "" 1 1 "" { "a" "b" } 2 "stage" { 10 20 }\n'
        't "" 0 t "end" 3 "" { 1/2, 1/4 } t "" 1'
    )
    game = efg.read(text)
    assert game.payoffs == ((9, 20), (F(19, 2), F(81, 4)), (-2, 0))
    assert game.tree.terminals == ("", "end", "entry")


def test_what_is_unnamed_is_numbered() -> None:
    text = 'EFG 2 R "" { "" "" } p "" 2 7 "" { "" "" } 0 t "" 0 p "" 1 4 "" { "" } 0 t "" 0'
    tree = efg.read(text).tree
    assert tree.players == ("1", "2")
    assert [item.name for item in tree.information_sets] == ["2:7", "1:4"]
    assert tree.information_sets[0].actions == ("1", "2")


def test_names_are_unique_where_they_are_looked_up() -> None:
    text = (
        'EFG 2 R "" { "A" "A" } p "" 1 1 "s" { "x" "x" } 0 t "" 0 '
        'p "" 1 2 "s" { "x" } 0 p "" 2 1 "s" { "y" } 0 t "" 0'
    )
    tree = efg.read(text).tree
    assert tree.players == ("A_1", "A_2")
    assert tree.information_sets[0].actions == ("x_1", "x_2")
    assert [item.name for item in tree.information_sets] == ["s_1", "s_2", "s"]
    assert numbered(["", "x", "x", "x_1"]) == ("1", "x_2", "x_3", "x_1")


def test_events_of_chance_may_be_shared_and_repeated() -> None:
    text = HEAD + (
        'c "" 1 "coin" { "h" 0.5 "t" 1/2 } 0 c "" 1 0 t "" 0 t "" 0 '
        'c "" 1 "coin" { "h" 1/2 "t" .5 } 0 t "" 0 t "" 0'
    )
    game = efg.read(text)
    assert len(game.tree.chance_moves) == 1
    assert game.tree.chance_moves[0].name == "coin"


def test_a_game_of_one_node_and_one_of_no_players() -> None:
    assert efg.read(HEAD + 't "only" 0').tree.terminals == ("only",)
    assert efg.read('EFG 2 R "" { } t "" 0').payoffs == ((),)


def test_a_deep_game_does_not_exhaust_the_stack() -> None:
    moves = "".join(f'p "" 1 {i} "" {{ "s" "g" }} 0 t "" 0 ' for i in range(1, 1000))
    tree = efg.read(HEAD + moves + 't "" 0').tree
    assert len(tree.nodes) == 1999
    assert tree.nodes[-3].children == (1997, 1998)


@given(games())
@settings(deadline=None)
def test_what_is_written_is_read_back(game: object) -> None:
    text = efg.write(game)  # type: ignore[arg-type]
    assert efg.read(text) == game
    assert efg.write(efg.read(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (F(3), "3"),
        (F(-1, 4), "-0.25"),
        (F(1, 3), "1/3"),
        (F(1, 10**6), "0.000001"),
        (F(5, 2), "2.5"),
    ],
)
def test_numbers_are_written_short_and_exact(value: F, text: str) -> None:
    assert written(value) == text
    assert F(text) == value


DEEP = HEAD + "".join(f'p "" 1 {i} "" {{ "a" }} 0 ' for i in range(1, 1002))
SCRAPS = (
    "",
    "{",
    "}",
    '"',
    "\\",
    "0",
    "-1",
    "nan",
    "1e9",
    "1/0",
    "c",
    "p",
    "t",
    "\n",
    ",",
    "9" * 30,
    "é",
)
CORPUS = {
    "other_version": ('EFG 3 R "x" { } t "" 0', "1:5: version 3 of EFG is not read — use version 2 [G101]"),
    "no_data_type": ('EFG 2 "x" { }', "1:7: expected R (or D) after 'EFG 2', found the text \"x\" — write what is expected [G102]"),
    "no_title": ("EFG 2 R { }", "1:9: expected the title of the game in quotes, found '{' — write what is expected [G102]"),
    "player_without_quotes": ('EFG 2 R "x" { Ann }', "1:15: expected a player's name in quotes, or '}', found 'Ann' — write what is expected [G102]"),
    "open_quote": (HEAD + 't "end', "2:3: the text that begins here has no closing quote — end it with \", and write \\\" for a quote inside [G102]"),
    "no_nodes": (HEAD, "2:1: expected a node, that is 'c', 'p' or 't', found the end of the file — write what is expected [G102]"),
    "unknown_node": (HEAD + 'x "" 0', "2:1: expected a node, that is 'c', 'p' or 't', found 'x' — write what is expected [G102]"),
    "ends_early": (HEAD + 'p "" 1 1 "" { "a" "b" } 0\nt "" 0\n', "4:1: expected a node, that is 'c', 'p' or 't' (1 more, at least, to complete the tree), found the end of the file — write what is expected [G102]"),
    "one_node_too_many": (HEAD + 't "" 0\nt "" 0', "3:1: expected the end of the file: every branch of the tree has ended, found 't' — write what is expected [G102]"),
    "no_node_name": (HEAD + "t 0", "2:3: expected the name of the node in quotes, found '0' — write what is expected [G102]"),
    "no_such_player": (HEAD + 'p "" 3 1 "" { "a" } 0', "2:6: player 3 of 2 — use a listed player [G104]"),
    "player_zero": (HEAD + 'p "" 0 1 "" { "a" } 0', "2:6: expected the number of the player, found '0' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "no_actions": (HEAD + 'p "" 1 1 "" { } 0', "2:15: expected an action in quotes, found '}' — write what is expected [G102]"),
    "set_undefined": (HEAD + 'p "" 1 1 0', "2:8: information set 1 of player 'Ann' has not been described yet — write its name and what it holds where it first appears [G104]"),
    "event_undefined": (HEAD + 'c "" 4 0', "2:6: chance event 4 has not been described yet — write its name and what it holds where it first appears [G104]"),
    "outcome_undefined": (HEAD + 't "" 5', "2:6: outcome 5 has not been described yet — write its name and what it holds where it first appears [G104]"),
    "outcome_zero_with_payoffs": (HEAD + 't "" 0 "" { 1 2 }', "2:6: outcome 0 stands for none: it has no name and no payoffs — make both alike, or leave the description out after the first time [G105]"),
    "set_differs": (HEAD + 'p "" 1 1 "s" { "a" } 0\np "" 1 1 "s" { "b" } 0 t "" 0', "3:8: information set 1 of player 'Ann' is described differently from where it first appears — make both alike, or leave the description out after the first time [G105]"),
    "outcome_differs": (HEAD + 'p "" 1 1 "s" { "a" "b" } 0\nt "" 1 "" { 1 2 }\nt "" 1 "" { 1 3 }', "4:6: outcome 1 is described differently from where it first appears — make both alike, or leave the description out after the first time [G105]"),
    "event_differs": (HEAD + 'c "" 1 "" { "a" 1 } 0\nc "" 1 "" { "b" 1 } 0\nt "" 0', "3:6: chance event 1 is described differently from where it first appears — make both alike, or leave the description out after the first time [G105]"),
    "payoff_missing": (HEAD + 't "" 1 "" { 1 }', "2:15: expected the payoff of 'Bob' (2 payoffs in all), found '}' — write what is expected [G102]"),
    "payoff_too_many": (HEAD + 't "" 1 "" { 1, 2, 3 }', "2:19: expected '}' after 2 payoffs, found '3' — write what is expected [G102]"),
    "payoff_nan": (HEAD + 't "" 1 "" { nan 2 }', "2:13: expected the payoff of 'Ann', found 'nan' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "payoff_infinite": (HEAD + 't "" 1 "" { -inf 2 }', "2:13: expected the payoff of 'Ann', found '-inf' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "payoff_word": (HEAD + 't "" 1 "" { much 2 }', "2:13: expected the payoff of 'Ann', found 'much' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "payoff_quoted": (HEAD + 't "" 1 "" { "1" 2 }', "2:13: expected the payoff of 'Ann', found the text \"1\" — write what is expected [G102]"),
    "payoff_two_points": (HEAD + 't "" 1 "" { 1.2.3 2 }', "2:13: '1.2.3' is not a number — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "payoff_by_zero": (HEAD + 't "" 1 "" { 1/0 2 }', "2:13: '1/0' divides by zero — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "payoff_huge": (HEAD + 't "" 1 "" { 1e200 2 }', "2:13: '1e200' is too large to compute with — choose a larger unit: at most 1e100 [G103]"),
    "payoff_bomb": (HEAD + 't "" 1 "" { 1e999999999 2 }', "2:13: '1e999999999' is too large or too small to compute with — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "number_endless": (HEAD + 't "" 1 "" { ' + "1" * 500 + " 2 }", "2:13: a number of 500 characters — at most 400 characters [G103]"),
    "chance_negative": (HEAD + 'c "" 1 "" { "a" 1.5 "b" -0.5 } 0', "2:25: the probability -0.5 is negative — write them so that they add up to one, thirds as 1/3 [G106]"),
    "chance_short_of_one": (HEAD + 'c "" 1 "" { "a" 0.333 "b" 0.333 "c" 0.333 } 0', "2:11: the probabilities add up to 0.999, not to 1 — write them so that they add up to one, thirds as 1/3 [G106]"),
    "chance_no_probability": (HEAD + 'c "" 1 "" { "a" "b" } 0', "2:17: expected the probability of the action before it, found the text \"b\" — write what is expected [G102]"),
    "outcome_not_whole": (HEAD + 't "" 1.5', "2:6: expected the number of an outcome, 0 for none, found '1.5' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "outcome_missing": (HEAD + 'p "" 1 1 "" { "a" }\nt "" 0', "3:1: expected the number of an outcome, 0 for none, found 't' — write a finite number such as 3, -0.5, 2/3 or 1e-3 [G103]"),
    "too_deep": (DEEP, None),
}  # fmt: skip
"""Text of a file, and the message after its name."""


@pytest.mark.parametrize("name", CORPUS)
def test_what_is_wrong_is_said(name: str) -> None:
    text, message = CORPUS[name]
    with pytest.raises(ModelError) as caught:
        efg.read(text, "x.efg")
    (mistake,) = caught.value.mistakes
    if message is None:
        assert mistake.code == "G107"
        assert "1,000 moves deep" in mistake.message
    else:
        assert str(mistake) == f"x.efg:{message}"


def test_hostile_files_are_refused_quickly(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    wide = HEAD + 'p "" 1 1 "" { ' + '"" ' * 200_000 + "} 0 " + 't "" 0 ' * 200_000
    cases = {
        "wide": (wide.encode(), "G107"),
        "large": (b" " * (MAX_BYTES + 1), "G107"),
        "escapes": ((HEAD + '"' + "\\a" * 500_000).encode(), "G102"),
        "label": ((HEAD + '"' + "a" * 50_000 + '"').encode(), "G107"),
        "latin": (HEAD.encode() + b'"caf\xe9" t "" 0', "E107"),
        "nul": (b"\0" * 100, "G101"),
        "empty": (b"", "G101"),
        "yaml": (b"title: x\n", "G101"),
    }
    for name, (data, code) in cases.items():
        path = folder / f"{name}.efg"
        path.write_bytes(data)
        started = time.perf_counter()
        with pytest.raises(ModelError) as caught:
            read_game(path)
        assert [item.code for item in caught.value.mistakes] == [code], name
        assert time.perf_counter() - started < 5
    with pytest.raises(ModelError) as caught:
        read_game(folder / "none.efg")
    assert caught.value.mistakes[0].code == "E106"


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.sampled_from(SCRAPS)), max_size=5)
)
@settings(deadline=None)
def test_whatever_stands_in_a_file_it_is_read_or_told(cuts: list[tuple[int, int, str]]) -> None:
    text = POKER
    for at, length, scrap in cuts:
        text = text[:at] + scrap + text[at + length :]
    told: ModelError | None = None
    try:
        game = efg.read(text)
    except ModelError as error:
        told = error
    if told is None:
        assert efg.read(efg.write(game)) == game
    else:
        assert len(told.mistakes) == 1
        assert told.mistakes[0].place.line <= text.count("\n") + 1
