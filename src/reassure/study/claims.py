"""Test the claims of an argument, scenario by scenario."""

# ruff: noqa: PT028  (`test_claims` is no test of pytest's)

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.engine.causal import CausalGraph, causal_graph
from reassure.model.checked import Arm, Cause, Claim, Model
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.claim_results import ClaimResult, ClaimsResult
from reassure.study.claim_standing import claim_standing
from reassure.study.contrasts import Contrast, Course, contrasts, courses
from reassure.study.design import Design, Joint
from reassure.study.hinges import Hinge, hinges, percent, two_figures
from reassure.study.provenance import provenance
from reassure.study.roads import Roads
from reassure.study.settings import Values, check_policy, fixed_values
from reassure.study.staging import Runner, Trial, run_stages, stages
from reassure.study.verdict import Label, Shares, Thresholds, shares, verdict

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

__all__ = ["ClaimResult", "ClaimsResult", "test_claims"]


def test_claims(
    model: Model,
    *,
    claims: Sequence[str | int] | None = None,
    scenarios: int = 128,
    replications: int = 16,
    max_replications: int = 256,
    seed: int = 0,
    design: str | Joint = "sobol",
    policy: str | None = None,
    set: Values | None = None,
    thresholds: Thresholds | None = None,
    graph: CausalGraph | None = None,
    runner: Runner | None = None,
    progress: Progress | None = None,
) -> ClaimsResult:
    """Test claims of ``model`` in each of ``scenarios`` draws of its parameters.

    Args:
        claims: ids or numbers; None for all.
        replications: draws of chance in each scenario at first; those still undetermined get as
            many again, in stages, up to ``max_replications``.
        policy: replaces the first policy of the file as the ground of claims that vary no policy.
        set: parameters and levers to fix in every arm that does not set them, in their own units.
        thresholds: where the verdicts part; None for the documented ones.
        graph: the model's causal graph, if it is at hand.
        runner: what runs the futures; None for the compiled model.
        progress: called with (futures done, futures expected); more are expected as stages are
            added.

    Returns:
        A result for each claim. Ctrl-C gives what is done so far, with ``complete`` False.

    Raises:
        UsageError: an unknown claim, policy or setting, or counts below 1.
    """
    began = time.perf_counter()
    for name, count in (("scenarios", scenarios), ("replications", replications)):
        if count < 1:
            raise UsageError(f"{name} is {count}", "ask for at least 1")
    limits = thresholds or Thresholds()
    chosen = [_grounded(model, claim, policy, set) for claim in _chosen(model, claims)]
    every_road = Roads(model, graph or causal_graph(model))
    drawn = Design(model, design, seed, scenarios)
    trials = {
        claim.name: _trial(claim, every_road, scenarios)
        for claim in chosen
        if not claim.not_testable
    }
    plan = stages(replications, max(replications, max_replications))
    done, complete = 0, True
    if trials:
        if runner is None:
            from reassure.study.courses import EngineRunner  # it brings the compiler with it

            held = {course.hold for trial in trials.values() for course in trial.courses}
            runner = EngineRunner(model, drawn, scenarios, sorted(held - {""}))
        names = tuple(outcome.name for outcome in model.outcomes)
        done, complete = run_stages(list(trials.values()), runner, names, plan, limits, progress)
    values = drawn.parameters(0, scenarios)
    results = tuple(
        _tested(model, trials[claim.name], every_road, values, limits)
        if claim.name in trials
        else _untested(claim)
        for claim in chosen
    )
    return ClaimsResult(
        model=model.name,
        title=model.title,
        scenarios=scenarios,
        replications=replications,
        max_replications=plan[-1],
        thresholds=limits,
        futures=done,
        seconds=time.perf_counter() - began,
        complete=complete,
        provenance=provenance(
            model, seed=seed, design=drawn.label, settings=set or None, policy=policy
        ),
        results=results,
        games=getattr(runner, "games", {}),
    )


test_claims.__test__ = False  # type: ignore[attr-defined]  # its name looks like a test to pytest


