"""What a user asks to run, by name and in written units, as what the engine runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reassure.model.checked import Lever, Model
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.quantities import quantities

Values = Mapping[str, float | str]
Pairs = tuple[tuple[str, float], ...]

DEFAULT = "default"
"""What stands for no policy: every lever at its default."""


def policy_names(model: Model, policies: Sequence[str] | None) -> tuple[str, ...]:
    """The policies to run, each once: as asked for, or all of the model's; ``default`` without any.

    Raises:
        UsageError: an unknown policy, or crossed ones that set one lever.
    """
    if policies is None:
        return tuple(policy.name for policy in model.policies) or (DEFAULT,)
    if isinstance(policies, str):
        policies = [policies]
    if not policies:
        raise UsageError("no policy is asked for", "name one, or leave policies out for all")
    return tuple(dict.fromkeys(check_policy(model, name) for name in policies))


def check_policy(model: Model, name: str) -> str:
    """``name``, if it is a policy or several crossed as ``a+b``; ``default`` for none ('').

    Raises:
        UsageError: an unknown policy, or crossed ones that set one lever.
    """
    known = {policy.name: policy for policy in model.policies}
    if name in ("", DEFAULT) and DEFAULT not in known:
        return DEFAULT
    parts = [part.strip() for part in name.split("+")]
    setter: dict[str, str] = {}
    for part in parts:
        if part not in known:
            hint = suggest(part, known) or (
                f"the model has {', '.join(known)}" if known else "the model has no policies"
            )
            raise UsageError(f"{quote(part)} is no policy", hint)
        for lever, _ in known[part].settings:
            if lever in setter:
                raise UsageError(
                    f"{setter[lever]} and {part} both set {lever}",
                    "cross policies that set different levers",
                )
            setter[lever] = part
    return "+".join(parts)


def arm_policy(name: str, model: Model) -> str:
    """A checked policy's name as :class:`~reassure.model.checked.Arm` has it: '' for
    ``default``."""
    named = any(policy.name == DEFAULT for policy in model.policies)
    return "" if name == DEFAULT and not named else name


def fixed_values(model: Model, values: Values | None) -> tuple[Pairs, Pairs]:
    """What ``set=`` fixes, in internal units: levers, and parameters.

    Args:
        values: a parameter or lever and its value in its own unit, as a number or as text; of a
            lever with options the option's name.

    Raises:
        UsageError: a name that is neither, no number, a value out of the lever's range, or a word
            that is none of its options.
    """
    parameters = {parameter.name: parameter for parameter in model.parameters}
    levers = {lever.name: lever for lever in model.levers}
    found_levers: list[tuple[str, float]] = []
    found_parameters: list[tuple[str, float]] = []
    for name, value in (values or {}).items():
        if name in levers:
            found_levers.append((name, _lever_value(levers[name], value)))
        elif name in parameters:
            number = _number(name, value) * parameters[name].unit.factor
            found_parameters.append((name, number))
        else:
            raise UsageError(
                f"{quote(name)} is neither a parameter nor a lever",
                suggest(name, [*parameters, *levers]) or "see `reassure show`",
            )
    return tuple(found_levers), tuple(found_parameters)


def held_values(model: Model, do: Mapping[str, float] | None) -> Pairs:
    """What ``do=`` holds, in internal units.

    Raises:
        UsageError: a name that no formula can read, no number, or one that the quantity cannot have.
    """
    known = quantities(model)
    pairs = []
    for name, value in (do or {}).items():
        if name not in known:
            raise UsageError(f"{quote(name)} is no quantity of the model", suggest(name, known))
        pairs.append((name, held_value(model, name, value)))
    return tuple(pairs)


def held_value(model: Model, name: str, value: float | str) -> float:
    """A number at which a quantity can be held, in internal units.

    Raises:
        UsageError: no number, or outside of the lever's range, the stock's bounds or, of a belief, 0 to 1.
    """
    factor = quantities(model)[name][0].factor
    ranges = {belief.name: (0.0, 1.0) for belief in model.beliefs}
    ranges |= {stock.name: (stock.low, stock.high) for stock in model.stocks}
    ranges |= {lever.name: (lever.low, lever.high) for lever in model.levers if not lever.options}
    return _within(name, value, factor, *ranges.get(name, (-math.inf, math.inf)))


def _lever_value(lever: Lever, value: float | str) -> float:
    if lever.options:
        if isinstance(value, str) and value in lever.options:
            return float(lever.options.index(value))
        raise UsageError(
            f"{quote(value)} is no option of {lever.name}",
            suggest(str(value), lever.options) or f"use one of {', '.join(lever.options)}",
        )
    return _within(lever.name, value, lever.unit.factor, lever.low, lever.high)


def _within(name: str, value: float | str, factor: float, low: float, high: float) -> float:
    """A number of a range, both in internal units."""
    number = _number(name, value) * factor
    reach = max((abs(end) for end in (low, high) if math.isfinite(end)), default=0.0)
    slack = 1e-12 * reach  # of rounding, where units have factors
    if not low - slack <= number <= high + slack:
        raise UsageError(
            f"{name} cannot be set to {value}",
            f"its range is {low / factor:g} to {high / factor:g}",
        )
    return min(max(number, low), high)


def _number(name: str, value: float | str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) <= 1e100:  # also false for what is not a number
        raise UsageError(f"{name} cannot be set to {quote(value)}", "give a finite number")
    return number
