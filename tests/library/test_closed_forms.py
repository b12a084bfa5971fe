"""The three small models against their formulas, and how the error falls with the step."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from reassure.api import Argument, load
from reassure.model.checked import Model


def refined(model: Model, times: int) -> Model:
    """The same model with steps ``times`` shorter."""
    time = dataclasses.replace(model.time, dt=model.time.dt / times, steps=model.time.steps * times)
    outcomes = tuple(
        dataclasses.replace(o, first=o.first * times, last=o.last * times) for o in model.outcomes
    )
    return dataclasses.replace(model, time=time, outcomes=outcomes, claims=(), digest=f"{times}")


def run(model: Model, outcome: str, policy: str | None = None, **kwargs: Any) -> tuple[Any, Any]:
    """Outcome [scenario] of one policy in double precision, and the scenarios' parameters."""
    result = Argument(model).run(
        None if policy is None else [policy],
        scenarios=16,
        replications=1,
        precision="float64",
        **kwargs,
    )
    return result.dataset[outcome].values[0, :, 0], result.scenario_parameters()


def logistic_growth(p: Any, effort: float, years: float) -> Any:
    rate, ceiling = p["persuasion"] * effort, p["ceiling"]
    return ceiling / (1 + (ceiling / 0.05 - 1) * np.exp(-rate * years))


def richardson_race(p: Any, goodwill: float, years: float) -> Any:
    """Arms of both states: the matrix exponential of x' = M x + g from (1, 1)."""
    found = []
    for k, l, a, b, g in zip(  # noqa: E741 (the letters of the literature)
        p["defence_a"],
        p["defence_b"],
        p["fatigue_a"],
        p["fatigue_b"],
        p["grievance_a"],
        strict=True,
    ):
        matrix = np.array([[-a, k], [l, -b]])
        grievance = np.array([g, 0.2 * (1 - goodwill)])
        rest = -np.linalg.solve(matrix, grievance)
        found.append(rest + expm(matrix * years) @ (np.ones(2) - rest))
    return np.array(found).T


def order_of(errors: list[float]) -> float:
    """The exponent with which the error falls as the step is halved."""
    return float(np.log2(errors[0] / errors[-1]) / (len(errors) - 1))


def test_logistic_growth_converges_to_its_formula() -> None:
    model = load("logistic").model
    errors = []
    for times in (1, 2, 4, 8):
        found, p = run(refined(model, times), "support_early", "quiet")
        exact = logistic_growth(p, 1.0, 5.0)
        errors.append(float(np.max(np.abs(found - exact))))
    assert errors[0] < 0.02  # Euler at a month: dt * rate^2 * x / 8 at its steepest
    assert order_of(errors) == pytest.approx(1.0, abs=0.05)


def test_richardson_converges_to_its_formula() -> None:
    model = load("richardson").model
    errors = []
    for times in (1, 2, 4, 8):
        found, p = run(refined(model, times), "arms_a_end", "armed_grievance")
        exact = richardson_race(p, 0.0, 40.0)[0]
        calm = p["fatigue_a"] * p["fatigue_b"] > p["defence_a"] * p["defence_b"]
        errors.append(float(np.max(np.abs(found - exact)[calm] / exact[calm])))
    assert errors[0] < 0.02
    assert order_of(errors) == pytest.approx(1.0, abs=0.1)


def test_richardson_comes_to_rest_where_it_should() -> None:
    found, p = run(
        load("richardson").model,
        "arms_b_end",
        "goodwill",
        set={"defence_a": 0.1, "defence_b": 0.1, "fatigue_a": 0.5, "fatigue_b": 0.4},
    )
    k, l, a, b = 0.1, 0.1, 0.5, 0.4  # noqa: E741
    rest = l * p["grievance_a"] / (a * b - k * l)  # (l g + a h) / (ab - kl) with h = 0
    assert found == pytest.approx(rest, rel=1e-4, abs=1e-5)


def test_stability_is_where_fatigue_outweighs_defence() -> None:
    found, p = run(load("richardson").model, "stable", "goodwill")
    stable = p["fatigue_a"] * p["fatigue_b"] > p["defence_a"] * p["defence_b"]
    assert 0 < stable.sum() < len(stable)
    assert np.array_equal(found > 0.5, stable)


@pytest.mark.parametrize("mimicry", [0.65, 0.8])
def test_trust_is_a_martingale_and_drifts_by_its_divergence(mimicry: float) -> None:
    s = 0.3
    fixed = {"gesture_if_trustworthy": s, "mimicry": mimicry}
    argument = load("trust")
    ends = {}
    for kind in (0, 1):
        result = argument.run(
            scenarios=8,
            replications=512,
            set={**fixed, "trustworthy": kind},
            precision="float64",
        )
        ends[kind] = result.dataset
    # E[posterior] = prior when the types are drawn as the watcher believes: half and half.
    posterior = 0.5 * (ends[0]["trust_end"].mean() + ends[1]["trust_end"].mean())
    assert float(posterior) == pytest.approx(0.5, abs=0.02)
    # The drift under the trustworthy type is KL(s || s m) a month, for 60 months.
    b = s * mimicry
    divergence = s * np.log(s / b) + (1 - s) * np.log((1 - s) / (1 - b))
    spread = np.sqrt(60 * s * (1 - s)) * abs(np.log(s / b) - np.log((1 - s) / (1 - b)))
    drift = float(ends[1]["trust_logodds_end"].mean())
    assert 60 * divergence + 4 * spread < 12.0, "the belief's bound must be out of reach"
    assert drift == pytest.approx(60 * divergence, abs=4 * spread / np.sqrt(8 * 512))


def test_cooperation_needs_kydds_threshold() -> None:
    """With a sharp choice, the watcher cooperates when trust is above (P-S)/((P-S)+(R-T)) = 2/3."""
    model = load("trust").model
    sharp = dataclasses.replace(
        model,
        choices=tuple(
            dataclasses.replace(c, rationality=dataclasses.replace(c.rationality, value=1e4))  # type: ignore[type-var]
            for c in model.choices
        ),
        digest="sharp",
    )
    result = Argument(sharp).run(
        scenarios=16, replications=8, trajectories=["trust", "answer"], precision="float64"
    )
    trust, answer = result.paths("trust"), result.paths("answer")
    # An answer is in force from the step after the trust that it was chosen on.
    assert np.array_equal(answer[..., 1:] > 0.5, trust[..., :-1] > 2 / 3)
