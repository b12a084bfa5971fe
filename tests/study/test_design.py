"""Designs: evenly spread, independent columns, and numbers that nothing else can move."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from reassure.model.checked import About, Arm, Correlation, Model, Parameter, Time, Unit
from reassure.model.mistakes import UsageError
from reassure.model.priors import resolve
from reassure.study.design import Design
from reassure.study.sequence import column

YEAR = Unit("year", 1.0, "[time]")
MONTH = Unit("month", 1 / 12, "[time]")


def model(*parameters: Parameter, correlations: tuple[Correlation, ...] = ()) -> Model:
    """A model that has parameters and nothing else."""
    given = {"name", "title", "language", "time", "parameters", "correlations"}
    empty = {f.name: () for f in fields(Model) if f.name not in given and f.default is MISSING}
    return Model(
        name="m",
        title="",
        language=1,
        time=Time("2007-02-01", "month", 1 / 12, 12),
        parameters=parameters,
        correlations=correlations,
        **empty,
    )


def parameter(name: str, prior: object = None, unit: Unit = YEAR, alias: str = "") -> Parameter:
    written = {"uniform": [0, 1]} if prior is None else prior
    return Parameter(name, resolve(written), unit, About(alias=alias))


def table(kind: str, count: int, columns: int = 60, seed: int = 0) -> np.ndarray:
    return np.stack([column(kind, f"p{i}", seed, 0, count) for i in range(columns)], axis=1)


# -- evenness of one column -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 32, 64, 256, 1024, 4096])
def test_every_power_of_two_of_a_sobol_column_has_one_draw_in_each_cell(count: int) -> None:
    cells = np.floor(table("sobol", count, 20) * count).astype(int)
    assert np.array_equal(np.sort(cells, axis=0), np.arange(count)[:, None].repeat(20, axis=1))


@pytest.mark.parametrize("eighths", range(9, 16))
def test_eighths_between_powers_of_two_are_even_too(eighths: int) -> None:
    """The first 9/8, 10/8, ... of 256 draws: each further eighth has one draw in each of 32
    cells."""
    more = table("sobol", 32 * eighths, 20)[32 * (eighths - 1) :]
    cells = np.sort(np.floor(more * 32).astype(int), axis=0)
    assert np.array_equal(cells, np.arange(32)[:, None].repeat(20, axis=1))


def test_a_sobol_column_has_the_cells_of_the_one_dimensional_sobol_sequence() -> None:
    """Both are (0, 1)-sequences in base 2; SciPy's, unscrambled, is one more witness."""
    ours = np.sort(np.floor(column("sobol", "a", 0, 0, 128) * 128))
    theirs = np.sort(np.floor(qmc.Sobol(1, scramble=False).random(128)[:, 0] * 128))
    assert np.array_equal(ours, theirs)


def test_a_latin_column_has_one_draw_in_each_cell() -> None:
    cells = np.floor(table("latin", 100) * 100).astype(int)
    assert np.array_equal(np.sort(cells, axis=0), np.arange(100)[:, None].repeat(60, axis=1))


@pytest.mark.parametrize("kind", ["sobol", "random"])
def test_over_many_names_each_draw_is_uniform(kind: str) -> None:
    """Randomised: whichever index is looked at, its values over names are uniform."""
    for index in (0, 1, 5, 31, 100, 2**31):
        drawn = [column(kind, f"name {i}", 7, index, 1)[0] for i in range(1500)]
        assert stats.kstest(drawn, "uniform").pvalue > 1e-4


# -- independence of columns ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sobol", "random", "latin"])
@pytest.mark.parametrize("count", [64, 256, 1024])
def test_columns_are_uncorrelated_as_independent_ones_would_be(kind: str, count: int) -> None:
    drawn = table(kind, count, 120)
    r = np.corrcoef(drawn.T)[np.triu_indices(120, 1)] * math.sqrt(count - 1)
    assert abs(r.mean()) < 0.05
    assert 0.9 < r.std() < 1.2
    assert np.abs(r).max() < 5  # of 7140 pairs


