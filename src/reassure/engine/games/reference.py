"""A logit equilibrium the plain and slow way: the oracle for the compiled solver."""

from __future__ import annotations

from typing import Any

import numpy as np

from reassure.engine.games.agent_form import AgentForm
from reassure.engine.games.continuation import follow, settle
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
    rationality = np.asarray(rationality, dtype=float)
    n = form.unknowns
    # t is measured in units in which logits change as fast as it does at first.
    slope = form.equations(np.zeros(n + 1), rationality)[1][:, n]
    scale = 1.0 + float(np.linalg.norm(slope))

    def equations(w: Array) -> tuple[Array, Array]:
        h, slopes = form.equations(np.append(w[:n], w[n] / scale), rationality)
        slopes[:, n] /= scale
        return h, slopes

    flags, before = 0, None
    for number, point in enumerate(follow(equations, np.zeros(n + 1))):
        if point.fork or point.tangent[n] < 0:
            flags |= FOLD
        if before is not None and point.w[n] >= scale:
            part = (scale - before.w[n]) / (point.w[n] - before.w[n])
            guess = before.w + part * (point.w - before.w)
            guess[n] = scale
            found = settle(equations, guess)
            if found is not None:
                if np.linalg.slogdet(equations(found)[1][:, :n])[0] < 0:
                    flags |= SEVERAL
                return np.exp(form.log_probabilities(found[:n])), flags
            break
        if number >= MOST_POINTS:
            break
        before = point
    last = before.w if before is not None else np.zeros(n + 1)
    return np.exp(form.log_probabilities(last[:n])), flags | UNFINISHED
