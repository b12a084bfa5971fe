"""Records that a model would have given: drawn at given parameters, with what is given held.

Each draw of parameters is one future: chance that is not given is drawn, and each value that the
record has is drawn from its likelihood. A ``hazard`` is drawn until its event comes, and after
that there is nothing to observe.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reassure.engine import random as generator
from reassure.engine.lanes import Lanes
from reassure.engine.scalars import orders
from reassure.history.conditioning import Conditioning
from reassure.history.fit.checks import Replicates
from reassure.history.fit.families import draw
from reassure.model.checked import Arm

Array = Any


def replicate(
    conditioning: Conditioning,
    parameters: Array,
    rng: np.random.Generator,
    *,
    policy: str = "",
    averaged: bool = False,
) -> dict[str, Replicates]:
    """Replicates of every measurement, ``[draw, T]``, beside what was observed.

    Args:
        conditioning: the record.
        parameters: ``[draw, P]`` in internal units, those of courses' errors included.
        policy: of levers without a course.
        averaged: whether chance that is not given is taken at its mean, as a fit may take it.
    """
    source = conditioning.program(smooth=averaged, averaged=averaged)
    given, told = conditioning.tables(source.program.steps + 1)
    count = len(parameters)
    words = generator.future_words(
        int(rng.integers(2**31)), "replicates", np.arange(count), np.zeros(count, dtype=int)
    )
    ordered = orders(source.model, source.program, Arm(policy=policy))
    lanes = Lanes(source, ordered, given, told, np.ascontiguousarray(parameters.T), words)
    drawn: dict[str, list[Array]] = {datum.name: [] for datum in source.data}
    with np.errstate(all="ignore"):
        for _ in range(conditioning.steps):
            moment = lanes.advance()
            for datum, (h, arguments, _value, is_told) in zip(
                source.data, moment.data(), strict=True
            ):
                if is_told:
                    drawn[datum.name].append(draw(datum.family, h, arguments, rng))
    found = {}
    for item in conditioning.measured:
        name = item.measurement.name
        there = np.isfinite(item.values)
        rows = np.full((count, len(item.values)), np.nan)
        rows[:, there] = np.stack(drawn[name], axis=1) if drawn[name] else rows[:, there]
        if item.measurement.likelihood.family == "hazard":
            before = np.cumsum(np.nan_to_num(rows), axis=1) - np.nan_to_num(rows)
            rows = np.where(before > 0, np.nan, rows)
        found[name] = Replicates(item.values, rows, item.periods)
    return found
