"""Maximum likelihood: the coefficients of a game's payoffs that make what was observed likeliest.

The log-likelihood is maximised with exact gradients and second derivatives (trust region), in units in
which every column has size one, from zero and from a few other starting points, because it need not be
concave. Standard errors are from the inverse of the observed information.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Place
from reassure.model.mistakes import ModelError, UsageError, mistake, quote
from reassure.study.strategic.observations import Observations
from reassure.study.strategic.statistical_game import StatisticalGame

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

STARTS = 4
FAR = 100.0
"""A coefficient so large (in units of its column) that the data must separate the outcomes; a tenth of
it where the likelihood is flat as well."""
FLAT = 1e-7
"""Second derivatives of the mean log-likelihood that count as none."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """An estimate.

    Attributes:
        z, p: of the hypothesis that it is zero (normal, two-sided).
    """

    name: str
    value: float
    error: float
    z: float
    p: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was estimated.

    Attributes:
        coefficients: in the order of the file.
        log_likelihood: at the maximum.
        observations: rows.
        counts: how often each outcome was observed.
        fitted: the mean probability of each outcome.
        covariance: of the coefficients, [k, k].
        starts, agreeing: starting points, and how many of them ended at this maximum.
        flags: what a reader must know, such as ``maximum not reached``.
    """

    title: str
    link: str
    error: str
    coefficients: tuple[Coefficient, ...]
    log_likelihood: float
    observations: int
    counts: dict[str, int]
    fitted: dict[str, float]
    covariance: Array
    starts: int
    agreeing: int
    flags: tuple[str, ...]

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * len(self.coefficients) - 2 * self.log_likelihood


def estimate(
    game: StatisticalGame,
    data: Observations,
    *,
    starts: int = STARTS,
    progress: Progress | None = None,
) -> Estimate:
    """Fit ``game`` to ``data``.

    Args:
        starts: starting points, the first of them zero.
        progress: called with (starts done, starts in all).

    Raises:
        ModelError: coefficients that the data cannot tell apart.
        UsageError: the likelihood has no maximum.
    """
    import jax

    with jax.enable_x64(True):
        return _Fit(game, data).run(starts, progress)


