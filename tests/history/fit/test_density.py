"""The density of a record under a model: against a Kalman filter, particles and differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats

from reassure.history.conditioning import Conditioning
from reassure.history.fit.calibration import calibrate
from reassure.history.fit.density import Density, Scores, density
from reassure.history.fit.families import FAMILIES, draw, log_density
from reassure.history.fit.particles import particle_filter
from reassure.history.fit.sampler import Plan, sample
from reassure.history.measured import Measured
from reassure.model.checked import Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError

HEAD = """
language: 1
title: t
time: {start: 2000-01, years: 4, step: month}
actors: {A: A}
"""

WANDERING = (
    HEAD
    + """
parameters:
  spread: {prior: {lognormal: {median: 1, p95: 2}}, because: x}
  memory: {prior: {lognormal: {median: 1, p95: 3}}, unit: year, because: x}
  level: {prior: {normal: {mean: 0, sd: 1}}, because: x}
auxiliaries:
  mood: {noise: ar1, scale: spread, memory: memory, because: x}
outcomes:
  end: {final: mood}
observations:
  poll: {of: mood, series: poll, likelihood: {normal: {sd: 0.5}}, bias: level, because: x}
"""
)

COUNTED = (
    HEAD
    + """
parameters:
  rate: {prior: {lognormal: {median: 3, p95: 6}}, unit: 1/year, because: x}
  loss: {prior: {lognormal: {median: 0.5, p95: 1.5}}, unit: 1/year, because: x}
events:
  shot: {actor: A, rate: rate * (0.5 + 0.5 / (1 + heat)), unit: 1/year, because: x}
stocks:
  heat: {initial: 0, change: -loss * heat, jump: shot, because: x}
outcomes:
  end: {final: heat}
given:
  shot: {series: shots, because: x}
observations:
  heat_seen: {of: heat, series: heat, likelihood: {normal: {sd: 0.4}}, because: x}
  shots_seen: {of: shot.rate * dt, series: shots, likelihood: {poisson: {}}, because: x}
