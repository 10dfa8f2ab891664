"""Turns a declaration of a command into one: shared options, a session, one line for a known failure."""

import inspect
import signal
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from cli.listing import Listing, PlainHelp
from cli.options import AsJson, ExperimentName, HomeFolder, Overrides, TellVersion
from ml_core.errors import ForecastError, Terminated

if TYPE_CHECKING:
    from cli.session import Use

app = typer.Typer(
    cls=Listing,
    rich_markup_mode=None,  # its boxes take as long to load as all the rest of help
    help="From market data to a served forecast that has earned its place.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback()
def _before_any(version: TellVersion = False) -> None:
    pass


SHARED = {"experiment": ExperimentName, "sets": Overrides, "home": HomeFolder, "as_json": AsJson}
DEFAULTS = {"sets": None, "home": None, "as_json": False}


def command(run: str, *shared: str, experiment: str | None = None, use: "Use" = "writes") -> Callable:
    """Declare a command: the function below it states the help and the options that are its own, which go to `run`
    as keywords; the shared ones (default: all) make its session. `run` is `module.function` in `cli/commands`: it is
    imported when the command is called, so that help and a typo load no library. `experiment` is taken where none is
    named. One that only reads under the home works where that cannot be written, and makes none."""
    defaults = DEFAULTS | ({"experiment": experiment} if experiment else {})

    def declare(function: Callable) -> Callable:
        options = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=kind,
                default=defaults.get(name, inspect.Parameter.empty),
            )
            for name, kind in SHARED.items()
            if name in (shared or SHARED)
        ]
        own = inspect.signature(function).parameters.values()
        options[1:1] = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in own]

        def called(**given: Any) -> None:
            try:
                common = {name: given.pop(name, DEFAULTS.get(name)) for name in SHARED}
                _run(run, common, given, verb=function.__name__, use=use)
            except KeyboardInterrupt:  # while there was no terminal yet: typer would end without a word
                typer.echo("candorcast: interrupted", err=True)
                raise typer.Exit(130) from None

        vars(called)["__signature__"] = inspect.Signature(options)
        called.__annotations__ = {option.name: option.annotation for option in options}
        return app.command(function.__name__, cls=PlainHelp, help=function.__doc__)(called)

    return declare


def _run(run: str, shared: dict[str, Any], options: dict[str, Any], *, verb: str, use: "Use") -> None:
    from cli.session import open_session
    from cli.terminal import Terminal

    terminal, opened = Terminal(as_json=shared["as_json"]), None
    try:
        opened = open_session(
            terminal, shared["experiment"], tuple(shared["sets"] or ()), shared["home"], verb=verb, use=use
        )
        module, _, name = run.rpartition(".")
        code = getattr(import_module(f"cli.commands.{module}"), name)(opened, **options)
    except ForecastError as error:
        terminal.fail(opened.tell(error) if opened else str(error))
        code = 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt as stopped:
        terminal.fail(str(stopped) or "interrupted")
        code = 128 + (signal.SIGTERM if isinstance(stopped, Terminated) else signal.SIGINT)
    terminal.close()
    raise typer.Exit(code)
