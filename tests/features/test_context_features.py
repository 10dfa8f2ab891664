"""Series from outside the universe become features, as they were known on each date."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.errors import InvalidInput
from ml_core.features.table import build_features, chosen_names
from ml_core.spec.experiment import Features, Reading, RunSpec
from ml_core.walkforward.opening import read_panel
from tests.market import simulate_prices, small_experiment
from tuning.check import check_learning

DAYS = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 6, 1), eager=True)


def prices(**context: list[float]) -> pl.DataFrame:
    plain = pl.DataFrame({"ticker": "AAA", "date": DAYS, "close": [100.0 + day for day in range(len(DAYS))]})
    return plain.with_columns(**{f"context_{name}": pl.Series(values) for name, values in context.items()})


def test_a_context_series_adds_its_changes_and_its_gap_to_the_features() -> None:
    table = prices(vix=[20.0 + day % 7 for day in range(len(DAYS))])
    names = chosen_names(Features(groups=("context",)), table.columns)
    assert names == ("context_vix_change_1", "context_vix_change_5", "context_vix_gap_60")
    built = build_features(table, names).table
    assert built["context_vix_change_1"][1] == 1.0
    assert built["context_vix_gap_60"].drop_nulls().is_finite().all()


def test_all_features_include_those_of_the_context_that_is_there() -> None:
    assert "context_vix_change_5" in chosen_names(Features(), prices(vix=[1.0] * len(DAYS)).columns)
    assert not any(name.startswith("context_") for name in chosen_names(Features(), prices().columns))


def test_the_future_of_a_context_series_changes_nothing_earlier() -> None:
    values = [20.0 + day % 7 for day in range(len(DAYS))]
    names = chosen_names(Features(groups=("context",)), prices(vix=values).columns)
    before, after = (
        build_features(prices(vix=changed), names).table.filter(pl.col("date") <= DAYS[90])
        for changed in (values, [*values[:91], *(99.0 for _ in values[91:])])
    )
    assert before.equals(after)


def test_a_feature_of_a_context_that_is_not_there_is_refused_with_the_columns_at_hand() -> None:
    with pytest.raises(InvalidInput, match="unknown feature 'context_vix_change_5'"):
        chosen_names(Features(names=("context_vix_change_5",)), prices().columns)


@pytest.mark.parametrize(
    ("typed", "meant"), [("context_vx", "context_vix"), ("context_vix_chang_5", "context_vix_change_5")]
)
def test_a_typo_of_a_column_of_the_context_is_answered_with_the_nearest(typed, meant) -> None:
    columns = prices(vix=[1.0] * len(DAYS)).columns
    with pytest.raises(InvalidInput, match=f"unknown feature '{typed}'; did you mean '{meant}'"):
        chosen_names(Features(names=(typed,)), columns)


@pytest.mark.parametrize(
    ("typed", "meant"), [("contxt_vix", "context_vix"), ("contxt_vix_gap_60", "context_vix_gap_60")]
)
def test_a_series_that_is_asked_for_is_suggested_before_its_bars_are_read(typed, meant) -> None:
    experiment = small_experiment(features={"names": [typed]}, data={"context": {"series": ["^VIX"]}})
    with pytest.raises(InvalidInput, match=f"unknown feature '{typed}'; did you mean '{meant}'"):
        check_learning(experiment)


def test_a_panel_read_for_more_gives_each_reading_its_own_columns_and_refuses_what_it_was_not_read_for():
    table = simulate_prices(sessions=120).with_columns(context_vix=pl.col("close").mean().over("date"))
    wide, _ = read_panel(asking(groups=("context", "trend"), names=("context_vix", "regime_age")), table)
    for spec in (asking(groups=("context",)), asking(names=("regime_age", "context_vix"))):
        own, (alone, _) = wide.read_as(spec.reading.features), read_panel(spec, table)
        assert own.features == alone.features
        assert np.array_equal(own.x_NTF, alone.x_NTF, equal_nan=True)
        assert np.array_equal(own.present_NT, alone.present_NT)
    with pytest.raises(InvalidInput, match="features: the panel was not read for shock"):
        wide.read_as(Features(names=("shock", "context_vix")))


def asking(**features) -> RunSpec:
    return RunSpec(reading=Reading(lookback=8, features=Features(**features)))
