"""Declares the commands that ask why a forecast says what it says, and what it came of."""

from typing import Annotated

import typer

from cli.declaration import command
from cli.options import AsOf, Explained, ExplainedOf, SharesFile, Version


@command("explain.explain", use="reads")
def explain(
    ticker: Annotated[
        str | None, typer.Argument(metavar="TICKER", help="Only this ticker's forecast; by default all.")
    ] = None,
    as_of: AsOf = None,
    version: Version = None,
    horizon: Explained = None,
    of: ExplainedOf = "level",
    importance: Annotated[
        bool,
        typer.Option(
            "--importance", help="Instead: what each claim would lose without an input, on the holdout."
        ),
    ] = False,
    dependence: Annotated[
        bool,
        typer.Option(
            "--dependence",
            help="Instead: how the forecast depends on single inputs, and which pairs act together.",
        ),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Of the draws of --importance or --dependence; by default 0."),
    ] = None,
    out: SharesFile = None,
):
    """Tell what moved a forecast up and down, by input and by lag, and whether the members of the model agree."""


@command("lineage.lineage", use="reads")
def lineage(
    ticker: Annotated[
        str | None, typer.Argument(metavar="TICKER", help="Only this ticker's numbers; by default all.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="The session; by default the newest that was forecast."),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version", metavar="N|SEAT", help="Only that version; by default all that have forecast it."
        ),
    ] = None,
    stale: Annotated[
        bool,
        typer.Option("--stale", help="Instead: which bars were edited, and what that makes stale."),
    ] = False,
):
    """Tell what each forecast came of: bars, features, search, weights, and who wrote it; or what an edited bar makes
    stale."""
