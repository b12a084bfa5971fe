"""Logit equilibria side by side with Gambit.

    python benchmarks/games.py                         # this package alone
    python benchmarks/games.py --gambit /path/python   # and Gambit, in an interpreter that has pygambit

Gambit is under the GPL: it runs in an interpreter of its own, is given games as text, and is no part of
the package. Three shapes, payoffs drawn at random as in a contest over a demand, at rationality 5, 1 and
25: solves a second on one core and on all, milliseconds a solve for Gambit on one, their ratio, the share
of flagged solves, and how often the two disagree by more than 1e-4, every disagreement listed with its
flags.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from fractions import Fraction
from typing import Any

LANES = 8192
RATIONALITIES = (5.0, 1.0, 25.0)
CHILD = "--gambit-child"


def gambit_child() -> None:
    """Solve the games on standard input; runs where there is pygambit and nothing of this package."""
    import io

    import pygambit

    asked = json.load(sys.stdin)
    made = []
    for text in asked["games"]:
        game = pygambit.read_efg(io.StringIO(text))
        began = time.perf_counter()
        try:
            found = pygambit.qre.logit_solve_lambda(game, asked["rationality"])[0]
        except Exception as error:
            made.append({"error": f"{type(error).__name__}: {error}"})
            continue
        seconds = time.perf_counter() - began
        numbers = iter(range(len(found)))  # player by player, set by set
        profile = {
            f"{player.label}|{s.label}": [float(found[next(numbers)]) for _ in s.actions]
            for player in game.players
            for s in player.infosets
        }
        made.append({"seconds": seconds, "lambda": float(found.lam), "profile": profile})
    json.dump({"version": pygambit.__version__, "solved": made}, sys.stdout)


def shapes() -> dict[str, Any]:
    """The shapes by name, as nested moves."""

    def side(k: str) -> Any:
        fight = ("ally", (f"press {k}", "war", "back down"), (f"push {k}", "win", "stop"))
        return (f"demand {k}", ("resist", fight, "concede"), "quo")

    def sender(k: str) -> Any:
        answers = [(f"answer {s}", "a", "b") for s in ("signal", "silence")]
        return (f"signal {k}", *answers)

    return {
        "3 sets, perfect information": (
            ("A", "B"),
            {"demand": "A", "resist": "B", "fight": "A"},
            ("demand", ("resist", ("fight", "war", "back down"), "concede"), "quo"),
        ),
        "4 sets, signalling": (
            ("A", "B"),
            {
                "signal tough": "A",
                "signal weak": "A",
                "answer signal": "B",
                "answer silence": "B",
            },
            ("?", sender("tough"), sender("weak")),
        ),
        "8 sets, two types and an ally": (
            ("A", "B", "C"),
            {f"{m} {k}": "A" for m in ("demand", "press", "push") for k in ("tough", "weak")}
            | {"resist": "B", "ally": "C"},
            ("?", side("tough"), side("weak")),
        ),
    }


def tree(players: tuple[str, ...], owners: dict[str, str], moves: Any) -> Any:
    """A shape of the package from nested moves."""
    from reassure.model.game_tree import ChanceMove, GameTree, InformationSet, Node

    nodes: list[Any] = []
    names: list[str] = []
    ends: list[str] = []

    def visit(part: Any) -> int:
        at = len(nodes)
        nodes.append(None)
        if isinstance(part, str):
            nodes[at] = Node("terminal", len(ends))
            ends.append(part)
            return at
        name, *rest = part
        if name == "?":
            nodes[at] = Node("chance", 0, tuple(visit(p) for p in rest))
            return at
        if name not in names:
            names.append(name)
        number = names.index(name)
        nodes[at] = Node("decision", number, tuple(visit(p) for p in rest))
        return at

    visit(moves)
    return GameTree(
        players,
        tuple(InformationSet(n, players.index(owners[n]), ("yes", "no")) for n in names),
        (ChanceMove("type", ("tough", "weak")),) if moves[0] == "?" else (),
        tuple(nodes),
        tuple(ends),
    )


def draw(shape: Any, lanes: int, seed: int = 0) -> tuple[Any, Any]:
    """Payoffs and chances for many games: a prize of 1 changes hands, and moves cost up to 0.6."""
    import numpy as np

    rng = np.random.default_rng(seed)
    size = (len(shape.terminals), len(shape.players), lanes)
    prize = {"quo": 0.5, "concede": 1.0, "win": 0.8, "war": 0.3, "back down": 0.2, "stop": 0.6}
    base = np.array([prize.get(name, 0.5) for name in shape.terminals])[:, None, None]
    sign = np.array([1.0] + [-1.0] * (len(shape.players) - 1))[None, :, None]
    payoffs = np.where(sign > 0, base, 1 - base) + rng.uniform(-0.6, 0.6, size)
    tough = rng.uniform(0.05, 0.95, lanes)
    chances = np.stack([tough, 1 - tough]) if shape.chance_moves else np.zeros((0, lanes))
    return payoffs.round(6), chances.round(6)


def measure(shape: Any, dtype: str, rationality: float, threads: int, cache: dict[Any, Any]) -> Any:
    """Solves a second with so many threads, and the solution of the first batch."""
    import jax
    import numpy as np

    from reassure.engine.games.solver import Solver

    with jax.enable_x64(dtype == "float64"):
        payoffs, chances = draw(shape, LANES)
        given = [
            jax.device_put(a.astype(dtype))
            for a in (payoffs, chances, np.full((len(shape.players), LANES), rationality))
        ]
        if (shape, dtype) not in cache:
            began = time.perf_counter()
            function = jax.jit(Solver(shape).function(LANES, dtype))
            cache[shape, dtype] = function.lower(*given).compile()
            cache[shape, dtype, "seconds"] = time.perf_counter() - began
        run = cache[shape, dtype]
        found = jax.block_until_ready(run(*given))
        rounds = 4
        best = float("inf")
        for _ in range(3):
            workers = [
                threading.Thread(
                    target=lambda: [jax.block_until_ready(run(*given)) for _ in range(rounds)]
                )
                for _ in range(threads)
            ]
            began = time.perf_counter()
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            best = min(best, time.perf_counter() - began)
        return threads * rounds * LANES / best, found


def against_gambit(shape: Any, rationality: float, found: Any, python: str, checked: int) -> Any:
    """Gambit on the first games of the batch: seconds a solve, and where the two disagree."""
    import numpy as np

    from reassure.model.efg import write
    from reassure.model.game_tree import Game

    payoffs, chances = draw(shape, LANES)
    texts = []
    for lane in range(checked):
        rows = tuple(tuple(Fraction(str(v)) for v in row) for row in payoffs[..., lane])
        shares = tuple(Fraction(str(v)) for v in chances[:, lane])
        shares = (shares[0], 1 - shares[0]) if shares else ()
        texts.append(write(Game(shape, rows, (shares,) if shares else ())))
    asked = json.dumps({"games": texts, "rationality": rationality})
    done = subprocess.run(
        ["taskset", "-c", "0", python, __file__, CHILD],
        input=asked, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    seconds, apart = [], []
    probabilities, flags = np.asarray(found.probabilities), np.asarray(found.flags)
    for lane, its in enumerate(answer["solved"]):
        if "error" in its:
            apart.append((lane, its["error"], int(flags[lane])))
            continue
        seconds.append(its["seconds"])
        listed = [
            p
            for s in shape.information_sets
            for p in its["profile"][f"{shape.players[s.player]}|{s.name}"]
        ]
        away = float(np.abs(probabilities[:, lane] - listed).max())
        if away > 1e-4:
            said = f"by {away:.1e}; Gambit stopped at {its['lambda']:.6g}"
            apart.append((lane, said, int(flags[lane])))
    return float(np.mean(seconds)), apart, answer["version"]


def pin(cores: list[int]) -> None:
    """Keep every thread of this process to some cores."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread), cores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gambit", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--games", type=int, default=50, help="for Gambit to solve, a row")
    parser.add_argument(CHILD, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.gambit_child:
        gambit_child()
        return
    has = subprocess.run([options.gambit, "-c", "import pygambit"], capture_output=True)
    gambit = has.returncode == 0
    if not gambit:
        print("pygambit is not installed here: this package alone. See --gambit.")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    cores = sorted(os.sched_getaffinity(0))
    import jax

    jax.devices()  # its threads are made now, as many as there are cores
    cache: dict[Any, Any] = {}
    print("| game | rationality | precision | cores | solves/s | Gambit, ms | ratio | flagged |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    notes = []
    for name, (players, owners, moves) in shapes().items():
        shape = tree(players, owners, moves)
        for rationality in RATIONALITIES:
            for dtype in ("float64", "float32"):
                pin(cores[:1])
                rate, found = measure(shape, dtype, rationality, 1, cache)
                flagged = float((found.flags != 0).mean())
                its, ratio = "", ""
                if gambit and dtype == "float64":
                    ms, apart, version = against_gambit(
                        shape, rationality, found, options.gambit, options.games
                    )
                    notes += [
                        f"{name}, rationality {rationality:g}, game {lane}: {said}; flags {bits}"
                        for lane, said, bits in apart
                    ]
                if gambit:
                    its, ratio = f"{1e3 * ms:.2f}", f"{rate * ms:,.0f}"
                row = f"| {name} | {rationality:g} | {dtype} "
                print(f"{row}| 1 | {rate:,.0f} | {its} | {ratio} | {flagged:.2%} |", flush=True)
                if len(cores) > 1:
                    pin(cores)
                    both, _ = measure(shape, dtype, rationality, len(cores), cache)
                    print(f"{row}| {len(cores)} | {both:,.0f} | | | |", flush=True)
        compiled = ", ".join(
            f"{d} {cache[shape, d, 'seconds']:.1f} s" for d in ("float64", "float32")
        )
        notes.append(f"{name}: compiled in {compiled}")
    if gambit:
        print(f"\nGambit {version}, {options.games} games a row; ratios on one core each.")
    print("\n" + "\n".join(f"- {note}" for note in notes))


if __name__ == "__main__":
    main()
