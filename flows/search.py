"""The search flow: an experiment's name in, a searched, gated and registered version out."""

import datetime as dt
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.lock import hold
from flows.order import Order, open_order


@task(name="find missing", cache_policy=NO_CACHE)
def find_missing(order: Order) -> str | None:
    """Why there is nothing to search: the newest version has seen the very data that is stored now."""
    from ml_core.data.prices import data_version
    from ml_core.registry import Registry

    versions = Registry(order.home).versions(order.experiment.model_name)
    if not versions:
        return None
    newest = max(versions, key=lambda version: int(version.version))
    if newest.evidence.get("data_version") != data_version(order.experiment, order.home):
        return None
    return f"nothing to do: version {newest.version} was searched on the data that is stored now"


@task(name="search", cache_policy=NO_CACHE)
def search_register(order: Order, trials: int | None, now: dt.datetime) -> Any:
    from tuning.search import search

    return search(order.experiment, order.home, trials=trials, resume=True, now=now)


@flow(name="search")
def search_models(
    experiment: str,
    overrides: list[str] | None = None,
    home: str | None = None,
    trials: int | None = None,
    again: bool = False,
) -> State:
    """Search, gate and register, unless nothing is new; `again` searches the same data once more."""
    order = open_order(experiment, overrides, home)
    with hold(order.home, order.lock("search")):
        if not again and (reason := find_missing(order)):
            return Completed(message=reason)
        outcome = search_register(order, trials, dt.datetime.now(dt.UTC))
    create_markdown_artifact(f"```\n{outcome.summary()}\n```", key=order.artifact("search"))
    if outcome.passed:
        return Completed(message=f"version {outcome.version} passed the gate and is champion")
    return Completed(message=f"version {outcome.version} was refused by the gate", name="Refused")
