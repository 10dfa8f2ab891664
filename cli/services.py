"""Declares the commands that start what stays, and look after it: the app, the stack of services, the demo."""

from typing import Annotated

import typer

from cli.declaration import command
from cli.options import Experiments, Host, Others, Port


@command("serve.serve", "sets", "home")
def serve(
    experiments: Experiments,
    host: Host = "127.0.0.1",
    port: Port = 8000,
):
    """Serve the web app and the REST API of one experiment or several; a request that names none asks the first."""


@command("stack.up", "experiment", "sets", "home", experiment="demo")
def up(
    others: Others = None,
    port: Annotated[int, typer.Option(help="Port of the app.")] = 8000,
    prefect_port: Annotated[int, typer.Option(help="Port of Prefect's page and API.")] = 4200,
    mlflow_port: Annotated[int, typer.Option(help="Port of MLflow's page and API.")] = 5001,
):
    """Start Prefect, MLflow, a worker with the deployments of each experiment, and the app, which serves all."""


@command("doctor.doctor", use="reads", experiment="demo")
def doctor(others: Others = None):
    """Tell what of each experiment and the stack is in order, due or stuck, and the command that helps."""


@command("stack.down", "home")
def down():
    """End every process that `up` started."""


@command("demo.demo", experiment="demo")
def demo():
    """Run the whole story on a simulated market: refresh, search, predict, and a report of what came of it."""
