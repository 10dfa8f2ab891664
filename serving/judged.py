"""Says of a backtest whose forecasts it traded, and whether its settings are those of which it may be proven that they
pay."""

import datetime as dt
from typing import Any

import polars as pl

from ml_core.portfolio.legs import strategy_kind
from ml_core.registry.seats import tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.spec.strategy import Strategy
from ml_core.vocabulary.words import listed

PAYS = "It is proven that trading so pays"
UNSURE = "It is not proven that trading so pays"
NEVER = (
    "These settings were never judged, only the experiment's own were: it is not proven that trading so pays"
)


def is_judged(asked: Strategy, own: Strategy, forecasts: pl.DataFrame) -> bool:
    """Whether it trades these forecasts exactly as the experiment's own strategy does, of which alone the evidence
    speaks. Another name for the same kind is no other setting."""

    def settings(one: Strategy) -> dict[str, Any]:
        return {**one.model_dump(), "kind": strategy_kind(forecasts, one)}

    return settings(asked) == settings(own)


def pays(version: ModelVersion) -> bool:
    """Whether it is proven that trading its forecasts by the experiment's own strategy pays."""
    return any(one.proven for one in version.evidence.claims if one.claim == "money")


def tell_judged(*, judged: bool, proven: bool) -> str:
    """The same in a sentence, for settings that were judged and for others."""
    if not judged:
        return NEVER
    return PAYS if proven else UNSURE


def tell_traded(forecasts: pl.DataFrame, asked: ModelVersion) -> str:
    """Which versions said these forecasts, and when. What a refit has learned from is said by whom it was fitted again
    from, so the version that was asked need not be among them."""
    own = f"version {asked.version}, {tell_seat(asked)}"
    said = forecasts.group_by("version").agg(first=pl.min("as_of"), last=pl.max("as_of")).sort("first")
    if said["version"].to_list() == [asked.version]:
        return own
    traded = [
        f"version {row['version']} {_span(row['first'], row['last'])}" for row in said.iter_rows(named=True)
    ]
    return f"{listed(traded)} (asked: {own})"


def _span(first: dt.date, last: dt.date) -> str:
    return f"on {first}" if first == last else f"from {first} to {last}"
