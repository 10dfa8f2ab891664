"""Tab: one ticker's prices and its forecast with the interval, the numbers behind it, the disclaimer."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import polars as pl

from ml_core.claims.unasked import tell_unasked
from ml_core.claims.verdict import ClaimVerdict
from ml_core.errors import InvalidInput
from ml_core.vocabulary import words
from ml_core.vocabulary.words import short_percent
from serving.door.access import Access
from serving.figures.candles import draw_outlook
from serving.look import markup
from serving.look.markup import Cell, money, percent
from serving.look.scripts import draw_candles
from serving.messages import DISCLAIMER, HorizonForecast, SingleAnswer
from serving.quotes import build_quote
from serving.service import Service
from serving.ui._choosing import choose_day, choose_horizon, choose_ticker
from serving.ui._days import AS_OF, read_day
from serving.ui._guard import guard
from serving.ui._numbers import UNPROVEN, show_numbers
from serving.ui._seats import choose_seat
from serving.ui._tab import Parts, Tab

DAYS = (30, 120, 730)
# Its licence asks for its name and address on the page; the logo in the chart leads there too.
CHART = """<div class="cc-candles"></div><p class="cc-small">A hollow candle closed above its open, a
filled one below. Drag the chart to move it; after a click the wheel zooms.
Drawn with TradingView Lightweight Charts, Copyright (c) 2023 TradingView, Inc.
<a href="https://www.tradingview.com/" rel="noopener">https://www.tradingview.com/</a></p>"""
SILENT = "none"  # what a reference says of direction, on every screen


class ForecastView(NamedTuple):
    """The parts of the page that follow the controls; an empty part is not shown."""

    notice: str
    numbers: str = ""
    chart: dict[str, Any] | None = None
    table: str = ""


def build(service: Service, access: Access) -> Parts:
    """Controls above, and everything below redrawn on load and on every change of them. A ticker that has to be fetched
    first is, by an event of its own."""
    import gradio as gr

    from serving.ui._fetching import AT_ONCE, Fetching

    fetching, missing, brought = Fetching(service, access), gr.State(""), gr.State(None)
    with gr.Row():
        controls = _lay_controls(service)
    before = gr.Checkbox(
        value=True,
        label="What was, or would have been, said of these days before",
        container=False,
        elem_id="earlier",
    )
    controls.append(before)
    notice = gr.HTML(visible=False)
    numbers = gr.HTML()
    chart = gr.HTML(html_template=CHART, js_on_load=draw_candles(), elem_classes="cc-chart", elem_id="chart")
    table = gr.HTML(elem_id="table")
    gr.HTML(f'<p class="cc-disclaimer" id="disclaimer">{DISCLAIMER}</p>')
    gr.on(
        None,
        fetching.redraw,
        inputs=[*controls, brought],
        outputs=[notice, numbers, chart, table, missing],
        trigger_mode="always_last",
        show_progress="minimal",
        api_visibility="private",
    )
    missing.change(
        fetching.bring,
        inputs=[missing],
        outputs=[brought, missing],
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        api_visibility="private",
    )
    ticker, ahead, days, date, *_ = controls
    return Parts({"ticker": ticker, "horizon": ahead, "as_of": date, "history": days})


def _lay_controls(service: Service) -> list[Any]:
    """Ticker, horizon, days of history, date and seat, as `show_forecast` takes them."""
    import gradio as gr

    ticker = choose_ticker(service, "ticker")
    ahead = choose_horizon(service, service.experiment.task.horizons[-1], "horizon")
    days = gr.Slider(
        DAYS[0],
        DAYS[2],
        DAYS[1],
        step=5,
        label="History, days",
        scale=3,
        min_width=220,
        elem_id="history",
    )
    date, who = choose_day("date"), choose_seat()
    return [ticker, ahead, days, date, who]


def show_forecast(
    service: Service,
    ticker: str | None,
    ahead: int,
    days: int,
    date: str | None,
    who: str = "",
    before: bool = True,
) -> ForecastView:
    """What the page shows for these controls; what is in the way of it stands in the notice."""

    def answer() -> ForecastView:
        day = read_day(AS_OF, date)
        return _answer(
            service, ticker, ahead=int(ahead), days=int(days), date=day, who=who or None, before=before
        )

    return guard(service, "This forecast", answer, ForecastView)


