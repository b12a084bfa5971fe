"""The public interface: load an argument, run it, test its claims, tell a future, write a brief."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassure.model.checked import Model
from reassure.model.load import Report
from reassure.model.load import check as _check
from reassure.model.load import load as _load
from reassure.model.mistakes import UsageError

if TYPE_CHECKING:
    from reassure.engine.causal import CausalGraph, Loop
    from reassure.history.backtest import Backtest
    from reassure.history.fit.posterior import Posterior
    from reassure.history.ledger import Ledger
    from reassure.history.nowcast import Nowcast
    from reassure.history.otherwise import Counterfactual
    from reassure.history.record import RecordResult
    from reassure.history.weighing import Weighing
    from reassure.report.brief import Brief
    from reassure.report.picture import Picture
    from reassure.report.solved_game import SolvedGame
    from reassure.report.story import Story
    from reassure.study.claims import ClaimsResult
    from reassure.study.comparison import Comparison
    from reassure.study.result import RunResult

Progress = Callable[[int, int], None]
"""Called with (futures done, futures in all) as work goes on."""

Values = Mapping[str, float | str]
"""What ``set=`` takes: a parameter or lever and its value in its own unit, or an option's name."""

__all__ = [
    "Argument",
    "backtest",
    "check",
    "compare",
    "ledgers",
    "load",
    "load_ledger",
    "models",
    "weigh",
]


def models() -> tuple[str, ...]:
    """Names of the bundled models."""
    from reassure.model.bundled import names

    return names()


def ledgers() -> tuple[str, ...]:
    """Names of the bundled ledgers."""
    from reassure.history.ledger import bundled_ledgers

    return bundled_ledgers()


def load_ledger(ledger: str | Path) -> Ledger:
    """Load a ledger of history: a bundled one by name, or any by the path of its folder.

    Raises:
        ModelError: with every mistake of its files, each with file, line, field and remedy.
    """
    from reassure.history.ledger import load_ledger

    return load_ledger(ledger)


def check(path_or_name: str | Path, *, known_by: str | None = None) -> Report:
    """Every mistake and warning of a model file, without raising for them.

    Where the file is in order and names a ledger, what it names of that ledger is looked up, too.

    Returns:
        a report with ``mistakes``, ``warnings`` and, if there are no mistakes, the checked ``model``.
    """
    report = _check(path_or_name, known_by=known_by)
    if report.model is None or report.source is None or not report.model.ledger:
        return report
    from reassure.history.references import unresolved

    lacking = unresolved(report.model, report.source)
    return Report(None, lacking, report.warnings) if lacking else report


def load(path_or_name: str | Path, *, known_by: str | None = None) -> Argument:
    """Load a model file by its path, or a bundled model by its name.

    Args:
        known_by: a date (``2007-02``): a strict reading, without what the file says became known later.

    Raises:
        ModelError: with all the mistakes of the file.
    """
    return Argument(_load(path_or_name, known_by=known_by))


