"""How far the density that was fitted is from that of the model itself.

A fit takes chance that the record does not give at its mean, or carries it as a Gaussian; particles
(:mod:`reassure.history.fit.particles`) draw it. Both are asked at the posterior's mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.history.fit.particles import particle_filter

if TYPE_CHECKING:
    from reassure.history.fit.density import Density

PARTICLES, RUNS = 512, 4


def approximation(density: Density, scores: Any) -> dict[str, Any]:
    """Log density at the mean of ``scores [.., D]``, as fitted and by particles.

    Returns:
        ``treated``: what is averaged or carried, each with how; ``fitted`` and ``particles`` (the
        logarithm of the mean of runs) with the ``spread`` of runs; ``by``: for each measurement its
        density as fitted and the mean of runs.
    """
    import jax

    mean = np.asarray(scores).reshape(-1, density.size).mean(axis=0)
    with jax.enable_x64(True):
        terms = {name: np.asarray(rows) for name, rows in jax.jit(density.terms)(mean).items()}
    fitted = {name: float(np.sum(rows)) for name, rows in terms.items()}
    runs = [
        particle_filter(
            density.conditioning,
            density.parameters(mean),
            particles=PARTICLES,
            seed=seed,
            policy=density.policy,
        )
        for seed in range(RUNS)
    ]
    totals = np.array([run.log_likelihood for run in runs])
    return {
        "treated": [list(item) for item in density.source.averaged],
        "fitted": float(sum(fitted.values())),
        "particles": _finite(np.logaddexp.reduce(totals) - np.log(RUNS)),
        "spread": _finite(totals.std(ddof=1)),
        "by": {
            name: [value, _finite(np.mean([run.terms[name] for run in runs]))]
            for name, value in fitted.items()
        },
    }


def _finite(value: Any) -> float | None:
    """None for what is not a number: JSON has none."""
    return float(value) if np.isfinite(value) else None
