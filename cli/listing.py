"""Lists the commands with all that their help says, and refuses one that is unknown at once."""

from typing import Any

from typer.core import TyperGroup


class Listing(TyperGroup):
    """All commands of the command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """An unknown command is refused before an option is read: reading one loads the library that checks it."""
        if args and not args[0].startswith("-"):
            self.resolve_command(ctx, list(args))
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """With the whole of each help, which the library would cut to a line."""
        listed = [(name, self.commands[name].help or "") for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(listed)
