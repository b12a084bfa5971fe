"""Units: sizes in internal units, dimensions, and texts that are none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassure.model.units import (
    ANY,
    NONE,
    TIME,
    Dimension,
    UnitError,
    conversion,
    dimension,
    unit,
)


@pytest.mark.parametrize(
    ("text", "factor", "kind"),
    [
        ("1", 1.0, ""),
        ("", 1.0, ""),
        ("year", 1.0, "year"),
        ("month", 1 / 12, "year"),
        ("quarter", 0.25, "year"),
        ("week", 7 / 365.25, "year"),
        ("day", 1 / 365.25, "year"),
        ("1/year", 1.0, "1/year"),
        ("1/month", 12.0, "1/year"),
        ("month**-1", 12.0, "1/year"),
        ("year^2", 1.0, "year**2"),
        ("percent", 0.01, ""),
        ("%", 0.01, ""),
        ("%/year", 0.01, "1/year"),
        ("billion USD / year", 1e9, "USD/year"),
        ("USD/person", 1.0, "USD/person"),
        ("people", 1.0, "person"),
        ("troop", 1.0, "person"),
        ("missiles / year", 1.0, "missile/year"),
        ("km", 1000.0, "meter"),
        ("radian", 1.0, ""),
        ("USD/year/person", 1.0, "USD/person/year"),
    ],
)
def test_units_in_internal_units(text: str, factor: float, kind: str) -> None:
    read = unit(text)
    assert read.factor == pytest.approx(factor, rel=1e-15)
    assert read.dimension == kind
    assert read.text == (text or "1")
    assert dimension(read) == dimension(read.dimension or "1")


def test_a_month_is_a_twelfth_of_a_year_exactly() -> None:
    assert unit("month").factor == 1 / 12
    assert conversion("year", "month") == 12.0
    assert conversion("quarter", "month") == 3.0


def test_own_units_do_not_mix() -> None:
    kinds = [
        dimension(name)
        for name in ("USD", "JPY", "KRW", "CNY", "EUR", "person", "missile", "warhead")
    ]
    assert len(set(kinds)) == len(kinds)
    assert not any(kind.agrees(NONE) for kind in kinds)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yaer", "E501"),
        ("degC", "E504"),
        ("degF/year", "E504"),
        ("dB", "E504"),
        ("year+month", "E506"),
        ("3 year", "E506"),
        ("year*", "E506"),
        ("/year", "E506"),
        ("year**99", "E506"),
        ("year**0.5", "E506"),
        ("year**year", "E506"),
        ("__import__('os')", "E506"),
        ("(year)", "E506"),
        ("_year", "E506"),
        ("x" * 101, "E506"),
        ("yottameter**12 * yottameter**12", "E506"),
        ("9**9**9**9", "E506"),
        ("jähr", "E506"),
        ("year\x00", "E506"),
    ],
)
def test_what_is_no_unit(text: str, code: str) -> None:
    with pytest.raises(UnitError) as raised:
        unit(text)
    assert raised.value.code == code


def test_the_nearest_unit_is_suggested() -> None:
    with pytest.raises(UnitError) as raised:
        unit("yaer")
    assert raised.value.remedy == "did you mean 'year'?"


def test_conversion_between_different_things_shows_both() -> None:
    with pytest.raises(UnitError) as raised:
        conversion("month", "USD/person")
    assert raised.value.code == "E502"
    assert "year" in raised.value.message
    assert "USD/person" in raised.value.message


def test_dimensions_multiply_and_print() -> None:
    money, heads = dimension("USD"), dimension("person")
    assert str(money / heads / TIME) == "USD/person/year"
    assert str(NONE) == "1"
    assert str(NONE / TIME) == "1/year"
    assert str(TIME ** Fraction(1, 2)) == "year**(1/2)"
    assert money / money == NONE
    assert hash(money * heads) == hash(heads * money)
    assert money * ANY == ANY
    assert ANY.agrees(money)
    assert money.agrees(ANY)
    assert not money.agrees(heads)


_KNOWN = st.sampled_from(["year", "USD", "person", "missile", "meter", "kilogram"])
_DIMENSIONS = st.dictionaries(_KNOWN, st.integers(-4, 4).filter(bool)).map(
    lambda powers: Dimension(
        tuple(sorted((name, Fraction(power)) for name, power in powers.items()))
    )
)


@given(_DIMENSIONS)
def test_a_dimension_reads_back_from_its_text(kind: Dimension) -> None:
    assert dimension(str(kind)) == kind


@given(_DIMENSIONS, _DIMENSIONS)
def test_division_undoes_multiplication(a: Dimension, b: Dimension) -> None:
    assert a * b / b == a


@given(st.text(max_size=40) | st.text("yearUSD/*^ 123().-_%", max_size=40))
def test_any_text_is_a_unit_or_a_unit_error(text: str) -> None:
    try:
        read = unit(text)
    except UnitError:
        return
    assert 0 < read.factor < float("inf")
