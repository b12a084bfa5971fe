"""From the text of a formula to a syntax tree that holds nothing but what formulas may say.

Formulas are a subset of Python's expression syntax. Python's own parser reads them, nothing is ever
evaluated, and every node is held against a whitelist; length, depth, number of nodes and size of
literals are limited, so that a text from a stranger costs a bounded time.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import warnings
from dataclasses import dataclass, field
from functools import lru_cache

from reassure.model.functions import FORMS, FUNCTIONS
from reassure.model.mistakes import Fault, quote, suggest, without_percent

MAX_LENGTH = 4000
MAX_DEPTH = 60
MAX_NODES = 1000
MAX_DIGITS = 40
MAX_LITERAL = 1e30

PREDEFINED = ("time", "dt", "true", "false")
"""Names that every formula knows: time since the start, the step's length, the truth values."""


class FormulaError(Fault):
    """One thing wrong with a formula; ``offset`` counts characters from the start of its text."""


def error_at(node: ast.expr, code: str, message: str, remedy: str | None = None) -> FormulaError:
    """A mistake at a node of a formula's tree."""
    return FormulaError(code, message, remedy, node.col_offset)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read and holds only what formulas may say; no name is resolved.

    Attributes:
        text: as written.
        tree: Python's syntax tree of it.
        names: what it mentions, as written and in reading order: ``gap``, ``provocation.rate``,
            ``weight[dossier]``, and options compared with (``spear``). Neither functions nor the
            index sets that reductions run over are among them.
        functions: names of the functions called, in reading order.
    """

    text: str
    tree: ast.expr = field(compare=False, repr=False)
    names: tuple[str, ...] = field(compare=False)
    functions: tuple[str, ...] = field(compare=False)


def name_problem(text: str) -> str | None:
    """Why ``text`` cannot name an element, an option or a member of a model; None if it can."""
    if not _NAME.fullmatch(text):
        return "must be letters, digits and underscores and begin with a letter"
    if len(text) > 80:
        return "is longer than 80 characters"
    if keyword.iskeyword(text):
        return "is a word of the formula syntax"
    if text in PREDEFINED or text in FUNCTIONS or text in FORMS:
        return "is a name that every formula already knows"
    return None


def dotted(node: ast.expr) -> str | None:
    """The name that ``node`` spells: ``provocation.rate``, ``weight[bases]``; else None."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=part) if (stem := dotted(value)) is not None:
            return f"{stem}.{part}"
        case ast.Subscript(value=value, slice=ast.Name(id=index)) if (
            stem := dotted(value)
        ) is not None:
            return f"{stem}[{index}]"
    return None


@lru_cache(maxsize=4096)
def parse(text: str) -> Formula:
    """Reads a formula without evaluating anything.

    Raises:
        FormulaError: codes E401 to E409; the first thing wrong in reading order.
    """
    tree = _read(text)
    _limit(tree)
    names: dict[str, None] = {}
    functions: dict[str, None] = {}
    _inspect(tree, names, functions)
    return Formula(text, tree, tuple(names), tuple(functions))


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BLANK = re.compile(r"[\t\n\r]")
_LOOKALIKES = {
    "−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "≥": ">=", "≤": "<=", "≠": "!=",
    "“": "'", "”": "'", "‘": "'", "’": "'", "\u00a0": "a space",
}  # fmt: skip
_HINTS = (
    ("&&", "write 'and'"),
    ("||", "write 'or'"),
    ("=>", "write '>='"),
    ("=<", "write '<='"),
    ("<>", "write '!='"),
    ("!", "write 'not'"),
    ("=", "write '==' to compare"),
    ("?", "write `a if condition else b`"),
    ("%", "write q(5, 'percent') for a percentage"),
)


