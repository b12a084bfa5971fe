"""Import of GDELT rows into monthly dyad counts: DuckDB as `reassure` runs it, against plain pandas.

    python benchmarks/ledger_import.py [--rows 1000000] [--only reassure|pandas]

The rows are generated: 58 columns filled as real ones are, about 340 bytes a row, actors of 40 countries.
Each side runs in its own process, which reports its own time (imports included) and peak memory.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

OURS = """
import resource, sys, time
start = time.perf_counter()
from pathlib import Path
from reassure.history.ledger.importing import aggregate, layout_of
from reassure.history.ledger.importing.codes import actor_table, code_table
path = Path(sys.argv[1])
known = ('JPN', 'KOR', 'PRK', 'USA', 'CHN')
layout = layout_of(path, 'gdelt1')
found = aggregate(path, layout, actor_table(None, known), code_table(None, 'gdelt1'), by='month')
took = time.perf_counter() - start
print(found.used, took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PLAIN = """
import resource, sys, time
start = time.perf_counter()
import pandas as pd
data = pd.read_csv(sys.argv[1], sep='\\t', header=None, dtype={26: str, 27: str, 28: str}, quoting=3)
known = ['JPN', 'KOR', 'PRK', 'USA', 'CHN']
data = data[data[7].isin(known) & data[17].isin(known) & (data[7] != data[17])].copy()
data['month'] = pd.to_datetime(data[1], format='%Y%m%d').dt.to_period('M')
data['root'] = data[26].str[:2]
counts = data.groupby(['month', 7, 17, 'root']).size()
means = data.groupby(['month', 7, 17])[30].mean()
took = time.perf_counter() - start
print(counts.sum(), took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def row(chance: random.Random, countries: list[str]) -> str:
    """One row as GDELT 1 has it."""
    year, month, day = (
        chance.randrange(2000, 2014),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
    )
    code = f"{chance.randrange(1, 21):02}{chance.randrange(10)}"
    actors = []
    for _ in range(2):
        country = chance.choice(countries)
        actors += [country + "GOV", f"NAME OF {country}", country, "", "", "", "", "GOV", "", ""]
    place = [
        "4",
        "Somewhere, Some Province, Some Country",
        "KS",
        "KS11",
        "37.5664",
        "126.9997",
        "-716583",
    ]
    cells = [
        str(chance.randrange(10**9)),
        f"{year}{month:02}{day:02}",
        f"{year}{month:02}",
        str(year),
    ]
    cells += [f"{year}.{chance.randrange(10000):04}", *actors, "1", code, code, code[:2]]
    cells += [str(chance.randrange(1, 5)), f"{chance.randrange(-100, 101) / 10}", "6", "1", "6"]
    cells += [f"{chance.random() * 10:.5f}", *place, *place, *place, "20140101"]
    return "\t".join([*cells, f"http://example.org/news/{chance.randrange(10**9)}/article.html"])


def write(path: Path, rows: int) -> None:
    """Write ``rows`` rows: 100,000 different ones, over and over."""
    chance = random.Random(0)
    countries = ["JPN", "KOR", "PRK", "USA", "CHN", *(f"X{n:02}" for n in range(35))]
    block = [row(chance, countries) + "\n" for _ in range(min(rows, 100_000))]
    with path.open("w", encoding="utf-8") as file:
        for begin in range(0, rows, len(block)):
            file.writelines(block[: rows - begin])


def measure(script: str, path: Path) -> tuple[int, float, float]:
    """Events counted, seconds, and peak MiB of a process of its own."""
    words = [sys.executable, "-c", script, str(path)]
    used, took, peak = subprocess.run(
        words, capture_output=True, text=True, check=True
    ).stdout.split()
    return int(used), float(took), float(peak)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("reassure", "pandas"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.CSV"
        write(path, given.rows)
        print(f"{given.rows:,} rows, {path.stat().st_size / 2**20:,.0f} MiB")
        found = {}
        for name, script in (("reassure", OURS), ("pandas", PLAIN)):
            if given.only in (None, name):
                found[name] = measure(script, path)
                used, took, peak = found[name]
                print(f"{name:9} {used:,} events, {took:.1f} s, peak {peak:,.0f} MiB")
        if len(found) == 2:
            ours, plain = found["reassure"], found["pandas"]
            assert ours[0] == plain[0]
            print(
                f"pandas / reassure: time {plain[1] / ours[1]:.1f}, memory {plain[2] / ours[2]:.1f}"
            )


if __name__ == "__main__":
    main()
