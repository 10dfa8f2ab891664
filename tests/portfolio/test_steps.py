"""All settings together and each alone: positions and accounts know nothing of the future, and keep their limits."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.errors import InvalidInput
from ml_core.evaluation.leakage import audit
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.market import Market
from ml_core.portfolio.strategies import build_positions, trade
from ml_core.portfolio.turbulence import tell_turbulence
from ml_core.spec.strategy import Strategy
from tests.portfolio.market import random_market

SECTORS = {"A": "oil", "B": "oil", "C": "oil", "D": "oil", "E": "tin", "F": "tin", "G": "tin", "H": "ice"}
PRICES = random_market(sessions=460, tickers=8, seed=4, missing=0.02).with_columns(
    sector=pl.col("ticker").replace_strict(SECTORS)
)
SINCE = dt.date(2020, 10, 1)
DATES = [dt.date(2020, 10, 9), dt.date(2021, 1, 20), dt.date(2021, 3, 10)]
EVERYTHING = {
    "smoothing": 3, "gate": 0.3, "daily_volatility": 0.01, "yearly_volatility": 0.12, "limit": 0.1,
    "max_correlation": 0.2, "max_drawdown": 0.1, "delay": 1, "horizons": (1, 3), "combine": "sharpe",
}  # fmt: skip
CASES: dict[str, dict] = {
    "default": {},
    "smoothed": {"smoothing": 4},
    "single": {"kind": "single"},
    "long only": {"kind": "long_only"},
    "sign": {"kind": "sign", "gate": 0.3},
    "single, target": {"kind": "single", "conviction": "target", "daily_volatility": 0.01},
    "gate": {"gate": 0.5, "gate_sessions": 60},
    "sector": {"neutral": "sector", "quantile": 0.3},
    "volatility": {"daily_volatility": 0.01, "yearly_volatility": 0.12, "leverage": 2.0},
    "limit": {"limit": 0.05, "max_correlation": 0.1},
    "drawdown": {"max_drawdown": 0.1},
    "delay": {"delay": 3},
    "horizons": {"horizons": (1, 3), "combine": "sharpe"},
    "parts": {
        "parts": ({"kind": "single", "weight": 2}, {"kind": "long_short", "horizon": 3, "smoothing": 2})
    },
    "filter": {"turbulent_share": 0.25},
    "switch": {"turbulent": {"kind": "single", "horizon": 3}},
    "everything": EVERYTHING | {"turbulent_share": 0.5},
    "everything, sectors": EVERYTHING
    | {"neutral": "sector", "turbulent": {"neutral": "sector", "quantile": 0.4}},
}


def forecast_of(prices: pl.DataFrame) -> pl.DataFrame:
    """A past-only forecast at two horizons: the last returns come back."""
    change = pl.col("close").log().diff()
    rows = prices.sort("ticker", "date").select(
        "ticker",
        as_of="date",
        mean=-0.1 * change.over("ticker"),
        scale=change.rolling_std(5).over("ticker"),
    )
    rows = rows.filter(pl.col("as_of") >= SINCE)
    slower = rows.with_columns(pl.col("mean").rolling_mean(3).over("ticker"), horizon=pl.lit(3, pl.Int32))
    return pl.concat([rows.with_columns(horizon=pl.lit(1, pl.Int32)), slower])


def hold(prices: pl.DataFrame, strategy: Strategy) -> pl.DataFrame:
    return build_positions(forecast_of(prices), strategy, horizon=1, market=Market(prices))


@pytest.mark.parametrize("name", CASES)
def test_no_position_and_no_return_depends_on_what_comes_after_it(name):
    strategy = Strategy.model_validate(CASES[name])

    def build(prices: pl.DataFrame) -> pl.DataFrame:
        positions = hold(prices, strategy)
        account = trade(positions, strategy, hold=hold_of(strategy, horizon=1), market=Market(prices))
        net = account.select("date", "net", "turnover", "exposure")
        return positions.join(net, on="date", how="left")

    assert audit(build, PRICES, as_of=DATES, seed=1) == []


@pytest.mark.parametrize("name", CASES)
def test_a_strategy_holds_something_within_its_limits(name):
    strategy = Strategy.model_validate(CASES[name])
    positions = hold(PRICES, strategy)
    gross = positions.group_by("date").agg(pl.col("weight").abs().sum(), net=pl.col("weight").sum())
    assert (positions["weight"] != 0).mean() > 0.01
    assert positions["weight"].abs().max() <= strategy.limit + 1e-12
    assert gross["weight"].max() <= strategy.leverage + 1e-9
    if name not in ("single", "long only", "sign", "single, target", "parts", "switch"):
        assert gross["net"].abs().max() == pytest.approx(0.0, abs=1e-9)


def test_a_sector_neutral_book_is_as_long_as_short_in_each_sector():
    for case in ("sector", "everything, sectors"):
        positions = hold(PRICES, Strategy.model_validate(CASES[case]))
        by_sector = positions.with_columns(sector=pl.col("ticker").replace_strict(SECTORS))
        sums = by_sector.group_by("date", "sector").agg(
            pl.col("weight").sum(), held=(pl.col("weight") != 0).any()
        )
        assert sums["weight"].abs().max() == pytest.approx(0.0, abs=1e-12)
        assert set(sums.filter("held")["sector"]) == {
            "oil",
            "tin",
        }  # one name alone has nothing to stand against


def test_a_ticker_without_a_sector_is_named():
    unknown = PRICES.with_columns(sector=pl.when(pl.col("ticker") == "C").then(None).otherwise("sector"))
    for prices in (unknown, PRICES.drop("sector")):
        with pytest.raises(
            InvalidInput, match=r"no sector is known for .*C.*; name it in \[universe.sectors\]"
        ):
            hold(prices, Strategy(neutral="sector"))


def test_a_setting_that_reads_prices_says_so_where_there_are_none():
    with pytest.raises(InvalidInput, match=r"strategy\.daily_volatility reads prices, and none were given"):
        build_positions(forecast_of(PRICES), Strategy(daily_volatility=0.01), horizon=1)


def test_a_gated_book_holds_only_confident_names():
    plain, gated = hold(PRICES, Strategy()), hold(PRICES, Strategy(gate=0.5, gate_sessions=60))
    both = plain.join(gated, on=["ticker", "date"], suffix="_gated")
    assert both.filter(pl.col("weight") == 0)["weight_gated"].abs().max() == 0
    assert 0.1 < (gated["weight"] != 0).mean() < 0.8 * (plain["weight"] != 0).mean()
    early = gated.filter(pl.col("date") < SINCE + dt.timedelta(days=20))
    assert early["weight"].abs().max() == 0


def test_a_smoothed_book_trades_less():
    def traded(**settings: float) -> float:
        strategy = Strategy.model_validate(settings)
        table = trade(hold(PRICES, strategy), strategy, hold=1, market=Market(PRICES))
        return float(table["turnover"].to_numpy().mean())

    assert traded(smoothing=10) < 0.5 * traded()


def test_several_horizons_hold_what_each_would_in_equal_parts():
    strategy = Strategy(horizons=(1, 3))
    assert hold_of(strategy, horizon=1) == 1
    together = hold(PRICES, strategy)
    one, three = (hold(PRICES, Strategy(horizon=horizon)) for horizon in (1, 3))
    dates = sorted(set(three["date"]))
    decided = dict(zip(dates, np.repeat(dates[::3], 3), strict=False))
    slow = {(row["ticker"], row["date"]): row["weight"] for row in three.iter_rows(named=True)}
    for row in together.join(one, on=["ticker", "date"], suffix="_one").iter_rows(named=True):
        kept = slow.get((row["ticker"], decided.get(row["date"])), 0.0)
        assert row["weight"] == pytest.approx((row["weight_one"] + kept) / 2)


def test_in_turbulence_the_other_strategy_holds():
    strategy = Strategy.model_validate({"turbulent": {"kind": "single"}, "turbulent_above": 0.5})
    switched, calm = hold(PRICES, strategy), hold(PRICES, Strategy())
    wild = hold(PRICES, Strategy(kind="single"))
    known = pl.col("date").dt.year() == 2021
    assert switched.filter(~known)["weight"].abs().max() == 0  # of 2020 no earlier year could be learned from
    both = switched.filter(known).join(calm, on=["ticker", "date"], suffix="_calm")
    both = both.join(wild, on=["ticker", "date"], suffix="_wild")
    told = tell_turbulence(PRICES, since=dt.date(2021, 1, 1))
    both = both.join(told, on="date").with_columns(turbulent=pl.col("turbulence") > 0.5)
    assert 0 < both["turbulent"].sum() < both.height
    wanted = pl.when("turbulent").then("weight_wild").otherwise("weight_calm")
    assert both.filter(pl.col("weight") != wanted).is_empty()
