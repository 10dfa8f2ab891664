"""A provider of one's own: found where ours are, its options checked, its bars stored; what is wrong is told."""

import datetime as dt
from typing import Annotated, Any

import polars as pl
import pytest
from pydantic import PositiveFloat

import candorcast
from candorcast import testing
from ml_core.data.providers import load_provider
from ml_core.errors import ContractBroken, ForecastError

pytestmark = pytest.mark.usefixtures("forgotten")
DAYS = pl.date_range(dt.date(2024, 1, 2), dt.date(2024, 3, 28), eager=True)
DAYS = DAYS.filter(DAYS.dt.weekday() <= 5)


class Level(candorcast.Config):
    level: Annotated[PositiveFloat, candorcast.OneOf(10.0, 20.0)] = 10.0


def desk(request: Any, config: Level) -> pl.DataFrame:
    """Has AAA and BBB."""
    have = [ticker for ticker in request.tickers if ticker in ("AAA", "BBB")]
    rows = [(ticker, day, config.level + day.day / 10) for ticker in have for day in DAYS]
    return pl.DataFrame(
        rows, schema={"ticker": pl.String, "date": pl.Date, "close": pl.Float64}, orient="row"
    )


def open_desk(home, **more):
    content = {
        "name": "own",
        "universe": {"tickers": ["AAA", "BBB", "ZZZ"]},
        "data": {"source": "desk", **more},
    }
    return candorcast.open(content, home=home)


def test_it_is_named_as_a_source_and_its_bars_are_stored_as_ours(tmp_path):
    candorcast.provider("AAA", config=Level)(desk)
    own = open_desk(tmp_path, desk={"level": 20.0})
    done = own.refresh()
    assert {ticker: how.status for ticker, how in done.outcomes.items()} == {
        "AAA": "ok",
        "BBB": "ok",
        "ZZZ": "unknown",
    }
    assert own.prices().filter(ticker="AAA")["close"][0] == pytest.approx(20.2)
    assert own.missing()


def test_other_options_are_another_series_and_an_unknown_one_is_refused_by_name(tmp_path):
    candorcast.provider("AAA", config=Level)(desk)
    named = [open_desk(tmp_path, desk=said).order.source.identity for said in ({}, {"level": 20.0})]
    assert named[0] == "desk" and named[1].startswith("desk-")
    with pytest.raises(ForecastError, match=r"data.desk: unknown key 'levle'; did you mean 'level'\?"):
        open_desk(tmp_path, desk={"levle": 1.0}).refresh()
    with pytest.raises(ForecastError, match=r"unknown provider 'dekc'; did you mean 'desk'\?"):
        load_provider("dekc")


def test_one_that_cannot_ask_costs_every_ticker_its_refresh_and_says_why(tmp_path):
    def desk(_request: Any, _config: Any) -> pl.DataFrame:
        raise ConnectionError("the line is down")

    candorcast.provider("AAA")(desk)
    with pytest.raises(ForecastError, match="provider 'desk': asked: ConnectionError: the line is down"):
        open_desk(tmp_path).refresh()


def test_a_frame_without_what_is_needed_is_refused_by_its_columns(tmp_path):
    def desk(_request: Any, _config: Any) -> pl.DataFrame:
        return pl.DataFrame({"ticker": ["AAA"], "price": [1.0]})

    candorcast.provider("AAA")(desk)
    with pytest.raises(ForecastError, match=r"provider 'desk': no column date, close; it gave ticker, price"):
        open_desk(tmp_path).refresh()


def test_names_and_declarations_that_are_wrong_are_refused():
    with pytest.raises(ForecastError, match="provider 'yahoo': there is one of that name already"):
        candorcast.provider("AAA")(type("", (), {"__name__": "yahoo"})())  # pyright: ignore
    with pytest.raises(ForecastError, match="provider 'desk': expected tickers that it surely has"):
        candorcast.provider()(desk)
    with pytest.raises(ForecastError, match=r"config: expected a child of candorcast.Config"):
        candorcast.provider("AAA", config=dict)(desk)  # pyright: ignore


def test_the_contract_that_is_shipped_passes_a_sound_one_and_ours(tmp_path):
    candorcast.provider("AAA", "BBB", config=Level)(desk)
    testing.check_provider("desk")
    testing.check_provider("simulated", ("ALFA", "BRAV"), {"sessions": 300})
    request = type("", (), {"tickers": ("AAA", "BBB")})
    desk(request, Level()).write_parquet(tmp_path / "bars.parquet")
    testing.check_provider("files", ("AAA", "BBB"), {"path": str(tmp_path / "bars.parquet")})


def test_one_that_gives_other_bars_each_time_or_none_breaks_it():
    count = iter(range(1, 100))

    def desk(request: Any, _config: Any) -> pl.DataFrame:
        return pl.DataFrame({"ticker": request.tickers[0], "date": DAYS, "close": float(next(count))})

    candorcast.provider("AAA")(desk)
    with pytest.raises(ContractBroken, match="provider 'desk': gives other bars when it is asked again"):
        testing.check_provider("desk")

    def void(_request: Any, _config: Any) -> pl.DataFrame:
        return pl.DataFrame(schema={"ticker": pl.String, "date": pl.Date, "close": pl.Float64})

    candorcast.provider("AAA")(void)
    with pytest.raises(ContractBroken, match="provider 'void': has no bar of AAA"):
        testing.check_provider("void")
