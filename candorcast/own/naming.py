"""Checks the name of what is registered, and tells an error in somebody's own code by whose it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ml_core.errors import ForecastError, InvalidInput

FORM = re.compile(r"[a-z][a-z0-9_]*")


def check_name(kind: str, name: str, ours: Collection[str]) -> None:
    """A word in small letters that none of ours has."""
    if not FORM.fullmatch(name):
        raise InvalidInput(
            f"{kind} '{name}': expected a name of small letters, digits and _, such as my_{kind}"
        )
    if name in ours:
        raise InvalidInput(f"{kind} '{name}': there is one of that name already; expected another name")


def require_about(kind: str, name: str, function: object) -> None:
    """A line that says what it is: lists show it."""
    if not (function.__doc__ or "").strip():
        raise InvalidInput(f"{kind} '{name}': expected a docstring that says in a line what it is")


@contextmanager
def own_code(whose: str, doing: str) -> Iterator[None]:
    """Whatever goes wrong inside is told in a line, with whose code it was; the rest stands in the traceback."""
    try:
        yield
    except ForecastError:
        raise
    except Exception as error:
        told = " ".join(str(error).split())
        raise InvalidInput(f"{whose}: {doing}: {type(error).__name__}: {told}") from error
