"""Tells the sector of each ticker: as the experiment says, else as the source said once."""

import polars as pl

from ml_core.data.providers import Request
from ml_core.data.store.bars import FACTS
from ml_core.data.store.store import Store
from ml_core.spec.experiment import Universe

TOPIC = "sector"


def read_sectors(universe: Universe, store: Store, *, version: int | None = None) -> dict[str, str]:
    """Tickers whose sector is not known are left out."""
    known = _stored(store, version) | dict(universe.sectors)
    return {ticker: known[ticker] for ticker in universe.tickers if known.get(ticker)}


def refresh_sectors(store: Store, request: Request, came: tuple[str, ...]) -> None:
    """Ask the source, where it knows sectors and is to be asked, for those that were never told."""
    source, ask = store.source, store.source.provider.fetch_sectors
    if ask is None or not source.tells_sectors:
        return
    known = {*_stored(store, None), *request.sectors}
    told = ask(tuple(ticker for ticker in came if ticker not in known), request, source.config)
    if told:
        rows = [(ticker, request.now.date(), None, sector) for ticker, sector in told.items()]
        facts = pl.DataFrame(rows, schema=FACTS, orient="row")
        store.bars.keep(TOPIC, facts, observed_at=request.now)


def _stored(store: Store, version: int | None) -> dict[str, str]:
    return dict(store.bars.facts(TOPIC, version=version).select("name", "word").iter_rows())