@pytest.mark.parametrize("kind", ["sobol", "random"])
def test_pairs_of_columns_fill_the_square(kind: str) -> None:
    """Counts in quadrants and in 8 x 8 cells vary no more than those of independent draws."""
    count = 1024
    drawn = table(kind, count, 40)
    for bins, tolerance in ((2, 1.1), (8, 1.1)):
        squares = []
        for a, b in combinations(range(40), 2):
            seen, _, _ = np.histogram2d(drawn[:, a], drawn[:, b], bins=bins, range=[[0, 1], [0, 1]])
            expected = count / bins**2
            squares.append(float(((seen - expected) ** 2 / expected).sum()))
        freedom = bins**2 - 1
        assert np.mean(squares) < tolerance * freedom
        assert np.max(squares) < stats.chi2.isf(1e-7, freedom)


def test_the_same_holds_from_one_seed_to_another() -> None:
    drawn = np.stack([column("sobol", "p", seed, 0, 512) for seed in range(80)], axis=1)
    r = np.corrcoef(drawn.T)[np.triu_indices(80, 1)] * math.sqrt(511)
    assert 0.9 < r.std() < 1.15
    assert np.abs(r).max() < 5


def _error(kind: str, count: int, integrand: str) -> float:
    """Root mean square error of the mean over 40 seeds, in standard errors of plain Monte Carlo."""
    errors, spread = [], []
    for seed in range(40):
        x = table(kind, count, 10, seed)
        if integrand == "additive":
            y, truth = np.exp(x).sum(axis=1), 10 * (math.e - 1)
        elif integrand == "smooth":
            y, truth = np.exp(0.3 * (x - 0.5).sum(axis=1)), (math.sinh(0.15) / 0.15) ** 10
        else:
            y, truth = 12 * (x[:, 0] - 0.5) * (x[:, 1] - 0.5), 0.0
        errors.append((y.mean() - truth) ** 2)
        spread.append(y.var())
    return math.sqrt(np.mean(errors) / (np.mean(spread) / count))


def test_what_the_design_gains_over_plain_monte_carlo() -> None:
    """A sum of single effects is all but exact, a smooth mixture gains much, a pure interaction of
    two parameters gains nothing and costs little."""
    for count in (256, 200):
        assert 0.7 < _error("random", count, "smooth") < 1.4
        assert _error("sobol", count, "smooth") < 0.45
        assert _error("sobol", count, "interaction") < 1.35
    assert _error("sobol", 256, "additive") < 0.01
    assert _error("sobol", 288, "additive") < 0.05
    assert _error("sobol", 200, "additive") < 0.3
    assert _error("latin", 256, "additive") < 0.1


# -- what moves a number, and what does not -------------------------------------------------------


@pytest.mark.parametrize("kind", ["sobol", "random"])
def test_any_rows_can_be_asked_for(kind: str) -> None:
    whole = column(kind, "a", 3, 0, 5000)
    for first, count in ((0, 1), (1, 1), (31, 3), (37, 2000), (4095, 2), (4999, 1), (17, 0)):
        assert np.array_equal(column(kind, "a", 3, first, count), whole[first : first + count])
    assert len(np.unique(whole)) == 5000
    assert 0 < column(kind, "a", 3, 2**32 - 2, 2).min() < 1


PRIORS = [
    {"beta": {"p05": 0.2, "p95": 0.6}},
    {"lognormal": {"median": 3, "p95": 8}},
    {"normal": {"mean": 0, "sd": 1}, "truncate": [0, 2]},
    {"mixture": [{"weight": 1, "prior": {"uniform": [0, 1]}}, {"weight": 1, "prior": 2}]},
    {"discrete": {"values": [0, 1, 5]}},
    4,
]


@pytest.mark.parametrize("kind", ["sobol", "random"])
def test_half_the_scenarios_are_the_first_half(kind: str) -> None:
    made = model(*[parameter(f"p{i}", prior) for i, prior in enumerate(PRIORS)])
    design = Design(made, kind, 11)
    assert design.extensible
    whole = design.parameters(0, 128)
    assert np.array_equal(design.parameters(0, 64), whole[:64])
    assert np.array_equal(design.parameters(77, 1), whole[77:78])
    assert whole.shape == (128, len(PRIORS))
    assert set(whole[:, 5]) == {4.0}


