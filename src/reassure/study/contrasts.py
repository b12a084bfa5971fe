"""What a claim compares: for each form, contrasts between arms that share their luck.

Inside a scenario a claim becomes one or several *contrasts*, each a weighted sum of mean outcomes
of arms::

    c = sum_i weight_i * E[outcome_i in course_i] - offset

with a direction. A *course* is an arm as it runs, or with one quantity made to follow the path that
it took in another arm (for mediation). Courses shared by several claims run once: they compare by
value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from reassure.model.checked import Arm, Cause, Claim
from reassure.model.mistakes import UsageError


@dataclass(frozen=True, slots=True)
class Course:
    """One thing to run: ``arm``; with ``hold``, that quantity follows its path in ``along``."""

    arm: Arm
    hold: str = ""
    along: Arm | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """``weight`` times the mean of ``outcome`` in ``course``."""

    weight: float
    course: Course
    outcome: str


@dataclass(frozen=True, slots=True)
class Contrast:
    """A weighted sum of means, less ``offset``, and the sign that the claim gives it.

    With ``null`` the claim is that the sum is near zero: it is then borne out within +-delta and
    contradicted beyond, either way.
    """

    label: str
    terms: tuple[Term, ...]
    sign: int
    offset: float = 0.0
    null: bool = False

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes read, without repetition."""
        return tuple(dict.fromkeys(term.outcome for term in self.terms))

    @property
    def courses(self) -> tuple[Course, ...]:
        """Courses read, without repetition."""
        return tuple(dict.fromkeys(term.course for term in self.terms))


Kind = Literal["sign", "size"]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of claim.

    Attributes:
        build: makes the contrasts; a scenario supports the claim if it supports all of them.
        kind: 'sign' when the direction of an effect could settle it, 'size' when only numbers can.
        estimand: what is estimated, for the docs and for a reader of a result.
    """

    build: Callable[[Claim], tuple[Contrast, ...]]
    kind: Kind
    estimand: str


def contrasts(claim: Claim) -> tuple[Contrast, ...]:
    """The contrasts of a testable claim; the first is the one whose size is reported as the effect.

    Raises:
        UsageError: the claim's form needs something that the claim does not have.
    """
    form = FORMS.get(claim.form)
    if form is None:
        raise UsageError(
            f"claim {claim.name} has no form '{claim.form}'; forms are {', '.join(FORMS)}"
        )
    return form.build(claim)


def courses(every: Iterable[Contrast]) -> tuple[Course, ...]:
    """Every course of these contrasts once, in order of first use."""
    return tuple(dict.fromkeys(course for item in every for course in item.courses))


# -- building blocks ------------------------------------------------------------------------------


def _effect(cause: Cause, outcome: str, weight: float = 1.0) -> tuple[Term, ...]:
    """Terms of ``weight`` times the cause's effect on the outcome."""
    return (
        Term(weight, Course(cause.high), outcome),
        Term(-weight, Course(cause.low), outcome),
    )


def _at(first: Cause, second: Arm, other: Cause) -> Cause:
    """The cause ``first`` on the ground where ``other`` stands at its arm ``second``."""
    return Cause(
        first.label,
        crossed(first, first.low, other, second),
        crossed(first, first.high, other, second),
        first.roots,
    )


def crossed(first: Cause, one: Arm, second: Cause, other: Arm) -> Arm:
    """The arm in which ``first`` stands at its arm ``one`` and ``second`` at its arm ``other``.

    What a cause does not vary is the ground, and each cause's variation replaces it.

    Raises:
        UsageError: both causes vary the same thing, or hold quantities in different windows.
    """
    windows = {arm.window for arm in (one, other) if arm.do}
    if len(windows) > 1:
        raise UsageError(
            f"'{first.label}' and '{second.label}' hold quantities in different windows, "
            "which cannot be crossed: give both the same 'during'"
        )
    return Arm(
        policy=_crossed_policy(first, one, second, other),
        settings=_crossed_pairs("settings", first, one, second, other),
        parameters=_crossed_pairs("parameters", first, one, second, other),
        quantiles=_crossed_pairs("quantiles", first, one, second, other),
        do=_crossed_pairs("do", first, one, second, other),
        window=next(iter(windows), None),
    )


def _crossed_policy(first: Cause, one: Arm, second: Cause, other: Arm) -> str:
    """Policies of two arms joined: what both causes leave alone, and what each varies."""

    def parts(arm: Arm) -> list[str]:
        return [part for part in arm.policy.split("+") if part]

    def ground(cause: Cause) -> set[str]:
        return set(parts(cause.low)) & set(parts(cause.high))

    def varies(cause: Cause) -> bool:
        return set(parts(cause.low)) != set(parts(cause.high))

    grounds = ground(first) & ground(second)
    kept = [
        part
        for cause, arm in ((first, one), (second, other))
        for part in parts(arm)
        if part in grounds or (varies(cause) and part not in ground(cause))
    ]
    return "+".join(dict.fromkeys(kept))


