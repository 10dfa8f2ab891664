"""Declares the commands that work on one experiment: `candorcast COMMAND EXPERIMENT [--set key=value …]`."""

from typing import Annotated

import typer

from cli.declaration import command
from cli.options import (
    Acknowledged,
    Afresh,
    AsOf,
    AsPage,
    AuditedVersion,
    Baselines,
    Corrected,
    Days,
    Decay,
    Delay,
    Dies,
    Drawing,
    ExportedVersion,
    Families,
    Figures,
    FirstSeed,
    ForecastFile,
    Kept,
    Kinds,
    Lived,
    LivedSessions,
    Markets,
    Muted,
    OutFile,
    OutFolder,
    PaperSize,
    Picture,
    ReportFile,
    Searched,
    Sessions,
    Since,
    Strength,
    Until,
    Variants,
    Version,
    Walk,
    Weeks,
    Whole,
    Width,
)


@command("refresh.refresh")
def refresh(
    tickers: Annotated[
        list[str] | None, typer.Argument(metavar="TICKER", help="With --whole: fetch only these.")
    ] = None,
    whole: Whole = False,
):
    """Bring the stored bars up to date: fetch what is new, check it, and store it."""


@command("data.data", use="reads")
def data(out: Picture = None):
    """Show what the stored bars cover, what was refused or repaired and why, and test whether prices and returns are
    stationary."""


@command("vacuum.vacuum")
def vacuum(
    days: Days = 30,
):
    """Free disk space that old versions of the stored bars take; those that registered models name stay readable."""


@command("evaluate.evaluate", use="reads")
def evaluate(out: Figures = None):
    """Fit the experiment's own model forward through time, without a search, and score it beside the baselines."""


@command("backtest.backtest", use="reads")
def backtest(
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="The first day of forecasts to trade.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day of forecasts to trade.")
    ] = None,
    version: Version = None,
    walk: Walk = False,
    forecasts: ForecastFile = None,
    trials: Variants = None,
    out: Figures = None,
):
    """Trade forecasts of days that no model learned from: by default the champion's (else the reference's), since its
    holdout began."""


@command("search.search")
def search(
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many trials in all; by default search.trials.")
    ] = None,
    afresh: Afresh = False,
    resume: Annotated[bool, typer.Option("--resume", hidden=True)] = False,
):
    """Search for a model, judge the winner on the holdout, register it; it becomes champion if it passes the gate."""


@command("space.space", use="nothing")
def space():
    """Show what a search varies: every key with its values, and what could be varied besides."""


@command("ledger.ledger", use="reads")
def ledger(
    csv: Annotated[bool, typer.Option("--csv", help="Print every trial as CSV and nothing else.")] = False,
):
    """Show every trial ever run for the experiment, how much of the best is luck, and which keys mattered."""


@command("predict.predict")
def predict(
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    out: OutFile = None,
    version: Version = None,
    corrected: Corrected = False,
):
    """Forecast every ticker and store the forecasts: with the champion or, until there is one, with the reference."""


@command("live.live")
def live(out: Drawing = None):
    """Score the forecasts whose outcome has come, show which claims they proved or refuted, and change the champion
    where they did."""


@command("monitor.monitor")
def monitor(
    acknowledge: Acknowledged = None,
    mute: Muted = None,
):
    """Look whether what a forecast rests on still holds: bars, inputs, intervals, claims, age; show what does not."""


@command("report.report", use="adds")
def report(version: Version = None, out: ReportFile = None, paper: PaperSize = "a4"):
    """Write all that is known of a version, its first page in plain words, as .docx, .html or .pdf to hand on."""


@command("refit.refit")
def refit(
    always: Annotated[
        bool, typer.Option("--always", help="Now, and not only when serving.refit sessions have passed.")
    ] = False,
):
    """Fit the model that answers again, on all outcomes known by now; the new fit answers if it stays near the old
    one."""


@command("audit.audit", "sets", "home", "as_json", use="reads")
def audit(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT|MODEL", help="An experiment, or a registered model's name, as demo.simulated."
        ),
    ],
    version: AuditedVersion = None,
    dates: Annotated[int, typer.Option(min=3, help="How many dates to test.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the random dates and changed prices.")] = 0,
):
    """Check for look-ahead: change prices after random dates and verify that nothing computed before them changes."""


@command("export.export", use="reads")
def export(out: OutFolder, version: ExportedVersion = None):
    """Write the rows of every fold, or of a registered version, as the model sees them: scaled features and targets."""


@command("features.features", "home", "as_json", use="nothing")
def features(
    markdown: AsPage = False,
):
    """List all features: what each is, and how much history it needs."""


@command("truth.truth", experiment="truth")
def truth(
    kinds: Kinds = None,
    families: Families = None,
    baselines: Baselines = None,
    tickers: Width = None,
    sessions: Sessions = None,
    ic: Strength = None,
    delay: Delay = None,
    decay: Decay = None,
    markets: Markets = 1,
    seed: FirstSeed = None,
    search: Searched = False,
    weeks: Weeks = 1,
    live: Lived = False,
    lived: LivedSessions = 1260,
    dies: Dies = None,
    resume: Kept = False,
):
    """Try models on simulated markets in which the right answer is known: how much of a planted signal each one finds,
    and where nothing is planted, how often a false signal is accepted."""
