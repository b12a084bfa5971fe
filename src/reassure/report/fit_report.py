"""A fit in words and tables: whether it can be believed, and what the record says of each parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reassure.history.fit.diagnostics import IDENTIFIED, NOT, RULE, WEAKLY, Diagnostics
from reassure.report.wording import counted, listed

if TYPE_CHECKING:
    from reassure.history.fit.posterior import Posterior
    from reassure.model.checked import Model

SCHEMA = 1
COLUMNS = (
    "parameter",
    "p05",
    "p50",
    "p95",
    "unit",
    "shift",
    "contraction",
    "R-hat",
    "bulk",
    "tail",
)
NUMERIC = ("p05", "p50", "p95", "shift", "contraction", "R-hat", "bulk", "tail")


def verdict(found: Diagnostics) -> str:
    """Whether the chains can be believed, in a sentence."""
    if found.converged:
        return (
            f"The chains converged: R-hat is at most {found.worst_rhat:.3f}, and every parameter has at least "
            f"{found.least_bulk:,.0f} effective draws in the bulk and {found.least_tail:,.0f} in the tails."
        )
    return f"THE FIT DID NOT CONVERGE: {'; '.join(found.problems)}."


def facts(posterior: Posterior) -> list[str]:
    """How the chains went, a line each."""
    found, made = posterior.diagnostics, posterior.facts
    return [
        f"{counted(made['chains'], 'chain')} of {counted(made['draws'], 'draw')} after "
        f"{made['warmup']:,} of warmup, in {made['seconds']:,.0f} s (runs that were cut off not counted)",
        f"R-hat at most {_known(found.worst_rhat, '.4f')}; effective draws at least "
        f"{_known(found.least_bulk, ',.0f')} in the bulk and {_known(found.least_tail, ',.0f')} in the tails",
        f"{counted(found.divergent, 'divergence')}; {found.accept:.0%} of proposals accepted; "
        f"E-BFMI at least {_known(found.least_bfmi, '.2f')}",
    ]


def _known(value: float, form: str) -> str:
    """A diagnostic as text."""
    return "unknown" if math.isnan(value) else format(value, form)


def approximated(posterior: Posterior) -> list[str]:
    """How far the density that was fitted is from the model's own, a line each."""
    made = posterior.facts.get("approximation")
    if not made or not made["treated"]:
        return []
    names: dict[str, list[str]] = {}
    for name, how in made["treated"]:
        names.setdefault(how, []).append(name)
    lines = [f"{how}: {', '.join(of)}" for how, of in names.items()]
    if made["particles"] is None:
        return [*lines, "particles find the record impossible at the posterior's mean"]
    off = made["fitted"] - made["particles"]
    by = {k: a - b for k, (a, b) in made["by"].items() if b is not None}
    worst = sorted(by, key=lambda name: -abs(by[name]))[:3]
    return [
        *lines,
        f"at the posterior's mean the log density is {made['fitted']:.1f} as fitted and {made['particles']:.1f} by "
        f"particles, which draw that chance (spread of their runs {made['spread']:.1f}): a difference of {off:+.1f}",
        "most of it: " + ", ".join(f"{name} ({by[name]:+.1f})" for name in worst),
    ]


def identified(found: Diagnostics) -> list[tuple[str, str]]:
    """The three lists: heading, and the names under it, most contracted first."""
    return [
        (
            kind,
            ", ".join(f"{x.name} ({x.contraction:.2f})" for x in found.of_kind(kind)) or "nothing",
        )
        for kind in (IDENTIFIED, WEAKLY, NOT)
    ]


