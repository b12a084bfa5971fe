"""What single precision costs: every bundled model in both precisions, future by future.

    python benchmarks/precision.py            print the table and write precision.md

Both precisions meet the same luck, so a future can be compared with itself.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reassure.model.checked import Model
from reassure.model.load import load
from reassure.study.running import run

HERE = Path(__file__).parent
MODELS = (
    "logistic",
    "richardson",
    "trust",
    "easley2007",
    "easley2007-formula",
    "easley2007-china",
    "easley2007-domestic",
    "easley2007-complements",
)


@dataclass(frozen=True)
class Cost:
    """What single precision changed in the outcomes of all policies of a model.

    Attributes:
        parted: share of futures in which some outcome moved by more than a hundredth of its standard
            deviation over futures: a rounding turned a count, a choice or a comparison.
        mean: largest change of a mean, in standard deviations over scenarios.
        error: the error that chance leaves in that mean, in the same unit.
        quantile: largest change of the 5, 50 or 95 percent quantile, in the same unit.
    """

    futures: int
    parted: float
    mean: float
    error: float
    quantile: float


def cost(model: Model, scenarios: int, replications: int) -> Cost:
    """Run ``model`` in both precisions and compare."""
    single, double = (
        run(model, scenarios=scenarios, replications=replications, precision=precision).array
        for precision in ("float32", "float64")
    )
    assert single is not None
    assert double is not None
    spread = np.maximum(double.std(axis=(1, 2), keepdims=True), 1e-12)
    apart = (np.abs(single - double) > 0.01 * spread).any(axis=-1)
    mine, theirs = single.mean(axis=2), double.mean(axis=2)
    unit = np.maximum(theirs.std(axis=1), 1e-12)
    moving = theirs.std(axis=1) > 1e-9 * (1e-12 + np.abs(theirs).max(axis=1))
    means = np.where(moving, np.abs(mine.mean(axis=1) - theirs.mean(axis=1)) / unit, 0.0)
    levels = (0.05, 0.5, 0.95)
    quantiles = np.abs(np.quantile(mine, levels, axis=1) - np.quantile(theirs, levels, axis=1))
    at = np.unravel_index(means.argmax(), means.shape)
    inside = np.sqrt(double.var(axis=2).mean(axis=1) / (scenarios * replications))
    return Cost(
        futures=apart.size,
        parted=float(apart.mean()),
        mean=float(means.max()),
        error=float(np.round((inside / unit)[at], 12)),
        quantile=float(np.where(moving, quantiles / unit, 0.0).max()),
    )


def main() -> None:
    """Write the table."""
    import jax

    lines = [
        "# What single precision costs",
        "",
        "<!-- Written by benchmarks/precision.py. -->",
        "",
        "Every bundled model under all its policies, 128 scenarios of 16 replications, in single and in "
        "double precision with the same luck. *Futures apart*: some outcome moved by more than a "
        "hundredth of its standard deviation, because a rounding turned a count, a choice or a "
        "comparison. The other columns are the largest change over all outcomes and policies, in "
        "standard deviations over scenarios, and beside the mean's the error that chance leaves in it.",
        "",
        "| model | futures | futures apart | mean | its error by chance | quantile (5, 50, 95 %) |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in MODELS:
        found = cost(load(name), 128, 16)
        lines.append(
            f"| {name} | {found.futures:,} | {100 * found.parted:.2g} % | {found.mean:.1g} "
            f"| {found.error:.1g} | {found.quantile:.1g} |"
        )
        print(lines[-1])
    lines += ["", f"Python {platform.python_version()}, JAX {jax.__version__}, on a CPU.", ""]
    (HERE / "precision.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
