"""Tells what an edit of the stored bars makes stale: the versions that learned from them, or were judged on them, and
the kept forecasts that would say another number from the bars as they stand now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.forecasts import KEY, read_forecast, read_later
from ml_core.errors import ForecastError, InvalidInput
from ml_core.lineage.edits import EDITS, find_edits
from ml_core.registry.lineage import judged_of
from ml_core.registry.recipe import Recipe
from ml_core.registry.seats import seat_of
from ml_core.registry.versions import Registry

if TYPE_CHECKING:
    from ml_core.data.order import Order
    from ml_core.registry.version import ModelVersion

SAME = 1e-9  # of the forecast's own scale: another processor adds otherwise in the last digits
NUMBERS = ("mean", "lower", "upper", "scale")
# A kept forecast that no saying of says what today's bars do: `tickers` of that version and session.
STALE = {"version": pl.String, "as_of": pl.Date, "tickers": pl.List(pl.String)}


@dataclass(frozen=True)
class StaleVersion:
    """A version whose data were edited: so many of what it `learned` from, and of the holdout on which it was `judged`,
    or whom it was fitted again from."""

    version: str
    seat: str | None
    data_version: int
    learned: int
    judged: int
    first: dt.date


@dataclass(frozen=True)
class Stale:
    """What differs from the `newest` version of the store, and what that makes stale. `unknown`: of whom it cannot be
    told, and why."""

    newest: int
    edits: pl.DataFrame
    versions: tuple[StaleVersion, ...]
    forecasts: pl.DataFrame
    unknown: Mapping[str, str] = field(default_factory=dict)


def find_stale(order: Order, *, version: str | None = None) -> Stale:
    """Of every version of the experiment's model, or that one, and of all its kept forecasts."""
    registry = Registry(order.home)
    newest = data_version(order.experiment, order.home)
    asked = registry.versions(order.name) if version is None else [registry.find(order.name, version)]
    edits, versions, forecasts, unknown = [], [], [], {}
    for registered in asked:
        try:
            learned, judged = _edits_of(order, registry, registered, newest)
            forecasts.append(_forecasts_of(order, registry, registered, newest, unknown))
        except ForecastError as error:
            unknown[f"version {registered.version}"] = str(error)
            continue
        if learned.height or judged.height:
            edits += [learned, judged]
            versions.append(_tell(registered, learned, judged))
    if version is None:
        unknown |= _gone(order, asked)
    blank = pl.DataFrame(schema=STALE)
    whole = pl.concat([pl.DataFrame(schema=EDITS), *edits]).unique().sort("date", "table", "name")
    return Stale(newest, whole, tuple(versions), pl.concat([blank, *forecasts]), unknown)


def _gone(order: Order, known: list[ModelVersion]) -> dict[str, str]:
    """Versions that have spoken once and are registered no more."""
    spoke = set(read_forecast(order.home, order.name)["version"])
    gone = sorted(spoke - {one.version for one in known}, key=int)
    return {f"version {name}": "it is registered no more" for name in gone}


def _edits_of(
    order: Order, registry: Registry, registered: ModelVersion, newest: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of what it learned from, and of the holdout on which it was judged, or whom it was fitted again from."""
    judged = judged_of(registry, registered)
    own = _edits_since(order, registered, newest)
    his = own if judged.version == registered.version else _edits_since(order, judged, newest)
    day = pl.col("date")
    return own.filter(day < registered.evidence.unseen), his.filter(day >= judged.evidence.holdout.start)


def _edits_since(order: Order, registered: ModelVersion, newest: int) -> pl.DataFrame:
    """EDITS up to the last session that there was when it was made."""
    recipe, then = registered.evidence.recipe, registered.evidence.data_version
    experiment = recipe.experiment if isinstance(recipe, Recipe) else order.experiment
    last = order.store.bars.observed(registered.evidence.tickers, version=then)["last"].max()
    if not isinstance(last, dt.date):
        raise InvalidInput(f"data version {then} holds no bar of its tickers any more")
    return find_edits(experiment, order.home, then=then, now=newest, until=last)


def _tell(registered: ModelVersion, learned: pl.DataFrame, judged: pl.DataFrame) -> StaleVersion:
    return StaleVersion(
        registered.version,
        seat_of(registered),
        registered.evidence.data_version,
        learned.height,
        judged.height,
        min([*learned["date"], *judged["date"]]),
    )


def _forecasts_of(
    order: Order, registry: Registry, registered: ModelVersion, newest: int, unknown: dict[str, str]
) -> pl.DataFrame:
    """STALE rows of a version: what it has said of sessions that an edited bar lies at or before is said again, and
    compared."""
    mine = pl.col("version") == registered.version
    kept = read_forecast(order.home, order.name).filter(mine)
    if old := kept.filter(pl.col("bars").is_null()).select("as_of").unique().height:
        unknown[f"forecasts of {old} session(s) by version {registered.version}"] = (
            "they were written before it was kept which bars they were made from"
        )
    suspects = _suspects(order, kept.filter(pl.col("bars").is_not_null()), newest)
    if suspects.is_empty():
        return pl.DataFrame(schema=STALE)
    later = read_later(order.home, order.name).filter(mine)
    said = pl.concat([suspects, later.join(suspects, on=KEY, how="semi")])
    now = _say_again(order, registry, registered, suspects, newest)
    beside = said.join(now.select(*KEY, *NUMBERS), on=KEY, how="left", suffix="__now")
    fresh = beside.filter(pl.all_horizontal(_same(name) for name in NUMBERS))
    stale = suspects.join(fresh, on=KEY, how="anti")
    return (
        stale.group_by("version", "as_of")
        .agg(tickers=pl.col("ticker").unique().sort())
        .sort("as_of")
        .select(list(STALE))
    )


def _suspects(order: Order, kept: pl.DataFrame, newest: int) -> pl.DataFrame:
    """Kept rows at or before whose session something was edited since they were made."""
    suspects = [kept.clear()]
    for (then,), rows in kept.group_by("bars"):
        until = max(rows["as_of"])
        edits = find_edits(order.experiment, order.home, then=then, now=newest, until=until)
        if edits.height:
            suspects.append(rows.filter(pl.col("as_of") >= edits["date"][0]))
    return pl.concat(suspects)


def _say_again(
    order: Order, registry: Registry, registered: ModelVersion, rows: pl.DataFrame, newest: int
) -> pl.DataFrame:
    """FORECAST of these sessions from the bars as they stand now."""
    first, last = min(rows["as_of"]), max(rows["as_of"])
    prices = read_prices(order.experiment, order.home, until=last, version=newest)
    return registry.load(registered).predict(prices, since=first)


def _same(name: str) -> pl.Expr:
    was, stands = pl.col(name), pl.col(f"{name}__now")
    near = (was - stands).abs() <= SAME * pl.col("scale").abs()
    return near.fill_null(False) | (was.is_null() & stands.is_null() & pl.col("scale__now").is_not_null())