def _answer(
    service: Service,
    ticker: str | None,
    *,
    ahead: int,
    days: int,
    date: dt.date | None,
    who: str | None,
    before: bool,
) -> ForecastView:
    if not ticker or not ticker.strip():
        raise InvalidInput("Choose a ticker, or type one.")
    answer = service.single(ticker, date=date, version=who, field=AS_OF)
    history = service.history(ticker, unit=answer.as_of)
    quote = build_quote(service.history(ticker, until=date))
    since = answer.as_of - dt.timedelta(days=days)
    earlier = service.earlier(answer, history, ahead, since=since) if before else None
    return ForecastView(
        notice=markup.notice(" ".join(_warnings(answer))) if _warnings(answer) else "",
        numbers=show_numbers(quote, answer, ahead),
        chart=draw_outlook(history, answer, days=days, ahead=ahead, earlier=earlier).tell(),
        table=_table(answer, ahead),
    )


def _warnings(answer: SingleAnswer) -> list[str]:
    """All that is to be noted but whose evidence it is, which is no warning and stands above the table."""
    return [
        note for note in answer.notes if not (answer.lineage and note == f"{answer.lineage.capitalize()}.")
    ]


def _table(answer: SingleAnswer, ahead: int) -> str:
    head = ("Horizon", "Expected", "Price", "Proven")
    rows = [
        [
            Cell(markup.steps(row.horizon, answer.frequency), f"{row.date:%a %d %b}"),
            Cell(
                _expected(answer, row),
                markup.span(row.change_lower, row.change_upper),
                "cc-own" if "level" in row.proven else UNPROVEN,
            ),
            Cell(
                money(row.price) if answer.says_direction else SILENT,
                f"{money(row.price_lower)} to {money(row.price_upper)}" if row.price else "",
                "" if "level" in row.proven else UNPROVEN,
            ),
            Cell(
                f"\N{CHECK MARK} {', '.join(row.proven)}" if row.proven else "nothing",
                _unproven(answer, row.horizon),
                f"{'cc-pass' if row.proven else UNPROVEN} cc-words",
            ),
        ]
        for row in answer.forecasts
        if row.horizon <= ahead
    ]
    who = f" ({answer.lineage})" if answer.lineage else ""
    about = (
        f"From the close of {answer.as_of:%d %b %Y}, by version {answer.version}{who} on data version "
        f"{answer.data_version}. Under each number the range that holds {short_percent(answer.level)} of outcomes. "
        "A grey number is not proven to be better than no forecast at all."
    )
    reasons = "; ".join(tell_unasked(_verdicts(answer, ahead)))
    unasked = markup.small(f"Not asked: {reasons}.") if reasons else ""
    told = pl.DataFrame(
        [
            {**row.model_dump(exclude={"inner", "proven"}), "proven": " ".join(row.proven)}
            for row in answer.forecasts
            if row.horizon <= ahead
        ]
    )
    kept = markup.saved(f"{answer.ticker} {answer.as_of}", told)
    return markup.panel("Forecast", about, markup.table(head, rows) + unasked + kept)


def _expected(answer: SingleAnswer, row: HorizonForecast) -> str:
    if not answer.says_direction:
        return SILENT
    return percent(row.change) if row.change is not None else markup.number(row.mean)


def _verdicts(answer: SingleAnswer, ahead: int) -> list[ClaimVerdict]:
    """Those of the horizons that are shown."""
    return [
        ClaimVerdict(one.claim, one.horizon, one.standing, one.why, adjusted=one.p)
        for one in answer.claims
        if one.horizon <= ahead
    ]


def _unproven(answer: SingleAnswer, horizon: int) -> str:
    """What else was asked of this horizon, each with how often luck alone gives as much, with a sign and the words
    before it: so that neither size nor colour alone tells it from what is proven."""
    others = [
        f"{one.claim} {words.odds(one.p)}".strip()
        for one in answer.claims
        if one.horizon == horizon and one.standing == "unproven"
    ]
    return markup.typeset(f"\N{MULTIPLICATION X} not proven: {', '.join(others)}") if others else ""


TAB = Tab("Forecast", place=2, build=build, acts=True)