def rows(posterior: Posterior, model: Model) -> list[tuple[str, ...]]:
    """A row a score: what is known of the parameter in its own unit, and how well the chains know it."""
    known = {row["name"]: row for row in posterior.summary(model)}
    found = posterior.diagnostics
    table = []
    for item, rhat, bulk, tail in zip(
        found.learnt, found.rhat, found.bulk, found.tail, strict=True
    ):
        row = known.get(item.name)
        own = (
            ("", "", "", "score")
            if row is None
            else (
                *(f"{row[key]:.3g}" for key in ("p05", "p50", "p95")),
                "" if row["unit"] == "1" else row["unit"],
            )
        )
        table.append(
            (
                item.name, *own, f"{item.mean:+.2f}", f"{item.contraction:.2f}",
                _known(rhat, ".3f"), _known(bulk, ".0f"), _known(tail, ".0f"),
            )
        )  # fmt: skip
    return table


def fit_json(posterior: Posterior, model: Model) -> dict[str, Any]:
    """The contract of ``fit --json``."""
    kept = (
        "model", "digest", "ledger", "reading", "since", "until", "chains", "draws", "warmup", "seed",
        "seconds", "versions", "converged", "diagnostics",
    )  # fmt: skip
    return {
        "schema": SCHEMA,
        "path": str(posterior.folder),
        **{key: posterior.facts.get(key) for key in kept},
        "identified": {
            kind: [item.name for item in posterior.diagnostics.of_kind(kind)]
            for kind in (IDENTIFIED, WEAKLY, NOT)
        },
        "parameters": posterior.summary(model),
        "checks": posterior.facts.get("checks", []),
        "approximation": posterior.facts.get("approximation"),
    }


def markdown(posterior: Posterior, model: Model, pictures: Sequence[tuple[str, str]] = ()) -> str:
    """The report as a page.

    Args:
        pictures: caption and file of each.
    """
    made = posterior.facts
    span = listed(
        [
            f"{word} {made[key]}"
            for key, word in (("since", "from"), ("until", "to"), ("known_by", "as known by"))
            if made.get(key)
        ]
    )
    parts = [
        f"# {model.title or model.name}: fit to {made['ledger']}",
        f"Model {made['model']}, ledger {made['ledger']}, reading {made['reading']}"
        + (f", {span}." if span else "."),
        f"**{verdict(posterior.diagnostics)}**",
        "\n".join(f"- {line}" for line in facts(posterior)),
        *_approximation(posterior),
        "## What the record identifies",
        _shares(posterior.diagnostics),
        f"The rule: {RULE}. In parentheses the contraction.",
        "\n".join(f"- **{kind}**: {names}" for kind, names in identified(posterior.diagnostics)),
        "## Parameters",
        "Quantiles of the posterior in the parameter's unit. Shift: of the mean, in prior standard deviations; "
        "contraction: the share of the prior's variance that the record takes away.",
        _table(COLUMNS, rows(posterior, model)),
    ]
    checks = made.get("checks") or []
    if checks:
        parts += [
            "## What the fitted model makes of each series",
            "Where the observed value lies among those of records replicated from the posterior: the share of "
            "replicates below it. A share near 0 or 1 is what the model does not explain.",
            _table(
                ("series", "statistic", "observed", "p05", "p95", "share below"),
                [
                    (
                        row["series"], row["statistic"],
                        *(f"{row[key]:.4g}" for key in ("observed", "p05", "p95", "below")),
                    )
                    for row in checks
                ],
            ),
        ]  # fmt: skip
    parts += [f"![{caption}]({file})" for caption, file in pictures]
    return "\n\n".join(parts) + "\n"


def _shares(found: Diagnostics) -> str:
    """How much of the model the record speaks to, in a sentence."""
    firm, weak, none = (len(found.of_kind(kind)) for kind in (IDENTIFIED, WEAKLY, NOT))
    return (
        f"Of {counted(len(found.names), 'parameter')} the record identifies {firm:,}, {weak:,} weakly, and says "
        f"little or nothing of {none:,}: there the fit rests on the priors and their reasons."
    )


def _approximation(posterior: Posterior) -> list[str]:
    lines = approximated(posterior)
    if not lines:
        return []
    return ["## What was approximated", "\n".join(f"- {line}" for line in lines)]


def _table(columns: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *body]
    return "\n".join(
        "| " + " | ".join(x.replace("|", "\\|") for x in line) + " |" for line in lines
    )
