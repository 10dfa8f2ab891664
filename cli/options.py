"""The options that commands share, each with its help."""

from pathlib import Path
from typing import Annotated

import typer

ExperimentName = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="A TOML file, or the name of one in experiments/.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Use this value instead of the file's, as task.lookback=30; repeatable.",
    ),
]
HomeFolder = Annotated[
    str | None,
    typer.Option(
        "--home", metavar="DIR", help="Where all state lies; by default CANDORCAST_HOME, or .candorcast here."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The folder for the tables; made if it is absent.")
]
Figures = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Also write tables and figures there; made if it is absent."),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Also write the forecasts there, as .parquet, .csv or .json."),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Forecast as on that past day, from what was known then."),
]
Version = Annotated[
    str | None,
    typer.Option("--version", metavar="N|SEAT", help="A number, or champion, challenger, reference."),
]
Promoted = Annotated[str | None, typer.Option("--version", metavar="N", help="The version to make champion.")]
Picture = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Also draw a picture, as one .html file.")
]
Drawing = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Also draw how the evidence went, as a .png file."),
]
Kinds = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="What is planted: linear, momentum, nonlinear, rank, regime, volatility, none; by default each in turn.",
    ),
]
Families = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Networks to try; by default search.families of the experiment."),
]
Baselines = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Baselines to try; by default validation.baselines of the experiment."),
]
