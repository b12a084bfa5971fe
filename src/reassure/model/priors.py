"""Priors: from what is written to a distribution, and from a distribution to numbers.

A prior is written as a number, or as a mapping with one family and, beside it, an optional
truncation::

    {lognormal: {median: 3, p95: 8}, truncate: [0.5, 20]}

Parameters are a family's natural ones or quantiles (``p05``, ``p50`` or ``median``, ``p95``,
``p2.5``). Quantiles describe the distribution before it is truncated. The families stand in
:mod:`reassure.model.families`; ``discrete``, ``mixture`` and ``fixed`` are made here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from reassure.model.checked import Prior
from reassure.model.distributions import (
    cumulative,
    density,
    describe,
    mean,
    quantile,
    share_left,
    support,
)
from reassure.model.families import FAMILIES
from reassure.model.family import Family
from reassure.model.mistakes import Fault, quote, suggest, without_percent

__all__ = [
    "OTHERS",
    "PriorError",
    "cumulative",
    "density",
    "describe",
    "flow",
    "mean",
    "quantile",
    "resolve",
    "support",
    "table",
]

OTHERS: dict[str, tuple[str, str, str]] = {
    "discrete": (
        "`values`, `weights`",
        "one of a list of numbers; weights are scaled to sum to 1 and equal when left out",
        "{discrete: {values: [0, 1, 2], weights: [5, 3, 2]}}",
    ),
    "mixture": (
        "a list of `{weight, prior}`",
        "one of several priors, drawn by weight: for rival views of one number",
        "{mixture: [{weight: 3, prior: {uniform: [0, 1]}}, {weight: 1, prior: 2}]}",
    ),
    "fixed": ("a number", "no uncertainty; the same as the bare number", "{fixed: 0.5}"),
}
"""The priors that are not families: how written, what for, an example."""

_QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)")
_SMALLEST_SHARE = 1e-6  # of a distribution that a truncation must leave
_EXTREME = "the numbers are too large or too small to compute with"
_MOST_ITEMS = 1000  # of a discrete prior or a mixture


class PriorError(Fault):
    """What is written is not a prior.

    Attributes:
        field: where in the written prior, as keys and list positions: ``('lognormal', 'p95')``.
    """

    def __init__(
        self, code: str, message: str, remedy: str | None = None, field: tuple[str | int, ...] = ()
    ) -> None:
        super().__init__(code, message, remedy)
        self.field = field


# -- written to meant -----------------------------------------------------------------------------


def resolve(written: object) -> Prior:
    """The prior meant by ``written``: a number, or a mapping of one family and maybe ``truncate``.

    Raises:
        PriorError: with code E201 to E210 for what is not written as a prior is, E601 for an
            unknown family, E602 for impossible parameters, E603 for impossible quantiles, E604
            for an empty truncation.
    """
    if _is_number(written):
        return _fixed(written, ())
    if not isinstance(written, Mapping):
        raise PriorError(
            "E203",
            f"a prior is a number or a mapping, not {_kind(written)}",
            "write a number, or a distribution such as {uniform: [0, 1]}",
        )
    known = (*FAMILIES, *OTHERS)
    keys = [key for key in written if key != "truncate"]
    for key in keys:
        if key not in known:
            raise PriorError(
                "E601",
                f"{quote(key)} is no prior",
                suggest(str(key), known) or f"use one of {', '.join(known)}",
                (str(key),),
            )
    if len(keys) != 1:
        said = "no family" if not keys else f"{len(keys)} families"
        raise PriorError("E210", f"the prior has {said}", f"give exactly one of {', '.join(known)}")
    name = str(keys[0])
    prior = _resolve_one(name, written[name])
    if "truncate" in written:
        prior = _truncate(prior, written["truncate"])
    return replace(prior, written=flow(written))


def _resolve_one(name: str, body: object) -> Prior:
    if name == "fixed":
        return _fixed(body, ("fixed",))
    if name == "discrete":
        return _discrete(body)
    if name == "mixture":
        return _mixture(body)
    family = FAMILIES[name]
    if isinstance(body, Sequence) and not isinstance(body, str) and name == "uniform":
        if len(body) != 2:
            raise PriorError("E203", "uniform takes two numbers", "write [low, high]", (name,))
        body = {"low": body[0], "high": body[1]}
    if not isinstance(body, Mapping):
        raise PriorError(
            "E203", f"{name} takes a mapping, not {_kind(body)}", _how(family), (name,)
        )
    values = {str(key): _number(value, (name, str(key))) for key, value in body.items()}
    parameters = _parameters(family, values)
    wrong = family.mistake(parameters)
    if not wrong and not all(map(math.isfinite, parameters)):
        wrong = _EXTREME
    if wrong:
        raise PriorError("E602", f"{name}: {wrong}", None, (name,))
    return Prior(name, tuple(zip(family.forms[0], parameters, strict=True)))


def _parameters(family: Family, values: dict[str, float]) -> tuple[float, ...]:
    """The natural parameters from one of the family's forms or from quantiles."""
    name = family.name
    for form in family.forms:
        if set(values) <= set(form) and set(form) <= {*values, *family.optional}:
            try:
                return family.natural(
                    form, tuple(values.get(k, family.optional.get(k, 0.0)) for k in form)
                )
            except ValueError as reason:
                raise PriorError("E602", f"{name}: {reason}", None, (name,)) from None
            except ArithmeticError:
                raise PriorError("E602", f"{name}: {_EXTREME}", None, (name,)) from None
    levels = {key: _level(key) for key in values}
    natural = {key for form in family.forms for key in form}
    for key, level in levels.items():
        if level is None and key not in natural:
            near = suggest(key, natural)
            raise PriorError(
                "E201", f"{name} has no {quote(key)}", near or _how(family), (name, key)
            )
    if family.quantiles == 0 or len(values) != family.quantiles or None in levels.values():
        given = ", ".join(values) or "nothing"
        code = "E202" if len(values) <= max(family.quantiles - 1, 0) else "E210"
        raise PriorError(code, f"{name} is not determined by {given}", _how(family), (name,))
    return _solve(
        family, {key: level for key, level in levels.items() if level is not None}, values
    )


