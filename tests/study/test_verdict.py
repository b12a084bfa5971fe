"""Labels inside a scenario, their error rates on known truth, and verdicts over scenarios."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from reassure.study.intervals import betting_interval, share_interval, student_interval
from reassure.study.pairs import Paired, paired_interval
from reassure.study.verdict import (
    VERDICTS,
    Label,
    Shares,
    Thresholds,
    combine,
    label_contrast,
    shares,
    verdict,
)

ALPHA = 0.05
STAGES = (16, 32, 64, 128, 256)


def looks(
    differences: np.ndarray,
    *,
    bounds: tuple[float, float] | None,
    discrete: bool,
    rounding: float = 0.0,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The intervals at each stage for scenarios with the same truth."""
    found = []
    for n in STAGES:
        part = differences[:, :n]
        pairs = paired_interval(
            part,
            np.ones(part.shape, dtype=bool),
            bounds=bounds,
            discrete=discrete,
            alpha=ALPHA,
            stages=len(STAGES),
            rounding=rounding,
        )
        found.append((pairs.low, pairs.high))
    return found


def ever_missed(intervals: list[tuple[np.ndarray, np.ndarray]], truth: float) -> float:
    """Share of scenarios whose interval misses the truth at some stage."""
    missed = np.zeros(len(intervals[0][0]), dtype=bool)
    for low, high in intervals:
        missed |= (low > truth) | (high < truth)
    return float(missed.mean())


@pytest.mark.parametrize(
    ("minus", "plus"),
    [(0.0, 0.0), (0.0, 0.02), (0.02, 0.03), (0.1, 0.3), (0.25, 0.25), (0.0, 0.5), (0.4, 0.6)],
)
def test_exact_interval_covers_paired_binaries_at_every_stage(minus: float, plus: float) -> None:
    rng = np.random.default_rng(1)
    u = rng.random((2000, STAGES[-1]))
    differences = np.where(u < plus, 1.0, np.where(u > 1 - minus, -1.0, 0.0))
    found = looks(differences, bounds=(-1.0, 1.0), discrete=True)
    # Three standard errors of the measurement itself are allowed on top of alpha.
    assert ever_missed(found, plus - minus) <= ALPHA + 3 * math.sqrt(ALPHA / 2000)


def test_exact_interval_covers_interactions_of_binaries() -> None:
    rng = np.random.default_rng(2)
    u = rng.random((2000, STAGES[-1], 1))  # common luck: all four arms cut the same draw
    arms = (u < np.array([0.6, 0.4, 0.5, 0.45])).astype(float)
    differences = arms @ np.array([1.0, -1.0, -1.0, 1.0])
    found = looks(differences, bounds=(-2.0, 2.0), discrete=True)
    assert ever_missed(found, 0.15) <= ALPHA + 3 * math.sqrt(ALPHA / 2000)


@pytest.mark.parametrize(
    ("name", "truth"), [("normal", 0.3), ("exponential", 1.0), ("uniform", 0.5)]
)
def test_student_interval_covers_over_all_stages(name: str, truth: float) -> None:
    rng = np.random.default_rng(3)
    shape = (2000, STAGES[-1])
    draws = {
        "normal": lambda: rng.normal(0.3, 2.0, shape),
        "exponential": lambda: rng.exponential(1.0, shape),
        "uniform": lambda: rng.random(shape),
    }[name]()
    found = looks(draws, bounds=None, discrete=False)
    # A near-normal mean is assumed; the skewness of an exponential strains that at 16 replications.
    assert ever_missed(found, truth) <= (0.09 if name == "exponential" else 0.06)


def test_rare_jumps_are_not_taken_for_nothing() -> None:
    """Of 16 futures none may show the jump; Student's t would take that for certainty."""
    rng = np.random.default_rng(4)
    shape = (3000, STAGES[-1])
    differences = np.where(rng.random(shape) < 0.05, 1.0 + rng.random(shape), 0.0)
    found = looks(differences, bounds=(-2.0, 2.0), discrete=False)
    assert ever_missed(found, 0.05 * 1.5) <= 0.06
    part = differences[:, :16]
    low, high = student_interval(
        part.mean(1), part.std(1, ddof=1), np.full(3000, 16.0), ALPHA / len(STAGES)
    )
    naive = float(((low > 0.075) | (high < 0.075)).mean())
    assert naive > 0.3  # what the rule guards against


def test_rounding_does_not_pass_for_chance() -> None:
    """A steady effect comes out of single precision with jitter, and may hide a rare jump."""
    rng = np.random.default_rng(6)
    shape = (1000, STAGES[-1])
    jumps = np.where(rng.random(shape) < 0.02, 1.0, 0.0)
    jitter = 1e-7 * rng.standard_normal(shape)
    found = looks(0.1 + jumps + jitter, bounds=(-2.0, 2.0), discrete=False, rounding=4e-7)
    assert ever_missed(found, 0.12) <= 0.06
    naive = looks(0.1 + jumps + jitter, bounds=(-2.0, 2.0), discrete=False)
    assert ever_missed(naive, 0.12) > 0.3  # what the rule guards against


