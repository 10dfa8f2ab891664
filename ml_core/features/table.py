"""Builds the table of chosen features from prices: (ticker, date, features…). Row t depends on rows up to t only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from ml_core.errors import InvalidInput
from ml_core.features import bar_parts
from ml_core.features.blocks import KEY, Stages
from ml_core.features.declaration import Feature, features_of
from ml_core.features.groups import context
from ml_core.features.regimes import REGIME_FEATURES, SOURCE, regime_features
from ml_core.spec import choices
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Features
from ml_core.spec.outside import count_changes, find_outside

GROUPS = "ml_core.features.groups"


@dataclass(frozen=True)
class FeatureTable:
    """One block per ticker, the names they hold, and those left out because the prices lack a column."""

    blocks: Callable[[], Iterator[pl.DataFrame]]
    names: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @cached_property
    def table(self) -> pl.DataFrame:
        """All blocks as one table."""
        return pl.concat(self.blocks())


def catalogue() -> dict[str, tuple[str, Feature]]:
    """Every known feature by name, with its group; after ours those that were registered from outside."""
    return _listed(count_changes())[0]


def parts() -> dict[str, Feature]:
    """What features are made of, by name."""
    return _listed(count_changes())[1]


@cache
def _listed(_changes: int, /) -> tuple[dict[str, tuple[str, Feature]], dict[str, Feature]]:
    declared = [*_declared(), *((group, one) for group, several in _outside() for one in several)]
    made_of = [*features_of(bar_parts), *(one for _, one in declared if one.part)]
    features = {one.name: (group, one) for group, one in declared if not one.part}
    return features, {one.name: one for one in made_of}


def _declared() -> Iterator[tuple[str, Feature]]:
    for group in choices.names(GROUPS):
        for one in features_of(choices.load(GROUPS, group)):
            yield group, one


def _outside() -> list[tuple[str, list[Feature]]]:
    """What each function that was registered from outside declares, with its group."""
    return [one.load() for _, one in sorted(find_outside("feature").items())]


def own_feature_names() -> set[str]:
    """All that our files declare, features and what they are made of."""
    made = {one.name for one in features_of(bar_parts)} | {one.name for _, one in _declared()}
    return made | {feature.name for feature in regime_features()}


def group_names() -> list[str]:
    """Every group: ours, and those that came from outside."""
    return sorted({*choices.names(GROUPS), *(group for group, _ in _outside())})


def known_features(columns: Iterable[str] = ()) -> dict[str, tuple[str, Feature]]:
    """Every known feature by name, with its group; those of context series depend on the columns there are."""
    return (
        catalogue()
        | {feature.name: ("regime", feature) for feature in regime_features()}
        | {feature.name: ("context", feature) for feature in context.features_for(columns)}
    )


def group_of(name: str) -> str:
    """The group of a feature, known by its name alone."""
    if name.startswith(context.PREFIX):
        return "context"
    return known_features()[name][0]


def chosen_names(
    asked: Features, columns: Iterable[str] | None = None, *, coming: Iterable[str] = ()
) -> tuple[str, ...]:
    """The features of an experiment: its groups and names, or all of ours. What came from outside is taken only where
    it is named, so that to install it changes no experiment. A column of the context itself, whose
    level means something, is a feature where it is named. Without the columns of its prices such a name is taken on
    trust; those that are known to be `coming` are among what a refusal suggests."""
    columns = None if columns is None else tuple(columns)
    known = known_features(columns or ())
    groups = group_names()
    for group in asked.groups:
        if group not in groups:
            raise InvalidInput(f"features.groups: unknown group '{group}'{nearest(group, groups)}")
    levels = [name for name in asked.names if name not in known and name.startswith(context.PREFIX)]
    for name in asked.names:
        if name not in known and not (name in levels and (columns is None or name in columns)):
            own = [column for column in (*(columns or ()), *coming) if column.startswith(context.PREFIX)]
            near = [*known, *own, *(feature.name for feature in context.features_for(coming))]
            raise InvalidInput(f"features.names: unknown feature '{name}'{nearest(name, near)}")
    if not asked.groups and not asked.names:
        others = {one.name for _, several in _outside() for one in several}
        return tuple(name for name in known if name not in others)
    chosen = (name for name, (group, _) in known.items() if group in asked.groups or name in asked.names)
    return (*chosen, *levels)


def unite_asked(asked: Sequence[Features]) -> Features:
    """What a panel is read for that has to serve all of these: every group and name that any of them asks for."""
    if len({(one.groups, one.names) for one in asked}) == 1:
        return asked[0]
    everything = any(not one.groups and not one.names for one in asked)
    groups = choices.names(GROUPS) if everything else [name for one in asked for name in one.groups]
    names = [name for one in asked for name in one.names]
    update = {"groups": tuple(dict.fromkeys(groups)), "names": tuple(dict.fromkeys(names))}
    return asked[0].model_copy(update=update)


def panel_columns(names: Iterable[str]) -> tuple[str, ...]:
    """What is computed for these features: in place of those of the regime stands what they are made from."""
    return tuple(dict.fromkeys(SOURCE if name in REGIME_FEATURES else name for name in names))


def build_features(prices: pl.DataFrame, names: tuple[str, ...]) -> FeatureTable:
    """The named features as float32; infinite values become null. The blocks are computed as they are read."""
    names = panel_columns(names)
    absent = [column for column in prices.columns if prices[column].null_count() == prices.height]
    known = parts() | {name: feature for name, (_, feature) in known_features(prices.columns).items()}
    given = set(prices.columns) - set(absent)
    wanted = _possible(_with_needs(names, known), given)
    levels = {name for name in names if name not in known and name in given}
    kept = tuple(name for name in names if name in wanted or name in levels)
    if not kept:
        raise InvalidInput(f"no feature can be built: the prices lack {', '.join(absent) or 'every column'}")
    used = _columns(wanted) | levels | ({"member"} & given)
    stages = Stages(
        _in_order(prices.select(pl.col(*KEY), *(pl.col(name) for name in used - set(KEY)))), wanted
    )
    return FeatureTable(lambda: stages.blocks(kept), kept, tuple(name for name in names if name not in kept))


def columns_read(names: Iterable[str], columns: Iterable[str]) -> dict[str, list[str]]:
    """The columns of prices that these features are made from, at whatever remove, each with those features."""
    known = parts() | {name: feature for name, (_, feature) in known_features(columns).items()}
    readers: dict[str, list[str]] = {}
    for name in names:
        for column in _columns(_with_needs([name], known)) if name in known else [name]:
            readers.setdefault(column, []).append(name)
    return readers


def _columns(wanted: dict[str, Feature]) -> set[str]:
    return {need for feature in wanted.values() for need in feature.needs if need not in wanted}


def _in_order(prices: pl.DataFrame) -> pl.DataFrame:
    """By ticker and date, numbers in double precision; what stands in order is not copied."""
    ticker, date = pl.col("ticker"), pl.col("date")
    follows = (ticker > ticker.shift()) | ((ticker == ticker.shift()) & (date > date.shift()))
    if not prices.select(follows.all()).item():
        prices = prices.sort("ticker", "date")
    return prices.with_columns(pl.selectors.numeric().cast(pl.Float64))


def _with_needs(names: Iterable[str], known: dict[str, Feature]) -> dict[str, Feature]:
    wanted, queue = {}, list(names)
    while queue:
        name = queue.pop()
        if name in known and name not in wanted:
            wanted[name] = known[name]
            queue.extend(known[name].needs)
    return {name: wanted[name] for name in known if name in wanted}


def _possible(wanted: dict[str, Feature], columns: set[str]) -> dict[str, Feature]:
    """Without those that need, at some remove, a column that is not there."""
    while lacking := [
        name
        for name, feature in wanted.items()
        if any(need not in columns and need not in wanted for need in feature.needs)
    ]:
        wanted = {name: feature for name, feature in wanted.items() if name not in lacking}
    return wanted
