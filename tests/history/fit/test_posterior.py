"""A posterior as a design: its draws, in an order by seed, through every command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import reassure
from reassure.cli import app
from reassure.history.fit.posterior import Posterior
from reassure.history.fit.run import fit
from reassure.history.fit.sampler import Plan
from reassure.model.mistakes import UsageError
from reassure.study.design import Design

MODEL = """
language: 1
title: A small argument
time: {start: 2007-02, years: 2, step: month}
actors: {PRK: North Korea}
parameters:
  pace: {prior: {uniform: [0, 1]}, unit: 1/year, because: test}
  other: {prior: {uniform: [0, 1]}, unit: 1, because: test}
events:
  launch: {actor: PRK, rate: 3 * pace, unit: 1/year, because: test}
stocks:
  work: {unit: 1, initial: 0, change: pace * other, because: test}
outcomes:
  done: {final: work, because: test}
claims:
  helps: {text: More pace means more work., because: test,
    form: effect, of: {parameter: pace, from: 0.2, to: 0.8}, on: done, is: higher,
    smallest_effect: {value: 0.01, because: test}}
"""


class Pace:
    """The model's first parameter, known to be near 0.8; the other is not fitted."""

    names = ("pace",)
    size = 1

    def log_likelihood(self, scores: jnp.ndarray) -> jnp.ndarray:
        return -0.5 * jnp.sum((scores - 1.0) ** 2) / 0.1**2

    def terms(self, scores: jnp.ndarray) -> dict[str, jnp.ndarray]:
        return {"seen": -0.5 * (scores - 1.0) ** 2 / 0.1**2}

    def parameters(self, scores: np.ndarray) -> np.ndarray:
        from scipy.special import ndtr

        return ndtr(scores)


@pytest.fixture(scope="module")
def argument(tmp_path_factory: pytest.TempPathFactory) -> reassure.Argument:
    path = tmp_path_factory.mktemp("model") / "small.yaml"
    path.write_text(MODEL)
    return reassure.load(path)


@pytest.fixture(scope="module")
def path(argument: reassure.Argument) -> str:
    return argument.model.path


@pytest.fixture(scope="module")
def posterior(argument: reassure.Argument, tmp_path_factory: pytest.TempPathFactory) -> Posterior:
    return made(
        argument, tmp_path_factory.mktemp("fits") / "good", Plan(chains=4, draws=1000, warmup=300)
    )


def made(argument: reassure.Argument, out: Path, plan: Plan) -> Posterior:
    model = argument.model
    dimensions = {item.name: item.unit.dimension for item in model.parameters}
    asked = {"model": model.name, "digest": model.digest, "ledger": "l", "reading": "r"}
    return fit(Pace(), out, asked | {"dimensions": dimensions}, plan)


@pytest.fixture(scope="module")
def unconverged(argument: reassure.Argument, tmp_path_factory: pytest.TempPathFactory) -> Posterior:
    return made(
        argument, tmp_path_factory.mktemp("fits") / "bad", Plan(chains=4, draws=20, warmup=20)
    )


