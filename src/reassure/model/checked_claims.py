"""What is asked of a model, checked: outcomes, claims on them, and what actors want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reassure.model.checked_about import About, Unit
from reassure.model.checked_record import Record
from reassure.model.expression import Expression


@dataclass(frozen=True, slots=True)
class Outcome:
    """A number read off a future, over steps ``first <= k < last`` (``last`` at most ``Time.steps``).

    kinds: 'final' (value at step ``last``), 'mean', 'total' (integral over time, left Riemann, years),
    'sum' (plain sum over steps: for counts), 'max', 'min', 'share' (of time in which a truth value holds),
    'reached' (1 if it ever holds, else 0), 'time_to' (years from the start of the window until it first holds;
    the window's length if never), 'change' (value at ``last`` minus value at ``first``).
    """

    name: str
    kind: Literal[
        "final", "mean", "total", "sum", "max", "min", "share", "reached", "time_to", "change"
    ]
    formula: Expression
    first: int
    last: int
    unit: Unit
    written: str = ""
    plausible: tuple[float, float] | None = None  # plain facts it is held against, in `unit`
    about: About = About()


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to run the model: what is compared in a claim.

    Attributes:
        policy: policy names joined with '+'; '' for every lever at its default.
        settings: levers fixed over the policy's setting (name, internal value).
        parameters: parameters fixed (name, internal value, or a quantile of the prior as ``quantile``).
        do: quantities held, (name, internal value).
        window: steps [first, last) in which ``do`` holds; None for always.
    """

    policy: str = ""
    settings: tuple[tuple[str, float], ...] = ()
    parameters: tuple[tuple[str, float], ...] = ()
    quantiles: tuple[tuple[str, float], ...] = ()
    do: tuple[tuple[str, float], ...] = ()
    window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What a claim varies: from ``low`` to ``high``. ``roots``: the names changed, for the causal graph,
    each with +1 if it rises from low to high, -1 if it falls, 0 if it cannot be said."""

    label: str
    low: Arm
    high: Arm
    roots: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the argument that the futures can bear out or contradict.

    ``form`` decides which of the fields are used; see docs/claims.md. ``sign`` is +1 for 'higher', -1 for
    'lower', 0 where a form has no direction.
    """

    name: str
    number: int | None
    text: str
    form: str
    modality: Literal["asserts", "likely", "may", "believes"]
    believer: str
    sign: int
    outcomes: tuple[str, ...]
    causes: tuple[Cause, ...]
    arms: tuple[Arm, ...] = ()  # of ordering and threshold
    through: str = ""
    held: str = "baseline"  # or a number in internal units as text
    condition: str = ""  # a truth-valued outcome: the claim speaks of futures in which it is 1
    target: float | None = None
    smallest_effect: float = 0.0
    smallest_because: str = ""
    not_testable: str = ""  # the reason
    about: About = About()
    record: Record | None = None  # how it is held against what happened


@dataclass(frozen=True, slots=True)
class Interest:
    """What an actor wants: one weighted outcome. Weight > 0: more is better."""

    actor: str
    outcome: str
    weight: float
    about: About = About()
