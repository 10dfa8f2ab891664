"""Draws an overview of stored bars as one HTML page: what is there month by month, and the tables with words."""

import datetime as dt
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.data.overview import Overview, summarise_findings
from ml_core.data.store.findings import count_bars
from ml_core.errors import StoreFailed

if TYPE_CHECKING:
    import plotly.graph_objects as go

MID_MONTH = dt.timedelta(days=14)
NONE, FEW, MOST, ALL, REFUSED = "#ecebe6", "#d9822b", "#f2d49b", "#33658a", "#c0392b"
SCALE = [[0, NONE], [0.001, FEW], [0.999, MOST], [1, ALL]]  # a gap of one session shows
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1200px; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2rem 0 .3rem; font-size: 1.15rem } p { margin: .2rem 0 .6rem; color: #555; max-width: 80ch }
table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }
th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid #e3e3df } td { vertical-align: top }
th, td:not(:last-child) { white-space: nowrap } td.number { text-align: right; font-variant-numeric: tabular-nums }
i { display: inline-block; width: .9em; height: .9em; margin: 0 .35em 0 1em; vertical-align: -1px }
"""
LEGEND = (
    (ALL, "every session of the month is stored"), (MOST, "some are missing"), (FEW, "most are missing"),
    (NONE, "none is stored"), (REFUSED, "a cross: a bar in quarantine"),
)  # fmt: skip
PARTS = (
    ("coverage", "Coverage", "What is stored of each ticker, and how its last refresh went. Missing: sessions of the "
     "exchange between the first and the last bar for which there is none."),
    ("held_back", "In quarantine", "Bars that a check refused. They are kept aside, and no model reads them. One that "
     "you know to be true is let in by data.quality.accept = [\"TICKER DATE\"] in the experiment's file."),
    ("repairs", "Repairs", "Bars with a mistake that is certain. The store holds them mended; as they came they are "
     "kept here."),
    ("remarks", "Remarks", "What a check noticed and left as it is."),
    ("stationarity", "Stationarity", "Two tests with opposite suppositions, on log prices and their changes. ADF "
     "supposes a unit root, KPSS supposes none; a p-value below 0.05 refuses what was supposed."),
)  # fmt: skip


def write_picture(overview: Overview, path: Path) -> None:
    """One HTML file that needs no network."""
    try:
        path.write_text(build_page(overview), encoding="utf-8")
    except OSError as error:
        raise StoreFailed(f"{path}: cannot be written: {error.strerror}") from None


def build_page(overview: Overview) -> str:
    title = f"Stored bars of {overview.experiment}"
    held = overview.coverage.filter(pl.col("bars") > 0)
    span = f", {held['first'].min()} to {held['last'].max()}" if held.height else ""
    about = (
        f"{overview.source}, store version {overview.version}: {held['bars'].sum()} bars of {held.height} of"
        f" {overview.coverage.height} tickers{span}. Each field below is a month of one ticker."
    )
    drawn = draw_overview(overview).to_html(full_html=False, include_plotlyjs=True)
    legend = "".join(f'<i style="background:{colour}"></i>{escape(says)}' for colour, says in LEGEND)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>{escape(about)}</p><div>{legend}</div>{drawn}"
        + "".join(_part(overview, *part) for part in PARTS)
    )


def draw_overview(overview: Overview) -> "go.Figure":
    """Months against tickers: how full, with a mark where a bar is in quarantine."""
    import plotly.graph_objects as go

    wide = overview.presence.pivot("month", index="ticker", values="share", sort_columns=False)
    refused = overview.held_back
    figure = go.Figure(
        go.Heatmap(
            z=wide.drop("ticker").to_numpy(),
            x=[dt.date.fromisoformat(month) + MID_MONTH for month in wide.columns[1:]],
            y=wide["ticker"].to_list(),
            zmin=0, zmax=1, colorscale=SCALE, showscale=False, ygap=2,
            hovertemplate="%{y} %{x|%b %Y}: %{z:.0%} of its sessions<extra></extra>",
        )
    )  # fmt: skip
    figure.add_scatter(
        x=refused["date"].to_list(), y=refused["ticker"].to_list(), text=refused["reason"].to_list(),
        mode="markers", marker={"color": REFUSED, "symbol": "x", "size": 7},
        hovertemplate="%{y} %{x}: %{text}<extra></extra>",
    )  # fmt: skip
    tickers = overview.coverage["ticker"].to_list()
    figure.update_layout(
        yaxis={"type": "category", "categoryarray": tickers[::-1], "range": [-0.5, len(tickers) - 0.5]},
        height=max(200, 24 * len(tickers) + 100),
        margin={"t": 40, "b": 40},
        plot_bgcolor="white",
    )
    return figure


def _part(overview: Overview, name: str, title: str, about: str) -> str:
    table = getattr(overview, name)
    if "check" in table.columns:
        count, table = count_bars(table), summarise_findings(table)
        title = f"{title}: {count or 'none'}"
    return f"<h2>{escape(title)}</h2><p>{escape(about)}</p>{_table(table)}" if table.height else ""


def _table(table: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in table.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.iter_rows())
    return f"<table><tr>{head}</tr>{rows}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="number">{value if isinstance(value, int) else f"{value:.4g}"}</td>'
    if isinstance(value, dt.datetime):
        value = f"{value:%Y-%m-%d %H:%M} UTC"
    return f"<td>{escape('-' if value is None else str(value))}</td>"
