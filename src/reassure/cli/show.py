"""``reassure show``: what a model says, in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, KnownBy, ModelName, Out, Quiet

if TYPE_CHECKING:
    from reassure.model.checked import Model
    from reassure.report.listing import Listing


@explained
def show(
    model: ModelName,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SECTION|NAME]...", help="Only these sections or elements."),
    ] = None,
    differences: Annotated[
        bool,
        typer.Option("--differences", help="What an `extends:` model adds, replaces and removes."),
    ] = False,
    known_by: KnownBy = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Show what a model says: a section, an element, or everything."""
    from reassure import load
    from reassure.cli.output import write, write_json
    from reassure.cli.tables import table
    from reassure.report.listing import SECTIONS, facts, number

    meant = load(model, known_by=known_by).model
    chosen = [_differences(meant)] if differences else _select(meant, names or [])
    told = [] if differences else _claims(meant, names or [], model)
    if json:
        sections = {
            item.title.lower(): [dict(zip(item.columns, row, strict=True)) for row in item.rows]
            for item in chosen
        }
        if told:
            columns = dict.fromkeys(SECTIONS["claims"](meant).columns, "")
            sections.setdefault("claims", []).extend(columns | claim for claim in told)
        write_json(
            {
                "schema": 1,
                "model": meant.name,
                "facts": dict(facts(meant)),
                "sections": sections,
            },
            out,
        )
        return
    blocks = []
    if not names and not differences:
        blocks.append("\n".join(f"{key:12}{value}" for key, value in facts(meant)))
    for item in chosen:
        heading = f"{item.title} ({number(len(item.rows))})"
        blocks.append(f"{heading}\n{table('', item.columns, item.rows)}")
    blocks.extend(_told(claim) for claim in told)
    write("\n\n".join(blocks), out)


def _claims(model: Model, names: list[str], called: str) -> list[dict[str, str]]:
    """The claims among ``names``, told in full."""
    from reassure.report.listing_claims import claim_details

    return [
        claim_details(model, c, called) for name in names for c in model.claims if c.name == name
    ]


def _told(claim: dict[str, str]) -> str:
    """A claim told in full, a line for each thing, and last how to test it."""
    lines = [f"{key:17}{value}" for key, value in claim.items() if key != "verdict"]
    if "verdict" in claim:
        lines.append(f"verdict: `{claim['verdict']}`")
    return "\n".join(lines)


def _differences(model: Model) -> Listing:
    from reassure.model.mistakes import UsageError
    from reassure.report.listing import Listing

    if not model.extends:
        raise UsageError(f"{model.name} extends no other model", "leave --differences out")
    return Listing(
        f"Differences from {model.extends}",
        ("section", "name", "what"),
        tuple(model.differences),
    )


def _select(model: Model, names: list[str]) -> list[Listing]:
    """The sections named, and for a name of an element the section with that one row (or set of rows).

    Claims named by themselves are left out: they are told in full.
    """
    from reassure.model.mistakes import UsageError, suggest
    from reassure.report.listing import SECTIONS, Listing, listings

    everything = listings(model)
    if not names:
        return everything
    claims = {claim.name for claim in model.claims}
    chosen: list[Listing] = []
    for name in names:
        if name in SECTIONS:
            chosen.append(SECTIONS[name](model))
            continue
        found = [
            Listing(item.title, item.columns, rows)
            for item in everything
            if not (item.title == "Claims" and name in claims)
            if (rows := tuple(r for r in item.rows if r[0] == name or r[0].startswith(f"{name}[")))
        ]
        if not found and name not in claims:
            known = [*SECTIONS, *(row[0] for item in everything for row in item.rows)]
            raise UsageError(f"{model.name} has no section or element {name}", suggest(name, known))
        chosen.extend(found)
    return chosen


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="show")(show)