class _Fit:
    def __init__(self, game: StatisticalGame, data: Observations) -> None:
        import jax
        import jax.numpy as jnp

        from reassure.study.strategic.likelihood import outcome_likelihood

        self.game, self.data = game, data
        self.names = game.coefficients
        self.scale = _scales(game, data)
        logs = outcome_likelihood(game, data)
        rows = np.arange(data.count)
        scale = jnp.asarray(self.scale)

        def loss(free: Any) -> Any:
            return -jnp.mean(logs(free / scale)[data.outcomes, rows])

        self.logs = jax.jit(lambda free: logs(free / scale))
        self.slopes = jax.jit(jax.jacfwd(lambda free: logs(free / scale)))
        self.loss = jax.jit(loss)
        self.gradient = jax.jit(jax.grad(loss))
        self.hessian = jax.jit(jax.jacfwd(jax.grad(loss)))

    def run(self, starts: int, progress: Progress | None) -> Estimate:
        self._tell_apart()
        random = np.random.default_rng(0)
        found: list[tuple[float, Array, bool]] = []
        for start in range(max(starts, 1)):
            at = np.zeros(len(self.names))
            if start:
                at = random.normal(size=len(at)) * 0.5
            if np.isfinite(float(self.loss(at))):
                found.append(self._climb(at))
            if progress is not None:
                progress(start + 1, starts)
        if not found:
            raise UsageError(
                "the likelihood is not defined at any starting point", "check the data"
            )
        best = min(found, key=lambda item: item[0])
        far = self._unbounded(best[1])
        if far or not math.isfinite(best[0]):
            named = ", ".join(quote(name) for name in far[:5])
            raise UsageError(
                f"the likelihood has no maximum: {named} grow without bound",
                "a column may predict an outcome without exception; leave it out",
            )
        return self._said(best, found)

    def _unbounded(self, free: Array) -> list[str]:
        """Coefficients that are far from zero and on which the likelihood hardly depends there."""
        values, directions = np.linalg.eigh(np.asarray(self.hessian(free)))
        flat = np.abs(directions[:, values < FLAT]).max(axis=1, initial=0.0) > 0.1
        size = np.abs(free)
        pairs = zip(self.names, size, flat, strict=True)
        return [name for name, own, loose in pairs if own > FAR or (own > FAR / 10 and loose)]

    def _climb(self, start: Array) -> tuple[float, Array, bool]:
        from scipy.optimize import minimize

        def value(free: Array) -> float:
            loss = float(self.loss(free))
            return loss if math.isfinite(loss) else 1e10

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = minimize(
                value,
                start,
                jac=lambda free: np.nan_to_num(np.asarray(self.gradient(free))),
                hess=lambda free: np.nan_to_num(np.asarray(self.hessian(free))),
                method="trust-exact",
                options={"gtol": 1e-9, "maxiter": 300, "initial_trust_radius": 0.5},
            )
        free = np.asarray(done.x, dtype=np.float64)
        for _ in range(3):  # Newton, to the last digits
            slope = np.asarray(self.hessian(free))
            try:
                step = np.linalg.solve(slope, np.asarray(self.gradient(free)))
            except np.linalg.LinAlgError:
                break
            if not np.all(np.isfinite(step)) or value(free - step) > value(free) + 1e-12:
                break
            free = free - step
        steep = float(np.max(np.abs(np.asarray(self.gradient(free)))))
        return value(free), free, steep < 1e-7

    def _tell_apart(self) -> None:
        """Refuse coefficients that no such data could tell apart.

        The information that the outcomes of each row would carry is added up at two points that are
        special in nothing; a direction without information at both is one that cannot be estimated.
        """
        random = np.random.default_rng(1)
        total = np.zeros((len(self.names),) * 2)
        for _ in range(2):
            at = random.normal(size=len(self.names)) * 0.3
            slopes = np.asarray(self.slopes(at))
            weights = np.exp(np.asarray(self.logs(at)))
            total += np.einsum("or,orj,ork->jk", weights, slopes, slopes)
        size = np.sqrt(np.diag(total))
        for name, place, own in zip(self.names, self.game.places, size, strict=True):
            if own < 1e-9 * max(size.max(), 1e-300):
                what = f"{quote(name)} moves no outcome's probability"
                raise ModelError([mistake("G204", place, name, what)])
        values, directions = np.linalg.eigh(total / np.outer(size, size))
        if values[0] > 1e-11 * values[-1]:
            return
        loads = np.abs(directions[:, 0])
        named = [i for i in np.argsort(-loads) if loads[i] > 0.05][:6]
        said = ", ".join(quote(self.names[i]) for i in sorted(named))
        what = f"the data cannot tell {said} apart"
        raise ModelError([mistake("G204", self.game.places[min(named)], "payoffs", what)])

    def _said(
        self, best: tuple[float, Array, bool], found: Sequence[tuple[float, Array, bool]]
    ) -> Estimate:
        from scipy.stats import norm

        loss, free, reached = best
        count = self.data.count
        flags = [] if reached else ["maximum not reached"]
        information = np.asarray(self.hessian(free)) * count
        covariance = np.full(information.shape, np.nan)
        try:
            np.linalg.cholesky(information)
            covariance = np.linalg.inv(information) / np.outer(self.scale, self.scale)
        except np.linalg.LinAlgError:
            flags.append("no standard errors: the information is singular")
        agreeing = sum(abs(item[0] - loss) * count < 1e-4 for item in found)
        if 2 * agreeing <= len(found):
            flags.append(f"only {agreeing} of {len(found)} starts reached this maximum")
        values = free / self.scale
        errors = np.sqrt(np.diag(covariance))
        rows = []
        for name, value, error in zip(self.names, values, errors, strict=True):
            z = value / error
            rows.append(
                Coefficient(name, float(value), float(error), float(z), float(2 * norm.sf(abs(z))))
            )
        fitted = np.exp(np.asarray(self.logs(free))).mean(axis=1)
        counts = np.bincount(self.data.outcomes, minlength=len(self.game.outcomes))
        names = self.game.outcomes
        return Estimate(
            title=self.game.game.tree.title,
            link=self.game.link,
            error=self.game.error,
            coefficients=tuple(rows),
            log_likelihood=-loss * count,
            observations=count,
            counts={name: int(n) for name, n in zip(names, counts, strict=True)},
            fitted={name: float(p) for name, p in zip(names, fitted, strict=True)},
            covariance=covariance,
            starts=len(found),
            agreeing=agreeing,
            flags=tuple(flags),
        )


def _scales(game: StatisticalGame, data: Observations) -> Array:
    """The size of what each coefficient stands before, and a refusal of columns that hold nothing.

    Raises:
        ModelError: a column is the same everywhere and the constant stands beside it, is zero
            everywhere, or is a sum of others in its payoff.
    """
    scales = np.zeros(len(game.coefficients))
    constant = Place(data.file, 1, 1)
    payoffs = list(dict.fromkeys(game.terms.values()))
    used = Counter(term.coefficient for terms in payoffs for term in terms)
    for terms in payoffs:
        rows, own = [], []
        for term in terms:
            values = np.ones(data.count) if term.column is None else data.columns[term.column]
            size = float(np.sqrt(np.mean(values**2)))
            if size == 0:
                what = f"the column {quote(term.column)} is zero in every row"
                raise ModelError([mistake("G204", constant, "", what, "leave it out")])
            scales[term.coefficient] = max(scales[term.coefficient], size)
            if used[term.coefficient] == 1:  # others are told apart by their other payoffs, perhaps
                rows.append(values / size)
                own.append(term)
        if len(rows) < 2:
            continue
        table = np.stack(rows)
        values_of, directions = np.linalg.eigh(table @ table.T / data.count)
        if values_of[0] < 1e-12 * values_of[-1]:
            loads = np.abs(directions[:, 0])
            named = [term for term, load in zip(own, loads, strict=True) if load > 0.01]
            said = " and ".join(quote(t.column or "the constant 1") for t in named[:6])
            what = f"{said} stand in one payoff and are collinear in the data"
            place = game.places[named[0].coefficient]
            raise ModelError([mistake("G204", place, "payoffs", what)])
    return scales
