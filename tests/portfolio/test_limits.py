"""Names alike share one position, a falling account holds less, turbulence is filtered."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.frames import BACKTEST
from ml_core.portfolio.correlation import share_alike
from ml_core.portfolio.drawdown import control_drawdown
from ml_core.portfolio.market import Market
from ml_core.portfolio.turbulence import tell_turbulence
from tests.portfolio.market import make_positions, make_prices


def market_of_four(sessions: int = 80) -> Market:
    """A and B move together, C against them, D by itself."""
    rng = np.random.default_rng(0)
    common, own = rng.normal(0, 0.01, sessions), rng.normal(0, 0.002, (sessions, 4))
    moves_TN = own + np.outer(common, [1, 1, -1, 0]) + np.outer(rng.normal(0, 0.01, sessions), [0, 0, 0, 1])
    close_TN = 100 * np.exp(np.cumsum(moves_TN, axis=0))
    return Market(make_prices(close_TN, close_TN))


@pytest.mark.parametrize(
    ("held", "shared"),
    [
        ([0.2, 0.2, 0.0, 0.2], [0.1, 0.1, 0.0, 0.2]),  # two of a kind
        ([0.2, -0.2, 0.0, 0.2], [0.2, -0.2, 0.0, 0.2]),  # long and short of one kind are no one bet
        ([0.3, 0.3, -0.3, 0.0], [0.1, 0.1, -0.1, 0.0]),  # short of what moves against it is
        ([0.0, 0.0, 0.3, 0.3], [0.0, 0.0, 0.3, 0.3]),
    ],
)
def test_names_that_move_together_share_one_position(held, shared):
    positions = make_positions({70: held})
    found = share_alike(positions, market_of_four(), most=0.8, sessions=60)
    assert found["weight"].to_list() == pytest.approx(shared)


def test_a_name_too_young_to_be_judged_counts_as_alone():
    positions = make_positions({30: [0.2, 0.2, 0.0, 0.0]})
    assert share_alike(positions, market_of_four(), most=0.8, sessions=60)["weight"].to_list() == [
        0.2,
        0.2,
        0,
        0,
    ]


def test_a_falling_account_holds_less_and_comes_back_with_it():
    net = [0.0, -0.05, -0.05, 0.2, 0.0]
    account = pl.DataFrame(
        {
            "date": np.datetime64("2020-01-02") + np.arange(5), "gross": net, "net": net,
            "turnover": [0.0] * 5, "exposure": [1.0] * 5, "benchmark": net,
        },
        schema=BACKTEST,
    )  # fmt: skip
    positions = make_positions({day: [1.0, -1.0] for day in range(6)})
    kept = control_drawdown(positions, account, 0.2).filter(ticker=pl.lit("A"))["weight"].to_list()
    assert kept == pytest.approx([1.0, 1.0, 1 - 0.05 / 0.2, 1 - (1 - 0.95**2) / 0.2, 1.0, 1.0])
    ruined = account.with_columns(net=pl.Series([-0.3, 0.0, 0.0, 0.0, 0.0]))
    assert (
        control_drawdown(positions, ruined, 0.2).filter(ticker=pl.lit("A"))["weight"].to_list()
        == [1.0] + [0.0] * 5
    )


def two_regimes(years: int = 3) -> pl.DataFrame:
    """Stretches of a hundred calm and a hundred wild sessions."""
    rng = np.random.default_rng(3)
    sessions = years * 365
    spread = np.where(np.arange(sessions) // 100 % 2, 0.03, 0.005)[:, None]
    close_TN = 100 * np.exp(np.cumsum(spread * rng.normal(0, 1, (sessions, 2)), axis=0))
    return make_prices(close_TN, close_TN)


def test_turbulence_is_told_apart_and_unknown_in_a_year_that_nothing_precedes():
    told = tell_turbulence(two_regimes(), since=dt.date(2020, 6, 1))
    assert told["date"].min() == dt.date(2020, 6, 1)
    assert told.filter(pl.col("date") < dt.date(2021, 1, 1))["turbulence"].null_count() == 214
    known = told.filter(pl.col("date") >= dt.date(2021, 1, 1))
    wild = np.arange(366, 366 + known.height) // 100 % 2 == 1
    assert np.mean((known["turbulence"].to_numpy() > 0.5) == wild) > 0.93


def test_what_is_told_of_a_day_does_not_depend_on_where_the_span_begins_or_ends():
    prices = two_regimes()
    whole = tell_turbulence(prices, since=dt.date(2021, 1, 1))
    late = tell_turbulence(prices, since=dt.date(2022, 3, 1))
    assert late.equals(whole.filter(pl.col("date") >= dt.date(2022, 3, 1)))
    until = dt.date(2022, 2, 1)
    short = tell_turbulence(prices.filter(pl.col("date") <= until), since=dt.date(2021, 1, 1))
    assert short.equals(whole.filter(pl.col("date") <= until))
