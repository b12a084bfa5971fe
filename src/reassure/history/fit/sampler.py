"""Draws from a posterior by many chains that run side by side in one program.

Chains in one program cost little more than one: on the bundled model thirty-two take twice as long as
four, since most of the time goes into calling small operations. So there are many, and they are short.
A fit has two phases. In the first the chains, in scores whitened at the mode, find how long a step may
be and how wide the posterior is; in the second, stretched by that, they find the step anew and then
draw. There a few chains start from each place, so that R-hat can be told by places (see
:mod:`reassure.history.fit.diagnostics`): the chains are too short to be judged one by one. Each chain
has its own random numbers, and nothing depends on the machine: neither on its cores nor on where a fit
was cut off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.chains import PIECE, Chains, Piece, Tuning
from reassure.history.fit.pieces import Pieces, packed, write_whole
from reassure.history.fit.protocol import LogDensity, program_of
from reassure.history.fit.whitening import Slopes, Whitening, whitened, whitening
from reassure.model.mistakes import UsageError

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

SEARCH, DRAW = 0, 1
"""The phases."""

FIRST_STEP = 0.15
"""Of a chain, in whitened scores; twice that is tried first."""

PLACES = 8
"""Places from which the chains of the second phase start, where there are two or more for each."""

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
        accept, depth: as in :class:`~reassure.history.fit.chains.Tuning`.
    """

    chains: int = 32
    draws: int = 170
    warmup: int = 80
    seed: int = 0
    accept: float = 0.7
    depth: int = 6

    def __post_init__(self) -> None:
        for name, least in (("chains", 1), ("draws", 4), ("warmup", 2)):
            if getattr(self, name) < least:
                raise UsageError(f"a fit cannot have {getattr(self, name)} {name}", f"give {least}")

    @property
    def tuning(self) -> Tuning:
        return Tuning(self.accept, self.depth, self.chains)

    @property
    def siblings(self) -> int:
        """Chains that start from one place in the second phase."""
        many = self.chains >= 2 * PLACES and self.chains % PLACES == 0
        return self.chains // PLACES if many else 1

    @property
    def search(self) -> int:
        """Transitions of the first phase, half of the warmup."""
        return self.warmup // 2

    @property
    def settling(self) -> int:
        """Transitions of the second phase that are no draws yet."""
        return self.warmup - self.search


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
        step: of its leaps, in whitened scores.
        most: the most doublings that were allowed.
        siblings: so many chains each, side by side, started from one place.
    """

    scores: Array
    log_likelihood: Array
    energy: Array
    diverging: NDArray[np.bool_]
    depth: NDArray[np.int64]
    accept: Array
    step: Array
    most: int
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
    total = plan.chains * (plan.warmup + plan.draws)
    done = 0

    def moved(count: int) -> None:
        nonlocal done
        done += count * plan.chains
        if progress is not None:
            progress(done, total)

    try:
        return _sample_each([density], plan, [plan.seed], folder, moved)[0]
    except KeyboardInterrupt:
        raise Stopped(done, total) from None


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
    done = 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if over():
            raise Stopped(done, plan.warmup + plan.draws)

    return _sample_each(densities, plan, seeds, None, moved)


def _sample_each(
    densities: Sequence[LogDensity],
    plan: Plan,
    seeds: Sequence[int],
    folder: Path | None,
    moved: Callable[[int], None],
) -> list[Draws]:
    with jax.enable_x64(True):
        run = _Run(densities, plan, seeds, folder, moved)
        run.to_the_end()
    whole = run.pieces[DRAW].between(plan.settling, plan.settling + plan.draws)
    size = plan.chains
    return [
        _draws(Piece(*(getattr(whole, item.name)[:, i * size : (i + 1) * size]
                       for item in fields(Piece))), plan, white)
        for i, white in enumerate(run.whitenings[DRAW])
    ]  # fmt: skip


class _Run:
    """Chains of a few posteriors of one form, on their way through both phases.

    Attributes:
        pieces: of each phase.
        whitenings: of each phase, one for each posterior.
    """

    def __init__(
        self,
        densities: Sequence[LogDensity],
        plan: Plan,
        seeds: Sequence[int],
        folder: Path | None,
        moved: Callable[[int], None],
    ) -> None:
        self.plan, self.folder, self.moved = plan, folder, moved
        self.keys = [(seed, chain) for seed in seeds for chain in range(plan.chains)]
        self.size = densities[0].size
        program, _ = program_of(densities[0])
        self.records = [program_of(density)[1] for density in densities]
        self.apart = len(densities) > 1
        self.chains = Chains(whitened(program), self.size, plan.tuning, each=self.apart)
        self.pieces = [Pieces(folder, phase) for phase in (SEARCH, DRAW)]
        self.whitenings: list[list[Whitening]] = [[], []]

    def to_the_end(self) -> None:
        """Make the transitions that are left."""
        plan = self.plan
        self.moved(self.pieces[SEARCH].done + self.pieces[DRAW].done)
        self._phase(SEARCH, plan.search, plan.search, self._centred, self._starts)
        self._phase(DRAW, plan.settling, plan.settling + plan.draws, self._stretched, self._go_on)

    def _phase(
        self,
        phase: int,
        warmup: int,
        total: int,
        white: Callable[[], list[Whitening]],
        starts: Callable[[Any], tuple[Array, Array]],
    ) -> None:
        """Move the chains until ``total`` transitions of a phase are done."""
        self.whitenings[phase] = self._kept(phase, white)
        pieces = self.pieces[phase]
        if pieces.done >= total:
            return
        data = self._data(self.whitenings[phase])
        state = pieces.state
        if state is None:
            words = [_word((*key, 1 + phase)) for key in self.keys]
            places, step = starts(data)
            state = self.chains.begin(data, places, words, step)
        count = 1
        while pieces.done < total:
            began = time.perf_counter()
            count = min(count, total - pieces.done)
            state, piece = self.chains.advance(data, state, count, warmup)
            pieces.add(piece, state)
            self.moved(count)
            each = (time.perf_counter() - began) / count
            count = max(1, min(PIECE, 2 * count, int(SECONDS / max(each, 1e-9))))

    def _kept(self, phase: int, made: Callable[[], list[Whitening]]) -> list[Whitening]:
        """Worked out once for a fit, and kept with its pieces."""
        path = self.folder / f"whitening{phase}.npz" if self.folder else None
        if path is not None and path.is_file():
            with np.load(path) as file:
                return [
                    Whitening(*pair) for pair in zip(file["centre"], file["matrix"], strict=True)
                ]
        found = made()
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
        each = [row for row in rows for _ in range(self.plan.chains)]
        return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *each)

    def _slopes(self, record: Any, white: Whitening) -> Slopes:
        """Of the potential of one posterior, at as many places as there are chains."""
        data = (record, white.centre, white.matrix)
        if self.apart:
            data = jax.tree.map(lambda leaf: np.stack([leaf] * len(self.keys)), data)
        held = jax.tree.map(jnp.asarray, data)
        return lambda places: self.chains.slopes(held, places)

    def _centred(self) -> list[Whitening]:
        """Each posterior whitened at its mode."""
        plain = Whitening.none(self.size)
        return [
            whitening(self._slopes(record, plain), self.size, len(self.keys))
            for record in self.records
        ]

    def _stretched(self) -> list[Whitening]:
        """As wide as the later half of the first phase shows."""
        found, size = self._searched().scores, self.plan.chains
        return [
            white.stretched(found[:, i * size : (i + 1) * size].reshape(-1, self.size))
            for i, white in enumerate(self.whitenings[SEARCH])
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
        found = np.zeros((len(self.keys), self.size))
        missing = np.ones(len(self.keys), dtype=bool)
        for _ in range(TRIES):
            for lane in np.flatnonzero(missing):
                found[lane] = SPREAD * draws[lane].standard_normal(self.size)
            value, slope = self.chains.slopes(data, found)
            missing &= ~(np.isfinite(value) & np.isfinite(slope).all(axis=1))
            if not missing.any():
                return found, np.full(len(self.records), FIRST_STEP)
        raise UsageError(
            f"the record is impossible under the model: of {TRIES} draws near the centre of the "
            "prior none gives it a finite log density",
            "look at `given:` and the likelihoods of `observations:`",
        )

    def _searched(self) -> Piece:
        """The later half of the first phase."""
        return self.pieces[SEARCH].between(self.plan.search // 2, self.plan.search)

    def _go_on(self, data: Any) -> tuple[Array, Array]:
        """Where the first phase ended, a few chains from each place, and its usual step."""
        last, size = self._searched(), self.plan.chains
        firsts = np.arange(size) // self.plan.siblings * self.plan.siblings
        places = [
            new.of(old.scores(last.scores[-1, i * size : (i + 1) * size]))[firsts]
            for i, (old, new) in enumerate(zip(*self.whitenings, strict=True))
        ]
        return np.concatenate(places), np.exp(np.log(last.step).mean(axis=0))[::size]


def _word(key: tuple[int, ...]) -> int:
    """32 bits that depend on all of ``key``."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])


def _draws(piece: Piece, plan: Plan, white: Whitening) -> Draws:
    """A piece ``[draw, chain, ..]`` as draws ``[chain, draw, ..]`` of the scores."""
    whole = {item.name: np.swapaxes(getattr(piece, item.name), 0, 1) for item in fields(Piece)}
    w = whole["scores"]
    whole["scores"] = white.scores(w)
    whole["log_likelihood"] = white.log_likelihood(w, whole["log_likelihood"])
    leaps = whole.pop("leaps")
    depth = np.floor(np.log2(np.maximum(leaps, 1))).astype(np.int64) + 1
    return Draws(**whole, depth=depth, most=plan.depth, siblings=plan.siblings)