def _chosen(model: Model, wanted: Sequence[str | int] | None) -> tuple[Claim, ...]:
    if wanted is None:
        return model.claims
    known = {claim.name: claim for claim in model.claims}
    known |= {str(claim.number): claim for claim in model.claims if claim.number is not None}
    for name in wanted:
        if str(name) not in known:
            remedy = suggest(str(name), known) or "see `reassure show` for the model's claims"
            raise UsageError(f"the model makes no claim {quote(name)}", remedy)
    names = {known[str(name)].name for name in wanted}
    return tuple(claim for claim in model.claims if claim.name in names)


def _grounded(model: Model, claim: Claim, policy: str | None, fixed: Values | None) -> Claim:
    """The claim on the ground that the user asks for."""
    levers, parameters = fixed_values(model, fixed)
    first = model.policies[0].name if model.policies else ""
    ground = None if policy is None else check_policy(model, policy)

    def moved(arm: Arm, varies: bool) -> Arm:
        named = arm.policy if varies or ground is None or arm.policy != first else ground
        taken = {name for name, _ in (*arm.parameters, *arm.quantiles)}
        set_ = {name for name, _ in arm.settings}
        return replace(
            arm,
            policy=named,
            settings=(*((n, v) for n, v in levers if n not in set_), *arm.settings),
            parameters=(*((n, v) for n, v in parameters if n not in taken), *arm.parameters),
        )

    def caused(cause: Cause) -> Cause:
        varies = cause.low.policy != cause.high.policy
        return replace(cause, low=moved(cause.low, varies), high=moved(cause.high, varies))

    varies = len({arm.policy for arm in claim.arms}) > 1
    return replace(
        claim,
        causes=tuple(caused(cause) for cause in claim.causes),
        arms=tuple(moved(arm, varies) for arm in claim.arms),
    )


def _trial(claim: Claim, every_road: Roads, scenarios: int) -> Trial:
    found = contrasts(claim)
    roads = every_road.under(_policies(courses(found)))
    roots = {name for cause in claim.causes for name, _ in cause.roots}

    def certain(contrast: Contrast) -> bool:
        # No chance in what is read, or the same futures on both sides of a contrast.
        if not any(roads.chance_reaches(name) for name in contrast.outcomes):
            return True
        balanced = sum(term.weight for term in contrast.terms) == 0 and contrast.offset == 0
        reached = any(roads.cause_reaches(roots, name) for name in contrast.outcomes)
        return bool(claim.causes) and balanced and not reached

    return Trial.of(claim, found, tuple(certain(item) for item in found), scenarios)


def _tested(
    model: Model, trial: Trial, every_road: Roads, values: Array, limits: Thresholds
) -> ClaimResult:
    claim, labels = trial.claim, trial.labels
    roads = every_road.under(_policies(trial.courses))
    found = shares(labels)
    reached = verdict(found, claim.modality, limits)
    kind, reason = claim_standing(roads, claim)
    effect = trial.effect[np.isfinite(trial.effect)]
    quantiles = None
    if len(effect):
        low, middle, high = (float(q) for q in np.quantile(effect, [0.05, 0.5, 0.95]))
        quantiles = (low, middle, high)
    hinge = Hinge("")
    if reached != "holds" and trial.replications.any():
        hinge = _hinge(model, trial, roads, values)
    outcome = next(item for item in model.outcomes if item.name == claim.outcomes[0])
    return _result(
        claim,
        found,
        standing=kind,
        standing_reason=reason,
        verdict=reached,
        applicable=float(trial.applicable.mean()),
        estimand=trial.contrasts[0].label,
        effect=quantiles,
        unit=outcome.unit.text,
        replications=int(trial.replications.max()),
        replications_needed=_needed(trial),
        hinges=hinge.line,
        hinge=hinge,
        note=_note(model, trial),
        labels=tuple(Label(item) for item in labels),
    )


