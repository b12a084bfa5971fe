"""Fits beside PyMC on one posterior, and the filter's density beside NumPy and SciPy.

    python benchmarks/fits.py --pymc /path/python    # an interpreter that has pymc and numpyro

The model: a mood that wanders (a first-order process, monthly, twelve years) behind a poll each
month; size, memory and level are unknown. PyMC has the mood's 144 values as parameters, as its users
write it, under its own sampler and under NumPyro's; reassure integrates them out. Effective draws are
the least of the three parameters', in the bulk, a second of sampling and compiling together, and of
sampling alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

STEPS, CHAINS, WARMUP, DRAWS = 144, 4, 1000, 1000
MODEL = """
language: 1
title: A mood behind a poll
time: {start: 2000-01, years: 12, step: month}
actors: {A: A}
parameters:
  spread: {prior: {lognormal: {median: 1, p95: 2}}, because: x}
  memory: {prior: {lognormal: {median: 1, p95: 3}}, unit: year, because: x}
  level: {prior: {normal: {mean: 0, sd: 1}}, because: x}
auxiliaries:
  mood: {noise: ar1, scale: spread, memory: memory, because: x}
outcomes:
  end: {final: mood}
observations:
  poll: {of: mood, series: poll, likelihood: {normal: {sd: 0.5}}, bias: level, because: x}
"""

PEER = """
import json, sys, time
import numpy as np, pymc as pm, arviz as az
y, sampler, chains, warmup, draws = json.loads(sys.stdin.read())
y = np.array(y)
with pm.Model():
    spread = pm.LogNormal("spread", 0.0, np.log(2) / 1.6448536269514722)
    memory = pm.LogNormal("memory", 0.0, np.log(3) / 1.6448536269514722)
    level = pm.Normal("level", 0.0, 1.0)
    a = pm.math.exp(-1 / 12 / memory)
    mood = pm.AR("mood", rho=[a], sigma=spread * pm.math.sqrt(1 - a**2), steps=len(y) - 1,
                 init_dist=pm.Normal.dist(0, spread))
    pm.Normal("poll", level + mood, 0.5, observed=y)
    began = time.perf_counter()
    found = pm.sample(draws, tune=warmup, chains=chains, cores=2, nuts_sampler=sampler,
                      random_seed=1, progressbar=False)
    seconds = time.perf_counter() - began
ess = az.ess(found, var_names=["spread", "memory", "level"])
least = min(float(ess[name]) for name in ess)
means = {name: float(found.posterior[name].mean()) for name in ("spread", "memory", "level")}
inside = found.attrs.get("sampling_time") or found.posterior.attrs.get("sampling_time") or seconds
print(json.dumps({"seconds": seconds, "sampling": float(inside), "ess": least, "means": means}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pymc", metavar="PYTHON", default=sys.executable)
    options = parser.parse_args()
    y = _record()
    rows = {
        "PyMC": _peer(options.pymc, y, "pymc"),
        "PyMC, NumPyro's sampler": _peer(options.pymc, y, "numpyro"),
        "reassure": _ours(y),
    }
    base = rows["PyMC"]
    print("| sampler | seconds | effective draws | a second | times PyMC | a second of sampling |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, row in rows.items():
        rate, first = row["ess"] / row["seconds"], base["ess"] / base["seconds"]
        print(
            f"| {name} | {row['seconds']:.1f} | {row['ess']:,.0f} | {rate:.1f} | {rate / first:.1f} |"
            f" {row['ess'] / row['sampling']:.1f} |"
        )
    for name, row in rows.items():
        print(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in row["means"].items()))
    _densities(y)


def _record() -> Any:
    rng = np.random.default_rng(11)
    a, mood, y = np.exp(-1 / 12 / 1.5), 0.0, []
    for k in range(STEPS):
        mood = rng.normal() if k == 0 else a * mood + np.sqrt(1 - a * a) * rng.normal()
        y.append(0.4 + mood + 0.5 * rng.normal())
    return np.array(y)


def _peer(python: str, y: Any, sampler: str) -> dict[str, Any]:
    given = json.dumps([y.tolist(), sampler, CHAINS, WARMUP, DRAWS])
    done = subprocess.run(
        [python, "-c", PEER], input=given, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _density(y: Any) -> Any:
    from reassure.history.conditioning import Conditioning
    from reassure.history.fit.density import Density
    from reassure.history.measured import Measured
    from reassure.model.load import load

    model = load("mood.yaml", text=MODEL)
    at = np.arange(STEPS)
    measured = Measured(model.measurements[0], at, at, y, tuple(map(str, at)))
    return Density(
        Conditioning(model, "made", "made", "2000-01", "2012-01", STEPS, {}, {}, {}, (measured,))
    )


def _ours(y: Any) -> dict[str, Any]:
    from reassure.history.fit.diagnostics import diagnose
    from reassure.history.fit.sampler import Plan, sample

    density = _density(y)
    plan = Plan(chains=CHAINS, draws=DRAWS, warmup=WARMUP, seed=1)
    began = time.perf_counter()
    draws = sample(density, plan)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    sample(density, Plan(chains=CHAINS, draws=DRAWS, warmup=WARMUP, seed=2))
    again = time.perf_counter() - began
    found = diagnose(density.names, draws)
    values = density.parameters(draws.scores.reshape(-1, density.size)).mean(axis=0)
    return {
        "seconds": seconds,
        "sampling": again,
        "ess": found.least_bulk,
        "means": dict(zip(density.names, values.tolist(), strict=True)),
    }


def _densities(y: Any) -> None:
    """The filter's density and slopes beside a Kalman filter in NumPy with SciPy's differences."""
    import jax
    from scipy.optimize import approx_fprime

    density = _density(y)
    z = np.zeros(3)

    def reference(z: Any) -> float:
        spread, memory, level = density.parameters(z)
        a, mean, variance, total = np.exp(-1 / 12 / memory), 0.0, spread**2, 0.0
        for k, seen in enumerate(y):
            if k:
                mean, variance = a * mean, a * a * variance + (1 - a * a) * spread**2
            whole = variance + 0.25
            total -= 0.5 * ((seen - level - mean) ** 2 / whole + np.log(2 * np.pi * whole))
            gain = variance / whole
            mean, variance = mean + gain * (seen - level - mean), (1 - gain) * variance
        return float(total)

    with jax.enable_x64(True):
        both = jax.jit(jax.value_and_grad(density.log_likelihood))
        value, slope = both(z)
        slope = np.asarray(slope)
        print(f"density {float(value):.6f} and {reference(z):.6f}")
        ours = _time(lambda: jax.block_until_ready(both(z)))
    theirs = _time(lambda: (reference(z), approx_fprime(z, reference, 1e-6)))
    print(
        f"density and slopes: {1e3 * ours:.2f} ms, NumPy and SciPy {1e3 * theirs:.2f} ms, ratio {theirs / ours:.1f}"
    )
    print(
        f"largest difference of a slope {np.max(np.abs(slope - approx_fprime(z, reference, 1e-6))):.1e}"
    )


def _time(work: Any) -> float:
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < 2:
        work()
        count += 1
    return (time.perf_counter() - began) / count


if __name__ == "__main__":
    main()
