"""The backtest tab trades what the command does, counts what a visitor tries, and pays for it."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ml_core.data.order import place_order
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from ml_core.evaluation.deciles import measure_deciles
from ml_core.evaluation.through_time import measure_ic
from ml_core.portfolio.comparison import STRATEGY, compare
from ml_core.promotion.reference import fill_seat
from ml_core.walkforward.trading import weigh
from ml_core.walkforward.unseen import forecast_unseen
from serving.backtests import BacktestSettings
from serving.figures.money import draw_equity, draw_months, months_of
from serving.reckoning import KeptReckonings
from serving.ui.backtest import show_backtest
from tests.market import NOW

OWN = ("auto", 0.2, 5.0, 0.0)


@pytest.fixture(scope="module")
def made(service):
    return service.backtest(BacktestSettings())


def test_it_earns_what_the_command_says(made, world):
    prices, registered = read_prices(world.experiment, world.home), world.registry.find(world.name)
    forecasts = forecast_unseen(world.registry, registered, prices)
    known = weigh(world.experiment, prices, forecasts, trials=made.trials)["holdout"]
    assert made.reckoning.comparison.accounts.equals(known.accounts)
    assert made.reckoning.comparison.risk == known.risk
    assert made.trials == world.evidence.search.trials
    assert made.first == world.evidence.holdout.start


def test_where_the_money_came_from_stands_there_and_adds_up_to_what_it_came_to(service, made):
    for way in ("market", "side", "ticker"):
        came = made.reckoning.comparison.risk[STRATEGY]["cumulative"]
        assert sum(made.reckoning.origins.by(way).values()) == pytest.approx(came, abs=1e-12)
    page = show_backtest(service, [], *OWN)[0].origins
    for told in (
        "Where the money came from",
        "Costs of trading",
        "What was held short",
        *made.reckoning.origins.by("ticker"),
    ):
        assert told in page


def test_settings_change_the_account_and_a_higher_cost_lowers_it(service, made):
    dear = service.backtest(BacktestSettings({"cost_bps": 50.0}))
    assert dear.strategy.cost_bps == 50.0
    assert (
        dear.reckoning.comparison.risk[STRATEGY]["cumulative"]
        < made.reckoning.comparison.risk[STRATEGY]["cumulative"]
    )
    long = service.backtest(BacktestSettings({"kind": "long_only"}))
    assert (long.reckoning.comparison.positions["weight"] >= 0).all()


def test_a_setting_that_was_traded_is_not_traded_again_for_who_has_tried_more_since(own_world, monkeypatch):
    own_world.register(passed=True)
    service, traded = own_world.service(), []
    monkeypatch.setattr(
        "serving.reckoning.compare", lambda *given, **named: traded.append(given) or compare(*given, **named)
    )
    first, again = (service.backtest(BacktestSettings(), tried=tried) for tried in (1, 3))
    assert len(traded) == 1
    assert again.trials == first.trials + 2
    assert again.reckoning.comparison.risk[STRATEGY]["trials"] == again.trials
    assert again.reckoning.comparison.accounts.equals(first.reckoning.comparison.accounts)
    service.backtest(BacktestSettings({"cost_bps": 50.0}))
    own_world.register(passed=True)
    service.look()
    service.backtest(BacktestSettings())
    assert len(traded) == 3, "another setting, and another version"


def test_accounts_of_the_last_versions_are_kept_and_of_those_before_let_go():
    kept, made = KeptReckonings(room=1000), []

    def ask(version: int, settings: str) -> None:
        kept.find(
            ((f"{version}", 1), settings), lambda: made.append((version, settings)) or SimpleNamespace(size=1)
        )

    for version in range(6):
        ask(version, "long only")
        ask(version, "sign")
    assert len(made) == 12
    ask(2, "long only")
    ask(5, "sign")
    assert len(made) == 12, "one of the last four versions was asked"
    ask(1, "sign")
    assert made[12:] == [(1, "sign")]


def test_each_setting_counts_once_and_is_paid_for(service):
    first, tried = show_backtest(service, [], *OWN)
    assert "1 setting<" in first.cards
    _, tried = show_backtest(service, tried, *OWN)
    assert len(tried) == 1
    second, tried = show_backtest(service, tried, "long_only", *OWN[1:])
    assert "2 settings" in second.cards
    assert "by 4 trials, yours among them" in second.cards
    _, tried = show_backtest(service, tried, *OWN, "2001-01-01")
    assert len(tried) == 2, "what is refused was not tried"


def test_a_day_that_the_model_learned_from_is_refused_with_the_first_that_it_did_not(service, world):
    begin = world.evidence.holdout.start
    with pytest.raises(InvalidInput, match=f"expected a day from {begin} on"):
        service.backtest(BacktestSettings(start=begin - dt.timedelta(days=1)))
    shown, _ = show_backtest(service, [], *OWN, "tomorrow")
    assert "From: expected a day such as" in shown.notice
    shown, _ = show_backtest(service, [], *OWN, "2019-08-09", "2019-08-01")
    assert "From, To: from 2019-08-09 to 2019-08-01: the first day is after the last" in shown.notice
    shown, _ = show_backtest(service, [], *OWN, "<img src=x onerror=alert(1)>")
    assert "<img" not in shown.notice


def test_the_versions_are_named_whose_forecasts_were_traded_and_when(own_world):
    parent, days = own_world.register().version, own_world.service().backtest(BacktestSettings())
    through = days.last - dt.timedelta(days=7)
    refit = own_world.refit(through, parent=parent).version
    service = own_world.service()
    told = service.backtest(BacktestSettings()).told
    assert told.startswith(f"version {parent} from {days.first} to ")
    assert f" and version {refit} from {through} to {days.last} (asked: version {refit}, champion, " in told
    early = BacktestSettings(end=through - dt.timedelta(days=1))
    assert service.backtest(early).told.startswith(f"version {parent} from {days.first} to ")
    assert f"and version {refit}" not in service.backtest(early).told
    assert f"By version {parent} from {days.first} to " in show_backtest(service, [], *OWN)[0].about
    late = service.backtest(BacktestSettings(start=through)).told
    assert late == f"version {refit}, {service.info().told}"


def test_the_picture_has_every_account_and_the_drawdown_of_the_strategy(made):
    figure = draw_equity(made.reckoning.comparison, made.reckoning.luck)
    names = [trace.name for trace in figure.data]
    accounts = ["Strategy", "Buy and hold", "Equal weight", "Zero forecast"]
    assert names == [None, "Luck alone", *accounts, "Drawdown", "In positions"]
    drawn = {trace.name: trace for trace in figure.data}
    own = made.reckoning.comparison.risk[STRATEGY]
    assert drawn["Strategy"].y[-1] - 1 == pytest.approx(own["cumulative"])
    assert min(drawn["Drawdown"].y) == pytest.approx(own["max_drawdown"])
    assert np.mean(drawn["In positions"].y) == pytest.approx(own["exposure"])
    assert len({(drawn[name].line.dash, drawn[name].line.width) for name in accounts}) == 4


def test_it_shows_what_the_forecasts_were_worth_as_an_evaluation_would(service, made, world):
    prices, registered = read_prices(world.experiment, world.home), world.registry.find(world.name)
    scored = forecast_unseen(world.registry, registered, prices)
    known = scored.filter(pl.col("horizon") == 1, pl.col("realized").is_not_nan())
    for found, expected in (
        (made.reckoning.ic, measure_ic(known)),
        (made.reckoning.deciles, measure_deciles(known)),
    ):
        assert_frame_equal(found.drop("split"), expected.drop("split"))
    shown, _ = show_backtest(service, [], *OWN)
    assert "1 session ahead" in shown.worth
    assert shown.ic.layout.meta == {"chart": "ic"}
    assert list(shown.tenths.data[1].y) == expected["realized"].to_list()
    assert len(shown.costs.data[0].x) == made.reckoning.comparison.sweep.height


def test_the_trades_that_are_listed_turn_over_what_the_account_paid_for(service, made):
    trades = made.reckoning.trades
    account = made.reckoning.comparison.backtest
    each = trades.group_by("date").agg(size=(pl.col("after") - pl.col("before")).abs().sum())
    both = account.join(each, on="date", how="left").with_columns(pl.col("size").fill_null(0.0))
    assert both["size"].to_numpy() == pytest.approx(both["turnover"].to_numpy(), abs=1e-3)
    shown, _ = show_backtest(service, [], *OWN)
    assert f"of {trades.height:,}" in shown.trades
    newest = trades["date"].max()
    assert f"{newest:%d %b %Y}" in shown.trades


def test_the_months_multiply_to_the_whole_and_are_written_in_their_fields(made):
    months = months_of(made.reckoning.comparison)
    whole = np.prod([1 + one for one in months.values()]) - 1
    assert whole == pytest.approx(made.reckoning.comparison.risk[STRATEGY]["cumulative"])
    (field,) = draw_months(made.reckoning.comparison).data
    assert field.y == ("2019",)
    assert sum(text != "" for text in field.text[0]) == len(months)


def test_the_positions_of_a_day_are_those_decided_last_before_it(service, made, world):
    day = made.reckoning.comparison.positions["date"].unique().sort()[3]
    shown, _ = show_backtest(service, [], *OWN, None, None, f"{day}")
    assert f"Decided at the close of {day:%d %b %Y}" in shown.positions
    for row in made.reckoning.comparison.positions.filter(date=day).iter_rows(named=True):
        assert (f'<td class="">{row["ticker"]}</td>' in shown.positions) is (row["weight"] != 0)
    early, _ = show_backtest(
        service, [], *OWN, None, None, f"{world.evidence.holdout.start - dt.timedelta(days=9)}"
    )
    assert "None yet" in early.positions


def test_every_account_has_its_column(service):
    shown, _ = show_backtest(service, [], *OWN)
    assert "Buy and hold" in shown.accounts
    assert "Maximum drawdown" in shown.accounts
    assert "Deflated Sharpe ratio" in shown.cards


def test_of_a_reference_there_is_nothing_to_trade(own_world):
    fill_seat(place_order(own_world.experiment, own_world.home), now=NOW)
    shown, tried = show_backtest(own_world.service(), [], *OWN)
    assert "the reference says no direction" in shown.notice
    assert "candorcast search small" in shown.notice
    assert tried == []
