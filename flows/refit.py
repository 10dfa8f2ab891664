"""The refit flow: fits the recipe of whoever answers again when its time has come, audits it, and seats it beside what
its parent said. It looks every session, and has something to do once a cadence, or where monitoring asks for it."""

import datetime as dt

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import begin_as, rename
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from ml_core.data.past import newest_session
from ml_core.errors import NoChampion
from ml_core.promotion.cadence import is_due, tell_next
from ml_core.promotion.refit import Refitted, refit_champion
from ml_core.registry.refit import Refit
from ml_core.registry.versions import Registry

SECONDS = 4 * 3600


@task(name="find what is due", cache_policy=NO_CACHE)
def find_nothing_to_do(order: FlowOrder, *, always: bool) -> str | None:
    """Why there is nothing to fit, with the day on which there will be, or None."""
    newest = newest_session(order.experiment, order.home)
    try:
        sitting = Registry(order.home).find(order.name)
    except NoChampion:
        sitting = None
    if sitting is None or newest is None:
        return "nothing to do: nobody answers yet; the first forecast fits a reference"
    if always or is_due(order, sitting):
        return None
    return f"nothing to do: version {sitting.version}: {tell_next(order, sitting, newest)}"


@task(name="refit", cache_policy=NO_CACHE)
def refit_sitting(order: FlowOrder, now: dt.datetime, *, always: bool) -> Refitted | None:
    """One at a time; None where another has just made it."""
    return refit_champion(order, now=now, tell=get_run_logger().info, always=always)


@flow(name="refit", flow_run_name=begin_as("refit"), timeout_seconds=SECONDS)
@explained
def refit_model(
    experiment: ExperimentName, overrides: Overrides = None, home: HomeFolder = None, always: bool = False
) -> State:
    """Fit again who is due; whether the refit sits down is the audit's and its likeness to its parent's to say."""
    order = open_order(experiment, overrides, home)
    if reason := find_nothing_to_do(order, always=always):
        return Completed(message=reason)
    done = refit_sitting(order, dt.datetime.now(dt.UTC), always=always)
    if done is None:
        return Completed(
            message="nothing to do: it has just been fitted again, or the file asks for no refits"
        )
    if done.version is None:
        return Completed(message=str(done), name="Refused")
    rename(f"refit {order.experiment.name} through {done.through}, version {done.version.version}")
    refit = done.version.evidence.refit
    if refit:
        create_markdown_artifact(build_report(refit), key=order.artifact("refit"), description=str(done))
    return Completed(message=str(done), name="Refused" if done.refused else "Refitted")


def build_report(refit: Refit) -> str:
    """The refit beside its parent, a row for each horizon."""
    rows = [
        f"| {one.horizon} | {_tell(one.gap)} | {_tell(one.agreement)} | {_tell(one.width)} | "
        f"{_tell(one.parent_coverage)} | {_tell(one.coverage)} |"
        for one in refit.compared
    ]
    head = f"On {refit.rows} forecasts of {refit.sessions} sessions since {refit.since}, beside version {refit.parent}:"
    return "\n".join(
        [
            f"{head}\n",
            "| ahead | distance of the means | agreement | width, times | coverage before | coverage now |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )


def _tell(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
