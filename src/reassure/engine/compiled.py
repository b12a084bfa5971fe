"""A program compiled for one number of lanes and one precision: inputs in, outcomes and paths
out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import jax
import numpy as np

from reassure.engine import random as generator
from reassure.engine.grouping import groups
from reassure.engine.layout import Layout, lay_out
from reassure.engine.program import Program
from reassure.engine.scalars import Orders, scalar_table
from reassure.engine.step import WINDOW_LANES, Inputs, block_count, build

Array = Any

CACHE_BYTES = 2**21
"""What the rows of a batch may take: the second-level cache of a core of 2023."""

FEWEST_LANES, MOST_LANES = 256, 2**14

GAME_LANES = 2**10
"""Futures in a batch of a model with games: a game's solver has a cost a step whatever it is asked,
which many futures share."""

FEWEST_RECORDED, MOST_RECORDED, RECORDED_LANES = 8, 32, 2**16
"""Paths that a run returns: as many as keep names times lanes to the last, within the first two."""

CPU_ATTRIBUTES: dict[str, str] = {"inlineable": "false", "xla_cpu_small_call": "true"}
"""Each block is one kernel, and a kernel works out each of its rows once.
docs/decisions/0019-compile.md has the figures for this and for the options below."""

CPU_OPTIONS: dict[str, str | bool] = {
    # The older emitters compile a step three times as fast.
    "xla_cpu_use_fusion_emitters": False,
    # Batches run side by side in threads: to split kernels of microseconds costs more than it
    # gains, and a kernel that is a whole block cannot be split.
    "xla_cpu_multi_thread_eigen": False,
    "xla_disable_hlo_passes": "cpu-parallel-task-assigner",
    "xla_cpu_prefer_vector_width": "512",
}


def mask_type(dtype: Any) -> np.dtype[Any]:
    """The signed integer as wide as ``dtype``."""
    return np.dtype(f"int{8 * np.dtype(dtype).itemsize}")


def lanes_for(layout: Layout, dtype: np.dtype[Any]) -> int:
    """Futures in a batch: as many as let what a step reads and writes stay in a core's cache.

    It depends on nothing but the program and the precision, so that a future has the same bits
    whatever it is run with.
    """
    made = sum(len(group.tasks) for group in groups(layout.step))
    kept = sum(len(group.tasks) for group in groups(layout.static)) + len(layout.parameters.nodes)
    drawn = (generator.STEPS_PER_BLOCK + 1) * len(layout.draws)
    delayed = sum(ring.length for ring in layout.program.rings)
    row = (made + kept + drawn + delayed + len(layout.program.states)) * dtype.itemsize
    lanes = FEWEST_LANES
    if any(group.is_solve for group in groups(layout.step)):
        return GAME_LANES
    while lanes < MOST_LANES and 2 * lanes * row <= CACHE_BYTES:
        lanes *= 2
    return lanes


@contextmanager
def precision(dtype: Any) -> Iterator[None]:
    """JAX with 64-bit types in this thread, if ``dtype`` is one; nothing is changed outside."""
    if np.dtype(dtype).itemsize == 8:
        with jax.enable_x64(True):
            yield
    else:
        yield


@dataclass(frozen=True)
class Recorded:
    """What the recording program found.

    Attributes:
        chosen: ``[blocks, 3, at once, B]``, the chosen names for all lanes.
        window: ``[blocks, 3, names, WINDOW_LANES]``, every name that varies over lanes.
    """

    outcomes: Array
    chosen: Array
    window: Array


class Compiled:
    """The run program, or the recording program, of a model. Compiled when it is first run.

    Attributes:
        layout: the work that it does.
        lanes: futures side by side; always as many, so that a future's bits do not depend on its
            batch.
        at_once: names whose paths the recording program returns for all lanes in one run.
        seconds: what tracing and compiling took; 0 before.
    """

    def __init__(
        self, program: Program, dtype: Any, *, record: bool = False, lanes: int | None = None
    ) -> None:
        self.layout: Layout = lay_out(program, record=record)
        self.dtype, self.record = np.dtype(dtype), record
        self.lanes = lanes_for(self.layout, self.dtype) if lanes is None else lanes
        self.at_once = max(FEWEST_RECORDED, min(MOST_RECORDED, RECORDED_LANES // self.lanes))
        self.seconds = 0.0
        graph = program.graph
        self._parameters: list[Any] = [graph[i].attribute for i in self.layout.parameters.nodes]
        self._blocks = block_count(self.layout)
        self._executable: Any = None
        self._lock = Lock()
        self._no_paths: Any = None

    @property
    def executable(self) -> Any:
        """The compiled function; compiles it if need be."""
        with self._lock:
            if self._executable is None:
                began = time.perf_counter()
                with precision(self.dtype):
                    self._executable = self._compiled()
                self.seconds = time.perf_counter() - began
            return self._executable

    def _compiled(self) -> Any:
        """Compile in the way that is fastest here; plainly, where the compiler does not know that
        way."""

        def with_(attributes: Mapping[str, str], options: dict[str, str | bool] | None) -> Any:
            run = jax.jit(build(self.layout, self.lanes, self.dtype, attributes))
            return run.lower(*self._shapes()).compile(compiler_options=options)

        if jax.default_backend() == "cpu":
            try:
                return with_(CPU_ATTRIBUTES, CPU_OPTIONS)
            except jax.errors.JaxRuntimeError:
                pass
        return with_({}, None)

    def tables(self, given: Orders) -> tuple[Array, Array]:
        """An arm's numbers and truth values, a row a step."""
        program, rows = self.layout.program, self._blocks * generator.STEPS_PER_BLOCK
        shelves = [self.layout.numbers.nodes, self.layout.truths.nodes]
        values = scalar_table(program, given, [node for nodes in shelves for node in nodes], rows)
        shape = (self._blocks, generator.STEPS_PER_BLOCK, -1)
        numbers, truths = (
            np.stack([values[node] for node in nodes], axis=-1).reshape(shape)
            if nodes
            else np.zeros((*shape[:2], 0))
            for nodes in shelves
        )
        return numbers.astype(self.dtype), -truths.astype(mask_type(self.dtype))

    def no_paths(self) -> Array:
        """Paths that nothing follows."""
        if self._no_paths is None:
            with precision(self.dtype):
                self._no_paths = jax.numpy.zeros(self._paths_shape(), dtype=self.dtype)
        return self._no_paths

    def paths(self, followed: Sequence[Array]) -> Array:
        """Paths for the slots, from arrays ``[steps + 1 or more, B]``, one a slot from the
        first."""
        blocks, slots = self._blocks, self.layout.program.slots
        rows = blocks * generator.STEPS_PER_BLOCK
        made = np.zeros((rows, slots, self.lanes), dtype=self.dtype)
        for slot, path in enumerate(followed):
            path = np.asarray(path)[:rows]
            made[: len(path), slot] = path
        return made.reshape(blocks, generator.STEPS_PER_BLOCK, slots, self.lanes)

    def run(
        self,
        parameters: Array,
        words: generator.Words,
        tables: tuple[Array, Array],
        paths: Array | None = None,
        chosen: Sequence[int] = (),
        window: int = 0,
        count: int | None = None,
    ) -> Any:
        """Run one batch, of which the first ``count`` lanes (all) are futures.

        Returns accumulators ``[outcomes, B]``, or :class:`Recorded`.
        """
        executable = self.executable
        with precision(self.dtype):
            numbers, truths = tables
            given = Inputs(
                np.ascontiguousarray(parameters.T[self._parameters], dtype=self.dtype),
                *words,
                np.arange(self.lanes) < (self.lanes if count is None else count),
                numbers,
                truths,
                self.no_paths() if paths is None else paths,
            )
            if not self.record:
                return np.asarray(executable(given))
            positions = np.zeros(self.at_once, dtype=np.int32)
            positions[: len(chosen)] = chosen
            return Recorded(*executable(given, positions, np.int32(window)))

    def _paths_shape(self) -> tuple[int, ...]:
        slots = self.layout.program.slots
        return (self._blocks, generator.STEPS_PER_BLOCK, slots, self.lanes)

    def _shapes(self) -> tuple[Any, ...]:
        layout = self.layout

        def shape(*size: int, dtype: Any = self.dtype) -> Any:
            return jax.ShapeDtypeStruct(size, dtype)  # type: ignore[no-untyped-call]

        table = (self._blocks, generator.STEPS_PER_BLOCK)
        word = shape(self.lanes, dtype=np.uint32)
        given = Inputs(
            shape(len(self._parameters), self.lanes),
            word,
            word,
            word,
            shape(self.lanes, dtype=bool),
            shape(*table, len(layout.numbers.nodes)),
            shape(*table, len(layout.truths.nodes), dtype=mask_type(self.dtype)),
            shape(*self._paths_shape()),
        )
        if not self.record:
            return (given,)
        chosen = shape(self.at_once, dtype=np.int32)
        return given, chosen, shape(dtype=np.int32)


__all__ = ["WINDOW_LANES", "Compiled", "Recorded", "precision"]
