"""Fit a model to its record: sample, diagnose, and write down what was found."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.checks import Replicates, Replicating, check
from reassure.history.fit.diagnostics import diagnose
from reassure.history.fit.pieces import packed, write_whole
from reassure.history.fit.posterior import CHECKS, DRAWS, FACTS, Posterior, facts_of
from reassure.history.fit.protocol import Approximating, LogDensity, Recorded
from reassure.history.fit.sampler import Draws, Plan, sample
from reassure.history.when import day
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError

if TYPE_CHECKING:
    from reassure.history.ledger import Ledger

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

PIECES = "pieces"
FORM = 1
"""Version of the layout of a fit's folder."""

REPLICATED = 400
"""Posterior draws of which records are replicated."""

AT_ONCE = 32  # draws whose terms are worked out in one call

SAID = {
    "model": "model",
    "digest": "text of the model",
    "ledger": "ledger",
    "reading": "reading",
    "since": "--from",
    "until": "--to",
    "known_by": "--known-by",
    "chains": "--chains",
    "warmup": "--warmup",
    "seed": "--seed",
    "probe": "record, or another log density",
}
"""What a refusal calls the facts that make a fit."""


def run_fit(
    model: Model,
    *,
    out: str | Path,
    ledger: str | Path | Ledger | None = None,
    reading: str | None = None,
    since: str | None = None,
    until: str | None = None,
    known_by: str | None = None,
    plan: Plan | None = None,
    progress: Progress | None = None,
) -> Posterior:
    """Fit ``model`` to a ledger, or go on with a fit that was cut off.

    Args:
        out: a folder, new or with the same fit; it is written after every piece.
        ledger: a ledger, its name or folder; None for the one that the model names.
        reading: a reading of the ledger; None for its own.
        since, until: the dates between which the record counts; None for all of it.
        known_by: only what could be known of the record on this day; None for all that is known now.
        progress: called with (draws done, in all), warmup included.

    Returns:
        the posterior, converged or not: ask it.

    Raises:
        UsageError: the folder holds something else, the record cannot be fitted, or NumPyro is not
            installed.
        Stopped: interrupted from the keyboard; what is finished is kept.
    """
    from reassure.history.fit.density import density as bound
    from reassure.history.record.judge import open_ledger

    opened = open_ledger(model, ledger, reading)
    density = bound(model, opened, since=since, until=until, known_by=known_by)
    asked = {
        "model": model.name,
        "digest": model.digest,
        "ledger": opened.name,
        "reading": opened.coding,
        "since": since,
        "until": until,
        "known_by": day(known_by, "--known-by").isoformat() if known_by else None,
    }
    dimensions = {item.name: item.unit.dimension for item in model.parameters}
    return fit(density, out, asked | {"dimensions": dimensions}, plan or Plan(), progress)


def fit(
    density: LogDensity,
    out: str | Path,
    asked: dict[str, Any],
    plan: Plan,
    progress: Progress | None = None,
) -> Posterior:
    """Draw from a posterior into a folder, or go on with what is there.

    A finished fit is only read; asked for more draws, it goes on.

    Args:
        asked: what is fitted, for ``fit.json``.

    Raises:
        UsageError: the folder holds something else, or NumPyro is not installed.
        Stopped: interrupted from the keyboard; what is finished is kept.
    """
    try:
        import numpyro  # noqa: F401
    except ImportError:
        raise UsageError(
            "a fit needs NumPyro", "pip install 'reassure[history]', or '.[history]' in its source"
        ) from None
    out = Path(out)
    identity = asked | {
        "form": FORM,
        "names": list(density.names),
        "probe": probe(density),
        **{key: value for key, value in asdict(plan).items() if key != "draws"},
    }
    there = facts_of(out)
    _check(out, there, identity)
    record = {"record": density.record()} if isinstance(density, Recorded) else {}
    if there and there.get("finished") and there["draws"] >= plan.draws:
        if record and "record" not in there:  # made before folders held it
            _write(out, there | record)
        return Posterior.load(out, unconverged=True)
    facts = identity | {"draws": plan.draws, "finished": False, "versions": _versions()} | record
    if there and there["versions"] != facts["versions"]:
        raise UsageError(
            f"the fit in {out} was begun with other versions: "
            + ", ".join(f"{name} {text}" for name, text in there["versions"].items()),
            "go on with those, or begin again in another folder",
        )
    seconds = (there or {}).get("seconds", 0.0)
    out.mkdir(parents=True, exist_ok=True)
    _write(out, facts | {"seconds": seconds})
    began = time.perf_counter()
    draws = sample(density, plan, folder=out / PIECES, progress=progress)
    diagnostics = diagnose(tuple(density.names), draws)
    write_whole(out / DRAWS, packed(_arrays(density, draws)))
    replicates: Mapping[str, Replicates] = {}
    if isinstance(density, Replicating):
        flat = draws.scores.reshape(-1, density.size)
        rows = np.linspace(0, len(flat) - 1, min(REPLICATED, len(flat))).round().astype(np.int64)
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, 2))))
        replicates = density.replicated(flat[rows], rng)
        write_whole(out / CHECKS, packed(_replicated(replicates)))
    if isinstance(density, Approximating):
        facts["approximation"] = density.approximation(draws.scores)
    facts |= {
        "finished": True,
        "converged": diagnostics.converged,
        "seconds": seconds + time.perf_counter() - began,
        "diagnostics": diagnostics.as_json(),
        "checks": check(replicates),
    }
    _write(out, facts)
    return Posterior.load(out, unconverged=True)


