"""What holds of the logit equilibria of any game, on random games."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.games.examples import build, chicken, draws, numbers, random_game, signalling, solved
from reassure.engine.games.agent_form import AgentForm
from reassure.engine.games.reference import reference_aqre
from reassure.engine.games.solver import FOLD, SEVERAL, Solver
from reassure.engine.games.structure import structure
from reassure.model.game_checks import forgetting
from reassure.model.game_tree import Game, GameTree

SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def reference(game: Game, lam: float | np.ndarray) -> tuple[np.ndarray, int]:
    payoffs, chances, _ = (a[..., 0] for a in numbers(game, [1.0]))
    return reference_aqre(
        game.tree, payoffs, chances, np.broadcast_to(lam, len(game.tree.players)).astype(float)
    )


@MANY
@given(SEEDS, st.sampled_from([2, 3]))
def test_the_core_meets_every_cycle_and_recall_is_perfect(seed: int, players: int) -> None:
    tree = random_game(seed, players).tree
    found = structure(tree)
    assert not forgetting(tree)
    done = set(found.core)
    for at in found.order:
        assert found.reads[at] <= done
        done.add(at)
    assert done == set(range(len(tree.information_sets)))


@FEW
@given(SEEDS, st.floats(0.1, 3), st.floats(0.1, 3))
def test_as_the_plain_solver_says(seed: int, first: float, second: float) -> None:
    game = random_game(seed)
    rationality = np.array([[first, 0.0, second], [second, 0.0, first]])
    found = solved(game.tree, numbers(game, rationality))
    for lane in range(3):
        plain, flags = reference(game, rationality[:, lane])
        if flags or found.flags[lane]:
            continue
        assert np.abs(plain - found.probabilities[:, lane]).max() < 1e-8


@FEW
@given(SEEDS)
def test_uniform_without_rationality_and_its_slope_there(seed: int) -> None:
    game = random_game(seed)
    found = solved(game.tree, numbers(game, [0.0, 1e-6, 1e-6]))
    form = AgentForm(game.tree, *(a[..., 0] for a in numbers(game, [1.0])[:2]))
    uniform = np.zeros((form.unknowns, 1))
    u = form.payoffs_of_actions(form.log_probabilities(uniform))[:, 0]
    for a, b in pairwise(form.starts):
        assert np.allclose(found.probabilities[a:b, 0], 1 / (b - a), atol=1e-14)
        slope = np.log(found.probabilities[a:b, 1] / found.probabilities[b - 1, 1]) / 1e-6
        assert np.allclose(slope, u[a:b] - u[b - 1], atol=1e-4)


@MANY
@given(SEEDS, st.integers(1, 8), st.floats(0.1, 2))
def test_scaling_payoffs_is_scaling_rationality(seed: int, by: int, lam: float) -> None:
    game = random_game(seed)
    scaled = replace(game, payoffs=tuple(tuple(v * by for v in row) for row in game.payoffs))
    one, other = reference(game, lam * by), reference(scaled, lam)
    if not (one[1] or other[1]):
        assert np.abs(one[0] - other[0]).max() < 1e-8


def test_scaling_and_adding_in_the_compiled_solver() -> None:
    game = signalling()
    given = draws(game.tree, 64, 2.0)
    base = solved(game.tree, given).probabilities
    scaled = solved(game.tree, [given[0] * 8, given[1], given[2] / 8]).probabilities
    assert np.abs(base - scaled).max() < 1e-9
    added = solved(game.tree, [given[0] + np.array([3.0, -7.0])[:, None], *given[1:]])
    assert np.abs(base - added.probabilities).max() < 1e-9


@MANY
@given(SEEDS, st.integers(-5, 5))
def test_adding_a_constant_to_a_players_payoffs_changes_nothing(seed: int, constant: int) -> None:
    game = random_game(seed)
    shifted = replace(game, payoffs=tuple((row[0] + constant, *row[1:]) for row in game.payoffs))
    one, other = reference(game, 1.5), reference(shifted, 1.5)
    if not (one[1] or other[1]):
        assert np.abs(one[0] - other[0]).max() < 1e-8


def relabelled(game: Game) -> tuple[Game, list[np.ndarray]]:
    """Players and the actions of every set in reverse order, all names new; and for each new
    information set where its actions stood among all."""
    tree, last = game.tree, len(game.tree.players) - 1
    old: list[int] = []
    terminals: list[int] = []
    moves: list[int] = []
    nodes: list = []

    def visit(i: int) -> int:
        node, at = tree.nodes[i], len(nodes)
        nodes.append(None)
        kids = list(node.children)
        if node.kind == "terminal":
            terminals.append(node.at)
            number = len(terminals) - 1
        elif node.kind == "chance":
            if node.at not in moves:
                moves.append(node.at)
            number, kids = moves.index(node.at), kids[::-1]
        else:
            if node.at not in old:
                old.append(node.at)
            number, kids = old.index(node.at), kids[::-1]
        nodes[at] = replace(node, at=number, children=tuple(visit(k) for k in kids))
        return at

    visit(0)
    sets = tuple(
        replace(
            tree.information_sets[i],
            name=f"new {i}",
            player=last - tree.information_sets[i].player,
            actions=tree.information_sets[i].actions[::-1],
        )
        for i in old
    )
    shape = GameTree(
        tuple(f"new {p}" for p in tree.players[::-1]),
        sets,
        tuple(
            replace(tree.chance_moves[i], actions=tree.chance_moves[i].actions[::-1]) for i in moves
        ),
        tuple(nodes),
        tuple(tree.terminals[i] for i in terminals),
    )
    starts = np.cumsum([0] + [len(s.actions) for s in tree.information_sets])
    return (
        Game(
            shape,
            tuple(game.payoffs[i][::-1] for i in terminals),
            tuple(game.chances[i][::-1] for i in moves),
        ),
        [np.arange(starts[i], starts[i + 1])[::-1] for i in old],
    )


@MANY
@given(SEEDS)
def test_names_and_order_change_nothing(seed: int) -> None:
    game = random_game(seed)
    other, places = relabelled(game)
    one, two = reference(game, np.array([1.0, 2.0])), reference(other, np.array([2.0, 1.0]))
    if not (one[1] or two[1]):
        assert np.abs(one[0][np.concatenate(places)] - two[0]).max() < 1e-8


def test_names_and_order_change_nothing_in_the_compiled_solver() -> None:
    for game in (signalling(), random_game(8), random_game(31)):
        other, places = relabelled(game)
        one = solved(game.tree, numbers(game, np.array([[1.0], [2.0]])))
        two = solved(other.tree, numbers(other, np.array([[2.0], [1.0]])))
        away = one.probabilities[np.concatenate(places), 0] - two.probabilities[:, 0]
        assert np.abs(away).max() < 1e-9
        assert np.allclose(one.values[::-1], two.values)


def test_single_precision_is_near_double() -> None:
    game = signalling()
    given = draws(game.tree, 512, 25.0, seed=4)
    double = solved(game.tree, given)
    single = solved(game.tree, [a.astype(np.float32) for a in given])
    away = np.abs(double.probabilities - single.probabilities).max(axis=0)
    sound = (double.flags == 0) & (single.flags == 0)
    assert away[sound].max() < 1e-4
    assert np.median(away) < 1e-6
    assert sound.mean() > 0.95


def test_a_fork_is_flagged() -> None:
    """Chicken past 2: the symmetric profile goes on, and there are others."""
    game = chicken()
    found = solved(game.tree, numbers(game, [0.5, 1.95, 2.05, 5.0, 2.0]))
    assert list(found.flags[:2]) == [0, 0]
    assert found.flags[4]
    for lane in (2, 3):
        assert found.flags[lane] & FOLD
        symmetric = abs(found.probabilities[0, lane] - found.probabilities[2, lane]) < 1e-6
        assert bool(found.flags[lane] & SEVERAL) == symmetric


def test_a_set_that_is_hardly_ever_reached() -> None:
    """Beliefs there come from ratios of probabilities that single precision cannot hold."""
    game = signalling()
    payoffs = tuple(
        (row[0] + (Fraction(-60) if i in (0, 1, 4, 5) else 0), row[1])
        for i, row in enumerate(game.payoffs)
    )
    game = replace(game, payoffs=payoffs)
    double = solved(game.tree, numbers(game, [5.0]))
    single = solved(game.tree, numbers(game, [5.0], "float32"))
    assert double.flags[0] == single.flags[0] == 0
    assert np.abs(double.probabilities - single.probabilities).max() < 1e-4
    assert np.abs(reference(game, 5.0)[0] - double.probabilities[:, 0]).max() < 1e-8


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_impossible_type_is_no_trouble(dtype: str) -> None:
    game = signalling()
    given = numbers(game, [3.0, 3.0], dtype)
    given[1][:, 1] = [0.0, 1.0]
    found = solved(game.tree, given)
    assert np.isfinite(found.probabilities).all()
    assert (found.flags == 0).all()


def test_iterative_or_not() -> None:
    assert Solver(signalling().tree).iterative
    assert len(Solver(signalling().tree).structure.core) == 2


def test_a_set_whose_nodes_promise_its_player_the_same_needs_no_belief() -> None:
    """The uninformed ally of a threat: what it gains does not turn on the type that threatens."""

    def threat(kind: str) -> dict[str, object]:
        act = {"set": f"act {kind}", "then": [[1, 0, 0], {"set": "ally", "then": [[2, 1, 0]] * 2}]}
        return {
            "set": f"say {kind}",
            "then": [[0, 1, 1], {"set": "answer", "then": [[3, 0, 2], act]}],
        }

    owners = {"ally": ("C", ["help", "wait"]), "answer": ("B", ["yield", "stand"])}
    for kind in ("tough", "weak"):
        owners |= {f"{move} {kind}": ("A", ["no", "yes"]) for move in ("say", "act")}
    both = {"chance": {"tough": "1/3", "weak": "2/3"}, "then": [threat("tough"), threat("weak")]}
    tree = build(["A", "B", "C"], owners, both).tree
    helped, waited = ("C", "help"), ("C", "wait")
    alike = [
        tuple(
            (player, end) if player != 2 else {3: helped, 4: waited}.get(end % 5, (2, end))
            for player in range(3)
        )
        for end in range(len(tree.terminals))
    ]
    rng, lanes = np.random.default_rng(0), 32
    worth = {key: rng.uniform(0, 1, lanes) for row in alike for key in row}
    payoffs = np.array([[worth[key] for key in row] for row in alike])
    given = [payoffs, np.array([[1 / 3], [2 / 3]]) + np.zeros(lanes), np.full((3, lanes), 4.0)]
    plain, short = Solver(tree), Solver(tree, alike)
    assert (plain.structure.dimension, short.structure.dimension) == (2, 1)
    with jax.enable_x64(True):
        one, other = (jax.jit(s.function(lanes, "float64"))(*given) for s in (plain, short))
    assert np.abs(one.probabilities - other.probabilities).max() < 1e-8
    assert not (np.asarray(one.flags) | np.asarray(other.flags)).any()


def test_nodes_that_differ_in_one_payoff_are_not_alike() -> None:
    game = signalling()
    keys = [[(player, end) for player in range(2)] for end in range(len(game.tree.terminals))]
    assert Solver(game.tree, keys).structure == Solver(game.tree).structure
