"""What a model runs as: a graph of one step, what is carried between steps, and what is read
off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reassure.engine.dag import Graph

TablePurpose = Literal[
    "final", "change", "mean", "total", "sum", "share", "max", "min", "reached", "time_to"
]


@dataclass(frozen=True)
class State:
    """A number for each future that a step hands to the next.

    Attributes:
        name: what it carries, for people.
        initial: node of its value at the first step, free of the step.
        update: node of its value at the next step.
    """

    name: str
    initial: int
    update: int


@dataclass(frozen=True)
class Ring:
    """The last ``length`` values of a node; what is read at a step is the value ``length`` steps
    ago.

    ``initial`` fills it at first.
    """

    name: str
    length: int
    initial: int
    source: int


@dataclass(frozen=True)
class Reading:
    """How an outcome is read off its accumulator: ``state`` times ``scale``, in the outcome's
    unit."""

    name: str
    state: int
    scale: float


@dataclass(frozen=True)
class Tally:
    """How often a game was solved in a future, and in how many of these something was flagged: the
    states that count it. All views of a game at one moment count as one."""

    game: str
    solves: int
    flagged: int


@dataclass(frozen=True)
class Program:
    """A model as one step.

    Attributes:
        graph: the nodes.
        dt: years in a step.
        steps: steps of a run; the step is worked out for ``0 .. steps``.
        states, rings: what is carried; leaves ``state`` and ``ring`` have their positions here as
            attribute.
        readings: outcomes in the model's order.
        tallies: one for each game that a run solves.
        names: node of each named quantity at a step, as its readers see it.
        streams: (name, purpose) of each random stream; leaves ``draw`` have positions here.
        parameters: canonical names; leaves ``parameter`` have positions here.
        levers: names; leaves ``ordered`` and ``rule`` have positions here. Of ``rule`` the
            attribute is (lever, number of the rule), the rule's number counting from 1.
        rules: for each (lever position, policy name) the number of its rule.
        holds: names that can be held; leaves ``held``, ``held_value``, ``held_slot`` have
            positions here.
        slots: how many paths can be held at once; leaves ``path`` have a slot's number from 0.
        followers: names that can be held at a path.
    """

    graph: Graph
    dt: float
    steps: int
    states: tuple[State, ...]
    rings: tuple[Ring, ...]
    readings: tuple[Reading, ...]
    names: dict[str, int]
    streams: tuple[tuple[str, str], ...]
    parameters: tuple[str, ...]
    levers: tuple[str, ...]
    rules: dict[tuple[int, str], int]
    holds: tuple[str, ...]
    slots: int
    followers: tuple[str, ...]
    tallies: tuple[Tally, ...] = ()