def _check(out: Path, there: dict[str, Any] | None, identity: dict[str, Any]) -> None:
    """Refuse a folder that holds something else.

    Raises:
        UsageError: it does.
    """
    if there is None:
        # A hidden file is one that a killed fit had not finished writing.
        if out.is_file() or (out.is_dir() and any(x.name[0] != "." for x in out.iterdir())):
            raise UsageError(f"--out {out} holds something that is no fit", "name a new folder")
        return
    for key in differing(there, identity):
        said = there.get(key)
        was = "" if said is None or isinstance(said, list | dict) else f" ({said})"
        raise UsageError(
            f"{out} holds a fit with another {SAID.get(key, key)}{was}",
            "name another folder with --out",
        )


def differing(facts: Mapping[str, Any], identity: Mapping[str, Any]) -> list[str]:
    """The keys of an identity by which a fit with these facts is another one."""
    return [key for key, value in identity.items() if not _same(facts.get(key), value)]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(*pair) for pair in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8)  # another machine rounds otherwise
    return bool(a == b)


def probe(density: LogDensity) -> list[float | None]:
    """The log likelihood at three places: another record or another model gives other numbers."""
    import jax

    places = np.random.Generator(np.random.PCG64(5)).standard_normal((3, density.size)) * 0.3
    places[0] = 0
    with jax.enable_x64(True):
        found = jax.jit(jax.vmap(density.log_likelihood))(jax.numpy.asarray(places))
    return [float(value) if np.isfinite(value) else None for value in np.asarray(found)]


def _arrays(density: LogDensity, draws: Draws) -> dict[str, Any]:
    """What ``draws.npz`` holds."""
    values = np.asarray(density.parameters(draws.scores), dtype=np.float64)
    terms = {f"terms/{name}": rows for name, rows in terms_of(density, draws.scores).items()}
    return {
        "score_names": np.array(density.names),
        "scores": draws.scores,
        "names": np.array(density.names[: values.shape[-1]]),
        "values": values,
        "log_likelihood": draws.log_likelihood,
        "energy": draws.energy,
        "diverging": draws.diverging,
        "leaps": draws.leaps,
        "accept": draws.accept,
        **terms,
    }


def _replicated(series: Mapping[str, Replicates]) -> dict[str, Any]:
    """What ``checks.npz`` holds."""
    found: dict[str, Any] = {"names": np.array(list(series), dtype=str)}
    for name, item in series.items():
        found[f"observed/{name}"] = item.observed
        found[f"replicated/{name}"] = item.replicated
        found[f"dates/{name}"] = np.array(item.dates, dtype=str)
    return found


def terms_of(density: LogDensity, scores: Array) -> dict[str, Array]:
    """Log density of each datum at each draw, ``[chain, draw, T]`` by measurement."""
    import jax

    flat = scores.reshape(-1, scores.shape[-1])
    parts: list[dict[str, Array]] = []
    with jax.enable_x64(True):
        each = jax.jit(jax.vmap(density.terms))
        for first in range(0, len(flat), AT_ONCE):
            rows = flat[first : first + AT_ONCE]
            whole = np.concatenate([rows, np.zeros((AT_ONCE - len(rows), flat.shape[-1]))])
            found = each(jax.numpy.asarray(whole))
            parts.append({name: np.asarray(x)[: len(rows)] for name, x in found.items()})
    shape = scores.shape[:2]
    return {
        name: np.concatenate([part[name] for part in parts]).reshape(*shape, -1)
        for name in parts[0]
    }


def _versions() -> dict[str, str]:
    """Versions that can change a draw."""
    from importlib.metadata import version

    return {name: version(name) for name in ("jax", "jaxlib", "numpy", "numpyro")}


def _write(out: Path, facts: dict[str, Any]) -> None:
    text = json.dumps(facts, indent=2, allow_nan=False, ensure_ascii=False)
    write_whole(out / FACTS, text.encode())
