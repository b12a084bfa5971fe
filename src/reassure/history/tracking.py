"""Futures that go along with the record, and on from it.

Each draw of the parameters has several lanes that differ by chance alone. What the record gives
happens in all of them; what it measures weighs them, and now and then the lanes of a draw are
drawn anew in proportion to their weights (systematic resampling, Kitagawa 1996), so that chance
which nobody saw follows the record too: a particle filter within each draw (Gordon, Salmond and
Smith 1993). A draw's weight is the density that its lanes give to all that was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.engine.conditioned import AS_IT_HAPPENED, Conditioned
from reassure.engine.lanes import Lanes, Moment
from reassure.engine.scalars import Orders, orders
from reassure.history.conditioning import Conditioning
from reassure.history.fit.particles import measured, systematic
from reassure.model.checked import Arm, Model
from reassure.model.mistakes import UsageError
from reassure.study.settings import DEFAULT, check_policy

if TYPE_CHECKING:
    from reassure.engine.random import Words

Array = np.ndarray[Any, Any]

RESAMPLE_BELOW = 0.5
"""Lanes of a draw are drawn anew when fewer than this share of them count."""

ALIKE = 1 - 1e-9
"""With so large a share of them, all lanes of a draw count alike."""

ENOUGH_DRAWS = 10.0
"""With fewer draws that count, weights of draws say more of luck than of the record."""


@dataclass(frozen=True)
class Course:
    """How levers go on: under a policy, or as they happened.

    Attributes:
        name: of the policy, or ``as-it-happened``.
        given, told, orders: what :class:`reassure.engine.lanes.Lanes` reads.
    """

    name: str
    given: dict[str, Array]
    told: dict[str, Array]
    orders: Orders


def check_course(model: Model, name: str) -> str:
    """The name of a policy, or ``as-it-happened``.

    Raises:
        UsageError: there is no such policy.
    """
    if name == AS_IT_HAPPENED:
        return name
    try:
        found = check_policy(model, name)
    except UsageError as error:
        remedies = [error.remedy, f"{AS_IT_HAPPENED} is one, too"]
        raise UsageError(error.message, "; ".join(filter(None, remedies))) from None
    return found


def course(
    bound: Conditioning,
    source: Conditioned,
    name: str,
    *,
    happened: bool,
    settings: Mapping[str, float] | None = None,
    do: Mapping[str, float] | None = None,
    since: int = 0,
) -> Course:
    """A policy over what happened.

    Levers that the policy does not set follow the record, and stay where it left them after its
    end: a government's policy changes nobody else's.

    Args:
        name: see :func:`check_course`; ``default`` sets every lever to its default.
        happened: whether what is given happens; else it is left to chance.
        settings: levers fixed whatever the policy sets, internal units.
        do: quantities held from step ``since`` on, internal units.
    """
    model, program = source.model, source.program
    rows = program.steps + 1
    given, told = bound.tables(rows)
    if not happened:
        for key in (*bound.given, *(f"{item}.magnitude" for item in bound.sizes)):
            told[key] = np.zeros(rows, dtype=bool)
    of = {policy.name: policy for policy in model.policies}
    parts = [] if name in (AS_IT_HAPPENED, DEFAULT) else name.split("+")
    ruled = {lever for part in parts for lever, _ in of[part].settings} | set(settings or {})
    for lever, (level, spread) in bound.levers.items():
        if lever in ruled or name == DEFAULT:
            told[lever] = np.zeros(rows, dtype=bool)
            continue
        known = np.flatnonzero(~np.isnan(level))
        if len(known):
            last = known[-1]
            given[lever][last:], told[lever][last:] = level[last], True
            given[f"{lever}.spread"][last:] = spread[last]
    arm = Arm(
        policy="+".join(parts),
        settings=tuple((settings or {}).items()),
        do=tuple((do or {}).items()),
        window=(since, rows) if do else None,
    )
    return Course(name, given, told, orders(model, program, arm))


def reaching(model: Model, steps: int) -> Model:
    """The model with a run of at least so many steps; what recurs by the calendar goes on."""
    if steps <= model.time.steps:
        return model
    events = []
    for event in model.events:
        gaps = np.unique(np.diff(event.steps))
        if event.kind == "calendar" and len(gaps) == 1:
            gap = int(gaps[0])
            event = replace(event, steps=tuple(range(event.steps[0], steps + 1, gap)))
        events.append(event)
    return replace(model, time=replace(model.time, steps=steps), events=tuple(events))


class Tracking:
    """Lanes on their way along the record.

    Args:
        source: the program that is told of the record.
        along: what it is told.
        draws: parameters ``[draws, P]`` in internal units, in the order of ``source.model``.
        replications: lanes of each draw.
        words: the lanes' luck, draw by draw.
        wanted: names that are read at every step.
        seed: of resampling.
        first: number of the first draw: a draw's lanes do not depend on which others go along.

    Attributes:
        lanes: draw by draw; ``lanes.step`` is how far they have come.
        log_evidence: log density of what was measured by draw, up to the last resampling.
        log_weights: since then, ``[draws, replications]``.
    """

    def __init__(
        self,
        source: Conditioned,
        along: Course,
        draws: Array,
        replications: int,
        words: Words,
        wanted: Iterable[str],
        seed: int = 0,
        first: int = 0,
    ) -> None:
        parameters = np.repeat(draws.T, replications, axis=1)
        self.source, self.seed, self.first = source, seed, first
        self.lanes = Lanes(
            source, along.orders, along.given, along.told, parameters, words, tuple(wanted)
        )
        self.log_evidence = np.zeros(len(draws))
        self.log_weights = np.zeros((len(draws), replications))
        self._resampled: dict[int, Array] = {}

    def advance(self, impossible: Callable[[Moment], Array] | None = None) -> Moment:
        """Take a step, weigh the lanes by what is measured at it, and draw anew where few count.

        What was read at the step belongs to the lanes before they were drawn anew: see
        :meth:`lineage`.

        Args:
            impossible: says of a moment in which lanes (truth values ``[lanes]``) it could not have
                come; they count no more.
        """
        step = self.lanes.step
        moment = self.lanes.advance()
        if impossible is not None:
            self.log_weights[impossible(moment).reshape(self.log_weights.shape)] = -np.inf
        for _, found in measured(self.source, moment):
            self.log_weights += found.reshape(self.log_weights.shape)
        self._resample(step, RESAMPLE_BELOW)
        return moment

    def even_out(self) -> None:
        """Draw the lanes of each draw anew so that all of them count alike."""
        self._resample(self.lanes.step - 1, ALIKE)

    def _resample(self, step: int, below: float) -> None:
        draws, count = self.log_weights.shape
        weights, level = _shares(self.log_weights)
        few = 1.0 / np.sum(weights**2, axis=1) < below * count
        few &= np.isfinite(level)
        if not few.any():
            return
        start = np.random.default_rng([self.seed, step]).random(self.first + draws)[self.first :]
        index = np.arange(draws * count).reshape(draws, count)
        for d in np.flatnonzero(few):
            index[d] = d * count + systematic(weights[d], start[d])
            self.log_evidence[d] += level[d]
            self.log_weights[d] = 0.0
        kept = index.ravel()
        before = self._resampled.get(step)
        self._resampled[step] = kept if before is None else before[kept]
        self.lanes.keep(kept)

    def lineage(self) -> Array:
        """Which lane each present lane was at every step so far, ``[steps, lanes]``."""
        found = np.empty((self.lanes.step, self.lanes.count), dtype=int)
        present = np.arange(self.lanes.count)
        for step in range(self.lanes.step - 1, -1, -1):
            if step in self._resampled:
                present = self._resampled[step][present]
            found[step] = present
        return found

    def densities(self) -> Array:
        """Log density of all that was measured, by draw."""
        return self.log_evidence + _shares(self.log_weights)[1]

    def weights(self, *, weigh_draws: bool) -> Array:
        """Weight of each lane, ``[lanes]``, with sum 1.

        Args:
            weigh_draws: by the density of what was measured, as prior draws must be and draws from
                a posterior must not.

        Raises:
            UsageError: no lane is possible.
        """
        within, level = _shares(self.log_weights)
        density = self.densities()
        of_draw = _shares(density[None])[0][0] if weigh_draws else np.isfinite(level).astype(float)
        if not np.isfinite(density).any():
            raise UsageError(
                "no draw of the parameters can bring about what the record holds",
                "look at `observations:` and `given:`, or take more --scenarios",
            )
        found: Array = (within * (of_draw / of_draw.sum())[:, None]).ravel()
        return found

    def effective_draws(self) -> float:
        """How many equal draws the weighted ones are worth (Kong 1992)."""
        shares = _shares(self.densities()[None])[0][0]
        return float(1.0 / np.sum(shares**2))


def _shares(log_weights: Array) -> tuple[Array, Array]:
    """Weights ``[.., n]`` as shares, and the log of their mean; equal shares where none is possible."""
    top = np.max(log_weights, axis=-1, keepdims=True)
    possible = np.isfinite(top)
    raw = np.where(possible, np.exp(log_weights - np.where(possible, top, 0.0)), 1.0)
    total = raw.sum(axis=-1, keepdims=True)
    level = np.where(possible, top + np.log(total / log_weights.shape[-1]), -np.inf)
    return raw / total, level[..., 0]
