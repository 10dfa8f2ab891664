"""Who is not in the universe on a date is not learned from, scored, ranked or compared; its past may be read."""

import numpy as np
import polars as pl
import pytest

from ml_core.features.table import build_features, catalogue
from ml_core.panel.windows import Windows, build_windows
from ml_core.prediction.answer import require_answers, unanswered
from ml_core.spec.experiment import Experiment, Model, Task
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.trading import decide
from ml_core.walkforward.walk import evaluate
from tests.market import simulate_prices, small_experiment

PRICES = simulate_prices().with_columns(sector=pl.lit("all"))
SESSIONS = PRICES["date"].unique().sort()
JOINS, LEAVES = SESSIONS[150], SESSIONS[200]
OUTSIDE = (pl.col("ticker") == "BRAV") & (pl.col("date") < JOINS) | (pl.col("ticker") == "CHAR") & (
    pl.col("date") > LEAVES
)
MEMBERS = PRICES.with_columns(member=~OUTSIDE)
COMPARING = tuple(name for name, (_, one) in catalogue().items() if one.compares)
TASK, LOOKBACK = Task(horizons=(1, 3)), 8


def windows_of(
    prices: pl.DataFrame, target: str = "return", features=("momentum_5", "momentum_rank_5")
) -> Windows:
    task = TASK.model_copy(update={"target": target})
    return build_windows(prices, build_features(prices, features), task)


def asking(**sections) -> Experiment:
    names = {"names": ("momentum_5", "momentum_rank_20", "market_momentum_5"), "select": "all"}
    return small_experiment(model=Model(family="ridge"), features=names, **sections)


@pytest.mark.parametrize(
    ("absent", "when"), [("BRAV", pl.col("date") < JOINS), ("CHAR", pl.col("date") > LEAVES)]
)
def test_on_a_date_only_its_members_are_compared(absent, when):
    rows = when & (pl.col("ticker") != absent)
    table = build_features(MEMBERS, COMPARING).table.filter(rows)
    alone = build_features(PRICES.filter(pl.col("ticker") != absent), COMPARING).table.filter(rows)
    assert table.height and table.equals(alone)
    assert not table.equals(build_features(PRICES, COMPARING).table.filter(rows))


def test_outside_a_ticker_stands_beside_the_members_and_in_the_middle_of_their_ranks():
    names = ("momentum_5", "relative_momentum_5", "momentum_rank_5", "dispersion")
    table = build_features(MEMBERS, names).table
    day = table.filter(pl.col("date") == SESSIONS[100])
    others = day.filter(pl.col("ticker") != "BRAV")
    brav = day.filter(pl.col("ticker") == "BRAV").row(0, named=True)
    assert brav["relative_momentum_5"] == pytest.approx(
        brav["momentum_5"] - others["momentum_5"].mean(), abs=1e-6
    )
    assert brav["momentum_rank_5"] == 0
    assert brav["dispersion"] == others["dispersion"][0]
    assert sorted(others["momentum_rank_5"]) == pytest.approx([-0.4, -0.2, 0, 0.2, 0.4])


def test_a_row_outside_has_no_target_and_no_window_and_the_first_one_inside_looks_back_before_it():
    windows = windows_of(MEMBERS)
    brav, char = windows.tickers.index("BRAV"), windows.tickers.index("CHAR")
    usable_NT, known_NTH = windows.usable(LOOKBACK), np.isfinite(windows.y_NTH)
    assert usable_NT[brav].argmax() == 150 and not known_NTH[brav, :150].any() and known_NTH[brav, 150].all()
    assert usable_NT[char, 200] and not usable_NT[char, 201:].any() and not known_NTH[char, 201:].any()
    assert known_NTH[char, 200].all()  # what came after the last day inside is an outcome of that day
    plain = windows_of(PRICES)
    assert np.array_equal(windows.y_NTH[brav, 150:], plain.y_NTH[brav, 150:], equal_nan=True)
    part = windows.cut(140, 259)
    assert part.usable(LOOKBACK)[brav].argmax() == 10


@pytest.mark.parametrize("target", ["excess", "rank"])
def test_a_target_that_compares_knows_members_only(target):
    windows, alone = (
        windows_of(MEMBERS, target),
        windows_of(PRICES.filter(pl.col("ticker") != "BRAV"), target),
    )
    place = [windows.tickers.index(ticker) for ticker in alone.tickers]
    raw, other = windows.y_NTH * windows.unit_NTH, alone.y_NTH * alone.unit_NTH
    assert np.array_equal(raw[place, 20:150], other[:, 20:150], equal_nan=True)


def test_forecasts_positions_and_scores_are_of_members():
    experiment = asking()
    found = evaluate(experiment, MEMBERS)
    inside = MEMBERS.filter("member").select("ticker", as_of="date")
    assert (
        found.forecasts.height and found.forecasts.join(inside, on=["ticker", "as_of"], how="anti").is_empty()
    )
    assert "CHAR" in set(found.forecasts["ticker"])
    late = asking(strategy={"delay": 3})
    held = decide(late, MEMBERS, found.forecasts).filter(pl.col("weight") != 0)
    assert held.join(inside, left_on=["ticker", "date"], right_on=["ticker", "as_of"], how="anti").is_empty()


def test_everyone_being_in_changes_no_bit():
    experiment = asking(task={"target": "rank"})
    everyone = PRICES.with_columns(member=pl.lit(value=True))
    found, plain = evaluate(experiment, everyone), evaluate(experiment, PRICES)
    assert found.forecasts.equals(plain.forecasts) and found.backtest.equals(plain.backtest)
    names = tuple(catalogue())
    assert build_features(everyone, names).table.equals(build_features(PRICES, names).table)


def test_who_was_never_in_is_told_and_who_has_left_is_not_missed():
    never = MEMBERS.with_columns(member=pl.col("member") & (pl.col("ticker") != "DELT"))
    found = evaluate(asking(), never)
    assert "DELT: not in the universe on any date of these prices" in found.lost
    windows, _ = open_windows(asking().spec, MEMBERS)
    last = windows.sessions[-1]
    table = found.forecasts.filter(pl.col("as_of") == found.forecasts["as_of"].max())
    forecaster = fit(asking().spec, windows, plan_folds(asking(), windows)[-1])
    assert require_answers(("ALFA", "CHAR"), table, MEMBERS, forecaster) == {}
    assert unanswered(("CHAR",), table, MEMBERS, forecaster) == {"CHAR": f"not in the universe on {last}"}
