"""Fits of the bundled models of Richardson and of Kydd whose posteriors are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, ndtr

import reassure
from reassure.history.fit.density import density

from .known import (
    LEDGER,
    MODEL,
    Known,
    assert_correlated,
    assert_matches,
    column,
    fitted,
    missed,
    months,
    quarters,
    years,
)

Array = np.ndarray

# -- Richardson's arms race -----------------------------------------------------------------------

RACE = """
language: 1
extends: richardson
title: An arms race of which two staffs keep count
parameters:
  defence_a: {prior: 0.2}
  defence_b: {prior: 0.3}
  fatigue_a: {prior: FATIGUE}
  fatigue_b: {prior: 0.4}
  grievance_a: {prior: {normal: {mean: 0.25, sd: 0.1}}}
  start_a: {prior: {normal: {mean: 1.5, sd: 0.2}}, because: x}
  start_b: {prior: {normal: {mean: 1, sd: 0.25}}, because: x}
  overcount: {prior: {normal: {mean: 0, sd: 0.15}}, because: x}
correlate:
  - {between: [start_a, start_b], rho: 0.6, because: x}
CHANCE
stocks:
  arms_a: {initial: start_a, change: defence_a * arms_b - fatigue_a * arms_a + grievance_a WHIM}
  arms_b: {initial: start_b}
claims: {fatigue_restrains: ~}
observations:
  parades: {of: arms_a, series: parades, likelihood: {normal: {sd: 0.4}}, because: x}
  estimates:
    of: arms_b
    series: estimates
    bias: overcount
    likelihood: {normal: {sd: 0.2}}
    because: x
"""

CHANCE = """
auxiliaries:
  whim: {noise: normal, scale: "q(0.7, '1/year')", because: x}
"""
WHIM = 0.7

LINEAR = ("grievance_a", "start_a", "start_b", "overcount")
MEANS = np.array([0.25, 1.5, 1.0, 0.0])
SPREADS = np.diag([0.1, 0.2, 0.25, 0.15])
PRIOR = SPREADS @ np.array([[1, 0, 0, 0], [0, 1, 0.6, 0], [0, 0.6, 1, 0], [0, 0, 0, 1]]) @ SPREADS
STEPS = 24
FATIGUE, FATIGUE_SIGMA = 0.35, np.log(2) / 1.6448536269514722
"""Median and spread of the bundled model's prior of fatigue: one chance in twenty of twice as much."""


