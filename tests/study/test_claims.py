"""Claims of small models with known answers, run on the plain interpreter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reassure.engine.interpreter import interpret
from reassure.model.checked import (
    Arm,
    Cause,
    Claim,
    Constant,
    Model,
    Policy,
    Rule,
)
from reassure.model.expression import Ref
from reassure.model.mistakes import UsageError
from reassure.study.claims import ClaimResult, ClaimsResult, test_claims
from reassure.study.contrasts import Course
from reassure.study.design import Design
from reassure.study.staging import stages
from small_models import Draft


class Interpreted:
    """Runs courses with the interpreter, and notes what it was asked for."""

    def __init__(self, model: Model, seed: int = 0, stop_after: int | None = None) -> None:
        self.model, self.seed = model, seed
        self.calls: list[tuple[int, int, int]] = []
        self.stop_after = stop_after

    def __call__(
        self, courses: Sequence[Course], scenarios: np.ndarray, first: int, count: int
    ) -> Iterator[tuple[Course, np.ndarray]]:
        if self.stop_after is not None and len(self.calls) >= self.stop_after:
            raise KeyboardInterrupt
        self.calls.append((len(courses), len(scenarios), count))
        design = Design(self.model, "sobol", self.seed)
        lanes = (
            np.repeat(scenarios, count),
            np.tile(np.arange(first, first + count), len(scenarios)),
        )
        for course in courses:
            paths = {}
            if course.along is not None:
                paths = self._run(design, course.along, lanes, [course.hold]).paths
            found = self._run(design, course.arm, lanes, [], paths).outcomes
            names = [outcome.name for outcome in self.model.outcomes]
            table = np.stack([found[name] for name in names], axis=-1)
            yield course, table.reshape(len(scenarios), count, len(names))

    def _run(
        self,
        design: Design,
        arm: Arm,
        lanes: tuple[np.ndarray, np.ndarray],
        record: list[str],
        paths: dict[str, np.ndarray] | None = None,
    ) -> Any:
        table = design.for_arm(arm).parameters(0, int(lanes[0].max()) + 1)[lanes[0]]
        plain = replace(arm, parameters=(), quantiles=())
        return interpret(
            self.model, plain, table, *lanes, self.seed, "sobol", held_paths=paths, record=record
        )


def world() -> Model:
    """effort raises trust by `power` (0 to 1) a year; a coin may fall; luck blurs trust."""
    model = (
        Draft()
        .parameter("power", 0.0, 1.0)
        .parameter("drag", 0.0, 0.001)
        .parameter("other", 0.0, 1.0)
        .lever("effort")
        .lever("rest")
        .lever("idle")
        .noise("luck", "0.3")
        .event("quarrel", "2 * (1 - effort * power)")
        .stock("trust", "power * effort - 0.2 * rest + luck", initial=1.0, low=-9.0, high=9.0)
        .stock("calm", "power * effort - drag", initial=1.0, low=-9.0, high=9.0)
        .auxiliary("heat", "quarrel")
        .outcome("spare", "other")
        .outcome("trust_end", "trust")
        .outcome("calm_end", "calm")
        .outcome("trusting", "trust > 2", "reached")
        .outcome("quarrels", "heat", "sum")
        .outcome("quarrelled", "heat > 0", "reached")
        .model()
    )
    setting = (("effort", Constant(1.0)),)
    rule = (("effort", Rule(Ref("luck"))),)
    return replace(
        model,
        policies=(Policy("drift", ()), Policy("managed", setting), Policy("seer", rule, True)),
    )


WORLD = world()
MANAGED = Cause("policy", Arm("drift"), Arm("managed"), (("effort", 1),))


def lever(name: str, low: float = 0.0, high: float = 1.0) -> Cause:
    arms = (Arm("drift", settings=((name, value),)) for value in (low, high))
    return Cause(name, *arms, ((name, 1),))


def claim(name: str, form: str = "effect", **fields: Any) -> Claim:
    basic = Claim(
        name=name,
        number=None,
        text=f"it is said that {name}",
        form=form,
        modality="asserts",
        believer="",
        sign=1,
        outcomes=("trust_end",),
        causes=(MANAGED,),
        smallest_effect=0.2,
    )
    return replace(basic, **fields)


def judged(*claims: Claim, model: Model = WORLD, **options: Any) -> ClaimsResult:
    model = replace(model, claims=claims)
    options = {"scenarios": 32, "runner": Interpreted(model)} | options
    return test_claims(model, **options)


def only(one: Claim, **options: Any) -> ClaimResult:
    (found,) = judged(one, **options).results
    return found


def test_an_effect_is_supported_where_it_exceeds_what_matters() -> None:
    found = only(claim("a"), scenarios=64)
    # Two years of effort raise trust by 2 * power, which exceeds 0.2 where power is above 0.1.
    assert found.supports == pytest.approx(0.9, abs=0.06)
    assert found.contradicts == 0.0
    assert found.effect is not None
    assert found.effect[1] == pytest.approx(1.0, abs=0.1)
    low, high = found.intervals[0]
    assert low < 0.9 < high


def test_the_line_of_hinges_names_the_parameter_that_matters() -> None:
    found = only(claim("a", smallest_effect=1.0), scenarios=64)
    assert found.verdict == "contested"
    assert found.hinges.startswith("fails mainly where power is low (below 0.")
    assert "other" not in found.hinges
    assert found.as_json()["hinge"][0]["parameter"] == "power"
    assert only(claim("a", smallest_effect=0.0)).hinges == ""


def test_directions_and_modalities() -> None:
    results = judged(
        claim("against", sign=-1),
        claim("may", smallest_effect=1.7, modality="may"),
        claim("asserted", smallest_effect=1.7),
        claim("never", smallest_effect=9.0),
    )
    assert results["against"].verdict == "fails"
    assert results["may"].verdict == "holds"
    assert results["asserted"].verdict == "fails"
    assert results["never"].verdict == "idle"
    assert results["never"].hinges.startswith("weakest where power is low")


def test_without_chance_the_first_stage_decides() -> None:
    found = only(claim("calm", outcomes=("calm_end",), smallest_effect=0.02), max_replications=999)
    assert found.replications == 16
    assert found.undetermined == 0.0
    assert found.supports > 0.95


def test_without_a_road_the_first_stage_decides_and_says_so() -> None:
    one = claim("idle", causes=(lever("idle"),), outcomes=("quarrelled",))
    found = only(one, max_replications=999)
    assert (found.standing, found.verdict, found.replications) == ("no path", "idle", 16)
    assert found.no_effect == 1.0


def test_rare_truths_need_more_replications_and_say_how_many() -> None:
    one = claim("quarrel", outcomes=("quarrelled",), sign=-1, smallest_effect=0.05)
    few = only(one, max_replications=16)
    more = only(one, max_replications=256)
    assert few.undetermined > 0.5
    assert more.undetermined < few.undetermined
    assert few.replications_needed is None or few.replications_needed > 16
    assert more.replications <= 256


def test_only_open_scenarios_run_on_and_shared_arms_run_once() -> None:
    model = replace(WORLD, claims=(claim("a"), claim("b", outcomes=("quarrels",), sign=-1)))
    runner = Interpreted(model)
    found = test_claims(model, scenarios=32, runner=runner)
    assert runner.calls[0] == (2, 32, 16)
    assert all(scenarios < 32 for _, scenarios, _ in runner.calls[1:])
    assert [count for _, _, count in runner.calls[1:3]] == [16, 32]
    assert found.futures == sum(courses * rows * count for courses, rows, count in runner.calls)


def test_a_scenario_whose_plan_is_far_beyond_the_cap_is_given_up() -> None:
    # Two quarrels fewer in two years in every scenario, exactly what matters: no count would do.
    one = claim("edge", outcomes=("quarrels",), sign=-1, smallest_effect=2.0)
    model = replace(WORLD, claims=(one,))
    runner = Interpreted(model)
    options = {"scenarios": 32, "max_replications": 1024, "set": {"power": 0.5}}
    (found,) = test_claims(model, runner=runner, **options).results
    assert found.undetermined > 0.9
    assert found.replications_needed is None or found.replications_needed > 2048
    assert runner.calls[-1][1] < 16  # by the last stage most of them had been given up


def test_forms_with_known_answers() -> None:
    rest = lever("rest")
    effort = lever("effort")
    results = judged(
        claim("none", "no_effect", outcomes=("quarrels",), causes=(rest,)),
        claim("sum", "interaction", causes=(effort, rest)),
        claim("stronger", "comparative", causes=(effort, rest), modality="likely"),
        claim("weaker", "comparative", causes=(lever("idle"), effort)),
        claim("levels", "ordering", causes=(), arms=(Arm("drift"), Arm("managed"))),
        claim("short", "insufficiency", target=9.0),
        claim("there", "existence", causes=(), arms=(Arm("managed"),), outcomes=("trusting",)),
        claim(
            "step",
            "threshold",
            causes=(lever("effort", 0.0, 1.0),),
            arms=tuple(Arm("drift", settings=(("effort", x),)) for x in (0.0, 0.5, 1.0)),
        ),
    )
    assert results["none"].verdict == "holds"
    assert results["sum"].verdict == "idle"
    # 2 * power against 0.4: stronger by 0.2 where power is above 0.3.
    assert results["stronger"].supports == pytest.approx(0.7, abs=0.1)
    assert results["weaker"].verdict == "fails"
    assert results["levels"].supports == pytest.approx(0.9, abs=0.1)
    assert results["short"].verdict == "holds"
    assert results["there"].supports > 0.2
    assert results["step"].verdict in ("fails", "idle")


def test_a_steady_effect_does_not_hide_a_rare_one() -> None:
    # Trust rises by 0.1 in nearly all futures, and by 30 in one in 25; single precision blurs 0.1.
    model = (
        Draft()
        .lever("effort")
        .noise("luck", "0.3")
        .event("windfall", "0.02 * effort")
        .stock("trust", "luck + 0.05 * effort", 1.0, jump="30 * windfall", low=-99.0, high=999.0)
        .outcome("trust_end", "trust")
        .model()
    )
    managed = Policy("managed", (("effort", Constant(1.0)),))
    model = replace(model, policies=(Policy("drift", ()), managed))
    found = judged(claim("a"), model=model, max_replications=16, runner=None)["a"]
    assert found.effect is not None
    assert found.effect[1] == pytest.approx(0.1, abs=1e-3)
    assert (found.no_effect, found.undetermined) == (0.0, 1.0)


def test_mediation_takes_the_road_through_the_mediator() -> None:
    model = (
        Draft()
        .parameter("direct", 0.0, 1.0)
        .lever("effort")
        .noise("luck", "0.1")
        .stock("trust", "effort - trust", initial=0.0, low=-9.0, high=9.0)
        .auxiliary("gain", "trust + direct * effort + luck")
        .outcome("gain_mean", "gain", "mean")
        .model()
    )
    managed = Policy("managed", (("effort", Constant(1.0)),))
    model = replace(model, policies=(Policy("drift", ()), managed))
    one = claim("m", "mediated", through="trust", outcomes=("gain_mean",))
    found = only(one, model=model)
    assert found.verdict == "holds"  # trust carries more than 0.2 whatever `direct` is
    assert "trust held at its path in the low arm" in found.note
    assert found.standing == "derived"
    constant = only(replace(one, held="0.0"), model=model)
    assert constant.verdict == "holds"
    assert "trust held at 0 in both arms" in constant.note
    luckless = only(replace(one, through="luck"), model=model)
    assert luckless.standing == "no path"
    assert luckless.verdict == "idle"


def test_a_conditional_reports_where_it_applies() -> None:
    one = claim("c", "conditional", condition="quarrelled", smallest_effect=0.0)
    found = only(one)
    assert 0.0 < found.applicable < 1.0
    assert "of futures" in found.note
    nowhere = only(replace(one, condition="trusting", causes=(lever("rest", 0.0, 9.0),)))
    assert nowhere.applicable < 0.2
    assert nowhere.supports + nowhere.contradicts + nowhere.no_effect + nowhere.undetermined == 1.0


def test_standing_is_derived_from_the_graph() -> None:
    results = judged(
        claim("assumed", causes=(lever("rest"),), sign=-1),
        claim("size", "insufficiency", target=9.0),
        claim("road", causes=(lever("idle"),)),
    )
    assert results["assumed"].standing == "assumed"
    assert results["size"].standing == "derived"
    assert "size" in results["size"].standing_reason
    assert results["road"].standing == "no path"


def test_what_is_not_testable_says_why() -> None:
    found = only(claim("u", "", not_testable="no record of it exists"))
    assert (found.verdict, found.standing) == ("not testable", "")
    assert found.note == "no record of it exists"
    assert found.supports + found.contradicts + found.no_effect + found.undetermined == 1.0


def test_notes_say_whose_belief_and_who_is_clairvoyant() -> None:
    cause = Cause("p", Arm("drift"), Arm("seer"), (("effort", 0),))
    found = only(claim("b", causes=(cause,), modality="believes", believer="JPN"))
    assert "as believed by JPN" in found.note
    assert "seer is clairvoyant" in found.note


def test_a_smallest_effect_beyond_every_effect_is_asked_about() -> None:
    said = (
        "no scenario's effect reached half of the smallest effect, 5: is it in the outcome's unit?"
    )
    far = only(claim("far", smallest_effect=5.0))  # trust rises by 2 at most
    assert far.verdict == "idle"
    assert said in far.note
    for usual in (claim("near", smallest_effect=3.9), claim("usual")):
        assert "half of the smallest" not in only(usual).note
    null = only(claim("null", "no_effect", sign=0, smallest_effect=5.0))
    assert null.note == ""  # to have next to no effect is what it claims
    nothing = only(claim("nothing", causes=(lever("rest"),), outcomes=("calm_end",)))
    assert "half of the smallest" not in nothing.note  # no effect at all is no question of units


def test_the_ground_and_fixed_values_are_the_users_to_set() -> None:
    one = claim("r", causes=(lever("rest"),), sign=-1, outcomes=("calm_end",))
    values = judged(one, set={"power": 0.5}, policy="managed")
    assert values["r"].verdict == "idle"
    fixed = judged(claim("a", outcomes=("calm_end",)), set={"power": 0.5})["a"]
    assert fixed.effect == pytest.approx((1.0, 1.0, 1.0))
    with pytest.raises(UsageError, match="neither a parameter nor a lever"):
        judged(one, set={"powr": 0.5})
    with pytest.raises(UsageError, match="no policy"):
        judged(one, policy="manged")


def test_one_claim_is_one_claim() -> None:
    assert judged(claim("a")).summary().startswith("1 claim: ")
    assert judged(claim("a"), claim("b")).summary().startswith("2 claims: ")


def test_claims_are_chosen_by_id_or_number() -> None:
    pair = (claim("a", number=8), claim("b"))
    assert [item.id for item in judged(*pair, claims=["8"]).results] == ["a"]
    assert [item.id for item in judged(*pair, claims=["b", 8]).results] == ["a", "b"]
    with pytest.raises(UsageError, match="makes no claim 'c'"):
        judged(*pair, claims=["c"])


def test_an_interruption_says_what_is_done() -> None:
    model = replace(WORLD, claims=(claim("a"), claim("b", outcomes=("quarrelled",))))
    nothing = test_claims(model, scenarios=8, runner=Interpreted(model, stop_after=0))
    assert not nothing.complete
    assert {item.verdict for item in nothing.results} == {"undetermined"}
    first = test_claims(model, scenarios=8, runner=Interpreted(model, stop_after=1))
    assert not first.complete
    assert first["a"].supports >= 0.5


def test_the_same_seed_gives_the_same_result_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    options: dict[str, Any] = {"progress": lambda done, total: told.append((done, total))}
    first, second = judged(claim("a"), **options), judged(claim("a"))
    assert [item.as_json() for item in first.results] == [item.as_json() for item in second.results]
    assert told[-1][0] == first.futures
    assert all(done <= total for done, total in told)


def test_the_compiled_model_runs_the_same_courses() -> None:
    from reassure.study.courses import EngineRunner

    fixed = Arm("drift", parameters=(("power", 0.5),), quantiles=(("other", 0.1),))
    every = [
        Course(Arm("drift")),
        Course(Arm("managed", do=(("calm", 2.0),))),
        Course(fixed),
        Course(Arm("managed"), "trust", Arm("drift")),
    ]
    rows = np.array([1, 4, 5, 30])
    engine = EngineRunner(WORLD, Design(WORLD, "sobol", 0), 32, ["trust", "calm"])
    compiled = dict(engine(every, rows, 8, 6))
    plain = dict(Interpreted(WORLD)(every, rows, 8, 6))
    assert compiled.keys() == plain.keys() == set(every)
    for course in every:
        np.testing.assert_allclose(compiled[course], plain[course], rtol=1e-4, atol=1e-4)


def test_json_keeps_the_contract() -> None:
    found = judged(claim("a", number=8), claim("u", "", not_testable="why"))
    data = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert data["schema"] == 1
    assert data["model"] == "small"
    wanted = {"id", "number", "text", "cites", "form", "modality", "standing", "verdict"}
    wanted |= {"supports", "contradicts", "no_effect", "undetermined", "applicable"}
    for item in data["claims"]:
        assert wanted <= set(item)
        parts = (item["supports"], item["contradicts"], item["no_effect"], item["undetermined"])
        assert sum(parts) == 1.0
    assert [item["number"] for item in data["claims"]] == [8, None]
    assert "<table>" in found._repr_html_()
    assert "2 claims" in found.summary()
    assert found.thresholds_note == ""


def test_stages_double_up_to_the_cap() -> None:
    assert stages(16, 256) == (16, 32, 64, 128, 256)
    assert stages(16, 100) == (16, 32, 64, 100)
    assert stages(16, 16) == (16,)