def compare(
    *readings: str | Path | Argument,
    scenarios: int = 128,
    replications: int = 16,
    max_replications: int = 256,
    seed: int = 0,
    design: str = "sobol",
    posterior: str | Path | Posterior | None = None,
    policy: str | None = None,
    set: Values | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Test the claims of several readings and put the verdicts side by side.

    The arguments are those of :meth:`Argument.claims`, and hold for every reading; a single one with a
    posterior is compared with itself, before the record and after it. Ctrl-C gives what is done so far.

    Raises:
        ModelError: a reading has mistakes.
        UsageError: a reading has no such policy or setting.
    """
    from reassure.study.comparison import compare as match

    arguments = [item if isinstance(item, Argument) else load(item) for item in readings]
    asked = [(argument, argument.model.name, posterior) for argument in arguments]
    if posterior is not None and len(arguments) == 1:
        name = arguments[0].model.name
        asked = [
            (arguments[0], f"{name} before", None),
            (arguments[0], f"{name} after its record", posterior),
        ]
    results: list[ClaimsResult] = []
    for argument, _, source in asked:
        results.append(
            argument.claims(
                scenarios=scenarios,
                replications=replications,
                max_replications=max_replications,
                seed=seed,
                design=design,
                posterior=source,
                policy=policy,
                set=set,
                progress=progress,
            )
        )
        if not results[-1].complete:
            break
    return match(results, [name for _, name, _ in asked[: len(results)]])


def _drawn(design: str, posterior: str | Path | Posterior | None) -> str | Posterior:
    """What scenarios are drawn from."""
    if posterior is None:
        return design
    from reassure.history.fit.posterior import drawn_from

    return drawn_from(design, posterior)


def _refuse_without_record(**given: object) -> None:
    """Refuse what goes with ``from_record`` alone."""
    for name, value in given.items():
        if value is not None:
            raise UsageError(
                f"--{name.replace('_', '-')} goes with --from-record",
                "say from which date the run goes on, or leave it out",
            )


def backtest(
    *readings: str | Path,
    origins: Sequence[str],
    horizon: str = "5y",
    ledger: str | Path | Ledger | None = None,
    reading: str | None = None,
    targets: Sequence[str] = (),
    policy: str = "as-it-was",
    draws: int = 1000,
    fit: bool = False,
    posterior: str | Path | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast from days in the past with what was known then, and score it against what came.

    Args:
        readings: paths or names of models: at each origin they are read anew, as they could have been
            known; the others are rivals of the first.
        origins: days from which to forecast, rising.
        horizon: how far ahead, as in ``5y``.
        ledger: a ledger, its name or its folder; None for the one that the first model names.
        reading: a reading of the ledger; None for its own.
        targets: only these measurements are scored; empty for all.
        policy: ``as-it-was``: levers stay as they were at the origin; or a policy of the models.
        draws: of parameters and chance, from each origin.
        fit: learn by Markov chains, kept in ``out``, not by a normal approximation.
        posterior: the folder ``fits`` that ``fit`` left in its ``out``, used instead.
        out: a folder in which finished forecasts are kept and from which they are taken up.
        progress: called with (forecasts done, in all).

    Returns:
        the scores, and what may be said of them. Ctrl-C gives what is done so far.

    Raises:
        ModelError: a reading has mistakes, also as read at an origin.
        UsageError: an origin outside of what model and ledger cover, no target, or ``out`` holds
            something else.
    """
    from reassure.history.backtest import Plan, run_backtest

    plan = Plan(
        draws=draws,
        seed=seed,
        policy=policy,
        fit=fit,
        posterior=Path(posterior) if posterior is not None else None,
        targets=tuple(targets),
    )
    return run_backtest(
        readings,
        origins,
        horizon,
        ledger=ledger,
        reading=reading,
        plan=plan,
        out=Path(out) if out is not None else None,
        progress=progress,
    )


def weigh(
    *folders: str | Path,
    since: str | None = None,
    ahead: int = 1,
    unconverged: bool = False,
    seed: int = 0,
) -> Weighing:
    """Weigh fits of rival readings by how well each foretells the record from its past.

    Args:
        folders: of at least two fits of one record, as :meth:`Argument.fit` leaves them.
        since: the first date to be foretold; None for the middle of what was measured.
        ahead: steps foretold together.
        unconverged: use fits that did not converge, too, and name them as such.
        seed: of the errors of weights.

    Returns:
        the readings, best first, with differences, weights and errors; it never names a winner within them.

    Raises:
        UsageError: a fit cannot be used, or the fits are of different records.
    """
    from reassure.history.weighing import weigh as run

    return run(folders, since=since, ahead=ahead, unconverged=unconverged, seed=seed)


class Argument:
    """One argument: a checked model with everything that can be asked of it.

    Attributes:
        model: what the file means, as frozen dataclasses.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def __repr__(self) -> str:
        return f"<Argument {self.model.name}: {self.model.title}>"

    def _repr_html_(self) -> str:
        from html import escape

        from reassure.report.listing import facts

        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(key)}</th><td>{escape(value)}</td></tr>"
            for key, value in facts(self.model)
        )
        return f"<table>{rows}</table>"

    @cached_property
    def graph(self) -> CausalGraph:
        """The signed causal graph that the formulas imply."""
        from reassure.engine.causal import causal_graph

        return causal_graph(self.model)

    def run(
        self,
        policies: Sequence[str] | None = None,
        *,
        scenarios: int = 256,
        replications: int = 16,
        seed: int = 0,
        design: str = "sobol",
        posterior: str | Path | Posterior | None = None,
        set: Values | None = None,
        do: Mapping[str, float] | None = None,
        trajectories: Sequence[str] = (),
        futures: bool = True,
        precision: str = "float32",
        from_record: str | None = None,
        ledger: str | Path | Ledger | None = None,
        reading: str | None = None,
        known_by: str | None = None,
        progress: Progress | None = None,
    ) -> RunResult:
        """Run the model under each policy over the same scenarios and the same luck.

        Args:
            policies: names, several actors' joined with ``+``; None for every policy of the model.
            scenarios: draws of the uncertain parameters.
            replications: draws of chance inside each scenario.
            seed: same seed, same futures.
            design: ``sobol``, ``latin`` or ``random``.
            posterior: a fit, or its folder, whose draws are the scenarios; parameters that it does not have
                follow their priors.
            set: parameters and levers to fix, in their own units.
            do: quantities to hold at a value, in their own units.
            trajectories: quantities whose paths are kept.
            futures: keep every future's outcomes; without, memory stays flat and only summaries are kept.
            precision: ``float32`` or ``float64``.
            from_record: a date from which policies, ``set`` levers and ``do`` rule; up to it every future follows
                the record, and chance what was measured. Scenarios are not weighed, levers that a policy does not
                set stay where the record leaves them, ``as-it-happened`` is a policy too, and the precision is
                float64. None to begin with the model.
            ledger, reading: with ``from_record``, as in :meth:`record`.
            known_by: with ``from_record``, only what could be known of the record on this day; None for its date.
            progress: called with (futures done, futures in all); with ``from_record``, steps.

        Raises:
            ModelError: the ledger has mistakes.
            UsageError: an unknown policy, quantity, design or precision; a date outside of the run or the ledger, or
                a ledger that tells nothing of the model.
        """
        if from_record is not None:
            from reassure.history.from_record import run_from_record

            return run_from_record(
                self.model, ledger, at=from_record, known_by=known_by, reading=reading,
                drawn_from=_drawn(design, posterior), policies=policies, scenarios=scenarios,
                replications=replications, seed=seed, set=set, do=do, trajectories=trajectories,
                keep_futures=futures, precision=precision, progress=progress,
            )  # fmt: skip
        _refuse_without_record(ledger=ledger, reading=reading, known_by=known_by)
        from reassure.study.running import run

        return run(
            self.model,
            policies=policies,
            scenarios=scenarios,
            replications=replications,
            seed=seed,
            design=_drawn(design, posterior),
            set=set,
            do=do,
            trajectories=trajectories,
            keep_futures=futures,
            precision=precision,
            progress=progress,
        )

    def claims(
        self,
        names: Sequence[str] | None = None,
        *,
        scenarios: int = 128,
        replications: int = 16,
        max_replications: int = 256,
        seed: int = 0,
        design: str = "sobol",
        posterior: str | Path | Posterior | None = None,
        policy: str | None = None,
        set: Values | None = None,
        progress: Progress | None = None,
    ) -> ClaimsResult:
        """Test the claims scenario by scenario.

        Args:
            names: ids or numbers of claims; None for all.
            replications: draws of chance at first; undecided scenarios get more, in stages, up to
                ``max_replications``.
            posterior: a fit whose draws are the scenarios.
            policy: the ground on which claims are tested that name none of their own.

        Raises:
            UsageError: an unknown claim or policy.
        """
        from reassure.study.claims import test_claims

        return test_claims(
            self.model,
            claims=names,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            design=_drawn(design, posterior),
            policy=policy,
            set=set,
            graph=self.graph,
            progress=progress,
        )

    def record(
        self,
        names: Sequence[str] | None = None,
        *,
        ledger: str | Path | Ledger | None = None,
        reading: str | None = None,
        perturb: int = 0,
        flip: float = 0.1,
        shift: float = 0.2,
        seed: int = 0,
    ) -> RecordResult:
        """What happened, held against the claims. Nothing is simulated.

        Args:
            names: ids or numbers of claims; None for all.
            ledger: a ledger, its name or its folder; None for the one that the model names.
            reading: a reading of the ledger; None for its own.
            perturb: how many disturbed codings to try, each direction flipped with probability ``flip`` and
                each magnitude shifted with probability ``shift``.
            seed: of the first disturbed coding.

        Raises:
            ModelError: the ledger has mistakes.
            UsageError: an unknown claim, ledger or reading, or a record that names what the ledger lacks.
        """
        from reassure.history.record import record_verdicts
        from reassure.history.record.judge import open_ledger

        return record_verdicts(
            self.model,
            open_ledger(self.model, ledger, reading),
            claims=names,
            perturb=perturb,
            flip=flip,
            shift=shift,
            seed=seed,
        )

    def fit(
        self,
        out: str | Path,
        *,
        ledger: str | Path | Ledger | None = None,
        reading: str | None = None,
        since: str | None = None,
        until: str | None = None,
        known_by: str | None = None,
        chains: int = 32,
        draws: int = 250,
        warmup: int = 90,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Posterior:
        """Fit the parameters to what happened, or go on with a fit that was cut off.

        Args:
            out: a folder, new or with the same fit, that is written as the fit goes on.
            ledger: a ledger, its name or its folder; None for the one that the model names.
            reading: a reading of the ledger; None for its own.
            since, until: dates between which the record counts; None for all of it.
            known_by: only what could be known of the record on this day; None for all that is known now.
            chains, draws, warmup: how many Markov chains, with how many draws each after how many that adapt them.
            progress: called with (draws done, draws in all).

        Returns:
            the posterior, whether or not it converged: ask its ``converged``.

        Raises:
            ModelError: the ledger has mistakes.
            UsageError: the folder holds something else, or the model cannot be fitted to the ledger.
        """
        from reassure.history.fit.run import run_fit
        from reassure.history.fit.sampler import Plan

        plan = Plan(chains=chains, draws=draws, warmup=warmup, seed=seed)
        return run_fit(
            self.model, out=out, ledger=ledger, reading=reading, since=since, until=until,
            known_by=known_by, plan=plan, progress=progress,
        )  # fmt: skip

    def backtest(
        self,
        origins: Sequence[str],
        horizon: str = "5y",
        *,
        rivals: Sequence[str | Path] = (),
        ledger: str | Path | Ledger | None = None,
        reading: str | None = None,
        targets: Sequence[str] = (),
        policy: str = "as-it-was",
        draws: int = 1000,
        seed: int = 0,
        out: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Backtest:
        """What this argument and its rivals would have forecast; see :func:`reassure.backtest`.

        Args:
            rivals: paths or names of other readings.
        """
        return backtest(
            self.model.path or self.model.name,
            *rivals,
            origins=origins,
            horizon=horizon,
            ledger=ledger,
            reading=reading,
            targets=targets,
            policy=policy,
            draws=draws,
            seed=seed,
            out=out,
            progress=progress,
        )

    def nowcast(
        self,
        at: str,
        *,
        ledger: str | Path | Ledger | None = None,
        reading: str | None = None,
        known_by: str | None = None,
        posterior: str | Path | Posterior | None = None,
        policies: Sequence[str] | None = None,
        years: float = 5.0,
        of: Sequence[str] | None = None,
        months: int = 12,
        scenarios: int = 128,
        replications: int = 8,
        seed: int = 0,
        design: str = "sobol",
        progress: Progress | None = None,
    ) -> Nowcast:
        """Where things stand at a date given the record up to it, what moved beliefs last, and the next years.

        Args:
            at: the date; nothing that happened later enters. Inside a step of the model it is read as the end of
                the last step before.
            ledger, reading: as in :meth:`record`.
            known_by: only what could be known of the record on this day; None for ``at``.
            posterior: a fit, or its folder, whose draws are the parameters; None for the priors.
            policies: for the years to come, ``as-it-happened`` among them: levers stay where the record leaves
                them; None for that alone.
            years: how far ahead.
            of: quantities to show; None for all beliefs and the main stocks.
            months: how far back to ask what moved beliefs.
            scenarios, replications: draws of the parameters, and lanes of chance for each.
            progress: called with (steps done, steps in all).

        Raises:
            ModelError: the ledger has mistakes.
            UsageError: a date outside of the run or the ledger, an unknown policy or quantity, or a ledger that
                tells nothing of the model.
        """
        from reassure.history.nowcast import nowcast

        return nowcast(
            self.model, ledger, at=at, known_by=known_by, reading=reading,
            drawn_from=_drawn(design, posterior), policies=policies, years=years, of=of, months=months,
            scenarios=scenarios, replications=replications, seed=seed, progress=progress,
        )  # fmt: skip

    def counterfactual(
        self,
        at: str,
        policy: str | None = None,
        *,
        do: Values | None = None,
        to: str | None = None,
        ledger: str | Path | Ledger | None = None,
        reading: str | None = None,
        posterior: str | Path | Posterior | None = None,
        of: Sequence[str] | None = None,
        scenarios: int = 128,
        replications: int = 8,
        seed: int = 0,
        design: str = "sobol",
        progress: Progress | None = None,
    ) -> Counterfactual:
        """What would have come if another policy had held from a date on: the model's answer, not history's.

        Parameters and luck are inferred from all of the record; the same futures then go on otherwise.

        Args:
            at: from when on things go otherwise; inside a step of the model it is the start of that step.
            policy: levers that it does not set go as they did; None for all of them.
            do: quantities held from the date on, in their own units, or an option by name.
            to: the date of what is read last; None for the end of the record.
            of: quantities to read; None for all beliefs and the main stocks. Outcomes are read anyway.
            ledger, reading, posterior, scenarios, replications, progress: as in :meth:`nowcast`. With a posterior
                the same is asked of the priors, too, to see how much the answer depends on them.

        Raises:
            ModelError: the ledger has mistakes.
            UsageError: nothing is done otherwise, a date outside of the run or after the record, an unknown policy
                or quantity, or a ledger that tells nothing of the model.
        """
        from reassure.history.counterfactual import counterfactual

        return counterfactual(
            self.model, ledger, at=at, policy=policy, do=do, to=to, reading=reading,
            drawn_from=_drawn(design, posterior), of=of, scenarios=scenarios, replications=replications,
            seed=seed, progress=progress,
        )  # fmt: skip

    def story(
        self,
        policy: str = "",
        scenario: int = 0,
        replication: int = 0,
        *,
        seed: int = 0,
        design: str = "sobol",
        posterior: str | Path | Posterior | None = None,
        set: Values | None = None,
        precision: str = "float32",
        scenarios: int | None = None,
    ) -> Story:
        """Tell one future. The same address gives exactly the future of :meth:`run`.

        Args:
            scenarios: how many the run had; only the design ``latin`` needs it.

        Raises:
            UsageError: an unknown policy or setting.
        """
        from reassure.report.story import tell
        from reassure.study.design import label_of
        from reassure.study.running import replay

        drawn = _drawn(design, posterior)
        future = replay(
            self.model,
            policy=policy,
            scenario=scenario,
            replication=replication,
            seed=seed,
            design=drawn,
            set=set,
            precision=precision,
            scenarios=scenarios,
        )
        return tell(
            self.model,
            future.paths,
            policy=policy,
            scenario=scenario,
            replication=replication,
            seed=seed,
            design=label_of(drawn),
            outcomes=future.outcomes,
            parameters=future.parameters,
        )

    def game(
        self,
        name: str,
        policy: str = "",
        scenario: int = 0,
        replication: int = 0,
        time: str | int = "",
        *,
        view: str | None = None,
        rationality: float | Mapping[str, float] | None = None,
        seed: int = 0,
        design: str = "sobol",
        posterior: str | Path | Posterior | None = None,
        set: Values | None = None,
        precision: str = "float32",
        scenarios: int | None = None,
    ) -> SolvedGame:
        """Solve one of the model's games as it stands at a moment of a future.

        Args:
            name: of the game.
            policy, scenario, replication: as in :meth:`story`; '' is the model's first policy.
            time: a date (``2012-10``) or a step's number; '' for the start.
            view: an actor, a variant, ``VARIANT.ACTOR``, or ``actual``; None for the true numbers.
            rationality: per 100 points, of all players or of some by name; None for the model's own.

        Raises:
            UsageError: an unknown game, view, policy or setting, or a time outside of the run.
        """
        from reassure.report.game_source import WhichFuture, resolve_model_game
        from reassure.report.solved_game import solve_source

        which = WhichFuture(
            f"{policy},{scenario},{replication},{time}",
            view,
            seed,
            _drawn(design, posterior),
            set,
            precision,
            scenarios,
        )
        return solve_source(resolve_model_game(name, self.model, name, which), rationality)

    def fan_chart(self, result: RunResult, name: str) -> Picture:
        """How a quantity moves under each policy, what nobody knows and chance drawn apart.

        Args:
            result: of :meth:`run` with ``trajectories=[name]``.

        Raises:
            UsageError: the path of ``name`` was not kept.
        """
        from reassure.report.figures import fan_picture

        return fan_picture(result, name)

    def tornado(self, result: RunResult, outcome: str, policy: str | None = None) -> Picture:
        """What an outcome hinges on: its largest swings with the uncertain parameters.

        Args:
            result: of :meth:`run`, with its futures.
            policy: None for the first of the run.

        Raises:
            UsageError: the run has no such outcome or policy.
        """
        from reassure.report.figures import sway

        return sway(self.model, result, outcome, policy).picture()

    def shares(self, result: ClaimsResult) -> Picture:
        """For every tested claim the shares of scenarios that support, contradict, show none, cannot say."""
        from reassure.report.figures import shares_picture

        return shares_picture(result)

    def diagram(
        self, *, around: str | None = None, depth: int = 1, everything: bool = False
    ) -> str:
        """The signed causal loop diagram as SVG, whole or around one quantity.

        Raises:
            UsageError: ``around`` names nothing in the graph.
        """
        from reassure.report.diagram import diagram_svg

        return diagram_svg(
            self.model, self.graph, around=around, depth=depth, everything=everything
        )

    def loops(self) -> Sequence[Loop]:
        """Feedback loops with their polarity, proven before ambiguous, short before long."""
        return self.graph.by_element.loops

    def graph_json(self) -> dict[str, Any]:
        """Nodes and signed edges of the causal graph, for other programs."""
        return self.graph.as_json()

    def brief(
        self,
        *,
        format: str = "html",
        scenarios: int = 128,
        replications: int = 16,
        max_replications: int = 256,
        seed: int = 0,
        design: str = "sobol",
        posterior: str | Path | Posterior | None = None,
        policies: Sequence[str] | None = None,
        set: Values | None = None,
        progress: Progress | None = None,
    ) -> Brief:
        """The whole argument as one page: ``html`` (self-contained, printable) or ``md``.

        Raises:
            UsageError: an unknown format, policy or setting.
        """
        from reassure.report.brief import write_brief

        return write_brief(
            self.model,
            self.graph,
            format=format,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            design=_drawn(design, posterior),
            policies=policies,
            set=set,
            progress=progress,
        )
