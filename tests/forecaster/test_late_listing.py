"""A ticker that was listed late is scored from the very session on which it is served: once the features that the
model chose are known of it, whatever else it could have chosen."""

import polars as pl
import pytest

from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Split
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split
from tests.market import simulate_prices, small_experiment

SHORT = ("momentum_1", "volatility_5")  # known after 5 sessions; others of their groups after 120
SINCE_LISTED = 40  # some of them are over when the short ones are known; the others never are
WHOLE = simulate_prices(sessions=420)
DAYS = WHOLE["date"].unique().sort()
LISTED = DAYS[-SINCE_LISTED]
PRICES = WHOLE.filter((pl.col("ticker") != "FOXT") | (pl.col("date") >= LISTED))
NUMBERS = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]


@pytest.fixture(scope="module")
def scored() -> tuple[Forecaster, Split, pl.DataFrame]:
    """A forecaster that chose the features known soon, of groups whose others are known late."""
    experiment = small_experiment(
        features={"groups": ["momentum", "volatility"], "names": SHORT, "select": len(SHORT)}
    )
    windows, _ = open_windows(experiment.spec, PRICES)
    split = plan_folds(experiment, windows)[-1]
    forecaster = fit(experiment.spec, windows, split)
    assert set(forecaster.features) == set(SHORT)
    return forecaster, split, forecast_split(forecaster, windows, split)


def test_it_is_served_on_the_sessions_on_which_it_is_scored(scored):
    forecaster, split, rows = scored
    first = rows.filter(ticker="FOXT")["as_of"].min()
    assert first is not None and split.test.start < first < split.test.end
    served = forecaster.predict(PRICES, since=split.test.start)
    assert served.select(NUMBERS).equals(rows.select(NUMBERS))


def test_a_day_before_it_is_scored_has_no_forecast_of_it(scored):
    forecaster, _, rows = scored
    first = rows.filter(ticker="FOXT")["as_of"].min()
    before = DAYS[DAYS.search_sorted(first) - 1]
    assert "FOXT" not in set(forecaster.predict(PRICES, as_of=before)["ticker"])
    assert "FOXT" in set(forecaster.predict(PRICES, as_of=first)["ticker"])


def test_its_rows_are_the_same_in_the_panel_that_the_audit_reads(scored):
    forecaster, split, rows = scored
    assert forecast_split(forecaster, forecaster.read(PRICES), split).equals(rows)
