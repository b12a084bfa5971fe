"""Priors: what is written becomes the distribution that was meant, or is refused with a reason."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from reassure.model.checked import Correlation, Parameter, Unit
from reassure.model.correlation import check_correlations, groups, matrix
from reassure.model.families import FAMILIES
from reassure.model.priors import (
    OTHERS,
    PriorError,
    cumulative,
    density,
    describe,
    mean,
    quantile,
    resolve,
    support,
    table,
)
from reassure.model.tabled import _table

U = (np.arange(2000) + 0.5) / 2000

# As written, and the same distribution by SciPy.
EQUALS = [
    ({"uniform": [2, 5]}, stats.uniform(2, 3)),
    ({"uniform": {"low": -1, "high": 1}}, stats.uniform(-1, 2)),
    ({"uniform": {"p10": 1, "p90": 9}}, stats.uniform(0, 10)),
    ({"normal": {"mean": 1, "sd": 2}}, stats.norm(1, 2)),
    ({"lognormal": {"median": 3, "sigma": 0.5}}, stats.lognorm(0.5, scale=3)),
    ({"beta": {"alpha": 2.5, "beta": 4}}, stats.beta(2.5, 4)),
    ({"beta": {"alpha": 0.05, "beta": 0.04}}, stats.beta(0.05, 0.04)),
    ({"beta": {"alpha": 0.4, "beta": 30}}, stats.beta(0.4, 30)),
    ({"beta": {"mean": 0.25, "concentration": 8}}, stats.beta(2, 6)),
    ({"triangular": {"low": 0, "mode": 1, "high": 4}}, stats.triang(0.25, 0, 4)),
    ({"triangular": {"low": 0, "mode": 0, "high": 4}}, stats.triang(0, 0, 4)),
    ({"triangular": {"low": 0, "mode": 4, "high": 4}}, stats.triang(1, 0, 4)),
    ({"pert": {"low": 1, "mode": 3, "high": 10}}, stats.beta(1 + 8 / 9, 1 + 28 / 9, 1, 9)),
    ({"pert": {"low": 0, "mode": 5, "high": 10, "weight": 2}}, stats.beta(2, 2, 0, 10)),
    ({"gamma": {"shape": 2, "scale": 3}}, stats.gamma(2, scale=3)),
    ({"gamma": {"shape": 0.3, "scale": 1}}, stats.gamma(0.3)),
    ({"gamma": {"mean": 6, "sd": 2}}, stats.gamma(9, scale=2 / 3)),
    ({"half_normal": {"scale": 2}}, stats.halfnorm(scale=2)),
]


@pytest.mark.parametrize(("written", "same"), EQUALS, ids=lambda v: str(v)[:60])
def test_a_prior_is_the_distribution_it_names(written: object, same: object) -> None:
    prior = resolve(written)
    scale = same.ppf(0.999) - same.ppf(0.001)
    x = quantile(prior, U)
    # SciPy's own inverses are off by some 1e-9 for small probabilities.
    assert np.abs(x - same.ppf(U)).max() < 2e-9 * scale
    tight = np.abs(cumulative(prior, same.ppf(U)) - same.cdf(same.ppf(U)))
    assert tight.max() < 1e-12
    inside = x[(x > support(prior)[0]) & (x < support(prior)[1])]
    assert density(prior, inside) == pytest.approx(same.pdf(inside), rel=1e-9)
    assert mean(prior) == pytest.approx(same.mean(), rel=1e-12)


TWO = [
    ("normal", {"p05": -1, "p95": 4}),
    ("lognormal", {"median": 3, "p95": 8}),
    ("lognormal", {"p2.5": 0.1, "p97.5": 800}),
    ("uniform", {"p20": 1, "median": 2}),
    ("beta", {"p05": 0.2, "p95": 0.6}),
    ("beta", {"p05": 0.001, "p95": 0.999}),
    ("beta", {"p05": 0.0001, "p95": 0.001}),
    ("beta", {"p40": 0.01, "p60": 0.99}),
    ("beta", {"p50": 0.9, "p5": 0.1}),
    ("gamma", {"p05": 1, "p50": 5}),
    ("gamma", {"p10": 0.001, "p90": 1000}),
    ("half_normal", {"p95": 2}),
]


@pytest.mark.parametrize(("family", "written"), TWO)
def test_quantiles_are_reproduced(family: str, written: dict[str, float]) -> None:
    prior = resolve({family: written})
    for key, value in written.items():
        level = 0.5 if key == "median" else float(key[1:]) / 100
        assert float(quantile(prior, level)) == pytest.approx(value, rel=1e-7)


@settings(max_examples=60, deadline=None)
@given(
    family=st.sampled_from(["normal", "lognormal", "gamma", "beta", "uniform"]),
    low=st.floats(0.01, 0.9),
    gap=st.floats(0.01, 0.99),
    levels=st.sampled_from([("p05", "p95"), ("p10", "median"), ("p50", "p99"), ("p25", "p75")]),
)
def test_any_two_quantiles_that_are_accepted_are_reproduced(
    family: str, low: float, gap: float, levels: tuple[str, str]
) -> None:
    high = low + gap * (0.999 - low)
    try:
        prior = resolve({family: {levels[0]: low, levels[1]: high}})
    except PriorError as refused:
        impossible = (family, refused.code)
        assert impossible in [("beta", "E603"), ("gamma", "E603")]
        return
    at = [0.5 if key == "median" else float(key[1:]) / 100 for key in levels]
    assert quantile(prior, at) == pytest.approx([low, high], rel=1e-6)


CUT = [
    {"normal": {"mean": 0, "sd": 1}, "truncate": [0, None]},
    {"normal": {"mean": 0, "sd": 1}, "truncate": [3.5, 4.5]},
    {"lognormal": {"median": 3, "p95": 8}, "truncate": [1, 10]},
    {"beta": {"p05": 0.2, "p95": 0.6}, "truncate": [0.7, 0.9]},
    {"gamma": {"mean": 2, "sd": 1}, "truncate": [None, 1]},
    {"triangular": {"low": 0, "mode": 1, "high": 4}, "truncate": [0.5, 3.9]},
    {"half_normal": {"scale": 1}, "truncate": [2, math.inf]},
    {"pert": {"low": 0, "mode": 1, "high": 4}, "truncate": [0.5, 3.5]},
]


@pytest.mark.parametrize("written", CUT, ids=str)
def test_truncation_cuts_and_rescales(written: dict[str, object]) -> None:
    prior = resolve(written)
    whole = resolve({k: v for k, v in written.items() if k != "truncate"})
    low, high = support(prior)
    x = quantile(prior, U)
    assert low <= x.min()
    assert x.max() <= high
    below, above = cumulative(whole, [low, high])
    expected = (cumulative(whole, x) - below) / (above - below)
    assert np.abs(expected - U).max() < 1e-9  # in the tail the plain difference loses digits
    assert np.abs(cumulative(prior, x) - U).max() < 1e-8
    grid = np.linspace(x[0], x[-1], 20001)
    area = np.trapezoid(density(prior, grid), grid)
    assert area == pytest.approx(U[-1] - U[0], abs=1e-5)
    assert mean(prior) == pytest.approx(float(x.mean()), abs=2e-3 * (x[-1] - x[0]))
    assert density(prior, [low - 1, min(high, 1e9) + 1]).tolist() == [0, 0]


def test_a_truncated_mean_is_exact() -> None:
    prior = resolve({"normal": {"mean": 0, "sd": 1}, "truncate": [0, None]})
    assert mean(prior) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-8)
    far = resolve({"normal": {"mean": 0, "sd": 1}, "truncate": [4, None]})
    assert mean(far) == pytest.approx(stats.norm.pdf(4) / stats.norm.sf(4), rel=1e-8)


def test_a_discrete_prior_draws_its_values_by_weight() -> None:
    prior = resolve({"discrete": {"values": [2, 0, 1], "weights": [2, 5, 3]}})
    drawn = quantile(prior, (np.arange(1000) + 0.5) / 1000)
    assert [int((drawn == v).sum()) for v in (0, 1, 2)] == [500, 300, 200]
    assert mean(prior) == pytest.approx(0.7)
    assert density(prior, [0, 1, 2, 3]) == pytest.approx([0.5, 0.3, 0.2, 0])
    assert cumulative(prior, [-1, 0, 1.5, 2]) == pytest.approx([0, 0.5, 0.8, 1])
    cut = resolve({"discrete": {"values": [0, 1, 2]}, "truncate": [1, 9]})
    assert cut.values == (1, 2)
    assert cut.weights == (0.5, 0.5)


MIXED = {
    "mixture": [
        {"weight": 3, "prior": {"uniform": [0, 1]}},
        {"weight": 1, "prior": 2},
        {"weight": 2, "prior": {"normal": {"mean": 0, "sd": 0.3}}},
        {"weight": 1, "prior": {"discrete": {"values": [0.5, 3]}}},
        {"weight": 1, "prior": {"triangular": {"low": 4, "mode": 5, "high": 6}}},
    ]
}


@pytest.mark.parametrize("cut", [None, [-0.2, 5.5], [2, 9], [0.6, None]])
def test_a_mixture_quantile_inverts_its_distribution(cut: object) -> None:
    prior = resolve(MIXED if cut is None else {**MIXED, "truncate": cut})
    u = (np.arange(20000) + 0.5) / 20000
    x = quantile(prior, u)
    assert np.all(np.diff(x) >= 0)
    # At or below x lies at least u, and less than u just below it.
    assert np.all(cumulative(prior, x) >= u - 1e-10)
    assert np.all(cumulative(prior, x - 1e-9) <= u + 1e-10)
    assert mean(prior) == pytest.approx(float(x.mean()), abs=2e-4)


def test_a_mixture_with_a_gap_and_one_component() -> None:
    gap = resolve(
        {
            "mixture": [
                {"weight": 1, "prior": {"uniform": [0, 1]}},
                {"weight": 1, "prior": {"uniform": [5, 6]}},
            ]
        }
    )
    assert quantile(gap, [0, 0.25, 0.75, 1]) == pytest.approx([0, 0.5, 5.5, 6], abs=1e-9)
    alone = resolve({"mixture": [{"weight": 9, "prior": {"beta": {"alpha": 2, "beta": 5}}}]})
    assert quantile(alone, U) == pytest.approx(special.betaincinv(2, 5, U), abs=1e-9)


@pytest.mark.parametrize(
    "written",
    [w for w, _ in EQUALS] + CUT + [MIXED, {"discrete": {"values": [1, 2, 4]}}],
    ids=lambda w: str(w)[:60],
)
def test_a_draw_alone_equals_the_draw_in_a_crowd(written: object) -> None:
    prior = resolve(written)
    u = np.random.default_rng(3).random(1003)
    crowd = quantile(prior, u)
    assert crowd[1002] == quantile(prior, u[1002:])[0] == float(quantile(prior, u[1002]))
    assert np.array_equal(crowd[7:200], quantile(prior, u[7:200]))
    assert np.array_equal(quantile(prior, u[:1000].reshape(10, 100)).ravel(), crowd[:1000])


@pytest.mark.parametrize("family", ["beta", "gamma"])
def test_tables_keep_their_tolerance(family: str) -> None:
    rng = np.random.default_rng(5)
    used = 0
    for _ in range(40):
        a, b = np.exp(rng.uniform(math.log(0.02), math.log(5000), 2)).tolist()
        p = (a, b) if family == "beta" else (a, 1.0)
        made = _table(FAMILIES[family], p)
        used += made.usable
        z = rng.uniform(-6.4, 6.4, 2000)
        x, exact = (FAMILIES[family]._at(z, p), FAMILIES[family]._exact(z, p))
        scale = 1.0 if family == "beta" else special.gammaincinv(a, 0.999)
        assert np.abs(x - exact).max() < 1e-9 * scale
    assert used > 30


def test_a_large_design_is_drawn_in_seconds() -> None:
    """Fifteen million draws of beta priors, the slowest family, would take a minute one by one."""
    prior = resolve({"beta": {"p05": 0.2, "p95": 0.6}})
    u = np.random.default_rng(1).random(100_000)
    quantile(prior, u[:10])
    best, exact = math.inf, math.inf
    for _ in range(3):
        start = time.perf_counter()
        quantile(prior, u)
        best = min(best, time.perf_counter() - start)
        start = time.perf_counter()
        special.betaincinv(5.9, 9.2, u)
        exact = min(exact, time.perf_counter() - start)
    assert best < exact / 3


REFUSED = [
    (True, "E203", ()),
    (None, "E203", ()),
    ("beta", "E203", ()),
    ([0, 1], "E203", ()),
    ({}, "E210", ()),
    ({"truncate": [0, 1]}, "E210", ()),
    ({"normal": {"mean": 0, "sd": 1}, "beta": {"alpha": 1, "beta": 1}}, "E210", ()),
    ({"lognorml": {"median": 3, "sigma": 1}}, "E601", ("lognorml",)),
    ({"uniform": [1, 0]}, "E602", ("uniform",)),
    ({"uniform": [1]}, "E203", ("uniform",)),
    ({"uniform": ["a", 1]}, "E203", ("uniform", "low")),
    ({"normal": 3}, "E203", ("normal",)),
    ({"normal": {}}, "E202", ("normal",)),
    ({"normal": {"mean": 0}}, "E202", ("normal",)),
    ({"normal": {"mean": 0, "sd": 0}}, "E602", ("normal",)),
    ({"normal": {"mean": 0, "p95": 3}}, "E210", ("normal",)),
    ({"normal": {"meen": 0, "sd": 1}}, "E201", ("normal", "meen")),
    ({"normal": {"mean": "0", "sd": 1}}, "E203", ("normal", "mean")),
    ({"normal": {"mean": math.nan, "sd": 1}}, "E204", ("normal", "mean")),
    ({"normal": {"mean": 10**400, "sd": 1}}, "E204", ("normal", "mean")),
    ({"normal": {"p05": 1, "p50": 2, "p95": 3}}, "E210", ("normal",)),
    ({"normal": {"p0": 1, "p95": 3}}, "E201", ("normal", "p0")),
    ({"normal": {"p05": 1, "p100": 3}}, "E201", ("normal", "p100")),
    ({"normal": {"p05": 3, "p95": 1}}, "E603", ("normal", "p95")),
    ({"lognormal": {"median": -3, "sigma": 1}}, "E602", ("lognormal",)),
    ({"lognormal": {"median": -3, "p95": 1}}, "E603", ("lognormal",)),
    ({"lognormal": {"median": 3, "p50": 4}}, "E210", ("lognormal", "p50")),
    ({"beta": {"p05": 0.2, "p95": 1.2}}, "E603", ("beta",)),
    ({"beta": {"p05": 0.5, "p95": 0.5000001}}, "E603", ("beta",)),
    ({"beta": {"p5": 0.5, "p05": 0.6}}, "E210", ("beta", "p05")),
    ({"beta": {"mean": 1.5, "concentration": 3}}, "E602", ("beta",)),
    ({"beta": {"alpha": 0, "beta": 3}}, "E602", ("beta",)),
    ({"gamma": {"mean": -1, "sd": 3}}, "E602", ("gamma",)),
    ({"gamma": {"mean": 1e90, "sd": 1e-90}}, "E602", ("gamma",)),
    ({"gamma": {"p05": 0, "p95": 3}}, "E603", ("gamma",)),
    ({"triangular": {"low": 0, "mode": 5, "high": 4}}, "E602", ("triangular",)),
    ({"triangular": {"p05": 0, "p95": 4}}, "E210", ("triangular",)),
    ({"pert": {"low": 0, "high": 4}}, "E210", ("pert",)),
    ({"pert": {"low": 0, "mode": 1, "high": 4, "weight": -1}}, "E602", ("pert",)),
    ({"half_normal": {"p05": 1, "p95": 4}}, "E210", ("half_normal",)),
    ({"half_normal": {"p95": -4}}, "E603", ("half_normal",)),
    ({"fixed": "3"}, "E203", ("fixed",)),
    ({"fixed": 1, "truncate": [2, 3]}, "E604", ("truncate",)),
    ({"normal": {"mean": 0, "sd": 1}, "truncate": [8, 9]}, "E604", ("truncate",)),
    ({"normal": {"mean": 0, "sd": 1}, "truncate": [2, 1]}, "E604", ("truncate",)),
    ({"normal": {"mean": 0, "sd": 1}, "truncate": 1}, "E203", ("truncate",)),
    ({"normal": {"mean": 0, "sd": 1}, "truncate": ["a", 1]}, "E203", ("truncate", 0)),
    ({"discrete": {"weights": [1]}}, "E202", ("discrete",)),
    ({"discrete": {"values": []}}, "E203", ("discrete", "values")),
    ({"discrete": {"values": [1, 1]}}, "E602", ("discrete", "values")),
    ({"discrete": {"values": [1, 2], "weights": [1]}}, "E602", ("discrete", "weights")),
    ({"discrete": {"values": [1, 2], "weights": [0, 0]}}, "E602", ("discrete", "weights")),
    ({"discrete": {"values": [1, 2], "weights": [-1, 2]}}, "E602", ("discrete", "weights")),
    ({"discrete": {"values": [1], "wieghts": [1]}}, "E201", ("discrete", "wieghts")),
    ({"discrete": {"values": [1, 2]}, "truncate": [3, 4]}, "E604", ("truncate",)),
    ({"mixture": []}, "E203", ("mixture",)),
    ({"mixture": [{"weight": 1}]}, "E203", ("mixture", 0)),
    ({"mixture": [{"weight": 1, "prior": MIXED}]}, "E602", ("mixture", 0)),
    (
        {"mixture": [{"weight": 1, "prior": 1}, {"weight": 1, "prior": {"uniform": [1, 0]}}]},
        "E602",
        ("mixture", 1, "prior", "uniform"),
    ),
]


@pytest.mark.parametrize(("written", "code", "field"), REFUSED, ids=lambda v: str(v)[:70])
def test_what_is_no_prior_is_refused_where_it_is_wrong(
    written: object, code: str, field: tuple[str | int, ...]
) -> None:
    with pytest.raises(PriorError) as refused:
        resolve(written)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.message
    assert refused.value.remedy


NATURAL = ["mean", "sd", "low", "high", "shape", "scale", "values", "weights", "weight", "prior"]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.sampled_from(["p05", "median", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *FAMILIES,
                    *OTHERS,
                    "truncate",
                    "p05",
                    "p95",
                    "median",
                    "mean",
                    "sd",
                    "low",
                    "high",
                    "alpha",
                    "beta",
                    "shape",
                    "scale",
                    "sigma",
                    "values",
                    "weights",
                    "weight",
                    "prior",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(written=JUNK)
def test_anything_is_a_prior_or_a_mistake(written: object) -> None:
    try:
        prior = resolve(written)
    except PriorError:
        return
    assert np.all(np.isfinite(quantile(prior, [0.01, 0.5, 0.99])))
    assert describe(prior)


@settings(max_examples=300, deadline=None)
@given(
    family=st.sampled_from(list(FAMILIES)),
    numbers=st.lists(
        st.floats(-1e101, 1e101) | st.floats(-5, 5) | st.integers(-9, 9), min_size=4, max_size=4
    ),
    cut=st.none() | st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    natural=st.booleans(),
)
def test_any_numbers_give_a_prior_or_a_mistake(
    family: str, numbers: list[float], cut: tuple[float, float] | None, natural: bool
) -> None:
    form = FAMILIES[family].forms[-1] if natural else ("p05", "p95")
    written: dict[str, object] = {family: dict(zip(form, numbers, strict=False))}
    if cut is not None:
        written["truncate"] = list(cut)
    try:
        prior = resolve(written)
    except PriorError:
        return
    x = quantile(prior, [0.001, 0.01, 0.5, 0.99])
    assert np.all(np.isfinite(x))
    assert np.all(np.diff(x) >= 0)
    low, high = support(prior)
    assert low <= x[0]
    assert x[-1] <= high


def test_words_and_table_cover_every_family() -> None:
    assert describe(resolve({"lognormal": {"median": 3, "p95": 8}})) == (
        "lognormal, median 3, 90 % between 1.12 and 8"
    )
    assert describe(resolve({"uniform": [0, 1]})) == "uniform between 0 and 1"
    assert describe(resolve(3)) == "fixed at 3"
    assert describe(resolve({"normal": {"mean": 0, "sd": 1}, "truncate": [0, None]})).endswith(
        "not below 0"
    )
    rows = table()
    for name in (*FAMILIES, *OTHERS):
        assert f"| `{name}` |" in rows


def test_what_was_written_is_kept() -> None:
    written = {"lognormal": {"median": 3, "p95": 8.5}, "truncate": [0.5, None]}
    assert resolve(written).written == "{lognormal: {median: 3, p95: 8.5}, truncate: [0.5, ~]}"
    assert resolve(3).written == "3"


# -- correlations ---------------------------------------------------------------------------------


def _parameters(*names: str) -> list[Parameter]:
    return [Parameter(name, resolve({"uniform": [0, 1]}), Unit()) for name in names]


def test_consistent_correlations_pass() -> None:
    entries = [Correlation("a", "b", 0.8), Correlation("b", "c", 0.5), Correlation("d", "e", -0.9)]
    assert check_correlations(entries, _parameters(*"abcde")) == []
    assert groups(entries) == [("a", "b", "c"), ("d", "e")]
    assert matrix(entries, ("a", "b", "c")).tolist() == [[1, 0.8, 0], [0.8, 1, 0.5], [0, 0.5, 1]]


def test_a_contradiction_names_the_parameters_in_it() -> None:
    entries = [
        Correlation("a", "x", 0.1),
        Correlation("a", "b", 0.9),
        Correlation("b", "c", 0.9),
        Correlation("a", "c", -0.9),
        Correlation("c", "y", 0.1),
    ]
    ((index, fault),) = check_correlations(entries, _parameters(*"abcxy"))
    assert (index, fault.code) == (3, "E605")
    assert "a, b, c;" in fault.message


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([Correlation("a", "a", 0.5)], "itself"),
        ([Correlation("a", "b", 1.0)], "between -1 and 1"),
        ([Correlation("a", "b", math.nan)], "between -1 and 1"),
        ([Correlation("a", "sure", 0.5)], "certain"),
        ([Correlation("a", "b", 0.5), Correlation("b", "a", 0.5)], "twice"),
    ],
)
def test_impossible_correlations(entries: list[Correlation], words: str) -> None:
    sure = Parameter("sure", resolve(1), Unit())
    faults = check_correlations(entries, [*_parameters("a", "b"), sure])
    assert [fault.code for _, fault in faults] == ["E606"]
    assert words in faults[0][1].message


def test_names_that_are_no_parameters_are_left_to_the_loader() -> None:
    assert check_correlations([Correlation("a", "nobody", 2)], _parameters("a")) == []
