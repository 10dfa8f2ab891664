"""Finds settings that a file gives and nothing reads, because another one that they belong to is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment
from ml_core.spec.section import FrozenSection
from ml_core.spec.strategy import CROSS_SECTION, KINDS, Sizing, Strategy

RANKING = ("quantile", "neutral")


def refuse_idle(experiment: Experiment) -> None:
    """A setting without effect is refused by its key, with what to do. One that only repeats the default may stand."""
    idle = (
        *_of_strategy(experiment.strategy, tickers=len(experiment.universe.tickers)),
        *_of_validation(experiment),
        *_of_features(experiment),
        *_of_context(experiment.data.options.get("context")),
    )
    for key, why in idle:
        raise InvalidInput(f"{key} has no effect: {why}")


def _of_strategy(strategy: Strategy, *, tickers: int) -> Iterator[tuple[str, str]]:
    yield from _of_sizings(strategy, tickers)
    said = _said(strategy)
    if "shrinkage" in said and strategy.combine != "sharpe":
        yield "strategy.shrinkage", 'it belongs to strategy.combine = "sharpe"; add that, or leave it out'
    if "turbulent_above" in said and not strategy.regimes:
        yield (
            "strategy.turbulent_above",
            "nothing changes in turbulence; add strategy.turbulent or turbulent_share",
        )
    if "correlation_sessions" in said and strategy.max_correlation is None:
        yield "strategy.correlation_sessions", "add strategy.max_correlation, such as 0.8, or leave it out"
    if strategy.leverage > 1 and strategy.yearly_volatility is None:
        yield (
            "strategy.leverage",
            "it is the most that may be held, and no book asks for more than 1 without "
            "strategy.yearly_volatility; add that, such as 0.12",
        )
    for place, part in enumerate(strategy.parts):
        if "weight" in _said(part) and (strategy.combine == "sharpe" or len(strategy.parts) == 1):
            why = "there is one part" if len(strategy.parts) == 1 else 'combine = "sharpe" sets the weights'
            yield f"strategy.parts.{place}.weight", f"{why}; leave it out"


def _of_sizings(strategy: Strategy, tickers: int) -> Iterator[tuple[str, str]]:
    for where, how in strategy.tables:
        yield from ((f"{where}.{key}", why) for key, why in _of_sizing(how, tickers))
    if strategy.parts and "volatility_sessions" in _said(strategy) and strategy.yearly_volatility is None:
        yield "strategy.volatility_sessions", "set it in each part, or add strategy.yearly_volatility"


def _of_sizing(how: Sizing, tickers: int) -> Iterator[tuple[str, str]]:
    said = _said(how)
    kind = "single" if how.kind == "auto" and tickers < CROSS_SECTION else how.kind
    for key in RANKING:
        if key in said and kind not in ("auto", "long_short"):
            few = f" ({tickers} tickers are not ranked)" if how.kind == "auto" else ""
            yield key, f'kind "{how.kind}"{few} ranks nothing; say kind = "long_short", or leave it out'
    if how.options and how.kind in KINDS:
        yield "options", f'kind "{how.kind}" takes none; name a strategy of your own, or leave them out'
    if "conviction" in said and kind not in ("auto", "single"):
        yield "conviction", f'kind "{kind}" asks for none; say kind = "single", or leave it out'
    if "gate_sessions" in said and not how.gate:
        yield "gate_sessions", "add gate, such as 0.5, or leave it out"
    yearly = how.yearly_volatility if isinstance(how, Strategy) else None
    if "volatility_sessions" in said and not (how.daily_volatility or yearly):
        also = " or yearly_volatility, such as 0.12," if isinstance(how, Strategy) else ""
        yield "volatility_sessions", f"add daily_volatility, such as 0.01,{also} or leave it out"


def _of_validation(experiment: Experiment) -> Iterator[tuple[str, str]]:
    for key in ("groups", "test_groups"):
        if key in _said(experiment.validation) and experiment.validation.scheme != "combinatorial":
            yield (
                f"validation.{key}",
                'it belongs to validation.scheme = "combinatorial"; add that, or leave it out',
            )


def _of_features(experiment: Experiment) -> Iterator[tuple[str, str]]:
    features = experiment.features
    listed = features.names and not features.groups and "features.groups" not in experiment.search.ranges
    if "select" in _said(features) and listed:
        yield (
            "features.select",
            "it chooses from groups, and features.names are all kept; add features.groups, or leave it out",
        )


def _of_context(options: Any) -> Iterator[tuple[str, str]]:
    """The keys stand there as the file says them: the section is read where bars are."""
    said = options if isinstance(options, dict) else {}
    if said.get("lag") and not said.get("series"):
        yield "data.context.lag", 'add data.context.series, such as ["^VIX"], or leave it out'
    for key in ("known", "date"):
        if key in said and not said.get("table"):
            yield f"data.context.{key}", "it names a column of data.context.table; add that, or leave it out"


def _said(section: FrozenSection) -> set[str]:
    """The fields that were given, and not as they are by default."""
    return {
        name
        for name in section.model_fields_set
        if getattr(section, name) != type(section).model_fields[name].get_default(call_default_factory=True)
    }
