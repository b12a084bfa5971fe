"""Rival fits weighed: exact where the answer is known, careful where it is not, and refused where they differ."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm
from typer.testing import CliRunner

import reassure
from reassure.cli import app
from reassure.history.fit.checks import Replicates
from reassure.history.fit.run import fit
from reassure.history.fit.sampler import Plan
from reassure.model.mistakes import UsageError

STEPS, FIRST = 80, 40
TRUTH = 0.5
ASKED = {
    "digest": "d",
    "ledger": "l",
    "reading": "r",
    "since": None,
    "until": None,
    "dimensions": {},
}
PLAN = Plan()


def seen() -> dict[str, np.ndarray]:
    """A series that every reading sees alike, every other step, and one that they do not."""
    rng = np.random.default_rng(6)
    polls = rng.normal(TRUTH, 1, STEPS)
    polls[1::2] = np.nan
    trade = rng.normal(TRUTH, 1, STEPS)
    trade[[3, 50]] = np.nan
    polls[50] = np.nan  # nothing at all in this step
    return {"polls": polls, "trade": trade}


@dataclass
class Level:
    """Both series are normal about one unknown level, polls with unit variance.

    Attributes:
        noise: standard deviation that this reading gives trade.
    """

    noise: float
    values: dict[str, np.ndarray]
    given: tuple[str, ...] = ()
    family: str = "normal"
    start: int = 2000
    names: tuple[str, ...] = ("level",)
    size: int = 1

    def terms(self, scores: jax.Array) -> dict[str, jax.Array]:
        found = {}
        for name, sd in (("polls", 1.0), ("trade", self.noise)):
            if name in self.values:
                y = self.values[name]
                log = jax.scipy.stats.norm.logpdf(np.nan_to_num(y), scores[0], sd)
                found[name] = jnp.where(np.isfinite(y), log, 0.0)
        return found

    def log_likelihood(self, scores: jax.Array) -> jax.Array:
        return sum(jnp.sum(rows) for rows in self.terms(scores).values())

    def parameters(self, scores: np.ndarray) -> np.ndarray:
        return scores

    def replicated(self, scores: np.ndarray, rng: np.random.Generator) -> dict[str, Replicates]:
        return {name: Replicates(y, np.tile(y, (4, 1))) for name, y in self.values.items()}

    def record(self) -> dict[str, Any]:
        return {
            "dates": [f"{self.start + k // 12}-{k % 12 + 1:02d}-01" for k in range(STEPS)],
            "given": list(self.given),
            "likelihoods": dict.fromkeys(self.values, self.family),
        }

    def exact(self) -> tuple[np.ndarray, np.ndarray]:
        """Log density of each series at each step from those before it, polls before trade, and in all."""
        mean, precision = 0.0, 1.0
        by = np.zeros((STEPS, 2))
        for k in range(STEPS):
            for j, (name, sd) in enumerate((("polls", 1.0), ("trade", self.noise))):
                y = self.values[name][k]
                if np.isnan(y):
                    continue
                by[k, j] = norm.logpdf(y, mean, np.sqrt(sd**2 + 1 / precision))
                gained = precision + 1 / sd**2
                mean = (mean * precision + y / sd**2) / gained
                precision = gained
        return by, by.sum(axis=1)


def made(density: Level, out: Path, name: str, plan: Plan = PLAN, **changed: Any) -> Path:
    fit(density, out, ASKED | {"model": name} | changed, plan)
    return out


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A reading that knows the noise, one that knows it nearly, and one that thinks it large."""
    folder = tmp_path_factory.mktemp("fits")
    noises = {"right": 1.0, "near": 1.05, "vague": 3.0}
    return {name: made(Level(x, seen()), folder / name, name) for name, x in noises.items()}


def test_elpd_is_the_exact_one_and_adds_up_by_measurement(fits: dict[str, Path]) -> None:
    found = reassure.weigh(fits["right"], fits["vague"], since="2003-05")
    assert found.dates[0] == "2003-05-01"
    assert "2004-03-01" not in found.dates  # nothing was measured
    assert len(found.dates) == STEPS - FIRST - 1
    assert found.values == (19, 39)
    for item, noise in zip(found.readings, (1.0, 3.0), strict=True):
        by, total = Level(noise, seen()).exact()
        there = [k for k in range(FIRST, STEPS) if k != 50]
        off = item.foretold.elpd - total[there]
        sound = item.foretold.khat <= item.foretold.limit
        assert np.abs(off[sound]).max() < 0.1
        assert item.by_measurement.sum(axis=1) == pytest.approx(item.foretold.elpd, abs=1e-9)
        assert np.abs((item.by_measurement - by[there])[sound]).max() < 0.1


