"""What can be wrong with a model file, and how it is said.

Every kind of mistake has a stable code in :data:`CODES`, from which the docs' table is made. A mistake
names its place, what is wrong and what to do; all mistakes of a file are reported at once. To add a
kind, add one line to the table.

A :class:`Fault` is a mistake that does not know its place yet: formulas, units and priors raise faults,
the loader turns them into mistakes with :meth:`Fault.at`.
"""

from __future__ import annotations

import difflib
import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from reassure.model.checked import Place

Severity = Literal["mistake", "warning"]


@dataclass(frozen=True, slots=True)
class CodeDoc:
    """One kind of mistake: its code, what it is called, why it is refused, and an example of a remedy."""

    code: str
    title: str
    explanation: str
    remedy: str

    @property
    def severity(self) -> Severity:
        """Codes that begin with W are warnings; under ``--strict`` they count as mistakes."""
        return "warning" if self.code.startswith("W") else "mistake"


AREAS: dict[str, str] = {
    "E1": "The file",
    "E2": "Sections, keys and values",
    "E3": "Names",
    "E4": "Formulas",
    "E5": "Units",
    "E6": "Priors and correlations",
    "E7": "Levers, policies, events, choices, games",
    "E8": "Outcomes, claims and the record",
    "E9": "Limits and `extends`",
    "G1": "Game files (`.efg`, `.nfg`)",
    "G2": "Estimating a game",
    "L1": "Ledgers: their files",
    "L2": "Ledgers: what they say",
    "W1": "Warnings",
    "W2": "Warnings about ledgers",
}
"""What the first two characters of a code stand for."""

