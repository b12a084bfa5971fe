"""Write the tables of verdicts of the Easley readings, which take minutes and not seconds to compute.

    python docs/generate_verdicts.py          the paper's verdicts, and those of its rivals
    python docs/generate_verdicts.py games    what changes when one formula stands in the games' place

Unlike the other generated pages these are not compared with a fresh run in the tests: a test compares the digest of the
model that they name with that of the model in the library, so that a table of an older model cannot stand.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import reassure
from reassure.report.brief_verdicts import group_of
from reassure.report.wording import percent, two_figures
from reassure.study.comparison import Comparison, cells, compare

DOCS = Path(__file__).parent / "easley2007"
MAIN = "easley2007"
RIVALS = ("easley2007-china", "easley2007-domestic", "easley2007-complements")
MAIN_SIZE = {"scenarios": 128, "replications": 32, "max_replications": 1024}
RIVAL_SIZE = {"scenarios": 64, "replications": 16, "max_replications": 256}
FORMULA = "easley2007-formula"


def cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def verdicts() -> str:
    """The page of one reading: the tally, the table, and what made it."""
    result = reassure.load(MAIN).claims(**MAIN_SIZE)
    numbered = [item for item in result.results if item.number is not None]
    tested = [item for item in numbered if item.verdict != "not testable"]
    counts = Counter(item.verdict for item in result.results)
    standings = Counter(group_of(item) for item in result.results)
    lines = [
        "# Verdicts of Easley (2007)\n",
        "<!-- Written by docs/generate_verdicts.py. -->\n",
        f"Of the 48 numbered claims {len(tested)} are tested. Over all {len(result.results)} sentences: "
        + ", ".join(f"{counts[name]} {name}" for name in result.order if counts[name])
        + ". By standing: "
        + ", ".join(
            f"{count} {'derived because they are about size or comparison' if name == 'size' else name}"
            for name, count in standings.most_common()
        )
        + ".\n",
        f"{result.futures:,} futures: {MAIN_SIZE['scenarios']} scenarios, from {MAIN_SIZE['replications']} to "
        f"{MAIN_SIZE['max_replications']:,} replications, seed 0. [How to read a verdict](../verdicts.md); "
        "[what surprised](surprises.md).\n",
        "| no. | claim | form | modality | standing | verdict | supports | no effect | contradicts | open "
        "| effect: median (5 % to 95 %) | where it fails |",
        "|" + " --- |" * 12,
    ]
    for item in result.results:
        shares = (item.supports, item.no_effect, item.contradicts, item.undetermined)
        effect = ""
        if item.effect is not None:
            low, middle, high = (two_figures(value) for value in item.effect)
            effect = f"{middle} ({low} to {high})"
        untested = item.verdict == "not testable"
        lines.append(
            "| "
            + " | ".join(
                cell(value)
                for value in (
                    item.number or item.id,
                    item.text,
                    item.form,
                    item.modality,
                    "" if untested else item.standing,
                    f"**{item.verdict}**",
                    *("" if untested else percent(share) for share in shares),
                    effect,
                    item.note if untested else item.hinges,
                )
            )
            + " |"
        )
    lines.append(f"\nModel digest `{reassure.load(MAIN).model.digest}`.\n")
    (DOCS / "verdicts.json").write_text(
        json.dumps(result.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return "\n".join(lines)


def readings() -> str:
    """The page that puts the rival readings beside the paper's."""
    found = compare([reassure.load(name).claims(**RIVAL_SIZE) for name in (MAIN, *RIVALS)])
    lines = [
        "# The paper and its rivals\n",
        "<!-- Written by docs/generate_verdicts.py. -->\n",
        "Each rival varies the paper's model by `extends:`; `reassure show READING --differences` lists how. "
        f"The share is that of scenarios that support the claim ({RIVAL_SIZE['scenarios']} scenarios, "
        f"up to {RIVAL_SIZE['max_replications']} replications). "
        f"The readings disagree on {len(found.differing)} of {len(found.rows)} claims, marked with a star.\n",
        *side_by_side(found),
    ]
    digests = ", ".join(f"`{reassure.load(name).model.digest}`" for name in (MAIN, *RIVALS))
    lines.append(f"\nModel digests {digests}.\n")
    return "\n".join(lines)


def side_by_side(found: Comparison) -> list[str]:
    """The rows of readings beside one another, a star where they differ."""
    return [
        "| claim | " + " | ".join(found.models) + " |",
        "|" + " --- |" * (1 + len(found.models)),
        *(
            "| "
            + " | ".join(cell(v) for v in (("★ " if row.differs else "") + row.id, *cells(row)))
            + " |"
            for row in found.rows
        ),
    ]


def games() -> str:
    """The page that puts the paper's reading, with its games, beside the one with a formula for the gap."""
    arguments = [reassure.load(name) for name in (FORMULA, MAIN)]
    found = compare([argument.claims(**RIVAL_SIZE) for argument in arguments])
    run = arguments[1].run(["drift", "managed"], scenarios=64, replications=16)
    lines = [
        "# What the games change\n",
        "<!-- Written by docs/generate_verdicts.py games. -->\n",
        f"`{MAIN}` works its deterrence gap out from the [seven what-ifs](../games/whatifs.md), solved inside every "
        f"future; `{FORMULA}` has one formula of threat and doubt in their place. "
        "[What to make of it](games-read.md).\n",
        "## The gap\n",
        "Means over twenty years; median and 5 % to 95 % range over 64 scenarios.\n",
        "| quantity | drift | managed |",
        "| --- | --- | --- |",
    ]
    for name, outcome in ((item.name, item) for item in arguments[1].model.outcomes):
        if name.startswith(("gap_", "removes_", "misread_", "coercion_")):
            row = []
            for policy in ("drift", "managed"):
                spread = run.dataset[name].sel(policy=policy).mean("replication")
                low, middle, high = (
                    two_figures(float(value)) for value in spread.quantile([0.05, 0.5, 0.95])
                )
                row.append(f"{middle} ({low} to {high})")
            lines.append(f"| {cell(outcome.about.text)} | {row[0]} | {row[1]} |")
    lines += [
        "\n## The verdicts\n",
        f"{RIVAL_SIZE['scenarios']} scenarios, up to {RIVAL_SIZE['max_replications']} replications: "
        "fewer than in the [table of the paper's verdicts](verdicts.md), so that claims near an edge may "
        f"differ from there. The two readings differ on {len(found.differing)} of {len(found.rows)} "
        "claims, marked with a star.\n",
        *side_by_side(found),
    ]
    digests = ", ".join(f"`{argument.model.digest}`" for argument in arguments)
    lines.append(f"\nModel digests {digests}.\n")
    return "\n".join(lines)


if __name__ == "__main__":
    if "games" in sys.argv:
        (DOCS / "games.md").write_text(games(), encoding="utf-8")
    else:
        (DOCS / "verdicts.md").write_text(verdicts(), encoding="utf-8")
        (DOCS / "readings.md").write_text(readings(), encoding="utf-8")
