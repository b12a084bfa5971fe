"""How much work a step is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reassure.engine.dag import DIVISIONS, TRANSCENDENTAL
from reassure.engine.games.names import due_steps

if TYPE_CHECKING:
    from reassure.engine.compiled import Compiled
    from reassure.engine.plan import Group
    from reassure.engine.program import Program

INTEGER_OPERATIONS_A_DRAW = 11
"""Additions, multiplications, shifts and conversions of a hash, shared by its three draws."""


@dataclass(frozen=True)
class Size:
    """Work and memory of a model's program.

    Attributes:
        simple: additions, multiplications, comparisons and selections a future and step.
        divisions: divisions, roots and remainders.
        transcendental: exponentials, logarithms and the like.
        integer: integer operations of the generator.
        streams: random draws a step.
        states: numbers that a future carries, delays apart.
        delayed: numbers that its delays hold.
        rows: numbers that a step keeps for each future.
        groups: operations on stacked rows.
        lanes: futures in a batch.
        solves: times that a future's appraisals solve a game, each view counted; what plays solve
            besides depends on what happens.
        compile_seconds: what tracing and compiling took.
        temporary_bytes: memory of a batch while it runs, inputs apart.
    """

    simple: int
    divisions: int
    transcendental: int
    integer: int
    streams: int
    states: int
    delayed: int
    rows: int
    groups: int
    lanes: int
    solves: int
    compile_seconds: float
    temporary_bytes: int

    @property
    def floating(self) -> int:
        """Floating-point operations a future and step, each counted once."""
        return self.simple + self.divisions + self.transcendental


def measure(compiled: Compiled) -> Size:
    """The size of a compiled run program; compiles it if need be."""
    layout, program = compiled.layout, compiled.layout.program
    counted: Counter[str] = Counter()
    rows = groups = solves = 0
    for group in (group for block in layout.static for group in block.groups if group.is_solve):
        solves += _call(program, group).solves
    for block in layout.step:
        for group in block.groups:
            groups += 1
            if group.is_solve:
                call = _call(program, group)
                solves += len(due_steps(call.game, program.steps)) * call.solves
                rows += call.outputs
                continue
            rows += len(group.tasks)
            for op, _ in group.shape.steps:
                counted[op] += len(group.tasks)
    memory = compiled.executable.memory_analysis()
    transcendental = sum(counted[op] for op in TRANSCENDENTAL)
    divisions = sum(counted[op] for op in DIVISIONS)
    streams = len(layout.draws)
    return Size(
        simple=sum(counted.values()) - transcendental - divisions,
        divisions=divisions,
        transcendental=transcendental,
        integer=streams * INTEGER_OPERATIONS_A_DRAW,
        streams=streams,
        states=len(program.states),
        delayed=sum(ring.length for ring in program.rings),
        rows=rows,
        groups=groups,
        lanes=compiled.lanes,
        solves=solves,
        compile_seconds=compiled.seconds,
        temporary_bytes=int(memory.temp_size_in_bytes),
    )


def _call(program: Program, group: Group) -> Any:
    """What a group that solves a game works out."""
    return program.graph[group.tasks[0].tree.root].attribute
