"""The verdicts of a brief: what was found in words, and a row for each claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from reassure.model.checked import Model
from reassure.report.listing import citations
from reassure.report.wording import counted, listed, percent, plain_name, two_figures
from reassure.study.claims import ClaimResult, ClaimsResult

GROUPS = (
    (
        "derived",
        "Claims that depend on numbers",
        "Signs conflict or cannot be proven on some path from cause to effect, so the outcome was open. "
        "These verdicts are findings.",
    ),
    (
        "size",
        "Claims about size, order or sufficiency",
        "Even where every sign is built in, how large an effect is, or whether it suffices, depends on numbers.",
    ),
    (
        "assumed",
        "Claims that were never in question",
        "Every path from cause to effect has the claimed sign by construction: the model assumes them. "
        "What was tested is only whether the effect is large enough to matter.",
    ),
    ("no path", "Claims without a road", "The model has no path from the cause to the effect."),
    (
        "untested",
        "Claims that cannot be tested here",
        "What would have to be modelled or seen is said beside each.",
    ),
)


def headlines(model: Model, claims: ClaimsResult) -> list[dict[str, Any]]:
    """The claims to which their author gave a label: the argument in a few sentences."""
    labels = {claim.name: claim.about.label for claim in model.claims}
    return [
        {
            **claim_row(result),
            "label": labels[result.id],
        }
        for result in claims.results
        if labels.get(result.id)
    ]


SAID = {
    "holds": ("holds", "hold"),
    "mostly holds": ("mostly holds", "mostly hold"),
    "contested": ("is contested", "are contested"),
    "fails": ("fails", "fail"),
    "idle": ("is idle", "are idle"),
    "undetermined": ("is undetermined", "are undetermined"),
    "not testable": ("cannot be tested", "cannot be tested"),
}


def headline(model: Model, claims: ClaimsResult) -> str:
    """The finding in a line, for a terminal."""
    return f"{model.title}: {finding(claims)}"


def finding(claims: ClaimsResult) -> str:
    """The verdicts counted: of the claims that the text numbers, then of the others."""
    numbered = [result for result in claims.results if result.number is not None]
    others = [result for result in claims.results if result.number is None]
    if not numbered or not others:
        return f"of {counted(len(claims.results), 'claim')}, {_counts(claims.results)}."
    return (
        f"of {counted(len(numbered), 'numbered claim')}, {_counts(numbered)}; "
        f"of {counted(len(others), 'other')}, {_counts(others)}."
    )


def _counts(results: Iterable[ClaimResult]) -> str:
    counts = Counter(str(result.verdict) for result in results)
    return listed(
        [
            f"{counts[name]} {one if counts[name] == 1 else many}"
            for name, (one, many) in SAID.items()
            if counts[name]
        ]
    )


def tally(claims: ClaimsResult) -> list[dict[str, Any]]:
    counts = Counter(result.verdict for result in claims.results)
    return [{"name": name, "count": counts[name]} for name in claims.order if counts[name]]


def findings(claims: ClaimsResult) -> list[dict[str, Any]]:
    """The page's plain words: what fails, what is contested, what holds, what was never in question.

    Where the paper's own claims come out against it their text is given; the rest by number.
    """
    open_ones = [r for r in claims.results if group_of(r) in {"derived", "size"}]
    kinds: tuple[tuple[str, list[ClaimResult], bool], ...] = (
        ("Open, and not borne out", _with(open_ones, "fails", "idle"), True),
        ("Open, and contested", _with(open_ones, "contested"), True),
        ("Open, and borne out", _with(open_ones, "holds", "mostly holds"), False),
        ("Open, and undecided at this number of futures", _with(open_ones, "undetermined"), False),
        (
            "Never really in question, because the model assumes their direction",
            [r for r in claims.results if group_of(r) == "assumed"],
            False,
        ),
        ("Not testable here", _with(claims.results, "not testable"), False),
    )
    return [
        {
            "lead": f"{lead} ({len(found)})",
            "spoken": spoken,
            "claims": [{"name": short(r), "anchor": r.id, "text": r.text} for r in found],
            "names": listed([short(r) for r in found]),
        }
        for lead, found, spoken in kinds
        if found
    ]


def _with(results: Sequence[ClaimResult], *verdicts: str) -> list[ClaimResult]:
    return [result for result in results if result.verdict in verdicts]


BRIEF_ID = 4  # letters of an id that is as good as a number


def short(result: ClaimResult) -> str:
    """What to call a claim in a list: its number, or its id in words."""
    if result.number is not None:
        return str(result.number)
    return result.id if len(result.id) <= BRIEF_ID else plain_name(result.id)


SIZE_FORMS = frozenset(
    {"comparative", "insufficiency", "ordering", "threshold", "no_effect", "existence"}
)


def group_of(result: ClaimResult) -> str:
    """Which group of the verdict tables a claim belongs to."""
    if result.verdict == "not testable":
        return "untested"
    if result.form in SIZE_FORMS and result.standing != "no path":
        return "size"
    return result.standing


def groups(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups = []
    for key, title, note in GROUPS:
        members = [row for row in rows if row["group"] == key]
        if members:
            groups.append({"title": f"{title} ({len(members)})", "note": note, "claims": members})
    return groups


SHARE_NAMES = {
    "supports": "support",
    "no_effect": "no effect",
    "undetermined": "open",
    "contradicts": "against",
}


def shares_text(result: ClaimResult) -> str:
    shares = ((name, getattr(result, key)) for key, name in SHARE_NAMES.items())
    text = ", ".join(f"{percent(share)} {name}" for name, share in shares if share > 0)
    if result.applicable is not None and result.applicable < 1:
        text += f"; applies to {percent(result.applicable)} of futures"
    return text


def claim_row(result: ClaimResult) -> dict[str, Any]:
    tested = result.verdict != "not testable"
    modality = {"asserts": "", "believes": f"as believed by {result.believer}"}.get(
        result.modality, result.modality
    )
    return {
        "id": result.id,
        "group": group_of(result),
        "number": short(result) if result.number is not None or len(result.id) <= BRIEF_ID else "",
        "name": "" if result.number is not None or len(result.id) <= BRIEF_ID else result.id,
        "text": result.text,
        "cites": citations(result.cites),
        "form": result.form.replace("_", " "),
        "modality": modality,
        "verdict": result.verdict,
        "standing": result.standing if tested else "",
        "tested": tested,
        "shares_text": shares_text(result) if tested else "",
        "effect": _effect(result) if tested else "",
        "hinges": result.hinges if tested else result.note,
        **{key: f"{100 * getattr(result, key):.2f}" for key in SHARE_NAMES},
    }


def _effect(result: ClaimResult) -> str:
    if result.effect is None:
        return ""
    low, middle, high = (two_figures(value) for value in result.effect)
    return f"{middle} ({low} to {high}); matters from {two_figures(result.smallest_effect)}"


def glossary(model: Model, claims: ClaimsResult, others: Iterable[str]) -> list[dict[str, str]]:
    """The parameters that verdicts hinge on, and ``others``, so that their names can be read."""
    named = set(others) | {
        c.parameter for result in claims.results for c in result.hinge.conditions
    }
    return [
        {
            "name": item.name,
            "text": item.about.text or item.about.because,
            "prior": item.prior.written,
        }
        for item in model.parameters
        if item.name in named
    ]