def _crossed_pairs(
    field: str, first: Cause, one: Arm, second: Cause, other: Arm
) -> tuple[tuple[str, float], ...]:
    """One of an arm's tuples of (name, value), merged: each cause decides what it varies."""

    def varied(cause: Cause) -> set[str]:
        low, high = dict(getattr(cause.low, field)), dict(getattr(cause.high, field))
        return {name for name in low.keys() | high.keys() if low.get(name) != high.get(name)}

    both = varied(first) & varied(second)
    if both:
        raise UsageError(
            f"'{first.label}' and '{second.label}' both vary {', '.join(sorted(both))}: "
            "an interaction needs two different causes"
        )
    here, there = dict(getattr(one, field)), dict(getattr(other, field))
    merged = {name: value for name, value in here.items() if name not in varied(second)}
    merged |= {name: value for name, value in there.items() if name not in varied(first)}
    return tuple(merged.items())


def _cause(claim: Claim, index: int = 0) -> Cause:
    if len(claim.causes) <= index:
        raise UsageError(
            f"claim {claim.name}: the form '{claim.form}' needs {index + 1} cause(s), "
            f"and there are {len(claim.causes)}"
        )
    return claim.causes[index]


def _outcome(claim: Claim, index: int = 0) -> str:
    if len(claim.outcomes) <= index:
        raise UsageError(
            f"claim {claim.name}: the form '{claim.form}' needs {index + 1} outcome(s), "
            f"and there are {len(claim.outcomes)}"
        )
    return claim.outcomes[index]


def _sign(claim: Claim) -> int:
    return claim.sign or 1


# -- the forms ------------------------------------------------------------------------------------


def _plain(claim: Claim) -> tuple[Contrast, ...]:
    return (Contrast("effect", _effect(_cause(claim), _outcome(claim)), _sign(claim)),)


def _no_effect(claim: Claim) -> tuple[Contrast, ...]:
    return (Contrast("effect", _effect(_cause(claim), _outcome(claim)), 1, null=True),)


def _interaction_terms(claim: Claim) -> tuple[Term, ...]:
    first, second, outcome = _cause(claim), _cause(claim, 1), _outcome(claim)
    return _effect(_at(first, second.high, second), outcome) + _effect(
        _at(first, second.low, second), outcome, -1.0
    )


def _interaction(claim: Claim) -> tuple[Contrast, ...]:
    return (Contrast("interaction", _interaction_terms(claim), _sign(claim)),)


def _substitute(claim: Claim) -> tuple[Contrast, ...]:
    return (Contrast("interaction", _interaction_terms(claim), -_sign(claim)),)


def _mediated(claim: Claim) -> tuple[Contrast, ...]:
    cause, outcome, sign = _cause(claim), _outcome(claim), _sign(claim)
    total = _effect(cause, outcome)
    if claim.held == "baseline":
        # The low arm with X held at its own path is the low arm, so it need not run again.
        direct: tuple[Term, ...] = (
            Term(1.0, Course(cause.high, claim.through, cause.low), outcome),
            Term(-1.0, Course(cause.low), outcome),
        )
    else:
        value = float(claim.held)
        direct = _effect(
            replace(
                cause,
                low=_holding(claim, cause.low, value),
                high=_holding(claim, cause.high, value),
            ),
            outcome,
        )
    through = total + tuple(replace(term, weight=-term.weight) for term in direct)
    return (
        Contrast("total effect", total, sign),
        Contrast(f"part through {claim.through}", _merged(through), sign),
    )


def _holding(claim: Claim, arm: Arm, value: float) -> Arm:
    if arm.window is not None:
        raise UsageError(
            f"claim {claim.name}: a cause held 'during' a window cannot be combined with "
            f"{claim.through} held at a number: hold it at 'baseline'"
        )
    kept = tuple(pair for pair in arm.do if pair[0] != claim.through)
    return replace(arm, do=(*kept, (claim.through, value)))


