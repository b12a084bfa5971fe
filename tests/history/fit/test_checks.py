"""Predictive checks: a series that the replicates resemble, and one that they do not."""

from __future__ import annotations

import numpy as np
import pytest

from reassure.history.fit.checks import Replicates, check
from reassure.report.fit_pictures import checks_picture


def test_a_series_like_its_replicates_lies_among_them_and_another_does_not() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.poisson(4, (500, 40)).astype(float)
    like = Replicates(rng.poisson(4, 40).astype(float), drawn)
    clustered = np.repeat([0.0, 0, 16, 0], 10)  # the same mean, all in one lump
    rows = check({"like": like, "unlike": Replicates(clustered, drawn)})
    found = {(row["series"], row["statistic"]): row["below"] for row in rows}
    assert all(0.01 < found["like", name] < 0.99 for name in ("mean", "spread", "persistence"))
    assert found["unlike", "mean"] == pytest.approx(0.5, abs=0.4)
    assert found["unlike", "spread"] > 0.99
    assert found["unlike", "persistence"] > 0.99


def test_missing_values_are_left_out_and_short_series_have_no_trend() -> None:
    observed = np.array([1.0, np.nan, 3.0])
    rows = check({"short": Replicates(observed, np.tile([1.0, 99.0, 3.0], (20, 1)))})
    by = {row["statistic"]: row for row in rows}
    assert by["largest"]["observed"] == 3.0
    assert by["largest"]["p95"] == 3.0
    assert by["mean"]["below"] == 0.5  # ties count half
    assert "persistence" not in by


def test_the_picture_marks_what_lies_outside() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.poisson(4, (500, 40)).astype(float)
    observed = np.full(40, 4.0)
    observed[:10] = 30
    picture = checks_picture({"launches": Replicates(observed, drawn, tuple(map(str, range(40))))})
    assert "launches: 25% outside" in picture.svg
