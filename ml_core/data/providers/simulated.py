"""A seeded market with a known answer; needs no network.

A return is market + sector + own shock, times a volatility that clusters (GARCH) and has regimes. A ticker's own
shock of the next session is z = ic·s + sqrt(1 - ic²)·e, where s is an exponential memory of its past innovations e:
s' = phi·s + sqrt(1 - phi²)·e. So s has unit variance, corr(s, z) is `ic` exactly, and s can be read off past prices.
Every draw belongs to a ticker and a session: another universe or a later end changes no earlier bar.
"""

import datetime as dt
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import Field

from ml_core.data.calendar import sessions_between
from ml_core.data.providers import Fetched, Outcome, Progress, Request
from ml_core.experiment import Section, Universe
from ml_core.frames import BARS, conform

SECTORS = 8
MARKET, SECTOR, OWN = 0.35, 0.15, 0.50  # shares of the variance
REACT, PERSIST = 0.08, 0.90  # GARCH
CALM_TO_WILD, WILD_TO_CALM, WILD = 0.01, 0.04, 1.7
DAYS_A_SESSION = 1.6


class Config(Section):
    """`signal = "none"` plants nothing; `memory` is the length of the planted momentum in sessions; `late` and
    `delisted` are the shares of tickers that come to the market after its start and leave before its end."""

    seed: int = 7
    start: dt.date = dt.date(2018, 1, 2)
    sessions: Annotated[int, Field(ge=1)] = 1500
    signal: Literal["momentum", "none"] = "momentum"
    ic: Annotated[float, Field(ge=0, lt=1)] = 0.1
    memory: Annotated[float, Field(gt=1)] = 20.0
    volatility: Annotated[float, Field(gt=0, lt=1)] = 0.015
    late: Annotated[float, Field(ge=0, le=1)] = 0.0
    delisted: Annotated[float, Field(ge=0, le=1)] = 0.0


@dataclass(frozen=True)
class Market:
    """What was drawn: total log returns, the state and volatility known at each close, actions, noise for bars."""

    sessions: list[dt.date]
    return_TN: np.ndarray
    state_TN: np.ndarray
    next_volatility_TN: np.ndarray
    noise_TNK: np.ndarray


def identity(universe: Universe, config: Config) -> str:
    """Sectors are part of what is drawn; the universe is not. A field at its default changes nothing."""
    content = f"{config.model_dump_json(exclude_defaults=True)}{sorted(universe.sectors.items())}{universe.calendar}"
    return f"simulated-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def fetch(request: Request, config: Config, *, progress: Progress | None = None) -> Fetched:
    """Bars of every ticker; the last is of the last simulated session that has closed."""
    market = simulate(request.tickers, request.sectors, request.calendar, config)
    tables = []
    for place, ticker in enumerate(request.tickers):
        first, last = listed_between(ticker, len(market.sessions), config)
        tables.append(_bars(market, place, ticker).slice(first, last - first))
        if progress:
            progress(ticker, place + 1, len(request.tickers))
    start, end = request.start or dt.date.min, min(request.end or dt.date.max, request.now.date())
    bars = pl.concat(tables).filter(pl.col("date").is_between(start, end))
    counts = dict(bars.group_by("ticker").len().iter_rows())
    outcomes = {
        ticker: Outcome("ok", rows=counts[ticker])
        if ticker in counts
        else Outcome("empty", "no session in range")
        for ticker in request.tickers
    }
    return Fetched(bars, outcomes)


def oracle(universe: Universe, config: Config, horizons: tuple[int, ...]) -> pl.DataFrame:
    """The best forecast of each h-session log return, given the past: what no honest model can beat for long."""
    market = simulate(universe.tickers, universe.sectors, universe.calendar, config)
    phi = 1 - 1 / config.memory
    strength = config.ic if config.signal == "momentum" else 0.0
    ahead_TN = market.next_volatility_TN * np.sqrt(OWN) * strength * market.state_TN
    return pl.concat(
        pl.DataFrame(
            {
                "ticker": np.repeat(universe.tickers, len(market.sessions)).tolist(),
                "as_of": market.sessions * len(universe.tickers),
                "horizon": pl.Series([horizon] * ahead_TN.size, dtype=pl.Int32),
                "mean": (ahead_TN * (1 - phi**horizon) / (1 - phi)).T.ravel(),
            }
        )
        for horizon in horizons
    )


