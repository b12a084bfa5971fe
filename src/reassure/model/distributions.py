"""From a prior to numbers: quantiles, probabilities, densities, means.

Everything is evaluated element by element, so that a value does not depend on the array it was
computed in.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from reassure.model.checked import Prior
from reassure.model.families import FAMILIES
from reassure.model.family import Array


def support(prior: Prior) -> tuple[float, float]:
    """The least and the greatest value that the prior allows; infinite where there is none."""
    if prior.family == "fixed":
        value = prior.parameters[0][1]
        return (value, value)
    if prior.family == "discrete":
        return (prior.values[0], prior.values[-1])
    if prior.family == "mixture":
        ends = [support(component) for component in prior.components]
        low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    else:
        low, high = FAMILIES[prior.family].support(_numbers_of(prior))
    return (max(low, prior.low), min(high, prior.high))


@np.errstate(all="ignore")  # what overflows is far out, and right as it is
def quantile(prior: Prior, u: ArrayLike) -> Array:
    """The values with probability ``u`` at or below them, in the unit that the prior was written
    in.

    ``u`` lies in [0, 1], in any shape. Element by element: a value does not depend on its
    neighbours. Closed forms where there are, else accurate to 1e-9 of the distribution's scale or
    better.
    """
    share = np.asarray(u, dtype=np.float64)
    flat = np.ascontiguousarray(share).reshape(-1)
    if prior.family == "fixed":
        result = np.full(flat.shape, prior.parameters[0][1])
    elif prior.family == "discrete":
        result = _discrete_quantile(prior, flat)
    elif prior.family == "mixture":
        result = _mixture_quantile(prior, flat)
    else:
        result = _family_quantile(prior, flat)
    return np.asarray(result, dtype=np.float64).reshape(share.shape)


def _numbers_of(prior: Prior) -> tuple[float, ...]:
    return tuple(value for _, value in prior.parameters)


def _family_quantile(prior: Prior, u: Array) -> Array:
    family, p = FAMILIES[prior.family], _numbers_of(prior)
    if math.isinf(prior.low) and math.isinf(prior.high):
        return family.ppf(u, p)
    below, above = _tails(prior)
    # What is left of a distribution cut to its upper tail has digits only when counted from above.
    if below[0] > 0.5:
        x = family.isf(above[0] + u * (above[1] - above[0]), p)
    else:
        x = family.ppf(below[0] + u * (below[1] - below[0]), p)
    return np.clip(x, *support(prior))


@lru_cache(maxsize=4096)
def _tails(prior: Prior) -> tuple[tuple[float, float], tuple[float, float]]:
    """The untruncated family's probabilities below, and above, the two ends of the truncation."""
    family, p = FAMILIES[prior.family], _numbers_of(prior)
    ends = np.array([prior.low, prior.high])
    below, above = family.cdf(ends, p), family.sf(ends, p)
    return (float(below[0]), float(below[1])), (float(above[0]), float(above[1]))


def _discrete_quantile(prior: Prior, u: Array) -> Array:
    edges = np.cumsum(prior.weights)[:-1]
    return np.asarray(prior.values)[np.searchsorted(edges, u, side="left")]


@np.errstate(all="ignore")
def cumulative(prior: Prior, x: ArrayLike) -> Array:
    """The probability of values at or below ``x``."""
    at = np.asarray(x, dtype=np.float64)
    if prior.family == "fixed":
        return (at >= prior.parameters[0][1]).astype(np.float64)
    if prior.family == "discrete":
        steps = np.concatenate([[0.0], np.cumsum(prior.weights)])
        return np.asarray(steps[np.searchsorted(prior.values, at, side="right")])
    inside = np.clip(at, prior.low, prior.high)
    if prior.family == "mixture":
        share = sum(
            (
                w * cumulative(c, inside)
                for w, c in zip(prior.weights, prior.components, strict=True)
            ),
            np.zeros_like(inside),
        )
        start, left = _mixture_cut(prior)
        return np.where(at < prior.low, 0.0, np.clip((share - start) / left, 0.0, 1.0))
    family, p = FAMILIES[prior.family], _numbers_of(prior)
    if math.isinf(prior.low) and math.isinf(prior.high):
        return family.cdf(at, p)
    below, above = _tails(prior)
    if below[0] > 0.5:
        return np.clip((above[0] - family.sf(inside, p)) / (above[0] - above[1]), 0.0, 1.0)
    return np.clip((family.cdf(inside, p) - below[0]) / (below[1] - below[0]), 0.0, 1.0)


