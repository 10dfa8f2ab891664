"""The simulated market: seeded, its past fixed, its signal as strong as stated, listings that come and go."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from ml_core.data.calendar import sessions_between
from ml_core.data.providers import Request, simulated
from ml_core.data.simulation.config import SIGNALS
from ml_core.data.store.bars import adjust
from ml_core.spec import choices
from ml_core.spec.experiment import Universe

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
TICKERS = tuple(f"T{place:02d}" for place in range(40))
KINDS = choices.names(SIGNALS)
CLOSES = [34.15491035382246, 58.060682984917165, 67.47688053299655, 48.52071841834638]


def fetch(tickers=TICKERS, **config) -> pl.DataFrame:
    request = Request(tickers, {}, "XNYS", None, None, NOW)
    return simulated.fetch(request, simulated.Config(**config)).bars


def test_the_same_seed_draws_the_same_market_and_another_does_not():
    assert fetch(sessions=80).equals(fetch(sessions=80))
    assert not fetch(sessions=80).equals(fetch(sessions=80, seed=8))


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_market_or_another_universe_changes_no_earlier_bar(kind):
    asked = {"signal": kind, "delay": 2, "decay": 0.5, "jumps": 0.01}
    short, wide = fetch(TICKERS[:3], sessions=100, **asked), fetch(TICKERS[:5], sessions=160, **asked)
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


def test_the_market_of_today_is_that_of_yesterday_to_the_last_digit():
    """Numbers that others have kept depend on these bars, and stored bars on this name."""
    universe = Universe(tickers=("A1", "A2", "B7", "ZZ"))
    assert simulated.identity(universe, simulated.Config()) == "simulated-ea3644d57f"
    assert simulated.identity(universe, simulated.Config(signal="none")) == "simulated-95b12eb32b"
    closes = fetch(universe.tickers).group_by("ticker", maintain_order=True).last()["close"].to_list()
    assert closes == pytest.approx(CLOSES, rel=1e-12)
    assert fetch(universe.tickers, signal="none")["close"][-1] == pytest.approx(60.67294385684719, rel=1e-12)


def test_jumps_come_where_asked_for_and_move_no_other_session():
    calm, jumpy = (moves_of(fetch(sessions=400, jumps=jumps)) for jumps in (0.0, 0.03))
    jumped = ~np.isclose(calm, jumpy, atol=1e-9)
    assert 0.02 < jumped.mean() < 0.04
    assert np.abs(jumpy - calm)[jumped].std() > 1.5 * calm.std()


def test_an_unknown_kind_of_signal_is_refused_with_the_nearest():
    with pytest.raises(ValidationError, match="unknown signal; did you mean 'linear'"):
        simulated.Config(signal="liner")


def moves_of(bars: pl.DataFrame) -> np.ndarray:
    """The log return of every ticker and session but the first."""
    close = adjust(bars).sort("ticker", "date")["close"].to_numpy().reshape(len(TICKERS), -1)
    return np.diff(np.log(close), axis=1)
