"""The simulated market: seeded, its past fixed, its signal as strong as stated, listings that come and go."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.data.calendar import sessions_between
from ml_core.data.providers import Request, simulated
from ml_core.data.store import adjust
from ml_core.experiment import Universe

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
TICKERS = tuple(f"T{place:02d}" for place in range(40))


def fetch(tickers=TICKERS, **config) -> pl.DataFrame:
    request = Request(tickers, {}, "XNYS", None, None, NOW)
    return simulated.fetch(request, simulated.Config(**config)).bars


def test_the_same_seed_draws_the_same_market_and_another_does_not():
    assert fetch(sessions=80).equals(fetch(sessions=80))
    assert not fetch(sessions=80).equals(fetch(sessions=80, seed=8))


def test_a_longer_market_or_another_universe_changes_no_earlier_bar():
    short, wide = fetch(TICKERS[:3], sessions=100), fetch(TICKERS[:5], sessions=160)
    assert short.equals(
        wide.filter(pl.col("ticker").is_in(TICKERS[:3])).join(short, on=["ticker", "date"], how="semi")
    )


def test_every_session_of_the_exchange_is_there_and_no_holiday():
    bars = fetch(TICKERS[:1], sessions=300)
    assert bars["date"].to_list() == sessions_between("XNYS", bars["date"][0], bars["date"][-1])


def test_bars_have_dividends_and_splits_and_sound_ranges():
    bars = fetch(sessions=900)
    assert (bars["dividend"] > 0).any()
    assert (bars["split"] == 2).any()
    outside = bars.filter(
        (pl.col("low") > pl.min_horizontal("open", "close"))
        | (pl.col("high") < pl.max_horizontal("open", "close"))
    )
    assert outside.is_empty()


def test_listings_come_late_and_leave_early_only_where_asked_for():
    everywhere = fetch(sessions=400)
    some = fetch(sessions=400, late=0.3, delisted=0.3)
    spans = some.group_by("ticker").agg(first=pl.col("date").min(), last=pl.col("date").max())
    late = spans.filter(pl.col("first") > everywhere["date"].min()).height
    gone = spans.filter(pl.col("last") < everywhere["date"].max()).height
    assert everywhere.group_by("ticker").len()["len"].unique().to_list() == [400]
    assert 4 <= late <= 20
    assert 4 <= gone <= 20
    assert some.equals(everywhere.join(some, on=["ticker", "date"], how="semi"))


@pytest.mark.parametrize("ic", [0.0, 0.2])
def test_the_oracle_has_the_planted_strength(ic):
    config = simulated.Config(ic=ic, sessions=1500)
    prices = adjust(fetch(ic=ic, sessions=1500))
    known = simulated.oracle(Universe(tickers=TICKERS), config, (1,))
    came = prices.select(
        "ticker",
        as_of="date",
        came=pl.col("close").log().diff().shift(-1).over("ticker"),
    )
    rows = known.join(came, on=["ticker", "as_of"]).drop_nulls()
    if ic == 0:
        assert (rows["mean"] == 0).all()
        return
    by_date = rows.group_by("as_of").agg(ic=pl.corr("mean", "came"))["ic"].drop_nans().drop_nulls().to_numpy()
    assert abs(np.mean(by_date) - ic) < 0.04
