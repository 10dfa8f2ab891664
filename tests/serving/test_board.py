"""The board shows every ticker of the newest session beside the others, in the numbers that each is told by itself."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from ml_core.data.order import place_order
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import write_forecast
from ml_core.errors import InvalidInput
from ml_core.prediction import answer as predicted
from ml_core.promotion.reference import fill_seat
from serving.service import Service
from serving.ui._board import show_board
from serving.ui._order import list_orders, sort_rows
from serving.ui.today import show_today
from tests.market import NOW
from tests.serving.world import LISTED, store_bars


def test_the_board_says_of_each_ticker_what_is_said_of_it_alone(service):
    board = service.board(horizon=3)
    assert {row.ticker for row in board.rows} == set(LISTED)
    for row in board.rows:
        alone = service.single(row.ticker, horizons=[3])
        assert row.forecast == alone.forecasts[0]
        assert (row.last_close, board.as_of, board.version) == (alone.last_close, alone.as_of, alone.version)
    means = [row.forecast.mean for row in board.rows]
    assert means == sorted(means, reverse=True)


def test_a_move_is_that_of_the_adjusted_closes_of_the_last_two_sessions(service, world):
    closes = (
        read_prices(world.experiment, world.home)
        .filter(ticker="ALFA")
        .sort("date")["close"]
        .tail(2)
        .to_list()
    )
    row = next(row for row in service.board().rows if row.ticker == "ALFA")
    assert row.moved == pytest.approx(closes[1] / closes[0] - 1)


def test_positions_are_those_of_the_experiments_strategy_and_say_whether_they_pay(service):
    board = service.board()
    for row in board.rows:
        alone = service.single(row.ticker, strategy=service.experiment.strategy.kind).position
        assert row.weight == pytest.approx(alone.weight)
    assert board.pays is any(one.claim == "money" and one.standing == "proven" for one in board.claims)


def test_a_horizon_that_is_not_forecast_is_refused(service):
    with pytest.raises(InvalidInput, match="horizon: 4 is not forecast; expected any of 1, 3, 5"):
        service.board(horizon=4)


def test_beside_each_expectation_stands_what_was_written_a_session_before(own_world):
    world = own_world
    world.register()
    order, service = place_order(world.experiment, world.home), world.service()
    prices = read_prices(world.experiment, world.home)
    days = prices["date"].unique().sort()
    predicted.answer(order, clock=lambda: NOW, as_of=days[-2])  # made later: nobody said it then
    assert {row.before for row in service.board().rows} == {None}
    assert "Since last time" not in show_today(service, 3).board
    champion = world.registry.find(world.name)
    for day in (days[-3], days[-4]):  # the older one is not to be shown
        said = predicted.stamp(world.forecaster.predict(prices, as_of=day), champion)
        write_forecast(world.home, world.name, said, written=NOW, live=True)
    before = {row.ticker: row.before for row in service.board(horizon=3).rows}
    assert "Since last time" in show_today(service, 3).board
    said = world.forecaster.predict(prices, as_of=days[-3]).filter(horizon=3)
    assert before == pytest.approx(dict(said.select("ticker", pl.col("mean").exp() - 1).iter_rows()))


def test_a_reference_has_no_direction_and_holds_nothing(own_world):
    fill_seat(place_order(own_world.experiment, own_world.home), now=NOW)
    service = own_world.service()
    board = service.board()
    assert board.seat == "reference"
    assert {row.weight for row in board.rows} == {None}
    shown = show_today(service, 1)
    assert "no direction" in shown.board
    assert "<circle" not in shown.board
    assert "Highest" not in shown.cards


def test_rows_are_sorted_as_asked_either_way_round_and_what_is_not_known_comes_last(service):
    rows = service.board().rows
    rows = [replace_row(rows[0], moved=None), *rows[1:]]
    fallen, risen = ([row.moved for row in sort_rows(rows, order)] for order in ("-moved", "moved"))
    assert fallen[-1] is None and risen[-1] is None
    assert risen[:-1] == sorted(risen[:-1], reverse=True) == fallen[-2::-1]
    assert [row.ticker for row in sort_rows(rows, "ticker")] == sorted(row.ticker for row in rows)
    for _, order in list_orders():
        assert len(sort_rows(rows, order)) == len(rows)


def test_the_head_of_the_column_that_sorts_says_so_and_asks_for_the_other_way_round(service):
    for order, told, other in (("wide", "descending", "-wide"), ("-wide", "ascending", "wide")):
        shown = show_today(service, 1, order).board
        assert shown.count("aria-sort") == 1
        assert f'aria-sort="{told}"><button type="button" class="cc-sort" data-sort="{other}"' in shown


def test_a_mean_is_bold_and_its_dot_filled_only_where_it_is_proven_itself(service):
    board = service.board()
    ranked, proven = (replace_row(board.rows[0], proven=[claim]) for claim in ("order", "level"))
    said = [show_board(board, [row], "daily") for row in (ranked, proven)]
    assert ['class="sure"' in shown for shown in said] == [False, True]
    assert ['<td class="cc-own">' in shown for shown in said] == [False, True]


def test_the_names_on_the_board_are_escaped(service):
    board = service.board()
    plain = board.rows[0]
    evil = replace_row(plain, ticker='<img src=x onerror="alert(1)">')
    assert "<img" not in show_board(board, [evil], "daily")


def test_a_sector_shows_its_own_tickers_alone(own_world):
    universe = own_world.experiment.universe.model_copy(
        update={"sectors": {"ALFA": "Energy", "ECHO": "Health"}}
    )
    world = replace(own_world, experiment=own_world.experiment.model_copy(update={"universe": universe}))
    store_bars(world.experiment, world.home)
    world.register()
    service = world.service()
    assert service.sectors() == {"ALFA": "Energy", "ECHO": "Health"}
    today = show_today(service, 1, "ticker", "Energy")
    assert "cannot" not in today.notice
    shown = today.board
    assert 'data-ticker="ALFA"' in shown
    assert 'data-ticker="ECHO"' not in shown


def test_the_board_is_had_from_the_api(client):
    told = client.get("/predictions/board?horizon=5").json()
    assert (told["horizon"], len(told["rows"])) == (5, len(LISTED))
    assert dt.date.fromisoformat(told["as_of"]) < NOW.date()
    assert client.get("/predictions/board?horizon=4").status_code == 422
    assert client.get("/predictions/board?horison=5").status_code == 422


def replace_row(row, **changed):
    ahead = {name: changed.pop(name) for name in ("proven",) if name in changed}
    return row.model_copy(update={**changed, "forecast": row.forecast.model_copy(update=ahead)})


def test_the_board_tells_from_when_prices_and_model_are_and_marks_what_should_be_newer(world, service):
    cards = show_today(service, 1).cards
    known = (service.condition.market_clock(service.served).date() - world.evidence.trained.end).days
    assert f"learned up to {known:,} days ago" in cards
    assert "is due" not in cards
    assert "\N{BLACK CIRCLE}" not in cards
    late = Service(service.order, clock=lambda: NOW + dt.timedelta(days=4000))
    shown = show_today(late, 1).cards
    assert (f"\N{BLACK CIRCLE} {late.board().as_of:%a %d %b}" in shown) is bool(late.health().old)
