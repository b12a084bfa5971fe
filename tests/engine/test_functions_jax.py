"""Every function and operator of the language, in JAX as in NumPy."""

from __future__ import annotations

import inspect
import itertools
from typing import Any

import jax
import numpy as np
import pytest
from scipy import special

from reassure.engine import functions_jax
from reassure.engine.compiled import precision
from reassure.engine.dag import ARITHMETIC, COMPARE, Graph
from reassure.engine.formula_nodes import lower_call, lower_lookup
from reassure.model.functions import BINARY, COMPARISONS, FUNCTIONS

GRID = np.array([-7.5, -2.0, -1.0, -0.75, -0.3, 0.0, 0.2, 0.5, 0.9, 1.0, 1.5, 3.0, 4.0, 30.0])


def worked_out(graph: Graph, root: int, columns: list[np.ndarray[Any, Any]]) -> Any:
    """A node's value, from arrays for the parameters that it reads."""
    values: dict[int, Any] = {}
    with precision("float64"):
        for index, node in enumerate(graph.nodes[: root + 1]):
            if node.op == "parameter":
                position: Any = node.attribute
                values[index] = jax.numpy.asarray(columns[position])[None, :]
            elif node.op == "const":
                values[index] = np.full((1, 1), node.attribute)
            else:
                given = [values[item] for item in node.arguments]
                values[index] = functions_jax.apply(node.op, given, np.dtype("float64"))
        value = values[root]
        return np.broadcast_to(np.asarray(value), (1, len(columns[0])))[0]


def check(graph: Graph, root: int, columns: list[Any], expected: Any) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            worked_out(graph, root, columns), expected, rtol=1e-12, atol=1e-14, equal_nan=True
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_the_same_in_jax(name: str) -> None:
    function = FUNCTIONS[name]
    count = 3 if function.variadic else len(function.arguments)
    columns = [
        np.array(column) for column in zip(*itertools.product(GRID, repeat=count), strict=True)
    ]
    graph = Graph()
    root = lower_call(graph, name, [graph.leaf("parameter", i) for i in range(count)])
    with np.errstate(all="ignore"):
        check(graph, root, columns, function.numpy(*columns))


@pytest.mark.parametrize("sign", [*BINARY, *COMPARISONS])
def test_an_operator_is_the_same_in_jax(sign: str) -> None:
    left, right = (
        np.array(column) for column in zip(*itertools.product(GRID, repeat=2), strict=True)
    )
    graph = Graph()
    op = (ARITHMETIC | COMPARE)[sign]
    root = graph.add(op, graph.leaf("parameter", 0), graph.leaf("parameter", 1))
    with np.errstate(all="ignore"):
        check(graph, root, [left, right], (BINARY | COMPARISONS)[sign](left, right))


@pytest.mark.parametrize("exponent", [-2.0, -1.0, -0.5, 0.0, 0.5, 0.7, 1.0, 2.0, 3.0, 4.0, 5.0])
def test_a_fixed_power_is_the_power(exponent: float) -> None:
    graph = Graph()
    root = graph.add("pow", graph.leaf("parameter", 0), graph.number(exponent))
    with np.errstate(all="ignore"):
        check(graph, root, [GRID], np.power(GRID, exponent))


def test_the_inverse_normal_reaches_both_tails() -> None:
    u = np.array([2.0**-24, 1e-4, 0.3, 0.5, 0.9, 1 - 2.0**-24])
    graph = Graph()
    check(graph, graph.add("normal", graph.leaf("parameter")), [u], special.ndtri(u))


def test_the_inverse_normal_is_good_to_single_precision() -> None:
    u = (2 * np.arange(0, 2**23, 37, dtype=np.int64) + 1) / 2.0**24
    got = np.asarray(functions_jax.normal(jax.numpy.asarray(u, "float32")))
    assert got == pytest.approx(special.ndtri(u), rel=2e-6, abs=4e-7)
    assert np.array_equal(got, -functions_jax.normal(jax.numpy.asarray(1 - u, "float32")))


def test_a_table_is_linear_between_its_points_and_flat_beyond() -> None:
    xs, ys = (-1.0, 0.2, 0.5, 4.0), (2.0, -1.0, -1.0, 3.0)
    graph = Graph()
    root = lower_lookup(graph, graph.leaf("parameter"), xs, ys)
    check(graph, root, [GRID], np.interp(GRID, xs, ys))


def test_a_mask_chooses_as_a_truth_value_does() -> None:
    a, b = np.array([[1.0, -2.0]], "f"), np.array([[np.inf, np.nan]], "f")
    for bits, expected in ((-1, a), (0, b)):
        mask = functions_jax.Mask(np.array([[bits]], "i4"))
        got = functions_jax.apply("select", [mask, a, b], np.dtype("f"))
        assert np.array_equal(got, expected, equal_nan=True)
        assert bool(mask.truth[0, 0]) == bool(bits)


def test_only_primitives_are_used() -> None:
    """A helper of jax.numpy is compiled apart from the block that it is in."""
    assert "jnp" not in inspect.getsource(functions_jax)
