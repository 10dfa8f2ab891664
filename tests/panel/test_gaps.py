"""A ticker that loses its windows is told, with the column that costs them."""

import polars as pl

from ml_core.features.table import build_features, columns_read, known_features
from ml_core.panel.gaps import tell_gaps
from ml_core.panel.windows import build_windows
from ml_core.spec.experiment import Model, Task
from ml_core.walkforward.walk import evaluate
from tests.market import simulate_prices, small_experiment

TASK, LOOKBACK = Task(horizons=(1,)), 8


def told_of(prices: pl.DataFrame, *, features: tuple[str, ...]) -> tuple[str, ...]:
    windows = build_windows(prices, build_features(prices, features), TASK)
    return tell_gaps(prices, windows, LOOKBACK)


def volume_where(condition: pl.Expr) -> pl.DataFrame:
    return simulate_prices().with_columns(volume=pl.when(condition).then("volume"))


def volume_features() -> tuple[str, ...]:
    return ("momentum_5", *columns_read(known_features(), ())["volume"][:2])


def test_whole_prices_lose_nothing():
    assert told_of(simulate_prices(), features=volume_features()) == ()


def test_a_ticker_without_a_column_is_named_with_it():
    (told,) = told_of(volume_where(pl.col("ticker") != "BRAV"), features=volume_features())
    assert told.startswith("BRAV: no volume; without ")
    assert told.endswith(" there is no window")


def test_a_column_that_begins_late_is_named_with_its_first_date():
    begins = simulate_prices()["date"].unique().sort()[100]
    (told,) = told_of(volume_where(pl.col("date") >= begins), features=volume_features())
    assert told.startswith(
        f"ALFA ({begins}), BRAV ({begins}), CHAR ({begins}) and 3 more: no volume before that day; without "
    )


def test_a_column_that_ends_early_is_named_with_its_last_date():
    ends = simulate_prices()["date"].unique().sort()[150]
    (told,) = told_of(
        volume_where((pl.col("ticker") != "BRAV") | (pl.col("date") <= ends)), features=volume_features()
    )
    assert told.startswith(f"BRAV ({ends}): no volume after that day; ")
    assert "; since then average values stand for " in told


def test_holes_all_over_are_no_shortness_of_bars_alone():
    holes = volume_where((pl.col("ticker") != "CHAR") | (pl.col("date").dt.day() % 5 > 0))
    for told in told_of(holes, features=volume_features()):
        assert told.startswith("CHAR: no window of 8 sessions; too few bars")
        assert told.endswith("or none on which every feature is known")


def test_a_ticker_that_is_too_young_is_named():
    listed = simulate_prices()["date"].unique().sort()[-9]
    young = simulate_prices().filter((pl.col("ticker") != "CHAR") | (pl.col("date") >= listed))
    (told,) = told_of(young, features=volume_features())
    assert told.startswith("CHAR: no window of 8 sessions; too few bars after the features' warm-up")


def test_a_column_that_no_feature_reads_is_no_loss():
    assert told_of(volume_where(pl.col("ticker") != "BRAV"), features=("momentum_5",)) == ()


def test_an_evaluation_carries_what_was_lost():
    experiment = small_experiment(features={"names": list(volume_features())}, model=Model(family="ridge"))
    found = evaluate(experiment, volume_where(pl.col("ticker") != "BRAV"))
    assert [told.partition(";")[0] for told in found.lost] == ["BRAV: no volume"]
    assert "BRAV" not in found.forecasts["ticker"]
