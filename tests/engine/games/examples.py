"""Games to test on: the reference games, a few written out, and random ones."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from reassure.engine.games.solver import Solution, Solver
from reassure.model.game_tree import ChanceMove, Game, GameTree, InformationSet, Node

_TABLE = json.loads((Path(__file__).parent / "reference_games.json").read_text(encoding="utf-8"))
REFERENCE: dict[str, dict[str, Any]] = {item["id"]: item for item in _TABLE["games"]}


def build(
    players: list[str], sets: dict[str, tuple[str, list[str]]], tree: Any, title: str = ""
) -> Game:
    """A game from nested moves: ``{"set": name, "then": [...]}``, ``{"chance": {...}, "then":
    [...]}`` and lists of payoffs."""
    nodes: list[Node | None] = []
    names: list[str] = []
    moves: list[ChanceMove] = []
    payoffs: list[tuple[Fraction, ...]] = []
    chances: list[tuple[Fraction, ...]] = []

    def visit(part: Any) -> int:
        at = len(nodes)
        nodes.append(None)
        if isinstance(part, list):
            nodes[at] = Node("terminal", len(payoffs))
            payoffs.append(tuple(Fraction(v) for v in part))
        elif "chance" in part:
            number = len(moves)
            moves.append(ChanceMove(str(number + 1), tuple(part["chance"])))
            chances.append(tuple(Fraction(p) for p in part["chance"].values()))
            nodes[at] = Node("chance", number, tuple(visit(p) for p in part["then"]))
        else:
            if part["set"] not in names:
                names.append(part["set"])
            number = names.index(part["set"])
            nodes[at] = Node("decision", number, tuple(visit(p) for p in part["then"]))
        return at

    visit(tree)
    made = tuple(
        InformationSet(name, players.index(sets[name][0]), tuple(sets[name][1])) for name in names
    )
    shape = GameTree(
        tuple(players),
        made,
        tuple(moves),
        tuple(node for node in nodes if node is not None),
        ("",) * len(payoffs),
        title,
    )
    return Game(shape, tuple(payoffs), tuple(chances))


def reference(name: str) -> Game:
    """A reference game."""
    item = REFERENCE[name]
    return build(item["players"], item["sets"], item["tree"], item["title"])


def expected(name: str, rationality: str) -> np.ndarray:
    """Its strategies, ``[A]``."""
    game, listed = reference(name), REFERENCE[name]["strategies"][rationality]
    return np.array([float(p) for s in game.tree.information_sets for p in listed[s.name]])


def numbers(game: Game, rationality: Any, dtype: str = "float64") -> list[np.ndarray]:
    """Payoffs, chances and rationality of one game in as many lanes as rationalities, a column of
    all players or one number for all."""
    rationality = np.asarray(rationality, dtype=float)
    if rationality.ndim == 1:
        rationality = np.repeat(rationality[None], len(game.tree.players), axis=0)
    lanes = rationality.shape[1]
    payoffs = np.array([[float(v) for v in row] for row in game.payoffs])
    chances = np.array([float(v) for row in game.chances for v in row])
    given = [
        np.repeat(payoffs[..., None], lanes, axis=2),
        np.repeat(chances[:, None], lanes, axis=1),
        rationality,
    ]
    return [array.astype(dtype) for array in given]


@cache
def compiled(tree: GameTree, lanes: int, dtype: str = "float64") -> Any:
    """The solver's function, compiled once."""
    return jax.jit(Solver(tree).function(lanes, dtype))


def solved(tree: GameTree, given: list[np.ndarray], needed: Any = None) -> Solution:
    """Solve the lanes of ``given``; fields as NumPy arrays."""
    dtype = str(given[0].dtype)
    with jax.enable_x64(dtype == "float64"):
        found = compiled(tree, given[0].shape[-1], dtype)(*given, needed)
        return Solution(*(np.asarray(v) for v in jax.tree.leaves(found)))


def draws(tree: GameTree, lanes: int, rationality: float, seed: int = 0) -> list[np.ndarray]:
    """Random numbers for a shape."""
    rng = np.random.default_rng(seed)
    payoffs = rng.uniform(size=(len(tree.terminals), len(tree.players), lanes))
    chances = [rng.dirichlet(np.ones(len(m.actions)), lanes).T for m in tree.chance_moves]
    return [
        payoffs,
        np.concatenate(chances) if chances else np.zeros((0, lanes)),
        np.full((len(tree.players), lanes), rationality),
    ]


def random_game(seed: int, players: int = 2, depth: int = 3) -> Game:
    """A small random game with imperfect information and perfect recall.

    Decision nodes of a player that have the same number of actions and the same history of the
    player's own sets and actions may be joined.
    """
    rng = np.random.default_rng(seed)
    names = [f"P{i}" for i in range(players)]
    sets: dict[str, tuple[str, list[str]]] = {}
    open_sets: dict[Any, list[str]] = {}

    def payoff() -> list[str]:
        return [str(Fraction(int(rng.integers(-12, 13)), 4)) for _ in names]

    def grow(level: int, own: tuple[tuple[Any, ...], ...], root: bool) -> Any:
        if level == 0 or (not root and rng.random() < 0.15):
            return payoff()
        if rng.random() < (0.4 if root else 0.1):
            weights = [int(w) for w in rng.integers(1, 5, size=2)]
            chance = {f"c{i}": str(Fraction(w, sum(weights))) for i, w in enumerate(weights)}
            return {"chance": chance, "then": [grow(level - 1, own, False) for _ in chance]}
        player = int(rng.integers(players))
        count = 2 if rng.random() < 0.75 else 3
        key = (player, count, own[player])
        known = open_sets.setdefault(key, [])
        if known and rng.random() < 0.7:
            name = known[int(rng.integers(len(known)))]
        else:
            name = f"I{len(sets)}"
            sets[name] = (names[player], [f"a{i}" for i in range(count)])
            known.append(name)
        then = []
        for action in range(count):
            after = list(own)
            after[player] = (*own[player], (name, action))
            then.append(grow(level - 1, tuple(after), False))
        return {"set": name, "then": then}

    while True:
        sets.clear()
        open_sets.clear()
        tree = grow(depth, ((),) * players, True)
        if sets:
            return build(names, sets, tree)


def signalling() -> Game:
    """Two types of a sender, a signal or none, an answer to each: four information sets."""
    yes_no = ["yes", "no"]
    sets = {
        "tough": ("A", yes_no),
        "weak": ("A", yes_no),
        "after": ("B", yes_no),
        "without": ("B", yes_no),
    }

    def type_(name: str, shift: int) -> Any:
        ends = [[shift, 1], [3, 0], [1 - shift, 2], [2, shift]]
        return {
            "set": name,
            "then": [{"set": "after", "then": ends[:2]}, {"set": "without", "then": ends[2:]}],
        }

    tree = {
        "chance": {"tough": "1/3", "weak": "2/3"},
        "then": [type_("tough", 1), type_("weak", 0)],
    }
    return build(["A", "B"], sets, tree)


def chicken() -> Game:
    """Chicken: its branch forks at rationality 2."""
    sets = {"row": ("A", ["swerve", "straight"]), "column": ("B", ["swerve", "straight"])}
    tree = {
        "set": "row",
        "then": [
            {"set": "column", "then": [[3, 3], [1, 4]]},
            {"set": "column", "then": [[4, 1], [0, 0]]},
        ],
    }
    return build(["A", "B"], sets, tree)
