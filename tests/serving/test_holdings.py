"""What is held now is what the backtest of whoever answers holds after its last decision, and since when is told."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.order import place_order
from ml_core.data.prices import read_prices
from ml_core.frames import POSITIONS
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.opening import horizon_of
from ml_core.promotion.reference import fill_seat
from ml_core.spec.strategy import Strategy
from ml_core.walkforward.trading import decide
from ml_core.walkforward.unseen import forecast_unseen
from serving.holdings import list_holdings
from serving.service import Service
from tests.market import NOW
from tests.serving.conftest import open_client

STRATEGIES = [
    Strategy(),
    Strategy(kind="sign", horizon=5),
    Strategy(kind="long_only", horizons=(3, 5), yearly_volatility=0.1, smoothing=2),
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.kind)
def test_it_holds_what_the_backtest_holds_after_its_last_decision(world, strategy):
    experiment = world.experiment.model_copy(update={"strategy": strategy})
    service = Service(place_order(experiment, world.home), clock=lambda: NOW)
    told = open_client(service).get("/portfolio/positions").json()
    prices = read_prices(experiment, world.home)
    registered = world.registry.find(world.name)
    book = decide(experiment, prices, forecast_unseen(world.registry, registered, prices))
    every = hold_of(strategy, horizon=horizon_of(experiment))
    days = book["date"].unique().sort()[::every]
    last = book.filter((pl.col("date") == days[-1]) & (pl.col("weight") != 0))
    assert last.height > 0
    assert {one["ticker"]: one["weight"] for one in told["positions"]} == dict(
        last.select("ticker", "weight").iter_rows()
    )
    assert (told["every"], told["decided"], told["begun"]) == (every, f"{days[-1]}", f"{days[0]}")
    assert told["begun"] == f"{world.evidence.holdout.start}"
    for one in told["positions"]:
        own = book.filter(pl.col("date").is_in(days.to_list()), ticker=one["ticker"]).sort("date")
        stayed = own.filter(pl.col("date") >= dt.date.fromisoformat(one["since"]))["weight"]
        assert (stayed.sign() == stayed.sign()[-1]).all()
        earlier = own.filter(pl.col("date") < dt.date.fromisoformat(one["since"]))["weight"]
        assert earlier.is_empty() or earlier.sign()[-1] != stayed.sign()[-1]


def book(**weights: list[float]) -> tuple[pl.DataFrame, list[dt.date]]:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(len(next(iter(weights.values()))))]
    rows = [
        (ticker, day, weight)
        for ticker, told in weights.items()
        for day, weight in zip(days, told, strict=True)
    ]
    return pl.DataFrame(rows, POSITIONS, orient="row"), days


def test_since_is_the_first_decision_of_the_side_that_it_is_on():
    held = list_holdings(
        *book(A=[0.1, 0.2, 0.3, 0.1], B=[0.5, 0, 0.5, 0.4], C=[-0.1, 0.1, -0.2, -0.6], D=[1, 1, 1, 0])
    )
    assert [(one.ticker, one.weight, one.since.day, one.sessions) for one in held] == [
        ("C", -0.6, 3, 1),
        ("B", 0.4, 3, 1),
        ("A", 0.1, 1, 3),
    ]


def test_a_reference_says_no_direction_so_nothing_is_held(own_world):
    fill_seat(place_order(own_world.experiment, own_world.home), now=NOW)
    told = open_client(own_world.service()).get("/portfolio/positions").json()
    assert (told["positions"], told["decided"], told["pays"]) == ([], None, False)
    assert any("no direction" in note for note in told["notes"])