def _read(text: str) -> ast.expr:
    """Python's tree of the text, with offsets that count from the start of ``text``."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            "E403", f"the formula has {len(text)} characters; the limit is {MAX_LENGTH}"
        )
    line = _BLANK.sub(" ", text)
    for offset, letter in enumerate(line):
        if not " " <= letter <= "~" or letter in "#\\`$;":
            said = _LOOKALIKES.get(letter)
            remedy = f"write {said}" if said else "use plain letters, digits and operators"
            raise FormulaError(
                "E401", f"{quote(letter)} is not allowed in a formula", remedy, offset
            )
    body = line.strip()
    if not body:
        raise FormulaError("E401", "the formula is empty", "write a number or an expression")
    margin = len(line) - len(line.lstrip())
    _limit_brackets(body, margin)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # '1 is 1' warns; the whitelist refuses it below
            tree = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        column = error.offset - 1 if error.offset else len(body)
        raise FormulaError(
            "E401", _wrong(error, body, column), _hint(body), margin + column
        ) from None
    except (ValueError, OverflowError):
        raise FormulaError("E405", "a number in the formula is too large") from None
    except (RecursionError, MemoryError):
        raise FormulaError("E404", f"the formula nests deeper than {MAX_DEPTH} levels") from None
    if margin:
        for node in _nodes(tree):
            node.col_offset += margin
            node.end_col_offset = (node.end_col_offset or 0) + margin
    return tree


def _wrong(error: SyntaxError, body: str, column: int) -> str:
    """Python's reason where it helps, without its talk of statements and assignments."""
    reason = (error.msg or "").partition(". ")[0].partition(" (<")[0]
    helpful = ("closed", "unmatched", "does not match", "unterminated", "literal", "'else'")
    if any(word in reason for word in helpful):
        return f"not a formula: {reason}"
    following = re.match(r"\w+|\S", body[column:].lstrip())
    if following is None:
        return "not a formula: it ends too early"
    return f"not a formula: {quote(following.group())} is out of place"


_MEASURE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")


def _measure(body: str) -> str | None:
    """What to write for a number with a unit behind it, such as ``3 years``."""
    found = _MEASURE.fullmatch(body)
    if found is None or found[2] in keyword.kwlist:
        return None
    word = found[2]
    time = word.lower().removesuffix("s")
    unit = time if time in ("year", "month", "week", "day", "hour") else word
    return f"write q({found[1]}, '{unit}'), in quotes inside {{ }}"


def _hint(body: str) -> str | None:
    if measure := without_percent(body) or _measure(body):
        return measure
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", "", body)
    plain = re.sub(r"[<>=!]=", "", plain) if not re.search(r"=[<>]|<>", plain) else plain
    words = [word for word in re.findall(r"[A-Za-z_]+", plain) if word in _STATEMENTS]
    if words:
        return f"{quote(words[0])} is a word of the formula syntax and cannot be a name"
    return next((remedy for sign, remedy in _HINTS if sign in plain), None)


_STATEMENTS = frozenset(keyword.kwlist) - {
    "and",
    "or",
    "not",
    "if",
    "else",
    "True",
    "False",
    "None",
}


def _limit_brackets(body: str, margin: int) -> None:
    """Refuses deep brackets before Python's parser, which recurses, sees them."""
    depth = 0
    for offset, letter in enumerate(body):
        depth += (letter in "([{") - (letter in ")]}")
        if depth > MAX_DEPTH:
            raise FormulaError(
                "E404", f"the formula nests deeper than {MAX_DEPTH} levels", offset=margin + offset
            )


def _nodes(tree: ast.expr) -> list[ast.expr]:
    """Every expression and keyword-argument value, without recursion."""
    found: list[ast.expr] = []
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.expr):
            found.append(node)
        pending.extend(ast.iter_child_nodes(node))
    return found