def _untested(claim: Claim) -> ClaimResult:
    return _result(
        claim,
        shares(np.zeros(0, dtype=np.int8)),
        standing="",
        standing_reason="",
        verdict="not testable",
        applicable=0.0,
        estimand="",
        effect=None,
        unit="",
        replications=0,
        replications_needed=0,
        hinges="",
        hinge=Hinge(""),
        note=claim.not_testable,
        labels=(),
    )


def _result(claim: Claim, found: Shares, **fields: Any) -> ClaimResult:
    return ClaimResult(
        id=claim.name,
        number=claim.number,
        text=claim.text,
        cites=claim.about.cites,
        form=claim.form,
        modality=claim.modality,
        believer=claim.believer,
        supports=found.supports,
        contradicts=found.contradicts,
        no_effect=found.no_effect,
        undetermined=found.undetermined,
        intervals=found.intervals,
        scenarios=found.scenarios,
        smallest_effect=claim.smallest_effect,
        smallest_because=claim.smallest_because,
        **fields,
    )


def _needed(trial: Trial) -> int | None:
    """Replications that would settle nine in ten of the undetermined scenarios."""
    open_ = trial.needed[trial.labels == Label.UNDETERMINED]
    if not len(open_):
        return 0
    count = float(np.quantile(open_, 0.9, method="higher"))
    return int(float(two_figures(count))) if np.isfinite(count) and count < 1e7 else None


def _hinge(model: Model, trial: Trial, roads: Roads, values: Array) -> Hinge:
    labels, claim = trial.labels, trial.claim
    supports = labels == Label.SUPPORTS
    fails = (labels == Label.CONTRADICTS) | (labels == Label.NO_EFFECT)
    first = trial.contrasts[0]
    toward = -np.abs(trial.effect) if first.null else first.sign * trial.effect
    arms = [course.arm for course in trial.courses]
    fixed = {name for arm in arms for name, _ in (*arm.parameters, *arm.quantiles)}
    read = [*claim.outcomes, *([claim.condition] if claim.condition else [])]
    able = roads.parameters(read) - fixed
    return hinges(supports, fails, toward, values, model.parameters, candidates=able)


def _note(model: Model, trial: Trial) -> str:
    """What a reader must know besides the shares."""
    claim, said = trial.claim, []
    if claim.modality == "believes":
        said.append(f"as believed by {claim.believer}")
    if claim.form == "mediated":
        where = (
            "its path in the low arm"
            if claim.held == "baseline"
            else f"{two_figures(float(claim.held))} in both arms"
        )
        said.append(f"{claim.through} held at {where}")
    if trial.condition:
        said.append(
            f"applies to {percent(float(trial.applicable.mean()))} of futures, those in which "
            f"{trial.condition} holds in all arms"
        )
    used = _policies(trial.courses)
    seeing = [item.name for item in model.policies if item.clairvoyant and item.name in used]
    if seeing:
        said.append(f"{', '.join(seeing)} is clairvoyant: its rules see what no government could")
    if _far_below(trial):
        said.append(
            "no scenario's effect reached half of the smallest effect, "
            f"{claim.smallest_effect:g}: is it in the outcome's unit?"
        )
    if trial.broken:
        said.append("an outcome is not a finite number in some futures")
    needed = _needed(trial)
    if needed is None:
        said.append("the effect lies too near the edge of what matters to plan for")
    elif needed:
        said.append(f"about {needed:,} replications would settle nine in ten open scenarios")
    return "; ".join(said)


def _far_below(trial: Trial) -> bool:
    """Whether there are effects, and none comes near what is said to matter."""
    sizes = np.abs(trial.effect[np.isfinite(trial.effect)])
    if not len(sizes) or trial.contrasts[0].null:  # to be near zero is what a null claims
        return False
    return bool(0 < sizes.max() < trial.claim.smallest_effect / 2)


def _policies(every: Sequence[Course]) -> frozenset[str]:
    """Names of the policies in force in any of these courses."""
    arms = [arm for course in every for arm in (course.arm, course.along) if arm is not None]
    return frozenset(part for arm in arms for part in arm.policy.split("+") if part)
