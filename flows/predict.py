"""The predict flow: forecasts the newest session in the store with the champion and writes the result to the store."""

from collections.abc import Mapping

import polars as pl
from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.order import Order, open_order
from ml_core.data.prices import read_prices, tell_absent
from ml_core.data.store.forecasts import read_forecast, write_forecast
from ml_core.errors import NoChampion
from ml_core.home.lock import hold


@task(name="find what is missing", cache_policy=NO_CACHE)
def find_nothing_to_do(order: Order) -> str | None:
    """Why there is nothing to do, or None: judged by what the store holds, not by what ran before."""
    from ml_core.registry.versions import Registry

    try:
        champion = Registry(order.home).find(order.experiment.model_name)
    except NoChampion as absent:
        return f"nothing to do: {absent}"
    newest = read_prices(order.experiment, order.home)["date"].max()
    stored = read_forecast(order.home, champion.name).filter(
        as_of=pl.lit(newest), version=pl.lit(champion.version)
    )
    if stored.is_empty():
        return None
    return f"nothing to do: version {champion.version} has forecast {newest} already"


@task(name="predict", cache_policy=NO_CACHE)
def predict_newest(order: Order) -> tuple[pl.DataFrame, dict[str, str]]:
    """FORECAST rows of the champion, and why a ticker has none; an answer for nobody is an error."""
    from ml_core.prediction.forecast import predict, require_answers

    forecast, prices = predict(order.experiment, order.home), read_prices(order.experiment, order.home)
    missing = require_answers(order.experiment.universe.tickers, forecast, prices)
    return forecast, missing | tell_absent(order.experiment, order.home, prices)


@task(name="write forecast", retries=2, retry_delay_seconds=10, cache_policy=NO_CACHE)
def write_newest(order: Order, forecast: pl.DataFrame) -> None:
    """Merge by key: a second attempt adds nothing."""
    write_forecast(order.home, order.experiment.model_name, forecast)


@flow(name="predict")
def predict_sessions(experiment: str, overrides: list[str] | None = None, home: str | None = None) -> State:
    """Write the champion's forecast of the newest session, unless the store has it."""
    order = open_order(experiment, overrides, home)
    with hold(order.home, order.lock("predict"), wait=600):
        if reason := find_nothing_to_do(order):
            return Completed(message=reason)
        forecast, missing = predict_newest(order)
        write_newest(order, forecast)
    shown = forecast.select("ticker", pl.col("as_of").cast(pl.String), "horizon", "mean", "lower", "upper")
    create_table_artifact(
        shown.to_dicts(), key=order.artifact("predict"), description=summarise(forecast, missing)
    )
    return Completed(message=summarise(forecast, missing))


def summarise(forecast: pl.DataFrame, missing: Mapping[str, str]) -> str:
    """One line: how many rows, of which session, by which version, and which tickers have none."""
    newest, version = forecast["as_of"].max(), forecast["version"][0]
    told = "; ".join(f"{ticker}: {reason}" for ticker, reason in missing.items())
    return f"{forecast.height} forecasts of {newest} by version {version}" + (
        f"; without {told}" if told else ""
    )
