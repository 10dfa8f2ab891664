"""Reads tables under two rows of names, price and ticker, as `yfinance.download` makes them, into one row per ticker
and date."""

import ast
import re
from dataclasses import dataclass

import polars as pl

from ml_core.data.files.columns import known_as
from ml_core.errors import InvalidInput

PRICE_LABELS = ("price", "prices", "field", "attributes")
TICKER_LABELS = ("ticker", "tickers", "symbol", "symbols")
DATA = re.compile(
    r"^[-+$]?\.?\d[\d.,]*(e[-+]?\d+)?%?$|^\d{1,4}[-/.]\d{1,2}[-/.]\d|^\d{1,2}[- ][A-Za-z]{3}", re.I
)
EXPECTED = "expected one row of prices ('Price,Close,…') and one of tickers ('Ticker,AAPL,…')"


@dataclass(frozen=True)
class Header:
    """For each column its price (or `date`, or nothing) and its ticker; and how many rows of text they took."""

    prices: tuple[str, ...]
    tickers: tuple[str, ...]
    rows: int


def read_header(head: list[list[str]], where: str) -> Header | None:
    """None where the first row of names is followed by data, as in most files."""
    if len(head) < 2 or not _is_names(head[0], head[1]):
        return None
    width = max(len(row) for row in head[:2])
    first, second = ([cell.strip() for cell in row] + [""] * (width - len(row)) for row in head[:2])
    swapped = _ticker_row_is_first(first, second, where)
    prices, tickers = (second, first) if swapped else (first, second)
    third = [cell.strip() for cell in head[2]] if len(head) > 2 else []
    named = bool(third and third[0] and not any(third[1:]) and not DATA.match(third[0]))
    if len(head) > 2 and not named and any(third) and not any(DATA.match(cell) for cell in third):
        raise InvalidInput(
            f"{where}: more than two rows of names, the third {','.join(third[:4])}…; {EXPECTED}"
        )
    return Header(*_columns(prices, tickers), rows=3 if named else 2)


def pair_header(names: list[str]) -> Header | None:
    """Names such as "('Close', 'AAPL')", as pandas writes both rows into Parquet."""
    pairs = [_pair(name) for name in names]
    if not any(pairs):
        return None
    prices, tickers = zip(*(pair or (name, "") for pair, name in zip(pairs, names, strict=True)), strict=True)
    if _ticker_row_is_first(["", *prices], ["", *tickers], "names"):
        prices, tickers = tickers, prices
    return Header(*_columns(list(prices), list(tickers)), rows=0)


def lengthen(wide: pl.DataFrame, header: Header, where: str) -> pl.DataFrame:
    """One row per ticker and date; a date on which a ticker has nothing gives none."""
    if "date" not in header.prices:
        raise InvalidInput(f"{where}: two rows of names, but no column of dates; {EXPECTED}")
    date = wide.columns[header.prices.index("date")]
    places: dict[str, dict[str, str]] = {}
    for column, price, ticker in zip(wide.columns, header.prices, header.tickers, strict=False):
        if not ticker or price == "date":
            continue
        if price in places.setdefault(ticker, {}):
            raise InvalidInput(f"{where}: '{price}' of '{ticker}' stands twice; {EXPECTED}")
        places[ticker][price] = column
    tables = [
        wide.select(
            pl.col(date).alias("date"), *(pl.col(column).alias(price) for price, column in held.items())
        )
        .filter(~pl.all_horizontal(pl.col(list(held)).is_null()))
        .with_columns(ticker=pl.lit(ticker))
        for ticker, held in places.items()
    ]
    if not tables:
        raise InvalidInput(f"{where}: two rows of names, but no ticker in either; {EXPECTED}")
    return pl.concat(tables, how="diagonal_relaxed")


def _is_names(first: list[str], second: list[str]) -> bool:
    """Whether the second row is names too: it says so, or nothing in it is a number or a date."""
    if second[:1] and second[0].strip().lower() in (*PRICE_LABELS, *TICKER_LABELS):
        return True
    cells = [cell.strip() for cell in second]
    return any(cells[1:]) and not any(DATA.match(cell) for cell in cells) and _knows(first, second)


def _knows(first: list[str], second: list[str]) -> bool:
    return any("close" in (known_as(cell) for cell in row[1:]) for row in (first, second))


def _ticker_row_is_first(first: list[str], second: list[str], where: str) -> bool:
    """As the rows say themselves; else the prices are the row in which more different ones are known."""
    labels = first[0].lower(), second[0].lower()
    if labels[0] in PRICE_LABELS or labels[1] in TICKER_LABELS:
        return False
    if labels[0] in TICKER_LABELS or labels[1] in PRICE_LABELS:
        return True
    known = [len({known_as(cell) for cell in row[1:]} - {None, "date", "ticker"}) for row in (first, second)]
    if known[0] == known[1]:
        raise InvalidInput(f"{where}: two rows of names, and which are tickers cannot be told; {EXPECTED}")
    return known[1] > known[0]


def _columns(prices: list[str], tickers: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The dates stand in the column that says so, whichever row says it, or else in the first."""
    dates = [
        place
        for place, pair in enumerate(zip(prices, tickers, strict=True))
        if "" in pair and "date" in (known_as(pair[0]), known_as(pair[1]))
    ]
    place = dates[0] if dates else 0
    return (
        tuple("date" if at == place else price for at, price in enumerate(prices)),
        tuple(
            "" if at == place or known_as(ticker) == "date" else ticker for at, ticker in enumerate(tickers)
        ),
    )


def _pair(name: str) -> tuple[str, str] | None:
    if not name.startswith("("):
        return None
    try:
        pair = ast.literal_eval(name)
    except (ValueError, SyntaxError):
        return None
    return (str(pair[0]), str(pair[1])) if isinstance(pair, tuple) and len(pair) == 2 else None