def test_scenarios_are_its_draws_each_once(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    design = posterior.design(argument.model, seed=3)
    drawn = design.parameters(0, 4000)[:, 0]
    assert np.array_equal(np.sort(drawn), np.sort(posterior.values.ravel()))
    again = design.parameters(4000, 4000)[:, 0]
    assert np.array_equal(np.sort(again), np.sort(drawn))
    assert not np.array_equal(again, drawn)


def test_a_scenario_depends_on_seed_and_index_alone(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    design = posterior.design(argument.model, seed=3)
    whole = design.parameters(0, 4100)
    for first, count in ((0, 1), (7, 5), (3998, 4)):
        assert np.array_equal(design.parameters(first, count), whole[first : first + count])
    assert not np.array_equal(posterior.design(argument.model, seed=4).parameters(0, 4100), whole)


def test_what_was_not_fitted_follows_its_prior_and_what_is_set_stays(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    model = argument.model
    prior = Design(model, "sobol", 3).parameters(0, 64)
    design = posterior.design(model, seed=3)
    found = design.parameters(0, 64)
    assert np.array_equal(found[:, 1], prior[:, 1])
    assert np.array_equal(design.held([("pace", 0.25)]).parameters(0, 64)[:, 0], np.full(64, 0.25))
    held = design.held([("other", 0.5)]).parameters(0, 64)
    assert np.array_equal(held[:, 0], found[:, 0])


def test_a_fit_of_something_else_is_refused(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    stranger = replace(posterior, names=("elsewhere",))
    with pytest.raises(UsageError, match="has no parameter of small"):
        stranger.design(argument.model)
    odd = replace(posterior, facts=posterior.facts | {"dimensions": {"pace": "[length]"}})
    with pytest.raises(UsageError, match="another dimension"):
        odd.design(argument.model)


def test_a_run_names_it_and_a_story_tells_its_future(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    result = argument.run(scenarios=32, replications=2, posterior=posterior)
    assert result.design == f"posterior {posterior.folder}"
    assert result.provenance["design"] == result.design
    assert result.scenario_parameters()["pace"].min() > 0.7
    told = argument.story(scenario=5, replication=1, posterior=posterior.folder)
    assert told.design == result.design
    assert told.parameters["pace"] == result.scenario_parameters()["pace"][5]
    assert told.outcomes["done"] == pytest.approx(result.values("default", "done")[5, 1])
    fixed = argument.run(scenarios=8, replications=1, posterior=posterior, set={"pace": 0.1})
    assert set(fixed.scenario_parameters()["pace"]) == {0.1}


def test_it_meets_the_luck_that_the_prior_meets(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    same = {"pace": 0.5, "other": 0.5}
    before = argument.run(scenarios=8, replications=2, set=same)
    after = argument.run(scenarios=8, replications=2, set=same, posterior=posterior)
    assert np.array_equal(before.values("default", "done"), after.values("default", "done"))


def test_a_design_and_a_posterior_exclude_each_other(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        argument.run(design="random", posterior=posterior)


def test_a_fit_of_another_text_is_remarked_on(
    argument: reassure.Argument, posterior: Posterior
) -> None:
    other = replace(posterior, facts=posterior.facts | {"digest": "another"})
    said = argument.run(scenarios=8, replications=1, posterior=other).remarks
    assert any("1 of 2 parameters are drawn from it" in line for line in said)


@pytest.mark.parametrize("command", ["run", "claims", "compare", "story", "brief"])
def test_every_command_takes_one(
    command: str, path: str, posterior: Posterior, tmp_path: Path
) -> None:
    few = ["--scenarios", "16", "--quiet"] if command != "story" else ["--quiet"]
    out = ["--out", str(tmp_path / "page.html")] if command == "brief" else ["--json"]
    call = [command, path, "--posterior", str(posterior.folder), *few, *out]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    if command == "brief":
        page = (tmp_path / "page.html").read_text()
        assert f"--posterior {posterior.folder}" in page  # the command that tells a story again
        assert "given what happened" in page
    elif command == "compare":
        assert json.loads(result.stdout)["models"] == ["small before", "small after its record"]
    else:
        assert json.loads(result.stdout)["design"] == f"posterior {posterior.folder}"


def test_an_unconverged_one_is_refused_or_named(path: str, unconverged: Posterior) -> None:
    call = ["run", path, "--scenarios", "8", "--json", "--posterior", str(unconverged.folder)]
    refused = CliRunner().invoke(app, call)
    assert refused.exit_code == 2
    assert "did not converge" in refused.stderr
    assert "--unconverged" in refused.stderr
    taken = CliRunner().invoke(app, [*call, "--unconverged", "--quiet"])
    assert taken.exit_code == 0
    assert "did not converge" in taken.stderr
    assert "did not converge" in json.loads(taken.stdout)["design"]
    alone = CliRunner().invoke(app, ["run", path, "--unconverged"])
    assert alone.exit_code == 2
    assert "goes with --posterior" in alone.stderr
