"""The reference games: the compiled solver in both precisions, and the plain one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.games.examples import REFERENCE, expected, numbers, reference, solved
from reassure.engine.games.reference import reference_aqre
from reassure.engine.games.solver import Solver

ITERATIVE = [name for name in REFERENCE if Solver(reference(name).tree).iterative]


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize(("dtype", "close"), [("float64", 1e-6), ("float32", 1e-4)])
def test_strategies(name: str, dtype: str, close: float) -> None:
    game, listed = reference(name), list(REFERENCE[name]["strategies"])
    found = solved(game.tree, numbers(game, [float(v) for v in listed], dtype))
    for lane, rationality in enumerate(listed):
        if dtype == "float32" and found.flags[lane]:
            continue  # said not to be relied on
        assert found.flags[lane] == 0
        away = found.probabilities[:, lane] - expected(name, rationality)
        assert np.abs(away).max() < close


@pytest.mark.parametrize("name", REFERENCE)
def test_plain_solver(name: str) -> None:
    game = reference(name)
    for rationality in REFERENCE[name]["strategies"]:
        payoffs, chances, lam = (a[..., 0] for a in numbers(game, [float(rationality)]))
        found, flags = reference_aqre(game.tree, payoffs, chances, lam)
        assert flags == 0
        assert np.abs(found - expected(name, rationality)).max() < 1e-9


def test_few_are_flagged_in_single_precision() -> None:
    flagged = total = 0
    for name in REFERENCE:
        game, listed = reference(name), list(REFERENCE[name]["strategies"])
        found = solved(game.tree, numbers(game, [float(v) for v in listed], "float32"))
        flagged += int((found.flags != 0).sum())
        total += len(listed)
    assert flagged <= 2
    assert total >= 70


def test_not_the_quantal_response_of_the_reduced_normal_form() -> None:
    """Some libraries give that for Kuhn poker: at 10 the first player bets a jack with 0.24636."""
    game = reference("kuhn_poker")
    found = solved(
        game.tree, numbers(game, [float(v) for v in REFERENCE["kuhn_poker"]["strategies"]])
    )
    lane = list(REFERENCE["kuhn_poker"]["strategies"]).index("10")
    assert game.tree.information_sets[0].name == "1_J"
    assert game.tree.information_sets[0].actions[0] == "Bet"
    assert abs(found.probabilities[0, lane] - 0.24636) > 0.01


def test_perfect_information_needs_no_iteration() -> None:
    assert set(REFERENCE) - set(ITERATIVE) == {"centipede4", "entry_deterrence", "signorino_2stage"}


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("lam", [0.0, 0.7, 4.0])
def test_chain_store(lam: float) -> None:
    game = reference("entry_deterrence")
    found = solved(game.tree, numbers(game, [lam])).probabilities[:, 0]
    profile = {
        item.name: dict(zip(item.actions, found[2 * i : 2 * i + 2], strict=True))
        for i, item in enumerate(game.tree.information_sets)
    }
    cooperate = logistic(2 * lam)
    first = list(profile["I"].values())
    assert min(abs(p - cooperate) for p in first) < 1e-12
    enter = logistic(lam * (2 * cooperate - 1))
    assert min(abs(p - enter) for p in profile["E"].values()) < 1e-12


@pytest.mark.parametrize("lam", [0.5, 2.0, 10.0])
def test_stag_hunt(lam: float) -> None:
    game = reference("stag_hunt")
    x = solved(game.tree, numbers(game, [lam])).probabilities[0, 0]
    assert x < 0.5
    assert abs(math.log(x / (1 - x)) - lam * (4 * x - 3)) < 1e-9


def test_deterrence_in_two_stages_with_a_rationality_each() -> None:
    game = reference("signorino_2stage")
    payoffs = np.array([[float(v) for v in row] for row in game.payoffs])
    found = solved(game.tree, numbers(game, np.array([[3.0], [0.5]]))).probabilities[:, 0]
    # ends in preorder: which they are follows from the tree
    root = game.tree.nodes[0]
    stays, goes = sorted(root.children, key=lambda c: game.tree.nodes[c].kind != "terminal")
    ends = [game.tree.nodes[c].at for c in game.tree.nodes[goes].children]
    second = logistic(0.5 * (payoffs[ends[0], 1] - payoffs[ends[1], 1]))
    ahead = second * payoffs[ends[0], 0] + (1 - second) * payoffs[ends[1], 0]
    gain = ahead - payoffs[game.tree.nodes[stays].at, 0]
    goes_first = root.children[0] == goes
    assert abs(found[0 if goes_first else 1] - logistic(3 * gain)) < 1e-12
    assert abs(found[2] - second) < 1e-12
