"""The predict flow: forecasts the newest session in the store with whoever sits in the seat, and in shadow with those
beside him, and stores the answers before anything of them can be known."""

import datetime as dt
from typing import cast

import polars as pl
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.order import FlowOrder, open_order
from flows.retries import may_pass
from ml_core.data.prices import read_prices
from ml_core.prediction.answer import Answer, answer
from ml_core.prediction.shadows import Shadows, answer_in_shadow, lacking
from ml_core.promotion.refit import keep_fresh
from ml_core.registry.seats import tell_seat


def read_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@task(name="find what is missing", cache_policy=NO_CACHE)
def find_nothing_to_do(order: FlowOrder, now: dt.datetime) -> tuple[dt.date, bool, str | None]:
    """The newest session, whether he who answers has forecast it, and why there is nothing to do, or None: judged by
    what the store holds, not by what ran before. A champion whose time has come is fitted again first."""
    sitter = keep_fresh(order, now=now, tell=get_run_logger().info)
    newest = cast(dt.date, read_prices(order.experiment, order.home)["date"].max())
    himself, beside = lacking(order, newest)
    if himself or beside:
        return newest, himself is None, None
    return newest, True, f"nothing to do: version {sitter.version} has forecast {newest} already"


@task(name="predict", retries=2, retry_delay_seconds=10, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
def predict_newest(order: FlowOrder) -> Answer:
    """The answer, written by key: a second attempt adds nothing."""
    return answer(order, clock=read_clock)


@task(name="predict in shadow", cache_policy=NO_CACHE)
def predict_beside(order: FlowOrder, session: dt.date) -> Shadows:
    """What reference and challenger say of the same session; who fails is told, and nobody else hears of it."""
    return answer_in_shadow(order, clock=read_clock, session=session)


@flow(name="predict")
def predict_sessions(experiment: str, overrides: list[str] | None = None, home: str | None = None) -> State:
    """Write the forecasts of the newest session, unless the store has them."""
    order = open_order(experiment, overrides, home)
    with order.alone("predict", wait=600):
        newest, answered_already, reason = find_nothing_to_do(order, read_clock())
        if reason:
            return Completed(message=reason)
        answered = None if answered_already else predict_newest(order)
        shadows = predict_beside(order, newest)
    told = "; ".join((*((summarise(answered),) if answered else ()), *shadows.told()))
    rows = [one.table for one in (*((answered,) if answered else ()), *shadows.answers)]
    if rows:
        create_table_artifact(build_rows(pl.concat(rows)), key=order.artifact("predict"), description=told)
    return Completed(message=told)


def build_rows(table: pl.DataFrame) -> list[dict]:
    """What a person looks at."""
    return table.select(
        "ticker",
        pl.col("as_of").cast(pl.String),
        *("horizon", "mean", "lower", "upper", "proven", "seat", "version"),
    ).to_dicts()


def summarise(answered: Answer) -> str:
    """One line: how many rows, of which session, by which version, and which tickers have none."""
    newest = answered.table["as_of"].max()
    told = "; ".join(f"{ticker}: {reason}" for ticker, reason in answered.missing.items())
    who = f"version {answered.version.version} ({tell_seat(answered.version)})"
    return f"{answered.table.height} forecasts of {newest} by {who}" + (f"; without {told}" if told else "")