def test_false_labels_are_rare_on_the_edge_itself() -> None:
    """With the truth exactly at delta neither 'supports' nor 'no effect' is right."""
    rng = np.random.default_rng(5)
    delta = 0.1
    u = rng.random((2000, STAGES[-1]))
    differences = np.where(u < 0.25, 1.0, np.where(u > 0.85, -1.0, 0.0))
    wrong = np.zeros(2000, dtype=bool)
    for low, high in looks(differences, bounds=(-1.0, 1.0), discrete=True):
        wrong |= label_contrast(low, high, sign=1, delta=delta, null=False) != Label.UNDETERMINED
    assert wrong.mean() <= ALPHA


def test_differences_all_alike_decide() -> None:
    def label(value: float, count: int, sign: int = 1) -> int:
        pairs = paired_interval(
            np.full((1, count), value),
            np.ones((1, count), dtype=bool),
            bounds=(-1.0, 1.0),
            discrete=True,
            alpha=ALPHA,
            stages=1,
        )
        return int(label_contrast(pairs.low, pairs.high, sign=sign, delta=0.05, null=False)[0])

    assert label(0.0, 128) == Label.NO_EFFECT
    assert label(0.0, 64) == Label.UNDETERMINED
    assert label(1.0, 16) == Label.SUPPORTS
    assert label(1.0, 16, sign=-1) == Label.CONTRADICTS


def test_exact_interval_does_not_depend_on_order_and_shrinks() -> None:
    values = np.array([-1.0, 0.0, 1.0])
    widths = []
    for n in (16, 64, 256):
        counts = np.array([[n / 8, n / 2, 3 * n / 8]])
        low, high = betting_interval(values, counts, -1.0, 1.0, ALPHA)
        assert low[0] < 0.25 < high[0]
        widths.append(high[0] - low[0])
    assert widths[0] > widths[1] > widths[2]
    by_row = np.array([[1.0] * 6 + [0.0] * 8 + [-1.0] * 2])
    as_row = betting_interval(by_row, np.ones_like(by_row), -1.0, 1.0, ALPHA)
    as_counts = betting_interval(values, np.array([[2.0, 8.0, 6.0]]), -1.0, 1.0, ALPHA)
    assert as_row[0] == pytest.approx(as_counts[0], abs=1e-8)
    assert as_row[1] == pytest.approx(as_counts[1], abs=1e-8)


def test_exact_interval_refuses_values_outside_its_bounds() -> None:
    with pytest.raises(ValueError, match="do not lie within"):
        betting_interval(np.array([2.0]), np.array([[3.0]]), -1.0, 1.0, ALPHA)


def test_no_replications_say_nothing() -> None:
    nothing = np.zeros((2, 4), dtype=bool)
    options = {"alpha": ALPHA, "stages": 1}
    pairs = paired_interval(np.zeros((2, 4)), nothing, bounds=None, discrete=False, **options)
    assert np.all(np.isinf(pairs.low))
    assert np.all(np.isinf(pairs.high))
    assert np.all(np.isinf(pairs.needed(0.1)))
    pairs = paired_interval(np.zeros((2, 4)), nothing, bounds=(-1.0, 1.0), discrete=True, **options)
    assert pairs.low == pytest.approx(-1.0, abs=1e-6)
    assert pairs.high == pytest.approx(1.0, abs=1e-6)


def test_labels_of_one_contrast() -> None:
    low = np.array([0.2, -0.4, -0.05, -0.2, 0.1])
    high = np.array([0.4, -0.2, 0.05, 0.2, 0.1])
    found = label_contrast(low, high, sign=1, delta=0.1, null=False)
    assert list(found) == [
        Label.SUPPORTS,
        Label.CONTRADICTS,
        Label.NO_EFFECT,
        Label.UNDETERMINED,
        Label.NO_EFFECT,
    ]
    turned = label_contrast(low, high, sign=-1, delta=0.1, null=False)
    assert list(turned[:2]) == [Label.CONTRADICTS, Label.SUPPORTS]
    null = label_contrast(low, high, sign=1, delta=0.1, null=True)
    assert list(null) == [
        Label.CONTRADICTS,
        Label.CONTRADICTS,
        Label.SUPPORTS,
        Label.UNDETERMINED,
        Label.SUPPORTS,
    ]


def test_compound_labels() -> None:
    s, c, n, u = Label.SUPPORTS, Label.CONTRADICTS, Label.NO_EFFECT, Label.UNDETERMINED
    first = np.array([s, s, s, s, n, u], dtype=np.int8)
    second = np.array([s, c, n, u, c, u], dtype=np.int8)
    assert list(combine([first, second])) == [s, c, n, u, c, u]


