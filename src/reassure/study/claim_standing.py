"""The standing of a claim: what the model's structure alone says of it, whatever the numbers.

A claim about the *direction* of an effect has the standing that its cause and outcome have in the
causal graph. A claim about *size* or comparison (how much, whether enough, which of two) is settled
by no sign: it is derived, unless the model has no road at all.
"""

from __future__ import annotations

from reassure.model.checked import Cause, Claim
from reassure.study.contrasts import FORMS
from reassure.study.roads import Roads
from reassure.study.standing import Standing, cause_roots, standing

SIZE = "a claim about size or comparison: signs alone cannot settle it"
RULED = "the only road from the cause to the outcome runs through what a policy's rule reads"
NO_ROAD = "nothing that the cause changes leads to the outcome"


def claim_standing(roads: Roads, claim: Claim) -> tuple[str, str]:
    """('assumed' | 'derived' | 'no path', the reason in a sentence)."""
    if any(not _leads(roads, cause, claim) for cause in claim.causes):
        return "no path", NO_ROAD
    if claim.form == "mediated":
        return _mediated(roads, claim)
    if FORMS[claim.form].kind == "sign" and claim.sign:
        found = _standing(roads, claim)
        if found.kind == "no path":  # of the model's own; there is one, as was seen above
            return "derived", RULED
        return found.kind, found.reason
    return "derived", SIZE


def _leads(roads: Roads, cause: Cause, claim: Claim) -> bool:
    names = [name for name, _ in cause.roots]
    return any(roads.cause_reaches(names, outcome) for outcome in claim.outcomes)


def _standing(roads: Roads, claim: Claim) -> Standing:
    cause = claim.causes[0]
    return standing(roads.graph, cause_roots(roads.graph, cause), claim.outcomes[0], claim.sign)


def _mediated(roads: Roads, claim: Claim) -> tuple[str, str]:
    """Assumed when the total effect is, and no road leads around what the effect runs through."""
    roots = [name for name, _ in claim.causes[0].roots]
    outcome = claim.outcomes[0]
    through = roads.cause_reaches(roots, claim.through) and roads.cause_reaches(
        [claim.through], outcome
    )
    if not through:
        return "no path", f"no road from the cause to the outcome runs through {claim.through}"
    found = _standing(roads, claim)
    if found.kind == "assumed" and not roads.around(roots, claim.through, outcome):
        return "assumed", f"{found.reason}, and all run through {claim.through}"
    return "derived", SIZE if found.kind == "assumed" else found.reason