def _limit(tree: ast.expr) -> None:
    count = 0
    pending: list[tuple[ast.AST, int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        count += isinstance(node, ast.expr)
        if depth > MAX_DEPTH:
            raise FormulaError("E404", f"the formula nests deeper than {MAX_DEPTH} levels")
        if count > MAX_NODES:
            raise FormulaError("E404", f"the formula has more than {MAX_NODES} parts")
        pending.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.BitXor: ("'^'", "write '**' for a power"),
    ast.BitAnd: ("'&'", "write 'and'"),
    ast.BitOr: ("'|'", "write 'or'"),
    ast.Invert: ("'~'", "write 'not'"),
    ast.Is: ("'is'", "write '=='"),
    ast.IsNot: ("'is not'", "write '!='"),
    ast.In: ("'in'", "write `x == a or x == b`"),
    ast.NotIn: ("'not in'", "write `x != a and x != b`"),
    ast.MatMult: ("'@'", "write '*' to multiply"),
    ast.List: ("a list", "lists stand only in lookup(x, [[x0, y0], [x1, y1]])"),
    ast.Tuple: ("a list", "lists stand only in lookup(x, [[x0, y0], [x1, y1]])"),
    ast.Lambda: ("a lambda", "name the formula under `auxiliaries:`"),
    ast.NamedExpr: ("':='", "name the formula under `auxiliaries:`"),
    ast.Starred: ("'*' before an argument", "write the arguments out"),
    ast.Dict: ("a mapping", "use lookup(x, [[x0, y0], [x1, y1]])"),
    ast.JoinedStr: ("an f-string", "write the text out"),
    ast.ListComp: ("a loop", "write sum(set, formula)"),
    ast.SetComp: ("a loop", "write sum(set, formula)"),
    ast.DictComp: ("a loop", "write sum(set, formula)"),
    ast.GeneratorExp: ("a loop", "write sum(set, formula)"),
}


def _refuse(node: ast.AST, at: ast.expr) -> FormulaError:
    said, remedy = _REFUSED.get(type(node), ("this", None))
    return FormulaError("E402", f"{said} is not allowed in a formula", remedy, at.col_offset)


def _inspect(node: ast.expr, names: dict[str, None], functions: dict[str, None]) -> None:
    """Holds ``node`` and all below it against the whitelist, collecting names and functions."""

    def down(*below: ast.expr) -> None:
        for item in below:
            _inspect(item, names, functions)

    match node:
        case ast.Constant():
            _constant(node)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            names[_name(node)] = None
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            down(operand)
        case ast.UnaryOp(op=operator):
            raise _refuse(operator, node)
        case ast.BinOp(left=left, op=operator, right=right):
            if not isinstance(operator, _OPERATORS):
                raise _refuse(operator, node)
            down(left, right)
        case ast.BoolOp(values=values):
            down(*values)
        case ast.Compare(left=left, ops=comparisons, comparators=rights):
            for comparison in comparisons:
                if not isinstance(comparison, _COMPARISONS):
                    raise _refuse(comparison, node)
            down(left, *rights)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            down(body, test, orelse)
        case ast.Call():
            down(*_arguments(node, functions))
        case _:
            raise _refuse(node, node)


def _constant(node: ast.Constant) -> None:
    value, offset = node.value, node.col_offset
    if isinstance(value, bool):
        return
    if isinstance(value, str):
        raise FormulaError(
            "E409", f"text {quote(value)} stands where a number is wanted", offset=offset
        )
    if not isinstance(value, int | float):
        raise FormulaError(
            "E402", f"{quote(value)} is not allowed in a formula", "write a number", offset
        )
    if (node.end_col_offset or offset) - offset > MAX_DIGITS:
        raise FormulaError("E405", f"a number with more than {MAX_DIGITS} digits", offset=offset)
    if not math.isfinite(value) or abs(value) > MAX_LITERAL:
        raise FormulaError("E405", f"a number beyond {MAX_LITERAL:g}", offset=offset)


def _name(node: ast.expr) -> str:
    spelled = dotted(node)
    if spelled is None:
        if isinstance(node, ast.Subscript) and dotted(node.value) is not None:
            message, remedy = "an index must be one bare word", "write name[member]"
        else:
            message, remedy = "only a name can have parts", "write name.part or name[member]"
        raise FormulaError("E402", message, remedy, node.col_offset)
    for word in re.split(r"[.\[\]]+", spelled.rstrip("]")):
        if word.startswith("_") or len(word) > 80:
            raise FormulaError(
                "E402",
                f"{quote(word)} is not a name of the language",
                "names begin with a letter",
                node.col_offset,
            )
    return spelled


def _arguments(node: ast.Call, functions: dict[str, None]) -> list[ast.expr]:
    """The arguments that are formulas themselves: texts, tables and set names are taken out."""
    if not isinstance(node.func, ast.Name):
        raise FormulaError(
            "E402", "only a function of the language can be called", offset=node.func.col_offset
        )
    name = node.func.id
    if name not in FUNCTIONS and name not in FORMS:
        remedy = (
            suggest(name, [*FUNCTIONS, *FORMS]) or "see the functions in the language reference"
        )
        raise FormulaError(
            "E406", f"there is no function {quote(name)}", remedy, node.func.col_offset
        )
    functions[name] = None
    form = FORMS.get(name)
    found: list[ast.expr] = []
    for position, item in enumerate(node.args):
        kind = form.kind(position) if form else "formula"
        found += _of_kind(kind, item)
    for pair in node.keywords:
        if pair.arg is None:
            raise FormulaError(
                "E402",
                "'**' before an argument is not allowed",
                "write the arguments out",
                node.col_offset,
            )
        found += _of_kind(form.kind(pair.arg) if form else "formula", pair.value)
    return found


def _of_kind(kind: str, item: ast.expr) -> list[ast.expr]:
    is_text = isinstance(item, ast.Constant) and isinstance(item.value, str)
    if (
        (kind == "text" and is_text)
        or (kind == "date" and is_text)
        or (kind == "set" and isinstance(item, ast.Name))
    ):
        return []
    if kind == "table" and isinstance(item, ast.List | ast.Tuple):
        points = item.elts
        if all(isinstance(point, ast.List | ast.Tuple) for point in points):
            return [
                value
                for point in points
                if isinstance(point, ast.List | ast.Tuple)
                for value in point.elts
            ]
    return [item]
