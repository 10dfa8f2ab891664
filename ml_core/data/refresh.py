"""An experiment and the time in; bars fetched, checked and written, an outcome for every ticker out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from ml_core.data import tables
from ml_core.data.calendar import last_closed_session
from ml_core.data.providers import Outcome, Progress, Request
from ml_core.data.quality import check_bars
from ml_core.data.source import open_source
from ml_core.data.store import PriceStore
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.experiment import Experiment
from ml_core.settings import Home


@dataclass(frozen=True)
class Refreshed:
    """How a refresh went. `partial`: some ticker got nothing; the stored bars of the others are new."""

    outcomes: Mapping[str, Outcome]
    inserted: int
    updated: int
    quarantined: int
    version: int | None
    last: dt.date | None
    notes: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        return any(outcome.status != "ok" for outcome in self.outcomes.values())


def refresh(
    experiment: Experiment, home: Home, *, now: dt.datetime, progress: Progress | None = None
) -> Refreshed:
    """Bring the stored bars up to the last closed session. Running it again changes nothing."""
    source = open_source(experiment)
    request = _request(experiment, now)
    fetched = source.module.fetch(request, source.config, progress=progress)
    checked = check_bars(fetched.bars, calendar=experiment.universe.calendar)
    sound, refused = checked.sound, checked.refused
    closed = last_closed_session(experiment.universe.calendar, now) if source.name == "yahoo" else None
    if closed:
        sound = sound.filter(pl.col("date") <= closed)
    outcomes = _after_checks(fetched.outcomes, sound, refused)
    if sound.is_empty():
        ticker, outcome = next(iter(outcomes.items()))
        raise (InvalidInput if source.name == "files" else ProviderFailed)(
            f"no bar could be stored; {ticker}: {outcome.reason or outcome.status}"
        )
    store = PriceStore(home.store, source.identity)
    if refused.height:
        _keep_refused(home, source.identity, refused, now)
    written = store.write(sound, observed_at=now)
    last = sound["date"].max()
    return Refreshed(
        outcomes,
        written.inserted,
        written.updated,
        refused.height,
        written.version,
        last if isinstance(last, dt.date) else None,
        fetched.notes,
    )


def _request(experiment: Experiment, now: dt.datetime) -> Request:
    universe, data = experiment.universe, experiment.data
    extra = [universe.benchmark] if universe.benchmark and universe.benchmark not in universe.tickers else []
    return Request(
        (*universe.tickers, *extra), universe.sectors, universe.calendar, data.start, data.end, now
    )


def _after_checks(
    outcomes: Mapping[str, Outcome], sound: pl.DataFrame, refused: pl.DataFrame
) -> dict[str, Outcome]:
    kept = dict(sound.group_by("ticker").len().iter_rows())
    reasons = dict(refused.group_by("ticker").agg(pl.col("reason").first()).iter_rows())
    return {
        ticker: replace(outcome, rows=kept.get(ticker, 0))
        if outcome.status != "ok" or kept.get(ticker)
        else Outcome("failed", f"every bar was refused: {reasons.get(ticker, 'none was left')}")
        for ticker, outcome in outcomes.items()
    }


def _keep_refused(home: Home, identity: str, refused: pl.DataFrame, now: dt.datetime) -> None:
    stamped = refused.with_columns(observed_at=pl.lit(now, dtype=pl.Datetime("us", "UTC"))).unique(
        ["ticker", "date", "reason"], keep="first", maintain_order=True
    )
    tables.merge(
        home.store / "quarantine" / identity,
        stamped,
        ["ticker", "date", "reason"],
        ignore=("observed_at",),
    )
