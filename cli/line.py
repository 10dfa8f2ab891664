"""The command line: `candorcast COMMAND EXPERIMENT [--set key=value …] [--home DIR] [--json]`."""

import os
import warnings
from pathlib import Path
from typing import Annotated

import typer

from cli.declaration import app, command
from cli.options import (
    AsOf,
    AuditedVersion,
    Baselines,
    Days,
    Decay,
    Delay,
    Dies,
    Drawing,
    ExportedVersion,
    Families,
    Figures,
    FirstSeed,
    Kept,
    Kinds,
    Lived,
    LivedSessions,
    Markets,
    OutFile,
    OutFolder,
    Picture,
    Promoted,
    Searched,
    Sessions,
    Strength,
    Version,
    Walk,
    Weeks,
    Width,
)


@command("refresh.refresh")
def refresh(
    tickers: Annotated[
        list[str] | None, typer.Argument(metavar="TICKER", help="With --whole: fetch only these.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Fetch all bars anew, compare, and store what differs.")
    ] = False,
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
    forecasts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trade the forecasts of this file; `evaluate --out` writes it."),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many variants you tried: the Sharpe is deflated by them. By default those of the search, else 1.",
        ),
    ] = None,
    out: Figures = None,
):
    """Trade forecasts of days that no model learned from: by default the champion's (else the reference's), since its
    holdout began."""


@command("search.search")
def search(
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many trials in all; by default search.trials.")
    ] = None,
    afresh: Annotated[
        bool,
        typer.Option(
            "--afresh",
            help="Run all trials again; by default the finished ones of the same search are reused.",
        ),
    ] = False,
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
def predict(as_of: AsOf = None, out: OutFile = None, version: Version = None):
    """Forecast every ticker with the champion, or until there is one the reference, and store the forecasts."""


@command("live.live")
def live(out: Drawing = None):
    """Score the forecasts whose outcome has come, let the seat follow, and show what each claim was worth live."""


@command("models.models", use="reads")
def models():
    """List the registered versions, their aliases and their evidence."""


@command("models.rollback")
def rollback(
    version: Promoted = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Seat even a version that the gate refused; it is marked as forced for ever."
        ),
    ] = False,
):
    """Make another version champion; by default the last earlier version that passed the gate."""


@command("rebuild.rebuild", "home", "as_json", use="reads")
def rebuild(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A registered name, EXPERIMENT.SOURCE, as demo.simulated.")
    ],
    version: Version = None,
):
    """Fit a registered model again from its data version, spec and seed, and compare it byte by byte."""


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
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print them as the page docs/features.md.")
    ] = False,
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


@command("serve.serve", "experiment", "sets", "home")
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything but loopback needs CANDORCAST_API_KEY.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            envvar="PORT", min=1, max=65535, help="Port to listen on; hosting services set it as PORT."
        ),
    ] = 8000,
):
    """Serve the web app and the REST API."""


@command("stack.up", "experiment", "sets", "home", experiment="demo")
def up(
    port: Annotated[int, typer.Option(help="Port of the app.")] = 8000,
    prefect_port: Annotated[int, typer.Option(help="Port of Prefect's page and API.")] = 4200,
    mlflow_port: Annotated[int, typer.Option(help="Port of MLflow's page and API.")] = 5001,
):
    """Start Prefect, MLflow, a worker with the deployments, and the app."""


@command("doctor.doctor", use="reads", experiment="demo")
def doctor():
    """Tell what of an experiment and the stack is in order, due or stuck, and the command that helps."""


@command("stack.down", "home")
def down():
    """End every process that `up` started."""


@command("demo.demo", experiment="demo")
def demo():
    """Run the whole story on a simulated market: refresh, search, predict, and a report of what came of it."""


def main() -> None:
    """The door: every known failure becomes one line and an exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"ray\..*")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    app(prog_name="candorcast")
