"""Dependence between parameters: a Gaussian copula.

``rho`` is the correlation of the two parameters' *normal scores*: each parameter's draw is turned
into the standard normal value of the same probability, and those are correlated. For two normal
priors it is their ordinary correlation; for others Spearman's rank correlation is
``6 / pi * asin(rho / 2)``, a little nearer to zero (Kruskal 1958, JASA 53, eq. 6.4). The priors
themselves stay as they are written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reassure.model.checked import Correlation, Parameter
from reassure.model.mistakes import Fault

Array = NDArray[np.float64]

_SMALLEST_EIGENVALUE = 1e-9


def check_correlations(
    correlations: Sequence[Correlation], parameters: Sequence[Parameter]
) -> list[tuple[int, Fault]]:
    """What is wrong with ``correlate:``, as (index of the entry at fault, fault) pairs.

    E606 for a parameter correlated with itself, one that is certain, a pair stated twice, or rho
    not between -1 and 1; E605, naming the parameters, where no joint distribution has the
    correlations. Entries between names that are no parameters are passed over.
    """
    faults: list[tuple[int, Fault]] = []
    families = {parameter.name: parameter.prior.family for parameter in parameters}
    good: list[tuple[int, Correlation]] = []
    seen: dict[frozenset[str], int] = {}
    for i, entry in enumerate(correlations):
        pair = frozenset((entry.first, entry.second))
        if not pair <= families.keys():
            continue
        certain = [name for name in (entry.first, entry.second) if families[name] == "fixed"]
        if len(pair) == 1:
            wrong = f"{entry.first} is correlated with itself"
        elif certain:
            wrong = f"{certain[0]} is certain and cannot be correlated"
        elif not -1 < entry.rho < 1:
            wrong = f"rho is {entry.rho:g} and must lie between -1 and 1"
        elif pair in seen:
            wrong = f"the correlation of {entry.first} and {entry.second} is stated twice"
        else:
            seen[pair] = i
            good.append((i, entry))
            continue
        faults.append((i, Fault("E606", wrong)))
    for names in groups([entry for _, entry in good]):
        inside = [(i, entry) for i, entry in good if entry.first in names]
        if not _definite(matrix([entry for _, entry in inside], names)):
            guilty = _smallest_contradiction([entry for _, entry in inside], names)
            last = max(i for i, e in inside if e.first in guilty and e.second in guilty)
            said = f"no joint distribution has these correlations of {', '.join(guilty)}"
            if len(guilty) > 2:
                said += "; pairs that are not stated count as uncorrelated"
            faults.append((last, Fault("E605", said)))
    return faults


def groups(correlations: Sequence[Correlation]) -> list[tuple[str, ...]]:
    """The sets of parameters that hang together, each sorted, in order of their first name."""
    parts: list[set[str]] = []
    for entry in correlations:
        joined = {entry.first, entry.second}
        apart = []
        for part in parts:
            if part & joined:
                joined |= part
            else:
                apart.append(part)
        parts = [*apart, joined]
    return sorted(tuple(sorted(part)) for part in parts)


def matrix(correlations: Sequence[Correlation], names: Sequence[str]) -> Array:
    """The correlation matrix of ``names``, float64 [n, n]; pairs that are not stated are 0."""
    place = {name: i for i, name in enumerate(names)}
    result = np.eye(len(names))
    for entry in correlations:
        if entry.first in place and entry.second in place:
            i, j = place[entry.first], place[entry.second]
            result[i, j] = result[j, i] = entry.rho
    return result


def _definite(correlation: Array) -> bool:
    return bool(np.linalg.eigvalsh(correlation)[0] > _SMALLEST_EIGENVALUE)


def _smallest_contradiction(
    correlations: Sequence[Correlation], names: tuple[str, ...]
) -> tuple[str, ...]:
    """Parameters that contradict each other while any of them left out leaves the rest consistent.

    Every part of a positive definite matrix is positive definite, so dropping one name at a time
    finds such a set.
    """
    left = names
    for name in names:
        without = tuple(other for other in left if other != name)
        if len(without) > 1 and not _definite(matrix(correlations, without)):
            left = without
    return left
