"""A seeded market with a known answer; needs no network. What it holds is drawn in `ml_core/data/simulation`."""

import datetime as dt
import hashlib

import numpy as np
import polars as pl

from ml_core.data.providers import Fetched, Outcome, Provider, Request, TellFetched
from ml_core.data.simulation.config import ActsOn, Config
from ml_core.data.simulation.drawn_bars import build_bars
from ml_core.data.simulation.market import listed_between, simulate
from ml_core.data.simulation.oracle import forecast_market
from ml_core.data.simulation.signals import load_signal
from ml_core.spec.experiment import Universe


def identity(universe: Universe, config: Config) -> str:
    """Sectors are part of what is drawn; the universe is not. A field at its default changes nothing."""
    content = f"{config.model_dump_json(exclude_defaults=True)}{sorted(universe.sectors.items())}{universe.calendar}"
    return f"simulated-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def fetch(request: Request, config: Config, *, progress: TellFetched | None = None) -> Fetched:
    """Bars of every ticker; the last is of the last simulated session that has closed."""
    market = simulate(request.tickers, request.sectors, request.calendar, config)
    tables = []
    for place, ticker in enumerate(request.tickers):
        first, last = listed_between(ticker, len(market.sessions), config)
        tables.append(build_bars(market, place, ticker).slice(first, last - first))
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


def acts_on(config: Config) -> ActsOn:
    """What the planted signal tells of the next return: its mean, its size, or nothing."""
    return load_signal(config.signal).acts_on


def oracle(universe: Universe, config: Config, horizons: tuple[int, ...]) -> pl.DataFrame:
    """(ticker, as_of, horizon, mean, scale, usual): the best forecast of each h-session log return, given the past:
    what no honest model can beat for long. `usual` is the scale for who knows all but the signal."""
    market = simulate(universe.tickers, universe.sectors, universe.calendar, config)
    without = forecast_market(market, config.model_copy(update={"ic": 0.0}), horizons)
    return pl.concat(
        pl.DataFrame(
            {
                "ticker": np.repeat(universe.tickers, len(market.sessions)).tolist(),
                "as_of": market.sessions * len(universe.tickers),
                "horizon": pl.Series([horizon] * mean_TN.size, dtype=pl.Int32),
                "mean": mean_TN.T.ravel(),
                "scale": scale_TN.T.ravel(),
                "usual": without[horizon][1].T.ravel(),
            }
        )
        for horizon, (mean_TN, scale_TN) in forecast_market(market, config, horizons).items()
    )


PROVIDER = Provider(Config, identity, fetch, oracle=oracle, acts_on=acts_on)
