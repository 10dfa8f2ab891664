"""No true return is altered and no recorded split is missed: the crash days that everybody knows, on every volume, and
ten thousand that nobody has seen."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.data.quality.judge import check_bars
from ml_core.data.store.bars import adjust
from ml_core.frames import BARS, conform
from tests.data.crashes import MOVES, SPLITS

BEFORE, AFTER = 40, 20
SESSIONS = BEFORE + AFTER
VOLUMES = (0.0, 0.3, 1.0, 3.0, 12.0)
AT = np.arange(SESSIONS) == BEFORE


def make_market(moves: np.ndarray, *, volume: np.ndarray, gap: np.ndarray, seed: int) -> pl.DataFrame:
    """BARS of a ticker for each row of log changes: quiet days with those moves in them. `gap` is the share of a move
    that is made overnight; a volume of NaN stays as unknown."""
    random = np.random.default_rng(seed)
    tickers, sessions = moves.shape
    calm = random.normal(0, 0.014, moves.shape)
    close = 60 * np.exp(np.cumsum(calm + moves, axis=1))
    before = np.concatenate([np.full((tickers, 1), 60.0), close[:, :-1]], axis=1)
    opened = before * np.exp(gap[:, None] * (calm + moves))
    high = np.maximum(opened, close) * np.exp(np.abs(random.normal(0, 0.006, moves.shape)))
    low = np.minimum(opened, close) * np.exp(-np.abs(random.normal(0, 0.006, moves.shape)))
    traded = np.round(volume * 1e6 * np.exp(random.normal(0, 0.3, moves.shape)))
    days = np.arange("2020-01-01", "2021-12-31", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:sessions]
    return conform(
        pl.DataFrame(
            {
                "ticker": np.repeat([f"T{number:05d}" for number in range(tickers)], sessions),
                "date": np.tile(days, tickers),
                **{name: part.ravel() for name, part in
                   {"open": opened, "high": high, "low": low, "close": close, "volume": traded}.items()},
                "dividend": 0.0,
                "split": 1.0,
                "adj_close": close.ravel(),
                "basis": "split_adjusted",
            }
        ).with_columns(pl.col("volume").fill_nan(None)),
        BARS,
        "market",
    )  # fmt: skip


def altered(bars: pl.DataFrame) -> pl.DataFrame:
    """Bars that the checks change or refuse, with the reason."""
    findings = check_bars(bars).findings
    return findings.filter(pl.col("verdict") != "note").select("ticker", "date", "check")


def known_days(volume: float, *, gap: float) -> pl.DataFrame:
    moves = np.zeros((len(MOVES), SESSIONS))
    moves[:, BEFORE] = np.log1p([size / 100 for *_, size in MOVES])
    traded = np.where(AT, volume, 1.0) * np.ones_like(moves)
    return make_market(moves, volume=traded, gap=np.full(len(MOVES), gap), seed=1)


def test_the_table_holds_real_moves_beyond_15_percent_of_many_years():
    assert all(abs(size) >= 15 for *_, size in MOVES) and len(MOVES) > 150
    assert len({day[:4] for _, day, _ in MOVES}) >= 24
    assert all(dt.date.fromisoformat(day).weekday() < 5 for _, day, _ in (*MOVES, *SPLITS))


@pytest.mark.parametrize("gap", [0.1, 0.95])
@pytest.mark.parametrize("volume", VOLUMES)
def test_no_true_return_is_altered_on_any_volume(volume, gap):
    bars = known_days(volume, gap=gap)
    assert altered(bars).is_empty()
    told = check_bars(bars).findings.filter(check="unexplained_jump", date=bars["date"][BEFORE])
    assert told["ticker"].n_unique() >= sum(abs(size) >= 18 for *_, size in MOVES)


@pytest.mark.parametrize(
    "columns", [["adj_close"], ["volume"], ["open"], ["open", "high", "low", "volume", "adj_close"]]
)
def test_no_true_return_is_altered_where_a_source_knows_less(columns):
    bars = known_days(1.0, gap=0.95).with_columns(pl.lit(None, pl.Float64).alias(name) for name in columns)
    assert altered(bars).is_empty()


@pytest.mark.parametrize("days", [1, 3])
def test_no_true_return_is_altered_where_the_adjusted_close_comes_late(days):
    """It repeats the one of the day before for some sessions, then catches up."""
    bars = known_days(1.0, gap=0.95)
    place = pl.int_range(pl.len()).over("ticker")
    held = pl.col("adj_close").filter(place == BEFORE - 1).first().over("ticker")
    late = bars.with_columns(
        adj_close=pl.when(place.is_between(BEFORE, BEFORE + days - 1)).then(held).otherwise("adj_close")
    )
    assert altered(late).is_empty()


@pytest.mark.parametrize("days", [0, 1, 2, 5])
def test_on_its_own_day_and_after_a_crash_stands_as_it_came(days):
    bars = known_days(0.8, gap=0.95)
    arrived = bars.group_by("ticker", maintain_order=True).head(BEFORE + 1 + days)
    assert check_bars(arrived).sound.equals(arrived)


@pytest.mark.parametrize("basis", ["traded", "split_adjusted"])
@pytest.mark.parametrize("adjusted", [True, False])
def test_no_recorded_split_is_missed(basis, adjusted):
    bars = make_market(
        np.zeros((len(SPLITS), SESSIONS)),
        volume=np.ones((1, SESSIONS)),
        gap=np.full(len(SPLITS), 0.5),
        seed=2,
    )
    ratio = np.repeat([split for *_, split in SPLITS], SESSIONS)
    early = pl.Series(np.tile(np.arange(SESSIONS) < BEFORE, len(SPLITS)))
    scale = pl.Series(np.where(early, ratio, 1.0)) if basis == "traded" else pl.lit(1.0)
    served = bars.with_columns(
        *(pl.col(name) * scale for name in ("open", "high", "low", "close")),
        volume=pl.col("volume") / scale,
        split=pl.Series(np.where(np.tile(AT, len(SPLITS)), ratio, 1.0)),
        basis=pl.lit(basis),
        adj_close=pl.col("close") if adjusted else pl.lit(None, pl.Float64),
    )
    checked = check_bars(served)
    assert checked.findings.filter(pl.col("verdict") != "note").is_empty()
    first = pl.col("close").first().over("ticker")
    paths = [adjust(table).select(pl.col("close") / first)["close"] for table in (checked.sound, bars)]
    assert (paths[0] / paths[1] - 1).abs().max() < 1e-9


def test_of_ten_thousand_crashes_of_every_size_on_every_volume_none_is_altered():
    count, random = 10_000, np.random.default_rng(7)
    moves = np.zeros((count, SESSIONS))
    rows, at = np.arange(count), random.integers(15, SESSIONS - 2, count)
    size = np.log1p(-random.uniform(0.15, 0.99, count))
    rises = random.random(count) < 0.2
    moves[rows, at] = np.where(rises, -size, size)
    back = np.minimum(at + random.integers(1, 12, count), SESSIONS - 1)  # some come back, in part
    moves[rows, back] -= (
        np.where(random.random(count) < 0.3, random.uniform(0.2, 0.9, count), 0.0) * moves[rows, at]
    )
    volume = np.ones((count, SESSIONS))
    volume[rows, at] = np.exp(random.uniform(np.log(0.02), np.log(50), count)) * (random.random(count) > 0.05)
    volume[random.random(count) < 0.1] = np.nan
    bars = make_market(moves, volume=volume, gap=random.uniform(0, 1, count), seed=8)
    near = np.clip(at + random.integers(-40, 41, count), 1, SESSIONS - 1)
    split = np.ones((count, SESSIONS))
    split[rows, near] = random.choice([1.0, 1.5, 2.0, 3.0, 4.0, 10.0, 0.5, 0.1, 0.05], count)
    split[rows, at] = split[rows, back] = 1.0
    paid = np.zeros((count, SESSIONS))
    usual, special = random.uniform(0, 0.01, count), random.uniform(0.04, 0.3, count)
    paid[rows, (near + 3) % SESSIONS] = np.where(random.random(count) < 0.2, special, usual)
    dividend = pl.Series(paid.ravel()) * pl.Series(bars["close"])
    known = pl.when(pl.int_range(pl.len()) % 2 == 0).then("adj_close")
    served = bars.with_columns(split=pl.Series(split.ravel()), dividend=dividend, adj_close=known)
    checked = check_bars(served)
    columns = ["ticker", "date", "close", "split", "dividend", "basis"]
    assert checked.sound.select(columns).equals(served.select(columns))
