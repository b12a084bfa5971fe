"""How a command fails: one clear message, the right exit code, never a traceback for a user's mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
T = TypeVar("T")

MISTAKE = 2
INTERRUPTED = 130


def explained(command: Callable[P, T]) -> Callable[P, T]:
    """Wrap a command so that every expected failure is explained on standard error."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        from reassure.model.mistakes import ModelError, UsageError

        try:
            return command(*args, **kwargs)
        except ModelError as error:
            from reassure.cli.output import report_mistakes

            report_mistakes(error.mistakes)
            raise typer.Exit(MISTAKE) from None
        except UsageError as error:
            print(f"reassure: {error}", file=sys.stderr)
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            print("\nreassure: stopped before anything was finished.", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _drop_output()  # the reader (head, less) has gone, which is its right
            raise typer.Exit(0) from None
        except OSError as error:
            if error.filename is None:
                _drop_output()
            where = f"{error.filename}: " if error.filename else ""
            print(f"reassure: {where}{error.strerror or error}", file=sys.stderr)
            raise typer.Exit(MISTAKE) from None

    return wrapped


def guarded(call: Callable[[], None]) -> None:
    """Run the whole program: what goes wrong outside of a command, such as in its help, is explained too."""
    from reassure.cli.interrupts import listen

    listen()
    _open_streams()
    try:
        try:
            call()
        finally:  # a command ends by SystemExit: what is left is written here, where it can be explained
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nreassure: stopped before anything was finished.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _drop_output()
        sys.exit(0)
    except OSError as error:
        _drop_output()
        print(f"reassure: {error.strerror or error}", file=sys.stderr)
        sys.exit(MISTAKE)


def _open_streams() -> None:
    """Give a program that was started without standard output or error somewhere to write."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _drop_output() -> None:
    """Nobody reads standard output: what is left of it goes nowhere, so that exit does not complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
