"""The predict flow: an experiment's name in, the champion's forecast of the newest session in the store."""

from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.lock import hold
from flows.order import Order, open_order
from ml_core.errors import NoChampion


@task(name="find missing", cache_policy=NO_CACHE)
def find_missing(order: Order) -> str | None:
    """Why there is nothing to do, or None: judged by what the store holds, not by what ran before."""
    from ml_core.data.forecasts import read_forecast
    from ml_core.data.prices import read_prices

    from ml_core.registry import Registry

    try:
        champion = Registry(order.home).find(order.experiment.model_name)
    except NoChampion as absent:
        return f"nothing to do: {absent}"
    newest = read_prices(order.experiment, order.home)["date"].max()
    stored = read_forecast(order.home, champion.name, as_of=newest)
    if stored.filter(stored["version"] == champion.version).is_empty():
        return None
    return f"nothing to do: version {champion.version} has forecast {newest} already"


@task(name="predict", cache_policy=NO_CACHE)
def predict_newest(order: Order) -> Any:
    from ml_core.prediction import predict

    return predict(order.experiment, order.home)


@task(name="write forecast", retries=2, retry_delay_seconds=10, cache_policy=NO_CACHE)
def write_newest(order: Order, forecast: Any) -> None:
    from ml_core.data.forecasts import write_forecast

    write_forecast(order.home, order.experiment.model_name, forecast)


@flow(name="predict")
def predict_sessions(experiment: str, overrides: list[str] | None = None, home: str | None = None) -> State:
    """Write the champion's forecast of the newest session, unless the store has it."""
    order = open_order(experiment, overrides, home)
    with hold(order.home, order.lock("predict"), wait=600):
        if reason := find_missing(order):
            return Completed(message=reason)
        forecast = predict_newest(order)
        write_newest(order, forecast)
    newest, version = forecast["as_of"].max(), forecast["version"][0]
    summary = f"{forecast.height} forecasts of {newest} by version {version}"
    shown = forecast.select("ticker", "as_of", "horizon", "mean", "lower", "upper").with_columns(
        forecast["as_of"].cast(str)
    )
    create_table_artifact(shown.to_dicts(), key=order.artifact("predict"), description=summary)
    return Completed(message=summary)
