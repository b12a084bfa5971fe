"""Reading formulas: what is allowed, what is refused and how, and that no text does harm."""

from __future__ import annotations

import time
import warnings

import pytest
from formula_texts import numbers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reassure.model.formula import FormulaError, FormulaErrors, Table, bind, name_problem, parse
from reassure.model.parser import MAX_DEPTH, MAX_LENGTH


def refused(text: str) -> FormulaError:
    with pytest.raises(FormulaError) as raised:
        parse(text)
    return raised.value


def test_what_a_formula_mentions() -> None:
    formula = parse(
        "sum(dossier, weight[dossier] * signal[dossier].magnitude) if posture >= spear "
        "else smooth(provocation.rate, q(3, 'month')) + step('2010-06', height=gap)"
    )
    assert formula.names == (
        "weight[dossier]",
        "signal[dossier].magnitude",
        "posture",
        "spear",
        "provocation.rate",
        "gap",
    )
    assert formula.functions == ("sum", "smooth", "q", "step")
    assert formula == parse(formula.text)


def test_lines_and_margins_are_spaces() -> None:
    assert parse("\n  gap\n  + threat\n").names == ("gap", "threat")
    assert refused("  gap +\n  lambda: 1").offset == 10


@pytest.mark.parametrize(
    ("text", "code", "offset", "said"),
    [
        ("", "E401", 0, "empty"),
        ("  \n", "E401", 0, "empty"),
        ("1 +", "E401", 3, "ends too early"),
        ("gap threat", "E401", 4, "'threat' is out of place"),
        ("1 if gap", "E401", 0, "expected 'else'"),
        ("(1", "E401", 0, "never closed"),
        ("1)", "E401", 1, "unmatched"),
        ("x = 3", "E401", 2, "write '=='"),
        ("a && b", "E401", 3, "write 'and'"),
        ("a || b", "E401", 3, "write 'or'"),
        ("!a", "E401", 0, "write 'not'"),
        ("a => b", "E401", 2, "write '>='"),
        ("5% * a", "E401", None, "percent"),
        ("class + 1", "E401", 0, "'class' is a word"),
        ("gap ≥ 1", "E401", 4, "write >="),
        ("gap # half", "E401", 4, "'#'"),
        ("gap \\ 2", "E401", 4, "'\\'"),
        ("gap\x00", "E401", 3, "not allowed"),
        ("1; 2", "E401", 1, "';'"),
        ("2 ^ 3", "E402", 0, "write '**'"),
        ("a & b", "E402", 0, "write 'and'"),
        ("~a", "E402", 0, "write 'not'"),
        ("a is b", "E402", 0, "write '=='"),
        ("a in b", "E402", 0, "x == a or x == b"),
        ("a @ b", "E402", 0, "'@'"),
        ("1 + (lambda: 1)", "E402", 5, "lambda"),
        ("(x := 3)", "E402", 1, "':='"),
        ("[1, 2]", "E402", 0, "lookup"),
        ("{1: 2}", "E402", 0, "mapping"),
        ("[x for x in y]", "E402", 0, "not allowed"),
        ("f'{x}'", "E402", 0, "f-string"),
        ("max(*a)", "E402", 4, "'*'"),
        ("max(**a)", "E402", 0, "'**'"),
        ("a.b()", "E402", 0, "only a function of the language"),
        ("(a + b).c", "E402", 0, "only a name can have parts"),
        ("().__class__", "E402", 0, "only a name can have parts"),
        ("a.__class__", "E402", 0, "'__class__'"),
        ("_a", "E402", 0, "'_a'"),
        ("a[0]", "E402", 0, "one bare word"),
        ("a['b']", "E402", 0, "one bare word"),
        ("a[b, c]", "E402", 0, "one bare word"),
        ("a[b:c]", "E402", 0, "one bare word"),
        ("None", "E402", 0, "'None'"),
        ("...", "E402", 0, "not allowed"),
        ("1j", "E402", 0, "'1j'"),
        ("b'x'", "E402", 0, "not allowed"),
        ("(yield)", "E402", 1, "not allowed"),
        ("1e400", "E405", 0, "beyond"),
        ("1 + 9e30", "E405", 4, "beyond"),
        ("1" * 41, "E405", 0, "40 digits"),
        ("sqr(2)", "E406", 0, "did you mean 'sqrt'?"),
        ("__import__('os').system('true')", "E402", 0, "only a function of the language"),
        ("__import__('os')", "E406", 0, "no function"),
        ("'text'", "E409", 0, "'text'"),
        ("exp('1')", "E409", 4, "'1'"),
        ("q('1', 'month')", "E409", 2, "'1'"),
    ],
)
def test_what_is_refused(text: str, code: str, offset: int | None, said: str) -> None:
    error = refused(text)
    assert error.code == code
    assert said in f"{error.message} — {error.remedy}"
    if offset is not None:
        assert error.offset == offset


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1+" * MAX_LENGTH + "1", "E403"),
        ("(" * 500 + "1" + ")" * 500, "E404"),
        ("[" * 1900, "E404"),
        ("-" * 3900 + "1", "E404"),
        ("not " * 900 + "1", "E404"),
        ("2" + "**2" * 1300, "E404"),
        ("1" + "+1" * 1900, "E404"),
        ("1" + " if 1 else 1" * 320, "E404"),
        ("a" + ".a" * 1900, "E404"),
        ("a" + "[a]" * 1300, "E404"),
        ("exp(" * 900, "E404"),
        ("max(" + "1," * 1990 + "1)", "E404"),
        ("1" + "<1" * 1990, "E404"),
        ("9" * 3999, "E405"),
        ("0x" + "f" * 3900, "E405"),
        ("a" * 3999, "E402"),
    ],
)
def test_limits(text: str, code: str) -> None:
    started = time.perf_counter()
    assert refused(text).code == code
    assert time.perf_counter() - started < 2.0


