"""Gathers the forecasts that a backtest trades: SCORED rows that no model learned from, of a registered version, of the
experiment's own model walked forward, or out of a file. The command line and notebooks call the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.home.telling import Tell
from ml_core.registry.seats import tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.given import complete
from ml_core.walkforward.unseen import first_unseen, forecast_unseen


@dataclass(frozen=True)
class Unlearned:
    """SCORED rows that no model learned from, and what they are. `version`: who says them, where one is registered."""

    forecasts: pl.DataFrame
    told: str
    trials: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: ModelVersion | None = None

    def between(self, first: dt.date | None, last: dt.date | None) -> pl.DataFrame:
        """The decisions of that span; the accounts begin and end with them."""
        day = pl.col("as_of")
        rows = self.forecasts.filter(pl.col("mean").is_not_null() & pl.col("mean").is_not_nan())
        if rows.is_empty():
            raise NotEnoughData(f"{self.told}: no forecast with a mean among {self.forecasts.height} rows")
        kept = rows.filter(day >= first) if first else rows
        kept = kept.filter(day <= last) if last else kept
        if kept.is_empty():
            raise NotEnoughData(
                f"no forecast from {first or 'the first'} to {last or 'the last'}: "
                f"they go from {rows['as_of'].min()} to {rows['as_of'].max()}"
            )
        return kept


def of_version(registry: Registry, registered: ModelVersion, prices: pl.DataFrame) -> Unlearned:
    """What a registered version says of the sessions from its holdout on: it learned from none of them. Of a refit,
    those before it are answered by whom it was fitted again from."""
    evidence = registered.evidence
    held_out, ended = first_unseen(registry, registered), evidence.holdout.end
    scored = forecast_unseen(registry, registered, prices)
    since = scored.filter(pl.col("as_of") > ended)["as_of"].n_unique()
    who = f"version {registered.version} ({evidence.spec.told}; {tell_seat(registered)})"
    told = f"{who} on what it never learned from, its holdout from {held_out} to {ended} and {since} sessions since"
    if evidence.refit:
        told = (
            f"{who}: each session from {held_out} on is answered by the youngest of its line that had not seen it, "
            f"those before {evidence.unseen} by version {evidence.refit.parent} or whom that was fitted again from"
        )
    facts = {"model": registered.name, "version": registered.version, "holdout": evidence.holdout}
    return Unlearned(
        scored, told, evidence.backtest.trials or evidence.search.trials, facts, version=registered
    )


def refuse_learned(registry: Registry, registered: ModelVersion, first: dt.date | None) -> None:
    """A span that begins before the version's holdout, of which it, or who chose it, knew."""
    held_out, evidence = first_unseen(registry, registered), registered.evidence
    if first and first < held_out:
        judged = evidence.refit.judged if evidence.refit else registered.version
        raise InvalidInput(
            f"--start {first}: version {judged} was fitted before {held_out}, and chosen on dates before it; "
            f"expected a day from {held_out} on, or --walk"
        )


def of_walk(experiment: Experiment, prices: pl.DataFrame, *, progress: Tell | None = None) -> Unlearned:
    """The experiment's own model, refitted for every fold."""
    from ml_core.walkforward.walk import walk_forecasts  # it learns, and so loads torch

    forecasts = walk_forecasts(experiment, prices, progress=progress)
    family = experiment.model.family
    return Unlearned(forecasts, f"{family}, refitted for each of {forecasts['fold'].n_unique()} folds")


def of_file(path: Path, experiment: Experiment, prices: pl.DataFrame) -> Unlearned:
    """What `evaluate --out` wrote, or what somebody else did."""
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidInput(f"--forecasts {path}: cannot be read: {str(error).splitlines()[0]}") from None
    try:
        return of_table(table, experiment, prices, told=f"the forecasts in {path.name}")
    except InvalidInput as error:
        raise InvalidInput(f"--forecasts {path}: {error}") from None


def of_table(table: pl.DataFrame, experiment: Experiment, prices: pl.DataFrame, *, told: str) -> Unlearned:
    """Rows of an evaluation, or somebody else's forecasts."""
    scored, filled = complete(table, experiment, prices)
    return Unlearned(scored, f"{told}; {filled}" if filled else told)
