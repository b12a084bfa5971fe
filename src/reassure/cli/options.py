"""Options that several commands share, so that they are spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reassure.history.fit.posterior import Posterior

ModelName = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="Path of a model file, or name of a bundled model."),
]
Scenarios = Annotated[
    int,
    typer.Option(
        "--scenarios", min=1, help="Draws of the uncertain parameters (what nobody knows)."
    ),
]
Replications = Annotated[
    int,
    typer.Option("--replications", min=1, help="Draws of chance inside each scenario."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same futures.")]
Design = Annotated[
    str,
    typer.Option(
        "--design",
        help="How scenarios are drawn: sobol (extensible), latin (not extensible) or random.",
    ),
]
PosteriorOption = Annotated[
    Path | None,
    typer.Option(
        "--posterior",
        metavar="DIR",
        help="Scenarios are draws of this fit (see reassure fit) rather than of the priors.",
    ),
]
Unconverged = Annotated[
    bool,
    typer.Option("--unconverged", help="With --posterior: use a fit that did not converge, too."),
]
Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        help="A policy, or several actors' crossed as A+B. Repeat for more; default: every policy.",
    ),
]
OnePolicy = Annotated[
    str | None,
    typer.Option("--policy", help="A policy, or several actors' crossed as A+B."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Fix a parameter or a lever, in its own unit. Repeat for more.",
    ),
]
KnownBy = Annotated[
    str | None,
    typer.Option(
        "--known-by",
        metavar="DATE",
        help="A strict reading: without what the file says became known after this date.",
    ),
]
Most = Annotated[
    int,
    typer.Option("--max-replications", min=1, help="Most replications an undecided scenario gets."),
]
Precision = Annotated[
    str, typer.Option("--precision", help="float32 (fast) or float64 (twice the digits).")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write to this file instead of standard output."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no remarks.")]


def opened(folder: Path | None, unconverged: bool) -> Posterior | None:
    """The fit of ``--posterior DIR``.

    Raises:
        UsageError: there is none, it is not finished, or it did not converge.
    """
    if folder is None:
        if unconverged:
            from reassure.model.mistakes import UsageError

            raise UsageError("--unconverged goes with --posterior", "add --posterior DIR")
        return None
    from reassure.cli.output import remark
    from reassure.history.fit.posterior import Posterior

    found = Posterior.load(folder, unconverged=unconverged)
    if not found.converged:
        remark(f"The fit in {folder} did not converge; what follows cannot be relied on.")
    return found


def parse_settings(settings: list[str] | None, option: str = "--set") -> dict[str, str]:
    """``["a=1", "b=spear"]`` as a mapping; values stay text, because an option lever takes words.

    Raises:
        UsageError: an entry without ``=``, or a name given twice.
    """
    from reassure.model.mistakes import UsageError

    found: dict[str, str] = {}
    for entry in settings or []:
        name, equals, value = entry.partition("=")
        name = name.strip()
        if not equals or not name or not value.strip():
            raise UsageError(
                f"{option} {entry!r} is not NAME=VALUE", f"write for instance {option} memory=3"
            )
        if name in found:
            raise UsageError(f"{option} gives {name} twice", "keep one of the two")
        found[name] = value.strip()
    return found
