"""What is drawn and written: the forecast begins at the last close, nothing foreign becomes markup."""

import datetime as dt

import polars as pl
import pytest

from serving import markup
from serving.figures import draw_outlook
from serving.style import GREEN, GREY
from serving.ui.forecast import show_forecast
from serving.ui.model import show_evidence


def traces(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def path_of(figure):
    """The forecast's own trace, whether its mean is proven or not."""
    return next(trace for name, trace in traces(figure).items() if (name or "").startswith("Forecast"))


@pytest.fixture(scope="module")
def answer(service):
    return service.single("ALFA")


@pytest.fixture(scope="module")
def history(service, answer):
    return service.history("ALFA", unit=answer.as_of)


def test_the_forecast_continues_from_the_last_close(answer, history):
    figure = draw_outlook(history, answer, days=90, ahead=5)
    path, price = path_of(figure), traces(figure)["Price"]
    assert path.x[0] == price.x[-1] == answer.as_of
    assert path.y[0] == pytest.approx(price.close[-1])
    assert path.y[-1] == answer.forecasts[-1].price
    assert {"50-day mean", "200-day mean", "Volume"} <= set(traces(figure))


def test_history_and_horizon_are_as_long_as_asked(answer, history):
    figure = draw_outlook(history, answer, days=30, ahead=3)
    assert min(traces(figure)["Price"].x) > answer.as_of - dt.timedelta(days=30)
    assert len(path_of(figure).x) == 1 + 2
    assert "What came" not in traces(figure)


def test_a_past_forecast_stands_beside_what_came(service):
    answer = service.single("ALFA", date=dt.date(2019, 6, 3))
    figure = draw_outlook(service.history("ALFA", unit=answer.as_of), answer, days=90, ahead=5)
    came = traces(figure)["What came"]
    assert came.x[0] == answer.as_of
    assert came.x[-1] == answer.forecasts[-1].date
    assert max(traces(figure)["Price"].x) == answer.as_of


def test_prices_that_are_closes_only_are_drawn_as_a_line(answer, history):
    closes = history.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "volume")
    )
    figure = draw_outlook(closes, answer, days=90, ahead=5)
    assert {"Close", path_of(figure).name} <= set(traces(figure))


def test_a_mean_that_is_not_proven_is_drawn_grey_and_thin_and_one_that_is_green(answer, history):
    def draw(proven: list[str]):
        rows = [row.model_copy(update={"proven": proven}) for row in answer.forecasts]
        asked = answer.model_copy(update={"forecasts": rows})
        return path_of(draw_outlook(history, asked, days=90, ahead=5))

    sure, unsure = draw(["level"]), draw(["range"])
    assert (sure.name, sure.line.color, sure.line.dash) == ("Forecast, 90 % interval", GREEN, None)
    assert (unsure.name, unsure.line.color, unsure.line.dash) == (
        "Forecast, mean not proven, 90 % interval",
        GREY,
        "dot",
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
    page = show_evidence(service)
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
    assert command in show_evidence(service)
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
