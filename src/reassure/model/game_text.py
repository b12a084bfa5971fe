"""The words of Gambit's text formats (``.efg``, ``.nfg``): tokens with their places, quoting, numbers.

Both formats are sequences of quoted texts, numbers, braces, commas and bare words; white space only
separates. A file may come from a stranger, so size, length of numbers and magnitude are limited, and
whatever is wrong is raised as a :class:`ModelError` with line and column.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NoReturn

from reassure.model.checked import Place
from reassure.model.mistakes import ModelError, mistake, quote

MAX_BYTES = 8 << 20
MAX_DIGITS = 400
"""Characters of one number."""
MAX_EXPONENT = 100
"""No payoff is above 1e100: products of such numbers still fit a float."""
MAX_LABEL = 10_000
MAX_NODES = 100_000
MAX_DEPTH = 1_000

Kind = Literal["text", "number", "word", "{", "}", ",", "end"]

SAID: dict[Kind, str] = {
    "text": "a text in quotes",
    "number": "a number",
    "word": "a word",
    "{": "'{'",
    "}": "'}'",
    ",": "','",
    "end": "the end of the file",
}

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<mark>[{},])
      | "(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"
      | (?P<open>")
      | (?P<word>[^\s{},"]+)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(
    r"[-+]?(?:\d+/(?P<below>\d+)|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE](?P<power>[-+]?\d+))?)\Z", re.ASCII
)
_ESCAPED = re.compile(r'\\(["\\])')
_TO_ESCAPE = re.compile(r'"|\\(?=["\\]|\Z)')
_NUMERIC_START = re.compile(r"[-+.]*\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a file: its kind, its text (unquoted) and where it starts."""

    kind: Kind
    text: str
    at: int


