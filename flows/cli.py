"""The command line: `walkforward COMMAND EXPERIMENT [--set key=value …] [--home DIR] [--json]`."""

import os
import warnings
from pathlib import Path
from typing import Annotated

import typer

from flows import bars, commands
from flows.demo import demo as tell_story
from flows.hints import spell_out
from flows.session import open_session
from flows.terminal import Terminal
from ml_core.errors import ForecastError

app = typer.Typer(
    help="From market data to a served forecast that has earned its place.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ExperimentName = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="A TOML file, or the name of one in experiments/.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the file; repeatable."),
]
HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Where all state lies (WALKFORWARD_HOME, .walkforward)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the tables are written.")]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Also write them here: .parquet, .csv or .json.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Forecast as on that past day.")]
Version = Annotated[
    str | None, typer.Option("--version", metavar="N", help="A version instead of the champion.")
]


@app.command()
def refresh(
    experiment: ExperimentName, sets: Overrides = None, home: HomeFolder = None, as_json: AsJson = False
):
    """Fetch, check and write bars."""
    _run(bars.refresh, experiment, sets, home, as_json)


@app.command()
def data(
    experiment: ExperimentName,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A picture, as one .html file.")
    ] = None,
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Show what the stored bars cover, what was refused or repaired and why, and whether they are stationary."""
    _run(bars.overview, experiment, sets, home, as_json, out=out)


@app.command()
def vacuum(
    experiment: ExperimentName,
    days: Annotated[int, typer.Option(min=7, help="Keep what was part of a table within so many days.")] = 30,
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Free space of the stored bars; versions that registered models name stay readable."""
    _run(bars.vacuum, experiment, sets, home, as_json, days=days)


@app.command()
def evaluate(
    experiment: ExperimentName,
    out: OutFolder,
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Walk the experiment's own spec forward through time, without a search."""
    _run(commands.evaluate, experiment, sets, home, as_json, out=out)


@app.command()
def search(
    experiment: ExperimentName,
    trials: Annotated[int | None, typer.Option(min=1, help="How many trials (search.trials).")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a search that was ended.")] = False,
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Search, judge the winner on the holdout, register it; the champion moves only if the gate is passed."""
    _run(commands.search, experiment, sets, home, as_json, trials=trials, resume=resume)


@app.command()
def predict(
    experiment: ExperimentName,
    as_of: AsOf = None,
    out: OutFile = None,
    version: Version = None,
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Write the champion's forecasts for every ticker."""
    _run(commands.predict, experiment, sets, home, as_json, as_of=as_of, out=out, version=version)


@app.command()
def models(
    experiment: ExperimentName, sets: Overrides = None, home: HomeFolder = None, as_json: AsJson = False
):
    """List the registered versions, their aliases and their evidence."""
    _run(commands.models, experiment, sets, home, as_json)


@app.command()
def rollback(
    experiment: ExperimentName,
    version: Version = None,
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Move the alias `champion` to a version; by default to the one that passed the gate before it."""
    _run(commands.rollback, experiment, sets, home, as_json, version=version)


@app.command()
def rebuild(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A registered name, such as demo.simulated.")],
    version: Version = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """Fit a registered model again from its data version, spec and seed, and compare it byte by byte."""
    _run(commands.rebuild, None, None, home, as_json, model=model, version=version)


@app.command()
def serve(
    experiment: ExperimentName,
    host: Annotated[str, typer.Option(help="Anything but loopback needs WALKFORWARD_API_KEY.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
    sets: Overrides = None,
    home: HomeFolder = None,
):
    """Serve the web app and the REST API."""
    _run(commands.serve, experiment, sets, home, False, host=host, port=port)


@app.command()
def up(
    experiment: ExperimentName = "demo",
    port: Annotated[int, typer.Option(help="Of the app.")] = 8000,
    prefect_port: int = 4200,
    mlflow_port: int = 5001,
    sets: Overrides = None,
    home: HomeFolder = None,
):
    """Start Prefect, MLflow, a worker with the deployments, and the app."""
    ports = {"app": port, "prefect": prefect_port, "mlflow": mlflow_port}
    _run(commands.up, experiment, sets, home, False, ports=ports)


@app.command()
def down(home: HomeFolder = None):
    """End every process that `up` started."""
    _run(commands.down, None, None, home, False)


@app.command()
def demo(
    experiment: ExperimentName = "demo",
    sets: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
):
    """The whole story on a simulated market, ending in a report."""
    _run(tell_story, experiment, sets, home, as_json)


def main() -> None:
    """The door: every known failure becomes one line and an exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"ray\..*")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    app(prog_name="walkforward")


def _run(
    command, experiment: str | None, sets: list[str] | None, home: Path | None, as_json: bool, **options
):
    terminal, opened = Terminal(as_json=as_json), None
    try:
        opened = open_session(terminal, experiment, tuple(sets or ()), home)
        code = command(opened, **options)
    except ForecastError as error:
        told = str(error)
        terminal.fail(
            spell_out(told, opened.name, home=opened.home, overrides=opened.overrides) if opened else told
        )
        code = 2 if isinstance(error, ValueError) else 1
    except KeyboardInterrupt:
        terminal.fail("interrupted")
        code = 130
    terminal.close()
    raise typer.Exit(code)
