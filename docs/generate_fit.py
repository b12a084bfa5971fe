"""Write docs/easley2007/fit.md: what the record says of the parameters, and which verdicts it changes.

    python docs/generate_fit.py [FOLDER]

The fit takes a quarter of an hour on two cores, the verdicts five minutes; a fit in FOLDER is taken up or read.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from verdict_changes import REPLICATIONS, SCENARIOS, changes

import reassure
from reassure.engine.cache import keep_compiled
from reassure.report.fit_pictures import checks_picture, contraction_picture
from reassure.report.fit_report import markdown

HERE = Path(__file__).parent
PAGE = HERE / "easley2007" / "fit.md"
IMAGES = HERE / "images"
NAME = "easley2007"


def main() -> None:
    keep_compiled()
    argument = reassure.load(NAME)
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(spare) / "fit"
        found = argument.fit(
            folder, progress=lambda done, total: print(f"{done} of {total}", flush=True)
        )
        if not found.converged:
            raise SystemExit("the fit did not converge: nothing is written")
        pictures = []
        for name, picture in (
            ("contraction", contraction_picture(found)),
            ("checks", checks_picture(found.replicates)),
        ):
            picture.save(IMAGES / f"fit-{name}.svg")
            pictures.append((picture.caption, f"../images/fit-{name}.svg"))
        page = markdown(found, argument.model, pictures)
        verdicts = changed(argument, found)
    _, rest = page.split("\n", 1)
    head = "# What the fit to the record says\n\n<!-- Written by docs/generate_fit.py. -->\n"
    PAGE.write_text(f"{head}{rest}{verdicts}", encoding="utf-8")


def changed(argument: reassure.Argument, posterior: reassure.Posterior) -> str:
    """The verdicts before and after the record, where they differ."""
    compared = reassure.compare(
        argument, scenarios=SCENARIOS, max_replications=REPLICATIONS, posterior=posterior
    )
    return f"""
## Which verdicts the record changes

Each claim tested over {SCENARIOS} scenarios of the priors and over as many draws of this fit, with up to {REPLICATIONS}
replications; in parentheses the share of scenarios that support it. Near a border a verdict can change by the luck of
so few scenarios.

{changes(compared, "before the record", "after it")}
"""


if __name__ == "__main__":
    main()