def _solve(family: Family, levels: dict[str, float], values: dict[str, float]) -> tuple[float, ...]:
    """Parameters from quantiles, checked to reproduce them."""
    name = family.name
    keys = sorted(values, key=lambda key: levels[key])
    at = tuple(levels[key] for key in keys)
    goal = tuple(values[key] for key in keys)
    for a, b in pairwise(keys):
        if levels[a] == levels[b]:
            raise PriorError("E210", f"{a} and {b} are the same quantile", "keep one", (name, b))
        if values[a] >= values[b]:
            raise PriorError(
                "E603",
                f"{a} is {values[a]:g} and must lie below {b}, {values[b]:g}",
                "exchange them, or use `fixed` for a number that is certain",
                (name, b),
            )
    try:
        parameters = family.solve(at, goal)
        if family.mistake(parameters):
            raise ValueError(f"they would need {family.mistake(parameters)}")
        met = family.ppf(np.array(at), parameters)
        tolerance = 1e-6 * (goal[-1] - goal[0] if len(goal) > 1 else abs(goal[0]))
        if not np.all(np.abs(met - np.array(goal)) <= tolerance):
            raise ValueError("no parameters were found that have these quantiles")
    except ValueError as reason:
        raise PriorError("E603", f"{name}: {reason}", None, (name,)) from None
    except (ArithmeticError, RuntimeError):  # overflow, or a search that does not end
        raise PriorError("E603", f"{name}: {_EXTREME}", None, (name,)) from None
    return parameters


def _fixed(value: object, field: tuple[str | int, ...]) -> Prior:
    number = _number(value, field)
    return Prior("fixed", (("value", number),), written=f"{number:g}")


def _discrete(body: object) -> Prior:
    field = ("discrete",)
    how = "write {values: [0, 1], weights: [3, 1]}"
    if not isinstance(body, Mapping) or "values" not in body:
        raise PriorError("E202", "discrete needs `values`", how, field)
    for key in body:
        if key not in ("values", "weights"):
            near = suggest(str(key), ("values", "weights"))
            raise PriorError(
                "E201", f"discrete has no {quote(key)}", near or how, (*field, str(key))
            )
    values = _numbers(body["values"], (*field, "values"))
    weights = (
        _numbers(body["weights"], (*field, "weights")) if "weights" in body else [1.0] * len(values)
    )
    if len(values) != len(weights):
        message = f"discrete has {len(values)} values and {len(weights)} weights"
        raise PriorError("E602", message, "give one weight for each value", (*field, "weights"))
    if len(set(values)) < len(values):
        raise PriorError("E602", "a value stands twice", "add their weights", (*field, "values"))
    return _weighted(list(zip(values, weights, strict=True)), (*field, "weights"))


def _weighted(pairs: Sequence[tuple[float, float]], field: tuple[str | int, ...]) -> Prior:
    shares = _shares([weight for _, weight in pairs], field)
    kept = sorted((v, s) for (v, _), s in zip(pairs, shares, strict=True) if s > 0)
    return Prior("discrete", values=tuple(v for v, _ in kept), weights=tuple(s for _, s in kept))


def _mixture(body: object) -> Prior:
    field = ("mixture",)
    how = "write [{weight: 3, prior: {uniform: [0, 1]}}, {weight: 1, prior: 2}]"
    if not isinstance(body, Sequence) or isinstance(body, str) or not 1 <= len(body) <= _MOST_ITEMS:
        raise PriorError("E203", f"mixture takes a list of 1 to {_MOST_ITEMS} entries", how, field)
    weights, components = [], []
    for i, entry in enumerate(body):
        if not isinstance(entry, Mapping) or set(entry) != {"weight", "prior"}:
            raise PriorError("E203", "an entry of a mixture is {weight:, prior:}", how, (*field, i))
        weights.append(_number(entry["weight"], (*field, i, "weight")))
        inner = entry["prior"]
        if isinstance(inner, Mapping) and "mixture" in inner:
            raise PriorError(
                "E602",
                "a mixture inside a mixture",
                "list its entries in the outer one",
                (*field, i),
            )
        try:
            components.append(resolve(inner))
        except PriorError as error:
            where = (*field, i, "prior", *error.field)
            raise PriorError(error.code, error.message, error.remedy, where) from None
    shares = _shares(weights, field)
    kept = [(c, s) for c, s in zip(components, shares, strict=True) if s > 0]
    return Prior("mixture", weights=tuple(s for _, s in kept), components=tuple(c for c, _ in kept))


