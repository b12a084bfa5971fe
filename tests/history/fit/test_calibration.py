"""Calibration passes for a density that makes its records, and fails for one that does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reassure.history.fit.calibration import RANKED, Ranks, calibrate
from reassure.history.fit.sampler import Plan
from reassure.model.mistakes import UsageError
from reassure.report.fit_pictures import ranks_picture

from .linear import Linear, simulated

QUICK = Plan(chains=2, draws=250, warmup=200)


def test_a_true_density_is_calibrated(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    found = calibrate(
        simulated, records=60, plan=QUICK, folder=tmp_path / "c", progress=lambda *x: told.append(x)
    )
    assert found.calibrated, found.as_json()
    assert told[-1] == (60, 60)
    for row in found.coverage():
        assert row["low"] <= row["level"] <= row["high"], row
    assert ": uneven" not in ranks_picture(found).svg
    assert found.moving.records == 60
    again = calibrate(simulated, records=60, plan=QUICK, folder=tmp_path / "c")
    assert np.array_equal(again.ranks, found.ranks)
    with pytest.raises(UsageError, match="another calibration"):
        calibrate(simulated, records=60, seed=1, plan=QUICK, folder=tmp_path / "c")

    def wider(rng: np.random.Generator) -> tuple[np.ndarray, Linear]:
        true, density = simulated(rng)
        return 2 * true, density

    with pytest.raises(UsageError, match="another calibration"):
        calibrate(wider, records=60, plan=QUICK, folder=tmp_path / "c")


def test_a_density_that_is_too_sure_is_found_out() -> None:
    def wrong(rng: np.random.Generator) -> tuple[np.ndarray, Linear]:
        return simulated(rng, noise=0.2)  # the records have 0.5

    found = calibrate(wrong, records=60, plan=QUICK)
    assert not found.calibrated
    assert "log likelihood" in found.suspect
    assert "log likelihood: uneven" in ranks_picture(found).svg
    narrow = found.coverage()[2]
    assert narrow["high"] < narrow["level"] == 0.9


def test_a_chain_that_did_not_move_is_told_apart() -> None:
    found = uniform(20, 1, names=3)
    found.inside[4] = False
    assert found.records == 20
    assert found.moving.records == 19
    assert found.coverage()[2]["share"] == pytest.approx(0.95)
    assert found.moving.coverage()[2]["share"] == 1.0


def test_a_calibration_that_stops_goes_on(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    folder = tmp_path / "c"
    with pytest.raises(KeyboardInterrupt):
        calibrate(simulated, records=8, plan=QUICK, folder=folder, progress=stop)
    assert 3 <= len(list(folder.glob("record-*.npz"))) < 8
    found = calibrate(simulated, records=8, plan=QUICK, folder=folder)
    assert np.array_equal(found.ranks, calibrate(simulated, records=8, plan=QUICK).ranks)


def uniform(records: int, seed: int, names: int = 1) -> Ranks:
    rng = np.random.default_rng(seed)
    return Ranks(
        names=tuple(f"p{i}" for i in range(names)),
        ranks=rng.integers(0, RANKED + 1, (records, names)),
        inside=np.ones((records, 4, names), dtype=bool),
        converged=np.ones(records, dtype=bool),
    )


def test_bands_and_p_values_have_the_level_that_they_state() -> None:
    found = uniform(100, 1, names=600)
    assert np.mean(found.p_values <= 0.05) == pytest.approx(0.05, abs=0.02)
    assert found.p_values.min() > 0
    at, low, high = found.band(0.95)
    outside = [
        bool((found.distribution(i, at) < low).any() or (found.distribution(i, at) > high).any())
        for i in range(600)
    ]
    assert np.mean(outside) == pytest.approx(0.05, abs=0.025)


def test_one_of_many_that_is_uneven_is_found() -> None:
    """Among so many names p must be very small, and the simulated samples many enough to tell."""
    found = uniform(100, 2, names=300)
    found.ranks[:, 7] //= 2
    assert found.suspect == ("p7",)
