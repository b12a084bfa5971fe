"""The twelve-state model of twelve.yaml, written by hand for each peer.

Each function takes a number of futures and returns the seconds it took, without compilation or warm-up; each draws
its parameters and its three normal shocks a step from the peer's own generator.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

STEPS = 240
DT = 1 / 12
STATES = 12
START = 0.1 * (np.arange(STATES) - 5)
SHOCKED = (0, 4, 8)
LOW = np.array([0.5, 0.2, -0.5, 0.05, 0.05, 0.05])
HIGH = np.array([2.0, 1.2, 0.5, 0.3, 0.3, 0.3])
BATCH = 1024  # the fastest of 256 to 16,384 on the machine of the README
CORES = os.cpu_count() or 1


# -- one future at a time, for EMA Workbench --------------------------------------------------------


def one_future(
    pull: float = 1.0,
    coupling: float = 0.7,
    feedback: float = 0.0,
    shock_1: float = 0.1,
    shock_2: float = 0.1,
    shock_3: float = 0.1,
) -> dict[str, float]:
    """One future with NumPy on twelve numbers: how such a model is usually handed to EMA Workbench."""
    rng = np.random.default_rng()
    scale = np.array([shock_1, shock_2, shock_3])
    x = START.copy()
    total, highest = 0.0, -np.inf
    for _ in range(STEPS):
        total += x[0]
        highest = max(highest, x[5])
        change = coupling * np.tanh(np.roll(x, 1)) - pull * x + feedback * x * np.roll(x, -1)
        x = x + DT * change
        x[list(SHOCKED)] += scale * rng.standard_normal(3)
        np.clip(x, -10, 10, out=x)
    return {"mean_0": total / STEPS, "highest_5": float(highest), "end_11": float(x[11])}


def ema(futures: int) -> float:
    """EMA Workbench on :func:`one_future`, sequentially (its process pool is no faster at this size)."""
    import logging

    from ema_workbench import Model, RealParameter, ScalarOutcome, SequentialEvaluator

    logging.getLogger("EMA").setLevel(logging.CRITICAL)
    model = Model("twelve", function=one_future)
    names = ("pull", "coupling", "feedback", "shock_1", "shock_2", "shock_3")
    model.uncertainties = [
        RealParameter(name, low, high) for name, low, high in zip(names, LOW, HIGH, strict=True)
    ]
    model.outcomes = [ScalarOutcome(name) for name in ("mean_0", "highest_5", "end_11")]
    began = time.perf_counter()
    with SequentialEvaluator(model) as evaluator:
        evaluator.perform_experiments(scenarios=futures)
    return time.perf_counter() - began


# -- NumPy, a batch at a time on every core ----------------------------------------------------------


def numpy_batch(job: tuple[int, int]) -> float:
    """``count`` futures at once in float32; returns a checksum so that nothing can be left out."""
    seed, count = job
    rng = np.random.default_rng(seed)
    f = np.float32
    p = (LOW + (HIGH - LOW) * rng.random((count, 6))).astype(f).T
    pull, coupling, feedback = p[0], p[1], p[2]
    x = np.repeat(START.astype(f)[:, None], count, axis=1)
    total = np.zeros(count, dtype=f)
    highest = np.full(count, -np.inf, dtype=f)
    for _ in range(STEPS):
        total += x[0]
        np.maximum(highest, x[5], out=highest)
        change = coupling * np.tanh(x[PREVIOUS])
        change -= pull * x
        change += feedback * x * x[NEXT]
        change *= f(DT)
        x += change
        shocks = rng.standard_normal((3, count), dtype=f)
        x[SHOCK_ROWS] += p[3:] * shocks
        np.clip(x, -10, 10, out=x)
    return float(total.sum() / STEPS + highest.sum() + x[11].sum())


PREVIOUS = np.roll(np.arange(STATES), 1)
NEXT = np.roll(np.arange(STATES), -1)
SHOCK_ROWS = np.array(SHOCKED)


class NumpyPool:
    """Workers kept alive between timings, so that starting processes is not counted."""

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        self.pool = ProcessPoolExecutor(CORES)
        list(self.pool.map(numpy_batch, [(i, 64) for i in range(2 * CORES)]))

    def __call__(self, futures: int) -> float:
        jobs = [(i, BATCH) for i in range(futures // BATCH)]
        began = time.perf_counter()
        total = sum(self.pool.map(numpy_batch, jobs, chunksize=max(1, len(jobs) // (4 * CORES))))
        elapsed = time.perf_counter() - began
        assert np.isfinite(total)
        return elapsed

    def close(self) -> None:
        self.pool.shutdown()


# -- Numba, a scalar loop on every core --------------------------------------------------------------


def numba_loop() -> object:
    """A compiled ``run(futures) -> checksum`` over all cores."""
    import numba
    from numba import njit, prange

    numba.set_num_threads(CORES)

    @njit(parallel=True, fastmath=True)  # type: ignore[untyped-decorator]
    def run(futures: int) -> float:
        answer = 0.0
        for _ in prange(futures):
            p = np.empty(6, dtype=np.float32)
            for i in range(6):
                p[i] = LOW[i] + (HIGH[i] - LOW[i]) * np.random.random()  # noqa: NPY002
            x = np.empty(12, dtype=np.float32)
            y = np.empty(12, dtype=np.float32)
            for i in range(12):
                x[i] = START[i]
            total = np.float32(0)
            highest = np.float32(-1e30)
            for _step in range(240):
                total += x[0]
                highest = max(highest, x[5])
                for i in range(12):
                    before = x[11] if i == 0 else x[i - 1]
                    after = x[0] if i == 11 else x[i + 1]
                    change = p[1] * np.tanh(before) - p[0] * x[i] + p[2] * x[i] * after
                    y[i] = x[i] + np.float32(1 / 12) * change
                y[0] += p[3] * np.float32(np.random.standard_normal())  # noqa: NPY002
                y[4] += p[4] * np.float32(np.random.standard_normal())  # noqa: NPY002
                y[8] += p[5] * np.float32(np.random.standard_normal())  # noqa: NPY002
                for i in range(12):
                    x[i] = min(max(y[i], np.float32(-10)), np.float32(10))
            answer += total / 240 + highest + x[11]
        return answer

    run(8)
    return run
