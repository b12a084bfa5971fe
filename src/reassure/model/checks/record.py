"""The test of a claim on the record: windows, rivals, likelihoods with reasons, tests with what they need."""

from __future__ import annotations

from reassure.model.checked_record import Pick, Piece, Record, RecordTest, Rival
from reassure.model.checks.context import Context, Path
from reassure.model.checks.record_dates import day, window
from reassure.model.mistakes import quote, suggest
from reassure.model.written_record import Pick as WrittenPick
from reassure.model.written_record import Piece as WrittenPiece
from reassure.model.written_record import Record as WrittenRecord
from reassure.model.written_record import RecordTest as WrittenTest

_NEEDS = {
    "rank": ("series", "at"),
    "interrupted": ("series", "at"),
    "trend": ("series",),
    "counts": ("events", "at"),
    "event_study": ("events", "after"),
}


def rivals(context: Context) -> tuple[Rival, ...]:
    """The section ``rivals:``."""
    return tuple(
        Rival(name, item.text, item.model) for name, item in context.section("rivals").items()
    )


def record(context: Context, item: WrittenRecord | None, path: Path) -> Record | None:
    """What a claim's ``record:`` means, or None where it has none."""
    if item is None:
        return None
    reader = _Reader(context, item, path)
    return reader.read()


class _Reader:
    """Reads one record."""

    def __init__(self, context: Context, item: WrittenRecord, path: Path) -> None:
        self.context, self.item, self.path = context, item, path

    def read(self) -> Record:
        item = self.item
        shown = bool(item.evidence or item.tests)
        if item.unobservable and shown:
            what = "what cannot be observed has no evidence and no tests"
            remedy = "remove `unobservable`, or the evidence"
            self.context.say("E807", (*self.path, "unobservable"), what, remedy)
        elif not item.unobservable and not shown:
            what = "the record has neither `evidence` nor `tests`"
            self.context.say("E807", self.path, what, of_key=True)
        if shown and not item.rivals:
            what = "the record names no `rivals` to weigh the evidence against"
            self.context.say(
                "E808",
                self.path,
                what,
                "add `rivals: [NAME]`, from the section `rivals`",
                of_key=True,
            )
        known = [name for name in item.rivals if self._rival(name)]
        start, end = window(self.context, item.window, (*self.path, "window")) or (None, None)
        return Record(
            start=start,
            end=end,
            expects=item.expects,
            against=item.against,
            rivals=tuple(known),
            pieces=tuple(self._piece(one, n) for n, one in enumerate(item.evidence)),
            tests=tuple(self._test(one, n) for n, one in enumerate(item.tests)),
            unobservable=item.unobservable,
            note=item.note,
            place=self.context.place(self.path),
        )

    def _rival(self, name: str) -> bool:
        if self.context.exists("rivals", name):
            return True
        remedy = suggest(name, tuple(self.context.section("rivals"))) or "add it to `rivals:`"
        what = f"{quote(name)} is no rival of this model"
        self.context.say("E808", (*self.path, "rivals"), what, remedy)
        return False

    def _piece(self, item: WrittenPiece, index: int) -> Piece:
        path: Path = (*self.path, "evidence", index)
        for key, value, remedy in (
            ("sees", item.sees, "add `sees: [ID]` with ids of the ledger's events"),
            ("because", item.because.strip(), "add `because:` with the reason of the likelihoods"),
        ):
            if not value:
                self.context.say("E809", path, f"the piece of evidence has no `{key}`", remedy)
        at: Path = (*path, "likelihood")
        wanted = ("claim", *self.item.rivals)
        for name in wanted:
            if name not in item.likelihood:
                what = f"how likely it is under {quote(name)} is not said"
                self.context.say("E810", at, what, f"add `{name}:` with a probability")
        for name, chance in item.likelihood.items():
            if name not in wanted:
                what = f"{quote(name)} is neither `claim` nor a rival of this record"
                remedy = suggest(name, wanted) or "add it to the record's `rivals`, or remove it"
                self.context.say("E810", (*at, name), what, remedy)
            elif not 0 < chance < 1:
                what = f"{chance:g} is no likelihood: nothing seen is certain or impossible"
                self.context.say(
                    "E811", (*at, name), what, "give a probability above 0 and below 1"
                )
        return Piece(
            sees=tuple(item.sees),
            likelihood=item.likelihood.get("claim", 0.5),
            under=tuple((name, item.likelihood.get(name, 0.5)) for name in self.item.rivals),
            because=item.because,
            group=item.group,
            reading=item.reading,
        )

    def _test(self, item: WrittenTest, index: int) -> RecordTest:
        path: Path = (*self.path, "tests", index)
        needs = _NEEDS[item.form]
        for key in ("series", "events", "after", "at"):
            given = bool(getattr(item, key))
            if given != (key in needs):
                what = f"a test of form {item.form} {'has no' if given else 'needs'} `{key}`"
                self.context.say("E812", path, what, f"{'remove' if given else 'add'} `{key}:`")
        if not item.because.strip():
            self.context.say(
                "E809", path, "the test has no `because`", "say why it speaks to the claim"
            )
        for name in item.rivals:
            if name not in self.item.rivals:
                what = f"{quote(name)} is no rival of this record"
                remedy = suggest(name, tuple(self.item.rivals)) or "add it to the record's `rivals`"
                self.context.say("E808", (*path, "rivals"), what, remedy)
        return RecordTest(
            form=item.form,
            sign=1 if item.is_ == "higher" else -1,
            rivals=tuple(item.rivals or self.item.rivals),
            because=item.because,
            series=item.series,
            events=pick(item.events),
            after=pick(item.after),
            at=day(self.context, item.at, (*path, "at")) if item.at else None,
            during=window(self.context, item.during, (*path, "during")),
            within=item.within,
            reading=item.reading,
        )


def pick(item: WrittenPick | None) -> Pick | None:
    """Which events are meant; None where nothing is written."""
    if item is None:
        return None
    ids = tuple(dict.fromkeys(item.ids))
    return Pick(item.category, item.actor, item.target, item.direction, item.least, ids)
