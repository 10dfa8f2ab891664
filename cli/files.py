"""Declares the commands that write an experiment's file, and what may stand in one."""

from pathlib import Path
from typing import Annotated

import typer

from cli.declaration import command


@command("init.init", "home", "as_json", use="nothing")
def init(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The experiment's name: letters, digits, - and _.")
    ],
    tickers: Annotated[str, typer.Option("--tickers", metavar="A,B", help="The tickers, parted by commas.")],
    daily: Annotated[
        bool, typer.Option("--daily", help="A forecast is made each session; so it is by default.")
    ] = False,
    weekly: Annotated[bool, typer.Option("--weekly", help="A forecast is made once a week.")] = False,
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Who brings the bars: yahoo, files or simulated.")
    ] = "yahoo",
    path: Annotated[
        Path | None,
        typer.Option(
            "--path", metavar="FILE", help="With --source files: a Parquet or CSV file, or a folder of them."
        ),
    ] = None,
):
    """Write a first file of your own, experiments/NAME.toml, with a sentence above each key."""


@command("schema.schema", "home", "as_json", use="nothing")
def schema():
    """Print the JSON Schema of an experiment's file, by which editors complete and check it."""
