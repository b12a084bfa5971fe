"""What a model means: plain frozen dataclasses, free of YAML and of JAX.

This is the one door between what an analyst writes and what runs. The loader makes a
:class:`Model` only from a file without mistakes; the engine, the interpreter, the causal graph and
the reports read nothing else. Formulas are :mod:`reassure.model.expression` trees whose values are in
internal units: time in years, dimensionless shares as they are, other units in pint's base units.
``Unit.factor`` turns an internal value back into the unit that the analyst wrote. Policies and claims
have files of their own, and so have what every element says of itself, games and the record; what is
read everywhere can be had from here.

**The step.** A run has steps ``k = 0 .. steps`` at times ``t = k * dt`` years after the start. At a step

1. stocks, beliefs, choices and memories have the values they carried in;
2. levers follow from the policy; auxiliaries, noise, event counts and utilities are evaluated in
   dependency order; every reader of a name held by ``do:`` reads the held value;
3. outcomes take what they want of the step;
4. stocks, beliefs, choices and memories move on to ``k + 1``.

The last step ``k = steps`` is evaluated for outcomes of kind ``final`` only; everything that adds up or
compares over time uses steps ``0 .. steps - 1``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reassure.model.checked_about import About, Actor, Cite, Place, Source, Unit
from reassure.model.checked_claims import Arm, Cause, Claim, Interest, Outcome
from reassure.model.checked_history import Given, Measurement
from reassure.model.checked_policies import (
    Constant,
    Lever,
    Observable,
    Observation,
    Policy,
    Rule,
    Schedule,
    Setting,
)
from reassure.model.checked_record import Rival
from reassure.model.expression import Expression

if TYPE_CHECKING:
    from reassure.model.checked_games import Lesson, ModelGame

__all__ = [
    "OF_THE_RECORD",
    "About",
    "Actor",
    "Arm",
    "Auxiliary",
    "Belief",
    "Cause",
    "Choice",
    "Cite",
    "Claim",
    "Constant",
    "Correlation",
    "Event",
    "Evidence",
    "Interest",
    "Lever",
    "Mark",
    "Model",
    "Noise",
    "Observable",
    "Observation",
    "Option",
    "Outcome",
    "Parameter",
    "Place",
    "Policy",
    "Prior",
    "Rule",
    "Schedule",
    "Setting",
    "Source",
    "Stock",
    "Time",
    "Unit",
]

OF_THE_RECORD = {"of_the_record": True}
"""Marks fields of a model that only speak of the record, so that no run computes them."""


# -- time -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Time:
    """The clock: ``steps`` steps of ``dt`` years from ``start``. A month is a twelfth of a year exactly."""

    start: str  # ISO date
    step: Literal["day", "week", "month", "quarter", "year"]
    dt: float
    steps: int

    @property
    def years(self) -> float:
        return self.steps * self.dt


# -- priors ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution over one number, in the unit that the parameter was written in.

    Attributes:
        family: uniform, normal, lognormal, beta, triangular, pert, gamma, half_normal, discrete,
            mixture or fixed.
        parameters: the natural parameters, resolved from quantiles where those were given, as
            (name, value) pairs in the family's order (see :mod:`reassure.model.priors`).
        low, high: truncation; infinite where there is none.
        values, weights: of ``discrete``.
        components: of ``mixture``, with ``weights``.
        written: the text of the prior in the file, for display.
    """

    family: str
    parameters: tuple[tuple[str, float], ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    components: tuple[Prior, ...] = ()
    written: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An uncertain constant: one draw a scenario."""

    name: str
    prior: Prior
    unit: Unit
    about: About = About()


@dataclass(frozen=True, slots=True)
class Correlation:
    """One entry of ``correlate:``: rank-type dependence of two parameters through a Gaussian copula."""

    first: str
    second: str
    rho: float
    about: About = About()


# -- what moves -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A named formula."""

    name: str
    formula: Expression
    unit: Unit
    written: str = ""
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Noise:
    """A named source of chance: a fresh draw each step, or one path with memory.

    kind 'normal': mean 0, standard deviation ``scale``; 'uniform': on [0, 1) times ``scale``;
    'ar1': a stationary first-order process with standard deviation ``scale`` and correlation time
    ``memory`` (years): x[k+1] = a x[k] + sqrt(1 - a^2) scale e, a = exp(-dt / memory), x[0] = scale * e.
    """

    name: str
    kind: Literal["normal", "uniform", "ar1"]
    scale: Expression
    memory: Expression | None
    unit: Unit
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Mark:
    """The size of one event: ``family`` with two formulas.

    uniform(low, high), normal(mean, sd), lognormal(median, sigma), exponential(mean, 0),
    discrete (``values`` and ``weights``). Each of the up to ``cap`` events of a step draws its own.
    """

    family: Literal["uniform", "normal", "lognormal", "exponential", "discrete"]
    first: Expression
    second: Expression
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens a countable number of times.

    Reading ``name`` gives the count in this step, ``name.magnitude`` the sum of its marks (the count
    itself where there are none), ``name.rate`` or ``name.probability`` what drives it.

    kind 'rate': Poisson with mean ``max(rate, 0) * dt`` (rate per year, held over the step), counts above ``cap`` held
    at it. kind 'probability': 0 or 1 with the probability ``driver`` (clipped to [0, 1]) *in each step*.
    kind 'calendar': 1 in each of ``steps``, else 0; no chance in it.
    """

    name: str
    actor: str
    kind: Literal["rate", "probability", "calendar"]
    driver: Expression
    cap: int
    mark: Mark | None
    unit: Unit  # of the rate
    steps: tuple[int, ...] = ()
    written: str = ""
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Stock:
    """What accumulates: x[k+1] = clip(x[k] + dt * change + jump, low, high).

    ``change`` is per year (internal), ``jump`` per step: what events add at once.
    """

    name: str
    initial: Expression  # over parameters only
    change: Expression
    jump: Expression
    low: float
    high: float
    unit: Unit
    written: str = ""
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What moves a belief, in log-odds.

    kind 'event': ``weight`` for each occurrence of ``event`` in the step. kind 'flow': ``weight`` per year.
    kind 'game': what ``lesson`` says, in a step in which its game is played.
    A weight is a log-likelihood ratio: log P(seen | true) - log P(seen | false).
    """

    name: str
    kind: Literal["event", "flow", "game"]
    event: str
    weight: Expression
    written: str = ""
    about: About = About()
    lesson: Lesson | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """An actor's probability that a proposition is true.

    Held in log-odds L; reading ``name`` gives 1 / (1 + exp(-L)), ``name.logodds`` gives L. With resting point
    R = logit(rest) and time constant ``fades`` (years)::

        L[k+1] = clip(R + (L[k] - R) * exp(-dt / fades) + sum of evidence, -bound, bound)
    """

    name: str
    holder: str
    initial: Expression  # a probability, over parameters only
    rest: Expression | None  # a probability; None: the initial one
    fades: Expression | None  # None: never
    evidence: tuple[Evidence, ...]
    that: str = ""  # the proposition, as the end of "believes that ..."
    about_belief: str = ""  # the belief that this one is about, if it is about another's
    bound: float = 12.0
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice. ``requires``: a truth value, None for always; ``irreversible``: once
    taken, only ``then`` can follow (and itself)."""

    name: str
    utility: Expression
    requires: Expression | None = None
    irreversible: bool = False
    then: tuple[str, ...] = ()
    written: str = ""
    about: About = About()


@dataclass(frozen=True, slots=True)
class Choice:
    """An actor picks among options by logit: P(i) proportional to exp(rationality * utility_i) over what is open.

    Reading ``name`` gives the index of the option in force; ``name.<option>`` is 1 while it is in force, else 0;
    ``name.probability.<option>`` is what the logit gives it at this step. Taken at steps
    ``offset, offset + every, ...`` where ``when`` holds; in force from the next step on. An option is open if its
    ``requires`` holds and the present option allows it; the present option is always open.
    """

    name: str
    actor: str
    options: tuple[Option, ...]
    initial: int
    every: int  # steps
    offset: int
    rationality: Expression
    when: Expression | None = None
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Model:
    """One argument, checked: every name is defined, every unit agrees, every circle passes through a memory.

    ``differences`` lists what an ``extends:`` model adds, replaces and removes, as
    (section, name, 'added' | 'replaced' | 'removed').
    """

    name: str
    title: str
    language: int
    time: Time
    sources: tuple[Source, ...]
    actors: tuple[Actor, ...]
    parameters: tuple[Parameter, ...]
    correlations: tuple[Correlation, ...]
    levers: tuple[Lever, ...]
    policies: tuple[Policy, ...]
    observations: tuple[Observation, ...]  # those that some rule reads
    auxiliaries: tuple[Auxiliary, ...]
    noises: tuple[Noise, ...]
    events: tuple[Event, ...]
    stocks: tuple[Stock, ...]
    beliefs: tuple[Belief, ...]
    choices: tuple[Choice, ...]
    outcomes: tuple[Outcome, ...]
    claims: tuple[Claim, ...]
    interests: tuple[Interest, ...]
    extends: str = ""
    differences: tuple[tuple[str, str, str], ...] = ()
    digest: str = ""  # SHA-256 of the canonical written model, `extends` resolved
    path: str = field(default="", compare=False)
    notes: str = ""
    games: tuple[ModelGame, ...] = ()
    ledger: str = ""  # the record that its claims are held against
    rivals: tuple[Rival, ...] = ()  # what competes with its claims
    # How it shows in the record: a run computes nothing of these.
    measurements: tuple[Measurement, ...] = field(default=(), metadata=OF_THE_RECORD)
    given: tuple[Given, ...] = field(default=(), metadata=OF_THE_RECORD)
