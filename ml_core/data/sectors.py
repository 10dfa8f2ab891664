"""Tells the sector of each ticker: as the experiment says, else as the source said once."""

import datetime as dt

import polars as pl

from ml_core.data.providers import Request
from ml_core.data.source import Source
from ml_core.data.store.bars import FACTS, PriceStore
from ml_core.spec.experiment import Universe

TOPIC = "sector"


def read_sectors(universe: Universe, store: PriceStore, *, version: int | None = None) -> dict[str, str]:
    """Tickers whose sector is not known are left out."""
    found = _stored(store, version) | dict(universe.sectors)
    return {ticker: found[ticker] for ticker in universe.tickers if found.get(ticker)}


def refresh_sectors(
    source: Source, store: PriceStore, request: Request, came: tuple[str, ...], *, now: dt.datetime
) -> None:
    """Ask the source, where it knows sectors and is to be asked, for those that were never told."""
    ask = source.provider.fetch_sectors
    if ask is None or not source.tells_sectors:
        return
    known = {*_stored(store, None), *request.sectors}
    told = ask(tuple(ticker for ticker in came if ticker not in known), request, source.config)
    if told:
        rows = [(ticker, now.date(), None, sector) for ticker, sector in told.items()]
        store.keep(TOPIC, pl.DataFrame(rows, schema=FACTS, orient="row"), observed_at=now)


def _stored(store: PriceStore, version: int | None) -> dict[str, str]:
    return dict(store.facts(TOPIC, version=version).select("name", "word").iter_rows())
