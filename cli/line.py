"""The command line: `candorcast COMMAND EXPERIMENT [--set key=value …] [--home DIR] [--json]`."""

import os
import warnings
from pathlib import Path
from typing import Annotated

import typer

from cli.declaration import app, command
from cli.options import (
    AsOf,
    Baselines,
    Drawing,
    Families,
    Figures,
    Kinds,
    OutFile,
    OutFolder,
    Picture,
    Promoted,
    Version,
)


@command("refresh.refresh")
def refresh(
    tickers: Annotated[
        list[str] | None, typer.Argument(metavar="TICKER", help="With --whole: fetch these alone.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Fetch all bars anew, compare, and store what differs.")
    ] = False,
):
    """Bring the stored bars up to date: fetch what is new, check it, and store it."""


@command("data.data", use="reads")
def data(out: Picture = None):
    """Show what the stored bars cover, what was refused or repaired and why, and whether they are stationary."""


@command("vacuum.vacuum")
def vacuum(
    days: Annotated[int, typer.Option(help="Keep what a table held within so many days; at least 7.")] = 30,
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
    end: Annotated[str | None, typer.Option(metavar="DATE", help="The last of them.")] = None,
    version: Version = None,
    walk: Annotated[bool, typer.Option("--walk", help="Refit the file's own model for every fold.")] = False,
    forecasts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trade forecasts that `evaluate --out` wrote.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many variants you tried; the Sharpe is deflated by them.")
    ] = None,
    out: Figures = None,
):
    """Trade forecasts of days that no model learned from: by default the champion's, since its holdout began."""


@command("search.search")
def search(
    trials: Annotated[int | None, typer.Option(min=1, help="How many trials (search.trials).")] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Begin anew; else a search goes on with what it has.")
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
    """Forecast every ticker with the champion, and store the forecasts."""


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
        bool, typer.Option("--force", help="Also one that the gate refused; it stays marked.")
    ] = False,
):
    """Make another version champion; by default the last one before it that passed the gate."""


@command("rebuild.rebuild", "home", "as_json", use="reads")
def rebuild(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A registered name, such as demo.simulated.")],
    version: Version = None,
):
    """Fit a registered model again from its data version, spec and seed, and compare it byte by byte."""


@command("audit.audit", "sets", "home", "as_json", use="reads")
def audit(
    subject: Annotated[
        str, typer.Argument(metavar="EXPERIMENT|MODEL", help="An experiment, or a registered model's name.")
    ],
    version: Version = None,
    dates: Annotated[int, typer.Option(min=3, help="After how many dates the future is changed.")] = 4,
    seed: Annotated[int, typer.Option(help="Draws the dates, and the other futures.")] = 0,
):
    """Check that nothing knows the future: change it at random dates; all that was known before must stay equal."""


@command("export.export", use="reads")
def export(out: OutFolder, version: Version = None):
    """Write the rows of every fold, or of a registered version, as the model sees them: scaled features and targets."""


@command("features.features", "home", "as_json", use="nothing")
def features(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/features.md.")] = False,
):
    """List all features: what each is, and how much history it needs."""


@command("truth.truth", experiment="truth")
def truth(
    kinds: Kinds = None,
    families: Families = None,
    baselines: Baselines = None,
    tickers: Annotated[
        int | None, typer.Option(min=2, max=1000, help="Tickers in each market; by default the experiment's.")
    ] = None,
    sessions: Annotated[
        int | None, typer.Option(min=1, help="Sessions in each market; by default data.simulated.sessions.")
    ] = None,
    ic: Annotated[
        float | None,
        typer.Option(
            help="How well the planted signal tells returns: 0 not at all, 1 fully (data.simulated.ic)."
        ),
    ] = None,
    delay: Annotated[
        int | None, typer.Option(min=1, max=10, help="How many sessions after it is seen the signal acts.")
    ] = None,
    decay: Annotated[
        float | None,
        typer.Option(help="What is left of the signal one session later: 0 nothing, 1 all of it."),
    ] = None,
    markets: Annotated[int, typer.Option(min=1, help="How many markets of each kind, all different.")] = 1,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of the first market, the next is one more (data.simulated.seed)."),
    ] = None,
    search: Annotated[
        bool,
        typer.Option(
            "--search", help="In each market search and judge as for real, and count what is proven."
        ),
    ] = False,
    weeks: Annotated[
        int, typer.Option(min=1, max=520, help="Search that often, each time a week of prices later.")
    ] = 1,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Live through each market day by day, and tell what a daily look proves."
        ),
    ] = False,
    lived: Annotated[int, typer.Option(min=60, help="With --live: so many sessions.")] = 1260,
    dies: Annotated[
        int | None, typer.Option(min=1, help="With --live: after so many of them the signal is gone.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what an interrupted run has finished, and do the rest.")
    ] = False,
):
    """Try models on made-up markets in which the right answer is known: how much of a planted signal each one finds,
    and how often one is believed where there is nothing to find."""


@command("serve.serve", "experiment", "sets", "home")
def serve(
    host: Annotated[str, typer.Option(help="Anything but loopback needs CANDORCAST_API_KEY.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
):
    """Serve the web app and the REST API."""


@command("serve.up", "experiment", "sets", "home", experiment="demo")
def up(
    port: Annotated[int, typer.Option(help="Port of the app.")] = 8000,
    prefect_port: int = 4200,
    mlflow_port: int = 5001,
):
    """Start Prefect, MLflow, a worker with the deployments, and the app."""


@command("doctor.doctor", use="reads", experiment="demo")
def doctor():
    """Tell what stands, what is due and what is stuck, and the command that helps: of an experiment and the stack."""


@command("serve.down", "home")
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
