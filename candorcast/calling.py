"""Tells an error that ends in a command of the command line as a notebook has to type it: as a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ml_core.errors import ForecastError
from ml_core.home.spelling import COMMAND

Asked = ParamSpec("Asked")
Given = TypeVar("Given")

SAME = (
    "refresh",
    "data",
    "evaluate",
    "audit",
    "search",
    "ledger",
    "predict",
    "explain",
    "backtest",
    "live",
    "monitor",
    "report",
    "certify",
)
VERBS = {name: name for name in SAME} | {"models": "versions"}  # commands, and what they are called here


def tells_calls(method: Callable[Asked, Given]) -> Callable[Asked, Given]:
    """The same method, whose errors name calls."""

    @wraps(method)
    def called(*given: Asked.args, **named: Asked.kwargs) -> Given:
        try:
            return method(*given, **named)
        except ForecastError as error:
            raise type(error)(as_call(str(error))) from error.__cause__

    return called


def as_call(text: str) -> str:
    """`candorcast search demo --trials 9` at its end is `.search(trials=9)`; a command without such a verb stays."""
    return COMMAND.sub(
        lambda match: f".{VERBS[match[1]]}({_named(match[3])})" if match[1] in VERBS else match[0], text
    )


def _named(options: str) -> str:
    words, told = options.split(), []
    for place, word in enumerate(words):
        if word.startswith("--"):
            value = words[place + 1] if place + 1 < len(words) else "--"
            name = word.removeprefix("--").replace("-", "_")
            shown = "True" if value.startswith("--") else value if value.isdigit() else repr(value)
            told.append(f"{name}={shown}")
    return ", ".join(told)
