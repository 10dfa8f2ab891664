"""The options that commands share, each with its help."""

from pathlib import Path
from typing import Annotated

import typer

ExperimentName = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="A TOML file, or the name of one in experiments/.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the file; repeatable."),
]
HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Where all state lies (CANDORCAST_HOME, .candorcast)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the tables are written.")]
Figures = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Also write tables and figures there.")
]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Also write them here: .parquet, .csv or .json.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Forecast as on that past day.")]
Version = Annotated[
    str | None, typer.Option("--version", metavar="N", help="A version instead of the champion.")
]
Names = Annotated[str | None, typer.Option(metavar="A,B", help="All, or the experiment's own, by default.")]
Picture = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A picture, as one .html file.")]
