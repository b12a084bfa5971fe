"""Speed against peers, side by side in one run, and a guard against large slowdowns.

    python benchmarks/run.py            everything; writes benchmarks/results.json
    python benchmarks/run.py --quick    the guard alone

Every figure is a median of several timings taken in turn (A B A B ...), so that a drift of the machine hits all alike.
The guard fails (exit code 1) when the ratio to the NumPy batch of the same run falls below a floor.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import peers
from reassure.engine.cache import keep_compiled
from reassure.engine.engine import Engine, compile_model
from reassure.engine.ensemble import Ensemble
from reassure.model.checked import Arm, Model
from reassure.model.load import load
from reassure.study.design import Design

HERE = Path(__file__).parent
ROUNDS = 5
FLOOR = 3.0  # times the NumPy batch, for the same model
EASLEY_FLOOR = 0.1  # of the NumPy batch of the small model
PACKAGES = ("reassure", "jax", "jaxlib", "numpy", "scipy", "numba", "ema-workbench")


class Runner:
    """Times an engine on one arm with fresh scenarios and replications."""

    def __init__(self, model: Model, dtype: str = "float32") -> None:
        self.model = model
        self.arm = Arm(policy=model.policies[0].name if model.policies else "")
        began = time.perf_counter()
        self.engine: Engine = compile_model(model, dtype=dtype)
        self(1024)
        self.first = time.perf_counter() - began

    def __call__(self, futures: int, replications: int = 16) -> float:
        scenarios = max(1, futures // replications)
        design = Design(self.model, "sobol", 0, scenarios)
        ensemble = Ensemble(scenarios, replications, 0, "sobol")
        began = time.perf_counter()
        for _ in self.engine.batches([self.arm], design, ensemble):
            pass
        return time.perf_counter() - began


def rates(
    contestants: dict[str, tuple[Callable[[int], float], int]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Futures per second of each contestant in each round, in turn."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (run, futures) in contestants.items():
            found[name].append(futures / run(futures))
    return found


def ratio(found: dict[str, list[float]], one: str, other: str) -> float:
    """The median over rounds of the ratio within the round."""
    return statistics.median(a / b for a, b in zip(found[one], found[other], strict=True))


def multiply_add_peak() -> float:
    """Measured peak of single-precision multiply-adds on all cores, in operations a second (two each):
    the better of two libraries' products of large matrices, which do little else."""
    import jax
    import numpy as np

    size = 2048
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    product = jax.jit(lambda x, y: x @ y)
    best = 0.0
    for multiply in (lambda: product(a, a).block_until_ready(), lambda: a @ a):
        multiply()
        for _ in range(5):
            began = time.perf_counter()
            multiply()
            best = max(best, 2 * size**3 / (time.perf_counter() - began))
    return best


def easley_times(times: int) -> Model:
    """Easley's model with its moving parts repeated ``times`` times, for the growth of compile time."""
    from multiply import multiplied

    return multiplied(load("easley2007-formula"), times)


def startup() -> dict[str, float]:
    """Median seconds of a fresh process, and as a ratio to a bare ``import numpy``."""
    commands = {
        "import numpy": [sys.executable, "-c", "import numpy"],
        "import reassure": [sys.executable, "-c", "import reassure"],
        "reassure --help": [str(Path(sys.executable).with_name("reassure")), "--help"],
    }
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(9):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            found[name].append(time.perf_counter() - began)
    seconds = {name: statistics.median(values) for name, values in found.items()}
    base = seconds["import numpy"]
    return {**seconds, **{f"{name} / import numpy": s / base for name, s in seconds.items()}}


MEMORY_PROGRAM = """
import time
import reassure
argument = reassure.load({model!r})
began = time.perf_counter()
result = argument.run({policies!r}, scenarios={scenarios}, replications=64, futures=False)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(result.futures, result.seconds, int(peak) * 1024)
"""


def long_runs(
    sizes: tuple[int, ...], model: str, policies: list[str] | None
) -> list[dict[str, float]]:
    """Seconds and peak memory of whole runs, each in a process of its own."""
    found = []
    for futures in sizes:
        program = MEMORY_PROGRAM.format(
            model=model, policies=policies, scenarios=max(1, futures // 64)
        )
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )
        count, seconds, peak = (float(word) for word in done.stdout.split())
        found.append({"futures": count, "seconds": seconds, "peak_bytes": peak})
    return found


