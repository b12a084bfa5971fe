"""A told program over many futures side by side, step by step, with everything in reach.

NumPy in double precision: slower than the compiled run, and it can be stopped after any step,
looked into, resampled and lent its luck, which is what filters and counterfactuals need. Its
futures are those of a run: the same addresses give the same draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from reassure.engine import random as generator
from reassure.engine.adjoint import OPERATIONS
from reassure.engine.conditioned import Conditioned
from reassure.engine.dag import LANES, Node
from reassure.engine.game_slopes import solved
from reassure.engine.results import Solves
from reassure.engine.scalars import Orders, leaf_value

Array = Any


class Lanes:
    """Futures of a told program that go forward one step at a time.

    Args:
        source: a program with draws (not ``smooth``).
        orders: what the policy orders where no course is told.
        given, told: what the record tells, ``[rows]`` by key, at least as many rows as steps are
            taken; a key that is missing is told nowhere.
        parameters: ``[P, lanes]``, internal units, in the program's order.
        words: of the futures, see :func:`reassure.engine.random.future_words`.
        wanted: names to be read at every step, beside what moves the states on.

    Attributes:
        step: how many steps have been taken.
        count: how many lanes.
    """

    def __init__(
        self,
        source: Conditioned,
        orders: Orders,
        given: Mapping[str, Array],
        told: Mapping[str, Array],
        parameters: Array,
        words: generator.Words,
        wanted: Iterable[str] = (),
    ) -> None:
        self.source, self.program, self.graph = source, source.program, source.program.graph
        self.orders, self.given, self.told = orders, given, told
        self.parameters, self.words = parameters, words
        self.count = parameters.shape[1]
        self.step = 0
        self.wanted = tuple(wanted)
        self._order = self._needed()
        self._same = [i for i in self._order if not self.graph[i].varies & LANES]
        self._wide = [i for i in self._order if self.graph[i].varies & LANES]
        self._tables: dict[int, Array] = {}
        self._rows = self.program.steps + 1
        self._work_out_tables()
        self._uniforms: tuple[int, Any] = (-1, None)
        values = self._values({}, 0, opening=True)
        self._states = [values[state.initial] for state in self.program.states]
        self._rings = [[values[ring.initial]] * ring.length for ring in self.program.rings]

    # -- going forward ----------------------------------------------------------------------------

    def advance(self, luck: Mapping[int, Array] | None = None) -> Moment:
        """Take a step.

        Args:
            luck: uniforms ``[lanes]`` by the position of their stream, in place of its own.

        Returns:
            what was worth what at the step.
        """
        values = self._values(luck or {}, self.step)
        moment = Moment(self, values)
        self._states = [values[state.update] for state in self.program.states]
        for ring, kept in zip(self.program.rings, self._rings, strict=True):
            kept.insert(0, values[ring.source])
            del kept[ring.length :]
        self.step += 1
        return moment

    def look(self) -> Moment:
        """What everything is worth at the present step, without taking it."""
        return Moment(self, self._values({}, self.step))

    def keep(self, index: Array) -> None:
        """Go on from the lanes ``index``; luck and parameters stay where they are."""
        self._states = [_at(state, index) for state in self._states]
        self._rings = [[_at(item, index) for item in kept] for kept in self._rings]

    def retold(
        self, given: Mapping[str, Array], told: Mapping[str, Array], orders: Orders
    ) -> Lanes:
        """The same lanes at the same step, told and ordered otherwise from here on."""
        other = object.__new__(Lanes)
        other.__dict__ |= self.__dict__
        other.given, other.told, other.orders = given, told, orders
        other._states = list(self._states)
        other._rings = [list(kept) for kept in self._rings]
        other._tables = {}
        other._work_out_tables()
        return other

    def join(self, other: Lanes) -> None:
        """Stand where the same lanes, told otherwise, stand now."""
        self.step = other.step
        self._states = list(other._states)
        self._rings = [list(kept) for kept in other._rings]

    def outcomes(self) -> dict[str, Array]:
        """The outcomes as far as they have been read off, ``[lanes]`` each, in their own units."""
        return {
            reading.name: np.broadcast_to(self._states[reading.state] * reading.scale, self.count)
            for reading in self.program.readings
        }

    def solves(self) -> dict[str, Solves]:
        """How often each game was solved in all lanes so far, and how often something was flagged."""
        return {
            tally.game: Solves(self._total(tally.solves), self._total(tally.flagged))
            for tally in self.program.tallies
        }

    def luck(self) -> Array:
        """The uniforms of the present step, ``[streams, lanes]``."""
        block, third = divmod(self.step, generator.STEPS_PER_BLOCK)
        if self._uniforms[0] != block:
            keys = [generator.stream_key(*stream) for stream in self.program.streams]
            streams = generator.stream_words(keys, block)
            self._uniforms = (block, generator.uniforms(self.words, streams))
        return self._uniforms[1][third]

    # -- inside -----------------------------------------------------------------------------------

    def _values(
        self, luck: Mapping[int, Array], step: int, *, opening: bool = False
    ) -> dict[int, Array]:
        row = min(step, self._rows - 1)
        values: dict[int, Array] = {i: column[row] for i, column in self._tables.items()}
        uniforms = self.luck() if self.program.streams else None
        with np.errstate(all="ignore"):
            for index in self._opening_order if opening else self._wide:
                node = self.graph[index]
                values[index] = self._value(node, values, luck, uniforms)
        return values

    def _value(
        self, node: Node, values: Mapping[int, Array], luck: Mapping[int, Array], uniforms: Array
    ) -> Array:
        if node.op == "solve":
            due, played, *rows = (values[i] for i in node.arguments)
            call: Any = node.attribute
            return solved(call, due, played, rows, self.count)
        if node.op == "solved":
            place: Any = node.attribute
            return values[node.arguments[0]][place]
        if node.arguments:
            return OPERATIONS[node.op](*(values[i] for i in node.arguments))
        position: Any = node.attribute
        match node.op:
            case "parameter":
                return self.parameters[position]
            case "state":
                return self._states[position]
            case "ring":
                return self._rings[position][self.program.rings[position].length - 1]
            case "draw":
                return luck[position] if position in luck else uniforms[position]
            case "path" | "path_first":
                return np.zeros(())  # never read: lanes hold nothing at a path
        raise AssertionError(node.op)

    def _work_out_tables(self) -> None:
        """What is the same for all lanes, ``[rows]`` each."""
        values = self._tables
        with np.errstate(all="ignore"):
            for index in self._same:
                node = self.graph[index]
                key: Any = node.attribute
                if node.op in ("given", "told", "given_first", "told_first"):
                    source = self.given if node.op.startswith("given") else self.told
                    column = np.asarray(source.get(key, np.zeros(1)))
                    column = _long(column, self._rows)
                    if node.truth:
                        column = column.astype(bool)
                    values[index] = column[:1] if node.op.endswith("_first") else column
                elif node.op == "const":
                    values[index] = np.asarray(node.attribute)
                elif not node.arguments:
                    values[index] = leaf_value(node, self.program, self.orders, self._rows)
                else:
                    arguments = [values[i] for i in node.arguments]
                    values[index] = OPERATIONS[node.op](*arguments)
        for index in self._same:
            values[index] = np.broadcast_to(values[index], (self._rows,))

    def _total(self, state: int) -> int:
        return int(np.broadcast_to(self._states[state], self.count).sum())

    def _needed(self) -> list[int]:
        program, graph = self.program, self.graph
        opening = self._closure(
            [s.initial for s in program.states] + [r.initial for r in program.rings]
        )
        pending = [s.update for s in program.states] + [r.source for r in program.rings]
        pending += [program.names[name] for name in self.wanted]
        for datum in self.source.data:
            pending += [datum.predictor, datum.value, datum.told]
            pending += [i for _, nodes in datum.arguments for i in nodes]
        step = self._closure(pending)
        self._opening_order = [i for i in sorted(opening) if graph[i].varies & LANES]
        return sorted(opening | step)

    def _closure(self, pending: list[int]) -> set[int]:
        found: set[int] = set()
        while pending:
            index = pending.pop()
            if index not in found:
                found.add(index)
                pending.extend(self.graph[index].arguments)
        return found


class Moment:
    """What everything was worth at one step of :class:`Lanes`."""

    def __init__(self, lanes: Lanes, values: Mapping[int, Array]) -> None:
        self._lanes, self._values = lanes, values

    def read(self, name: str) -> Array:
        """A quantity, ``[lanes]``, internal units; it must have been wanted."""
        return self._wide(self._lanes.program.names[name])

    def coming(self, name: str) -> Array:
        """What a state, such as a choice, will be at the next step, ``[lanes]``."""
        states = self._lanes.program.states
        return self._wide(next(state.update for state in states if state.name == name))

    def data(self) -> list[tuple[Array, dict[str, tuple[Array, ...]], float, bool]]:
        """For each datum its predictor ``[lanes]``, arguments, value and whether it is told."""
        return [
            (
                self._wide(datum.predictor),
                {key: tuple(self._values[i] for i in nodes) for key, nodes in datum.arguments},
                float(np.asarray(self._values[datum.value]).flat[0]),
                bool(np.asarray(self._values[datum.told]).flat[0]),
            )
            for datum in self._lanes.source.data
        ]

    def _wide(self, node: int) -> Array:
        return np.broadcast_to(np.asarray(self._values[node], dtype=float), (self._lanes.count,))


def _at(value: Array, index: Array) -> Array:
    value = np.asarray(value)
    return value[index] if value.ndim else value


def _long(column: Array, rows: int) -> Array:
    if len(column) >= rows:
        return column[:rows]
    return np.concatenate([column, np.zeros(rows - len(column), dtype=column.dtype)])