@np.errstate(all="ignore")
def share_left(prior: Prior) -> float:
    """The share of a family or mixture that its truncation leaves."""
    if prior.family == "fixed":
        return float(prior.low <= prior.parameters[0][1] <= prior.high)
    if prior.family == "mixture":
        return _mixture_cut(prior)[1]
    below, above = _tails(prior)
    return above[0] - above[1] if below[0] > 0.5 else below[1] - below[0]


@np.errstate(all="ignore")
def density(prior: Prior, x: ArrayLike) -> Array:
    """The density at ``x``; of ``discrete`` and ``fixed`` the probability of ``x``.

    A mixture with such components has both: there, the density of the rest is given.
    """
    at = np.asarray(x, dtype=np.float64)
    if prior.family == "fixed":
        return np.where(at == prior.parameters[0][1], 1.0, 0.0)
    if prior.family == "discrete":
        mass: Array = np.zeros_like(at)
        for value, weight in zip(prior.values, prior.weights, strict=True):
            mass = np.where(at == value, weight, mass)
        return mass
    if prior.family == "mixture":
        whole = sum(
            (
                weight * density(component, at)
                for weight, component in zip(prior.weights, prior.components, strict=True)
                if component.family not in ("fixed", "discrete")
            ),
            np.zeros_like(at),
        )
    else:
        whole = FAMILIES[prior.family].pdf(at, _numbers_of(prior))
    if math.isinf(prior.low) and math.isinf(prior.high):
        return np.asarray(whole)
    inside = (at >= prior.low) & (at <= prior.high)
    return np.where(inside, whole / share_left(prior), 0.0)


@np.errstate(all="ignore")
def mean(prior: Prior) -> float:
    """The expected value."""
    if prior.family == "fixed":
        return prior.parameters[0][1]
    if prior.family == "discrete":
        return math.fsum(v * w for v, w in zip(prior.values, prior.weights, strict=True))
    if prior.family == "mixture":
        return _mixture_mean(prior)
    if math.isinf(prior.low) and math.isinf(prior.high):
        return FAMILIES[prior.family].mean(_numbers_of(prior))
    # Gauss-Legendre over the quantile function, in cells that narrow towards both ends.
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = 0.5 ** np.arange(40, 0, -1)
    edges = np.concatenate([[0.0], half, 1 - half[-2::-1], [1.0]])
    width = np.diff(edges)[:, None]
    u = edges[:-1, None] + width * (nodes + 1) / 2
    return float(np.sum(quantile(prior, u) * width * weights / 2))


# -- mixtures -------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _mixture_cut(prior: Prior) -> tuple[float, float]:
    """The probability strictly below the truncation, and what it leaves."""
    pairs = list(zip(prior.weights, prior.components, strict=True))
    start = sum(w * _strictly_below(c, prior.low) for w, c in pairs)
    end = sum(w * float(cumulative(c, prior.high)) for w, c in pairs)
    return start, end - start


def _strictly_below(prior: Prior, x: float) -> float:
    share = float(cumulative(prior, x))
    return share - (float(density(prior, x)) if prior.family in ("fixed", "discrete") else 0.0)


def _mixture_mean(prior: Prior) -> float:
    total = 0.0
    for weight, component in zip(prior.weights, prior.components, strict=True):
        if math.isinf(prior.low) and math.isinf(prior.high):
            total += weight * mean(component)
            continue
        low, high = max(prior.low, component.low), min(prior.high, component.high)
        if component.family == "fixed":
            total += weight * share_left(replace(component, low=low, high=high)) * mean(component)
        elif component.family == "discrete":
            pairs = zip(component.values, component.weights, strict=True)
            total += weight * math.fsum(v * w for v, w in pairs if low <= v <= high)
        elif low < high:
            cut = replace(component, low=low, high=high)
            share = share_left(cut) / share_left(component)
            total += weight * share * mean(cut) if share > 0 else 0.0
    return total / _mixture_cut(prior)[1]


