"""Simulation-based calibration: does the fit find what made a record, as often as it says?

Talts, Betancourt, Simpson, Vehtari & Gelman (2018), arXiv:1804.06788: where scores are drawn from
the prior and a record from them, the rank of each true score among posterior draws is uniform. The
log likelihood is ranked as well, since it moves with faults that leave every score's rank alone
(Modrák et al. 2023, Bayesian Analysis). Bands for the whole distribution of ranks are those of
Säilynoja, Bürkner & Vehtari (2022), Statistics and Computing 32, 32, found by simulation.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.diagnostics import diagnose
from reassure.history.fit.pieces import packed, write_whole
from reassure.history.fit.protocol import LogDensity, Program, Shared, program_of
from reassure.history.fit.sampler import Draws, Plan, sample_each
from reassure.model.mistakes import UsageError

Array = NDArray[np.float64]
Simulate = Callable[[np.random.Generator], tuple[Array, LogDensity]]
"""True scores ``[D]`` drawn from the prior, and the log density of a record that they made."""

Progress = Callable[[int, int], None]

RANKED = 99
"""Posterior draws among which a true score is ranked, thinned to be nearly independent."""

LEVELS = (0.5, 0.8, 0.9, 0.95)
SIMULATED, RESOLVED = 4000, 100
"""Uniform samples behind bands and p-values: at least so many in all, and for each name, since Holm's test
asks whether p is below 0.05 of one in so many names."""

SIGNIFICANT = 0.05
LIKELIHOOD = "log likelihood"

LANES = 34
"""Chains of records in one program."""

PLAN = Plan(chains=2, draws=500, warmup=500)


@dataclass(frozen=True)
class Ranks:
    """What calibration found.

    Attributes:
        names: of the scores, and of the log likelihood.
        ranks: of the true values among :data:`RANKED` posterior draws, ``[record, name]``.
        inside: whether the central intervals :data:`LEVELS` hold the true score, ``[record, level, D]``.
        converged: whether each record's chains did.
    """

    names: tuple[str, ...]
    ranks: NDArray[np.int64]
    inside: NDArray[np.bool_]
    converged: NDArray[np.bool_]

    @property
    def records(self) -> int:
        return len(self.ranks)

    @property
    def moving(self) -> Ranks:
        """Without the records whose chains did not move, so that no interval of any score holds anything:
        a fit says of such chains that they did not converge."""
        kept = self.inside.any(axis=(1, 2))
        return Ranks(self.names, self.ranks[kept], self.inside[kept], self.converged[kept])

    def distribution(self, index: int, at: Array) -> Array:
        """The share of records whose true value ranks below the share ``at`` of draws."""
        placed = (self.ranks[:, index] + 1) / (RANKED + 1)
        found: Array = (placed[:, None] <= at + 1e-9).mean(axis=0)
        return found

    @cached_property
    def _extremes(self) -> Array:
        """How extreme the most extreme point of each simulated uniform sample is, sorted."""
        rng = np.random.Generator(np.random.PCG64(20))
        count = max(SIMULATED, RESOLVED * len(self.names))
        return np.sort(_extreme(rng.integers(0, RANKED + 1, (count, self.records))))

    @cached_property
    def p_values(self) -> Array:
        """For each name, how often ranks of a calibrated fit would be as uneven, ``[name]``; the ranks
        at hand count as one more of the simulated ones, so that none is 0."""
        simulated = self._extremes
        as_uneven = np.searchsorted(simulated, _extreme(self.ranks.T), side="right")
        found: Array = (as_uneven + 1) / (len(simulated) + 1)
        return found

    def band(self, level: float = 0.95) -> tuple[Array, Array, Array]:
        """Where :meth:`distribution` of a calibrated fit stays with probability ``level``: the places,
        the lower and the upper end."""
        from scipy.stats import binom

        at = np.arange(1, RANKED + 1) / (RANKED + 1)
        tail = float(np.quantile(self._extremes, 1 - level)) / 2
        low = binom.ppf(tail, self.records, at) / self.records
        high = binom.isf(tail, self.records, at) / self.records
        return at, low, high

    @property
    def suspect(self) -> tuple[str, ...]:
        """Names whose ranks are not uniform, by Holm's test over all of them at five percent."""
        order = np.argsort(self.p_values)
        found = []
        for place, index in enumerate(order):
            if self.p_values[index] > SIGNIFICANT / (len(order) - place):
                break
            found.append(self.names[index])
        return tuple(found)

    @property
    def calibrated(self) -> bool:
        """Whether nothing is suspect."""
        return not self.suspect

    def coverage(self) -> list[dict[str, Any]]:
        """For each level the share of true scores inside of the central interval, with its 95 percent
        interval over records (scores of one record are not independent of each other)."""
        rows = []
        for place, level in enumerate(LEVELS):
            each = self.inside[:, place].mean(axis=1)
            error = 1.96 * float(each.std(ddof=1)) / np.sqrt(len(each)) if len(each) > 1 else 1.0
            share = float(each.mean())
            rows.append(
                {
                    "level": level,
                    "share": share,
                    "low": max(share - error, 0.0),
                    "high": min(share + error, 1.0),
                    "worst": min(
                        zip(self.names, self.inside[:, place].mean(axis=0).tolist(), strict=False),
                        key=lambda pair: pair[1],
                    ),
                }
            )
        return rows

    def as_json(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "converged": int(self.converged.sum()),
            "calibrated": self.calibrated,
            "suspect": list(self.suspect),
            "p_values": dict(zip(self.names, self.p_values.tolist(), strict=True)),
            "coverage": self.coverage(),
        }


