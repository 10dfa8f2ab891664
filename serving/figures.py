"""Draws prices and forecasts as plotly figures, all with one template."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from ml_core.reporting.words import short_percent
from serving.messages import SingleAnswer
from serving.style import BAND, BLUE, FONTS, GREEN, GREY, INK, LINE, MUTED, ORANGE, SURFACE, VERMILION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 520


def draw_outlook(history: pl.DataFrame, answer: SingleAnswer, *, days: int, ahead: int) -> Figure:
    """Candles with moving averages and volume up to the forecast's day, then the forecast with its interval.
    Where that day is past, what came after it stands beside the forecast."""
    from plotly.subplots import make_subplots

    shown = history.filter(pl.col("date") > answer.as_of - dt.timedelta(days=days))
    before = shown.filter(pl.col("date") <= answer.as_of)
    path = [row for row in answer.forecasts if row.price is not None and row.horizon <= ahead]
    until = path[-1].date if path else answer.as_of
    after = shown.filter((pl.col("date") >= answer.as_of) & (pl.col("date") <= until))
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.8, 0.2], vertical_spacing=0.03)
    _draw_candles(figure, before)
    if after.height > 1:
        _draw_line(figure, after["date"], after["close"], name="What came", color=INK, dash="dot", width=1.5)
    if path:
        _draw_path(figure, answer, path)
    _draw_volume(figure, before)
    weekends = shown.filter(pl.col("date").dt.weekday() > 5).is_empty()
    return _dress(figure, title=answer.ticker, weekends=weekends)


def _draw_candles(figure: Figure, rows: pl.DataFrame) -> None:
    drawn = rows.filter(pl.all_horizontal(pl.col("open", "high", "low").is_not_null()))
    if drawn.is_empty():
        _draw_line(figure, rows["date"], rows["close"], name="Close", color=BLUE, width=1.6)
    else:
        figure.add_candlestick(
            x=drawn["date"].to_list(),
            **{name: drawn[name].to_list() for name in ("open", "high", "low", "close")},
            name="Price",
            showlegend=False,
            increasing={"line": {"color": BLUE, "width": 1}, "fillcolor": BLUE},
            decreasing={"line": {"color": VERMILION, "width": 1}, "fillcolor": VERMILION},
            row=1,
            col=1,
        )
    for span, color in ((50, ORANGE), (200, GREY)):
        _draw_line(figure, rows["date"], rows[f"average_{span}"], name=f"{span}-day mean", color=color)


def _draw_path(figure: Figure, answer: SingleAnswer, path: list) -> None:
    days = [answer.as_of, *(row.date for row in path)]
    sides = {
        side: [answer.last_close, *(getattr(row, side) for row in path)]
        for side in ("price", "price_lower", "price_upper")
    }
    figure.add_scatter(
        x=days + days[::-1],
        y=sides["price_upper"] + sides["price_lower"][::-1],
        fill="toself",
        fillcolor=BAND,
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=1,
    )
    proven = all("level" in row.proven for row in path)
    figure.add_scatter(
        x=days,
        y=sides["price"],
        customdata=list(zip(sides["price_lower"], sides["price_upper"], strict=True)),
        hovertemplate="%{y:,.2f} (%{customdata[0]:,.2f} to %{customdata[1]:,.2f})",
        mode="lines+markers",
        line={"color": GREEN, "width": 2} if proven else {"color": GREY, "width": 1.5, "dash": "dot"},
        marker={"size": 6},
        name=f"{_named(answer, proven)}, {short_percent(answer.level)} interval",
        row=1,
        col=1,
    )


def _named(answer: SingleAnswer, proven: bool) -> str:
    if not answer.says_direction:
        return "No direction"
    return "Forecast" if proven else "Forecast, mean not proven"


def _draw_volume(figure: Figure, rows: pl.DataFrame) -> None:
    figure.add_bar(
        x=rows["date"].to_list(),
        y=rows["volume"].to_list(),
        marker={"color": "#c3cad3", "line": {"width": 0}},
        name="Volume",
        showlegend=False,
        row=2,
        col=1,
    )


def _draw_line(
    figure: Figure,
    days: pl.Series,
    values: pl.Series,
    *,
    name: str,
    color: str,
    dash: str = "solid",
    width: float = 1.3,
) -> None:
    figure.add_scatter(
        x=days.to_list(),
        y=values.to_list(),
        mode="lines",
        name=name,
        line={"color": color, "width": width, "dash": dash},
        hovertemplate="%{y:,.2f}",
        row=1,
        col=1,
    )


def _dress(figure: Figure, *, title: str, weekends: bool) -> Figure:
    axis = {"gridcolor": LINE, "zeroline": False, "fixedrange": True, "showline": False, "ticks": ""}
    breaks = [{"bounds": ["sat", "mon"]}] if weekends else []
    figure.update_layout(
        template="none",
        height=HEIGHT,
        autosize=True,
        meta={"ticker": title},
        paper_bgcolor=SURFACE,
        plot_bgcolor=SURFACE,
        font={"family": ", ".join(FONTS), "size": 12, "color": INK},
        margin={"l": 12, "r": 56, "t": 46, "b": 44},
        hovermode="x unified",
        hoverlabel={"bgcolor": SURFACE, "bordercolor": LINE},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "yanchor": "bottom",
            "entrywidth": 0,
            "font": {"color": MUTED},
        },
        xaxis_rangeslider_visible=False,
        bargap=0.25,
    )
    figure.update_xaxes(
        **axis, rangebreaks=breaks, hoverformat="%a %d %b %Y", tickangle=0, tickformat="%d %b\n%Y"
    )
    figure.update_yaxes(**axis, side="right", tickformat=",.4~g", row=1, col=1)
    figure.update_yaxes(**axis, side="right", nticks=3, tickformat=".2~s", row=2, col=1)
    return figure
