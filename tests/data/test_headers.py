"""Tables under two rows of names, as pandas writes what yfinance.download gave."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ml_core.data.providers import Request, files
from ml_core.data.quality.judge import check_bars
from ml_core.errors import InvalidInput

DATES = pd.DatetimeIndex(pd.bdate_range("2023-01-03", periods=8), name="Date")
FIELDS = ["Open", "High", "Low", "Close", "Volume"]


def download(*tickers: str, group_by: str = "column") -> pd.DataFrame:
    """The columns of yfinance.download 1.7: price above ticker, or ticker above price."""
    tables = [make_prices(10.0 * (place + 1)) for place in range(len(tickers))]
    wide = pd.concat(tables, axis=1, keys=tickers, names=["Ticker", "Price"])
    if group_by == "column":
        wide = wide.swaplevel(axis=1).sort_index(level=0, axis=1)
    return wide


def make_prices(base: float) -> pd.DataFrame:
    close = base + np.arange(len(DATES)) / 4
    columns = zip(FIELDS, (close - 0.1, close + 0.5, close - 0.5, close, 1000 + np.arange(8)), strict=True)
    return pd.DataFrame(dict(columns), index=DATES)


def fetch(path, tickers=("AAPL", "MSFT"), **config):
    now = dt.datetime(2024, 1, 5, tzinfo=dt.UTC)
    return files.fetch(Request(tickers, {}, "XNYS", None, None, now), files.Config(path=path, **config))


def closes(fetched) -> dict[str, list[float]]:
    ordered = fetched.bars.sort("ticker", "date")
    return {
        name: rows["close"].to_list() for (name,), rows in ordered.group_by("ticker", maintain_order=True)
    }


def without_name(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename_axis(None)


WRITTEN = {
    "as it is": lambda table, path: table.to_csv(path),
    "index without a name": lambda table, path: without_name(table).to_csv(path),
    "dates as a column": lambda table, path: table.reset_index().to_csv(path, index=False),
    "dates and numbers as columns": lambda table, path: table.reset_index().to_csv(path),
    "semicolons": lambda table, path: table.to_csv(path, sep=";"),
    "with times and a zone": lambda table, path: table.tz_localize("America/New_York").to_csv(path),
}


@pytest.mark.parametrize("written", list(WRITTEN))
@pytest.mark.parametrize("group_by", ["column", "ticker"])
@pytest.mark.parametrize("tickers", [("AAPL",), ("AAPL", "MSFT"), ("C", "V"), ("0700.HK", "4063.T")])
def test_a_download_of_one_or_several_tickers_is_read_as_it_was(tmp_path, written, group_by, tickers):
    path = tmp_path / "prices.csv"
    WRITTEN[written](download(*tickers, group_by=group_by), path)
    fetched = fetch(path, tickers)
    assert {outcome.status for outcome in fetched.outcomes.values()} == {"ok"}
    assert closes(fetched) == {
        name: make_prices(10.0 * (place + 1))["Close"].to_list() for place, name in enumerate(tickers)
    }
    shown = fetched.bars.filter(pl.col("ticker") == tickers[0]).row(0, named=True)
    assert (shown["date"], shown["high"], shown["volume"]) == (dt.date(2023, 1, 3), 10.5, 1000.0)


def test_both_rows_of_names_are_read_from_parquet_too(tmp_path):
    path = tmp_path / "prices.parquet"
    download("AAPL", "MSFT").to_parquet(path)
    assert closes(fetch(path))["MSFT"] == make_prices(20.0)["Close"].to_list()


def test_a_ticker_that_was_listed_later_has_no_bars_before(tmp_path):
    wide = download("AAPL", "MSFT")
    wide.loc[DATES[:5], (slice(None), "MSFT")] = np.nan
    wide.to_csv(tmp_path / "prices.csv")
    bars = fetch(tmp_path / "prices.csv").bars
    assert dict(bars.group_by("ticker").len().iter_rows()) == {"AAPL": 8, "MSFT": 3}
    assert check_bars(bars).refused.is_empty()


def test_dividends_splits_and_adjusted_closes_keep_their_ticker(tmp_path):
    wide = download("AAPL", "MSFT", group_by="ticker")
    for name, value in (
        ("Adj Close", 9.0),
        ("Dividends", 0.0),
        ("Stock Splits", 0.0),
        ("Capital Gains", 0.0),
    ):
        wide[("MSFT", name)] = value
    wide.loc[DATES[3], ("MSFT", "Dividends")] = 0.25
    wide.to_csv(tmp_path / "prices.csv")
    bars = fetch(tmp_path / "prices.csv").bars
    paid = bars.filter(pl.col("dividend") > 0)
    assert paid.select("ticker", "date", "dividend").rows() == [("MSFT", dt.date(2023, 1, 6), 0.25)]
    assert bars.filter(pl.col("ticker") == "MSFT")["adj_close"].to_list() == [9.0] * 8


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Price,Open,Open\nTicker,AAPL,MSFT\nDate,,\n2023-01-03,1,2\n", "no column for 'close'"),
        ("Price,Close,Close\nTicker,AAPL,AAPL\n2023-01-03,1,2\n", "'Close' of 'AAPL' stands twice"),
        (",C,V\n,O,L\n2023-01-03,1,2\n", "which are tickers cannot be told"),
        ("Price,Close\nTicker,AAPL\nExchange,NYSE\n2023-01-03,1\n", "more than two rows of names, the third"),
        ("Price,Close\nTicker,AAPL\nDate,\n", "is empty; expected rows of date"),
    ],
)
def test_rows_of_names_that_cannot_be_read_are_named_with_what_was_expected(tmp_path, text, says):
    (tmp_path / "prices.csv").write_text(text)
    with pytest.raises(InvalidInput, match=says) as refused:
        fetch(tmp_path / "prices.csv")
    assert "prices.csv" in str(refused.value)


def test_a_long_table_of_tickers_that_are_also_names_of_prices_stays_one(tmp_path):
    rows = ["Symbol,Date,Close", *(f"C,{day.date()},{10 + place}" for place, day in enumerate(DATES))]
    (tmp_path / "prices.csv").write_text("\n".join(rows))
    assert closes(fetch(tmp_path / "prices.csv", ("C",)))["C"] == [10.0 + place for place in range(8)]