@lru_cache(maxsize=1024)
def _mixture_nodes(prior: Prior) -> tuple[Array, Array, Array]:
    """Places, and the cumulative probability at and just below each, fine enough to start a search.

    Among the places are all ends of components and all values with probability of their own, so
    that between two neighbours the distribution is smooth.
    """
    from scipy.special import ndtr

    score = np.linspace(-8, 8, 129)
    places: list[Array] = []
    for component in prior.components:
        if component.family == "fixed":
            places.append(np.array([component.parameters[0][1]]))
        elif component.family == "discrete":
            places.append(np.asarray(component.values))
        else:
            ends = [end for end in support(component) if math.isfinite(end)]
            places.append(np.concatenate([quantile(component, ndtr(score)), ends]))
            if component.family == "triangular":
                places.append(np.array([component.parameters[1][1]]))
    low, high = support(prior)
    x = np.unique(np.clip(np.concatenate(places), low, high))
    at = cumulative(prior, x)
    jump = np.zeros_like(x)
    for weight, component in zip(prior.weights, prior.components, strict=True):
        if component.family in ("fixed", "discrete"):
            jump += weight * density(component, x)
    return x, at, at - jump / _mixture_cut(prior)[1]


def _mixture_quantile(prior: Prior, u: Array) -> Array:
    """Newton's method between two neighbouring places, with bisection where it would leave them."""
    x, at, before = _mixture_nodes(prior)
    right = np.minimum(np.searchsorted(at, u, side="left"), len(x) - 1)
    left = np.maximum(right - 1, 0)
    low, high = x[left].copy(), x[right].copy()
    done = (u > before[right]) | (right == 0)  # in a jump, or at the very beginning
    done |= np.isclose(at[right], u, rtol=0, atol=1e-16)
    result = high.copy()
    todo = np.flatnonzero(~done)
    span = before[right] - at[left]
    guess = low + (high - low) * np.clip((u - at[left]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    for _ in range(60):
        if not todo.size:
            break
        here = guess[todo]
        miss = cumulative(prior, here) - u[todo]
        low[todo] = np.where(miss <= 0, here, low[todo])
        high[todo] = np.where(miss >= 0, here, high[todo])
        slope = density(prior, here)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = here - miss / slope
        bad = ~((step >= low[todo]) & (step <= high[todo]))
        following = np.where(bad, 0.5 * (low[todo] + high[todo]), step)
        guess[todo] = following
        moved = np.abs(following - here)
        todo = todo[moved > 1e-13 * np.maximum(np.abs(following), x[-1] - x[0])]
    result[~done] = guess[~done]
    return result


# -- words ----------------------------------------------------------------------------------------


def describe(prior: Prior) -> str:
    """One line of plain words, numbers to three significant figures."""
    if prior.family == "fixed":
        return f"fixed at {_say(prior.parameters[0][1])}"
    if prior.family == "discrete":
        pairs = list(zip(prior.values, prior.weights, strict=True))
        said = ", ".join(f"{_say(v)} ({100 * w:.3g} %)" for v, w in pairs[:8])
        return f"one of {said}" + (f" and {len(pairs) - 8} more" if len(pairs) > 8 else "")
    name = prior.family.replace("_", "-")
    if prior.family == "uniform" and math.isinf(prior.low) and math.isinf(prior.high):
        low, high = support(prior)
        return f"uniform between {_say(low)} and {_say(high)}"
    p05, p50, p95 = (_say(float(v)) for v in quantile(prior, [0.05, 0.5, 0.95]))
    said = f"{name}, median {p50}, 90 % between {p05} and {p95}"
    if prior.family == "mixture":
        said = f"mixture of {len(prior.components)}, median {p50}, 90 % between {p05} and {p95}"
    ends = []
    if math.isfinite(prior.low):
        ends.append(f"not below {_say(prior.low)}")
    if math.isfinite(prior.high):
        ends.append(f"not above {_say(prior.high)}")
    return ", ".join([said, *ends])


def _say(value: float) -> str:
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        digits = max(2 - math.floor(math.log10(abs(value))), 0) if value else 0
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.2e}"
