"""Lists the commands with all that their help says, and refuses at once one that is unknown. A value that an option
does not take is refused in one line, in the words in which a key of an experiment's file is."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

WORDS = {
    "bar": "a ticker's prices and volume of one session, which is a trading day",
    "trial": "one model that a search tries",
    "holdout": "the last sessions, which no trial sees: the winner is judged on them once",
    "baseline": "a simple forecast that stands beside every score, such as the mean",
    "claim": "one thing that a forecast says, judged by itself: where the price goes, which ticker does better than "
    "which, how far a price may go, that trading it pays",
    "gate": "what a version must show on the holdout to become champion",
    "champion": "the version that passed the gate and answers",
    "reference": "answers until there is a champion: no direction, only how far a price may go",
    "challenger": "the version that was judged last and is not champion",
}


VALUES = {"int": "N", "int range": "N", "float": "NUMBER", "float range": "NUMBER", "str": "TEXT"}


class PlainHelp(TyperCommand):
    """One command. Its help names what a value is as a reader would, `N`, where the library names Python's types."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        listed: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                name, told = record
                listed[param.param_type_name].append((spell_value(name, param.param_type_name), told))
        for title, rows in zip(("Arguments", "Options"), listed.values(), strict=True):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def spell_value(name: str, where: str) -> str:
    """`--trials N` for `--trials <int range>`. An argument has said what it is by its name."""
    before, bracket, kind = name.partition(" <")
    if not bracket or "|" in kind:
        return name
    kind = kind.removesuffix(">").removeprefix("list[").removesuffix("]")
    return before if where == "argument" else f"{before} {VALUES.get(kind, kind)}"


class Listing(TyperGroup):
    """All commands of the command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """An unknown command is refused before an option is read: reading one loads the library that checks it."""
        if args and not args[0].startswith("-"):
            self.resolve_command(ctx, list(args))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """The command; where an option's value is refused, what was expected of it and what was given."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as refused:
            told = tell_value(refused)
            if not told:
                raise
            typer.echo(f"candorcast: {told}", err=True)
            raise typer.Exit(2) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """With the whole of each help, which the library would cut to a line."""
        listed = [(name, self.commands[name].help or "") for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(listed)
        with formatter.section("Words"):
            formatter.write_dl(list(WORDS.items()))


def tell_value(refused: typer.BadParameter) -> str:
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