def test_just_inside_the_limits() -> None:
    assert parse("1" + "+1" * (MAX_DEPTH - 2)).names == ()
    assert parse("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH).names == ()


@pytest.mark.parametrize("text", ["1 is 1", "'a'()", "(1)(2)", "1if 1else q(1, 'a\\d')"])
def test_python_says_nothing_of_its_own(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(text)


@pytest.mark.parametrize("name", ["gap", "tokyo_confidence2", "E", "Yes"])
def test_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "1a", "a b", "a.b", "_a", "é", "a" * 81, "if", "None", "time", "exp", "q", "true", "a\n"],
)
def test_what_is_no_name(name: str) -> None:
    assert name_problem(name)


_pieces = st.sampled_from(
    [
        *("a", "b", "1", "0.5", "1e9", "1e999", "0x", "1j", "None", "True", "é", "__class__", "_"),
        *("(", ")", "[", "]", "{", "}", ",", ".", ":", ";", "=", "==", "<", ">=", "**", "//", "%"),
        *("+", "-", "*", "/", "@", "~", "^", "&", "|", ":=", "\\", "#", "\x00", "\n", "\t", '"'),
        *("not", "and", "or", "if", "else", "in", "is", "lambda", "for", "yield", "await", "f'"),
        *("exp(", "q(", "sum(", "lookup(", "smooth(", "delay(", "step(", "since(", "previous("),
        *("'month'", "'2010-06'", "order=", "initial=", "[[0, 1], [1, 2]]"),
    ]
)


@given(st.text(max_size=80) | st.lists(_pieces, max_size=25).map(" ".join) | numbers)
@example("1" * 4001)
@example("(" * 200)
@settings(max_examples=150, deadline=None)
def test_any_text_is_bound_or_refused(text: str) -> None:
    scope = Table({}, sets={"a": ("b", "c")})
    try:
        formula = parse(text)
        bind(formula, scope)
    except FormulaError as error:
        errors: tuple[FormulaError, ...] = (error,)
    except FormulaErrors as group:
        errors = group.errors
    else:
        return
    assert errors
    for error in errors:
        assert error.message
        assert error.remedy
        assert 0 <= error.offset <= len(text)
