"""What a model has learnt of its parameters by an origin, and by which way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.history.backtest.laplace import Target, drawn, laplace
from reassure.history.backtest.seen import Seen
from reassure.history.fit.density import Scores
from reassure.history.fit.posterior import Posterior, facts_of
from reassure.history.scores.psis import khat_limit
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError
from reassure.study.sequence import column

if TYPE_CHECKING:
    from reassure.history.fit.density import Density
    from reassure.history.ledger import Ledger

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

PRIOR, NORMAL, CHAINS = "prior", "normal approximation", "Markov chains"
"""The ways."""

DRAWN_ON = "if a backtest with --fit made them, the same command goes on to twice as many draws"
"""What can be done about chains that did not converge."""


class Unconverged(UsageError):
    """Chains that did not converge: nothing is forecast from them."""


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

    Chains that are there and did not converge go on to twice as many draws.

    Raises:
        Unconverged: the chains did not converge.
        UsageError: the folder holds another fit.
        Stopped: interrupted; what is finished is kept.
    """
    from reassure.history.fit.run import fit
    from reassure.history.fit.sampler import Plan

    if not seen.past.measured:
        return prior(seen.past.program().model, count, seed)
    plan = Plan(seed=seed)
    there = facts_of(folder)
    if there is not None:
        again = 2 if there.get("converged") is False else 1
        plan = replace(plan, draws=there["draws"] * again)
    made = fit(_density(seen, ledger), folder, _asked(seen, ledger), plan, progress)
    return _taken(made, count, seed)


def kept(seen: Seen, ledger: Ledger, folder: Path, count: int, seed: int) -> Learnt:
    """Draws of a finished fit of this model to this ledger at this origin.

    Raises:
        Unconverged: its chains did not converge.
        UsageError: there is none, or it is another one, such as of what the origin must not see.
    """
    from reassure.history.fit.run import SAID, differing, probe

    if not seen.past.measured:
        return prior(seen.past.program().model, count, seed)
    made = Posterior.load(folder, unconverged=True)
    # The probe tells what the digest leaves out: what is measured and what is given.
    apart = differing(made.facts, _asked(seen, ledger)) or differing(
        made.facts, {"probe": probe(_density(seen, ledger))}
    )
    if apart:
        words = " and another ".join(SAID.get(key, key) for key in apart)
        raise UsageError(
            f"the fit in {folder} is not one of {seen.model.name} as of {seen.origin.day}: it has"
            f" another {words}",
            "make it with `reassure backtest MODEL --fit --out DIR`",
        )
    return _taken(made, count, seed)


def _density(seen: Seen, ledger: Ledger) -> Density:
    """The log density that is fitted at an origin."""
    from reassure.history.fit.density import density

    return density(seen.model, ledger, until=seen.origin.day, known_by=seen.origin.day)


def _asked(seen: Seen, ledger: Ledger) -> dict[str, Any]:
    """What is fitted at an origin, as ``fit.json`` has it."""
    model, day = seen.model, seen.origin.day
    return {
        "model": model.name,
        "digest": model.digest,
        "ledger": ledger.name,
        "reading": ledger.coding,
        "since": None,
        "until": day,
        "known_by": day,
        "dimensions": {item.name: item.unit.dimension for item in model.parameters},
    }


def _taken(made: Posterior, count: int, seed: int) -> Learnt:
    """Draws of a fit, in an order of chance.

    Raises:
        Unconverged: its chains did not converge.
    """
    if not made.converged:
        problems = "; ".join(made.diagnostics.problems)
        raise Unconverged(f"the chains in {made.folder} did not converge: {problems}", DRAWN_ON)
    flat = made.scores.reshape(-1, made.scores.shape[-1])
    rng = np.random.default_rng([seed, 72])
    rows = np.concatenate([rng.permutation(len(flat)) for _ in range(-(-count // len(flat)))])[
        :count
    ]
    said = f"{len(flat):,} draws of converged chains"
    return Learnt(CHAINS, said, tuple(made.score_names), flat[rows])
