"""The compiled run: a scan over blocks of three steps, and in each a scan over its steps.

The random words of three steps come from one evaluation of the hash, for all streams and lanes at
once, so the outer scan hashes and the inner one takes a step. Steps beyond the last are worked out
and never read off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import jax
import numpy as np
from jax import lax

from reassure.engine import random as generator
from reassure.engine.emit import Rows, emit, operand, stretches
from reassure.engine.functions_jax import spread
from reassure.engine.layout import Layout
from reassure.engine.plan import Block

Array = Any

WINDOW_LANES = 8
"""Lanes for which it returns every name."""


NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Inputs:
    """What a run takes; every field is an array (a JAX pytree, in this order).

    Attributes:
        parameters: ``[rows, B]``, in the layout's order.
        x, y, z: words of the futures, ``[B]`` unsigned.
        live: ``[B]``, which lanes are futures that are asked for: games are solved for no others.
        numbers, truths: table of what is the same for all lanes, ``[blocks, 3, columns]``.
        paths: paths to be followed, ``[blocks, 3, slots, B]``.
    """

    parameters: Array
    x: Array
    y: Array
    z: Array
    live: Array
    numbers: Array
    truths: Array
    paths: Array


jax.tree_util.register_dataclass(
    Inputs, ["parameters", "x", "y", "z", "live", "numbers", "truths", "paths"], []
)


def block_count(layout: Layout) -> int:
    """Blocks of three steps that cover steps ``0 .. steps``."""
    return -(-(layout.program.steps + 1) // generator.STEPS_PER_BLOCK)


def build(
    layout: Layout, lanes: int, dtype: Any, attributes: Mapping[str, str] = NO_ATTRIBUTES
) -> Callable[..., Any]:
    """The function of a run, to be compiled.

    With a layout that records, it takes beside :class:`Inputs` the positions of the recorded names
    that all lanes return (any number of them), and the first lane of the window of which all
    names are returned.

    Returns:
        Accumulators ``[outcomes, B]``, those of the tallies of games after those of outcomes; of a
        recording layout also ``[blocks, 3, chosen, B]`` and ``[blocks, 3, names, WINDOW_LANES]``.
    """
    program, graph = layout.program, layout.program.graph
    columns = {**layout.numbers.starts, **layout.truths.starts}
    keys = [generator.stream_key(*program.streams[i]) for i in layout.draws]
    blocks = block_count(layout)
    words = (
        [
            np.asarray(word)
            for word in generator.stream_words(
                np.asarray(keys, dtype=np.uint64)[None, :],
                np.arange(blocks, dtype=np.uint32)[:, None],
            )
        ]
        if keys
        else []
    )
    lengths = tuple(dict.fromkeys(ring.length for ring in program.rings))
    times = np.arange(3 * blocks).reshape(blocks, 3, 1)
    turns = (
        (times % np.asarray(lengths, dtype=np.int32)).astype(np.int32)
        if lengths
        else times[..., :0]
    )
    carried = _positions(layout.step, "state")
    ringed = {
        length: [p for group in _positions(layout.step, ("ring", length)) for p in group]
        for length in lengths
    }

    def run(given: Inputs, chosen: Array = None, window: Array = None) -> Any:
        tables = (given.numbers, given.truths, given.paths, turns)
        static = Rows(
            lanes, dtype, columns, tables[0][0, 0], tables[1][0, 0], attributes, given.live
        )
        leaves = {kind: _leaves(layout, kind) for kind in ("path_first", "path")}
        static.put("parameters", given.parameters, layout.parameters.nodes)
        for column, start in layout.parameters.starts.items():
            static.together[column] = ("parameters", start)
        if program.slots:
            static.put("path_first", given.paths[0, 0], leaves["path_first"])
        emit(graph, layout.static, static, "static")

        def opening(nodes: list[int]) -> Array:
            rows = [spread(operand(graph, (node,), static), 1, lanes) for node in nodes]
            return lax.concatenate([lax.convert_element_type(row, dtype) for row in rows], 0)

        states = tuple(
            opening([program.states[i].initial for i in positions]) for positions in carried
        )
        rings = tuple(
            lax.broadcast_in_dim(
                opening([program.rings[i].initial for i in ringed[length]]),
                (len(ringed[length]), length, lanes),
                (0, 2),
            )
            for length in lengths
        )
        emit(graph, layout.extra_static, static, "extra_static")
        for number, column in enumerate(layout.gathered):
            if len(stretches(graph, column, static)) > 1:
                static.arrays["gathered", number] = operand(graph, column, static)
                static.together[column] = (("gathered", number), 0)

        def step(carry: Any, at: Any) -> Any:
            states, rings = carry
            uniforms, numbers, truths, paths, turn = at
            rows = Rows(lanes, dtype, columns, numbers, truths, attributes, given.live)
            rows.arrays, rows.places = dict(static.arrays), dict(static.places)
            rows.together = static.together
            if keys:
                rows.put("draws", uniforms, [graph.leaf("draw", i) for i in layout.draws])
            if program.slots:
                rows.put("paths", paths, leaves["path"])
            for i, (positions, array) in enumerate(zip(carried, states, strict=True)):
                rows.put(("state", i), array, [graph.leaf("state", p) for p in positions])
            for i, (length, ring) in enumerate(zip(lengths, rings, strict=True)):
                read = lax.dynamic_index_in_dim(ring, turn[i], 1, keepdims=False)
                rows.put(("ring", i), read, [graph.leaf("ring", p) for p in ringed[length]])
            made = emit(graph, layout.step, rows, "step")
            moved = tuple(rows.arrays[key] for key, _ in made.get("state", []))
            turned = []
            for i, (length, ring) in enumerate(zip(lengths, rings, strict=True)):
                written = [rows.arrays[key] for key, _ in made[("ring", length)]]
                joined = written[0] if len(written) == 1 else lax.concatenate(written, 0)
                turned.append(
                    lax.dynamic_update_slice_in_dim(
                        ring, lax.reshape(joined, (joined.shape[0], 1, lanes)), turn[i], 1
                    )
                )
            recorded = None
            if chosen is not None:
                emit(graph, layout.extra, rows, "extra")
                nodes = [program.names[name] for name in layout.recorded]
                each = [spread(operand(graph, (node,), rows), 1, lanes) for node in nodes]
                table = lax.concatenate(each or [lax.full((1, lanes), 0, dtype)], 0)
                recorded = (
                    table[chosen],
                    lax.dynamic_slice_in_dim(table, window, WINDOW_LANES, 1),
                )
            return (moved, tuple(turned)), recorded

        def block(carry: Any, at: Any) -> Any:
            streams, tables = at
            uniforms = None
            if keys:
                drawn = generator.uniforms((given.x, given.y, given.z), streams, dtype)
                uniforms = lax.concatenate([lax.expand_dims(u, (0,)) for u in drawn], 0)
            return lax.scan(step, carry, (uniforms, *tables))

        (states, _), recorded = lax.scan(block, (states, rings), (words, tables))
        places = {
            p: (i, row) for i, positions in enumerate(carried) for row, p in enumerate(positions)
        }
        read = [reading.state for reading in program.readings]
        read += [state for tally in program.tallies for state in (tally.solves, tally.flagged)]
        outcomes = [
            lax.slice(states[i], (row, 0), (row + 1, lanes))
            for i, row in (places[state] for state in read)
        ]
        result = lax.concatenate(outcomes, 0)
        return result if chosen is None else (result, *recorded)

    return run


def _positions(blocks: tuple[Block, ...], purpose: Any) -> list[list[int]]:
    """For each group of a purpose, in the order of :func:`emit`, the positions of its rows."""
    groups = (group for block in blocks for group in block.groups if group.purpose == purpose)
    return [[task.position for task in group.tasks] for group in groups]


def _leaves(layout: Layout, kind: str) -> list[int]:
    """The leaves of paths, in the order of their slots."""
    return [layout.program.graph.leaf(kind, slot) for slot in range(layout.program.slots)]
