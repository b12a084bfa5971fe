"""What levers and policies mean, checked, and what the actors that set levers see."""

from __future__ import annotations

from dataclasses import dataclass

from reassure.model.checked_about import About, Unit
from reassure.model.expression import Expression


@dataclass(frozen=True, slots=True)
class Lever:
    """Something an actor can choose.

    Reading ``name`` gives what has *taken effect*, ``name.ordered`` what the policy orders, and
    ``name.cost`` the cost per year. With status quo ``default``::

        target    = default + (ordered - default) * (1 - slippage)
        effective : moves to target with time constant `lag` (first order); equals target without one

    A lever with ``options`` takes their index 0, 1, 2, ...; it has neither lag nor slippage.
    """

    name: str
    actor: str
    low: float
    high: float
    default: float
    unit: Unit
    options: tuple[str, ...] = ()
    cost: Expression | None = None
    cost_unit: Unit = Unit()
    lag: Expression | None = None
    slippage: Expression | None = None
    observable: Observable | None = None
    about: About = About()


@dataclass(frozen=True, slots=True)
class Constant:
    """A lever set to one value for the whole run."""

    value: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """A lever set by date: ``values[i]`` holds from step ``steps[i]`` on; ``steps[0] == 0``."""

    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A lever set by a formula, clipped to the lever's range.

    What the rule reads of the model has become ``Ref('<name>@<ACTOR>')``, the observed quantity of
    :class:`Observation`; a clairvoyant policy's rule reads the names themselves.
    """

    formula: Expression
    written: str = ""


Setting = Constant | Schedule | Rule


@dataclass(frozen=True, slots=True)
class Policy:
    """A named way to set levers. What it does not set stays at the lever's default.

    Policies of different actors are crossed as ``managed+restrained``; two that set one lever clash.
    """

    name: str
    settings: tuple[tuple[str, Setting], ...]
    clairvoyant: bool = False
    about: About = About()


@dataclass(frozen=True, slots=True)
class Observable:
    """Who sees a quantity, how late and how blurred.

    Attributes:
        by: actors who see it.
        delay_steps: how many whole steps late.
        noise: standard deviation of the error in internal units (a fresh normal draw a step).
    """

    by: tuple[str, ...]
    delay_steps: int = 0
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """What ``actor`` sees of ``of``: the name ``<of>@<actor>`` that rules read.

    Equals ``of`` as it was ``delay_steps`` steps ago (its value at the start before that), plus a normal
    error. A rule sees the present step only when ``delay_steps`` is 0.
    """

    of: str
    actor: str
    delay_steps: int
    noise: float

    @property
    def name(self) -> str:
        return f"{self.of}@{self.actor}"