class Words:
    """The tokens of a text, read one by one with one of look-ahead.

    Attributes:
        next: the token that has not been taken yet.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._text = text
        self._at = 0
        self._lines: list[int] | None = None
        self.next = self._read()

    def take(self) -> Token:
        """The next token, which is used up by this."""
        token = self.next
        if token.kind != "end":
            self.next = self._read()
        return token

    def expect(self, kind: Kind, what: str) -> Token:
        """The next token if it is of ``kind``.

        Raises:
            ModelError: it is not; ``what`` says what should stand there.
        """
        if self.next.kind != kind:
            self.unexpected(what)
        return self.take()

    def number(self, what: str) -> Fraction:
        """The next token as an exact number."""
        if self.next.kind == "word":
            self.fail(
                "G103",
                f"expected {what}, found {quote(self.next.text)}",
                "write a finite number such as 3, -0.5, 2/3 or 1e-3",
            )
        return self._value(self.expect("number", what))

    def whole(self, what: str, *, least: int = 0) -> int:
        """The next token as a whole number of at least ``least``."""
        token = self.next
        value = self.number(what)
        if value.denominator != 1 or value < least:
            self.fail("G103", f"expected {what}, found {quote(token.text)}", at=token)
        return int(value)

    def at(self, kind: Kind) -> bool:
        """Whether the next token is of ``kind``."""
        return self.next.kind == kind

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these bare words."""
        return self.next.kind == "word" and self.next.text in words

    def skip(self, kind: Kind) -> bool:
        """Whether the next token was of ``kind``; then it is taken."""
        if self.next.kind != kind:
            return False
        self.take()
        return True

    def unexpected(self, what: str) -> NoReturn:
        """Say that ``what`` was expected where the next token stands."""
        token = self.next
        found = SAID[token.kind]
        if token.kind in ("word", "number"):
            found = quote(token.text)
        elif token.kind == "text":
            found = f'the text "{quote(token.text)[1:-1]}"'
        self.fail("G102", f"expected {what}, found {found}")

    def fail(
        self, code: str, message: str, remedy: str | None = None, at: Token | None = None
    ) -> NoReturn:
        """Raise a mistake at a token, by default the next one."""
        place = self.place((at or self.next).at)
        raise ModelError([mistake(code, place, "", message, remedy)])

    def place(self, at: int) -> Place:
        """Line and column of a character."""
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self._text))]
        line = bisect_right(self._lines, at)
        return Place(self.file, line, at - self._lines[line - 1] + 1)

    def _read(self) -> Token:
        while True:
            match = _TOKEN.match(self._text, self._at)
            if match is None:
                return Token("end", "", len(self._text))
            start, self._at = self._at, match.end()
            if match.lastgroup != "space":
                break
        if match.lastgroup == "mark":
            mark: Kind = match.group()  # type: ignore[assignment]
            return Token(mark, match.group(), start)
        if match.lastgroup == "text":
            text = match["text"]
            if len(text) > MAX_LABEL:
                what = f"a text of {len(text):,} characters"
                self.fail("G107", what, f"at most {MAX_LABEL:,}", Token("text", "", start))
            return Token("text", _ESCAPED.sub(r"\1", text), start)
        if match.lastgroup == "open":
            what = "the text that begins here has no closing quote"
            self.fail(
                "G102",
                what,
                'end it with ", and write \\" for a quote inside',
                Token("text", "", start),
            )
        word = match.group()
        numeric = _NUMERIC_START.match(word) is not None
        token = Token("number" if numeric else "word", word, start)
        if numeric and not _NUMBER.match(word):
            self.fail("G103", f"{quote(word)} is not a number", at=token)
        return token

    def _value(self, token: Token) -> Fraction:
        text = token.text
        match = _NUMBER.match(text)
        assert match is not None
        if len(text) > MAX_DIGITS:
            what = f"a number of {len(text):,} characters"
            self.fail("G103", what, f"at most {MAX_DIGITS} characters", token)
        if match["below"] is not None and int(match["below"]) == 0:
            self.fail("G103", f"{quote(text)} divides by zero", at=token)
        power = match["power"]
        if power is not None and (len(power) > 5 or abs(int(power)) > 3 * MAX_EXPONENT):
            self.fail("G103", f"{quote(text)} is too large or too small to compute with", at=token)
        value = Fraction(text)
        if abs(value) > 10**MAX_EXPONENT:
            what = f"{quote(text)} is too large to compute with"
            self.fail("G103", what, f"choose a larger unit: at most 1e{MAX_EXPONENT}", token)
        return value


def decoded(data: bytes, file: str) -> str:
    """The text of a game file, without a byte order mark.

    Raises:
        ModelError: it is too large, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        what = f"the file has {len(data):,} bytes; the limit is {MAX_BYTES:,}"
        raise ModelError([mistake("G107", Place(file, 1, 1), "", what)])
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        place = Place(file, before.count(b"\n") + 1, column)
        what = f"byte {data[error.start]:#04x} is not UTF-8 text"
        raise ModelError([mistake("E107", place, "", what)]) from None


def quoted(text: str) -> str:
    r"""``text`` in double quotes. A backslash is doubled only where it would be misread."""
    return '"' + _TO_ESCAPE.sub(r"\\\g<0>", text) + '"'


def written(value: Fraction) -> str:
    """``value`` exactly: whole, as a short decimal, or as a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    for places in range(1, 7):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return f"{value.numerator}/{value.denominator}"


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """Names in which those left empty are their number from 1, and repeated ones get ``_1``, ``_2``."""
    given = [name or str(number) for number, name in enumerate(names, 1)]
    used = set(given)
    counts: dict[str, int] = {}
    for name in given:
        counts[name] = counts.get(name, 0) + 1
    found = []
    seen: dict[str, int] = {}
    for name in given:
        if counts[name] > 1:
            base = name
            while name in used:
                seen[base] = seen.get(base, 0) + 1
                name = f"{base}_{seen[base]}"
            used.add(name)
        found.append(name)
    return tuple(found)
