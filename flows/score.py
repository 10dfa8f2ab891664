"""The score flow: scores the forecasts whose outcome has come, each beside what was written before, and lets the seat
follow the evidence. It runs when a refresh has completed; predict runs after it, with whoever sits there then."""

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Completed

from flows.naming import begin_as
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from flows.retries import may_pass
from ml_core.live.following import LiveChange
from ml_core.live.look import Looked, look

SECONDS = 1800  # a year of outcomes at once takes minutes


@task(name="score", retries=2, retry_delay_seconds=10, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
def score_outcomes(order: FlowOrder) -> Looked:
    """Each date once: a second attempt goes on where the first one ended."""
    return look(order)


@flow(name="score", flow_run_name=begin_as("score"), timeout_seconds=SECONDS)
@explained
def score_forecasts(
    experiment: ExperimentName, overrides: Overrides = None, home: HomeFolder = None
) -> State:
    """Score what has come, note what is decided, move the seat; where nothing has come it says so and ends."""
    order = open_order(experiment, overrides, home)
    done = score_outcomes(order)
    for step in done.steps:
        tell_step(order, step)
    if not done.nothing:
        create_table_artifact(build_rows(done), key=order.artifact("score"), description=done.told())
    return Completed(message=done.told())


def tell_step(order: FlowOrder, step: LiveChange) -> None:
    """An event that an automation may listen to: `candorcast.seat-taken` and its like."""
    resource = {"prefect.resource.id": f"candorcast.model.{order.name}", "prefect.resource.name": order.name}
    emit_event(f"candorcast.{step.kind}", resource=resource, payload=vars(step))


def build_rows(done: Looked) -> list[dict]:
    """What a person looks at: where each claim stands."""
    return [
        {
            "version": one.terms.line,
            "claim": one.terms.claim,
            "ahead": one.terms.horizon,
            "sessions": one.sessions,
            "effect": one.mean,
            "from": one.low,
            "to": one.high,
            "for it": one.better,
            "against it": one.refuted,
            "verdict": one.told(),
        }
        for one in done.standings
        if one.terms.asked
    ]
