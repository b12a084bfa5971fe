"""Draws from a posterior: chains in groups, each group on a thread of its own.

Chains in one program cost little more than one (see :mod:`reassure.history.fit.chains`): sixteen
take a third longer than two on the bundled model. But they wait for each other's trajectories, so
there are two groups, and they use two of the processor's cores: JAX lets go of Python's lock while
it computes. Which chains make a group never depends on the
machine, and each has its own random numbers: draws are the same however many cores there are.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.chains import PIECE, Chains, Piece, Tuning
from reassure.history.fit.pieces import Pieces, packed, write_whole
from reassure.history.fit.protocol import LogDensity, Program, program_of
from reassure.history.fit.whitening import Whitening, whitened, whitening
from reassure.model.mistakes import UsageError

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

FEWEST = 2
"""Chains in a group, at least; else half of all: a processor has two cores or more."""

FEWEST_LANES = 16
"""Places at which slopes are asked for at once, where records have chains of their own."""

WHITENING = "whitening.npz"

SECONDS = 4.0
"""About how long a piece takes: what a killed fit loses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many draws, and of what chance.

    Attributes:
        chains: how many chains.
        draws: of each chain, after warmup.
        warmup: transitions of each chain that adapt the sampler.
        seed: the same seed gives the same draws.
        accept, depth, dense: as in :class:`~reassure.history.fit.chains.Tuning`.
    """

    chains: int = 4
    draws: int = 1000
    warmup: int = 1000
    seed: int = 0
    accept: float = 0.85
    depth: int = 10
    dense: bool = False

    def __post_init__(self) -> None:
        for name, least in (("chains", 1), ("draws", 4), ("warmup", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"a fit cannot have {getattr(self, name)} {name}", f"give {least}")

    @property
    def tuning(self) -> Tuning:
        return Tuning(self.warmup, self.accept, self.depth, self.dense)


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws from a posterior, each array ``[chain, draw, ..]``.

    Attributes:
        scores: ``[chain, draw, D]``.
        log_likelihood: of each draw.
        energy: of each transition, for E-BFMI.
        diverging: whether its trajectory left the energy surface.
        depth: how often its trajectory was doubled.
        accept: its rate of acceptance.
        most: the most doublings that were allowed.
    """

    scores: Array
    log_likelihood: Array
    energy: Array
    diverging: NDArray[np.bool_]
    depth: NDArray[np.int64]
    accept: Array
    most: int


class Stopped(Exception):
    """Ctrl-C: what was finished is kept; the same call goes on from there.

    Attributes:
        done, total: transitions, warmup included.
    """

    def __init__(self, done: int, total: int) -> None:
        super().__init__(f"{done} of {total} draws")
        self.done, self.total = done, total