@pytest.mark.parametrize("kind", ["sobol", "random", "latin"])
def test_other_parameters_move_nothing_and_an_alias_survives_a_renaming(kind: str) -> None:
    before = Design(model(parameter("a"), parameter("b")), kind, 5, 64).parameters(0, 64)
    after = Design(
        model(parameter("new"), parameter("c", alias="b"), parameter("a")), kind, 5, 64
    ).parameters(0, 64)
    assert np.array_equal(before[:, 0], after[:, 2])
    assert np.array_equal(before[:, 1], after[:, 1])
    other = Design(model(parameter("a"), parameter("b")), kind, 6, 64).parameters(0, 64)
    assert not np.array_equal(before, other)


def test_a_latin_hypercube_is_not_extensible_and_says_so() -> None:
    made = model(parameter("a"))
    with pytest.raises(UsageError, match="none is given"):
        Design(made, "latin")
    design = Design(made, "latin", scenarios=10)
    assert not design.extensible
    assert np.array_equal(design.parameters(3, 2), design.parameters(0, 10)[3:5])
    with pytest.raises(UsageError, match="10 scenarios and cannot be extended"):
        design.parameters(0, 11)


def test_values_are_in_internal_units() -> None:
    made = model(parameter("m", {"uniform": [6, 18]}, MONTH), parameter("y", {"uniform": [6, 18]}))
    design = Design(made)
    u = design.uniforms(0, 50)
    drawn = design.parameters(0, 50)
    assert drawn[:, 0] == pytest.approx((6 + 12 * u[:, 0]) / 12, rel=1e-15)
    assert drawn[:, 1] == pytest.approx(6 + 12 * u[:, 1], rel=1e-15)


def test_held_parameters() -> None:
    made = model(
        parameter("a", {"uniform": [0, 24]}, MONTH),
        parameter("b"),
        parameter("c"),
        correlations=(Correlation("a", "b", 0.9),),
    )
    plain = Design(made).parameters(0, 32)
    held = Design(made, fixed=(("b", 0.25),)).held(quantiles=[("a", 0.5)])
    got = held.parameters(0, 32)
    assert set(got[:, 0]) == {1.0}  # the median of 0 to 24 months is a year
    assert set(got[:, 1]) == {0.25}
    assert np.array_equal(got[:, 2], plain[:, 2])
    again = held.for_arm(Arm(parameters=(("a", 3.0),), quantiles=(("b", 0.75),)))
    assert again.parameters(0, 2)[:, :2].tolist() == [[3.0, 0.75], [3.0, 0.75]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "sobel"}, "did you mean 'sobol'"),
        ({"fixed": (("memry", 1.0),)}, "did you mean 'memory'"),
        ({"quantiles": (("memory", 1.5),)}, "no probability"),
    ],
)
def test_what_a_design_refuses(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Design(model(parameter("memory")), **arguments)


def test_there_are_scenarios_from_0_to_four_billion() -> None:
    design = Design(model(parameter("a")))
    for first, count in ((-1, 2), (2**32 - 1, 2)):
        with pytest.raises(UsageError, match="there is no scenario"):
            design.parameters(first, count)


# -- correlations ---------------------------------------------------------------------------------


def test_correlations_bind_normal_scores_and_leave_the_priors_and_the_rest() -> None:
    parameters = [
        parameter("a", {"lognormal": {"median": 3, "p95": 8}}),
        parameter("b", {"beta": {"alpha": 2, "beta": 5}}),
        parameter("c"),
        parameter("d", {"normal": {"mean": 0, "sd": 1}}),
    ]
    bound = model(
        *parameters, correlations=(Correlation("a", "b", 0.7), Correlation("b", "d", -0.5))
    )
    free = Design(model(*parameters)).uniforms(0, 16384)
    u = Design(bound).uniforms(0, 16384)
    assert np.array_equal(u[:, 2], free[:, 2])  # not correlated
    assert np.array_equal(u[:, 0], free[:, 0])  # the first of its group
    r = np.corrcoef(stats.norm.ppf(u).T)
    assert r[0, 1] == pytest.approx(0.7, abs=0.01)
    assert r[1, 3] == pytest.approx(-0.5, abs=0.01)
    assert r[0, 3] == pytest.approx(0, abs=0.03)
    assert stats.spearmanr(u[:, 0], u[:, 1]).statistic == pytest.approx(
        6 / math.pi * math.asin(0.35), abs=0.01
    )
    for j in range(4):
        assert stats.kstest(u[:, j], "uniform").statistic < 0.02
    one = Design(bound).parameters(777, 1)
    assert np.array_equal(one[0], Design(bound).parameters(0, 1024)[777])
