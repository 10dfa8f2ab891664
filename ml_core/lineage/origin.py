"""Tells of kept forecasts all that they came of: the bars, the features, the weights, the trial they were chosen by,
and who wrote them when."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.data.store.forecasts import KEY, read_forecast, read_later
from ml_core.errors import BrokenArtifact, InvalidInput
from ml_core.forecaster.files import WEIGHTS, checksum
from ml_core.registry.versions import Registry
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.run import RunSpec

if TYPE_CHECKING:
    from ml_core.data.order import Order
    from ml_core.registry.version import ModelVersion


@dataclass(frozen=True)
class Read:
    """Bars that were read: of these tickers so many, from the first session to the last; `seen`: when the store first
    had the earliest and the latest of them as they were read. `data_version` is none where it was not kept."""

    data_version: int | None
    tickers: int
    bars: int
    first: dt.date | None
    last: dt.date | None
    seen: tuple[dt.datetime | None, dt.datetime | None]


@dataclass(frozen=True)
class FittedVersion:
    """A version, and what made it. `trials`: those of the search that it was chosen by, the best first; `parent`: whom
    it was fitted again from."""

    version: str
    role: str
    family: str
    made: dt.datetime
    data_version: int
    learned: tuple[dt.date, dt.date]
    features: tuple[str, ...]
    weights: str
    searched: int
    trials: tuple[str, ...]
    parent: str | None
    through: dt.date | None


@dataclass(frozen=True)
class ForecastOrigin:
    """KEPT rows of one version and session, the bars of their own tickers and of all that the model reads, and the
    version with those it was fitted again from. `unknown`: why there is no such line."""

    rows: pl.DataFrame
    later: pl.DataFrame
    own: Read
    whole: Read
    line: tuple[FittedVersion, ...]
    unknown: str = ""

    def summary(self) -> dict[str, Any]:
        """As a document tells it."""
        told = {name: asdict(getattr(self, name)) for name in ("own", "whole")}
        return {
            "version": self.rows["version"][0],
            "session": self.rows["as_of"][0],
            "forecasts": self.rows.to_dicts(),
            "said_later": self.later.to_dicts(),
            "bars": told,
            "fitted": [asdict(one) for one in self.line],
            "unknown": self.unknown,
        }


def trace(
    order: Order,
    *,
    session: dt.date | None = None,
    ticker: str | None = None,
    version: str | None = None,
) -> list[ForecastOrigin]:
    """Of every version that has forecast that session (default: the newest that is kept), or that one: what its numbers
    came of."""
    registry, kept = Registry(order.home), read_forecast(order.home, order.name)
    if ticker is not None:
        kept = kept.filter(pl.col("ticker") == _known(kept, order, ticker))
    if version is not None:
        kept = kept.filter(pl.col("version") == registry.find(order.name, version).version)
    day = session or kept["as_of"].max()
    rows = kept if day is None else kept.filter(pl.col("as_of") == day)
    if rows.is_empty():
        raise InvalidInput(_tell_none(kept, order, session))
    later = read_later(order.home, order.name).join(rows, on=KEY, how="semi")
    parts = sorted(
        rows.partition_by("version", as_dict=True).items(), key=lambda one: int(one[0][0]), reverse=True
    )
    return [
        _origin(order, registry, part, later.filter(pl.col("version") == name)) for (name,), part in parts
    ]


def fitted(registered: ModelVersion) -> FittedVersion:
    """What made it, out of its evidence and its files."""
    evidence, refit = registered.evidence, registered.evidence.refit
    several = len(evidence.spec.components) if isinstance(evidence.spec, (RunSpec, Ensemble)) else 1
    return FittedVersion(
        version=registered.version,
        role=evidence.role,
        family=evidence.spec.told,
        made=registered.created,
        data_version=evidence.data_version,
        learned=(evidence.trained.start, evidence.trained.end),
        features=evidence.features,
        weights=checksum(registered.folder / WEIGHTS),
        searched=evidence.search.trials,
        trials=tuple(row.trial for row in evidence.search.head[:several]),
        parent=refit.parent if refit else None,
        through=refit.through if refit else None,
    )


def _origin(order: Order, registry: Registry, rows: pl.DataFrame, later: pl.DataFrame) -> ForecastOrigin:
    version, session = rows["version"][0], rows["as_of"][0]
    tickers: tuple[str, ...] = tuple(rows["ticker"].unique().sort())
    line: list[ModelVersion] = []
    made: list[FittedVersion] = []
    unknown, name = "", version
    try:
        while name:
            line.append(registry.find(order.name, name))
            made.append(fitted(line[-1]))
            name = made[-1].parent
    except (InvalidInput, BrokenArtifact, OSError) as error:
        unknown = str(error)
    whole = line[0].evidence.tickers if made else tickers
    data_version = next(iter(rows["bars"].drop_nulls().to_list()), None)
    return ForecastOrigin(
        rows=rows,
        later=later,
        own=_read(order, tickers, session, data_version),
        whole=_read(order, whole, session, data_version),
        line=tuple(made),
        unknown=unknown,
    )


def _read(order: Order, tickers: tuple[str, ...], until: dt.date, data_version: int | None) -> Read:
    told = order.store.bars.observed(tickers, until=until, version=data_version)
    if told.is_empty():
        return Read(data_version, 0, 0, None, None, (None, None))
    return Read(
        data_version,
        told.height,
        sum(told["bars"]),
        min(told["first"]),
        max(told["last"]),
        (min(told["seen_first"]), max(told["seen_last"])),
    )


def _known(kept: pl.DataFrame, order: Order, ticker: str) -> str:
    known = set(kept["ticker"])
    if kept.is_empty() or ticker in known:
        return ticker
    raise InvalidInput(
        f"no forecast of {ticker} is kept of {order.name}; expected one of {', '.join(sorted(known))}"
    )


def _tell_none(kept: pl.DataFrame, order: Order, session: dt.date | None) -> str:
    """What is kept instead, or what makes the first."""
    if kept.is_empty():
        return f"{order.name} has no kept forecast of this; run: candorcast predict {order.experiment.name}"
    days = kept["as_of"].unique().sort()
    before = days.filter(days <= session)
    nearest = f"; the nearest before it is {before[-1]}" if before.len() else ""
    kept_days = (
        f"that of {days[0]} is" if days.len() == 1 else f"{days.len()} from {days[0]} to {days[-1]} are"
    )
    return f"no forecast of {session} is kept; {kept_days}{nearest}"
