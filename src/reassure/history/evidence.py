"""What moved beliefs along the record: evidence as quantities that can be read at every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from reassure.engine.games.names import lesson_name
from reassure.history.bands import Band, band
from reassure.history.conditioning import Conditioning
from reassure.history.ledger import Ledger
from reassure.history.ledger.picking import picked
from reassure.model import calendar
from reassure.model.checked import Auxiliary, Belief, Evidence, Model, Unit
from reassure.model.expression import Binary, Expression, Number, Ref

Array = np.ndarray[Any, Any]

FADING = "fading"
"""The name of what a belief loses by forgetting, or gains: its way back to where it rests."""


@dataclass(frozen=True)
class Move:
    """What one piece of evidence did to a belief.

    Attributes:
        belief, evidence: names; ``fading`` for forgetting.
        kind: event, flow, game or fading.
        text: what the evidence is, in the model's words.
        logodds: how far it moved the belief, in log-odds, over all the months asked for.
        happened: what of it the record holds: dates, and events of the ledger where it names them.
    """

    belief: str
    evidence: str
    kind: str
    text: str
    logodds: Band
    happened: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "evidence": self.evidence,
            "kind": self.kind,
            "text": self.text,
            "logodds": self.logodds.as_json(),
            "happened": list(self.happened),
        }


def name_of(belief: Belief, item: Evidence) -> str:
    """The quantity that tells how far evidence moves a belief in a step; no model has such a name."""
    return f"{belief.name} < {item.name}"


def with_evidence(model: Model) -> Model:
    """The model with every piece of evidence as a quantity of its own; nothing else changes."""
    found = [
        Auxiliary(name_of(belief, item), _step(belief, item, model.time.dt), Unit())
        for belief in model.beliefs
        for item in belief.evidence
    ]
    return replace(model, auxiliaries=(*model.auxiliaries, *found))


def _step(belief: Belief, item: Evidence, dt: float) -> Expression:
    if item.lesson is not None:
        return Ref(lesson_name(belief.holder, item.lesson))
    times: Expression = Ref(item.event) if item.kind == "event" else Number(dt)
    return Binary("*", item.weight, times)


def moves(
    model: Model,
    bound: Conditioning,
    ledger: Ledger,
    paths: Mapping[str, Array],
    now: Mapping[str, Array],
    weights: Array,
    first: int,
) -> dict[str, tuple[Move, ...]]:
    """What moved each belief from step ``first`` to the end of what is told, largest first.

    Args:
        paths: ``[steps, lanes]`` of the names of :func:`name_of` and of ``BELIEF.logodds``.
        now: ``BELIEF.logodds`` at the end, ``[lanes]``.
    """
    found = {}
    for belief in model.beliefs:
        total = np.zeros(len(weights))
        made = []
        for item in belief.evidence:
            moved = paths[name_of(belief, item)][first:].sum(axis=0)
            total = total + moved
            text = item.about.text or item.about.label or item.name.replace("_", " ")
            happened = _happened(model, bound, ledger, item, first)
            made.append(
                Move(belief.name, item.name, item.kind, text, band(moved, weights), happened)
            )
        level = f"{belief.name}.logodds"
        rest = now[level] - paths[level][first] - total
        if belief.fades is not None:
            text = "back to where it rests"
            made.append(Move(belief.name, FADING, FADING, text, band(rest, weights), ()))
        found[belief.name] = tuple(sorted(made, key=lambda x: -abs(x.logodds.mean)))
    return found


def _happened(
    model: Model, bound: Conditioning, ledger: Ledger, item: Evidence, first: int
) -> tuple[str, ...]:
    """Dates at which the record gives the event, with the ids of its events where there are some."""
    if item.kind != "event":
        return ()
    if item.event not in bound.given:
        event = next((one for one in model.events if one.name == item.event), None)
        steps = event.steps if event is not None and event.kind == "calendar" else ()
        return tuple(
            calendar.date_of_step(model.time, k) for k in steps if first <= k < bound.steps
        )
    given = next(one for one in model.given if one.name == item.event)
    counts = bound.given[item.event]
    if given.events is not None:
        start = calendar.day_of_step(model.time, first)
        end = date.fromordinal(calendar.day_of_step(model.time, bound.steps).toordinal() - 1)
        found = picked(ledger, given.events, start, end)
        return tuple(f"{one.when.text} ({one.id})" for one in found)
    return tuple(
        calendar.date_of_step(model.time, k) + (f" ({counts[k]:.0f})" if counts[k] > 1 else "")
        for k in range(first, bound.steps)
        if counts[k] > 0
    )