def calibrate(
    simulate: Simulate,
    *,
    records: int = 100,
    seed: int = 0,
    plan: Plan = PLAN,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Ranks:
    """Fit simulated records, and rank what made them.

    Densities that share a program (:class:`~reassure.history.fit.protocol.Shared`) are compiled once.

    Args:
        simulate: makes a record; it is called with a generator for each record's number.
        plan: of each fit; its seed is replaced.
        folder: where each record's ranks are kept and found again; None keeps nothing.
        progress: called with (records done, in all).

    Raises:
        UsageError: the folder holds another calibration, or too few draws are asked for.
        KeyboardInterrupt: what is finished is kept in the folder.
    """
    if plan.chains * plan.draws < RANKED:
        raise UsageError(f"{RANKED} draws are needed to rank a value", "ask for more draws")
    if folder is not None:
        settings = {k: v for k, v in asdict(plan).items() if k != "seed"}
        _claim(folder, {"seed": seed, "first_record": _digest(simulate, seed), **settings})
    found: dict[int, dict[str, Any]] = {}
    for number in range(records):
        path = None if folder is None else _path(folder, number)
        if path is not None and path.is_file():
            with np.load(path) as file:
                found[number] = {name: file[name] for name in file.files}

    def told() -> None:
        if progress is not None:
            progress(len(found), records)

    def keep(number: int, result: dict[str, Any]) -> None:
        if number >= records:
            return
        found[number] = result
        if folder is not None:
            write_whole(_path(folder, number), packed(result))
        told()

    told()
    batches = _batches(records, max(1, LANES // plan.chains))
    missing = set(range(records)) - found.keys()
    left = [batch for batch in batches if missing.intersection(batch)]
    if left:
        first, *rest = left
        for number, result in _records(simulate, seed, first, plan, lambda: False).items():
            keep(number, result)  # compiles for the rest
        _side_by_side(simulate, seed, rest, plan, keep)
    rows = [found[number] for number in range(records)]
    return Ranks(
        names=tuple(rows[0]["names"].tolist()),
        ranks=np.stack([row["ranks"] for row in rows]),
        inside=np.stack([row["inside"] for row in rows]),
        converged=np.array([bool(row["converged"]) for row in rows]),
    )


def _batches(records: int, size: int) -> list[list[int]]:
    """Batches of one size, so that one program serves them, and always of the same numbers, since those of
    a batch share a step: the last goes beyond what is asked for."""
    return [list(range(first, first + size)) for first in range(0, records, size)]


def _side_by_side(
    simulate: Simulate,
    seed: int,
    left: list[list[int]],
    plan: Plan,
    keep: Callable[[int, dict[str, Any]], None],
) -> None:
    over = False
    workers = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        jobs = {
            workers.submit(_records, simulate, seed, batch, plan, lambda: over) for batch in left
        }
        while jobs:
            for job in wait(jobs, timeout=0.2, return_when=FIRST_COMPLETED).done:
                jobs.discard(job)
                for number, result in job.result().items():
                    keep(number, result)
    finally:
        over = True
        workers.shutdown(cancel_futures=True)


def _records(
    simulate: Simulate, seed: int, numbers: list[int], plan: Plan, over: Callable[[], bool]
) -> dict[int, dict[str, Any]]:
    """Make records, fit them side by side, and rank what made each."""
    made = [_made(simulate, seed, number) for number in numbers]
    own = [int(_sequence(seed, number).generate_state(1, np.uint32)[0]) for number in numbers]
    shared = [density for _, density in made if isinstance(density, Shared)]
    if len(shared) == len(made):
        draws = sample_each(shared, plan, own, over=over)
    else:
        draws = [
            sample_each([d], plan, [s], over=over)[0] for (_, d), s in zip(made, own, strict=True)
        ]
    found = {}
    for number, (true, density), drawn in zip(numbers, made, draws, strict=True):
        program, data = program_of(density)
        with jax.enable_x64(True):
            likelihood = float(_compiled(program)(data, true))
        found[number] = {
            "names": np.array([*density.names, LIKELIHOOD]),
            "ranks": _ranks(true, likelihood, drawn),
            "inside": _inside(true, drawn.scores),
            "converged": np.array(diagnose(tuple(density.names), drawn).worst_rhat < 1.05),
        }
    return found


@lru_cache(maxsize=8)
def _compiled(program: Program) -> Any:
    return jax.jit(program)


def _ranks(true: Array, likelihood: float, draws: Draws) -> NDArray[np.int64]:
    flat = draws.scores.reshape(-1, draws.scores.shape[-1])
    rows = np.linspace(0, len(flat) - 1, RANKED).round().astype(np.int64)
    drawn = np.concatenate([flat, draws.log_likelihood.reshape(-1, 1)], axis=1)[rows]
    found: NDArray[np.int64] = (drawn < np.append(true, likelihood)).sum(axis=0).astype(np.int64)
    return found


def _inside(true: Array, scores: Array) -> NDArray[np.bool_]:
    flat = scores.reshape(-1, scores.shape[-1])
    rows = []
    for level in LEVELS:
        low, high = np.quantile(flat, [(1 - level) / 2, (1 + level) / 2], axis=0)
        rows.append((low <= true) & (true <= high))
    return np.stack(rows)


def _extreme(ranks: NDArray[np.int64]) -> Array:
    """The smallest two-sided binomial tail probability of the distribution of ``ranks [.., record]`` at
    any place, ``[..]``."""
    from scipy.special import bdtr, bdtrc

    at = np.arange(1, RANKED + 1) / (RANKED + 1)
    below = np.stack([(ranks < place).sum(axis=-1) for place in range(1, RANKED + 1)], axis=-1)
    count = ranks.shape[-1]
    lower = bdtr(below.astype(float), count, at)
    upper = np.where(below > 0, bdtrc(np.maximum(below - 1, 0).astype(float), count, at), 1.0)
    found: Array = 2 * np.minimum(lower, upper).min(axis=-1)
    return found


def _sequence(seed: int, number: int) -> np.random.SeedSequence:
    """What the chance of a record depends on."""
    return np.random.SeedSequence((seed, number))


def _made(simulate: Simulate, seed: int, number: int) -> tuple[Array, LogDensity]:
    """A record, and what made it."""
    return simulate(np.random.Generator(np.random.PCG64(_sequence(seed, number))))


def _digest(simulate: Simulate, seed: int) -> str:
    """Of the first record and what made it: another model, prior, likelihood or ledger makes another."""
    true, density = _made(simulate, seed, 0)
    rows = [
        np.asarray(leaf, dtype=float).ravel() for leaf in jax.tree.leaves(program_of(density)[1])
    ]
    said = hashlib.sha256("\n".join(density.names).encode())
    for row in (true, *rows):
        # As it is written with six digits, lest another machine's rounding make it another.
        said.update(" ".join(f"{value:.6g}" for value in row).encode())
    return said.hexdigest()


def _path(folder: Path, number: int) -> Path:
    return folder / f"record-{number:05d}.npz"


def _claim(folder: Path, identity: dict[str, Any]) -> None:
    """Take a folder for a calibration, unless it holds another.

    Raises:
        UsageError: it does.
    """
    path = folder / "calibration.json"
    if path.is_file():
        if json.loads(path.read_text(encoding="utf-8")) != identity:
            raise UsageError(f"{folder} holds another calibration", "name another folder")
        return
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds something that is no calibration", "name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(identity, indent=2).encode())
