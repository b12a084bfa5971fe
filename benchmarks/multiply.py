"""A checked model repeated side by side: the same shapes with other names, to see how compile time grows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from reassure.model.checked import Belief, Evidence, Model, Observation, Policy
from reassure.model.expression import Ref

MOVING = (
    "parameters",
    "levers",
    "auxiliaries",
    "noises",
    "events",
    "stocks",
    "beliefs",
    "choices",
    "outcomes",
)


def multiplied(model: Model, times: int) -> Model:
    """``model`` with everything that moves repeated ``times`` times; its claims are those of the first copy."""
    parts: dict[str, Any] = {
        section: tuple(
            _renamed(item, _suffix(model, copy))
            for copy in range(times)
            for item in getattr(model, section)
        )
        for section in (*MOVING, "observations", "correlations")
    }
    parts["policies"] = tuple(_widened(policy, model, times) for policy in model.policies)
    return dataclasses.replace(
        model, **parts, digest=f"{model.digest}*{times}", name=f"{model.name}*{times}"
    )


def _suffix(model: Model, copy: int) -> Callable[[str], str]:
    """Rename an element, or a part of one such as ``x.rate`` or ``x@JPN``, for a copy."""
    names = sorted(
        (item.name for section in MOVING for item in getattr(model, section)), key=len, reverse=True
    )

    def rename(name: str) -> str:
        if copy == 0:
            return name
        for whole in names:
            if name == whole or name.startswith((f"{whole}.", f"{whole}@")):
                return f"{whole}__{copy}{name[len(whole) :]}"
        return name

    return rename


def _widened(policy: Policy, model: Model, times: int) -> Policy:
    settings = tuple(
        (rename(name), _renamed(setting, rename))
        for rename in (_suffix(model, copy) for copy in range(times))
        for name, setting in policy.settings
    )
    return dataclasses.replace(policy, settings=settings)


def _renamed(thing: Any, rename: Callable[[str], str]) -> Any:
    """``thing`` with every element's name replaced, all the way down."""
    if isinstance(thing, Ref):
        return Ref(rename(thing.name))
    if isinstance(thing, tuple):
        return tuple(_renamed(item, rename) for item in thing)
    if not dataclasses.is_dataclass(thing) or isinstance(thing, type):
        return thing
    changes = {
        field.name: _renamed(getattr(thing, field.name), rename)
        for field in dataclasses.fields(thing)
        if not isinstance(getattr(thing, field.name), str)
    }
    for field in _naming(thing):
        changes[field] = rename(getattr(thing, field))
    return dataclasses.replace(thing, **changes)


def _naming(thing: Any) -> tuple[str, ...]:
    """The fields of ``thing`` that hold the name of an element."""
    if isinstance(thing, Observation):
        return ("of",)
    if isinstance(thing, Evidence):
        return ("event",)
    if isinstance(thing, Belief):
        return ("name", "about_belief")
    if type(thing).__name__ == "Correlation":
        return ("first", "second")
    named = {"Parameter", "Lever", "Auxiliary", "Noise", "Event", "Stock", "Choice", "Outcome"}
    return ("name",) if type(thing).__name__ in named else ()
