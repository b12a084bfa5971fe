"""The seven what-ifs of easley2007 beside Gambit, at payoffs of a thousand moments of futures.

    python benchmarks/whatifs.py --gambit /path/python    # an interpreter that has pygambit

Each game is taken as things are, at ten moments of a hundred scenarios under two policies, with all players'
rationality at 1, 5 and 25 per 100 points. A row gives the share of flagged solves, the largest difference of a
probability, how many differ by more than 1e-4, and seconds a solve for Gambit; every difference is listed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np

RATIONALITIES = (1.0, 5.0, 25.0)
POLICIES, STEPS, SCENARIOS = ("drift", "managed"), (11, 71, 131, 191, 231), 100
APART = 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gambit", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--scenarios", type=int, default=SCENARIOS)
    parser.add_argument("--workers", type=int, default=1, help="Gambit processes side by side")
    options = parser.parse_args()

    import reassure
    from reassure.engine.games.views import View
    from reassure.study.whatifs import Moment, needed_names, paths_of, values_of

    model = reassure.load("easley2007").model
    moments = [Moment(policy, step) for policy in POLICIES for step in STEPS]
    names = sorted({name for game in model.games for name in needed_names(game)})
    paths = paths_of(model, moments, names, options.scenarios, 7, "sobol", None)
    width = len(moments) * options.scenarios
    print("| game | rationality | solves | flagged | largest difference | over 1e-4 | Gambit, ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    notes: list[str] = []
    for game in model.games:
        values = values_of(game, View(), paths, width)
        for rationality in RATIONALITIES:
            row, said = compared(game, values, rationality, options.gambit, options.workers)
            print(f"| {game.name} | {rationality:g} | {width} | " + row, flush=True)
            notes += [f"{game.name}, rationality {rationality:g}, {note}" for note in said]
    print("\n" + "\n".join(f"- {note}" for note in notes))


def compared(
    game: Any, values: Any, rationality: float, python: str, workers: int
) -> tuple[str, list[str]]:
    """One row of the table, and what differs."""
    import jax

    from reassure.engine.games.solver import Solver
    from reassure.study.whatifs import numbers_of

    payoffs, chances, _ = numbers_of(game, values)
    payoffs, chances = (payoffs / 100).round(7), chances.round(7)
    lanes = payoffs.shape[-1]
    shares = chances_by_move(game, chances)
    for move in shares:  # what Gambit reads must sum to one exactly
        move[-1] = 1 - move[:-1].sum(axis=0)
    chances = np.concatenate([np.zeros((0, lanes)), *shares])
    with jax.enable_x64(True):
        solve = jax.jit(Solver(game.tree, game.payoffs).function(lanes, np.float64))
        found = solve(payoffs, chances, np.full((len(game.tree.players), lanes), rationality))
        mine, flags = np.asarray(found.probabilities), np.asarray(found.flags)
    answers = by_gambit(game, payoffs, shares, rationality, python, workers)
    away, seconds, notes = [0.0], [], []
    for lane, its in enumerate(answers):
        if "error" in its:
            notes.append(f"draw {lane}: Gambit stops with {its['error']}; flags {flags[lane]}")
            continue
        seconds.append(its["seconds"])
        listed = [
            p
            for s in game.tree.information_sets
            for p in its["profile"][f"{game.tree.players[s.player]}|{s.name}"]
        ]
        away.append(float(np.abs(mine[:, lane] - listed).max()))
        if away[-1] > APART:
            notes.append(
                f"draw {lane}: by {away[-1]:.1e}; Gambit stopped at {its['lambda']:.6g}; flags {flags[lane]}"
            )
    over = sum(a > APART for a in away)
    row = f"{np.mean(flags != 0):.2%} | {max(away):.1e} | {over} | {1e3 * np.mean(seconds):.1f} |"
    return row, notes


def chances_by_move(game: Any, chances: Any) -> list[Any]:
    """Probabilities ``[action, B]``, a table a chance move."""
    counts = [len(move.actions) for move in game.tree.chance_moves]
    return [part.copy() for part in np.split(chances, np.cumsum(counts)[:-1])] if counts else []


def by_gambit(
    game: Any, payoffs: Any, shares: list[Any], rationality: float, python: str, workers: int
) -> list[Any]:
    """Gambit's solutions, in order."""
    from pathlib import Path

    from games import CHILD
    from reassure.model.efg import write
    from reassure.model.game_tree import Game

    def exact(value: float) -> Fraction:
        return Fraction(f"{value:.7f}")

    texts = []
    for lane in range(payoffs.shape[-1]):
        rows = tuple(tuple(map(exact, row)) for row in payoffs[..., lane])
        moves = []
        for move in shares:
            first = [exact(p) for p in move[:-1, lane]]
            moves.append((*first, 1 - sum(first)))
        texts.append(write(Game(game.tree, rows, tuple(moves))))
    parts = [texts[i::workers] for i in range(workers)]
    children = []
    for part in parts:
        child = subprocess.Popen(
            [python, str(Path(__file__).with_name("games.py")), CHILD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdin is not None
        child.stdin.write(json.dumps({"games": part, "rationality": rationality}))
        child.stdin.close()
        children.append(child)
    solved: list[Any] = [None] * len(texts)
    for i, child in enumerate(children):
        assert child.stdout is not None
        solved[i::workers] = json.loads(child.stdout.read())["solved"]
        child.wait()
    return solved


if __name__ == "__main__":
    main()