class Race:
    """The record of a race as a linear function of what it is linear in.

    Attributes:
        centre, design: of the measurements, ``[N]`` and ``[N, 4]``: the mean is ``centre + design @
            values``.
        covariance: of the measurements given the four, by chance in the race and errors of
            measurement.
    """

    def __init__(self, fatigue: float, whim: float) -> None:
        dt, n = 1 / 12, len(LINEAR)
        a, b, one = np.zeros((3, 1 + n + STEPS))  # coefficients of 1, the four, and each whim
        one[0], a[1 + 1], b[1 + 2] = 1, 1, 1
        seen = np.zeros((2, STEPS, len(a)))
        for k in range(STEPS):
            seen[:, k] = a, b
            grievance = np.zeros(len(a))
            grievance[1 + 0], grievance[1 + n + k] = 1, whim
            a, b = (
                a + dt * (0.2 * b - fatigue * a + grievance),
                b + dt * (0.3 * a - 0.4 * b + 0.2 * one),
            )
        estimates = seen[1].reshape(STEPS // 3, 3, -1).mean(axis=1)
        estimates[:, 1 + 3] += 1
        whole = np.concatenate([seen[0], estimates])
        errors = np.repeat([0.4, 0.2], [STEPS, STEPS // 3])
        self.centre, self.design, chance = whole[:, 0], whole[:, 1 : 1 + n], whole[:, 1 + n :]
        self.covariance = chance @ chance.T + np.diag(errors**2)

    def log_density(self, y: Array, values: Array) -> float:
        """Of the measurements, given the four."""
        mean = self.centre + self.design @ values
        return float(stats.multivariate_normal.logpdf(y, mean, self.covariance))

    def posterior(self, y: Array) -> tuple[Array, Array, float]:
        """Mean and covariance of the four, by generalised least squares with a normal prior, and the
        log density of the record without them."""
        weighed = np.linalg.solve(self.covariance, self.design)
        covariance = np.linalg.inv(np.linalg.inv(PRIOR) + self.design.T @ weighed)
        away = y - self.centre - self.design @ MEANS
        whole = self.covariance + self.design @ PRIOR @ self.design.T
        evidence = stats.multivariate_normal.logpdf(away, np.zeros(len(y)), whole)
        return MEANS + covariance @ weighed.T @ away, covariance, float(evidence)


def raced(folder: Path, fatigue: str, whim: float, seed: int) -> tuple[Any, Array]:
    """A fit of the race to a record of a race, and the record."""
    rng = np.random.default_rng(seed)
    race = Race(FATIGUE, whim)
    # Far from the prior's means, so that the record and the prior pull apart.
    truth = MEANS + SPREADS @ [2.0, -1.5, 1.5, 1.5]
    y = rng.multivariate_normal(race.centre + race.design @ truth, race.covariance).round(6)
    text = RACE.replace("FATIGUE", fatigue).replace("CHANCE", CHANCE if whim else "")
    text = text.replace("WHIM", "+ whim" if whim else "")
    series = {"parades": months(y[:STEPS]), "estimates": quarters(y[STEPS:])}
    found = fitted(folder, text, series, chains=4, draws=1000, warmup=250, seed=seed)
    return found, y


@pytest.mark.parametrize(("whim", "close"), [(0.0, 1e-9), (WHIM, 1e-5)], ids=["certain", "chance"])
def test_a_race_that_is_linear_in_what_is_unknown(
    tmp_path: Path, whim: float, close: float
) -> None:
    found, y = raced(tmp_path, str(FATIGUE), whim, seed=11)
    race = Race(FATIGUE, whim)
    mean, covariance, _ = race.posterior(y)
    sd = np.sqrt(np.diag(covariance))
    for i, name in enumerate(LINEAR):
        known = Known(mean[i], sd[i], lambda x, i=i: ndtr((x - mean[i]) / sd[i]))
        assert_matches(found, name, known)
        for j in range(i):
            rho = covariance[i, j] / sd[i] / sd[j]
            assert_correlated(found, LINEAR[j], name, mean[[j, i]], rho)
    drawn = np.stack([column(found, name) for name in LINEAR], axis=-1)
    for at in ((0, 0), (1, 500), (3, 700)):
        expected = race.log_density(y, drawn[at])
        assert found.log_likelihood[at] == pytest.approx(expected, abs=close)

    # The log density is quadratic in the scores: its slope and curvature are the posterior.
    bound = density(reassure.load(tmp_path / MODEL).model, tmp_path / LEDGER)
    still, each = np.zeros(bound.size), np.eye(bound.size)
    with jax.enable_x64(True):
        slopes = jax.jit(jax.grad(bound.log_likelihood))
        slope = np.asarray(slopes(still))
        bend = np.array([slopes(one) - slopes(-one) for one in each]) / 2
    spread = np.linalg.inv(each - bend)
    unit = bound.parameters(each) - bound.parameters(still)
    rows = [bound.names.index(name) for name in LINEAR]
    assert bound.parameters(spread @ slope)[rows] == pytest.approx(mean, abs=close / 10)
    assert (unit.T @ spread @ unit)[np.ix_(rows, rows)] == pytest.approx(covariance, abs=close / 10)


def test_a_race_whose_fatigue_is_unknown(tmp_path: Path) -> None:
    """It is not linear in fatigue, whose posterior is one quadrature of what the rest leaves."""
    prior = "{lognormal: {median: 0.35, p95: 0.7}}"
    found, y = raced(tmp_path, prior, WHIM, seed=12)
    scores = np.linspace(-6, 6, 601)
    values = FATIGUE * np.exp(FATIGUE_SIGMA * scores)
    parts = [Race(value, WHIM).posterior(y) for value in values]
    logs = np.array([evidence for _, _, evidence in parts]) - scores**2 / 2
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    assert max(weights[0], weights[-1]) < 1e-6
    upto = np.cumsum(weights) - weights / 2

    mean = weights @ values
    sd = np.sqrt(weights @ (values - mean) ** 2)
    assert_matches(found, "fatigue_a", Known(mean, sd, lambda x: np.interp(x, values, upto)))
    means = np.array([m for m, _, _ in parts])
    variances = np.array([np.diag(c) for _, c, _ in parts])
    for i, name in enumerate(LINEAR):
        m, v = means[:, i], variances[:, i]
        mean = weights @ m
        sd = np.sqrt(weights @ (v + (m - mean) ** 2))

        def below(x: Array, m: Array = m, v: Array = v) -> Array:
            return ndtr((x[..., None] - m) / np.sqrt(v)) @ weights

        assert_matches(found, name, Known(mean, sd, below))
    for at in ((0, 0), (2, 700)):
        race = Race(column(found, "fatigue_a")[at], WHIM)
        drawn = np.array([column(found, name)[at] for name in LINEAR])
        assert found.log_likelihood[at] == pytest.approx(race.log_density(y, drawn), abs=1e-5)


# -- Kydd's trust ---------------------------------------------------------------------------------

GESTURES = [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1]
"""Months in which the other side made a gesture."""

SENT = "given: {gesture: {series: gestures, because: x}}"
SEEN = "{of: gesture.probability, series: gestures, likelihood: {bernoulli: {}}, because: x}"

WATCHED = f"""
language: 1
extends: trust
title: A side that is trustworthy, and its gestures
parameters:
  trustworthy: {{prior: 1}}
  gesture_if_trustworthy: {{prior: {{beta: {{alpha: 3, beta: 6}}}}}}
  mimicry: {{prior: 0.5}}
  talks_a_year: {{prior: {{gamma: {{shape: 3, scale: 0.8}}}}, unit: 1/year, because: x}}
events:
  talk: {{rate: talks_a_year, because: x}}
{SENT}
observations:
  gestures_seen: {SEEN}
  talks_seen: {{of: talk.rate * dt, series: talks, likelihood: {{poisson: {{}}}}, because: x}}
"""

JUDGED = f"""
language: 1
extends: trust
title: A side that may be trustworthy, and its gestures
parameters:
  trustworthy: {{prior: {{discrete: {{values: [0, 1], weights: [0.35, 0.65]}}}}}}
  gesture_if_trustworthy: {{prior: {{beta: {{alpha: 4, beta: 6}}}}}}
  mimicry: ~
  gesture_if_not: {{prior: {{beta: {{alpha: 3, beta: 9}}}}, because: x}}
auxiliaries: {{gesture_if_not: ~}}
claims: {{cheap_talk_teaches_nothing: ~}}
{SENT}
observations:
  gestures_seen: {SEEN}
"""


def test_gestures_and_talks_of_a_trustworthy_side(tmp_path: Path) -> None:
    """A beta prior of a chance and a gamma prior of a rate stay beta and gamma."""
    gestures, talks = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [8]  # few and many, as priors go
    series = {"gestures": months(gestures), "talks": years(talks)}
    found = fitted(tmp_path, WATCHED, series, chains=4, draws=1000, warmup=300, seed=5)
    made = sum(gestures)
    chance = stats.beta(3 + made, 6 + len(gestures) - made)
    rate = stats.gamma(3 + sum(talks), scale=1 / (1 / 0.8 + len(talks)))
    for name, d in (("gesture_if_trustworthy", chance), ("talks_a_year", rate)):
        assert_matches(found, name, Known(d.mean(), d.std(), d.cdf))
    p, talking = (column(found, name)[1, 9] for name in ("gesture_if_trustworthy", "talks_a_year"))
    expected = stats.bernoulli.logpmf(gestures, p).sum()
    expected += stats.poisson.logpmf(talks, talking).sum()
    assert found.log_likelihood[1, 9] == pytest.approx(expected, abs=1e-6)


def test_whether_the_other_side_is_trustworthy(tmp_path: Path) -> None:
    """Bayes' rule over both sides: the chance of the side there is learns from its gestures, that of
    the other keeps its prior."""
    series = {"gestures": months(GESTURES)}
    found = fitted(tmp_path, JUDGED, series, chains=4, draws=2000, warmup=500, seed=6)
    made, none = sum(GESTURES), len(GESTURES) - sum(GESTURES)

    def evidence(a: float, b: float) -> float:
        return float(np.exp(betaln(a + made, b + none) - betaln(a, b)))

    trusted, feared = 0.65 * evidence(4, 6), 0.35 * evidence(3, 9)
    share = trusted / (trusted + feared)
    assert 0.55 < share < 0.6  # the record speaks against what the watcher thought
    assert missed(column(found, "trustworthy"), share) < 4
    sides = {
        "gesture_if_trustworthy": (share, (4, 6)),
        "gesture_if_not": (1 - share, (3, 9)),
    }
    for name, (learns, (a, b)) in sides.items():
        learnt, kept = stats.beta(a + made, b + none), stats.beta(a, b)
        mean = learns * learnt.mean() + (1 - learns) * kept.mean()
        square = learns * learnt.moment(2) + (1 - learns) * kept.moment(2)

        def below(x: Array, w: float = learns, one: Any = learnt, two: Any = kept) -> Array:
            return w * one.cdf(x) + (1 - w) * two.cdf(x)

        assert_matches(found, name, Known(mean, np.sqrt(square - mean**2), below))
    names = ("gesture_if_not", "gesture_if_trustworthy")
    trustworthy = column(found, "trustworthy")
    assert set(np.unique(trustworthy)) == {0.0, 1.0}
    for chain, draw in [(0, 0), (1, 500), (3, 1999)]:
        p = column(found, names[int(trustworthy[chain, draw])])[chain, draw]
        expected = stats.bernoulli.logpmf(GESTURES, p).sum()
        assert found.log_likelihood[chain, draw] == pytest.approx(expected, abs=1e-6)
