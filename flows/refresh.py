"""The refresh flow: fetches, checks and stores an experiment's new bars, and publishes what came of each ticker as a
table."""

import datetime as dt

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.tasks import exponential_backoff

from flows.naming import begin_as, rename
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from flows.progress import open_progress
from flows.retries import may_pass
from ml_core.data.intake.refresh import Refreshed, refresh
from ml_core.data.order import REFRESH_WAIT

SECONDS = 3600  # a provider that wants to be asked slowly may take most of an hour


@task(
    name="refresh",
    retries=3,
    retry_delay_seconds=exponential_backoff(30),
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
    cache_policy=NO_CACHE,
)
def refresh_store(order: FlowOrder, now: dt.datetime) -> Refreshed:
    """Fetch, check and write; shows how many tickers have answered."""
    show = open_progress(order.artifact("refresh-progress"), f"{order.experiment.name}: tickers fetched")
    return refresh(
        order.experiment, order.home, now=now, progress=lambda _ticker, done, total: show(done, total)
    )


@flow(name="refresh", flow_run_name=begin_as("refresh"), timeout_seconds=SECONDS)
@explained
def refresh_bars(experiment: ExperimentName, overrides: Overrides = None, home: HomeFolder = None) -> State:
    """Fetch what has been traded since the last run, check it and write it; a rerun changes nothing."""
    order = open_order(experiment, overrides, home)
    with order.alone("refresh", wait=REFRESH_WAIT):
        done = refresh_store(order, dt.datetime.now(dt.UTC))
    rename(f"refresh {order.experiment.name} {done.last}")
    rows = [
        {"ticker": ticker, "status": outcome.status, "reason": outcome.reason, "rows": outcome.rows}
        for ticker, outcome in done.outcomes.items()
    ]
    create_table_artifact(rows, key=order.artifact("refresh"), description=summarise(done))
    return Completed(message=summarise(done))


def summarise(done: Refreshed) -> str:
    """One line: what is new, or that nothing is, and which tickers gave nothing."""
    new = f"{done.inserted} bars new, {done.updated} changed"
    if not (done.inserted or done.updated):
        new = "nothing to do: every bar stands in the store already"
    refused = f"; {done.quarantined} quarantined" if done.quarantined else ""
    without = f"; without {', '.join(done.failed)}" if done.failed else ""
    held = f"; newest bar refused of {', '.join(done.held_back)}" if done.held_back else ""
    jumps = f"; {len(done.jumps)} jumps that nothing explains" if done.jumps else ""
    return f"{new}{refused}{without}{held}{jumps}; version {done.version}, last session {done.last}"
