"""What a run found: summaries always; every future's outcomes and paths where they were kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reassure.engine.results import Solves
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError, quote, suggest
from reassure.study.design import Design
from reassure.study.provenance import provenance
from reassure.study.settings import DEFAULT
from reassure.study.solves import solves_json, solves_line

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Array = NDArray[np.float64]

SCHEMA = 1
MUCH_CHANCE = 0.25  # of the variance over scenarios; beyond it the reader is told


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome under one policy, in the outcome's unit.

    What nobody knows and chance are kept apart. ``mean`` to ``sd`` are over scenarios, of the mean
    over replications. ``chance`` is the standard deviation inside a scenario, as the root of its
    mean square over scenarios.

    With R replications a scenario's mean is itself uncertain by ``error = chance / sqrt(R)``, so
    the variance over scenarios is too large by ``error ** 2`` in expectation: ``left_over`` is that
    share of it. It widens p05 and p95 as well; more replications shrink it.

    Attributes:
        mean, p05, p50, p95, sd: over scenarios, of the mean over replications; sd is nan with one
            scenario.
        chance, error, left_over: as above; nan with one replication.
        grid: how far the quantiles can be off because they were not kept exactly; 0 if they were.
    """

    outcome: str
    unit: str
    mean: float
    p05: float
    p50: float
    p95: float
    sd: float
    chance: float
    error: float
    left_over: float
    grid: float


@dataclass(frozen=True)
class FromRecord:
    """What the futures of a run go on from, where they do not begin with the model.

    Attributes:
        at: the date up to which all of them follow the record, and from which they are free.
        ledger, reading: whose record.
        known_by: the day by which all that is used of it could be known.
        remarks: what a reader should know of it.
    """

    at: str
    ledger: str
    reading: str
    known_by: str
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str]:
        """What decided the numbers; remarks go with those of the run."""
        return {name: getattr(self, name) for name in ("at", "ledger", "reading", "known_by")}


