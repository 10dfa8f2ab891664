"""Sectors: the experiment's word first, else the source's, which is asked once."""

import dataclasses

import polars as pl
import pytest

from ml_core.data.prices import data_version, read_prices
from ml_core.data.sectors import read_sectors
from ml_core.data.store.store import open_store
from ml_core.evaluation.leakage import audit, choose_dates
from ml_core.features.table import build_features, catalogue
from ml_core.frames import PRICES
from ml_core.home.settings import Home, open_home
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.trading import weigh
from tests.data.loopback_yahoo import Listing, LoopbackYahoo
from tests.data.refreshing import make_experiment, run
from tests.data.test_yahoo import PATIENT, SESSIONS, make_rows
from tests.market import TICKERS, simulate_prices, small_experiment


@pytest.fixture
def market():
    rows = make_rows(SESSIONS[:10])
    listings = {"AAA": Listing(rows, sector="Energy"), "BBB": Listing(rows, sector="Utilities")}
    with LoopbackYahoo(listings) as server:
        yield server


def sectors_of(experiment: Experiment, home: Home) -> dict[str, str]:
    return read_sectors(experiment.universe, open_store(experiment, home))


def test_a_sector_is_asked_for_once_and_kept(market, tmp_path):
    home, options = open_home(tmp_path), {"yahoo": PATIENT | {"sectors": True}}
    run(market, home, until=10, **options)
    asked = market.asked["summary"]
    assert asked >= 2
    assert sectors_of(make_experiment(["AAA", "BBB"]), home) == {"AAA": "Energy", "BBB": "Utilities"}
    run(market, home, until=10, **options)
    assert market.asked["summary"] == asked


def test_what_the_experiment_says_of_a_sector_holds(market, tmp_path):
    home = open_home(tmp_path)
    run(market, home, until=10, yahoo=PATIENT | {"sectors": True})
    said = with_sectors(make_experiment(["AAA", "BBB"]), {"AAA": "Shipping"})
    assert sectors_of(said, home) == {"AAA": "Shipping", "BBB": "Utilities"}


def test_a_sector_that_does_not_come_costs_no_bar_and_is_asked_for_again(market, tmp_path):
    home, listings = open_home(tmp_path), dict(market.listings)
    run(market, home, until=10)
    market.listings.clear()
    options = {"yahoo": PATIENT | {"sectors": True}}
    assert not run(market, home, until=10, **options).partial
    assert sectors_of(make_experiment(["AAA"]), home) == {}
    market.listings |= {ticker: dataclasses.replace(listing) for ticker, listing in listings.items()}
    run(market, home, until=10, **options)
    assert sectors_of(make_experiment(["AAA"]), home) == {"AAA": "Energy"}


def with_sectors(experiment: Experiment, sectors: dict[str, str], **changes) -> Experiment:
    universe = experiment.universe.model_copy(update={"sectors": sectors, **changes})
    return experiment.model_copy(update={"universe": universe})


@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_prices_carry_the_sector_of_each_ticker_and_null_where_none_is_known(market, tmp_path, frequency):
    home, plain = open_home(tmp_path), make_experiment(["AAA", "BBB"])
    plain = plain.model_copy(update={"task": plain.task.model_copy(update={"frequency": frequency})})
    run(market, home, until=10)
    assert read_prices(plain, home).schema == PRICES
    prices = read_prices(with_sectors(plain, {"BBB": "Shipping"}), home)
    assert prices.schema == {**PRICES, "sector": pl.String}
    assert dict(prices.select("ticker", "sector").unique().iter_rows()) == {"AAA": None, "BBB": "Shipping"}
    assert prices.drop("sector").equals(read_prices(plain, home))


def test_sectors_that_the_source_told_stand_in_the_prices_of_that_version_and_later(market, tmp_path):
    home, experiment = open_home(tmp_path), make_experiment(["AAA", "BBB"])
    run(market, home, until=10)
    before, version = read_prices(experiment, home), data_version(experiment, home)
    run(market, home, until=10, yahoo=PATIENT | {"sectors": True})
    assert set(read_prices(experiment, home)["sector"]) == {"Energy", "Utilities"}
    assert read_prices(experiment, home, version=version).equals(before)


def test_a_sector_beside_the_prices_moves_no_feature_no_trade_and_no_audit():
    plain, benchmark = simulate_prices(tickers=3), simulate_prices(tickers=4).filter(ticker="DELT")
    told = plain.with_columns(sector=pl.when(pl.col("ticker") != "ALFA").then(pl.lit("Energy")))
    built = build_features(plain, tuple(catalogue()))
    assert build_features(told, built.names).table.equals(built.table)
    forecasts = told.select(
        "ticker", as_of="date", horizon=pl.lit(1, pl.Int32), mean=pl.col("close").pct_change().over("ticker")
    ).drop_nulls()
    experiment = with_sectors(small_experiment(), {}, tickers=TICKERS[:3], benchmark="DELT")
    forecasts = forecasts.with_columns(split=pl.lit("test"))
    weighed = [weigh(experiment, prices, forecasts, benchmark=benchmark) for prices in (told, plain)]
    traded = [one["test"].backtest for one in weighed]
    assert traded[0].equals(traded[1])
    dates = choose_dates(told, count=2, seed=0)
    assert (
        audit(lambda prices: build_features(prices, built.names[:3]).table, told, as_of=dates, seed=0) == []
    )