def test_the_measurement_that_tells_them_apart_carries_the_difference(
    fits: dict[str, Path],
) -> None:
    found = reassure.weigh(fits["vague"], fits["right"], since="2004-02")
    (best, _), (row, _) = found.rows
    assert best.name == "right"
    assert found.comparison.winner == "right"
    assert found.sentence.startswith("right foretells best")
    assert best.stacking > 0.8
    gaps = found.gaps("vague")
    assert gaps[0].measurement == "trade"
    assert gaps[0].difference < -10 < -2 < gaps[1].difference
    assert sum(gap.difference for gap in gaps) == pytest.approx(row.difference)


def test_no_winner_is_declared_within_errors(fits: dict[str, Path]) -> None:
    found = reassure.weigh(fits["right"], fits["near"])
    assert found.comparison.winner == ""
    assert "cannot be told apart within errors" in found.sentence
    assert found.as_json()["winner"] is None


def test_several_steps_ahead_are_harder(fits: dict[str, Path]) -> None:
    one = reassure.weigh(fits["right"], fits["vague"], since="2004-02")
    three = reassure.weigh(fits["right"], fits["vague"], since="2004-02", ahead=3)
    assert len(three.dates) == STEPS - 49 - 2
    assert three.values == one.values  # each value once, however many forecasts hold it
    assert three.comparison.rows[0].elpd < 2 * one.comparison.rows[0].elpd


def copied(fit: Path, out: Path, draws: dict[str, np.ndarray] | None = None, **facts: Any) -> Path:
    """A fit's folder with other facts, and with other draws or without those that are None."""
    shutil.copytree(fit, out)
    kept = json.loads((out / "fit.json").read_text())
    (out / "fit.json").write_text(json.dumps(kept | facts))
    with np.load(out / "draws.npz") as file:
        arrays = dict(file) | (draws or {})
    np.savez(out / "draws.npz", **{key: x for key, x in arrays.items() if x is not None})
    return out


def test_early_times_are_unsound_and_said_to_be(tmp_path: Path) -> None:
    values = {name: y + np.arange(STEPS) / 20 for name, y in seen().items()}
    one = made(Level(1.0, values), tmp_path / "one", "one")  # it knows of no trend
    two = copied(one, tmp_path / "two", model="two")
    found = reassure.weigh(one, two, since="2000-04")
    assert sum(row.unsound for row in found.comparison.rows) > 0
    assert found.comparison.winner == ""
    assert "k-hat is too high" in found.sentence
    (remark,) = found.remarks
    assert "which are too few" in remark
    later = reassure.weigh(one, two, since=found.dates[-5])
    assert not any(row.unsound for row in later.comparison.rows)
    assert later.sentence == "cannot be told: 5 times are too few (30 are needed)"


