"""Run dieharder over the engine's random words, address by address, and write what it says.

The words are put in an order in which one coordinate of the address runs fastest, so that a
weakness along that coordinate stands next to itself. All 32 bits of each word are tested,
although a draw uses only the top 23.

Usage::

    python benchmarks/random_battery.py               # writes benchmarks/random_battery.md
    python benchmarks/random_battery.py --emit steps  # raw words on standard output

Needs the program ``dieharder`` (Brown, Eddelbuettel & Bauer; a package of most Linux systems).
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reassure.engine import random as generator

ORDERS = ("steps", "streams", "replications", "scenarios", "seeds")
TESTS = (0, 1, 2, 3, 4, 8, 9, 10, 13, 15, 16, 100, 101, 102, 204, 205, 206, 207, 209)
EXTRA = ((200, 3), (201, 2), (202, 4), (203, 1), (203, 7))  # (test, -n)
LANES = 1 << 14
COLUMNS = ("-D", "test_name", "-D", "ntuple", "-D", "pvalues", "-D", "assessment")


def words(order: str) -> Iterator[np.ndarray]:
    """Endless chunks of 32-bit words with ``order`` as the coordinate that runs fastest."""
    keys = np.array([generator.stream_key(f"element{i}", "count") for i in range(256)], np.uint64)
    chunk = 0
    while True:
        if order in ("replications", "scenarios"):
            indices = np.arange(chunk * LANES, (chunk + 1) * LANES)
            zero = np.zeros(1, dtype=np.int64)
            lanes = (zero, indices) if order == "replications" else (indices, zero)
            future = generator.future_words(1, "sobol", *lanes)
            drawn = generator.draw_words(future, generator.stream_words(keys[:16], 0))
            yield np.stack(drawn).ravel()  # lanes run fastest, then streams, then steps
        elif order == "seeds":
            roots = [generator.future_words(chunk * 512 + i, "sobol", 0, 0) for i in range(512)]
            future = tuple(np.concatenate(parts) for parts in zip(*roots, strict=True))
            drawn = generator.draw_words(future, generator.stream_words(keys, 0))
            yield np.stack(drawn).ravel()
        elif order == "steps":
            future = generator.future_words(1, "sobol", 0, chunk)
            blocks = generator.stream_words(keys[:8, None], np.arange(1024)[None, :])
            flat = tuple(part.ravel() for part in blocks)
            yield np.stack(generator.draw_words(future, flat), axis=-1).ravel()
        else:
            future = generator.future_words(1, "sobol", 0, np.arange(64) + 64 * chunk)
            drawn = generator.draw_words(future, generator.stream_words(keys, 0))
            yield np.stack(drawn).transpose(0, 2, 1).ravel()
        chunk += 1


def emit(order: str) -> None:
    """Write raw words until the reader has had enough."""
    try:
        for chunk in words(order):
            sys.stdout.buffer.write(chunk.astype("<u4").tobytes())
    except BrokenPipeError:
        sys.stderr.close()


def assess(order: str, arguments: tuple[str, ...]) -> list[tuple[str, str, float, str]]:
    """One dieharder test on one order: rows of (test, ntuple, p-value, assessment)."""
    source = subprocess.Popen(
        [sys.executable, __file__, "--emit", order],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        answer = subprocess.run(
            ["dieharder", "-g", "200", *COLUMNS, "-c", ",", *arguments],
            stdin=source.stdout,
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        source.kill()
        source.wait()
    rows = []
    for line in answer.stdout.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 4 and parts[1].isdigit():
            rows.append((parts[0], parts[1], float(parts[2]), parts[3]))
    return rows


def report(orders: tuple[str, ...]) -> str:
    """Run every test on every order and tabulate p-values."""
    table: dict[tuple[str, str, int], dict[str, tuple[float, str]]] = {}
    started = time.perf_counter()
    commands = [("-d", str(test)) for test in TESTS]
    commands += [("-d", str(test), "-n", str(n)) for test, n in EXTRA]
    for order in orders:
        for command in commands:
            for i, (name, n, p, verdict) in enumerate(assess(order, command)):
                table.setdefault((name, n, i), {})[order] = (p, verdict)
            print(order, *command, f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    verdicts = [verdict for row in table.values() for _, verdict in row.values()]
    count = {kind: verdicts.count(kind) for kind in ("PASSED", "WEAK", "FAILED")}
    figures = (
        f"{len(verdicts)} p-values: {count['PASSED']} passed, {count['WEAK']} weak, "
        f"{count['FAILED']} failed. Generator version {generator.GENERATOR_VERSION}, NumPy "
        f"{np.__version__}, {platform.machine()}, {time.perf_counter() - started:.0f} s."
    )
    lines = [
        "# Dieharder on the engine's random words",
        "",
        "Written by `benchmarks/random_battery.py`. Each column is an order of the words in which",
        "that coordinate of the address runs fastest; entries are p-values. Dieharder calls a",
        "p-value below 0.005 or above 0.995 weak, as one in a hundred of a perfect generator's is,",
        "and one below 0.000001 failed.",
        "",
        figures,
        "",
        "| test | n | " + " | ".join(orders) + " |",
        "|---|---|" + "---|" * len(orders),
    ]
    for (name, n, _), row in table.items():
        cells = []
        for order in orders:
            p, verdict = row[order]
            cells.append(f"{p:.3g}" + ("" if verdict == "PASSED" else f" ({verdict.lower()})"))
        lines.append(f"| {name} | {n} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--emit", choices=ORDERS, help="write raw words to standard output")
    parser.add_argument("--orders", nargs="+", choices=ORDERS, default=list(ORDERS))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    if options.emit:
        emit(options.emit)
        return 0
    if shutil.which("dieharder") is None:
        print("dieharder is not installed; install it with the system's packages", file=sys.stderr)
        return 2
    options.out.write_text(report(tuple(options.orders)))
    print(options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
