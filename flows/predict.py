"""The predict flow: forecasts the newest session in the store with whoever sits in the seat, and in shadow with those
beside him, and stores the answers before anything of them can be known."""

import datetime as dt
from typing import cast

import polars as pl
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.naming import begin_as, name_run, rename
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from flows.retries import may_pass
from ml_core.data.prices import read_prices
from ml_core.prediction.answer import Answer, answer
from ml_core.prediction.backfill import find_lacking
from ml_core.prediction.shadows import Shadows, answer_in_shadow, lacking
from ml_core.promotion.reference import fill_seat
from ml_core.registry.seats import tell_seat

SECONDS = 3600  # the reference may have to be made first


def read_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@task(name="find what is missing", cache_policy=NO_CACHE)
def find_nothing_to_do(order: FlowOrder, now: dt.datetime) -> tuple[dt.date, bool, str | None]:
    """The newest session, whether he who answers has forecast it, and why there is nothing to do, or None: judged by
    what the store holds, not by what ran before. Where nobody answers yet the reference is made first."""
    sitter = fill_seat(order, now=now, tell=get_run_logger().info)
    newest = cast(dt.date, read_prices(order.experiment, order.home)["date"].max())
    himself, beside = lacking(order, newest)
    if himself or beside:
        return newest, himself is None, None
    return newest, True, f"nothing to do: version {sitter.version} has forecast {newest} already"


@task(name="predict", retries=2, retry_delay_seconds=10, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
def predict_session(order: FlowOrder, as_of: dt.date | None = None) -> Answer:
    """The answer for the newest session, or as on a past day, written by key: a second attempt adds nothing."""
    return answer(order, clock=read_clock, as_of=as_of, by=name_run())


@task(name="predict in shadow", cache_policy=NO_CACHE)
def predict_beside(order: FlowOrder, session: dt.date) -> Shadows:
    """What reference and challenger say of the same session; who fails is told, and nobody else hears of it."""
    return answer_in_shadow(order, clock=read_clock, session=session, by=name_run())


@flow(name="predict", flow_run_name=begin_as("predict"), timeout_seconds=SECONDS)
@explained
def predict_sessions(
    experiment: ExperimentName,
    overrides: Overrides = None,
    home: HomeFolder = None,
    as_of: dt.date | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> State:
    """Write the forecasts of the newest session, unless the store has them; or as on a past day, which is marked, or
    on each of a range of them."""
    order = open_order(experiment, overrides, home)
    if since is not None:
        return predict_range(order, experiment, overrides, home, since=since, until=until)
    with order.alone("predict", wait=600):
        if as_of is not None:
            return publish(order, predict_session(order, as_of), Shadows())
        newest, answered_already, reason = find_nothing_to_do(order, read_clock())
        if reason:
            return Completed(message=reason)
        answered = None if answered_already else predict_session(order)
        return publish(order, answered, predict_beside(order, newest))


def predict_range(
    order: FlowOrder,
    experiment: str,
    overrides: list[str] | None,
    home: str | None,
    *,
    since: dt.date,
    until: dt.date | None,
) -> State:
    """A run of its own, below this one, for each past session that lacks its forecast; a failed one stops no other."""
    now = read_clock()
    fill_seat(order, now=now, tell=get_run_logger().info)
    asked, lacking = find_lacking(order, since=since, until=until or now.date())
    if not lacking:
        return Completed(message=f"nothing to do: all {asked} sessions stand already")
    ended = {
        day: predict_sessions(experiment, overrides, home, as_of=day, return_state=True) for day in lacking
    }
    failed = [f"{day}: {state.message}" for day, state in ended.items() if not state.is_completed()]
    rename(f"predict {order.experiment.name} {lacking[0]} to {lacking[-1]}")
    told = f"{len(lacking) - len(failed)} sessions forecast, {asked - len(lacking)} stand already"
    if failed:
        return Failed(message=f"{told}; failed: {'; '.join(failed)}")
    return Completed(message=told)


def publish(order: FlowOrder, answered: Answer | None, shadows: Shadows) -> State:
    """The run is named for what it has done, and what was said stands in a table."""
    if answered:
        session, who = answered.table["as_of"].max(), answered.version.version
        rename(f"predict {order.experiment.name} {session}, version {who}")
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
