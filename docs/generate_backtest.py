"""Write the page on what Easley (2007) and its rivals would have forecast, with its pictures.

    python docs/generate_backtest.py [FOLDER]

It takes some ten minutes on two cores. What is finished is kept in FOLDER, if one is given, and taken up from
there. The readings are those with the deterrence gap as one formula: with games, learning takes some fifty
times as long.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import reassure
from reassure.history.backtest import Backtest
from reassure.model.bundled import path as path_of
from reassure.report.backtest_pictures import CAPTIONS, fans_figure, pit_figure, skill_figure
from reassure.report.backtest_report import markdown_table, sections

HERE = Path(__file__).parent
PAGE = HERE / "easley2007" / "backtest.md"
IMAGES = HERE / "images"
FORMULA = "easley2007-formula"
RIVALS = ("china", "domestic", "complements", "updated")
ORIGINS = ("2007", "2012", "2017", "2022")

TARGETS = (
    ("launches per quarter", "`launches`", ""),
    ("other provocations", "`other_acts`, `nuclear_tests`", ""),
    (
        "Japanese spear and shield level",
        "`spear_level`, `shield_level`",
        "an analyst's level at a few dates",
    ),
    (
        "decision dates",
        "`spear_decision`",
        "the decision for a spear; no other decision is measured",
    ),
    (
        "defence share",
        "`defence_budget`",
        "the share of product is NOT measured; the core budget is, in yen",
    ),
    ("affinity polls", "`affinity`", "of Japanese; the poll of Koreans is NOT measured"),
    ("US troops", "`troops`", ""),
    ("base completion", "`base_move_target`, `land`", "the announced year, and bases returned"),
    ("OPCON target date", "`opcon_target`", ""),
    ("trilateral meetings", "`meetings`", "a year, those that made news"),
    ("inter-Korean trade", "`trade`", ""),
)


def formulas(folder: Path) -> list[Path]:
    """Every rival with the gap as one formula: the changes of the formula reading upon the rival's."""
    text = path_of(FORMULA).read_text(encoding="utf-8")
    found = []
    for rival in RIVALS:
        path = folder / f"easley2007-{rival}-formula.yaml"
        changed = text.replace("\nextends: easley2007\n", f"\nextends: easley2007-{rival}\n")
        assert changed != text
        path.write_text(changed, encoding="utf-8")
        found.append(path)
    return found


def page(found: Backtest) -> str:
    parts = [
        "# What the argument would have forecast",
        "<!-- Written by docs/generate_backtest.py. -->",
        "The argument of 2007 and its rivals, read as they could have been known at the start of "
        f"{', '.join(ORIGINS[:-1])} and {ORIGINS[-1]}, forecast the five years that followed; simple baselines "
        "forecast the same. Nothing after an origin entered. [How to read a backtest](../backtest.md); [what the model "
        "of 2007 may owe to later years](hindsight.md), which no such test can find.",
        "The readings have their deterrence gap as one formula: `easley2007-formula`, and the four others with the "
        "same change. What the games would forecast is not shown: learning takes some fifty times as long with them.",
        sections(
            found, [(CAPTIONS[name], f"../images/backtest-{name}.png") for name in CAPTIONS]
        ).rstrip(),
        "## What was asked for and what is measured",
        markdown_table(("target", "measured by", "remark"), TARGETS),
        "## What can still be doubted",
        "- **Structure.** That data, courses and dated elements do not leak is tested: every later row is replaced by "
        "noise and no number of a forecast changes. Hindsight in formulas and priors cannot be tested so. All of "
        "`easley2007` was [audited](hindsight.md); the modellers knew the outcome.\n"
        "- **Learning.** Parameters were learnt by a normal approximation at the mode, not by Markov chains, and "
        "chance that the record does not tell was taken at its mean in learning. Where k-hat is above its limit the "
        "approximation is known to be rough, and its draws were not reweighed.\n"
        "- **The likelihoods** in `observations:` were chosen with the record in view. They move the spread of "
        "forecasts from 2007 as well.\n"
        "- **Few years.** Whole years are taken as independent. A regime that lasts five years breaks that, and then "
        "less can be told than is said here.\n"
        "- **Ties.** Until a rival's elements could have been known it is the paper's model, and says nothing of the "
        "rival.",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = reassure.backtest(
            FORMULA,
            *formulas(Path(folder)),
            origins=ORIGINS,
            horizon="5y",
            out=Path(sys.argv[1]) if len(sys.argv) > 1 else None,
            progress=lambda done, total: print(f"{done} of {total}", flush=True),
        )
    for name, figure in (
        ("skill", skill_figure(found)),
        ("fans", fans_figure(found, FORMULA)),
        ("pit", pit_figure(found)),
    ):
        figure.savefig(IMAGES / f"backtest-{name}.png", dpi=110, metadata={"Software": ""})
    PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