@dataclass(frozen=True)
class RunResult:
    """Futures of a model, policy by policy. It reads like the ``xarray.Dataset`` in ``dataset``:
    ``result["trust_end"]``, ``result.sel(policy="managed")``, ``result.attrs``.

    Attributes:
        model: what was run.
        policies: names, in the order of :meth:`summary`; ``default`` where the model has none.
        scenarios, replications: how many of each are in the figures.
        seed: of scenarios and of luck.
        precision: ``float32`` or ``float64``, of the simulation.
        settings: parameters and levers that were fixed, as given.
        seconds: spent running, without compilation.
        compile_seconds: spent compiling.
        complete: False when the run was stopped early.
        scenario_design: where the scenarios come from.
        games: how often each game was solved, and how often something was flagged.
        from_record: what the futures go on from; None where they begin with the model.
    """

    model: Model
    policies: tuple[str, ...]
    scenarios: int
    replications: int
    seed: int
    precision: str
    settings: dict[str, float | str]
    seconds: float
    compile_seconds: float
    complete: bool
    scenario_design: Design = field(repr=False)
    _rows: dict[str, tuple[Row, ...]] = field(repr=False)
    games: dict[str, Solves] = field(default_factory=dict)
    from_record: FromRecord | None = None
    _array: Array | None = field(default=None, repr=False)
    _paths: dict[str, Array] = field(default_factory=dict, repr=False)

    # -- figures ----------------------------------------------------------------------------------

    @property
    def design(self) -> str:
        """``sobol``, ``latin`` or ``random``."""
        return self.scenario_design.label

    @property
    def futures(self) -> int:
        """How many runs of the model the figures are of, all policies together."""
        return len(self.policies) * self.scenarios * self.replications

    @property
    def futures_per_second(self) -> float:
        return self.futures / self.seconds if self.seconds > 0 else 0.0

    def summary(self, policy: str | None = None) -> tuple[Row, ...]:
        """One row an outcome, in the model's order; ``policy`` None means the first.

        Raises:
            UsageError: the policy was not run.
        """
        return self._rows[self.policies[self._policy(policy)]]

    @property
    def array(self) -> Array:
        """Every future's outcomes in their units, [policy, scenario, replication, outcome].

        Raises:
            UsageError: they were not kept.
        """
        if self._array is None:
            raise UsageError(
                "this run kept summaries only", "run with futures=True to keep every future"
            )
        return self._array

    def values(self, policy: str | None, outcome: str) -> Array:
        """One outcome in every future, [scenario, replication].

        Raises:
            UsageError: the policy was not run, there is no such outcome, or futures were not kept.
        """
        names = [item.name for item in self.model.outcomes]
        if outcome not in names:
            raise UsageError(
                f"{quote(outcome)} is no outcome",
                suggest(outcome, names) or f"the model has {', '.join(names[:9])}",
            )
        return self.array[self._policy(policy), :, :, names.index(outcome)]

    def scenario_means(self, policy: str | None, outcome: str) -> Array:
        """One outcome's mean over replications, [scenario]. Raises as :meth:`values` does."""
        return np.asarray(self.values(policy, outcome).mean(axis=1))

    def scenario_parameters(self) -> dict[str, Array]:
        """Every parameter in its own unit, [scenario]."""
        table = self.scenario_design.parameters(0, self.scenarios)
        return {
            parameter.name: table[:, j] / parameter.unit.factor
            for j, parameter in enumerate(self.model.parameters)
        }

    def paths(self, name: str) -> Array:
        """A quantity's path in its own unit, [policy, scenario, replication, step].

        Raises:
            UsageError: it was not recorded.
        """
        if name not in self._paths:
            raise UsageError(
                f"the path of {quote(name)} was not recorded",
                suggest(name, self._paths) or f"run with trajectories=[{name!r}]",
            )
        return self._paths[name]

    @property
    def recorded(self) -> tuple[str, ...]:
        """Names of the quantities whose paths were kept."""
        return tuple(self._paths)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the figures should know: every report repeats them."""
        said: list[str] = []
        if self.from_record is not None:
            said += self.from_record.remarks
        drawn = self.scenario_design.kind
        if not isinstance(drawn, str):
            said += drawn.remarks(self.model)
        used = {part for policy in self.policies for part in policy.split("+")}
        for policy in self.model.policies:
            if policy.clairvoyant and policy.name in used:
                said.append(f"policy {policy.name} is clairvoyant: it acts on what nobody can see")
        if not self.complete:
            said.append(f"stopped early, after {self.scenarios:,} scenarios")
        rows = [row for policy in self.policies for row in self._rows[policy]]
        if self.games:
            said.append(solves_line(self.games))
        lost = dict.fromkeys(row.outcome for row in rows if not np.isfinite(row.mean))
        if lost:
            said.append(f"not finite in some futures: {', '.join(lost)}")
        noisy = {row.outcome: row.left_over for row in rows if row.left_over > MUCH_CHANCE}
        if noisy:
            most = max(noisy, key=lambda name: noisy[name])
            said.append(
                f"with {self.replications} replications, chance left over makes up more than a "
                f"quarter of the spread over scenarios of {len(noisy)} of "
                f"{len(self.model.outcomes)} outcomes ({min(noisy[most], 1):.0%} of {most}); "
                "more replications narrow it"
            )
        coarse = [row.outcome for row in rows if row.grid > 0.01 * (row.p95 - row.p05) > 0]
        if coarse:
            said.append(f"quantiles of {', '.join(dict.fromkeys(coarse))} are coarse: a few")
            said[-1] += " scenarios lie very far out"
        return tuple(said)

    @property
    def provenance(self) -> dict[str, str | int | float]:
        """What made the result; without a date, so that the same run gives the same."""
        return provenance(
            self.model,
            seed=self.seed,
            design=self.design,
            scenarios=self.scenarios,
            replications=self.replications,
            precision=self.precision,
            settings=self.settings or None,
            from_record=None if self.from_record is None else self.from_record.as_json(),
            complete=None if self.complete else "stopped early",
        )

    def _policy(self, policy: str | None) -> int:
        name = self.policies[0] if policy is None else policy or DEFAULT
        if name not in self.policies:
            raise UsageError(
                f"policy {quote(name)} is not in this run",
                suggest(name, self.policies) or f"it has {', '.join(self.policies)}",
            )
        return self.policies.index(name)

    # -- other shapes -----------------------------------------------------------------------------

    @cached_property
    def dataset(self) -> xr.Dataset:
        """All of it as an ``xarray.Dataset``, labelled, with units and provenance.

        Dimensions are policy, scenario, replication and time. Without futures, outcomes have the
        dimensions policy and statistic.
        """
        from reassure.study.dataset import to_dataset

        return to_dataset(self)

    def __getitem__(self, name: str) -> xr.DataArray:
        """A variable of :attr:`dataset`: an outcome, a parameter or a recorded path."""
        return self.dataset[name]

    if not TYPE_CHECKING:  # a type checker sees what is written here, and `dataset`

        def __getattr__(self, name: str) -> Any:
            """What an ``xarray.Dataset`` has besides: ``sel``, ``attrs``, ``sizes`` and the like."""
            if name.startswith("_") or name == "dataset":
                raise AttributeError(name)
            return getattr(self.dataset, name)

    def frame(self) -> pd.DataFrame:
        """The summaries as a ``pandas.DataFrame`` by policy and outcome."""
        import pandas as pd

        rows = [
            {"policy": policy, **{name: getattr(row, name) for name in Row.__slots__}}
            for policy in self.policies
            for row in self._rows[policy]
        ]
        return pd.DataFrame(rows).set_index(["policy", "outcome"])

    def save(self, path: str | Path) -> None:
        """Write the dataset: NetCDF to ``*.nc``, Zarr to ``*.zarr``.

        Raises:
            UsageError: another ending.
        """
        from reassure.study.dataset import save

        save(self.dataset, Path(path))

    def as_json(self, *, futures: bool = False) -> dict[str, Any]:
        """The contract of ``run --json``; what is not a finite number is null.

        Args:
            futures: every future's outcomes too, as a list of replications for each scenario.

        Raises:
            UsageError: ``futures`` without their having been kept.
        """
        policies: dict[str, Any] = {}
        for policy in self.policies:
            outcomes = {row.outcome: _plain_row(row) for row in self._rows[policy]}
            policies[policy] = {"outcomes": outcomes}
            if futures:
                policies[policy]["futures"] = {
                    row.outcome: _plain(self.values(policy, row.outcome).tolist())
                    for row in self._rows[policy]
                }
        return {
            "schema": SCHEMA,
            "model": self.model.name,
            "hash": self.model.digest,
            "seed": self.seed,
            "design": self.design,
            "scenarios": self.scenarios,
            "replications": self.replications,
            "futures": self.futures,
            "seconds": self.seconds,
            "futures_per_second": self.futures_per_second,
            "compile_seconds": self.compile_seconds,
            "complete": self.complete,
            "remarks": list(self.remarks),
            "provenance": self.provenance,
            **({"from_record": self.from_record.as_json()} if self.from_record else {}),
            **({"games": solves_json(self.games)} if self.games else {}),
            "policies": policies,
        }

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th>{name}</th>" for name in ("", "mean", "p05", "p50", "p95", "chance", "unit")
        )
        body = []
        for policy in self.policies:
            body.append(f"<tr><th colspan=7 style='text-align:left'>{escape(policy)}</th></tr>")
            for row in self._rows[policy]:
                cells = "".join(
                    f"<td>{value:.3g}</td>"
                    for value in (row.mean, row.p05, row.p50, row.p95, row.chance)
                )
                unit = "" if row.unit == "1" else escape(row.unit)
                name = escape(row.outcome)
                body.append(f"<tr><td>{name}</td>{cells}<td>{unit}</td></tr>")
        notes = "".join(f"<p>{escape(remark)}</p>" for remark in self.remarks)
        caption = (
            f"{escape(self.model.title or self.model.name)}: {self.scenarios:,} scenarios of "
            f"{self.replications:,} replications. Quantiles over scenarios of the mean over "
            "replications; chance is the standard deviation inside a scenario."
        )
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{''.join(body)}</table>{notes}"


def _plain_row(row: Row) -> dict[str, Any]:
    data = {name: getattr(row, name) for name in Row.__slots__ if name != "outcome"}
    return {name: _plain(value) for name, value in data.items()}


def _plain(value: Any) -> Any:
    """``value`` with None for what JSON has no number for."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