"""
)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def model_of(text: str) -> Model:
    return load("model.yaml", text=text)


def told(
    model: Model,
    values: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    every: int = 1,
) -> Conditioning:
    """What a record would tell that has the values at the end of each ``every`` steps."""
    measured, steps = [], 0
    for item in model.measurements:
        if item.name not in values:
            continue
        found = np.asarray(values[item.name], dtype=float)
        last = np.arange(every - 1, every * len(found), every)
        names = tuple(str(k) for k in last)
        measured.append(Measured(item, last - every + 1, last, found, names))
        steps = max(steps, int(last[-1]) + 1)
    paths = {name: np.asarray(path, dtype=float) for name, path in (given or {}).items()}
    return Conditioning(
        model, "record", "plain", "2000-01", "2004-01", steps, paths, {}, {}, tuple(measured)
    )


def kalman(y: Any, spread: float, memory: float, level: float, sd: float) -> float:
    a = np.exp(-1 / 12 / memory)
    mean, variance, total = 0.0, spread**2, 0.0
    for k, seen in enumerate(y):
        if k:
            mean, variance = a * mean, a * a * variance + (1 - a * a) * spread**2
        total += stats.norm.logpdf(seen, mean + level, np.sqrt(variance + sd**2))
        gain = variance / (variance + sd**2)
        mean, variance = mean + gain * (seen - level - mean), (1 - gain) * variance
    return float(total)


def test_a_linear_gaussian_model_has_the_density_of_a_kalman_filter() -> None:
    y = np.random.default_rng(1).normal(size=30)
    density = Density(told(model_of(WANDERING), {"poll": y}))
    assert density.function.noisy
    for z in np.random.default_rng(2).normal(size=(3, 3)):
        spread, memory, level = density.parameters(z)
        expected = kalman(y, spread, memory, level, 0.5)
        assert float(density.log_likelihood(z)) == pytest.approx(expected, abs=1e-5)


def test_a_density_tells_when_its_values_fall_and_what_it_is_given() -> None:
    shots = np.array([0, 1, 0])
    record = told(model_of(COUNTED), {"heat_seen": shots, "shots_seen": shots}, {"shot": shots})
    density = Density(record)
    found = density.record()
    assert found["dates"] == ["2000-01-01", "2000-02-01", "2000-03-01"]
    assert all(rows.shape == (3,) for rows in density.terms(np.zeros(2)).values())
    assert found["given"] == ["shot"]
    assert found["likelihoods"] == {"heat_seen": "normal", "shots_seen": "poisson"}


def test_where_nothing_had_been_published_the_date_is_to_blame() -> None:
    with pytest.raises(UsageError, match="a later --to or --known-by"):
        density(load("easley2007-formula"), known_by="2007-02")


def test_values_over_longer_periods_are_of_the_mean_over_their_steps() -> None:
    model = model_of(WANDERING)
    y = np.array([0.3, -0.2, 0.8])
    density = Density(told(model, {"poll": y}, every=3))
    z = np.array([0.2, -0.3, 0.5])
    spread, memory, level = density.parameters(z)
    lags = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    whole = spread**2 * np.exp(-lags / 12 / memory)
    means = np.kron(np.eye(3), np.full(3, 1 / 3))
    expected = stats.multivariate_normal.logpdf(
        y, np.full(3, level), means @ whole @ means.T + 0.25 * np.eye(3)
    )
    assert float(density.log_likelihood(z)) == pytest.approx(expected, abs=1e-5)


def test_what_is_given_leaves_nothing_to_approximate() -> None:
    shots = np.array([0, 1, 0, 2, 0, 0, 1, 0, 0, 0, 3, 0.0])
    heat = np.array([0, 0.1, 0.9, 0.9, 2.8, 2.7, 2.6, 3.4, 3.3, 3.2, 3.1, 5.8])
    record = told(model_of(COUNTED), {"heat_seen": heat, "shots_seen": shots}, {"shot": shots})
    density = Density(record)
    assert not density.function.noisy
    z = np.array([0.4, -0.2])
    rate, loss = density.parameters(z)
    level, expected = 0.0, 0.0
    for count, seen in zip(shots, heat, strict=True):
        expected += stats.norm.logpdf(seen, level, 0.4)
        expected += stats.poisson.logpmf(count, rate * (0.5 + 0.5 / (1 + level)) / 12)
        level += -loss * level / 12 + count
    assert float(density.log_likelihood(z)) == pytest.approx(expected, abs=1e-5)
    particles = particle_filter(record, density.parameters(z), particles=4)
    assert particles.log_likelihood == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("rate", "blur", "off"), [("50, p95: 80", 2.0, 1), ("3, p95: 6", 0.4, 4)])
def test_counts_that_are_not_given_are_carried_as_particles_have_them(
    rate: str, blur: float, off: float
) -> None:
    """The filter takes a Poisson count for a normal one: good for many, rough for a few that are
    seen sharply."""
    text = COUNTED.replace("3, p95: 6", rate).replace("sd: 0.4", f"sd: {blur}")
    text = text.replace("(0.5 + 0.5 / (1 + heat))", "1")
    heat = np.array([0.2, 0.7, 1.3, 1.4, 1.8, 1.9, 2.3, 2.6, 2.4, 2.9, 3.1, 2.8])
    if off == 1:
        heat = np.array([0, 4, 9, 11, 16, 21, 23, 27, 30, 33, 34, 38.0])
    record = told(model_of(text), {"heat_seen": heat})
    density = Density(record)
    assert density.function.noisy
    z = np.zeros(2)
    runs = [
        particle_filter(record, density.parameters(z), particles=4096, seed=seed).log_likelihood
        for seed in range(4)
    ]
    assert np.std(runs) < 0.2
    miss = abs(float(density.log_likelihood(z)) - np.mean(runs))
    assert miss < off
    averaged = Density(record, averaged=True)
    assert not averaged.function.noisy
    assert abs(float(averaged.log_likelihood(z)) - np.mean(runs)) > 2 * miss


@pytest.mark.parametrize("text", [WANDERING, COUNTED])
def test_slopes_are_those_of_differences(text: str) -> None:
    model = model_of(text)
    y = np.abs(np.random.default_rng(3).normal(size=12))
    names = {item.name: y for item in model.measurements if item.name != "shots_seen"}
    density = Density(told(model, names))
    z = 0.3 * np.random.default_rng(4).normal(size=density.size)
    slope = np.asarray(jax.grad(density.log_likelihood)(z))
    for i in range(density.size):
        step = 1e-5 * np.eye(density.size)[i]
        rise = float(density.log_likelihood(z + step)) - float(density.log_likelihood(z - step))
        assert slope[i] == pytest.approx(rise / 2e-5, rel=1e-4, abs=1e-5)


def test_a_known_posterior_is_drawn() -> None:
    """A level seen with noise of 0.5 about a wandering of known size: normal, by its density."""
    y = np.random.default_rng(5).normal(0.8, 0.7, size=16)
    text = WANDERING.replace("{lognormal: {median: 1, p95: 2}}", "0.0001").replace(
        "{lognormal: {median: 1, p95: 3}}", "1"
    )
    density = Density(told(model_of(text), {"poll": y}))
    plan = Plan(chains=2, draws=600, warmup=200, seed=3)
    levels = sample(density, plan).scores[..., density.names.index("level")]
    precision = 1 + len(y) / 0.25
    assert levels.mean() == pytest.approx(y.sum() / 0.25 / precision, abs=0.02)
    assert levels.std() == pytest.approx(precision**-0.5, rel=0.1)


def test_known_parameters_are_found_in_simulated_records() -> None:
    """Ranks and coverage over records made by the model, where all is given."""
    shots = np.tile([0, 1, 0, 2, 0, 0], 6).astype(float)
    values = {"heat_seen": np.zeros(36), "shots_seen": shots}
    density = Density(told(model_of(COUNTED), values, {"shot": shots}))
    plan = Plan(chains=2, draws=200, warmup=150)
    found = calibrate(density.simulated, records=100, plan=plan, seed=1)
    assert found.calibrated, found.as_json()
    for row in found.coverage():
        assert row["low"] <= row["level"] <= row["high"], row


def test_another_record_of_the_same_form_shares_the_program() -> None:
    model = model_of(WANDERING)
    one, other = (Density(told(model, {"poll": y})) for y in (np.zeros(9), np.ones(9)))
    shared = one.told({"poll": np.ones(9)})
    assert shared.program is one.program
    z = np.array([0.1, 0.2, 0.3])
    assert float(shared.log_likelihood(z)) == float(other.log_likelihood(z))
    assert float(shared.log_likelihood(z)) != float(one.log_likelihood(z))


def test_scores_give_the_priors_quantiles() -> None:
    scores = Scores(model_of(COUNTED))
    z = np.array([1.6448536269514722, -1.0])
    exact = scores.exact(z)
    assert exact[0] == pytest.approx(6.0)
    np.testing.assert_allclose(np.asarray(scores.values(z)), exact, rtol=1e-6)


SPLIT = (
    HEAD
    + """