# One line a kind, however long, so that the table reads as one.
# fmt: off
# ruff: noqa: E501
_TABLE: tuple[CodeDoc, ...] = (
    CodeDoc("E101", "not YAML", "The file cannot be read as YAML 1.2.", "look at the place given: often a missing space after ':' or a formula that needs quotes"),
    CodeDoc("E102", "tag", "YAML tags (`!name`) are refused: a model is plain text, numbers, lists and mappings.", "write the value without the tag"),
    CodeDoc("E103", "duplicate key", "One mapping has the same key twice; only one of them could count.", "remove or rename one of the two"),
    CodeDoc("E104", "too many aliases", "YAML aliases (`*name`) expand to more than the limit, or to themselves.", "write the values out, or use an index set"),
    CodeDoc("E105", "file too large", "The file is larger than a model may be.", "split it with `extends:`"),
    CodeDoc("E106", "no such file", "The model cannot be found or read.", "give a path to a YAML file, or a name from `reassure list`"),
    CodeDoc("E107", "not text", "The file is not UTF-8 text.", "save it as UTF-8"),
    CodeDoc("E108", "nested too deep", "Lists and mappings are nested deeper than a model may be.", "flatten the file"),
    CodeDoc("E109", "not a model", "The file is empty, or is not a mapping of sections.", "start from `reassure new NAME`"),

    CodeDoc("E201", "unknown key", "A key that the language does not know in this place.", "see the keys in the language reference"),
    CodeDoc("E202", "missing key", "Something that the element cannot do without.", "add the key"),
    CodeDoc("E203", "wrong kind of value", "A text where a number is wanted, a list where a mapping is wanted, and so on.", "give a value of the kind named"),
    CodeDoc("E204", "out of range", "A number outside what makes sense here.", "give a number in the range named"),
    CodeDoc("E205", "bad date", "Not a date, or a date outside the model's time.", "write 2007-02-15 or 2007-02"),
    CodeDoc("E206", "bad name", "A name must be letters, digits and underscores, begin with a letter and be none of the language's words.", "rename it"),
    CodeDoc("E207", "unknown language version", "The file says a version of the language that this program does not know.", "write `language: 1`, or install a newer reassure"),
    CodeDoc("E209", "name used twice", "Two elements of the model have the same name (or alias).", "rename one"),
    CodeDoc("E210", "keys that exclude each other", "Two keys that cannot stand together, or none of several of which one is needed.", "keep exactly one"),
    CodeDoc("E211", "unknown word", "A value that must be one of a few words is another.", "use one of the words listed"),
    CodeDoc("E212", "incomplete `by:`", "A `by:` leaves out a member of its index set, or names what is no member.", "add the member, or `else:`"),

    CodeDoc("E301", "undefined name", "A formula or a field mentions what the model does not define.", "define it, or correct the name"),
    CodeDoc("E302", "circular definition", "Names that need each other at the same step.", "break the circle with a stock, or with `previous(x, initial)`"),
    CodeDoc("E303", "undefined index", "The word in brackets is neither a member of an index set nor a set that is open here.", "use a member, or `sum(set, ...)`"),
    CodeDoc("E304", "not an option", "A choice or a lever is compared with a word that is none of its options.", "use one of the options listed"),
    CodeDoc("E305", "undefined actor", "An actor that `actors:` does not list.", "add it to `actors:`"),
    CodeDoc("E306", "citation without source", "`cites:` names a key that `sources:` does not have.", "add the source, or correct the key"),
    CodeDoc("E307", "index missing", "An element of an index set is read without saying which member.", "write `name[member]`, or sum over the set"),
    CodeDoc("E308", "not known yet", "A formula that is needed before the first step reads what only exists from then on.", "use parameters and numbers only"),

    CodeDoc("E401", "formula not understood", "The text is not a formula.", "check brackets and operators at the column given"),
    CodeDoc("E402", "not allowed in a formula", "A construct of Python that formulas do not have.", "use arithmetic, comparisons, `a if c else b` and the functions of the language"),
    CodeDoc("E403", "formula too long", "The formula has more characters than the limit.", "name a part of it under `auxiliaries:`"),
    CodeDoc("E404", "formula too deep", "The formula nests, or branches, more than the limit.", "name a part of it under `auxiliaries:`"),
    CodeDoc("E405", "number too large", "A number in a formula is written with too many digits or is too large to compute with.", "choose a larger unit"),
    CodeDoc("E406", "unknown function", "A call of a function that the language does not have.", "see the functions in the language reference"),
    CodeDoc("E407", "wrong arguments", "A function is called with too few or too many arguments, or one under a wrong name.", "see the function's line in the language reference"),
    CodeDoc("E408", "must be a literal", "This argument must be a number or a quantity written out, because it decides how the model is built.", "write the number, or `q(3, 'month')`"),
    CodeDoc("E409", "text out of place", "Text in quotes stands only where a function takes a unit or a date.", "remove the quotes to read a name"),
    CodeDoc("E410", "bad lookup table", "A lookup needs two or more points with strictly rising first coordinates.", "write `lookup(x, [[0, 1], [1, 0.5]])`"),
    CodeDoc("E411", "not a finite number", "A part of the formula made of numbers alone has no finite value.", "look for a division by zero or a logarithm of zero"),

    CodeDoc("E501", "unknown unit", "A unit that neither pint nor the language knows.", "correct it, or name a unit that pint knows"),
    CodeDoc("E502", "unit mismatch", "Two quantities with different units are added, compared or assigned.", "give the number a unit with `q(3, 'month')`, or divide by the unit"),
    CodeDoc("E503", "must be dimensionless", "A function, a truth value or an exponent takes a plain number only.", "divide by a quantity of the same unit"),
    CodeDoc("E504", "unit with an offset", "Temperatures with an offset and logarithmic units cannot be multiplied.", "use a difference such as `delta_degC`, or `kelvin`"),
    CodeDoc("E505", "power of a unit", "A quantity with a unit is raised to what is not a small literal number.", "make the base dimensionless, or write the exponent as a number"),
    CodeDoc("E506", "unit not understood", "The text is not a unit.", "write it as `USD/year` or `km**2`"),

    CodeDoc("E601", "unknown prior", "A family of distributions that the language does not have.", "see the priors in the language reference"),
    CodeDoc("E602", "impossible prior", "No distribution has these parameters.", "see the prior's line in the language reference"),
    CodeDoc("E603", "impossible quantiles", "No distribution of the family has these quantiles.", "check their order, or choose another family"),
    CodeDoc("E604", "empty truncation", "The truncation leaves (almost) nothing of the distribution.", "widen it"),
    CodeDoc("E605", "not positive definite", "The correlations contradict each other: no joint distribution has them.", "bring the correlations named closer to zero"),
    CodeDoc("E606", "impossible correlation", "A correlation between what cannot be correlated, or stated twice.", "correlate two different uncertain parameters once"),

    CodeDoc("E701", "lever set out of its range", "A policy sets a lever to what the lever cannot be.", "stay in the lever's `range:` or use one of its `options:`"),
    CodeDoc("E702", "not the actor's lever", "A policy of one actor sets the lever of another.", "leave out `actor:` or make it two policies"),
    CodeDoc("E703", "unreachable option", "No path of the model can ever reach this option.", "loosen `requires:` or `then:`, or remove the option"),
    CodeDoc("E704", "unused lever", "Nothing in the model reads this lever.", "read it in a formula, or remove it"),
    CodeDoc("E705", "rule reads what its actor cannot see", "A policy's rule reads a quantity that is not observable by the actor.", "declare `observable:`, or say `clairvoyant: true`"),
    CodeDoc("E706", "nothing drives the event", "An event needs exactly one of `rate`, `probability` and `dates`.", "keep one of them"),

    CodeDoc("E707", "unreachable move", "A move of a game whose `if` never holds, or an option that can never be taken.", "loosen its `if`, or remove it"),
    CodeDoc("E708", "imperfect recall", "An information set joins nodes between which its player could tell, because it knew or did different things on the way there.", "give the nodes different `knows`"),
    CodeDoc("E709", "differing actions", "The nodes of an information set offer different options, so that its player could tell them apart.", "give them the same options in the same order, or different `knows`"),
    CodeDoc("E710", "payoffs leave out a player", "A game does not say what its ends are worth to one of its players.", "add it to `payoffs`"),
    CodeDoc("E711", "probabilities that cannot sum to one", "The chances of a move of chance, or of types, do not add up to one in every future.", "make one option `else`"),
    CodeDoc("E712", "not for a game's formula", "A game's formulas are worked out at one moment: they hold no memory, read none of the game's own names, and conditions on moves read earlier moves only.", "name it under `auxiliaries:`, and read that"),
    CodeDoc("E713", "game does not read it", "A perception or a variant replaces what no formula of its game reads.", "read it in the game's formulas, or remove it here"),
    CodeDoc("E714", "never appraised, or never played", "A formula reads results of a game that is never appraised, or moves of one that is never played.", "add `appraise:` or `play:` to the game"),
    CodeDoc("E715", "nothing to learn", "Evidence from a game names what is no type or move of chance at its start, or stands beside weights set by hand for the same moves.", "name a `MOVE.OPTION` at the start, and leave weights to the game"),

    CodeDoc("E801", "claim about an undefined outcome", "A claim or an interest names an outcome that the model does not have.", "define it under `outcomes:`, or correct the name"),
    CodeDoc("E802", "unknown form", "A claim's form is none of the language's.", "use one of the forms listed"),
    CodeDoc("E803", "claim does not fit its form", "A field that the form needs is missing, or one that it does not have is given.", "see the table of forms"),
    CodeDoc("E804", "not a truth value", "A condition must be an outcome that is 0 or 1.", "use an outcome of kind `reached`"),
    CodeDoc("E805", "cause does not vary", "The two sides of a contrast are the same, or name nothing that can be varied.", "give two different values"),
    CodeDoc("E806", "claim number used twice", "Two claims have the same number.", "renumber one"),
    CodeDoc("E807", "record without evidence", "A claim's record has neither evidence nor tests, or has them although it is said to be unobservable.", "add evidence, or say under `unobservable` what would have to be seen"),
    CodeDoc("E808", "unknown rival", "A record or a test names no rival, or one that the model does not have.", "name one of the section `rivals`"),
    CodeDoc("E809", "evidence without ground", "A piece of evidence names no event of the ledger, or a piece or test no reason.", "add `sees` and `because`"),
    CodeDoc("E810", "likelihoods incomplete", "A piece of evidence needs a likelihood under the claim and under each rival of its record, and no other.", "add or remove one"),
    CodeDoc("E811", "not a likelihood", "A likelihood is a probability above 0 and below 1.", "give such a number"),
    CodeDoc("E812", "test does not fit its form", "A test on the record lacks what its form needs, or has what it does not.", "see the table of tests in the page on the record"),
    CodeDoc("E813", "bad window", "A date of a record is none, or its window ends before it starts.", "write two dates in order, such as [2007-02, 2026-04]"),
    CodeDoc("E814", "likelihood missing or incomplete", "An observation says with exactly one likelihood how the record scatters about the model's quantity, and gives all that this one needs.", "add a likelihood such as `likelihood: {poisson: {}}`"),
    CodeDoc("E815", "does not go together", "An observation or something given lacks what it needs, or has what does not go with the rest of it.", "add or remove the key named"),
    CodeDoc("E816", "cannot be given", "Only an event or a choice of the model can be given by the record, and no event of the calendar.", "name an event or a choice of this model"),
    CodeDoc("E817", "not in the ledger", "The model names a series, course, category, actor, event or reading that its ledger does not have, or the ledger's course an option that the model does not. `check` looks for all of them; other commands stop at the first that they need.", "correct the name, or add it to the ledger"),
    CodeDoc("E818", "ledger cannot be used", "There is no ledger of the name under `ledger:`, or its files have mistakes.", "give the name of a bundled ledger, or of a folder beside this file"),

    CodeDoc("E901", "over budget", "The model would need more nodes, memory or steps than the limit.", "make it smaller, as the message says"),
    CodeDoc("E902", "`extends` outside the folder", "A model may extend a bundled model, or a file in its own folder; nothing else is read.", "copy the file into the model's folder"),
    CodeDoc("E903", "circular `extends`", "Models that extend each other.", "remove one `extends:`"),
    CodeDoc("E904", "`extends` not found", "The model to be extended does not exist.", "correct the name; `reassure list` has the bundled ones"),
    CodeDoc("E905", "nothing to remove", "`name: ~` removes what the extended model does not have.", "remove the line"),

    CodeDoc("G101", "not a game file", "The file begins neither like Gambit's extensive form (`EFG 2 R`) nor like its strategic form (`NFG 1 R`).", "give an .efg or .nfg file"),
    CodeDoc("G102", "unexpected text", "Something else has to stand in this place.", "write what is expected"),
    CodeDoc("G103", "not a number of this kind", "A payoff, probability or index is not a finite number in a form that the format has.", "write a finite number such as 3, -0.5, 2/3 or 1e-3"),
    CodeDoc("G104", "used before it is defined", "An information set, event, outcome or player that the file has not introduced before this place.", "write its name and what it holds where it first appears"),
    CodeDoc("G105", "contradicts its definition", "An information set, event or outcome is described again, and differently.", "make both alike, or leave the description out after the first time"),
    CodeDoc("G106", "not probabilities", "The probabilities of a chance move are negative or do not add up to one exactly.", "write them so that they add up to one, thirds as 1/3"),
    CodeDoc("G107", "game too large", "The file, its tree or a part of it is larger than the limit.", "make the game smaller"),

    CodeDoc("G201", "no such column", "The data lack a column that the game reads, or have it twice.", "correct the name, or add the column"),
    CodeDoc("G202", "cell not a number", "A cell of a column that payoffs read is empty, a word, or not finite.", "mend or drop the row"),
    CodeDoc("G203", "outcome not of the game", "The data hold an outcome that the game does not have, or never one that it has.", "use the outcomes' names as the game has them"),
    CodeDoc("G204", "cannot be estimated", "The data cannot tell one coefficient from others, or from nothing: only differences between a player's payoffs count.", "fix one payoff of each player (leave it out), and drop what repeats other columns"),

    CodeDoc("L101", "not a ledger", "A ledger is a folder with a file `ledger.yaml`.", "give the path of such a folder, or a name from `reassure ledger list`"),
    CodeDoc("L102", "outside the folder", "A file of the ledger is a link that leads out of its folder; nothing else is read.", "copy the file into the folder"),
    CodeDoc("L103", "not a table", "A CSV file cannot be read, or a row does not have as many cells as the header.", "mend the row"),
    CodeDoc("L104", "column unknown or missing", "The header of a CSV file lacks a column or has one that a ledger does not know.", "see the columns in the page on ledgers"),
    CodeDoc("L105", "wrong value", "A cell holds what its column cannot.", "give a value of the kind named"),
    CodeDoc("L106", "bad or mixed date", "A date is written in another form, or a series mixes forms.", "write 2006-07-05, 2006-07, 2006-Q3, 2006 or FY2006"),
    CodeDoc("L107", "text in a series", "A value of a series is not a finite number.", "write a number; leave the row out where the value is missing"),
    CodeDoc("L108", "unknown name", "A row names an actor, category, series or event that the ledger does not declare.", "declare it, or correct the name"),
    CodeDoc("L109", "used twice", "Two rows have the same id, or are of the same series and period.", "keep one of the two"),

    CodeDoc("L201", "outside coverage", "A date lies outside of what the ledger or the series says that it covers.", "widen the coverage, or correct the date"),
    CodeDoc("L202", "one event twice", "Two events within a day of each other have the same category, a common actor and a common target.", "remove one, or name the other under `distinct_from`"),
    CodeDoc("L203", "missing source", "An event or series says neither where it is from nor why it has no source.", "give `source_title` and `source_url`, or `seen: no` and a `note`"),

    CodeDoc("W101", "no `because`", "A number or a relation without a reason.", "add `because:`"),
    CodeDoc("W102", "no `cites`", "A number or a relation without a source.", "add `cites:`"),
    CodeDoc("W103", "parameter moves nothing", "No outcome depends on this parameter.", "use it, or remove it"),
    CodeDoc("W104", "player without a move", "An actor is a player of a game in which it never moves.", "give it a move, or leave it out"),
    CodeDoc("W105", "unused part of a game", "Nothing reads this result or variant, or asks what the actor of this perception sees.", "read it, or remove it"),

    CodeDoc("W201", "undeclared break", "A series steps to another level, far outside of its usual changes, where it declares no break.", "declare it under `breaks:`, as `measurement` or as `real`"),
)
# fmt: on

