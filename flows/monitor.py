"""The monitor flow: looks at all that a forecast rests on, keeps what it found, and raises `candorcast.breach` where
something does not hold. The event says what would help; the deployments of search and refit listen to it."""

import datetime as dt

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Completed

from flows.naming import begin_as, rename
from flows.notice import send_word
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from flows.retries import may_pass
from ml_core.monitoring.acting import choose
from ml_core.monitoring.record import Breach, open_record
from ml_core.monitoring.watch import Watched, watch

SECONDS = 1800


@task(
    name="look", retries=2, retry_delay_seconds=[10, 60], retry_condition_fn=may_pass, cache_policy=NO_CACHE
)
def look_at_all(order: FlowOrder, now: dt.datetime) -> Watched:
    """A second look at the same session writes the same."""
    return watch(order, now=now)


@task(name="raise breaches", cache_policy=NO_CACHE)
def raise_breaches(order: FlowOrder, watched: Watched, now: dt.datetime) -> list[Breach]:
    """An event for each that is new, or whose remedy may be asked for now. It is written down afterwards: one that was
    cut off in between is raised twice, and never not at all."""
    chosen = choose(order, now=now)
    for one in chosen:
        raise_breach(order, one, asks=one.asked == watched.session)
    if chosen:
        open_record(order).write(chosen)
    send_word(order.name, chosen)
    return chosen


@flow(name="monitor", flow_run_name=begin_as("monitor"), timeout_seconds=SECONDS)
@explained
def monitor_experiment(
    experiment: ExperimentName, overrides: Overrides = None, home: HomeFolder = None
) -> State:
    """Look, keep, raise; nothing is fitted or searched here."""
    order, now = open_order(experiment, overrides, home), dt.datetime.now(dt.UTC)
    watched = look_at_all(order, now)
    raised = raise_breaches(order, watched, now)
    rename(f"monitor {order.experiment.name} {watched.session}")
    create_markdown_artifact(build_report(watched), key=order.artifact("monitor"), description=watched.told())
    asked = sorted({one.remedy for one in raised if one.asked == watched.session and one.remedy})
    return Completed(message=watched.told() + (f"; asked for: {', '.join(asked)}" if asked else ""))


def raise_breach(order: FlowOrder, breach: Breach, *, asks: bool) -> None:
    """Triggers match by the labels of the resource; who reads it finds the reason in the payload."""
    resource = {
        "prefect.resource.id": f"candorcast.model.{order.name}",
        "prefect.resource.name": order.name,
        "candorcast.experiment": order.experiment.name,
        "candorcast.check": breach.check,
        "candorcast.remedy": breach.remedy if asks else "none",
    }
    payload = {"id": breach.id, "subject": breach.subject, "reason": breach.told, "began": f"{breach.began}"}
    emit_event("candorcast.breach", resource=resource, payload=payload)


def build_report(watched: Watched) -> str:
    """The breaches that go on, then all that was looked at."""
    breaches = [
        f"| {one.id} | {one.check} | {one.subject} | {one.began} | {one.state} | {one.told} |"
        for one in watched.going_on
    ]
    looked = [
        f"| {check} | {one.subject} | {one.value:.3g} | {one.allowed:.3g} | {one.told} |"
        for check, findings in watched.found.items()
        for one in findings
    ]
    return "\n".join(
        [
            "| id | check | what | since | state | why |\n|---|---|---|---|---|---|",
            *breaches,
            "\n| check | what | value | allowed | told |\n|---|---|---|---|---|",
            *looked,
        ]
    )
