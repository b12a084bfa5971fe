"""Write the page on what the record says of Easley (2007), with its picture.

    python docs/generate_record.py

It takes a minute: codings are disturbed at random. The model's verdicts are
read from ``docs/easley2007/verdicts.json``.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import reassure
from reassure.history.record import VERDICTS, RecordVerdict, together
from reassure.history.record.digest import record_digest

HERE = Path(__file__).parent
PAGE = HERE / "easley2007" / "record.md"
PICTURE = HERE / "images" / "record.png"
MODEL = "easley2007"
READINGS = ("firmness", "engagement")
FLIPS = (0.1, 0.2)
CODINGS = 200
MODEL_ORDER = ("holds", "mostly holds", "contested", "undetermined", "fails")
NAMES = {"china_matters_too": "China too", "alliance_more_than_china": "more than China"}
EARLIER = HERE / "record_earlier.json"


def cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def short(item: RecordVerdict) -> str:
    return str(item.number) if item.number is not None else item.id


def perturbed(argument: reassure.Argument) -> list[str]:
    lines = [
        "| reading | directions flipped | " + " | ".join(VERDICTS[:5]) + " | all |",
        "|" + " --- |" * 8,
    ]
    figures: dict[str, list[str]] = {reading: [] for reading in READINGS}
    for reading in READINGS:
        for flip in FLIPS:
            found = argument.record(reading=reading, perturb=CODINGS, flip=flip)
            sums: dict[str, list[float]] = {}
            for item in found.results:
                if item.sensitivity is not None and item.sensitivity.perturbed is not None:
                    sums.setdefault(item.verdict, []).append(item.sensitivity.perturbed)
                    sums.setdefault("all", []).append(item.sensitivity.perturbed)
            row = [
                f"{sum(shares) / len(shares):.0%} of {len(shares)}"
                if (shares := sums.get(word))
                else ""
                for word in (*VERDICTS[:5], "all")
            ]
            figures[reading].append(f"{flip:.0%} | " + " | ".join(row))
            lines.append(f"| {reading} | {figures[reading][-1]} |")
    first, *others = figures.values()
    return [*lines, mirrored()] if all(other == first for other in others) else lines


def mirrored() -> str:
    """Why the readings give the same figures."""
    first, second = (reassure.load_ledger("northeast-asia").with_reading(name) for name in READINGS)
    other = sum(
        a.direction != b.direction for a, b in zip(first.events, second.events, strict=True)
    )
    return (
        f"\nThe readings give the same figures, and should: they code {other} events the other way round, and a test "
        "that counts on the direction of these says for each reading which one speaks for its claim. Nothing hangs on "
        "which of the two is taken."
    )


def page() -> str:
    argument = reassure.load(MODEL)
    found = argument.record()
    claims = json.loads((HERE / "easley2007" / "verdicts.json").read_text(encoding="utf-8"))[
        "claims"
    ]
    model = {item["id"]: item["verdict"] for item in claims}
    judged = [item for item in found.results if item.verdict]
    words = {item.id: together(model[item.id], item.verdict) for item in judged}
    counts = Counter(item.verdict for item in judged)
    lines = [
        "# What the record says\n",
        "<!-- Written by docs/generate_record.py. -->\n",
        f"Of {len(judged)} claims held against the ledger `{found.ledger}` under the reading "
        f"`{found.reading}`: "
        + ", ".join(f"{counts[word]} {word}" for word in VERDICTS if counts[word])
        + ". These verdicts are made with hindsight, for they judge the claims; they change nothing that the "
        "model computes. [How to read and write one](../record.md).\n",
        "![Claims by the two verdicts](../images/record.png)\n",
        "## What contradicts the paper\n",
        "**In December 2022 Japan decided for counterstrike with its alliances tightening.** Allied field drills had "
        "come back in August, the leaders of the three had met in June and November and agreed to share missile "
        "warnings; the cabinet decided on 16 December. Seoul and Tokyo normalised three months later, Camp David "
        "followed in August 2023, the contract for Tomahawks in January 2024, and the first long-range launchers "
        "stood in March 2026. Had management of the alliance been the brake that the paper takes it for, that is when "
        "it should have held. It may have delayed, and distrust of the years 2018 to 2021 may have worked with a lag; "
        "neither can be excluded. Coordination and the spear rose together.\n",
    ]
    against = found.contradicted
    for item in against:
        lines.append(
            f"- **{short(item)}** {item.text}: *{item.verdict}*, {item.lead:+.1f} dB against the rival "
            f"that does best, {found.rivals[item.best_rival]}. {item.note}".rstrip()
        )
    plain = [item for item in against if item.verdict == "contradicted"]
    common = set.intersection(
        *({i for piece in item.evidence for i in piece.ids} for item in plain)
    )
    lines.append(
        f"\n{', '.join(short(item) for item in plain)} all rest on the same decision "
        f"({', '.join(sorted(common))}): they are one contradiction seen from as many sides, and not so many "
        "independent ones.\n"
    )
    lines.append("\n## What supports it\n")
    for item in judged:
        if item.verdict.startswith("supported"):
            lines.append(f"- **{short(item)}** {item.text}: *{item.verdict}*, {item.lead:+.1f} dB.")
    lines.append("\n## What cannot be seen\n")
    for item in judged:
        if item.verdict == "not observable":
            lines.append(f"- **{short(item)}** {item.text}. {item.would_be_seen}")
    lines += [
        "\n## Both verdicts\n",
        "A weight of 10 dB is a likelihood ratio of ten to one, of 5 dB about three to one, against the rival "
        "that the claim beats least. A verdict hinges on the pieces without which it would be another.\n",
        "| no. | claim | the model | the record | dB | best rival | hinges on | together |",
        "|" + " --- |" * 8,
    ]
    for item in judged:
        lead = "" if item.lead is None else f"{item.lead:+.1f}"
        hinges = ", ".join(key for key, _ in item.hinges_on)
        row = (
            short(item),
            item.text,
            model[item.id],
            f"**{item.verdict}**",
            lead,
            item.best_rival,
            hinges,
        )
        lines.append("| " + " | ".join(cell(value) for value in (*row, words[item.id])) + " |")
    lines.append(
        "\nIn all: "
        + ", ".join(f"{n} {word}" for word, n in Counter(words.values()).most_common())
        + ".\n"
    )
    lines += [
        "## If the coding were another\n",
        f"Share of {CODINGS} disturbed codings under which a verdict stays, and of how many claims; magnitudes are "
        "shifted with probability 20 %. A flipped event counts for the other side with its whole weight, "
        "which is severe: a coder who errs on a direction seldom errs so far.\n",
        *perturbed(argument),
        "\n## Where this differs from an earlier hand-coded verdict\n",
        "An earlier reading of the same events gave each claim a letter by hand. Weighed against rivals, these came "
        "out otherwise; those that agree are not listed.\n",
        "| no. | earlier | here | why |",
        "| --- | --- | --- | --- |",
    ]
    by_key = {short(item): item for item in judged}
    for key, (earlier, why) in json.loads(EARLIER.read_text(encoding="utf-8")).items():
        lines.append(f"| {key} | {earlier} | {by_key[key].verdict} | {why} |")
    lines.append(f"\nDigest of the record `{record_digest(found)}`.\n")
    draw(judged, model)
    return "\n".join(lines)


def draw(judged: list[RecordVerdict], model: dict[str, str]) -> None:
    """The claims by their two verdicts, as a grid."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    places: dict[tuple[int, int], list[str]] = {}
    for item in judged:
        at = VERDICTS.index(item.verdict), MODEL_ORDER.index(model[item.id])
        places.setdefault(at, []).append(NAMES.get(item.id, short(item)))
    figure, axes = plt.subplots(figsize=(10, 6), layout="constrained")
    tints = ("#bfe0c8", "#dff0e3", "#f2f2ee", "#f7dfd3", "#efbfa9", "#ffffff")
    for (column, row), members in places.items():
        box = Rectangle((column - 0.5, row - 0.5), 1, 1, color=tints[column], zorder=0)
        axes.add_patch(box)
        lines, line = [], ""
        for name in members:
            if line and len(line) + len(name) > 15:
                lines.append(line)
                line = name
            else:
                line = f"{line}  {name}".strip()
        axes.text(column, row, "\n".join([*lines, line]), ha="center", va="center", fontsize=10)
    axes.set_xlim(-0.5, len(VERDICTS) - 0.5)
    axes.set_ylim(len(MODEL_ORDER) - 0.5, -0.5)
    axes.set_xticks(range(len(VERDICTS)), [word.replace(" ", "\n") for word in VERDICTS])
    axes.set_yticks(range(len(MODEL_ORDER)), MODEL_ORDER)
    for edge in range(len(VERDICTS) - 1):
        axes.axvline(edge + 0.5, color="#cccccc", linewidth=0.7)
    for edge in range(len(MODEL_ORDER) - 1):
        axes.axhline(edge + 0.5, color="#cccccc", linewidth=0.7)
    axes.set_xlabel("the record")
    axes.set_ylabel("the model")
    axes.set_title("Claims of Easley (2007) by the model's verdict and the record's", loc="left")
    axes.tick_params(length=0)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
