"""Tells how far a search got: broken off, where its ledger holds more trials than any version was chosen from, or
done, where a version was chosen from this very experiment on the prices that are stored."""

from __future__ import annotations

import datetime as dt

from ml_core.data.order import Order
from ml_core.data.prices import data_version
from ml_core.errors import ForecastError
from ml_core.home.lock import holder
from ml_core.monitoring.condition import PartCondition
from ml_core.registry.ledgers import LEDGER, read_trials
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from tuning.naming import name_search


def find_chosen(order: Order) -> ModelVersion | None:
    """The version that this very search has led to; None where there is anything left to do: trials, or a seat that
    it earned and was not given, because the search was killed in between."""
    registry = Registry(order.home)
    asked = order.experiment.digest(), data_version(order.experiment, order.home)
    known = (
        one for one in registry.versions(order.name) if not one.readable or one.evidence.role == "candidate"
    )
    newest = next(known, None)
    if newest is None or not newest.readable:
        return None
    if (newest.evidence.digest, newest.evidence.data_version) != asked:
        return None
    sat = any(move.version == newest.version for move in registry.moves(order.name))
    return newest if sat else None


def examine_search(order: Order) -> PartCondition | None:
    """None where this experiment was never searched on the prices that are stored, or is being searched now."""
    home = order.home
    try:
        searched = data_version(order.experiment, home)
    except ForecastError:  # there is nothing yet to search
        return None
    file = home.searches / name_search(order.experiment, searched) / LEDGER
    if not file.exists() or holder(home, order.lock_name("search")) is not None:
        return None
    ended, last = len(read_trials(file)), dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
    for version in reversed(Registry(home).versions(order.name)):
        if not version.readable or version.evidence.data_version != searched:
            continue
        if version.evidence.search.trials >= ended:
            return PartCondition(
                "search", "well", f"version {version.version} was chosen from {ended} trials"
            )
    asked = order.experiment.search.trials
    told = f"broken off on {last:%Y-%m-%d} after {ended} of {asked} trials; none of them is lost"
    return PartCondition("search", "stuck", told, "search")
