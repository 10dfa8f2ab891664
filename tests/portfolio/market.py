"""Small PRICES and POSITIONS tables for tests, and a backtest that is too simple to be wrong."""

import numpy as np
import polars as pl

from ml_core.frames import BACKTEST, POSITIONS, PRICES, conform
from ml_core.portfolio.backtest import GONE


def make_prices(open_TN: np.ndarray, close_TN: np.ndarray, *, first: str = "2020-01-01") -> pl.DataFrame:
    """Bars of tickers A, B, C…; a close that is NaN is a session without a bar."""
    sessions, tickers = close_TN.shape
    table = pl.DataFrame(
        {
            "ticker": np.tile([chr(65 + number) for number in range(tickers)], sessions),
            "date": np.repeat(np.datetime64(first) + np.arange(sessions), tickers),
            "open": open_TN.ravel(), "close": close_TN.ravel(),
        }
    )  # fmt: skip
    table = table.filter(pl.col("close").is_not_nan()).with_columns(
        pl.col("open").fill_nan(None), high=pl.max_horizontal("open", "close"),
        low=pl.min_horizontal("open", "close"), volume=pl.lit(1e6), dividend=pl.lit(0.0), split=pl.lit(1.0),
        factor=pl.lit(1.0),
    )  # fmt: skip
    return conform(table, PRICES, "prices").sort("ticker", "date")


def random_market(*, sessions: int, tickers: int, seed: int, missing: float = 0.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    steps_TN = rng.normal(0, 0.02, (2 * sessions, tickers))
    path_TN = 100 * np.exp(np.cumsum(steps_TN, axis=0))
    open_TN, close_TN = path_TN[::2].copy(), path_TN[1::2].copy()
    close_TN[rng.random(close_TN.shape) < missing] = np.nan
    open_TN[rng.random(close_TN.shape) < missing] = np.nan
    close_TN[0] = path_TN[1]
    return make_prices(open_TN, close_TN)


def make_positions(weights: dict[int, list[float]], *, first: str = "2020-01-01") -> pl.DataFrame:
    """The weights of tickers A, B, C… decided at the close of each numbered session."""
    rows = [
        {"ticker": chr(65 + number), "date": (np.datetime64(first) + session).item(), "weight": float(weight)}
        for session, decided in weights.items()
        for number, weight in enumerate(decided)
    ]
    return conform(pl.DataFrame(rows), POSITIONS, "positions")


def obvious_backtest(
    positions: pl.DataFrame, prices: pl.DataFrame, *, cost_bps: float, execution: str, hold: int
) -> pl.DataFrame:
    """One account, session by session and holding by holding: cash, shares, and two moments to trade at."""
    bars = {(row["ticker"], row["date"]): row for row in prices.iter_rows(named=True)}
    sessions = sorted(set(prices["date"]))
    decided = sorted(set(positions["date"]))[::hold]
    wanted = {(row["ticker"], row["date"]): row["weight"] for row in positions.iter_rows(named=True)}
    orders = {sessions.index(date) + (execution != "same_close"): date for date in decided}
    orders = {session: date for session, date in orders.items() if session < len(sessions)}
    cash, shares, price, equity = 1.0, {}, {}, 1.0
    rows = []
    for number in range(min(orders), min(len(sessions), sessions.index(decided[-1]) + hold + 1)):
        day, turnover = sessions[number], 0.0
        for moment in ("open", "close"):
            for ticker in {ticker for ticker, _ in bars}:
                bar = bars.get((ticker, day))
                if bar:
                    price[ticker] = bar["close"] if bar[moment] is None else bar[moment]
            if number in orders and moment == ("open" if execution == "next_open" else "close"):
                worth = cash + sum(count * price[ticker] for ticker, count in shares.items())
                target = {
                    ticker: weight * worth if (ticker, day) in bars else 0.0
                    for (ticker, date), weight in wanted.items()
                    if date == orders[number]
                }
                names = set(target) | set(shares)
                held = {
                    ticker: shares.get(ticker, 0.0) * price[ticker] for ticker in names if ticker in price
                }
                turnover = (
                    sum(abs(target.get(ticker, 0.0) - held.get(ticker, 0.0)) for ticker in names) / worth
                )
                shares = {ticker: value / price[ticker] for ticker, value in target.items() if value}
                cash = worth - sum(target.values())
        now = cash + sum(count * price[ticker] for ticker, count in shares.items())
        lately = {ticker for ticker, date in bars if date in sessions[max(0, number - GONE + 1) : number + 1]}
        exposure = sum(abs(shares[ticker] * price[ticker]) for ticker in shares if ticker in lately) / now
        gross, equity = now / equity - 1, now
        net = (1 + gross) * (1 - turnover * cost_bps / 10_000) - 1
        rows.append((day, gross, net, turnover, exposure, 0.0))
    return pl.DataFrame(rows, schema=BACKTEST, orient="row")
