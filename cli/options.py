"""The options that commands share, each with its help."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def tell_version(asked: bool) -> None:
    """Which release is installed, as a report of a fault names it."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"candorcast {version('candorcast')}")
        raise typer.Exit


TellVersion = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=tell_version, help="Tell which candorcast this is."),
]
ExperimentName = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="A TOML file, or the name of one in experiments/.")
]
Experiments = Annotated[
    list[str],
    typer.Argument(metavar="EXPERIMENT...", help="TOML files, or the names of some in experiments/."),
]
Others = Annotated[
    list[str] | None, typer.Argument(metavar="EXPERIMENT", help="More experiments beside the first.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Use this value instead of the file's, such as task.lookback=30; repeatable.",
    ),
]
HomeFolder = Annotated[
    str | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="The folder of all bars, models and forecasts; by default CANDORCAST_HOME, or .candorcast here.",
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
SharesFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Also write there what each input and lag moved, as .parquet, .csv or .json.",
    ),
]
Explained = Annotated[
    int | None, typer.Option("--horizon", min=1, help="Sessions ahead; by default the shortest.")
]
ExplainedOf = Annotated[
    Literal["level", "order", "scale"],
    typer.Option(
        "--of",
        help="Where the price goes (level), who does better than whom (order), or how far it may go (scale).",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The forecast of that past day: by the version that answered then, from what was known then.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="DATE", help="Forecast every past session from there on, each as on its own day."
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--to", metavar="DATE", help="With --from: the last day of the range; by default today."),
]
Corrected = Annotated[
    bool,
    typer.Option(
        "--corrected",
        help="With --as-of or --from: from the bars as they stand now; kept beside what was said, and never scored.",
    ),
]
Version = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="N|SEAT",
        help="A number, or champion, challenger, reference; by default the champion, until there is one the reference.",
    ),
]
AuditedVersion = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="N|SEAT",
        help="A number, or champion, challenger, reference; by default an experiment itself, or a model's champion.",
    ),
]
ExportedVersion = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="N|SEAT",
        help="A number, or champion, challenger, reference; by default no version, but every fold.",
    ),
]
Promoted = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="N",
        help="The version to make champion; by default the last earlier one that passed the gate.",
    ),
]
Picture = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Also draw a picture, as one .html file.")
]
Drawing = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Also draw how the evidence went, as a .png file."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="The report as .docx, .html or .pdf; by default it goes into the home's folder reports/.",
    ),
]
PaperSize = Annotated[
    str, typer.Option("--paper", metavar="a4|letter", help="Size of the pages of a .docx or .pdf.")
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
Width = Annotated[
    int | None, typer.Option(min=2, max=1000, help="Tickers in each market; by default the experiment's.")
]
Sessions = Annotated[
    int | None, typer.Option(min=1, help="Sessions in each market; by default data.simulated.sessions.")
]
Strength = Annotated[
    float | None,
    typer.Option(
        help="How well the planted signal tells returns, from 0, not at all, to below 1 (data.simulated.ic)."
    ),
]
Delay = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10,
        help="Sessions from where the signal shows to where it moves prices (data.simulated.delay).",
    ),
]
Decay = Annotated[
    float | None,
    typer.Option(
        help="The share of the signal that is left one session later, from 0 to below 1 (data.simulated.decay)."
    ),
]
Markets = Annotated[
    int, typer.Option(min=1, help="How many markets of each kind, each with a seed of its own.")
]
FirstSeed = Annotated[
    int | None,
    typer.Option(min=0, help="Seed of the first market, the next is one more (data.simulated.seed)."),
]
Searched = Annotated[
    bool,
    typer.Option("--search", help="Run the whole search and gate in each market, and count what is proven."),
]
Weeks = Annotated[
    int,
    typer.Option(
        min=1, max=520, help="Search this many times, each a week later; more than 1 implies --search."
    ),
]
Lived = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Play each market day by day, and tell when a test that looks daily proves or refutes each claim.",
    ),
]
LivedSessions = Annotated[int, typer.Option(min=60, help="With --live: for how many sessions.")]
Dies = Annotated[
    int | None, typer.Option(min=1, help="With --live: after how many of them the signal is gone.")
]
Kept = Annotated[
    bool, typer.Option("--resume", help="Keep what an interrupted run has finished, and do the rest.")
]
Days = Annotated[int, typer.Option(help="Keep file versions younger than this many days (at least 7).")]
Walk = Annotated[
    bool,
    typer.Option("--walk", help="Trade the experiment's own model instead, refitted for every fold."),
]
ForecastFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Trade the forecasts of this Parquet file, with at least ticker, as_of, horizon and mean.",
    ),
]
Variants = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many variants you tried: the Sharpe is deflated by them. By default those of the search, else 1.",
    ),
]
Forced = Annotated[
    bool,
    typer.Option("--force", help="Make it champion even if the gate refused it; it stays marked as forced."),
]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why: it is kept beside the move, with the name of who said it.")
]
Afresh = Annotated[
    bool,
    typer.Option(
        "--afresh", help="Run all trials again; by default the finished ones of the same search are reused."
    ),
]
Acknowledged = Annotated[
    list[int] | None,
    typer.Option(
        metavar="ID",
        help="Say that you know of this breach, by its id in the list: it starts no refit and no search any more.",
    ),
]
Muted = Annotated[
    list[int] | None,
    typer.Option(
        metavar="ID", help="Raise this breach no more, even when it comes again; that stays on record."
    ),
]
Host = Annotated[
    str, typer.Option(help="Address to listen on; anything but loopback needs CANDORCAST_API_KEY.")
]
Port = Annotated[
    int,
    typer.Option(envvar="PORT", min=1, max=65535, help="Port to listen on; hosting services set it as PORT."),
]
AsPage = Annotated[bool, typer.Option("--markdown", help="Print them as the page docs/features.md.")]
Whole = Annotated[bool, typer.Option("--whole", help="Fetch all bars anew, compare, and store what differs.")]
