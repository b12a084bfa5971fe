"""One game with its names, its branch, its Nash equilibria, and what cannot be asked."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import pytest

from engine.games.examples import REFERENCE, build, chicken, expected, reference, signalling
from reassure.engine.games.agent_form import AgentForm
from reassure.engine.games.branch import trace
from reassure.engine.games.feedback import feedback_set
from reassure.engine.games.nash import equilibria
from reassure.engine.games.single import numbers
from reassure.engine.games.solver import Solver, outcome_probabilities, solve
from reassure.engine.games.structure import structure
from reassure.model.game_checks import MOST_NODES
from reassure.model.game_tree import Game
from reassure.model.mistakes import UsageError


def test_solve_gives_names() -> None:
    found = solve(reference("poker_stripped_down"), 3)
    strategies = expected("poker_stripped_down", "3")
    assert np.allclose(found.probabilities, strategies, atol=1e-9)
    assert found.profile["Professor"]["P_queen"]["Bet"] == pytest.approx(0.459066283144028)
    assert found.profile["Student"].keys() == {"S_bet"}
    assert found.values["Professor"] == pytest.approx(-found.values["Student"])
    assert found.flags == ()
    assert found.rationality == {"Professor": 3.0, "Student": 3.0}


def test_solve_with_a_rationality_each_and_says_what_is_wrong() -> None:
    assert solve(chicken(), {"A": 5, "B": 5}).flags == ("fold met", "several equilibria")
    lopsided = solve(chicken(), {"A": 5, "B": 0})
    assert lopsided.profile["B"]["column"] == {"swerve": 0.5, "straight": 0.5}
    assert lopsided.flags == ()


def test_nothing_global_is_changed() -> None:
    before = jax.config.jax_enable_x64
    solve(chicken(), 1)
    assert jax.config.jax_enable_x64 == before


def test_outcomes_add_up() -> None:
    game = signalling()
    found = solve(game, 2)
    ends = outcome_probabilities(game, found.probabilities)
    assert ends.sum() == pytest.approx(1)
    for i, player in enumerate(game.tree.players):
        value = sum(p * float(row[i]) for p, row in zip(ends, game.payoffs, strict=True))
        assert found.values[player] == pytest.approx(value)


@pytest.mark.parametrize("bad", [-1, math.inf, math.nan])
def test_no_such_rationality(bad: float) -> None:
    with pytest.raises(
        UsageError, match=r"rationality of player 'A' is .*finite number, 0 or above"
    ):
        solve(chicken(), bad)


def test_rationality_of_whom() -> None:
    with pytest.raises(UsageError, match="'C', who does not play"):
        solve(chicken(), {"A": 1, "B": 1, "C": 1})
    with pytest.raises(UsageError, match="no rationality is given for player 'B'"):
        solve(chicken(), {"A": 1})


def forgetful(again: bool) -> Game:
    sets = {"first": ("A", ["l", "r"]), "later": ("A", ["l", "r"])}
    second = {"set": "later", "then": [[1], [2]]}
    if again:
        second = {"set": "later", "then": [{"set": "later", "then": [[1], [2]]}, [3]]}
    return build(
        ["A"], sets, {"set": "first", "then": [second, {"set": "later", "then": [[0], [4]]}]}
    )


@pytest.mark.parametrize("again", [False, True])
def test_imperfect_recall_is_refused(again: bool) -> None:
    with pytest.raises(UsageError, match=r"player 'A' has imperfect recall at .* 'later'"):
        solve(forgetful(again), 1)


def test_too_large_is_refused() -> None:
    def grow(depth: int) -> Any:
        if depth == 0:
            return [0]
        return {"set": f"s{depth}", "then": [grow(depth - 1), grow(depth - 1)]}

    depth = MOST_NODES.bit_length()
    sets = {f"s{i}": ("A", ["l", "r"]) for i in range(depth + 1)}
    with pytest.raises(UsageError, match=f"too large: .* nodes; the limit is {MOST_NODES:,}"):
        solve(build(["A"], sets, grow(depth)), 1)


def test_sets_must_agree_on_their_actions() -> None:
    sets = {"i": ("A", ["l", "r"]), "j": ("B", ["l", "r"])}
    tree = {"set": "i", "then": [{"set": "j", "then": [[0, 0], [1, 1]]}, [2, 2]]}
    game = build(["A", "B"], sets, tree)
    wrong = replace(game.tree.information_sets[1], actions=("l", "r", "s"))
    tree_ = replace(game.tree, information_sets=(game.tree.information_sets[0], wrong))
    with pytest.raises(UsageError, match="'j' of player 'B' has nodes with differing numbers"):
        Solver(tree_)


def test_a_player_that_never_moves_and_a_set_with_one_action() -> None:
    sets = {"only": ("A", ["go"]), "then": ("A", ["l", "r"])}
    game = build(
        ["A", "B"], sets, {"set": "only", "then": [{"set": "then", "then": [[1, 5], [0, 3]]}]}
    )
    found = solve(game, 2)
    assert found.profile["A"]["only"] == {"go": 1.0}
    assert found.values["B"] == pytest.approx(3 + 2 / (1 + math.exp(-2)))


def test_a_game_that_chance_decides() -> None:
    game = build(["A"], {}, {"chance": {"h": "1/4", "t": "3/4"}, "then": [[8], [0]]})
    assert solve(game, 1).values["A"] == pytest.approx(2)


def test_feedback_sets() -> None:
    ring = {i: frozenset([(i + 1) % 5]) for i in range(5)}
    assert feedback_set(ring, [3, 1, 3, 3, 3]) == ((1,), True)
    full = {i: frozenset(range(4)) - {i} for i in range(4)}
    assert len(feedback_set(full, [1] * 4)[0]) == 3
    assert feedback_set({0: frozenset([1]), 1: frozenset()}, [1, 1]) == ((), True)


@pytest.mark.parametrize(
    ("name", "dimension"),
    [("beer_quiche", 2), ("selten_horse", 1), ("kydd_trust_two_sided", 2), ("kuhn_poker", 6)],
)
def test_cores_are_small(name: str, dimension: int) -> None:
    found = structure(reference(name).tree)
    assert (found.dimension, found.minimal) == (dimension, True)


# -- the branch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["selten_horse", "beer_quiche", "banks_camerer_porter_2"])
def test_branch_ends_at_the_equilibrium(name: str) -> None:
    last = list(REFERENCE[name]["strategies"])[-1]
    branch = trace(reference(name), float(last))
    assert branch.complete
    assert branch.folds == branch.forks == ()
    assert branch.rationality[0] == 0
    assert branch.rationality[-1] == pytest.approx(float(last))
    assert np.allclose(branch.probabilities[-1], expected(name, last), atol=1e-8)


def test_branch_says_where_it_forks() -> None:
    branch = trace(chicken(), 4)
    assert branch.forks == (pytest.approx(2, abs=1e-3),)


def test_branch_folds_and_goes_on() -> None:
    """Asymmetric stag hunt between players that reason unequally: found by search."""
    sets = {"row": ("A", ["l", "r"]), "column": ("B", ["l", "r"])}
    tree = {
        "set": "row",
        "then": [
            {"set": "column", "then": [["1", "1"], ["0", "0"]]},
            {"set": "column", "then": [["0", "-8/10"], ["2/5", "9/5"]]},
        ],
    }
    branch = trace(build(["A", "B"], sets, tree), 40)
    assert branch.complete
    assert len(branch.folds) % 2 == 0
    for turn in branch.folds:
        assert 0 < turn < 40


def test_branch_direction() -> None:
    branch = trace(chicken(), 3, {"B": 0})
    assert np.allclose(branch.probabilities[:, 2], 0.5)
    with pytest.raises(UsageError, match="direction of player 'A' is -1"):
        trace(chicken(), 3, {"A": -1})
    with pytest.raises(UsageError, match="rationality above 0"):
        trace(chicken(), 0)


# -- Nash ------------------------------------------------------------------------------------------


def listed(name: str) -> list[dict[str, list[Fraction]]]:
    return [
        {s: [Fraction(p) for p in row] for s, row in item.items()}
        for item in REFERENCE[name]["nash"]
    ]


@pytest.mark.parametrize("name", REFERENCE)
def test_equilibria_leave_nothing_to_gain(name: str) -> None:
    game = reference(name)
    found = equilibria(game)
    payoffs, chances = numbers(game)
    form = AgentForm(game.tree, payoffs, chances)
    for item in found.equilibria:
        for at, s in enumerate(game.tree.information_sets):
            base = item.values[game.tree.players[s.player]]
            for action in range(len(s.actions)):
                other = item.probabilities.copy()
                other[form.starts[at] : form.starts[at + 1]] = 0
                other[form.starts[at] + action] = 1
                assert form.values(other)[s.player] <= base + 1e-5 * np.ptp(payoffs)


@pytest.mark.parametrize("name", ["poker_stripped_down", "ochs_matching_pennies", "centipede4"])
def test_equilibria_that_are_listed_are_found(name: str) -> None:
    game, found = reference(name), equilibria(reference(name))
    for item in listed(name):
        assert any(
            all(
                np.allclose(
                    list(e.profile[game.tree.players[s.player]][s.name].values()),
                    [float(p) for p in item[s.name]],
                    atol=1e-3,
                )
                for s in game.tree.information_sets
                if s.name in item
            )
            for e in found.equilibria
        )


def test_methods() -> None:
    assert equilibria(reference("centipede4")).method == "backward induction"
    assert equilibria(reference("stag_hunt")).method == "support enumeration"
    assert len(equilibria(reference("stag_hunt")).equilibria) == 3
    assert equilibria(reference("selten_horse")).method == "limit of the logit branch"
    with pytest.raises(UsageError, match="perfect information"):
        equilibria(reference("stag_hunt"), "backward induction")
    with pytest.raises(UsageError, match="two players"):
        equilibria(reference("selten_horse"), "support enumeration")


def test_ties_are_said() -> None:
    tree = {"set": "i", "then": [[1, 0], [1, 2]]}
    found = equilibria(build(["A", "B"], {"i": ("A", ["l", "r"])}, tree))
    assert len(found.equilibria) == 2
    assert "indifferent" in found.said[1]


def test_the_limit_of_the_branch_in_the_stag_hunt_is_hare() -> None:
    found = equilibria(reference("stag_hunt"), "limit of the logit branch")
    assert found.equilibria[0].profile["P1"]["I1"]["Hare"] == pytest.approx(1)
    assert found.regret < 1e-5
