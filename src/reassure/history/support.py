"""Which values a likelihood can be of, so that a series in another unit is named before it is fitted."""

from __future__ import annotations

import math

from reassure.model.checked_history import Likelihood


def impossible(likelihood: Likelihood, value: float) -> tuple[str, str] | None:
    """What is wrong with an observed ``value``, and the remedy; None if the family can have it."""
    family = likelihood.family
    whole = value >= 0 and math.isclose(value, round(value), abs_tol=1e-9)
    if family in ("logit_normal", "beta") and not 0 < value < 1:
        remedy = "use normal, or leave the row out with `window:`"
        if 1 < value < 100:
            remedy = "write `per: 100` if the series is in percent"
        return "shares between 0 and 1", remedy
    if family in ("poisson", "negative_binomial") and not whole:
        return "counts", "use normal or lognormal, or another `per`"
    if family == "ordinal":
        cuts = len(dict(likelihood.arguments)["cuts"])
        if not whole or value > cuts:
            return f"grades from 0 to {cuts}", "give one cut fewer than there are grades"
    if family == "bernoulli" and value not in (0, 1):
        return "0 or 1", "use poisson for counts, beta for shares"
    if family == "lognormal" and value <= 0:
        return "values above 0", "use normal"
    return None