def test_planned_replications() -> None:
    low, high = np.array([0.0, 0.0, -np.inf]), np.array([0.4, 0.2, np.inf])
    pairs = Paired(low, high, np.array([0.2, 0.1, 0.0]), np.full(3, 0.8), np.zeros(3))
    needed = pairs.needed(0.1)
    assert needed[0] == 64  # 0.8 / sqrt(64) fits into the room of 0.1
    assert np.isinf(needed[1])  # the mean sits on the edge
    assert np.isinf(needed[2])


@pytest.mark.parametrize("kind", ["numbers", "truths", "silence"])
def test_planned_replications_are_about_those_that_it_takes(kind: str) -> None:
    rng = np.random.default_rng(6)

    def draw(count: int) -> np.ndarray:
        if kind == "numbers":
            return rng.normal(0.35, 1.0, (400, count))
        chance = 0.35 if kind == "truths" else 0.0
        return (rng.random((400, count)) < chance).astype(float)

    def pairs(differences: np.ndarray) -> Paired:
        return paired_interval(
            differences,
            np.ones(differences.shape, dtype=bool),
            bounds=None if kind == "numbers" else (-1.0, 1.0),
            discrete=kind != "numbers",
            alpha=ALPHA,
            stages=1,
        )

    def settled(count: int) -> float:
        found = pairs(draw(count))
        labels = label_contrast(found.low, found.high, sign=1, delta=0.1, null=False)
        return float((labels != Label.UNDETERMINED).mean())

    plan = int(np.median(pairs(draw(64)).needed(0.1)))
    assert settled(2 * plan) > 0.7
    assert settled(plan // 4) < 0.3


def test_shares_sum_to_one_exactly() -> None:
    rng = np.random.default_rng(7)
    for total in range(1, 400):
        labels = rng.choice(4, size=total, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int8)
        found = shares(labels)
        assert found.supports + found.contradicts + found.no_effect + found.undetermined == 1.0
        assert found.supports == pytest.approx((labels == 0).mean(), abs=1e-12)


def test_shares_leave_out_scenarios_to_which_the_claim_does_not_apply() -> None:
    labels = np.array([Label.SUPPORTS, Label.INAPPLICABLE, Label.CONTRADICTS], dtype=np.int8)
    found = shares(labels)
    assert (found.supports, found.contradicts, found.scenarios) == (0.5, 0.5, 2)
    nowhere = shares(np.full(3, Label.INAPPLICABLE, dtype=np.int8))
    assert (nowhere.undetermined, nowhere.scenarios) == (1.0, 0)


def test_share_interval_covers() -> None:
    assert share_interval(0, 10) == pytest.approx((0.0, 0.308), abs=1e-3)
    assert share_interval(10, 10) == pytest.approx((0.692, 1.0), abs=1e-3)
    assert share_interval(5, 10) == pytest.approx((0.187, 0.813), abs=1e-3)
    assert share_interval(0, 0) == (0.0, 1.0)


def of(supports: float, contradicts: float, no_effect: float) -> Shares:
    rest = 1 - supports - contradicts - no_effect
    return Shares(supports, contradicts, no_effect, rest, 100, ((0.0, 1.0),) * 4)


@pytest.mark.parametrize(
    ("found", "modality", "expected"),
    [
        (of(0.95, 0.01, 0.02), "asserts", "holds"),
        (of(0.95, 0.05, 0.00), "asserts", "mostly holds"),
        (of(0.70, 0.10, 0.20), "asserts", "mostly holds"),
        (of(0.70, 0.20, 0.10), "asserts", "contested"),
        (of(0.40, 0.40, 0.20), "asserts", "contested"),
        (of(0.02, 0.02, 0.95), "asserts", "idle"),
        (of(0.05, 0.85, 0.10), "asserts", "fails"),
        (of(0.10, 0.00, 0.80), "asserts", "fails"),
        (of(0.30, 0.10, 0.10), "asserts", "undetermined"),
        (of(0.95, 0.01, 0.02), "believes", "holds"),
        (of(0.70, 0.10, 0.20), "likely", "holds"),
        (of(0.55, 0.20, 0.20), "likely", "mostly holds"),
        (of(0.55, 0.40, 0.05), "likely", "contested"),
        (of(0.06, 0.60, 0.30), "may", "holds"),
        (of(0.01, 0.50, 0.40), "may", "undetermined"),
        (of(0.01, 0.60, 0.39), "may", "fails"),
        (of(0.01, 0.00, 0.98), "may", "idle"),
    ],
)
def test_verdicts(found: Shares, modality: str, expected: str) -> None:
    assert verdict(found, modality) == expected


def test_thresholds_are_the_users_to_set() -> None:
    assert verdict(of(0.8, 0.0, 0.1), "asserts", Thresholds(holds=0.75)) == "holds"


def test_the_docs_say_every_threshold_and_every_verdict() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page, flags=re.MULTILINE))
    assert said.keys() == asdict(Thresholds()).keys()
    for name, value in asdict(Thresholds()).items():
        assert float(said[name]) == pytest.approx(value, abs=0.005)
    assert set(re.findall(r"^\| \*\*([\w ]+)\*\* \|", page, flags=re.MULTILINE)) == set(VERDICTS)