RECORD = Level(3.0, seen()).record()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"ledger": "other"}, "different ledgers: l and other"),
        ({"reading": "other"}, "different readings of the ledger: r and other"),
        ({"since": "2001"}, "different --from: none and 2001"),
        ({"until": "2005"}, "different --to: none and 2005"),
        (
            {"record": Level(3.0, seen(), start=2001).record()},
            "different dates: 80 steps from 2000-01-01 to 2006-08-01 and 80 steps from 2001",
        ),
        (
            {"record": RECORD | {"likelihoods": {"polls": "poisson", "trade": "normal"}}},
            "polls is normal in .* and poisson in",
        ),
        ({"record": RECORD | {"dates": RECORD["dates"][:-1]}}, "do not fit its dates"),
    ],
)
def test_fits_of_different_records_are_refused(
    fits: dict[str, Path], tmp_path: Path, facts: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        reassure.weigh(fits["right"], copied(fits["vague"], tmp_path / "other", **facts))


def test_fits_of_different_measurements_are_refused(fits: dict[str, Path], tmp_path: Path) -> None:
    with np.load(fits["vague"] / "draws.npz") as file:
        polls = file["terms/polls"]
    cases = {
        "only one of them has trade": {"terms/trade": None},
        "do not see polls at the same times": {"terms/polls": np.roll(polls, 1, axis=-1)},
        "are no numbers": {"terms/polls": np.full_like(polls, np.nan)},
    }
    for number, (said, draws) in enumerate(cases.items()):
        other = copied(fits["vague"], tmp_path / str(number), draws)
        with pytest.raises(UsageError, match=said):
            reassure.weigh(fits["right"], other)


def test_other_values_are_refused(fits: dict[str, Path], tmp_path: Path) -> None:
    other = copied(fits["vague"], tmp_path / "other")
    with np.load(other / "checks.npz") as file:
        arrays = dict(file)
    arrays["observed/trade"][5] += 0.1
    np.savez(other / "checks.npz", **arrays)
    with pytest.raises(UsageError, match="do not see the same values of trade"):
        reassure.weigh(fits["right"], other)


def test_a_reading_that_is_told_more_is_remarked_on(fits: dict[str, Path], tmp_path: Path) -> None:
    other = copied(fits["vague"], tmp_path / "other", record=RECORD | {"given": ["launch"]})
    found = reassure.weigh(fits["right"], other, since="2004-02")
    assert any("vague: launch" in line and "right: nothing" in line for line in found.remarks)


def test_a_density_that_is_off_is_remarked_on(fits: dict[str, Path], tmp_path: Path) -> None:
    made_of = {"treated": [["launch", "at its mean"]], "fitted": -90.0, "particles": -93.5}
    other = copied(fits["vague"], tmp_path / "other", approximation=made_of)
    found = reassure.weigh(fits["right"], other)
    assert any("fitted for vague is +3.5 off" in line for line in found.remarks)


def test_two_fits_of_one_model_are_told_apart_by_folder(
    fits: dict[str, Path], tmp_path: Path
) -> None:
    other = copied(fits["vague"], tmp_path / "again", model="right")
    names = {row.name for row in reassure.weigh(fits["right"], other).comparison.rows}
    assert names == {f"right ({fits['right']})", f"right ({other})"}


def test_a_finished_fit_that_lacks_its_dates_gains_them(tmp_path: Path) -> None:
    few = replace(PLAN, draws=40, warmup=40)
    out = made(Level(3.0, seen()), tmp_path / "old", "old", few)
    facts = json.loads((out / "fit.json").read_text())
    kept = facts.pop("record")
    (out / "fit.json").write_text(json.dumps(facts))
    draws = (out / "draws.npz").read_bytes()
    with pytest.raises(UsageError, match="does not say the dates"):
        reassure.weigh(out, tmp_path / "other", unconverged=True)
    made(Level(3.0, seen()), out, "old", few)
    assert json.loads((out / "fit.json").read_text())["record"] == kept
    assert (out / "draws.npz").read_bytes() == draws


# -- command line ----------------------------------------------------------------------------------


def invoke(*words: str | Path, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["weigh", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_the_command_tells_and_draws(fits: dict[str, Path], tmp_path: Path) -> None:
    picture = tmp_path / "deep" / "gap.svg"
    result = invoke(*fits.values(), "--from", "2004-02", "--plot", picture)
    lines = result.stdout.splitlines()
    assert lines[1].split("\t")[0] == "reading"
    assert "vague less" in result.stdout
    assert "beyond errors behind: vague." in lines[-1]
    assert "30 of the record's times, 2004-02-01 to" in result.stderr
    svg = picture.read_text()
    assert "trade (" in svg
    assert "all (" in svg
    found = json.loads(invoke(*fits.values(), "--from", "2004-02", "--json").stdout)
    assert found["schema"] == 1
    assert found["from"] == "2004-02-01"
    vague = found["readings"][-1]
    assert vague["name"] == "vague"
    parts = sum(item["difference"] for item in vague["by_measurement"].values())
    assert parts == pytest.approx(vague["difference"])


def test_one_time_has_no_error(fits: dict[str, Path]) -> None:
    words = (fits["right"], fits["vague"], "--from", "2006-08")
    assert "nan" not in invoke(*words).stdout
    assert json.loads(invoke(*words, "--json").stdout)["readings"][1]["difference_error"] is None


def test_a_fit_that_did_not_converge_is_refused_or_named(
    fits: dict[str, Path], tmp_path: Path
) -> None:
    kept = json.loads((fits["vague"] / "fit.json").read_text())["diagnostics"]
    bad = copied(
        fits["vague"], tmp_path / "bad", model="bad", diagnostics=kept | {"divergent": 500}
    )

    assert "did not converge" in invoke(fits["right"], bad, code=2).stderr
    result = invoke(fits["right"], bad, "--unconverged")
    assert "bad (did not converge)" in result.stdout
    assert "cannot be relied on" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{right}"], "needs two fits, and was given 1"),
        (["{right}", "{right}"], "is named twice"),
        (["{right}", "nowhere"], "holds no fit"),
        (["{right}", "{vague}", "--from", "soon"], "--from: 'soon' is not a date"),
        (["{right}", "{vague}", "--from", "1990"], "too little was measured before it"),
        (["{right}", "{vague}", "--from", "2030"], "too little was measured from then on"),
        (["{right}", "{vague}", "--ahead", "70"], "too little to foretell"),
        (["{right}", "{vague}", "--ahead", "0"], "--ahead"),
        (["{right}", "{vague}", "--plot", "x.pdf"], "neither .png nor .svg"),
    ],
)
def test_a_users_mistake_is_explained(fits: dict[str, Path], words: list[str], said: str) -> None:
    call = [word.format(**fits) for word in words]
    stderr = invoke(*call, code=2).stderr
    assert said in stderr
    assert "Traceback" not in stderr


def test_an_unfinished_fit_is_refused(fits: dict[str, Path], tmp_path: Path) -> None:
    facts = json.loads((fits["vague"] / "fit.json").read_text()) | {"finished": False}
    (tmp_path / "fit.json").write_text(json.dumps(facts))
    assert "is not finished" in invoke(fits["right"], tmp_path, code=2).stderr
