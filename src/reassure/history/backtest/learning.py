"""What a model has learnt of its parameters by an origin, and by which way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.history.backtest.laplace import Target, drawn, laplace
from reassure.history.backtest.seen import Seen
from reassure.history.fit.density import Scores
from reassure.history.scores.psis import khat_limit
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError
from reassure.study.sequence import column

if TYPE_CHECKING:
    from reassure.history.fit.posterior import Posterior
    from reassure.history.ledger import Ledger

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

PRIOR, NORMAL, CHAINS = "prior", "normal approximation", "Markov chains"
"""The ways."""


@dataclass(frozen=True)
class Learnt:
    """Draws of the parameters.

    Attributes:
        way: one of the ways above.
        said: how well it went, in words.
        names: of the parameters that ``scores`` has.
        scores: ``[n, D]``, standard normal a priori.
        weights: ``[n]``, or None where all weigh alike.
        khat: of the weights; NaN where there are none to judge.
    """

    way: str
    said: str
    names: tuple[str, ...]
    scores: Array
    weights: Array | None = None
    khat: float = float("nan")

    @property
    def count(self) -> int:
        return len(self.scores)

    def parameters(self, model: Model) -> Array:
        """Parameters of ``model`` in internal units, ``[P, n]``; of those not learnt, the prior's."""
        scores = Scores(model)
        at = {name: i for i, name in enumerate(self.names)}
        rows = [
            self.scores[:, at[name]] if name in at else _prior(name, self.count, 0)
            for name in scores.names
        ]
        return np.asarray(scores.exact(np.stack(rows, axis=1)).T)


def prior(model: Model, count: int, seed: int, said: str = "") -> Learnt:
    """Draws of the prior: the same for a parameter of the same name in every model."""
    names = Scores(model).names
    scores = np.stack([_prior(name, count, seed) for name in names], axis=1)
    return Learnt(PRIOR, said or "nothing had been observed", names, scores)


def _prior(name: str, count: int, seed: int) -> Array:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(column("sobol", name, seed, 0, count), 1e-12, 1 - 1e-12)))


def approximated(seen: Seen, count: int, seed: int) -> Learnt:
    """Draws of the normal approximation at the mode, or of the prior where nothing was observed."""
    if not seen.past.measured:
        return prior(seen.past.program().model, count, seed)
    target = Target(seen.past)
    normal = laplace(target)
    found = drawn(target, normal, count, seed)
    said = [f"{normal.gain:.0f} nats above the prior's middle in {normal.rounds} steps"]
    if not normal.settled:
        said.append("the mode was NOT reached")
    if found.weights is None:
        said.append(f"not reweighed: k-hat {found.khat:.2f} is above {khat_limit(count):.2f}")
    else:
        effective = 1 / float((found.weights**2).sum())
        said.append(f"reweighed: k-hat {found.khat:.2f}, {effective:.0f} effective draws")
    return Learnt(NORMAL, "; ".join(said), normal.names, found.scores, found.weights, found.khat)


def fitted(
    seen: Seen,
    ledger: Ledger,
    folder: Path,
    count: int,
    seed: int,
    progress: Progress | None = None,
) -> Learnt:
    """Draws by Markov chains, fitted into ``folder`` or taken up from there.

    Raises:
        UsageError: the chains did not converge, or the folder holds another fit.
        Stopped: interrupted; what is finished is kept.
    """
    from reassure.history.fit.density import density
    from reassure.history.fit.run import fit
    from reassure.history.fit.sampler import Plan

    if not seen.past.measured:
        return prior(seen.past.program().model, count, seed)
    day, model = seen.origin.day, seen.model
    bound = density(model, ledger, until=day, known_by=day)
    asked = {
        "model": model.name,
        "digest": model.digest,
        "ledger": ledger.name,
        "reading": ledger.coding,
        "since": None,
        "until": day,
        "known_by": day,
        "dimensions": {item.name: item.unit.dimension for item in model.parameters},
    }
    fit(bound, folder, asked, Plan(seed=seed), progress)
    return kept(seen, folder, count, seed)


def kept(seen: Seen, folder: Path, count: int, seed: int) -> Learnt:
    """Draws of a finished fit of this model at this origin.

    Raises:
        UsageError: there is none, it did not converge, or it has seen what the origin must not.
    """
    from reassure.history.fit.posterior import Posterior

    if not seen.past.measured and not folder.is_dir():
        return prior(seen.past.program().model, count, seed)
    posterior: Posterior = Posterior.load(folder)
    facts = posterior.facts
    if facts.get("known_by") != seen.origin.day or facts.get("until") != seen.origin.day:
        raise UsageError(
            f"the fit in {folder} was not made of what was known on {seen.origin.day}",
            "make it with `reassure backtest MODEL --fit --out DIR`",
        )
    if facts["digest"] != seen.model.digest:
        raise UsageError(
            f"the fit in {folder} is not one of {seen.model.name} as read on {seen.origin.day}",
            "make it anew with `reassure backtest MODEL --fit --out DIR`",
        )
    flat = posterior.scores.reshape(-1, posterior.scores.shape[-1])
    rng = np.random.default_rng([seed, 72])
    rows = np.concatenate([rng.permutation(len(flat)) for _ in range(-(-count // len(flat)))])[
        :count
    ]
    said = f"{len(flat):,} draws of converged chains"
    return Learnt(CHAINS, said, tuple(posterior.score_names), flat[rows])
