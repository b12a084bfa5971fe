"""A finished fit on disk: what was fitted, whether it can be believed, and its draws."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.checks import Replicates
from reassure.history.fit.diagnostics import Diagnostics
from reassure.model.checked import Model, Parameter
from reassure.model.mistakes import UsageError
from reassure.study.design import Design
from reassure.study.sequence import column

Array = NDArray[np.float64]

FACTS, DRAWS, CHECKS = "fit.json", "draws.npz", "checks.npz"


@dataclass(frozen=True)
class Posterior:
    """Draws of a model's parameters given its record.

    Attributes:
        folder: where it lies.
        facts: what was fitted, by whom and how: the content of ``fit.json``.
        diagnostics: of its chains.
        score_names: of the scores.
        scores: ``[chain, draw, D]``, each standard normal a priori.
        names: of the parameters.
        values: ``[chain, draw, P]`` in internal units.
        log_likelihood: ``[chain, draw]``.
        terms: log density of each datum, ``[chain, draw, T]`` by measurement.
    """

    folder: Path
    facts: dict[str, Any]
    diagnostics: Diagnostics
    score_names: tuple[str, ...]
    scores: Array
    names: tuple[str, ...]
    values: Array
    log_likelihood: Array
    terms: dict[str, Array]

    @staticmethod
    def load(folder: str | Path, *, unconverged: bool = False) -> Posterior:
        """Read a finished fit.

        Args:
            unconverged: accept one whose chains did not converge.

        Raises:
            UsageError: there is none, it is not finished, or it did not converge.
        """
        folder = Path(folder)
        facts = facts_of(folder)
        if facts is None:
            raise UsageError(
                f"{folder} holds no fit",
                "make one with `reassure fit MODEL --out DIR`; those of a backtest with --fit are in DIR/fits",
            )
        if not facts.get("finished") or not (folder / DRAWS).is_file():
            raise UsageError(
                f"the fit in {folder} is not finished",
                "go on with the `reassure fit` that began it",
            )
        diagnostics = Diagnostics.from_json(facts["diagnostics"])
        if not diagnostics.converged and not unconverged:
            raise UsageError(
                f"the fit in {folder} did not converge: {'; '.join(diagnostics.problems)}",
                "go on with more --draws, fit with more --warmup into another folder, or say --unconverged",
            )
        with np.load(folder / DRAWS) as file:
            return Posterior(
                folder=folder,
                facts=facts,
                diagnostics=diagnostics,
                score_names=tuple(file["score_names"].tolist()),
                scores=file["scores"],
                names=tuple(file["names"].tolist()),
                values=file["values"],
                log_likelihood=file["log_likelihood"],
                terms={
                    name.removeprefix("terms/"): file[name]
                    for name in file.files
                    if name.startswith("terms/")
                },
            )

    @property
    def converged(self) -> bool:
        """Whether its chains can be believed."""
        return self.diagnostics.converged

    @property
    def label(self) -> str:
        """What a result names: where its scenarios come from."""
        return f"posterior {self.folder}" + ("" if self.converged else " (did not converge)")

    @property
    def option(self) -> str:
        """How a command is told to draw from here."""
        return f"--posterior {shlex.quote(str(self.folder))}" + (
            "" if self.converged else " --unconverged"
        )

    def remarks(self, model: Model) -> tuple[str, ...]:
        """What a reader of results of ``model`` should know: whether the fit can be believed, and
        whether it is one of this model."""
        said = []
        if not self.converged:
            said.append(
                f"the fit in {self.folder} did not converge: {'; '.join(self.diagnostics.problems)}"
            )
        if self.facts["digest"] != model.digest:
            here = [item.name for item in model.parameters]
            shared = sum(name in self.names for name in here)
            said.append(
                f"the fit in {self.folder} is one of {self.facts['model']}, and not of {model.name} "
                f"as it stands: {shared} of {len(here)} parameters are drawn from it"
            )
        return tuple(said)

    def column(self, parameter: Parameter, seed: int, first: int, count: int) -> Array | None:
        """A parameter's value in scenarios ``first ..``, ``[count]`` internal units.

        Scenarios go through all draws in an order that depends on the seed alone, then through all
        of them in another order; every parameter's columns belong to the same draws.

        Returns:
            None for a parameter that was not fitted.

        Raises:
            UsageError: the parameter has another dimension here than in the fit.
        """
        if parameter.name not in self.names:
            return None
        dimension = self.facts["dimensions"].get(parameter.name, parameter.unit.dimension)
        if dimension != parameter.unit.dimension:
            raise UsageError(
                f"{parameter.name} is in {parameter.unit.text}, and was fitted in another dimension",
                "use a fit of this model",
            )
        place = self.names.index(parameter.name)
        return self.values[..., place].ravel()[self._rows(seed, first, count)]

    def design(self, model: Model, seed: int = 0) -> Design:
        """Scenarios of ``model`` drawn from here; parameters that were not fitted keep their prior.

        Raises:
            UsageError: none of the model's parameters was fitted.
        """
        return Design(model, self, seed)

    def _rows(self, seed: int, first: int, count: int) -> NDArray[np.int64]:
        total = self.log_likelihood.size
        rounds = range(first // total, (first + count - 1) // total + 1) if count else range(0)
        orders = [
            np.argsort(column("random", f"posterior {turn}", seed, 0, total), kind="stable")
            for turn in rounds
        ]
        if not orders:
            return np.zeros(0, dtype=np.int64)
        begins = first - rounds[0] * total
        found: NDArray[np.int64] = np.concatenate(orders)[begins : begins + count]
        return found

    @cached_property
    def replicates(self) -> dict[str, Replicates]:
        """Records replicated from the posterior, by measurement; empty where there are none."""
        path = self.folder / CHECKS
        if not path.is_file():
            return {}
        with np.load(path) as file:
            return {
                name: Replicates(
                    file[f"observed/{name}"],
                    file[f"replicated/{name}"],
                    tuple(file[f"dates/{name}"].tolist()),
                )
                for name in file["names"].tolist()
            }

    def summary(self, model: Model) -> list[dict[str, Any]]:
        """What is known of each fitted parameter of ``model``, in its own unit.

        Returns:
            a row a parameter: name, unit, mean, p05, p50, p95, and of its score contraction, shift
            and whether it is identified.
        """
        learnt = {item.name: item for item in self.diagnostics.learnt}
        rows = []
        for parameter in model.parameters:
            if parameter.name not in self.names:
                continue
            values = self.values[..., self.names.index(parameter.name)] / parameter.unit.factor
            low, middle, high = np.quantile(values, [0.05, 0.5, 0.95]).tolist()
            said = learnt.get(parameter.name)
            rows.append(
                {
                    "name": parameter.name,
                    "unit": parameter.unit.text,
                    "mean": float(values.mean()),
                    "p05": low,
                    "p50": middle,
                    "p95": high,
                    "contraction": None if said is None else said.contraction,
                    "shift": None if said is None else said.mean,
                    "kind": None if said is None else said.kind,
                }
            )
        return rows


def drawn_from(design: str, posterior: str | Path | Posterior | None) -> str | Posterior:
    """What scenarios are drawn from: a posterior where there is one, else a design.

    Raises:
        UsageError: both are asked for, or the posterior cannot be used.
    """
    if posterior is None:
        return design
    if design != "sobol":
        raise UsageError(
            f"the design {design} and a posterior exclude each other",
            "keep one of the two; a posterior's scenarios are its draws, in an order by --seed",
        )
    return posterior if isinstance(posterior, Posterior) else Posterior.load(posterior)


def facts_of(folder: Path) -> dict[str, Any] | None:
    """The content of a fit's ``fit.json``; None if there is none.

    Raises:
        UsageError: it cannot be read.
    """
    path = folder / FACTS
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise UsageError(f"{path} is no JSON", "name another folder with --out") from None
    return found
