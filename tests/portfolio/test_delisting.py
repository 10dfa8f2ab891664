"""A target that reaches beyond a ticker's last bar is told, or made of the stated delisting return."""

import numpy as np
import polars as pl
import pytest

from ml_core.audit.alignment import audit_alignment
from ml_core.audit.stages import tell_targets
from ml_core.data.store.bars import FACTS
from ml_core.data.store.membership import join_members
from ml_core.errors import InvalidInput
from ml_core.features.table import build_features
from ml_core.panel.windows import build_windows
from ml_core.spec.experiment import Model, Task
from ml_core.walkforward.walk import evaluate
from tests.market import simulate_prices, small_experiment

PRICES = simulate_prices()
SESSIONS = PRICES["date"].unique().sort()
LAST = SESSIONS[199]
ENDED = PRICES.filter((pl.col("ticker") != "BRAV") | (pl.col("date") <= LAST))
TASK = Task(horizons=(1, 3))
NOBODY = pl.DataFrame(schema=FACTS)


def targets_of(prices: pl.DataFrame, target: str = "return") -> np.ndarray:
    """Of BRAV, as log returns."""
    task = TASK.model_copy(update={"target": target})
    windows = build_windows(prices, build_features(prices, ("momentum_5",)), task)
    return (windows.y_NTH * windows.unit_NTH)[windows.tickers.index("BRAV")]


def stating(told: float) -> pl.DataFrame:
    experiment = small_experiment(universe={"delisting": {"BRAV": told}})
    return join_members(ENDED, experiment, NOBODY)


def test_without_a_word_it_has_no_outcome_and_is_told():
    y_TH = targets_of(ENDED)
    assert np.isfinite(y_TH[198, 0]) and not np.isfinite(y_TH[199:]).any() and not np.isfinite(y_TH[197, 1])
    experiment = small_experiment(model=Model(family="ridge"))
    (told,) = evaluate(experiment, ENDED).lost
    assert told.startswith(
        f"BRAV ({LAST}): no bar after that day; what was forecast beyond it has no outcome"
    )
    assert evaluate(experiment, stating(-0.6)).lost == ()


@pytest.mark.parametrize(("told", "left"), [(-0.6, 0.4), (0.1, 1.1), (-1.0, 0.01)])
def test_a_stated_return_is_its_outcome_and_a_loss_of_all_counts_as_one_of_99_in_100(told, left):
    close = PRICES.filter(pl.col("ticker") == "BRAV")["close"].to_numpy()
    y_TH = targets_of(stating(told))
    assert y_TH[199] == pytest.approx([np.log(left)] * 2, rel=1e-5)
    assert y_TH[198, 1] == pytest.approx(np.log(close[199] * left / close[198]), rel=1e-5)
    assert not np.isfinite(y_TH[200:]).any()
    assert np.array_equal(y_TH[:197], targets_of(ENDED)[:197], equal_nan=True)


@pytest.mark.parametrize("target", ["return", "excess", "rank"])
def test_such_targets_are_aligned(target):
    prices = stating(-0.6)
    task = TASK.model_copy(update={"target": target})
    windows = build_windows(prices, build_features(prices, ("momentum_5",)), task)
    assert audit_alignment(tell_targets(windows), prices, kind=target).findings == ()


def test_what_a_stated_return_may_be():
    for wrong in ({"BRAV": -1.2}, {"ZULU": -0.5}, {"BRAV": float("nan")}):
        with pytest.raises((InvalidInput, ValueError)):
            small_experiment(universe={"delisting": wrong})
