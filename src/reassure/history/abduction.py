"""Luck inferred from what happened: uniforms under which the model brings about the record.

What the record gives narrows the uniform that would have drawn it to an interval, by the table of
:mod:`reassure.engine.random`; within the interval it is uniform, and its own draw says where. Chance
of which the record tells nothing keeps its own. This is the first of Pearl's three steps
(*Causality*, 2nd ed. 2009, section 7.1): abduction, action, prediction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from reassure.engine.lanes import Moment
from reassure.history.conditioning import Conditioning
from reassure.model.checked import Auxiliary, Choice, Event, Mark, Model, Unit

Array = np.ndarray[Any, Any]

MOST = 0.5
"""Where more of the lanes than this could not have come by what happened, it is left standing as it
happened, also in the counterfactual; where fewer, they are set aside."""


def with_conditions(model: Model) -> Model:
    """The model with what else luck needs to know as quantities of its own: when choices are open,
    and what sizes of events are drawn from."""
    found = []
    for choice in model.choices:
        if choice.when is not None:
            found.append(Auxiliary(_when(choice), choice.when, Unit()))
    for event in model.events:
        if event.mark is not None:
            found.append(Auxiliary(_size(event, 0), event.mark.first, Unit()))
            found.append(Auxiliary(_size(event, 1), event.mark.second, Unit()))
    return replace(model, auxiliaries=(*model.auxiliaries, *found))


def _when(choice: Choice) -> str:
    return f"{choice.name} < when"


def _size(event: Event, which: int) -> str:
    return f"{event.name} < size {which}"


class Abduction:
    """Luck from the record.

    Args:
        model: of :func:`with_conditions`.
        bound: the record.
        streams: (name, purpose) of the program's streams.

    Attributes:
        wanted: names that a moment must have been asked for.
        events, choices: names of what is given.
    """

    def __init__(
        self, model: Model, bound: Conditioning, streams: tuple[tuple[str, str], ...]
    ) -> None:
        self.bound, self.dt = bound, model.time.dt
        self.streams = {stream: position for position, stream in enumerate(streams)}
        self._events = [e for e in model.events if e.name in bound.given and e.kind != "calendar"]
        self._choices = [choice for choice in model.choices if choice.name in bound.given]
        self.events = tuple(event.name for event in self._events)
        self.choices = tuple(choice.name for choice in self._choices)
        self._sized = [event for event in model.events if event.name in bound.sizes and event.mark]
        wanted = [f"{event.name}.{event.kind}" for event in self._events]
        wanted += [event.name for event in (*self._events, *self._sized)]
        wanted += [f"{event.name}.magnitude" for event in self._sized]
        wanted += [_size(event, which) for event in self._sized for which in (0, 1)]
        for choice in self._choices:
            wanted += [f"{choice.name}.probability.{option.name}" for option in choice.options]
            wanted += [choice.name] + ([_when(choice)] if choice.when is not None else [])
        self.wanted = tuple(dict.fromkeys(wanted))

    def luck(self, step: int, moment: Moment, own: Array) -> Array:
        """Uniforms of all streams, ``[streams, lanes]``, given what happened at a step.

        Args:
            moment: of the lanes that are told.
            own: their own uniforms.
        """
        found = np.array(own, dtype=float)
        for event in self._events:
            count = self._given(event.name, step)
            if count is not None:
                at = self.streams[event.about.alias or event.name, "count"]
                driver = moment.read(f"{event.name}.{event.kind}")
                low, high = _counted(event, round(count), driver, self.dt)
                found[at] = low + (high - low) * own[at]
        for event in self._sized:
            total = self.bound.sizes[event.name][step]
            if not np.isnan(total):
                self._put_sizes(event, float(total), moment, own, found)
        for choice in self._choices:
            taken = self._given(choice.name, step)
            due = step >= choice.offset and (step - choice.offset) % choice.every == 0
            if taken is None or not due:
                continue
            at = self.streams[choice.about.alias or choice.name, "choice"]
            shares = np.cumsum(
                [moment.read(f"{choice.name}.probability.{o.name}") for o in choice.options], axis=0
            )
            option = round(taken)
            low = shares[option - 1] if option else np.zeros_like(shares[0])
            drawn = low + (shares[option] - low) * own[at]
            open_now = moment.read(_when(choice)) > 0 if choice.when is not None else True
            found[at] = np.where(open_now, drawn, own[at])
        return found

    def missed(self, step: int, told: Moment, untold: Moment) -> dict[str, Array]:
        """For what is given at a step, in which lanes (``[lanes]``, truth values) luck does not
        bring it about, which only the impossible resists."""
        found = {}
        for event in self._events:
            if self._given(event.name, step) is not None:
                found[event.name] = told.read(event.name) != untold.read(event.name)
        for event in self._sized:
            name = f"{event.name}.magnitude"
            if not np.isnan(self.bound.sizes[event.name][step]):
                gap = np.abs(told.read(name) - untold.read(name))
                found[name] = ~(gap <= 1e-9 * (1.0 + np.abs(told.read(name))))
        for choice in self._choices:
            if self._given(choice.name, step) is not None:
                found[choice.name] = told.coming(choice.name) != untold.coming(choice.name)
        return found

    def _given(self, name: str, step: int) -> float | None:
        value = self.bound.given[name][step]
        return None if np.isnan(value) else float(value)

    def _put_sizes(
        self, event: Event, total: float, moment: Moment, own: Array, found: Array
    ) -> None:
        """Luck under which the sizes add up to what the record has: the same for each, for it says
        no more."""
        assert event.mark is not None
        count = moment.read(event.name)
        with np.errstate(all="ignore"):
            each = total / np.maximum(count, 1.0)
        first, second = (moment.read(_size(event, which)) for which in (0, 1))
        for i in range(event.cap):
            at = self.streams.get((event.about.alias or event.name, f"mark{i}"))
            if at is not None:
                drawn = _quantile_of(event.mark, each, first, second, own[at])
                found[at] = np.where(count > i, drawn, own[at])


def _counted(event: Event, count: int, driver: Array, dt: float) -> tuple[Array, Array]:
    """Between which uniforms an event happens so often."""
    if event.kind == "probability":
        p = np.clip(driver, 0.0, 1.0)
        return (p, np.ones_like(p)) if count == 0 else (np.zeros_like(p), p)
    mean = np.maximum(driver, 0.0) * dt
    term = np.exp(-mean)
    upto = [np.zeros_like(mean), term]  # P(N < 0), P(N < 1), ...
    for c in range(1, event.cap):
        term = term * (mean * (1.0 / c))
        upto.append(upto[-1] + term)
    count = min(count, event.cap)
    low = np.zeros_like(mean) if count == event.cap else 1.0 - upto[count + 1]
    return low, 1.0 - upto[count]


def _quantile_of(mark: Mark, size: Array, first: Array, second: Array, own: Array) -> Array:
    """The uniform under which a mark has a size; what is outside of (0, 1) is not reached."""
    with np.errstate(all="ignore"):
        match mark.family:
            case "uniform":
                return np.asarray((size - first) / (second - first))
            case "normal":
                return np.asarray(ndtr((size - first) / second))
            case "lognormal":
                return np.asarray(ndtr(np.log(size / first) / second))
            case "exponential":
                return np.asarray(np.exp(-size / first))
            case "discrete":
                upto = np.cumsum([0.0, *mark.weights]) / sum(mark.weights)
                near = np.argmin(
                    np.abs(np.asarray(mark.values)[:, None] - np.atleast_1d(size)), axis=0
                )
                return np.asarray(upto[near] + (upto[near + 1] - upto[near]) * own)
