"""Lists the commands with all that their help says, and refuses at once what they do not take."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

from cli.usage import refused_in_a_line
from ml_core.spec.choices import nearest

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

    def make_context(self, *given: Any, **named: Any) -> Any:
        with refused_in_a_line():
            return super().make_context(*given, **named)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """An unknown command is refused before an option is read: reading one loads the library that checks it."""
        if args and not args[0].startswith("-"):
            self.resolve_command(ctx, list(args))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of that name; an unknown one is answered with the nearest."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            ctx.fail(f"no command '{args[0]}'{nearest(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """The command; what it does not take is refused in a line."""
        with refused_in_a_line():
            return super().invoke(ctx)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """With the whole of each help, which the library would cut to a line."""
        listed = [(name, self.commands[name].help or "") for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(listed)
        with formatter.section("Words"):
            formatter.write_dl(list(WORDS.items()))
