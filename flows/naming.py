"""Names runs for what they do: the experiment when one begins, and what came of it as soon as that is known."""

from collections.abc import Callable
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run


def begin_as(verb: str) -> Callable[[], str]:
    """What the run is called at first: its verb and its experiment, which may be named by a path."""

    def name() -> str:
        experiment = str(flow_run.parameters.get("experiment", ""))
        return f"{verb} {Path(experiment).stem}"

    return name


def rename(name: str) -> None:
    """What the run is called from now on."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, name=name)


def name_run() -> str:
    """By what the store remembers who wrote: the run's id stays when its name is told anew."""
    return f"flow run {flow_run.id}"