CODES: dict[str, CodeDoc] = {doc.code: doc for doc in _TABLE}
"""Every kind of mistake by its code."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of a model file (or one warning).

    Attributes:
        code: a key of :data:`CODES`.
        place: file, line and column, 1-based.
        path: where in the model, as ``section.name.field``; '' for the file as a whole.
        message: what is wrong.
        remedy: what to do.
        severity: 'mistake' or 'warning'.
    """

    code: str
    place: Place
    path: str
    message: str
    remedy: str
    severity: Severity = "mistake"

    def __str__(self) -> str:
        where = f"{self.place.file}:{self.place.line}:{self.place.column}"
        said = f"{where}: {self.path}: " if self.path else f"{where}: "
        said += f"{self.message} — {self.remedy}" if self.remedy else self.message
        return f"{printable(said)} [{self.code}]"

    def as_dict(self) -> dict[str, str | int]:
        """The mistake as ``check --json`` lists it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": printable(self.place.file),
            "line": self.place.line,
            "column": self.place.column,
            "path": printable(self.path),
            "message": printable(self.message),
            "remedy": printable(self.remedy),
        }


def mistake(code: str, place: Place, path: str, message: str, remedy: str | None = None) -> Mistake:
    """A :class:`Mistake` with the severity of its code and, without ``remedy``, the code's own remedy."""
    doc = CODES[code]
    said = doc.remedy if remedy is None else remedy
    return Mistake(code, place, path, message, said, doc.severity)


