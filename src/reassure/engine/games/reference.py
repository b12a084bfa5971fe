"""A logit equilibrium the plain and slow way: the oracle for the compiled solver."""

from __future__ import annotations

from typing import Any

import numpy as np

from reassure.engine.games.agent_form import AgentForm
from reassure.engine.games.branch import Walk
from reassure.engine.games.continuation import follow
from reassure.engine.games.tracer import FOLD, SEVERAL, UNFINISHED
from reassure.model.game_tree import GameTree

Array = np.ndarray[Any, np.dtype[Any]]

MOST_POINTS = 20_000


def reference_aqre(
    tree: GameTree, payoffs: Array, chances: Array, rationality: Array
) -> tuple[Array, int]:
    """The logit equilibrium of one game on its principal branch.

    Args:
        tree: the shape.
        payoffs: ``[T, P]``.
        chances: ``[C]``.
        rationality: ``[P]``.

    Returns:
        Probabilities ``[A]`` and flags, as of
        :class:`~reassure.engine.games.batch.Solution`.
    """
    form = AgentForm(tree, payoffs, chances)
    n = form.unknowns
    walk = Walk(form, np.asarray(rationality, dtype=float))
    flags, before = 0, None
    for number, point in enumerate(follow(walk.equations, np.zeros(n + 1))):
        if point.fork or point.tangent[n] < 0:
            flags |= FOLD
        if before is not None and point.w[n] >= walk.scale:
            found = walk.cross(before, point)
            if found is not None:
                if np.linalg.slogdet(walk.equations(found)[1][:, :n])[0] < 0:
                    flags |= SEVERAL
                return np.exp(form.log_probabilities(found[:n])), flags
            break
        if number >= MOST_POINTS:
            break
        before = point
    last = before.w if before is not None else np.zeros(n + 1)
    return np.exp(form.log_probabilities(last[:n])), flags | UNFINISHED
