"""How a command fails: one clear message, the right exit code, never a traceback for a user's mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
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
            # The reader (head, less) has gone, which is its right. Python would complain again when it
            # flushes standard output at exit, so give it somewhere to flush to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            print(f"reassure:{where}: {error.strerror or error}", file=sys.stderr)
            raise typer.Exit(MISTAKE) from None

    return wrapped
