"""Weight of evidence: likelihood ratios in decibels, and how dependent pieces are combined.

The weight of a piece of evidence E for a claim H against a rival R is 10 log10 P(E|H)/P(E|R) decibels (Good
1950; Fairfield and Charman 2017). Independent pieces add up. Pieces of one declared group depend on one another
and are counted once, with the mean of their weights: the sum would count one fact several times, and the
strongest would be chosen for its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STRONG = 10.0
"""From this weight (10 to 1: Jeffreys' strong evidence) the record supports or contradicts, in decibels."""

WEAK = 5.0
"""From this weight (about 3 to 1: Jeffreys' substantial evidence) it does so weakly, in decibels."""

VERDICTS = (
    "supported",
    "supported weakly",
    "mixed",
    "contradicted weakly",
    "contradicted",
    "not observable",
)
"""The record's verdicts, from the best to the worst; the last where nothing could be seen."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one piece of evidence or one test weighs.

    Attributes:
        key: of the piece: ``evidence 1``, ``test 1``.
        group: pieces of one group are counted once; '' stands alone.
        against: (rival, decibels) for the claim against that rival.
    """

    key: str
    group: str
    against: tuple[tuple[str, float], ...]


def decibels(claim: float, rival: float) -> float:
    """The weight of what has these probabilities under the claim and under a rival, in decibels."""
    return 10 * math.log10(claim / rival)


def combined(weights: Iterable[Weight], rivals: Iterable[str]) -> dict[str, float]:
    """The total weight for the claim against each rival, in decibels, each group counted once."""
    pieces = list(weights)
    totals = {}
    for rival in rivals:
        groups: dict[str, list[float]] = {}
        for n, piece in enumerate(pieces):
            value = dict(piece.against).get(rival)
            if value is not None:
                groups.setdefault(piece.group or f"\0{n}", []).append(value)
        totals[rival] = math.fsum(math.fsum(group) / len(group) for group in groups.values())
    return totals


def verdict_of(totals: dict[str, float]) -> str:
    """The verdict: by the weight against the best rival, which is the one that the claim beats least."""
    lead = min(totals.values())
    if lead >= STRONG:
        return "supported"
    if lead >= WEAK:
        return "supported weakly"
    if lead > -WEAK:
        return "mixed"
    return "contradicted weakly" if lead > -STRONG else "contradicted"


def margin(lead: float) -> float:
    """How far a weight is from the nearest threshold between verdicts, in decibels."""
    return min(abs(lead - edge) for edge in (-STRONG, -WEAK, WEAK, STRONG))
