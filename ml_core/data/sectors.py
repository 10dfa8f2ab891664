"""A universe in, the sector of each ticker out: as the experiment says, else as the source said once."""

import datetime as dt
from pathlib import Path

import polars as pl

from ml_core.data import tables
from ml_core.data.providers import Request
from ml_core.data.source import Source, open_source
from ml_core.experiment import Experiment
from ml_core.settings import Home

SECTORS = {"ticker": pl.String, "sector": pl.String, "observed_at": pl.Datetime("us", "UTC")}


def read_sectors(experiment: Experiment, home: Home) -> dict[str, str]:
    """Tickers whose sector is not known are left out."""
    universe = experiment.universe
    found = _stored(home, open_source(experiment)) | dict(universe.sectors)
    return {ticker: found[ticker] for ticker in universe.tickers if found.get(ticker)}


def refresh_sectors(
    source: Source, home: Home, request: Request, came: tuple[str, ...], *, now: dt.datetime
) -> int:
    """Ask the source, where it knows sectors and is to be asked, for those that were never told; how many came."""
    ask = getattr(source.module, "fetch_sectors", None)
    if ask is None or not source.config.sectors:
        return 0
    known = {*_stored(home, source), *request.sectors}
    told = ask(tuple(ticker for ticker in came if ticker not in known), request, source.config)
    if told:
        rows = [(ticker, sector, now) for ticker, sector in told.items()]
        table = pl.DataFrame(rows, schema=SECTORS, orient="row")
        tables.merge(_folder(home, source), table, ["ticker"], ignore=("observed_at",))
    return len(told)


def _stored(home: Home, source: Source) -> dict[str, str]:
    rows = tables.read(_folder(home, source))
    return (
        {}
        if rows is None
        else dict(tables.gather(rows.select("ticker", "sector"), _folder(home, source)).iter_rows())
    )


def _folder(home: Home, source: Source) -> Path:
    return home.store / "sectors" / source.identity
