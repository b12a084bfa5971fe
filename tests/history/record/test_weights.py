"""Weights of evidence: closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reassure import load_ledger
from reassure.history.record.judge import agreement, bound
from reassure.history.record.results import BOTH, LOGIC, MIXED, NEITHER, RECORD, UNSEEN, together
from reassure.history.record.weights import Weight, combined, decibels, margin, verdict_of


def test_a_likelihood_ratio_of_ten_is_ten_decibels() -> None:
    assert decibels(0.5, 0.05) == pytest.approx(10)
    assert decibels(0.2, 0.4) == pytest.approx(-decibels(0.4, 0.2))


def test_independent_pieces_add_up_and_equal_the_product_of_ratios() -> None:
    ratios = (3.0, 0.5, 7.0)
    pieces = [Weight(str(n), "", (("r", decibels(0.1 * r, 0.1)),)) for n, r in enumerate(ratios)]
    assert combined(pieces, ["r"])["r"] == pytest.approx(10 * math.log10(math.prod(ratios)))


def test_a_group_is_counted_once_with_its_mean() -> None:
    pieces = [
        Weight("a", "g", (("r", 6.0),)),
        Weight("b", "g", (("r", 2.0),)),
        Weight("c", "", (("r", 1.0),)),
    ]
    assert combined(pieces, ["r"])["r"] == pytest.approx(5)


@pytest.mark.parametrize(
    ("totals", "word"),
    [
        ({"r": 10.0, "s": 30.0}, "supported"),
        ({"r": 9.9}, "supported weakly"),
        ({"r": 4.9}, "mixed"),
        ({"r": -5.0, "s": 20.0}, "contradicted weakly"),
        ({"r": -10.0}, "contradicted"),
    ],
)
def test_the_verdict_goes_by_the_best_rival(totals: dict[str, float], word: str) -> None:
    assert verdict_of(totals) == word


def test_the_margin_is_to_the_nearest_threshold() -> None:
    assert margin(6.0) == pytest.approx(1)
    assert margin(-12.0) == pytest.approx(2)


def test_a_p_value_is_bounded_as_sellke_bayarri_and_berger_have_it() -> None:
    assert bound(0.05) == pytest.approx(10 * math.log10(1 / (-math.e * 0.05 * math.log(0.05))))
    assert bound(0.5) == 0
    assert bound(1e-9) == 10


@pytest.mark.parametrize(
    ("coding", "other", "scale"),
    [
        ((1, 2), (1, 2), 1),
        ((1, 1), (1, 2), 1 / 2),
        ((1, 3), (1, 2), 2 / 3),
        ((-1, 1), (1, 2), -1 / 2),
        ((0, 2), (0, 1), 1 / 2),
        ((0, 2), (-1, 2), 0),
    ],
)
def test_a_disturbed_coding_never_makes_a_piece_weigh_more(
    coding: tuple[int, int], other: tuple[int, int], scale: float
) -> None:
    event = load_ledger("northeast-asia").events[0]
    first, second = (replace(event, direction=d, magnitude=m) for d, m in (coding, other))
    assert agreement(first, second) == pytest.approx(scale)


def test_the_two_verdicts_in_words() -> None:
    assert together("holds", "supported weakly") == BOTH
    assert together("mostly holds", "mixed") == MIXED
    assert together("holds", "contradicted weakly") == LOGIC
    assert together("contested", "supported") == RECORD
    assert together("fails", "contradicted") == NEITHER
    assert together("holds", "not observable") == UNSEEN