def _shares(weights: Sequence[float], field: tuple[str | int, ...]) -> list[float]:
    total = math.fsum(weights)
    if any(weight < 0 for weight in weights) or not 0 < total < math.inf:
        raise PriorError("E602", "weights must be 0 or more, and not all 0", None, field)
    return [weight / total for weight in weights]


def _truncate(prior: Prior, body: object) -> Prior:
    field = ("truncate",)
    if not isinstance(body, Sequence) or isinstance(body, str) or len(body) != 2:
        raise PriorError(
            "E203", "truncate takes two numbers", "write [low, high], with ~ for an open end", field
        )
    low = -math.inf if body[0] is None else _number(body[0], (*field, 0), finite=False)
    high = math.inf if body[1] is None else _number(body[1], (*field, 1), finite=False)
    if not low < high:
        raise PriorError(
            "E604", f"truncate: {low:g} does not lie below {high:g}", "exchange them", field
        )
    if prior.family == "discrete":
        kept = [
            (v, w) for v, w in zip(prior.values, prior.weights, strict=True) if low <= v <= high
        ]
        if not kept:
            raise PriorError("E604", "truncate leaves none of the values", None, field)
        return _weighted(kept, field)
    cut = replace(prior, low=low, high=high)
    if not share_left(cut) >= _SMALLEST_SHARE:
        message = (
            f"truncate to [{low:g}, {high:g}] leaves less than {_SMALLEST_SHARE:g} of the prior"
        )
        raise PriorError("E604", message, None, field)
    return prior if prior.family == "fixed" else cut


# -- small readers --------------------------------------------------------------------------------


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return f"the text {quote(value)}"
    return (
        "a mapping"
        if isinstance(value, Mapping)
        else "a list"
        if isinstance(value, Sequence)
        else "a number"
    )


def _number(value: object, field: tuple[str | int, ...], finite: bool = True) -> float:
    """``value`` as a float, if it is a number of a size that can be computed with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{field[-1] if field else 'a prior'} must be a number, not {_kind(value)}"
        remedy = without_percent(value) or "write the number in the parameter's unit"
        raise PriorError("E203", message, remedy, field)
    # An int may be too large for a float; compare before converting.
    if value != value or (finite and not (value == 0 or 1e-100 <= abs(value) <= 1e100)):
        what = field[-1] if field else "it"
        raise PriorError(
            "E204",
            f"{what} is not a number to compute with",
            "choose a unit in which it is of ordinary size",
            field,
        )
    return float(value) if abs(value) <= 1e100 else math.copysign(math.inf, value)


def _numbers(value: object, field: tuple[str | int, ...]) -> list[float]:
    if (
        not isinstance(value, Sequence)
        or isinstance(value, str)
        or not 1 <= len(value) <= _MOST_ITEMS
    ):
        raise PriorError(
            "E203", f"{field[-1]} must be a list of 1 to {_MOST_ITEMS} numbers", None, field
        )
    return [_number(item, (*field, i)) for i, item in enumerate(value)]


def _level(key: str) -> float | None:
    """The probability that a quantile's key names: 0.05 for ``p05``; None for any other key."""
    if key == "median":
        return 0.5
    match = _QUANTILE.fullmatch(key)
    level = float(match[1]) / 100 if match else 0.0
    return level if 0 < level < 1 else None


def _how(family: Family) -> str:
    """How a family's parameters are written."""
    ways = [
        "{" + ", ".join(f"{k} (optional)" if k in family.optional else k for k in form) + "}"
        for form in family.forms
    ]
    if family.quantiles:
        ways.append(
            "one quantile such as p95"
            if family.quantiles == 1
            else "two quantiles such as p05 and p95"
        )
    return "give " + " or ".join(ways)


def flow(value: object) -> str:
    """A written prior in YAML's flow style, for display."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if value is None:
        return "~"
    return f"{value:g}" if isinstance(value, float) else str(value)


# -- for the docs --------------------------------------------------------------------------------


def table() -> str:
    """All priors as a Markdown table, for the language reference."""
    rows = ["| prior | written by | what it is | example |", "| --- | --- | --- | --- |"]
    for name, family in FAMILIES.items():
        how = _how(family).removeprefix("give ").replace("{", "`{").replace("}", "}`")
        rows.append(f"| `{name}` | {how} | {family.about} | `{family.example}` |")
    for name, (how, about, example) in OTHERS.items():
        rows.append(f"| `{name}` | {how} | {about} | `{example}` |")
    return "\n".join(rows) + "\n"
