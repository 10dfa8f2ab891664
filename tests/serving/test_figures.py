"""What is drawn and written: the forecast begins at the last close, nothing foreign becomes markup."""

import datetime as dt
import itertools
import json

import polars as pl
import pytest

from serving.figures.candles import draw_outlook
from serving.look import markup
from serving.ui.forecast import show_forecast
from serving.ui.models import show_one


def lines(chart) -> dict:
    return {line.name: line for line in chart.lines}


def path_of(chart):
    """The forecast's own line, whether its mean is proven or not."""
    return next(line for line in chart.lines if line.name.startswith("Forecast"))


@pytest.fixture(scope="module")
def answer(service):
    return service.single("ALFA")


@pytest.fixture(scope="module")
def history(service, answer):
    return service.history("ALFA", unit=answer.as_of)


def test_the_forecast_continues_from_the_last_close(answer, history):
    chart = draw_outlook(history, answer, days=90, ahead=5)
    path = path_of(chart)
    assert path.days[0] == chart.days[-1] == answer.as_of
    assert path.values[0] == pytest.approx(chart.columns["close"][-1])
    assert path.values[-1] == answer.forecasts[-1].price
    assert {"50-day mean", "200-day mean"} <= set(lines(chart))
    assert None not in chart.columns["volume"]


def test_the_forecast_stands_in_its_range(answer, history):
    chart = draw_outlook(history, answer, days=90, ahead=5)
    path = path_of(chart)
    band = next(band for band in chart.bands if band.days == path.days)
    assert list(band.lower)[1:] == [row.price_lower for row in answer.forecasts if row.horizon <= 5]
    assert list(path.upper)[1:] == [row.price_upper for row in answer.forecasts if row.horizon <= 5]
    assert all(
        low <= price <= high for low, price, high in zip(band.lower, path.values, band.upper, strict=True)
    )


def test_the_forecast_fans_out_each_range_inside_the_wider_one(answer, history):
    chart = draw_outlook(history, answer, days=90, ahead=5)
    path = path_of(chart)
    assert "50, 80 and 90 % intervals" in path.name
    fan = [band for band in chart.bands if band.days == path.days]
    assert len(fan) == 3
    for wide, narrow in itertools.pairwise(fan):
        sides = zip(wide.lower[1:], narrow.lower[1:], narrow.upper[1:], wide.upper[1:], strict=True)
        assert all(a < b < c < d for a, b, c, d in sides)


def test_what_lies_ahead_is_as_far_away_on_the_axis_as_in_time(answer, history):
    chart = draw_outlook(history, answer, days=90, ahead=5)
    assert chart.ahead[-1] == answer.forecasts[-1].date
    assert len(chart.ahead) >= 5 > len(path_of(chart).days) - 1
    assert all(day.isoweekday() <= 5 for day in chart.ahead)


def test_history_and_horizon_are_as_long_as_asked(answer, history):
    chart = draw_outlook(history, answer, days=30, ahead=3)
    assert min(chart.days) > answer.as_of - dt.timedelta(days=30)
    assert len(path_of(chart).days) == 1 + 2
    assert "What came" not in lines(chart)


def test_a_past_forecast_stands_beside_what_came(service):
    answer = service.single("ALFA", date=dt.date(2019, 6, 3))
    chart = draw_outlook(service.history("ALFA", unit=answer.as_of), answer, days=90, ahead=5)
    came = lines(chart)["What came"]
    assert came.days[0] == answer.as_of
    assert came.days[-1] == answer.forecasts[-1].date
    assert max(chart.days) == answer.as_of


def test_prices_that_are_closes_only_are_drawn_as_a_line(answer, history):
    closes = history.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "volume")
    )
    assert draw_outlook(history, answer, days=90, ahead=5).tell()["candles"]
    told = draw_outlook(closes, answer, days=90, ahead=5).tell()
    assert not told["candles"]
    assert told["close"] == closes.tail(len(told["days"]))["close"].to_list()


def test_what_the_browser_is_told_is_json(answer, history, service):
    earlier = service.earlier(answer, history, 3, since=dt.date(2000, 1, 1))
    told = draw_outlook(history, answer, days=730, ahead=5, earlier=earlier).tell()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert [band["name"][:10] for band in told["bands"]] == ["Would have", "", "", ""]


def test_a_mean_that_is_not_proven_is_drawn_grey_and_dotted_and_one_that_is_green(answer, history):
    def draw(proven: list[str]):
        rows = [row.model_copy(update={"proven": proven}) for row in answer.forecasts]
        asked = answer.model_copy(update={"forecasts": rows})
        return path_of(draw_outlook(history, asked, days=90, ahead=5))

    sure, unsure = draw(["level"]), draw(["range"])
    assert (sure.name, sure.color, sure.style) == ("Forecast, 50, 80 and 90 % intervals", "green", "solid")
    assert (unsure.name, unsure.color, unsure.style) == (
        "Forecast, mean not proven, 50, 80 and 90 % intervals",
        "grey",
        "dotted",
    )


def test_the_page_says_what_is_wrong_without_markup_of_the_visitor(service):
    shown = show_forecast(service, "<img src=x onerror=alert(1)>", 5, 90, None)
    assert "&lt;img" in shown.notice
    assert "<img" not in shown.notice
    assert shown.chart is None
    assert "Choose a ticker" in show_forecast(service, " ", 5, 90, None).notice
    assert "expected a day such as" in show_forecast(service, "ALFA", 5, 90, "tomorrow").notice


def test_the_page_warns_of_a_date_the_model_learned_from(service):
    shown = show_forecast(service, "ALFA", 5, 90, "2018-10-01")
    assert "learned from this date" in shown.notice
    assert shown.chart is not None


def test_a_bug_in_the_page_is_told_plainly(service, monkeypatch):
    monkeypatch.setattr("serving.ui.forecast.draw_outlook", lambda *_, **__: 1 / 0)
    assert "the server&#x27;s log says why" in show_forecast(service, "ALFA", 5, 90, None).notice


def test_the_evidence_shows_every_check_and_every_baseline(service):
    page = show_one(service).evidence
    for text in (
        "A claim proven",
        "Leak audit",
        "Interval coverage",
        "Ridge",
        "Zero",
        "Holdout scores, 5 sessions",
        "Where the intervals held",
        "Wild",
        "2019",
    ):
        assert text in page


def test_without_a_champion_the_page_says_what_to_run(own_world):
    service = own_world.service()
    command = f"<code>candorcast predict small --home {own_world.home.root}</code>"
    assert command in show_one(service).evidence
    assert command in show_forecast(service, "ALFA", 5, 90, None).notice


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "+1.23 %"), (-0.5, "\N{MINUS SIGN}50.00 %"), (-0.00001, "0.00 %"), (None, "\N{EN DASH}")],
)
def test_percentages_have_two_decimals_and_a_true_minus(value, text):
    assert markup.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.00041100, "0.0004110"), (3, "3"), (-1.5, "\N{MINUS SIGN}1.500")]
)
def test_numbers_have_four_digits(value, text):
    assert markup.number(value) == text


def test_numbers_too_large_or_not_there_are_still_written():
    assert markup.number(float("inf")) == "\N{EN DASH}"
    assert markup.count(1_234_567) == "1.23 M"
    assert markup.count(None) == "\N{EN DASH}"
    assert markup.money(0.001234) == "0.001234"
