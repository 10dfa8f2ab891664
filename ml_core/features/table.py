"""Prices in, one column per chosen feature out: (ticker, date, features…). Row t depends on rows up to t."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl

from ml_core import choices
from ml_core.choices import nearest
from ml_core.errors import InvalidInput
from ml_core.experiment import Features
from ml_core.features.declaration import Feature, features_of
from ml_core.features.groups import context
from ml_core.features.regimes import REGIME_FEATURES, SOURCE, regime_features

GROUPS = "ml_core.features.groups"


@dataclass(frozen=True)
class FeatureTable:
    """The table, the names it holds, and those left out because the prices lack a column."""

    table: pl.DataFrame
    names: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@cache
def catalogue() -> dict[str, tuple[str, Feature]]:
    """Every known feature by name, with its group."""
    return {
        feature.name: (group, feature)
        for group in choices.names(GROUPS)
        for feature in features_of(choices.load(GROUPS, group))
    }


def known_features(columns: Iterable[str] = ()) -> dict[str, tuple[str, Feature]]:
    """Every known feature by name, with its group; those of context series depend on the columns there are."""
    return (
        catalogue()
        | {feature.name: ("regime", feature) for feature in regime_features()}
        | {feature.name: ("context", feature) for feature in context.features_for(columns)}
    )


def chosen_names(asked: Features, columns: Iterable[str] | None = None) -> tuple[str, ...]:
    """The features of an experiment: its groups and names, or all of them. Without the columns of its prices a
    name of a context series is taken on trust."""
    known = known_features(columns or ())
    for group in asked.groups:
        choices.load(GROUPS, group)
    for name in asked.names:
        if name not in known and (columns is not None or not name.startswith(context.PREFIX)):
            raise InvalidInput(f"features.names: unknown feature '{name}'{nearest(name, list(known))}")
    if not asked.groups and not asked.names:
        return tuple(known)
    return tuple(name for name, (group, _) in known.items() if group in asked.groups or name in asked.names)


def build_features(prices: pl.DataFrame, names: tuple[str, ...]) -> FeatureTable:
    """The named features as float32; infinite values become null. In place of features of the regime stands what
    they are made from."""
    names = tuple(dict.fromkeys(SOURCE if name in REGIME_FEATURES else name for name in names))
    prices = prices.sort("ticker", "date")
    absent = [column for column in prices.columns if prices[column].null_count() == prices.height]
    present = set(prices.columns) - set(absent)
    wanted = _with_needs(names, known_features(prices.columns))
    table, known = prices, set(present)
    while ready := [
        feature for feature in wanted if feature.name not in known and known >= set(feature.needs)
    ]:
        table = table.with_columns(feature.expression() for feature in ready)
        known |= {feature.name for feature in ready}
    kept = tuple(name for name in names if name in known)
    if not kept:
        raise InvalidInput(f"no feature can be built: the prices lack {', '.join(absent) or 'every column'}")
    clean = [
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).cast(pl.Float32).alias(name) for name in kept
    ]
    left_out = tuple(name for name in names if name not in known)
    return FeatureTable(table.select("ticker", "date", *clean), kept, left_out)


def _with_needs(names: tuple[str, ...], known: dict[str, tuple[str, Feature]]) -> list[Feature]:
    wanted, queue = {}, list(names)
    while queue:
        name = queue.pop()
        if name in known and name not in wanted:
            wanted[name] = known[name][1]
            queue.extend(wanted[name].needs)
    return list(wanted.values())
