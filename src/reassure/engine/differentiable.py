"""A conditioned program as a JAX function of its parameters: one step of one future.

Scalars stay scalars, so that what does not depend on shocks is worked out once for all the points
at which a filter asks; ``jax.vmap`` gives many futures side by side. Differentiable wherever the
model is, through games by the implicit function theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from reassure.engine.adjoint import OPERATIONS as NUMPY
from reassure.engine.conditioned import Conditioned
from reassure.engine.dag import LANES, STEPS, Node
from reassure.engine.differentiable_games import solved
from reassure.engine.scalars import Orders, leaf_value

Array = Any

OPERATIONS: dict[str, Callable[..., Array]] = {
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "div": jnp.divide,
    "neg": jnp.negative,
    "floordiv": jnp.floor_divide,
    "mod": jnp.mod,
    "pow": jnp.power,
    "min": jnp.minimum,
    "max": jnp.maximum,
    "exp": jnp.exp,
    "log": jnp.log,
    "log1p": jnp.log1p,
    "expm1": jnp.expm1,
    "sqrt": jnp.sqrt,
    "abs": jnp.abs,
    "tanh": jnp.tanh,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "sign": jnp.sign,
    "floor": jnp.floor,
    "ceil": jnp.ceil,
    "round": jnp.round,
    "logistic": special.expit,
    "logit": special.logit,
    "norm_cdf": special.ndtr,
    "normal": special.ndtri,
    "lt": jnp.less,
    "le": jnp.less_equal,
    "gt": jnp.greater,
    "ge": jnp.greater_equal,
    "eq": jnp.equal,
    "ne": jnp.not_equal,
    "and": jnp.logical_and,
    "or": jnp.logical_or,
    "not": jnp.logical_not,
    "select": jnp.where,
    "number": lambda b: jnp.where(b, 1.0, 0.0),
}
"""What each operation of the graph does to arrays of any shapes that broadcast."""


def apart(vector: Array) -> list[Array]:
    """The numbers of a vector, such that derivatives come together again as a vector."""
    if not vector.shape[0]:
        return []
    return [part.reshape(()) for part in jax.lax.split(vector, [1] * vector.shape[0])]


RECORD = frozenset({"given", "told", "given_first", "told_first"})


class StepFunction:
    """One step of a conditioned program.

    Args:
        source: the program.
        orders: what the policy orders where the record does not tell.
        steps: how many steps will be run; tables cover ``0 .. steps``.

    Attributes:
        states: positions of the program's states that matter to the data, as they are carried.
        slots: how many numbers are carried: the states, then the places of rings.
        noisy: which of these a shock can reach.
        data: the program's data; ``noisy_data`` those whose predictor or arguments a shock can
            reach.
    """

    def __init__(self, source: Conditioned, orders: Orders, steps: int) -> None:
        self.source, self.orders, self.steps = source, orders, steps
        self.program, self.graph = source.program, source.program.graph
        self.data = source.data
        self._find_needed()
        self._find_noisy()

    # -- tables -----------------------------------------------------------------------------------

    def columns(self, given: Mapping[str, Array], told: Mapping[str, Array]) -> Array:
        """What varies over steps alone, ``[steps + 1, columns]``.

        Args:
            given, told: for each key of the program ``[steps + 1]``; a key that is missing is told
                nowhere.
        """
        rows = self.steps + 1
        values: dict[int, Array] = {}
        none = np.zeros(rows)
        with np.errstate(all="ignore"):
            for index in self._scalars:
                node = self.graph[index]
                if node.op in RECORD:
                    key: Any = node.attribute
                    source = given if node.op.startswith("given") else told
                    column = np.asarray(source.get(key, none))
                    column = column.astype(bool) if node.truth else column
                    values[index] = column[0] if node.op.endswith("_first") else column
                elif node.op == "const":
                    values[index] = np.asarray(node.attribute)
                elif not node.arguments:
                    values[index] = leaf_value(node, self.program, self.orders, rows)
                else:
                    arguments = [values[i] for i in node.arguments]
                    values[index] = NUMPY[node.op](*arguments)
        found = [np.broadcast_to(values[i], (rows,)).astype(float) for i in self._columns]
        return np.stack(found, axis=1) if found else np.zeros((rows, 0))

    # -- running ----------------------------------------------------------------------------------

    def begin(self, parameters: Array, first: Array) -> tuple[Array, Array]:
        """What does not vary over steps ``[still]``, and what is carried into the first, ``[slots]``.

        Args:
            parameters: ``[P]`` in internal units.
            first: row 0 of :meth:`columns`.
        """
        values: dict[int, Array] = dict(self._constants)
        values |= self._of_row(first, self._constant_columns)
        at = dict(enumerate(apart(parameters)))
        still = self._worked_out(self._still, values, lambda node: at[node.attribute])
        kept = [jnp.asarray(still[i], dtype=float) for i in self._kept]
        return jnp.stack(kept) if kept else jnp.zeros(0), self._opening(still)

    def _opening(self, still: Mapping[int, Array]) -> Array:
        states = [still[self.program.states[p].initial] for p in self.states]
        for p in self._rings:
            ring = self.program.rings[p]
            states += [still[ring.initial]] * ring.length
        return jnp.stack([jnp.asarray(x, dtype=float) for x in states])

    def step(
        self, still: Array, carried: list[Array], shocks: list[Array], row: Array
    ) -> tuple[list[Array], list[tuple[Array, dict[str, tuple[Array, ...]], Array, Array]]]:
        """One step.

        Args:
            still: see :meth:`begin`.
            carried: for each slot a number, or an array over points.
            shocks: for each shock the same.
            row: of :meth:`columns`.

        Returns:
            what is carried on, and for each datum its predictor, arguments, value and whether it
            is told.
        """
        values: dict[int, Array] = dict(self._constants)
        values |= zip(self._kept, apart(still), strict=True)
        for index in self._kept:
            if self.graph[index].truth:
                values[index] = values[index] > 0.5
        values |= self._of_row(row, self._columns)
        place = {p: i for i, p in enumerate(self.states)}

        def leaf(node: Node) -> Array:
            position: Any = node.attribute
            if node.op == "state":
                return carried[place[position]]
            if node.op == "shock":
                return shocks[position]
            if node.op == "ring":
                return carried[self._ring_end[position]]
            raise AssertionError(node.op)

        self._worked_out(self._stirring, values, leaf)
        moved = [values[self.program.states[p].update] for p in self.states]
        for p in self._rings:
            ring, end = self.program.rings[p], self._ring_end[p]
            start = end - ring.length + 1
            moved += [values[ring.source], *carried[start:end]]
        read = [
            (
                values[datum.predictor],
                {key: tuple(values[i] for i in nodes) for key, nodes in datum.arguments},
                values[datum.value],
                values[datum.told],
            )
            for datum in self.data
        ]
        return moved, read

    def _of_row(self, row: Array, columns: Iterable[int]) -> dict[int, Array]:
        found = {}
        at = apart(row)
        for index in columns:
            value = at[self._column_of[index]]
            found[index] = value > 0.5 if self.graph[index].truth else value
        return found

    def _worked_out(
        self, order: Iterable[int], values: dict[int, Array], leaf: Callable[[Any], Array]
    ) -> dict[int, Array]:
        for index in order:
            node = self.graph[index]
            if node.op == "solve":
                values[index] = self._solved(node, values)
            elif node.op == "solved":
                values[index] = values[node.arguments[0]][node.attribute]
            elif node.arguments:
                values[index] = OPERATIONS[node.op](*(values[i] for i in node.arguments))
            else:
                values[index] = leaf(node)
        return values

    def _solved(self, node: Node, values: Mapping[int, Array]) -> Array:
        due, played, *rows = (values[i] for i in node.arguments)
        call: Any = node.attribute
        return solved(call, due, played, rows)

    # -- which nodes ------------------------------------------------------------------------------

    def _find_needed(self) -> None:
        graph, program = self.graph, self.program
        pending = [i for d in self.data for i in (d.predictor, d.value, d.told)]
        pending += [i for d in self.data for _, nodes in d.arguments for i in nodes]
        found: set[int] = set()
        states: set[int] = set()
        rings: set[int] = set()
        while pending:
            index = pending.pop()
            if index in found:
                continue
            found.add(index)
            node = graph[index]
            position: Any = node.attribute
            pending.extend(node.arguments)
            if node.op == "state" and position not in states:
                states.add(position)
                pending += [program.states[position].initial, program.states[position].update]
            if node.op == "ring" and position not in rings:
                rings.add(position)
                pending += [program.rings[position].initial, program.rings[position].source]
        self.states = sorted(states)
        self._rings = sorted(rings)
        self._ring_end: dict[int, int] = {}
        end = len(self.states) - 1
        for p in self._rings:
            end += program.rings[p].length
            self._ring_end[p] = end
        self.slots = end + 1
        order = sorted(found)
        wide = LANES
        self._scalars = [i for i in order if not graph[i].varies & wide]
        self._still = [i for i in order if graph[i].varies & wide and not graph[i].varies & STEPS]
        self._stirring = [i for i in order if graph[i].varies & wide and graph[i].varies & STEPS]
        # Of what varies over steps alone, only what something else reads is handed to the step.
        read = {a for i in (*self._still, *self._stirring) for a in graph[i].arguments}
        read |= {program.states[p].initial for p in self.states}
        read |= {program.states[p].update for p in self.states}
        read |= {
            n for p in self._rings for n in (program.rings[p].initial, program.rings[p].source)
        }
        read |= {i for d in self.data for i in (d.predictor, d.value, d.told)}
        read |= {i for d in self.data for _, nodes in d.arguments for i in nodes}
        self._constants = {i: graph[i].attribute for i in order if graph[i].op == "const"}
        self._columns = [i for i in self._scalars if i in read and i not in self._constants]
        self._column_of = {index: c for c, index in enumerate(self._columns)}
        kept = {a for i in self._stirring for a in graph[i].arguments}
        kept |= {program.states[p].update for p in self.states}
        kept |= {program.rings[p].source for p in self._rings}
        kept |= {i for d in self.data for i in (d.predictor, d.value, d.told)}
        kept |= {i for d in self.data for _, nodes in d.arguments for i in nodes}
        self._kept = [i for i in self._still if i in kept]
        self._constant_columns = [i for i in self._columns if not graph[i].varies & STEPS]

    def _find_noisy(self) -> None:
        graph, program = self.graph, self.program
        noisy = np.zeros(len(graph.nodes), dtype=bool)
        states: set[int] = set()
        rings: set[int] = set()
        while True:
            for index in self._stirring:
                node = graph[index]
                position: Any = node.attribute
                noisy[index] = (
                    node.op == "shock"
                    or (node.op == "state" and position in states)
                    or (node.op == "ring" and position in rings)
                    or any(noisy[i] for i in node.arguments)
                )
            more = {p for p in self.states if noisy[program.states[p].update]}
            more_rings = {p for p in self._rings if noisy[program.rings[p].source]}
            if more == states and more_rings == rings:
                break
            states, rings = more, more_rings
        places = [i for i, p in enumerate(self.states) if p in states]
        for p in self._rings:
            if p in rings:
                end, length = self._ring_end[p], program.rings[p].length
                places += range(end - length + 1, end + 1)
        self.noisy = tuple(places)
        self.shocks = tuple(
            sorted(
                {
                    int(graph[i].attribute)  # type: ignore[call-overload]
                    for i in self._stirring
                    if graph[i].op == "shock"
                }
            )
        )
        self.noisy_data = tuple(
            j
            for j, d in enumerate(self.data)
            if noisy[d.predictor] or any(noisy[i] for _, nodes in d.arguments for i in nodes)
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What is carried, slot by slot."""
        found = [self.program.states[p].name for p in self.states]
        for p in self._rings:
            ring = self.program.rings[p]
            found += [f"{ring.name}, {i + 1} steps ago" for i in range(ring.length)]
        return tuple(found)
