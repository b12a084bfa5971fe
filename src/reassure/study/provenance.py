"""What made a result: enough to make it again."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from functools import lru_cache

from reassure.engine.random import GENERATOR_VERSION
from reassure.model.checked import Model
from reassure.study.sequence import DESIGN_VERSION

PACKAGES = ("reassure", "numpy", "scipy", "jax", "jaxlib", "xarray")
"""Packages whose versions can change a number."""


def provenance(model: Model, **how: object) -> dict[str, str | int | float]:
    """Facts about a result, for its attributes and for the foot of a report.

    The same question gives the same facts: there is no date in it.

    Args:
        how: what else decided the numbers: seed, design, precision and the like. Mappings become
            ``name=value`` texts, None is left out.
    """
    facts: dict[str, str | int | float] = {
        "model": model.name,
        "model_title": model.title,
        "model_hash": model.digest,
        "language": model.language,
    }
    for key, value in how.items():
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            facts[key] = value
        elif isinstance(value, Mapping):
            facts[key] = ", ".join(f"{name}={item}" for name, item in value.items())
        elif value is not None:
            facts[key] = str(value)
    facts["generator_version"] = GENERATOR_VERSION
    facts["design_version"] = DESIGN_VERSION
    return facts | versions()


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of Python and of :data:`PACKAGES`, and the kind of machine."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python_version": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[f"{name}_version"] = version(name)
        except PackageNotFoundError:  # run from a source tree that is not installed
            found[f"{name}_version"] = getattr(sys.modules.get(name), "__version__", "unknown")
    return found
