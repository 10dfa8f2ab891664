"""Says of a backtest what was judged of it: whether its settings are those of which it may be proven that they pay."""

from typing import Any

import polars as pl

from ml_core.portfolio.legs import strategy_kind
from ml_core.registry.version import ModelVersion
from ml_core.spec.strategy import Strategy

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
