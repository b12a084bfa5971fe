"""A run as a labelled ``xarray.Dataset``, and that to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from reassure.model.calendar import day_of_step
from reassure.model.checked import About, Unit
from reassure.model.mistakes import UsageError, quote
from reassure.study.quantities import quantities

if TYPE_CHECKING:
    from reassure.study.result import RunResult

RESERVED = {"policy", "scenario", "replication", "time", "year", "statistic"}
STATISTICS = ("mean", "p05", "p50", "p95", "sd", "chance", "error", "left_over", "grid")


def to_dataset(result: RunResult) -> xr.Dataset:
    """Outcomes, parameters and recorded paths of a run, each in its own unit.

    An outcome, a parameter or a path whose name is taken by another gets ``_outcome``,
    ``_parameter`` or ``_path`` after it. Every variable says its ``units``, ``long_name``,
    ``description`` and ``role``; attributes of the dataset say what made it. ``time`` is the first
    day of each step, by the calendar; ``year`` counts years from the start, exactly.
    """
    model = result.model
    variables: dict[str, Any] = {}

    def put(
        name: str, role: str, dims: tuple[str, ...], values: Any, unit: Unit, about: About
    ) -> None:
        taken = name in variables or name in RESERVED
        attributes = {
            "units": unit.text,
            "long_name": about.label or name.replace("_", " "),
            "description": about.text,
            "role": role,
        }
        variables[f"{name}_{role}" if taken else name] = (dims, values, attributes)

    kept = result._array is not None
    coordinates: dict[str, Any] = {"policy": list(result.policies)}
    if kept:
        coordinates["scenario"] = (
            "scenario",
            np.arange(result.scenarios),
            {"long_name": "scenario"},
        )
        coordinates["replication"] = (
            "replication",
            np.arange(result.replications),
            {"long_name": "replication"},
        )
    else:
        coordinates["statistic"] = list(STATISTICS)
    for i, outcome in enumerate(model.outcomes):
        about = outcome.about
        if kept:
            dims: tuple[str, ...] = ("policy", "scenario", "replication")
            put(outcome.name, "outcome", dims, result.array[..., i], outcome.unit, about)
        else:
            rows = [result.summary(policy)[i] for policy in result.policies]
            table = [[getattr(row, name) for name in STATISTICS] for row in rows]
            put(outcome.name, "outcome", ("policy", "statistic"), table, outcome.unit, about)
    if kept:
        drawn = result.scenario_parameters()
        for item in model.parameters:
            put(item.name, "parameter", ("scenario",), drawn[item.name], item.unit, item.about)
    if result.recorded:
        known = quantities(model)
        for name in result.recorded:
            unit, about = known[name]
            dims = ("policy", "scenario", "replication", "time")
            put(name, "path", dims, result.paths(name), unit, about)
        steps = np.arange(model.time.steps + 1)
        days = np.array([day_of_step(model.time, int(k)) for k in steps], dtype="datetime64[ns]")
        coordinates["time"] = ("time", days, {"long_name": "first day of the step", "axis": "T"})
        years = {"units": "year", "long_name": "years from the start"}
        coordinates["year"] = ("time", steps * model.time.dt, years)
    attributes = {"Conventions": "CF-1.11", "title": model.title or model.name, **result.provenance}
    if result.remarks:
        attributes["remarks"] = "; ".join(result.remarks)
    for name, count in result.games.items():
        attributes[f"solves_of_{name}"] = count.solves
        attributes[f"flagged_solves_of_{name}"] = count.flagged
    return xr.Dataset(variables, coordinates, attributes)


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write ``dataset`` to ``path``: NetCDF to ``*.nc``, Zarr to ``*.zarr``.

    Raises:
        UsageError: another ending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="scipy")
    elif path.suffix == ".zarr":
        dataset.to_zarr(path, mode="w", zarr_format=2, consolidated=True)
    else:
        raise UsageError(
            f"{quote(path.name)} is neither NetCDF nor Zarr", "end the name in .nc or .zarr"
        )