def _merged(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Terms on the same course and outcome added up; those that cancel are left out."""
    weights: dict[tuple[Course, str], float] = {}
    for term in terms:
        key = (term.course, term.outcome)
        weights[key] = weights.get(key, 0.0) + term.weight
    return tuple(Term(weight, *key) for key, weight in weights.items() if weight)


def _ordering(claim: Claim) -> tuple[Contrast, ...]:
    if len(claim.arms) < 2:
        raise UsageError(f"claim {claim.name}: an ordering needs at least two arms")
    outcome, sign = _outcome(claim), _sign(claim)
    return tuple(
        Contrast(
            f"step {index}",
            (Term(1.0, Course(after), outcome), Term(-1.0, Course(before), outcome)),
            sign,
        )
        for index, (before, after) in enumerate(zip(claim.arms, claim.arms[1:], strict=False), 1)
    )


def _threshold(claim: Claim) -> tuple[Contrast, ...]:
    if len(claim.arms) != 3:
        raise UsageError(f"claim {claim.name}: a threshold needs three levels")
    low, middle, high = (Course(arm) for arm in claim.arms)
    outcome, sign = _outcome(claim), _sign(claim)
    return (
        Contrast("effect beyond", (Term(1.0, high, outcome), Term(-1.0, middle, outcome)), sign),
        Contrast(
            "beyond less below",
            (Term(1.0, high, outcome), Term(-2.0, middle, outcome), Term(1.0, low, outcome)),
            sign,
        ),
        Contrast("beyond and below", (Term(1.0, high, outcome), Term(-1.0, low, outcome)), sign),
    )


def _comparative(claim: Claim) -> tuple[Contrast, ...]:
    sign = _sign(claim)
    if len(claim.causes) == 1:
        strong = _effect(_cause(claim), _outcome(claim))
        weak = _effect(_cause(claim), _outcome(claim, 1))
    else:
        strong = _effect(_cause(claim), _outcome(claim))
        weak = _effect(_cause(claim, 1), claim.outcomes[-1])
    against = tuple(replace(term, weight=-term.weight) for term in weak)
    # Both together say: sign * strong - |weak| lies beyond delta.
    return (
        Contrast("stronger less weaker", _merged(strong + against), sign),
        Contrast("stronger and weaker", _merged(strong + weak), sign),
    )


def _existence(claim: Claim) -> tuple[Contrast, ...]:
    if claim.arms:
        arm = claim.arms[0]
    elif claim.causes:
        arm = claim.causes[0].high
    else:
        arm = Arm()
    return (Contrast("how often", (Term(1.0, Course(arm), _outcome(claim)),), 1),)


def _insufficiency(claim: Claim) -> tuple[Contrast, ...]:
    if claim.target is None:
        raise UsageError(f"claim {claim.name}: an insufficiency needs a target")
    arm = claim.arms[0] if claim.arms else _cause(claim).high
    return (
        Contrast(
            "distance from the target",
            (Term(1.0, Course(arm), _outcome(claim)),),
            -_sign(claim),
            offset=claim.target,
        ),
    )


def _sign_reversal(claim: Claim) -> tuple[Contrast, ...]:
    first, second, outcome = _cause(claim), _cause(claim, 1), _outcome(claim)
    sign = _sign(claim)
    return (
        Contrast("effect at the low end", _effect(_at(first, second.low, second), outcome), sign),
        Contrast(
            "effect at the high end", _effect(_at(first, second.high, second), outcome), -sign
        ),
    )


def _horizon(claim: Claim) -> tuple[Contrast, ...]:
    cause, sign = _cause(claim), _sign(claim)
    return (
        Contrast("short-run effect", _effect(cause, _outcome(claim)), sign),
        Contrast("long-run effect", _effect(cause, _outcome(claim, 1)), -sign),
    )


FORMS: dict[str, Form] = {
    "effect": Form(_plain, "sign", "Y(A high) - Y(A low)"),
    "perceived": Form(_plain, "sign", "as effect, Y read off the belief of the one who believes"),
    "conditional": Form(
        _plain, "size", "Y(A high) - Y(A low) among futures in which `when` holds in both arms"
    ),
    "no_effect": Form(_no_effect, "size", "|Y(A high) - Y(A low)|"),
    "interaction": Form(_interaction, "size", "effect of A on Y with B high, less that with B low"),
    "complement": Form(_interaction, "size", "as interaction: A does more where B is high"),
    "substitute": Form(_substitute, "size", "as interaction: A does less where B is high"),
    "mediated": Form(
        _mediated, "size", "total effect T of A on Y; T - D, with D the effect while X is held"
    ),
    "ordering": Form(_ordering, "size", "Y(arm i + 1) - Y(arm i) for each neighbouring pair"),
    "threshold": Form(
        _threshold, "size", "U = Y(c) - Y(b) and L = Y(b) - Y(a): U, U - L and U + L"
    ),
    "comparative": Form(_comparative, "size", "effect of A in its direction, less |effect of B|"),
    "existence": Form(_existence, "size", "mean of Y in one arm"),
    "insufficiency": Form(_insufficiency, "size", "Y(A high) - target"),
    "sign_reversal": Form(
        _sign_reversal, "size", "effect of A on Y with B low; the same with B high"
    ),
    "horizon": Form(_horizon, "size", "effect of A on the short-run and on the long-run Y"),
}
"""Every form of claim by its name in a model file."""
