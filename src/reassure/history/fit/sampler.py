"""Draws from a posterior by many chains that run side by side.

Chains in one program cost little more than one, since most of the time goes into calling small
operations; so there are many, and they are short. They make two groups, which use two of the processor's
cores: JAX lets go of Python's lock while it computes. A group has three phases. In the first its chains,
in scores whitened at the mode, find how long a step may be and how wide the posterior is; in the second,
stretched by that, they find both anew; in the third, stretched once more, they find the step and then
draw. There a few chains start from each place, so that R-hat can be told by places (see
:mod:`reassure.history.fit.diagnostics`): the chains are too short to be judged one by one. Each chain has
its own random numbers, and nothing depends on the machine: neither on its cores nor on where a fit was
cut off.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.chains import PIECE, Chains, Piece, Tuning
from reassure.history.fit.lockstep import side_by_side
from reassure.history.fit.pieces import Pieces, packed, write_whole
from reassure.history.fit.protocol import LogDensity, program_of
from reassure.history.fit.whitening import Whitening, by, whitened, whitening
from reassure.model.mistakes import UsageError

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

PHASES = 3
"""Of which the last draws."""

FIRST_STEP = 0.15
"""Of a chain, in whitened scores; twice that is tried first."""

MANY, SIBLINGS = 16, 4
"""From so many chains on they make two groups, and so many of the last phase start from each place."""

SPREAD = 1.0  # of the starts, in standard deviations of what would be normal
TRIES = 200

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
        accept: as in :class:`~reassure.history.fit.chains.Tuning`.
    """

    chains: int = 32
    draws: int = 250
    warmup: int = 90
    seed: int = 0
    accept: float = 0.9

    def __post_init__(self) -> None:
        for name, least in (("chains", 1), ("draws", 4), ("warmup", 6)):
            if getattr(self, name) < least:
                raise UsageError(f"a fit cannot have {getattr(self, name)} {name}", f"give {least}")

    @property
    def groups(self) -> int:
        """Groups of chains, each with a step of its own."""
        return 2 if self.chains >= MANY and self.chains % (2 * SIBLINGS) == 0 else 1

    @property
    def siblings(self) -> int:
        """Chains that start from one place in the last phase."""
        return SIBLINGS if self.groups > 1 else 1

    @property
    def search(self) -> int:
        """Transitions of each phase before the last, which share the warmup with it."""
        return self.warmup // PHASES

    @property
    def settling(self) -> int:
        """Transitions of the last phase that are no draws yet."""
        return self.warmup - (PHASES - 1) * self.search


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws from a posterior, each array ``[chain, draw, ..]``.

    Attributes:
        scores: ``[chain, draw, D]``.
        log_likelihood: of each draw.
        energy: of each transition, for E-BFMI.
        diverging: whether its trajectory left the energy surface.
        leaps: of its trajectory.
        accept: its rate of acceptance.
        step: of its leaps, in whitened scores.
        siblings: so many chains each, side by side, started from one place.
    """

    scores: Array
    log_likelihood: Array
    energy: Array
    diverging: NDArray[np.bool_]
    leaps: NDArray[np.int64]
    accept: Array
    step: Array
    siblings: int = 1


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
    stop = threading.Event()
    tally = _Tally(plan.chains * (plan.warmup + plan.draws), progress, stop.is_set)
    size = plan.chains // plan.groups
    runs: list[_Run] = []
    for number in range(plan.groups):
        keys = [[(plan.seed, chain) for chain in range(number * size, (number + 1) * size)]]
        runs.append(_Run([density], plan, keys, tally.moved, folder, number, plan.siblings))
    try:
        tally.moved(sum(run.done for run in runs))
        _side_by_side(runs, stop)
    except KeyboardInterrupt:
        raise Stopped(tally.done, tally.total) from None
    parts = [run.draws()[0] for run in runs]
    arrays = [item.name for item in fields(Draws) if item.name != "siblings"]
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays}
    return Draws(**whole, siblings=plan.siblings)


class _Tally:
    """How far all groups are; ``over`` says whether they shall stop."""

    def __init__(self, total: int, progress: Progress | None, over: Callable[[], bool]) -> None:
        self.total, self.progress, self.over, self.done = total, progress, over, 0
        self._lock = threading.Lock()

    def moved(self, count: int) -> None:
        """Count transitions; a group that is told to stop ends here, its last piece written."""
        with self._lock:
            self.done += count
            if self.progress is not None:
                self.progress(self.done, self.total)
        if self.over():
            raise Stopped(self.done, self.total)


def _side_by_side(runs: list[_Run], stop: threading.Event) -> None:
    first, *others = [run.pieces_left() for run in runs]
    next(first, None)  # compiles for all of them
    for run in runs[1:]:
        run.whitenings[0] = runs[0].whitenings[0]
    workers = ThreadPoolExecutor(min(len(runs), os.cpu_count() or 1))
    try:
        jobs = [workers.submit(deque, pieces, 0) for pieces in (first, *others)]
        while wait(jobs, timeout=0.2).not_done:
            if any(job.done() and job.exception() for job in jobs):
                stop.set()
        # What went wrong first, not that the others were stopped for it.
        failed = [error for job in jobs if (error := job.exception()) is not None]
        for error in sorted(failed, key=lambda error: isinstance(error, Stopped)):
            raise error
    finally:
        stop.set()
        workers.shutdown(wait=True)  # interrupted, each group ends its piece


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
    total = len(densities) * plan.chains * (plan.warmup + plan.draws)
    keys = [[(seed, chain) for chain in range(plan.chains)] for seed in seeds]
    run = _Run(densities, plan, keys, _Tally(total, None, over).moved)
    deque(run.pieces_left(), 0)
    return run.draws()


class _Run:
    """Chains of a few posteriors of one form, on their way through the phases.

    Args:
        keys: for each posterior, for each of its chains, what its chance depends on.
        moved: told of transitions that were made, of all chains.
        folder, number: where pieces are kept, and which group this is.
        siblings: chains that start from one place in the last phase.

    Attributes:
        pieces: of each phase.
        whitenings: of each phase, one for each posterior.
    """

    def __init__(
        self,
        densities: Sequence[LogDensity],
        plan: Plan,
        keys: Sequence[Sequence[tuple[int, ...]]],
        moved: Callable[[int], None],
        folder: Path | None = None,
        number: int = 0,
        siblings: int = 1,
    ) -> None:
        self.plan, self.moved = plan, moved
        self.folder, self.number, self.siblings = folder, number, siblings
        self.together = len(keys[0])
        self.keys = [key for own in keys for key in own]
        self.size = densities[0].size
        program, _ = program_of(densities[0])
        self.records = [program_of(density)[1] for density in densities]
        self.apart = len(densities) > 1
        self.lanes = len(self.keys)
        tuning = Tuning(plan.accept, self.lanes)  # one step for all, lest all wait for the shortest
        with jax.enable_x64(True):
            self.chains = Chains(whitened(program), self.size, tuning, each=self.apart)
        self.pieces = [Pieces(folder, PHASES * number + phase) for phase in range(PHASES)]
        self.whitenings: list[list[Whitening]] = [[] for _ in range(PHASES)]

    @property
    def done(self) -> int:
        """Transitions that were found in the folder, of all chains."""
        return self.lanes * sum(pieces.done for pieces in self.pieces)

    def pieces_left(self) -> Iterator[None]:
        """Make the transitions that are left, a piece at a time."""
        plan = self.plan
        last = PHASES - 1
        for phase in range(last):
            yield from self._phase(phase, plan.search, plan.search)
        yield from self._phase(last, plan.settling, plan.settling + plan.draws)

    def draws(self) -> list[Draws]:
        """Of each posterior."""
        plan, size = self.plan, self.together
        whole = self.pieces[-1].between(plan.settling, plan.settling + plan.draws)
        found = []
        for i, white in enumerate(self.whitenings[-1]):
            own = slice(i * size, (i + 1) * size)
            piece = Piece(*(getattr(whole, item.name)[:, own] for item in fields(Piece)))
            found.append(_draws(piece, white))
        return found

    def _phase(self, phase: int, warmup: int, total: int) -> Iterator[None]:
        """Move the chains until ``total`` transitions of a phase are done."""
        with jax.enable_x64(True):
            if not self.whitenings[phase]:
                self.whitenings[phase] = self._kept(phase)
            pieces = self.pieces[phase]
            data = self._data(self.whitenings[phase])
            state = pieces.state
            if state is None:
                words = [_word((*key, 1 + phase)) for key in self.keys]
                starts = self._go_on(phase) if phase else self._starts(data)
                state = self.chains.begin(data, *starts, words)
        count = 1
        while pieces.done < total:
            began = time.perf_counter()
            count = min(count, total - pieces.done)
            with jax.enable_x64(True):
                state, piece = self.chains.advance(data, state, count, warmup)
            pieces.add(piece, state)
            self.moved(count * self.lanes)
            yield
            each = (time.perf_counter() - began) / count
            count = max(1, min(PIECE, 2 * count, int(SECONDS / max(each, 1e-9))))

    def _kept(self, phase: int) -> list[Whitening]:
        """Worked out once for a fit, and kept with its pieces."""
        name = f"whitening{PHASES * self.number + phase}.npz"
        path = self.folder / name if self.folder else None
        if path is not None and path.is_file():
            with np.load(path) as file:
                return [
                    Whitening(*pair) for pair in zip(file["centre"], file["matrix"], strict=True)
                ]
        found = self._stretched(phase) if phase else self._found_beside_compiling()
        if path is not None:
            rows = {"centre": [w.centre for w in found], "matrix": [w.matrix for w in found]}
            write_whole(path, packed({key: np.stack(row) for key, row in rows.items()}))
        return found

    def _data(self, whites: Sequence[Whitening]) -> Any:
        """What the program reads: of each chain, where posteriors differ."""
        rows = [
            (record, white.centre, white.matrix)
            for record, white in zip(self.records, whites, strict=True)
        ]
        if not self.apart:
            return jax.tree.map(jnp.asarray, rows[0])
        each = [row for row in rows for _ in range(self.together)]
        return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *each)

    def _found_beside_compiling(self) -> list[Whitening]:
        """Each posterior whitened at its mode; meanwhile what moves the chains is compiled."""

        def prepare() -> None:
            with jax.enable_x64(True):  # which a thread does not inherit
                none = [Whitening.none(self.size)] * len(self.records)
                self.chains.prepare(self._data(none), self.lanes)

        with ThreadPoolExecutor(1) as beside:
            compiled = beside.submit(prepare)
            found = self._centred()
            compiled.result()
        return found

    def _centred(self) -> list[Whitening]:
        """Each posterior whitened at its mode."""
        size, count = self.size, len(self.records)
        data = self._data([Whitening.none(size)] * count)

        def slopes(places: Array) -> tuple[Array, Array]:
            with jax.enable_x64(True):  # which a thread does not inherit
                return self.chains.slopes(data, places)

        if not self.apart:
            return [whitening(by(self.lanes, slopes), size)]

        def of_each(places: Array) -> tuple[Array, Array]:
            value, slope = slopes(np.repeat(places, self.together, axis=0))
            return value[:: self.together], slope[:: self.together]

        return side_by_side(of_each, count, size, lambda at: whitening(at, size))

    def _stretched(self, phase: int) -> list[Whitening]:
        """As wide as the later half of the phase before shows."""
        found, size = self._searched(phase - 1).scores, self.together
        return [
            white.stretched(found[:, i * size : (i + 1) * size].reshape(-1, self.size))
            for i, white in enumerate(self.whitenings[phase - 1])
        ]

    def _starts(self, data: Any) -> tuple[Array, Array]:
        """Near the mode, where the record is possible.

        Raises:
            UsageError: no such place is found.
        """
        draws = [
            np.random.Generator(np.random.PCG64(np.random.SeedSequence((*key, 0))))
            for key in self.keys
        ]
        found = np.zeros((self.lanes, self.size))
        missing = np.ones(self.lanes, dtype=bool)
        for _ in range(TRIES):
            for lane in np.flatnonzero(missing):
                found[lane] = SPREAD * draws[lane].standard_normal(self.size)
            value, slope = self.chains.slopes(data, found)
            missing &= ~(np.isfinite(value) & np.isfinite(slope).all(axis=1))
            if not missing.any():
                return found, np.array([FIRST_STEP])
        raise UsageError(
            f"the record is impossible under the model: of {TRIES} draws near the centre of the "
            "prior none gives it a finite log density",
            "look at `given:` and the likelihoods of `observations:`",
        )

    def _searched(self, phase: int) -> Piece:
        """The later half of a phase before the last."""
        return self.pieces[phase].between(self.plan.search // 2, self.plan.search)

    def _go_on(self, phase: int) -> tuple[Array, Array]:
        """Where the phase before ended, in the last a few chains from each place, and its usual step."""
        last, size = self._searched(phase - 1), self.together
        shared = self.siblings if phase == PHASES - 1 else 1
        firsts = np.arange(size) // shared * shared
        whitenings = zip(self.whitenings[phase - 1], self.whitenings[phase], strict=True)
        places = [
            new.of(old.scores(last.scores[-1, i * size : (i + 1) * size]))[firsts]
            for i, (old, new) in enumerate(whitenings)
        ]
        return np.concatenate(places), np.exp(np.log(last.step).mean(axis=0))[:1]


def _word(key: tuple[int, ...]) -> int:
    """32 bits that depend on all of ``key``."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])


def _draws(piece: Piece, white: Whitening) -> Draws:
    """A piece ``[draw, chain, ..]`` as draws ``[chain, draw, ..]`` of the scores."""
    whole = {item.name: np.swapaxes(getattr(piece, item.name), 0, 1) for item in fields(Piece)}
    w = whole["scores"]
    whole["scores"] = white.scores(w)
    whole["log_likelihood"] = white.log_likelihood(w, whole["log_likelihood"])
    return Draws(**whole)
