"""Decisions earn from when they could be traded: no price before that moves a bit of their account."""

import datetime as dt

import polars as pl
import pytest

from ml_core.audit.execution import audit_execution
from ml_core.portfolio import strategies
from tests.audit.leaks import trade_at_the_open_of_the_decision
from tests.market import simulate_prices, small_experiment

PRICES = simulate_prices()
DATES = PRICES["date"].unique().sort()
POSITIONS = PRICES.filter(pl.col("date") >= DATES[100]).select(
    "ticker", "date", weight=(pl.col("close") / pl.col("open") - 1).clip(-0.1, 0.1)
)
EXECUTIONS = ("next_open", "next_close", "same_close")


def look(execution: str, *, positions: pl.DataFrame = POSITIONS, trade=strategies.trade, dates: int = 5):
    experiment = small_experiment(strategy={"execution": execution, "horizon": 3})
    return audit_execution(experiment, PRICES, positions, dates=dates, seed=0, trade=trade)


def sooner(execution: str):
    """What is traded at another moment than the strategy says."""
    return lambda positions, strategy, **how: strategies.trade(
        positions, strategy.model_copy(update={"execution": execution}), **how
    )


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_honest_trades_do_not_notice_what_came_before_them(execution):
    found = look(execution)
    assert found.findings == ()
    (told,) = found.counts()
    assert (told["stage"], told["change"], told["dates"], told["columns"]) == ("execution", "earlier", 5, 5)
    assert told["rows"] == 5 * {"next_open": 3, "next_close": 3, "same_close": 4}[execution]


@pytest.mark.parametrize(
    ("says", "does"), [("next_open", "same_close"), ("next_close", "same_close"), ("next_close", "next_open")]
)
def test_an_account_that_trades_sooner_than_it_says_is_named(says, does):
    found = look(says, trade=sooner(does)).findings
    assert {"gross", "net", "benchmark"} <= {one.column for one in found}
    assert len({one.as_of for one in found}) == 5
    assert all(one.stage == "execution" for one in found)


def test_a_finding_says_since_when_and_from_what_it_earned():
    found = look("next_open", trade=trade_at_the_open_of_the_decision).findings
    gross = next(one for one in found if one.column == "gross")
    assert str(gross).startswith(
        f"execution: gross since {gross.as_of} is earned from prices before the decision"
    )
    assert gross.first == {"date": gross.as_of}  # the session that should have decided has earned already


def test_dates_that_hold_something_come_first_and_one_that_holds_nothing_hides_no_price():
    few = DATES[150:152]
    idle = pl.when(pl.col("date").is_in(few.implode())).then("weight").otherwise(0.0)
    found = look("next_open", positions=POSITIONS.with_columns(weight=idle), dates=2)
    assert {one.as_of for one in found.compared} == set(few)
    nothing = POSITIONS.with_columns(weight=pl.lit(0.0))
    assert look("next_open", positions=nothing).findings == ()
    early = look("next_open", positions=nothing, trade=trade_at_the_open_of_the_decision).findings
    assert {"gross", "net"} <= {one.column for one in early}


def test_a_decision_after_which_nothing_is_traded_is_not_asked():
    last = POSITIONS.filter(pl.col("date") >= DATES[-2])
    for execution in EXECUTIONS:
        assert {one.as_of for one in look(execution, positions=last).compared} == {DATES[-2]}
    before_all = POSITIONS.with_columns(date=pl.lit(dt.date(1990, 1, 1))).unique("ticker")
    assert look("same_close", positions=before_all).compared == ()
