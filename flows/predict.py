"""The predict flow: forecasts the newest session in the store with whoever sits in the seat, and stores the answer."""

import datetime as dt

import polars as pl
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.order import FlowOrder, open_order
from flows.retries import may_pass
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.prediction.answer import Answer, answer
from ml_core.promotion.refit import keep_fresh
from ml_core.registry.seats import tell_seat


@task(name="find what is missing", cache_policy=NO_CACHE)
def find_nothing_to_do(order: FlowOrder) -> str | None:
    """Why there is nothing to do, or None: judged by what the store holds, not by what ran before. A champion whose
    time has come is fitted again first."""
    sitter = keep_fresh(order, now=dt.datetime.now(dt.UTC), tell=get_run_logger().info)
    newest = read_prices(order.experiment, order.home)["date"].max()
    stored = read_forecast(order.home, order.name).filter(
        as_of=pl.lit(newest), version=pl.lit(sitter.version)
    )
    if stored.is_empty():
        return None
    return f"nothing to do: version {sitter.version} has forecast {newest} already"


@task(name="predict", retries=2, retry_delay_seconds=10, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
def predict_newest(order: FlowOrder) -> Answer:
    """The answer, written by key: a second attempt adds nothing."""
    return answer(order)


@flow(name="predict")
def predict_sessions(experiment: str, overrides: list[str] | None = None, home: str | None = None) -> State:
    """Write the forecast of the newest session, unless the store has it."""
    order = open_order(experiment, overrides, home)
    with order.alone("predict", wait=600):
        if reason := find_nothing_to_do(order):
            return Completed(message=reason)
        answered = predict_newest(order)
    rows = answered.table.select(
        "ticker", pl.col("as_of").cast(pl.String), "horizon", "mean", "lower", "upper", "proven"
    )
    create_table_artifact(rows.to_dicts(), key=order.artifact("predict"), description=summarise(answered))
    return Completed(message=summarise(answered))


def summarise(answered: Answer) -> str:
    """One line: how many rows, of which session, by which version, and which tickers have none."""
    newest = answered.table["as_of"].max()
    told = "; ".join(f"{ticker}: {reason}" for ticker, reason in answered.missing.items())
    who = f"version {answered.version.version} ({tell_seat(answered.version)})"
    return f"{answered.table.height} forecasts of {newest} by {who}" + (f"; without {told}" if told else "")
