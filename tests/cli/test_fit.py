"""``reassure fit``: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

from reassure.cli import app
from reassure.history.fit.checks import Replicates

MODEL = """
language: 1
title: A small argument
time: {start: 2007-02, years: 2, step: month}
ledger: northeast-asia
parameters:
  pace: {prior: {uniform: [0, 1]}, unit: 1/year, because: test}
  other: {prior: {uniform: [0, 1]}, unit: 1, because: test}
stocks:
  work: {unit: 1, initial: 0, change: pace * other, because: test}
outcomes:
  done: {final: work, because: test}
"""


class Known:
    """The first parameter is seen well, the second not at all."""

    names = ("pace", "other")
    size = 2

    def log_likelihood(self, scores: jnp.ndarray) -> jnp.ndarray:
        return -0.5 * (scores[0] - 1.0) ** 2 / 0.2**2

    def terms(self, scores: jnp.ndarray) -> dict[str, jnp.ndarray]:
        return {"seen": jnp.atleast_1d(self.log_likelihood(scores))}

    def parameters(self, scores: np.ndarray) -> np.ndarray:
        from scipy.special import ndtr

        return ndtr(scores)

    def replicated(self, scores: np.ndarray, rng: np.random.Generator) -> dict[str, Replicates]:
        drawn = scores[:, :1] + 0.2 * rng.standard_normal((len(scores), 6))
        return {"seen": Replicates(np.full(6, 1.0), drawn)}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    bound = SimpleNamespace(density=lambda *_, **__: Known())
    monkeypatch.setitem(sys.modules, "reassure.history.fit.density", bound)
    path = tmp_path / "small.yaml"
    path.write_text(MODEL)
    return str(path)


def test_a_fit_tells_what_it_found_and_writes_a_report(model: str, tmp_path: Path) -> None:
    out = tmp_path / "fit"
    call = ["fit", model, "--out", str(out), "--draws", "1000", "--warmup", "300"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "The chains converged" in result.stdout
    assert "identified: pace (0.9" in result.stdout
    assert "not identified: other" in result.stdout
    page = (out / "report.md").read_text()
    assert "## What the record identifies" in page
    assert "| seen | mean |" in page
    for name in ("contraction.svg", "checks.svg"):
        assert f"]({name})" in page
        assert (out / name).read_text().startswith("<svg")
    again = CliRunner().invoke(app, [*call, "--json"])  # only read
    found = json.loads(again.stdout)
    assert found["converged"] is True
    assert found["identified"]["not identified"] == ["other"]
    assert found["parameters"][0]["p50"] == pytest.approx(0.83, abs=0.03)
    assert found["ledger"] == "northeast-asia"
    other = CliRunner().invoke(app, [*call, "--seed", "1"])
    assert other.exit_code == 2
    assert "another --seed" in other.stderr
    assert json.loads((out / "fit.json").read_text())["known_by"] is None
    earlier = CliRunner().invoke(app, [*call, "--known-by", "2020-06"])
    assert earlier.exit_code == 2
    assert "another --known-by" in earlier.stderr
    mistyped = CliRunner().invoke(app, [*call, "--to", "2018-13"])
    assert mistyped.exit_code == 2
    assert "--to: " in mistyped.stderr


def test_a_fit_that_did_not_converge_says_so_everywhere(model: str, tmp_path: Path) -> None:
    out = tmp_path / "fit"
    call = ["fit", model, "--out", str(out), "--draws", "5", "--warmup", "20"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 1
    assert "DID NOT CONVERGE" in result.stdout
    assert "DID NOT CONVERGE" in result.stderr
    assert "DID NOT CONVERGE" in (out / "report.md").read_text()
    assert "DID NOT CONVERGE" in (out / "contraction.svg").read_text()
    as_json = CliRunner().invoke(app, [*call, "--json"])
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["converged"] is False


def test_a_fit_that_is_stopped_says_how_to_go_on(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reassure.history.fit import sampler

    def stop(self: object, count: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sampler._Tally, "moved", stop)
        result = CliRunner().invoke(app, ["fit", model, "--out", str(tmp_path / "f")])
    assert result.exit_code == 130
    assert "the same command goes on from there" in result.stderr


def test_a_fit_without_its_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "numpyro", None)
    done = CliRunner().invoke(app, ["fit", "easley2007-formula", "--out", str(tmp_path / "fit")])
    assert done.exit_code == 2
    assert "pip install 'reassure[history]'" in done.output
    assert not (tmp_path / "fit").exists()
