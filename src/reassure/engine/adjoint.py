"""The lowered step run forwards, then backwards: derivatives along every future.

Reverse-mode differentiation (Griewank & Walther 2008, Evaluating Derivatives, ch. 3 and 12) of a
:class:`~reassure.engine.program.Program`, node by node in NumPy and double precision. Forwards, the
states of every step are kept; backwards, a step is worked out again from them. One pass gives the
derivatives of any number of results by all parameters, for each future by itself.

Draws are constants here, and truth values pass nothing on: what a draw or a question would add to a
derivative is the business of :mod:`reassure.engine.gradient`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from reassure.engine import random as generator
from reassure.engine.dag import FOLD, LANES, STEPS
from reassure.engine.game_slopes import passed_on, solved
from reassure.engine.program import Program
from reassure.engine.scalars import Orders, scalar_table
from reassure.engine.trees import GAMES

Array = Any

OPERATIONS: dict[str, Callable[..., Array]] = {
    **FOLD,
    "normal": special.ndtri,
    "select": np.where,
    "number": lambda b: np.asarray(b, dtype=float),
}
"""What each operation of the graph does to arrays."""


def _pow_slopes(v: Array, x: Array, y: Array) -> tuple[Array, Array]:
    return y * np.power(x, y - 1.0), v * np.log(x)


SLOPES: dict[str, Callable[..., tuple[Array, ...]]] = {
    "add": lambda v, x, y: (1.0, 1.0),
    "sub": lambda v, x, y: (1.0, -1.0),
    "mul": lambda v, x, y: (y, x),
    "div": lambda v, x, y: (1.0 / y, -v / y),
    "neg": lambda v, x: (-1.0,),
    "pow": _pow_slopes,
    "min": lambda v, x, y: (x <= y, x > y),
    "max": lambda v, x, y: (x >= y, x < y),
    "select": lambda v, b, x, y: (0.0, b, np.logical_not(b)),
    "exp": lambda v, x: (v,),
    "log": lambda v, x: (1.0 / x,),
    "log1p": lambda v, x: (1.0 / (1.0 + x),),
    "expm1": lambda v, x: (v + 1.0,),
    "sqrt": lambda v, x: (0.5 / v,),
    "abs": lambda v, x: (np.sign(x),),
    "tanh": lambda v, x: (1.0 - v * v,),
    "sin": lambda v, x: (np.cos(x),),
    "cos": lambda v, x: (-np.sin(x),),
    "logistic": lambda v, x: (v * (1.0 - v),),
    "logit": lambda v, x: (1.0 / (x * (1.0 - x)),),
    "norm_cdf": lambda v, x: (np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi),),
    "mod": lambda v, x, y: (1.0, -np.floor_divide(x, y)),
}
"""Slopes of an operation's value by its arguments, from value and arguments. Operations that are
not here are flat between their jumps."""


class Tape:
    """A batch of futures, run once and differentiated as often as is wanted.

    Args:
        program: a lowered model.
        given: what an arm orders and holds.
        parameters: ``[P, lanes]`` in internal units.
        future: the summands of the lanes' random words.
    """

    def __init__(
        self, program: Program, given: Orders, parameters: Array, future: generator.Words
    ) -> None:
        self.program = program
        self.parameters = parameters
        self.future = future
        needed, nodes = self._needed(), program.graph.nodes
        scalars = [i for i in needed if not nodes[i].varies & LANES]
        self.table = scalar_table(program, given, scalars, program.steps + 1)
        rows = [i for i in needed if nodes[i].varies & LANES]
        self.still = [i for i in rows if not nodes[i].varies & STEPS]
        self.stirring = [i for i in rows if nodes[i].varies & STEPS]
        self.active = self._active(rows)
        self.constants = {index: column[0] for index, column in self.table.items()}
        with np.errstate(all="ignore"):
            for index in self.still:
                self.constants[index] = self._value(index, self.constants, 0, ())
            self._run()

    def readings(self) -> Array:
        """Every outcome in its unit, ``[outcome, lanes]``."""
        lanes = self.parameters.shape[1]
        return np.stack(
            [
                np.broadcast_to(self.states[-1][r.state], (lanes,)) * r.scale
                for r in self.program.readings
            ]
        )

    def _run(self) -> None:
        """Every step forwards; the states before each step, and the last ones, are kept."""
        program, constants = self.program, self.constants
        self.states = [[constants[state.initial] for state in program.states]]
        self.entered: list[list[Array]] = []  # what went into each ring at each step
        for k in range(program.steps + 1):
            values = self._values(k)
            self.entered.append([values[ring.source] for ring in program.rings])
            self.states.append([values[state.update] for state in program.states])

    def backward(self, seeds: Mapping[int, Array], results: int) -> Array:
        """Derivatives by the parameters, ``[P, results, lanes]``.

        Args:
            seeds: weight of each final state in each result, ``[results, lanes]``, by position.
            results: how many results.
        """
        program, lanes = self.program, self.parameters.shape[1]
        total = np.zeros((len(self.parameters), results, lanes))
        kept: dict[int, Array] = {}  # adjoints of what does not vary over steps
        carried = dict(seeds)
        later: list[dict[int, Array]] = [{} for _ in range(program.steps + 1)]
        with np.errstate(all="ignore"):
            for k in range(program.steps, -1, -1):
                values, adjoints = self._values(k), later[k]
                for position, adjoint in carried.items():
                    _add(adjoints, program.states[position].update, adjoint)
                carried = {}
                for index in reversed(self.stirring):
                    adjoint = adjoints.pop(index, None)
                    if adjoint is None or not self.active[index]:
                        continue
                    node = program.graph[index]
                    place: Any = node.attribute
                    if node.op == "state":
                        _add(carried, place, adjoint)
                    elif node.op == "ring":
                        ring = program.rings[place]
                        if k >= ring.length:
                            _add(later[k - ring.length], ring.source, adjoint)
                        else:
                            _add(kept, ring.initial, adjoint)
                    else:
                        self._pass_on(index, adjoint, values, adjoints)
                for index, adjoint in adjoints.items():
                    _add(kept, index, adjoint)
            for position, adjoint in carried.items():
                _add(kept, program.states[position].initial, adjoint)
            for index in reversed(self.still):
                adjoint = kept.pop(index, None)
                if adjoint is None or not self.active[index]:
                    continue
                place = program.graph[index].attribute
                if program.graph[index].op == "parameter":
                    total[place] += adjoint
                else:
                    self._pass_on(index, adjoint, self.constants, kept)
        return total

    def _pass_on(
        self, index: int, adjoint: Array, values: Mapping[int, Array], adjoints: dict[int, Array]
    ) -> None:
        """The adjoint of a node to its arguments."""
        node = self.program.graph[index]
        place: Any = node.attribute
        if node.op == "solved":
            (whole,) = node.arguments
            every = np.zeros((len(values[whole]), *adjoint.shape))
            every[place] = adjoint
            _add(adjoints, whole, every)
        if node.op == "solve":
            due, played, *rows = (values[i] for i in node.arguments)
            given = passed_on(place, adjoint, values[index], due, played, rows)
            for argument, part in zip(node.arguments[2:], given, strict=False):  # draws are fixed
                if self.active[argument]:
                    _add(adjoints, argument, part)
        if node.op not in SLOPES:
            return
        arguments = [values[i] for i in node.arguments]
        slopes = SLOPES[node.op](values[index], *arguments)
        for argument, slope in zip(node.arguments, slopes, strict=True):
            if self.active[argument]:
                # Nothing times infinity is nothing: a side not taken may well be infinite.
                _add(adjoints, argument, np.where(adjoint == 0.0, 0.0, adjoint * slope))

    # -- forwards ---------------------------------------------------------------------------------

    def _values(self, k: int) -> dict[int, Array]:
        """Every node at a step, from the states that it begins with."""
        values = self.constants | {index: column[k] for index, column in self.table.items()}
        for index in self.stirring:
            values[index] = self._value(index, values, k, self.states[k])
        return values

    def _value(
        self, index: int, values: Mapping[int, Array], k: int, states: Sequence[Array]
    ) -> Array:
        node = self.program.graph[index]
        if node.op == "solve":
            due, played, *rows = (values[i] for i in node.arguments)
            call: Any = node.attribute
            return solved(call, due, played, rows, self.parameters.shape[1])
        if node.op == "solved":
            return values[node.arguments[0]][node.attribute]
        if node.arguments:
            return OPERATIONS[node.op](*(values[i] for i in node.arguments))
        place: Any = node.attribute
        match node.op:
            case "parameter":
                return self.parameters[place]
            case "state":
                return states[place]
            case "ring":
                ring = self.program.rings[place]
                if k < ring.length:
                    return values[ring.initial]
                return self.entered[k - ring.length][place]
            case "draw":
                block, third = divmod(k, generator.STEPS_PER_BLOCK)
                key = generator.stream_key(*self.program.streams[place])
                words = generator.stream_words([key], block)
                return generator.uniforms(self.future, words)[third][0]
            case _:  # a path that nothing is held at
                return np.zeros(())

    # -- which nodes ------------------------------------------------------------------------------

    def _needed(self) -> list[int]:
        program = self.program
        pending = [node for state in program.states for node in (state.initial, state.update)]
        pending += [node for ring in program.rings for node in (ring.initial, ring.source)]
        found: set[int] = set()
        while pending:
            index = pending.pop()
            if index not in found:
                found.add(index)
                pending.extend(program.graph[index].arguments)
        return sorted(found)

    def _active(self, rows: Sequence[int]) -> Array:
        """Nodes that move continuously with a parameter."""
        program = self.program
        active = np.zeros(len(program.graph.nodes), dtype=bool)
        states, rings = [False] * len(program.states), [False] * len(program.rings)
        while True:
            before = active.sum()
            for index in rows:
                node = program.graph[index]
                place: Any = node.attribute
                if node.op == "parameter":
                    active[index] = True
                elif node.op == "state":
                    active[index] = states[place]
                elif node.op == "ring":
                    active[index] = rings[place]
                elif node.op in SLOPES or node.op in GAMES:
                    active[index] = any(active[i] for i in node.arguments)
            states = [active[s.initial] or active[s.update] for s in program.states]
            rings = [active[r.initial] or active[r.source] for r in program.rings]
            if active.sum() == before:
                return active


def _add(adjoints: dict[int, Array], index: int, adjoint: Array) -> None:
    known = adjoints.get(index)
    adjoints[index] = adjoint if known is None else known + adjoint
