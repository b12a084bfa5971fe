"""Fits: the right posterior, what is identified, and folders that survive whatever happens to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reassure.history.fit.posterior import Posterior
from reassure.history.fit.run import fit
from reassure.history.fit.sampler import Plan, Stopped, sample
from reassure.model.mistakes import UsageError

from .linear import Linear, simulated

ASKED = {"model": "linear", "digest": "d", "ledger": "l", "reading": "r", "dimensions": {}}
SHORT = Plan(chains=3, draws=60, warmup=40, seed=3)


@pytest.fixture(scope="module")
def density() -> Linear:
    return simulated(np.random.default_rng(4))[1]


@pytest.fixture(scope="module")
def finished(density: Linear, tmp_path_factory: pytest.TempPathFactory) -> Posterior:
    out = tmp_path_factory.mktemp("fit") / "whole"
    return fit(density, out, ASKED, Plan(draws=300, warmup=100))


def test_matches_a_posterior_in_closed_form(density: Linear, finished: Posterior) -> None:
    mean, covariance = density.posterior()
    z = finished.scores.reshape(-1, 3)
    sd = np.sqrt(np.diag(covariance))
    error = sd / np.sqrt(finished.diagnostics.bulk)
    assert (np.abs(z.mean(axis=0) - mean) < 4 * error).all()
    assert np.cov(z.T) == pytest.approx(covariance, abs=0.06)
    assert finished.converged
    assert finished.diagnostics.problems == ()
    assert finished.scores.dtype == np.float64


def test_leaves_the_precision_of_the_program_alone(finished: Posterior) -> None:
    assert jnp.ones(1).dtype == jnp.float32
    assert not jax.config.jax_enable_x64


def test_tells_what_is_identified(density: Linear, finished: Posterior) -> None:
    _, covariance = density.posterior()
    kinds = {item.name: item.kind for item in finished.diagnostics.learnt}
    assert kinds == {
        "first": "identified",
        "second": "identified",
        "third": "not identified",
    }
    found = [item.contraction for item in finished.diagnostics.learnt]
    assert found == pytest.approx(1 - np.diag(covariance), abs=0.08)


def test_keeps_terms_that_add_up(finished: Posterior) -> None:
    assert finished.terms["seen"].shape == (32, 300, 4)
    whole = finished.terms["seen"].sum(axis=-1)
    assert whole == pytest.approx(finished.log_likelihood, abs=1e-9)
    assert finished.values == pytest.approx(2 + 0.5 * finished.scores)


def test_draws_do_not_depend_on_how_they_are_cut(
    density: Linear, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = sample(density, SHORT)
    monkeypatch.setattr("reassure.history.fit.sampler.SECONDS", 0.0)  # a transition a piece
    assert (sample(density, SHORT).scores == once.scores).all()
    assert not (once.scores[0] == once.scores[1]).any()
    assert not (sample(density, Plan(chains=3, draws=60, warmup=40)).scores == once.scores).all()


def test_a_killed_fit_goes_on_bit_for_bit(density: Linear, tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import os, sys
        import numpy as np
        import reassure.history.fit.sampler as sampler
        from history.fit.linear import simulated
        from history.fit.test_fit import ASKED, SHORT
        from reassure.history.fit.run import fit

        sampler.SECONDS = 0.0
        def told(done, total):
            if done > 160:
                os.kill(os.getpid(), {int(signal.SIGKILL)})
        fit(simulated(np.random.default_rng(4))[1], sys.argv[1], ASKED, SHORT, told)
        """
    )
    out = tmp_path / "killed"
    command = [sys.executable, "-c", script, str(out)]
    # All else as here, too: a linear algebra library rounds as variables tell it to.
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path)}
    killed = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert 0 < len(list((out / "pieces").iterdir())) < 200
    with pytest.raises(UsageError, match="not finished"):
        Posterior.load(out)
    told: list[tuple[int, int]] = []
    gone_on = fit(density, out, ASKED, SHORT, lambda done, total: told.append((done, total)))
    assert told[0][0] > 0
    assert told[-1] == (300, 300)
    assert (gone_on.scores == sample(density, SHORT).scores).all()


def test_more_draws_go_on_from_a_finished_fit(density: Linear, tmp_path: Path) -> None:
    first = fit(density, tmp_path / "f", ASKED, SHORT)
    more = Plan(chains=3, draws=90, warmup=40, seed=3)
    second = fit(density, tmp_path / "f", ASKED, more)
    assert (second.scores[:, :60] == first.scores).all()
    assert (second.scores == sample(density, more).scores).all()


def test_a_finished_fit_is_only_read(density: Linear, tmp_path: Path) -> None:
    first = fit(density, tmp_path / "f", ASKED, SHORT)
    began = time.perf_counter()
    again = fit(density, tmp_path / "f", ASKED, SHORT, lambda *_: pytest.fail("it drew again"))
    assert (again.scores == first.scores).all()
    assert time.perf_counter() - began < 5


def test_ctrl_c_keeps_what_is_done(density: Linear, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(Stopped) as stopped:
        fit(density, tmp_path / "f", ASKED, SHORT, interrupt)
    assert 0 < stopped.value.done < stopped.value.total == 300
    gone_on = fit(density, tmp_path / "f", ASKED, SHORT)
    assert (gone_on.scores == sample(density, SHORT).scores).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"digest": "other"}, "another text of the model"),
        ({"ledger": "other"}, "another ledger"),
        ({"reading": "other"}, "another reading"),
    ],
)
def test_refuses_a_folder_with_another_fit(
    density: Linear, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    fit(density, tmp_path, ASKED, SHORT)
    kept = (tmp_path / "fit.json").read_text()
    with pytest.raises(UsageError, match=said):
        fit(density, tmp_path, ASKED | change, SHORT)
    with pytest.raises(UsageError, match="another --seed"):
        fit(density, tmp_path, ASKED, Plan(chains=3, draws=60, warmup=40, seed=4))
    with pytest.raises(UsageError, match="another record"):
        fit(Linear(density.seen + 0.01), tmp_path, ASKED, SHORT)
    assert (tmp_path / "fit.json").read_text() == kept


def test_refuses_a_folder_of_something_else(density: Linear, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(UsageError, match="no fit"):
        fit(density, tmp_path, ASKED, SHORT)
    with pytest.raises(UsageError, match="holds no fit"):
        Posterior.load(tmp_path)


def test_an_unconverged_fit_is_refused(density: Linear, tmp_path: Path) -> None:
    found = fit(density, tmp_path / "f", ASKED, SHORT)
    assert not found.converged
    assert json.loads((tmp_path / "f" / "fit.json").read_text())["converged"] is False
    with pytest.raises(UsageError, match=r"did not converge: .*effective draws"):
        Posterior.load(tmp_path / "f")
    taken = Posterior.load(tmp_path / "f", unconverged=True)
    assert "did not converge" in taken.label


class Impossible(Linear):
    def log_likelihood(self, scores: jax.Array) -> jax.Array:
        return jnp.where(scores[0] < 100, -jnp.inf, 0.0)


def test_an_impossible_record_is_refused(density: Linear, tmp_path: Path) -> None:
    hopeless = Impossible(density.seen, program=lambda _, z: jnp.where(z[0] < 99, -jnp.inf, 0.0))
    with pytest.raises(UsageError, match="record is impossible"):
        fit(hopeless, tmp_path / "f", ASKED, SHORT)