def simulate(tickers: tuple[str, ...], sectors: Mapping[str, str], calendar: str, config: Config) -> Market:
    """Draw the market session by session."""
    sessions = _sessions(calendar, config)
    count, names = len(sessions), sorted(set(sectors.values()))
    sector_N = np.array(
        [
            names.index(sectors[t]) % SECTORS if t in sectors else zlib.crc32(t.encode()) % SECTORS
            for t in tickers
        ]
    )
    common = np.random.default_rng([config.seed, 0])
    common_TK = common.standard_normal((count, 1 + SECTORS))
    regime_T = np.random.default_rng([config.seed, 1]).random(count)
    own_TNK = np.stack([_own_draws(config.seed, ticker, count) for ticker in tickers], axis=1)
    phi, ic = 1 - 1 / config.memory, config.ic if config.signal == "momentum" else 0.0
    base_N = config.volatility * np.array([0.7 + (zlib.crc32(t.encode()) % 61) / 100 for t in tickers])
    state_N, variance_N, wild = own_TNK[0, :, 1].copy(), base_N**2, False
    return_TN, state_TN, ahead_TN = (np.empty((count, len(tickers))) for _ in range(3))
    for step in range(count):
        wild = regime_T[step] < (1 - WILD_TO_CALM if wild else CALM_TO_WILD)
        volatility_N = np.sqrt(variance_N)
        shock_N = ic * state_N + np.sqrt(1 - ic**2) * own_TNK[step, :, 0]
        market, sector_N_now = common_TK[step, 0], common_TK[step, 1:][sector_N]
        mixed_N = np.sqrt(MARKET) * market + np.sqrt(SECTOR) * sector_N_now + np.sqrt(OWN) * shock_N
        return_TN[step] = 0.0002 + volatility_N * (WILD if wild else 1.0) * mixed_N
        state_N = phi * state_N + np.sqrt(1 - phi**2) * own_TNK[step, :, 0]
        moved_N = np.minimum((volatility_N * mixed_N) ** 2, 25 * base_N**2)
        variance_N = (1 - REACT - PERSIST) * base_N**2 + REACT * moved_N + PERSIST * variance_N
        state_TN[step] = state_N
        ahead_TN[step] = np.sqrt(variance_N) * (WILD if wild else 1.0)
    return Market(sessions, return_TN, state_TN, ahead_TN, own_TNK[:, :, 1:])


def listed_between(ticker: str, sessions: int, config: Config) -> tuple[int, int]:
    """(first session, first session after the last) at which the ticker trades; the draw is its own."""
    chance = np.random.default_rng([config.seed, 3, zlib.crc32(ticker.encode())]).random(4)
    first = int(sessions * (0.05 + 0.45 * chance[1])) if chance[0] < config.late else 0
    last = int(sessions * (0.55 + 0.40 * chance[3])) if chance[2] < config.delisted else sessions
    return first, max(last, first + 1)


def _sessions(calendar: str, config: Config) -> list[dt.date]:
    last = config.start + dt.timedelta(days=int(config.sessions * DAYS_A_SESSION) + 10)
    return sessions_between(calendar, config.start, last)[: config.sessions]


def _own_draws(seed: int, ticker: str, count: int) -> np.ndarray:
    return np.random.default_rng([seed, 2, zlib.crc32(ticker.encode())]).standard_normal((count, 5))


def _bars(market: Market, place: int, ticker: str) -> pl.DataFrame:
    """Prices as traded: they fall by what is paid out and by what is split."""
    code = zlib.crc32(ticker.encode())
    count = len(market.sessions)
    close_T, dividend_T, split_T = np.empty(count), np.zeros(count), np.ones(count)
    price = 40.0 + code % 160
    for step in range(count):
        price *= np.exp(market.return_TN[step, place])
        if code % 4 == 1 and step == 300 + code % 500:
            split_T[step], price = 2.0, price / 2.0
        if code % 3 != 2 and step % 63 == code % 63 and step:
            dividend_T[step] = round(price * 0.005, 4)
            price -= dividend_T[step]
        close_T[step] = price
    gap, up, down, volume = market.noise_TNK[:, place].T
    spread_T = np.abs(market.next_volatility_TN[:, place])
    before_T = np.concatenate([[close_T[0]], close_T[:-1]]) / split_T
    open_T = before_T * np.exp(0.3 * np.log(close_T / before_T) + 0.3 * spread_T * gap)
    turnover_T = 1e6 * np.exp(0.4 * volume + 20 * np.abs(market.return_TN[:, place])) * split_T.cumprod()
    return conform(
        pl.DataFrame(
            {
                "ticker": ticker,
                "date": market.sessions,
                "open": open_T,
                "high": np.maximum(open_T, close_T) * np.exp(0.4 * spread_T * np.abs(up)),
                "low": np.minimum(open_T, close_T) * np.exp(-0.4 * spread_T * np.abs(down)),
                "close": close_T,
                "volume": np.round(turnover_T),
                "dividend": dividend_T,
                "split": split_T,
                "adj_close": pl.Series([None] * count, dtype=pl.Float64),
                "basis": "traded",
            }
        ),
        BARS,
        f"simulated {ticker}",
    )