class Fault(Exception):
    """A mistake that does not know its place yet.

    Attributes:
        code: a key of :data:`CODES`.
        message: what is wrong.
        remedy: what to do; the code's own remedy if none was given.
        offset: characters from the start of the text at fault to what is wrong in it.
    """

    def __init__(self, code: str, message: str, remedy: str | None = None, offset: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = CODES[code].remedy if remedy is None else remedy
        self.offset = offset

    def at(self, place: Place, path: str) -> Mistake:
        """The mistake, for a text that begins at ``place`` and runs on in one line."""
        exact = replace(place, column=place.column + self.offset)
        return mistake(self.code, exact, path, self.message, self.remedy)


class ModelError(Exception):
    """A model file has mistakes; ``mistakes`` holds all of them, sorted by place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = in_order(mistakes)
        super().__init__("\n".join(str(item) for item in self.mistakes))


class UsageError(Exception):
    """An option or an argument asks for what cannot be done: one message and its remedy."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return printable(f"{self.message} — {self.remedy}" if self.remedy else self.message)


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Mistakes by place, each once."""
    return tuple(
        sorted(
            dict.fromkeys(mistakes),
            key=lambda m: (m.place.file, m.place.line, m.place.column, m.code, m.path, m.message),
        )
    )


_COMPARED = 20  # names that one suggestion looks at closely


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like ``name``, or None when none is alike."""
    # Names in a model are short and few; hostile ones must not cost difflib's quadratic time.
    if len(name) > 100:
        return None
    folded = {candidate.lower(): candidate for candidate in candidates if len(candidate) <= 100}
    close: Iterable[str] = folded
    if len(folded) > _COMPARED:
        own = _pairs(name.lower())
        close = heapq.nlargest(_COMPARED, folded, key=lambda other: len(own & _pairs(other)))
    found = difflib.get_close_matches(name.lower(), close, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


@lru_cache(maxsize=16_384)
def _pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters in a text and its edges."""
    framed = f" {text} "
    return frozenset(framed[i : i + 2] for i in range(len(framed) - 1))


def suggest(name: str, candidates: Iterable[str]) -> str:
    """``"did you mean 'memory'?"`` for the nearest of ``candidates``; '' when none is alike."""
    found = nearest(name, candidates)
    return f"did you mean {quote(found)}?" if found else ""


def without_percent(value: object) -> str | None:
    """What to write for a text such as ``3%`` where a number belongs; None for anything else."""
    if not isinstance(value, str) or len(value) > 20 or not value.strip().endswith("%"):
        return None
    try:
        share = float(value.strip()[:-1]) / 100
    except ValueError:
        return None
    return f"write {share:.6g}" if math.isfinite(share) else None


def quote(text: object, limit: int = 60) -> str:
    """``text`` in single quotes, printable and cut at ``limit`` characters."""
    said = str(text)
    return f"'{printable(said if len(said) <= limit else said[: limit - 1] + '…')}'"


def printable(text: str) -> str:
    """``text`` with control characters escaped, so that no file can steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c in "\r\n\t" else c.encode("unicode_escape").decode()
        for c in text
    )


def codes_table() -> str:
    """All codes as Markdown, by area, for the docs."""
    parts: list[str] = []
    for area, title in AREAS.items():
        rows = [doc for doc in _TABLE if doc.code.startswith(area)]
        parts += [
            f"## {title}",
            "",
            "| code | mistake | why | what to do |",
            "| --- | --- | --- | --- |",
        ]
        parts += [f"| `{d.code}` | {d.title} | {d.explanation} | {d.remedy} |" for d in rows]
        parts.append("")
    return "\n".join(parts)
