"""Engines, kept while a session goes on asking about the same few models."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from reassure.engine.engine import Engine, compile_model
from reassure.engine.lower import held_by_claims
from reassure.model.checked import Model


def engine_for(model: Model, precision: str = "float32", holdable: Iterable[str] = ()) -> Engine:
    """The engine of a model, compiled once for as long as it is among the last few asked for.

    Args:
        precision: ``float32`` or ``float64``.
        holdable: quantities to be held beside those that the model's claims hold.

    Raises:
        UsageError: a name in ``holdable`` that cannot be held.
    """
    beyond = set(holdable) - set(held_by_claims(model)[0])
    return _kept(model, precision, tuple(sorted(beyond)))


@lru_cache(maxsize=4)
def _kept(model: Model, precision: str, holdable: tuple[str, ...]) -> Engine:
    return compile_model(model, dtype=precision, holdable=holdable)