def cached_compile() -> dict[str, float]:
    """Seconds to the first batch of Easley's model in a fresh process, without and with the cache on disk."""
    program = (
        "import time\nfrom reassure.engine.cache import keep_compiled\nkeep_compiled()\n"
        "from reassure.engine.engine import compile_model\nfrom reassure.model.load import load\n"
        "engine = compile_model(load('easley2007'))\nbegan = time.perf_counter()\n"
        "engine.size()\nprint(time.perf_counter() - began)"
    )
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "REASSURE_CACHE": folder}
        first, second = (
            float(
                subprocess.run(
                    [sys.executable, "-c", program],
                    env=env,
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for _ in range(2)
        )
    return {"cold": first, "cached": second}


def machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":")[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "load_before": os.getloadavg()[0],
    }


def guard(found: dict[str, list[float]]) -> list[str]:
    """What is slower than it may be."""
    small = ratio(found, "reassure", "numpy batch")
    large = ratio(found, "reassure, easley2007-formula", "numpy batch")
    slow = []
    if small < FLOOR:
        slow.append(f"twelve states: {small:.2f} times the NumPy batch, less than {FLOOR}")
    if large < EASLEY_FLOOR:
        slow.append(f"easley2007-formula: {large:.2f} of the NumPy batch, less than {EASLEY_FLOOR}")
    return slow


def main() -> int:
    quick = "--quick" in sys.argv
    results: dict[str, Any] = {"machine": machine()}
    twelve = Runner(load(HERE / "twelve.yaml"))
    easley = Runner(load("easley2007-formula"))
    pool = peers.NumpyPool()
    contestants: dict[str, tuple[Callable[[int], float], int]] = {
        "reassure": (twelve, 2**18),
        "numpy batch": (pool, 2**16),
        "reassure, easley2007-formula": (easley, 2**15),
    }
    if not quick:
        loop = peers.numba_loop()

        def numba(futures: int) -> float:
            began = time.perf_counter()
            loop(futures)  # type: ignore[operator]
            return time.perf_counter() - began

        contestants["numba"] = (numba, 2**15)
        contestants["reassure, easley2007"] = (Runner(load("easley2007")), 2**13)
        contestants["ema workbench"] = (peers.ema, 100)
        contestants["reassure float64"] = (Runner(load(HERE / "twelve.yaml"), "float64"), 2**17)
    found = rates(contestants, 3 if quick else ROUNDS)
    pool.close()
    results["futures_per_second"] = {
        name: statistics.median(values) for name, values in found.items()
    }
    results["ratios"] = {
        f"reassure / {name}": ratio(found, "reassure", name)
        for name in contestants
        if name != "reassure"
    }
    results["ratios"]["reassure, easley2007-formula / numpy batch"] = ratio(
        found, "reassure, easley2007-formula", "numpy batch"
    )
    if not quick:
        results["ratios"]["easley2007-formula / easley2007"] = ratio(
            found, "reassure, easley2007-formula", "reassure, easley2007"
        )
        results["first_batch_seconds"] = {"twelve": twelve.first, "formula": easley.first}
        size = easley.engine.size()
        work = {
            name: getattr(size, name)
            for name in (
                "simple",
                "divisions",
                "transcendental",
                "integer",
                "streams",
                "states",
                "rows",
                "groups",
                "lanes",
            )
        }
        peak = multiply_add_peak()
        speed = results["futures_per_second"]["reassure, easley2007-formula"]
        steps = easley.model.time.steps + 1
        results["easley2007-formula"] = {
            **work,
            "multiply_add_peak": peak,
            "floating_share_of_peak": speed * steps * size.floating / peak,
            "all_operations_share_of_peak": speed * steps * (size.floating + size.integer) / peak,
        }
        results["compile"] = {}
        for times in (1, 2, 4):
            engine = compile_model(easley_times(times))
            measured = engine.size()
            results["compile"][str(times)] = {
                "operations": measured.floating,
                "seconds": measured.compile_seconds,
                "temporary_bytes": measured.temporary_bytes,
            }
        results["cached_compile_seconds"] = cached_compile()
        results["long_runs_twelve"] = long_runs(
            (10**4, 10**5, 10**6, 10**7), str(HERE / "twelve.yaml"), None
        )
        results["startup"] = startup()
        results["peak_bytes_here"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))
    slow = guard(found)
    for line in slow:
        print(f"SLOWER: {line}")
    return bool(slow)


if __name__ == "__main__":
    keep_compiled()
    raise SystemExit(main())