def sample(
    density: LogDensity,
    plan: Plan,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Draws:
    """Draw from the posterior ``log_likelihood(z) - z @ z / 2``.

    Args:
        folder: where pieces are kept and found again; None keeps nothing.
        progress: called with (transitions done, in all), warmup included.

    Raises:
        UsageError: the record is impossible near the centre of the prior.
        Stopped: interrupted from the keyboard.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    together = max(FEWEST, -(-plan.chains // 2))
    plain, record = program_of(density)
    with jax.enable_x64(True):
        white = _whitening(plain, record, density.size, together, folder)
    program, data = whitened(plain), (record, white.centre, white.matrix)
    tally = _Tally(plan.chains * (plan.warmup + plan.draws), progress)
    groups = [
        _Group(
            program, data, density.size, plan, Pieces(folder, number),
            range(first, min(first + together, plan.chains)), tally,
        )
        for number, first in enumerate(range(0, plan.chains, together))
    ]  # fmt: skip
    try:
        tally.add(sum(group.pieces.done * len(group.chains) for group in groups))
        unfinished = [group for group in groups if group.left]
        if unfinished:
            unfinished[0].run(once=True)  # compiles for all of them
            _side_by_side(unfinished, tally)
    except KeyboardInterrupt:
        raise Stopped(tally.done, tally.total) from None
    parts = [group.pieces.between(plan.warmup, plan.warmup + plan.draws) for group in groups]
    return _together(parts, plan, white)


def _whitening(
    program: Program, data: Any, size: int, lanes: int, folder: Path | None
) -> Whitening:
    """Worked out once for a fit, and kept with its pieces."""
    if folder is None:
        return whitening(program, data, size, lanes)
    path = folder / WHITENING
    if not path.is_file():
        made = whitening(program, data, size, lanes)
        write_whole(path, packed({"centre": made.centre, "matrix": made.matrix}))
    with np.load(path) as file:
        return Whitening(file["centre"], file["matrix"])


def sample_each(
    densities: Sequence[LogDensity],
    plan: Plan,
    seeds: Sequence[int],
    *,
    over: Callable[[], bool] = lambda: False,
) -> list[Draws]:
    """Draw from several posteriors that share a program, all their chains in one.

    Args:
        densities: of one form, each with a record of its own.
        plan: for each; its seed gives way to ``seeds``.
        over: asked between pieces whether to stop.

    Raises:
        UsageError: a record is impossible near the centre of the prior.
        Stopped: ``over`` said so.
    """
    chains, size = plan.chains, densities[0].size
    with jax.enable_x64(True):
        whites, data = [], []
        for density in densities:
            program, record = program_of(density)
            whites.append(whitening(program, record, size, FEWEST_LANES))
            data += [(record, whites[-1].centre, whites[-1].matrix)] * chains
        stacked = jax.tree.map(lambda *rows: np.stack(rows), *data)
        made = Chains(whitened(program), stacked, size, plan.tuning, each=True)
        keys = [(seed, chain) for seed in seeds for chain in range(chains)]
        state = made.begin(
            made.starts([(*key, 0) for key in keys]), [_word((*key, 1)) for key in keys]
        )
        pieces: list[Piece] = []
        done, total = 0, plan.warmup + plan.draws
        while done < total:
            if over():
                raise Stopped(done, total)
            count = min(PIECE, (plan.warmup if done < plan.warmup else total) - done)
            state, piece = made.advance(state, count)
            if done >= plan.warmup:
                pieces.append(piece)
            done += count
    whole = {
        item.name: np.concatenate([getattr(piece, item.name) for piece in pieces])
        for item in fields(Piece)
    }
    return [
        _together(
            [Piece(**{k: v[:, i * chains : (i + 1) * chains] for k, v in whole.items()})],
            plan,
            white,
        )
        for i, white in enumerate(whites)
    ]


def _side_by_side(groups: list[_Group], tally: _Tally) -> None:
    workers = ThreadPoolExecutor(min(len(groups), os.cpu_count() or 1))
    try:
        jobs = [workers.submit(group.run) for group in groups]
        while wait(jobs, timeout=0.2).not_done:
            if any(job.done() and job.exception() for job in jobs):
                tally.stop.set()
        for job in jobs:
            job.result()
    finally:
        tally.stop.set()
        workers.shutdown(wait=True)  # interrupted, each group ends its piece


class _Tally:
    """How far all groups are."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.progress, self.done = total, progress, 0
        self.stop = threading.Event()
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self.done += count
            if self.progress is not None:
                self.progress(self.done, self.total)


@dataclass
class _Group:
    """Some chains that run in one program."""

    program: Program
    data: Any
    size: int
    plan: Plan
    pieces: Pieces
    chains: range
    tally: _Tally

    @property
    def left(self) -> int:
        """Transitions still to make."""
        return max(self.plan.warmup + self.plan.draws - self.pieces.done, 0)

    def run(self, once: bool = False) -> None:
        """Make the transitions that are left, or one piece of them, unless the fit is stopped."""
        with jax.enable_x64(True):
            made = Chains(self.program, self.data, self.size, self.plan.tuning)
            state = self.pieces.state
            if state is None:
                seeds = [(self.plan.seed, chain) for chain in self.chains]
                starts = made.starts([(*seed, 0) for seed in seeds])
                state = made.begin(starts, [_word((*seed, 1)) for seed in seeds])
            count = 1
            while self.left and not self.tally.stop.is_set():
                before = self.plan.warmup - self.pieces.done
                count = min(count, before if before > 0 else self.left)
                began = time.perf_counter()
                state, piece = made.advance(state, count)
                self.pieces.add(piece, state)
                self.tally.add(count * len(self.chains))
                if once:
                    return
                each = (time.perf_counter() - began) / count
                count = max(1, min(PIECE, 2 * count, int(SECONDS / max(each, 1e-9))))


def _word(key: tuple[int, ...]) -> int:
    """32 bits that depend on all of ``key``."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])


def _together(parts: list[Piece], plan: Plan, white: Whitening) -> Draws:
    """The groups' pieces ``[draw, chain, ..]`` as draws ``[chain, draw, ..]``."""
    whole = {
        item.name: np.concatenate(
            [np.swapaxes(getattr(part, item.name), 0, 1) for part in parts], axis=0
        )
        for item in fields(Piece)
    }
    w = whole["scores"]
    whole["scores"] = white.scores(w)
    whole["log_likelihood"] = white.log_likelihood(w, whole["log_likelihood"])
    leaps = whole.pop("leaps")
    depth = np.floor(np.log2(np.maximum(leaps, 1))).astype(np.int64) + 1
    return Draws(**whole, depth=depth, most=plan.depth)
