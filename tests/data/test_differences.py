"""What came anew is what is not stored just so, however the two lie beside each other."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.data.intake.differences import COMPARED, drop_same
from ml_core.data.intake.history import find_rewritten
from ml_core.frames import BARS, KEYS, conform

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(40)]


def make_bars(tickers: str) -> pl.DataFrame:
    rows = [(ticker, day, 10.0 + at) for ticker in tickers for at, day in enumerate(DAYS)]
    bars = pl.DataFrame(rows, schema=["ticker", "date", "close"], orient="row")
    blank = [pl.lit(None).alias(name) for name in BARS if name not in bars.columns]
    return conform(bars.with_columns(blank), BARS, "bars")


def lose(bars: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    return bars.filter(pl.Series(chance.random(bars.height) > 0.02))


def change(bars: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    hit = pl.Series(chance.random(bars.height) < 0.02)
    return bars.with_columns(
        close=pl.when(hit).then(pl.col("close") * 1.01).otherwise("close"),
        volume=pl.when(hit & (pl.col("close") > 20)).then(5.0).otherwise("volume"),
    )


def shorten(bars: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    return bars.filter(pl.col("date") <= DAYS[int(chance.integers(20, 40))])


def drop_tickers(bars: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    return bars.filter(pl.col("ticker").is_in([name for name in "ABCD" if chance.random() < 0.7]))


WAYS = (lose, change, shorten, drop_tickers)


@pytest.mark.parametrize("seed", range(40))
def test_a_row_is_left_out_only_where_it_is_stored_just_so(seed):
    chance = np.random.default_rng(seed)
    came, stored = make_bars("ABCD"), make_bars("ABCD")
    for way in WAYS:
        came = way(came, chance) if chance.random() < 0.3 else came
        stored = way(stored, chance) if chance.random() < 0.4 else stored
    names = [*KEYS["bars"], *COMPARED]
    known = set(stored.select(names).rows())
    expected = [row for row in came.select(names).rows() if row in known]
    left = drop_same(came, stored).select(names).rows()
    assert sorted(left, key=str) == sorted(set(came.select(names).rows()) - set(expected), key=str)


def test_a_history_that_only_grew_is_not_another_one_and_one_that_was_scaled_is():
    came = make_bars("ABC")
    stored = came.filter(pl.col("date") < DAYS[30])
    assert find_rewritten(stored, came) == {}
    scaled = stored.with_columns(
        close=pl.when(pl.col("ticker") == "B").then(pl.col("close") * 2).otherwise("close")
    )
    assert set(find_rewritten(scaled, came)) == {"B"}