parameters:
  kind: {prior: {discrete: {values: [0, 2, 3], weights: [2, 5, 3]}}, because: x}
  level: {prior: {normal: {mean: 0.2, sd: 1}}, because: x}
  edge: {prior: 0.3, because: x}
auxiliaries:
  shown: (level if kind > 1.5 else -level) + (2 if edge > 0.2 else 0)
outcomes:
  end: {final: shown}
observations:
  poll: {of: shown, series: poll, likelihood: {normal: {sd: 0.5}}, because: x}
"""
)


def test_a_discrete_parameter_jumps_and_so_does_what_asks_about_it() -> None:
    density = Density(told(model_of(SPLIT), {"poll": np.array([2.1, 2.9])}))
    edges = stats.norm.ppf([0.2, 0.7])
    beside = np.add.outer(edges, [-0.02, -1e-6, 1e-6, 0.02]).ravel()
    found = [float(density.scores.values(np.array([z, 0.0, 0.0]))[0]) for z in beside]
    assert found == [0, 0, 2, 2, 2, 2, 3, 3]
    for z, shown in zip(beside, [1.8, 1.8] + [2.2] * 6, strict=True):
        expected = stats.norm.logpdf([2.1, 2.9], shown, 0.5).sum()
        given = np.array([z, 0.0, 0.0])
        assert float(density.log_likelihood(given)) == pytest.approx(expected, abs=1e-9)
    kinds = [what for name, what in density.source.averaged if "kind" in name]
    assert kinds == ["jumps: a slope misses it"]
    assert not any("edge" in name for name, _ in density.source.averaged)


ARGUMENTS: dict[str, Any] = {
    "negative_binomial": {"dispersion": (0.5,)},
    "normal": {"sd": (0.7,)},
    "lognormal": {"sigma": (0.7,)},
    "student": {"scale": (0.7,), "df": (4.0,)},
    "logit_normal": {"sd": (0.7,)},
    "beta": {"precision": (5.0,)},
    "ordinal": {"cuts": (0.2, 0.9), "spread": (0.3,)},
}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_draws_follow_the_density(family: str) -> None:
    rng, arguments = np.random.default_rng(6), ARGUMENTS.get(family, {})
    h = np.full(40_000, 0.6)
    drawn = draw(family, h, arguments, rng)
    if family in ("normal", "lognormal", "student", "logit_normal", "beta"):
        low, high = (0.001, 0.999) if family in ("logit_normal", "beta") else (-15.0, 15.0)
        x = np.linspace(max(low, 1e-4) if family == "lognormal" else low, high, 20_001)
        p = np.exp(log_density(family, x, np.full(x.shape, 0.6), arguments, np))
        assert np.trapezoid(p, x) == pytest.approx(1, abs=0.01)
        assert drawn.mean() == pytest.approx(np.trapezoid(p * x, x), abs=0.03)
        return
    values = np.arange(60.0)
    p = np.exp(log_density(family, values, np.full(60, 0.6), arguments, np))
    p = p[:3] if family == "ordinal" else p[:2] if family in ("bernoulli", "hazard") else p
    assert p.sum() == pytest.approx(1, abs=1e-6)
    assert drawn.mean() == pytest.approx((p * values[: len(p)]).sum(), abs=0.03)


def test_densities_are_those_of_scipy() -> None:
    h = np.array([0.3, 0.8])
    size = 2.0
    np.testing.assert_allclose(
        log_density("negative_binomial", 3.0, h, {"dispersion": (1 / size,)}, np),
        stats.nbinom.logpmf(3, size, size / (size + h)),
    )
    np.testing.assert_allclose(
        log_density("student", 1.0, h, {"scale": (0.5,), "df": (3.0,)}, np),
        stats.t.logpdf(1.0, 3, h, 0.5),
    )
    np.testing.assert_allclose(
        log_density("beta", 0.4, h, {"precision": (6.0,)}, np),
        stats.beta.logpdf(0.4, 6 * h, 6 - 6 * h),
    )
    np.testing.assert_allclose(
        log_density("lognormal", 0.4, h, {"sigma": (0.5,)}, np),
        stats.lognorm.logpdf(0.4, 0.5, scale=h),
    )
