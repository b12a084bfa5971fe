"""The formulas of a game as one small graph, worked out on rows of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jax import lax

from reassure.engine.apart import apart
from reassure.engine.dag import Graph
from reassure.engine.formula_nodes import lower_formula
from reassure.engine.functions_jax import apply, spread
from reassure.model.expression import Expression, Memory

Array = Any


class Formulas:
    """Formulas without memories over named inputs.

    Args:
        inputs: names, in the order in which their rows will be given.
        formulas: what to work out.
    """

    def __init__(self, inputs: Sequence[str], formulas: Sequence[Expression]) -> None:
        self.graph = Graph()
        self.inputs = [self.graph.leaf("input", name) for name in inputs]
        known = dict(zip(inputs, self.inputs, strict=True))
        self.targets = [
            self.graph.numeric(lower_formula(self.graph, formula, known.__getitem__, _no_memory))
            for formula in formulas
        ]

    def constant(self, position: int) -> float | None:
        """The value of a formula that reads nothing, else None."""
        value = self.graph.constant_of(self.targets[position])
        return None if value is None else float(value)

    def __call__(
        self, rows: Sequence[Array], lanes: int, dtype: Any, attributes: Mapping[str, str]
    ) -> list[Array]:
        """Each formula, ``[1 or views, 1 or lanes]``, from one array a input, ``[1 or views,
        lanes]``: what is the same in all views is worked out once."""

        def work(*given: Array) -> list[Array]:
            values: dict[int, Array] = {}
            values |= zip(self.inputs, given, strict=True)
            for index, node in enumerate(self.graph.nodes):
                if index in values:
                    continue
                if node.op == "const":
                    kind = bool if node.truth else dtype
                    known: Any = node.attribute
                    values[index] = lax.full((1, 1), known, kind)
                else:
                    values[index] = apply(node.op, [values[i] for i in node.arguments], dtype)
            return [spread(v, np.shape(v)[0], lanes) for v in (values[t] for t in self.targets)]

        work.__name__ = "game_formulas"
        # A call apart, so that nothing is worked out again in each reader; but not one kernel, which
        # the compiler cannot always make of a call inside a loop.
        alone = {key: value for key, value in attributes.items() if key == "inlineable"}
        return list(apart(work, alone)(*rows))


def _no_memory(memory: Memory) -> int:
    raise ValueError(f"{memory.function}(...) has a memory: a game's formula cannot hold it")
