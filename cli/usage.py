"""Tells in one line what the command line does not take, as every other refusal is told, with the nearest that it does
take."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from ml_core.spec.choices import nearest

MORE = re.compile(r"Got unexpected extra argument\S* \((.*)\)")


@contextmanager
def refused_in_a_line() -> Iterator[None]:
    """In place of the library's usage, hint and error in four lines. Help where nothing was asked stays help."""
    try:
        yield
    except typer.TyperException as refused:
        if type(refused).__name__ == "NoArgsIsHelpError":
            raise
        typer.echo(f"candorcast: {tell(refused)}", err=True)
        raise typer.Exit(2) from None


def tell(refused: Any) -> str:
    """What was wrong, by the library's kind of error."""
    tellers = {
        "NoSuchOption": _tell_unknown, "MissingParameter": _tell_missing,
        "BadOptionUsage": _tell_usage, "BadParameter": _tell_value,
    }  # fmt: skip
    told = tellers.get(type(refused).__name__, _tell_other)(refused)
    return told or _tell_other(refused)


def _tell_unknown(refused: Any) -> str:
    """Of a short one, which is near to nothing, all that there are."""
    known = [name for param in refused.ctx.command.get_params(refused.ctx) for name in param.opts]
    options = [name for name in known if name.startswith("--")]
    return f"{_verb(refused)}no option '{refused.option_name}'{nearest(refused.option_name, options)}"


def _tell_missing(refused: Any) -> str:
    param = refused.param
    name = param.metavar or param.name.upper() if param.param_type_name == "argument" else param.opts[0]
    return f"{_verb(refused)}{name} is missing; candorcast {refused.ctx.info_name} --help tells what it takes"


def _tell_usage(refused: Any) -> str:
    """An option that stands there without its value, or with one that it does not take."""
    told = "it takes no value" if "does not take" in refused.message else "expected a value"
    return f"{refused.option_name}: {told}"


def _tell_value(refused: Any) -> str:
    """`--trials: expected at least 1, got 0`; empty where it was not the value that was wrong."""
    from pydantic import ValidationError

    from ml_core.spec.wording import expect

    if refused.param is None or not isinstance(refused.__cause__, ValidationError):
        return ""
    problem = refused.__cause__.errors()[0]
    return f"{refused.param.opts[0]}: {_expected(expect(problem))}, got {problem['input']}"


def _expected(told: str) -> str:
    """As all others are told: the library says of a choice `'foo' is not one of 'level', 'order'.`"""
    _, separator, choices = told.rstrip(".").partition(" is not one of ")
    return f"expected one of {choices}" if separator else told


def _tell_other(refused: Any) -> str:
    """In the library's words, without its capital and full stop; but for words too many, which it tells oddly."""
    told = " ".join(refused.format_message().split()).rstrip(".")
    if more := MORE.fullmatch(told):
        return f"{_verb(refused)}not expected: {more[1]}"
    return f"{_verb(refused)}{told[:1].lower()}{told[1:]}"


def _verb(refused: Any) -> str:
    """The command that was asked, if one was."""
    context = getattr(refused, "ctx", None)
    return f"{context.info_name}: " if context and context.parent else ""
