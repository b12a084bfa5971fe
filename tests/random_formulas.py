"""Random formulas for property tests."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from reassure.model.expression import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Lookup,
    Number,
    Ref,
    Unary,
)


def random_formulas(names: Sequence[str], max_leaves: int = 7) -> st.SearchStrategy[Expression]:
    """Formulas over ``names`` with every kind of node but memories."""
    numbers = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 3.0]).map(Number)
    leaves = numbers | st.sampled_from(list(names)).map(Ref)
    return st.recursive(leaves, _grown, max_leaves=max_leaves)


def _grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    compared = st.builds(Compare, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner, inner)
    truth = compared | st.builds(
        lambda op, a, b: Logic(op, (a, b)), st.sampled_from(["and", "or"]), compared, compared
    )
    return (
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/"]), inner, inner)
        | st.builds(lambda a, n: Binary("**", a, Number(n)), inner, st.sampled_from([2.0, 3.0]))
        | st.builds(lambda a: Unary("-", a), inner)
        | truth
        | truth.map(lambda a: Unary("not", a))
        | st.builds(Conditional, truth, inner, inner)
        | st.builds(
            lambda name, a: Call(name, (a,)),
            st.sampled_from(["exp", "tanh", "abs", "logistic", "positive", "floor", "sign"]),
            inner,
        )
        | st.builds(
            lambda name, a, b: Call(name, (a, b)), st.sampled_from(["min", "max"]), inner, inner
        )
        | st.builds(lambda a: Lookup(a, (0.0, 1.0, 2.0), (0.0, 2.0, 1.0)), inner)
    )
