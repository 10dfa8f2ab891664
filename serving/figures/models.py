"""Draws the versions of a model: who sat where, what came of their forecasts, and where their intervals held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from ml_core.live.standing import LiveStanding
from ml_core.registry.scores import CoverageRow, FanRow, Score
from ml_core.registry.seats import CHALLENGER, CHAMPION, REFERENCE, SEATS
from ml_core.registry.version import ModelVersion
from ml_core.vocabulary import words
from serving.figures.chart_look import dress, dress_lines, hover, plainly
from serving.lineup import Lineup
from serving.look.markup import begin
from serving.look.style import BLUE, GREEN, GREY, INK, MUTED, ORANGE, VERMILION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = {CHAMPION: GREEN, REFERENCE: GREY, CHALLENGER: ORANGE}
LOOKS = (
    (BLUE, "solid", "circle"),
    (VERMILION, "dash", "diamond"),
    (GREEN, "dot", "square"),
    (ORANGE, "dashdot", "x"),
)
FLOOR = 1e-2  # below it an e-value tells nothing more
NARROW = 0.1  # of the time shown: a shorter sitting is named only when it is pointed at
MOST_LIVE = 4


def draw_timeline(lineup: Lineup) -> Figure | None:
    """A lane a seat, and in it who sat there, from when to when."""
    from plotly.graph_objects import Figure

    sittings = lineup.sittings()
    if not sittings:
        return None
    figure = Figure()
    lanes = [seat for seat in SEATS if any(one.seat == seat for one in sittings)]
    whole = max(one.end for one in sittings) - min(one.start for one in sittings)
    for number, one in enumerate(sittings):
        lane, wide = lanes.index(one.seat), one.end - one.start >= NARROW * whole
        told = f"version {one.version}: {one.seat} by {one.move.cause}, {one.start:%d %b %Y %H:%M}"
        figure.add_scatter(
            x=[one.start, one.end],
            y=[lane, lane],
            mode="lines+markers",
            line={"color": COLOURS[one.seat], "width": 14},
            opacity=1.0 if number % 2 == 0 else 0.7,
            marker={"symbol": "line-ns", "size": [18, 0], "line": {"color": INK, "width": [2, 0]}},
            showlegend=False,
            **hover([plainly(f"{told}: {one.move.why}" if one.move.why else told)] * 2),
        )
        if wide:
            name = f"version {plainly(one.version)}"
            figure.add_annotation(x=one.start, y=lane - 0.36, text=name, showarrow=False, xanchor="left")
    dress_lines(figure, [begin(seat) for seat in lanes], meta={"chart": "timeline"}, each=56, top=16)
    figure.update_xaxes(nticks=5, tickangle=0)
    return figure


def draw_live(standings: Sequence[LiveStanding], scores: pl.DataFrame) -> Figure | None:
    """How much speaks for each live claim by now; past the line above it it is decided."""
    from plotly.graph_objects import Figure

    shown = [one for one in standings if one.sessions][-MOST_LIVE:]
    if not shown:
        return None
    figure = Figure()
    for one, (colour, dash, symbol) in zip(shown, LOOKS, strict=False):
        terms = one.terms
        rows = scores.filter(line=terms.line, claim=terms.claim, horizon=terms.horizon)
        side = "better" if one.better >= one.refuted else "refuted"
        about = f"version {terms.line}: {terms.claim} {terms.horizon} ahead"
        figure.add_scatter(
            x=rows["known"].to_list(),
            y=[max(value, FLOOR) for value in rows[side].to_list()],
            mode="lines+markers" if rows.height < 40 else "lines",
            line={"color": colour, "dash": dash, "width": 1.8},
            marker={"symbol": symbol, "size": 5},
            name=plainly(about if side == "better" else f"{about}, against it"),
            hovertemplate="%{y:.3~g}",
        )
    needed = min(one.terms.needed for one in shown)
    figure.add_hline(
        y=needed,
        line={"color": INK, "width": 1, "dash": "dot"},
        annotation={"text": f"{needed:,.0f} decides", "font": {"color": MUTED}},
    )
    dress(figure, height=320, meta={"chart": "live"}, margin={"l": 52, "r": 16, "t": 40 + 18 * len(shown)})
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(type="log", dtick=1, exponentformat="power")
    return figure


def draw_coverage(rows: Sequence[CoverageRow], *, horizon: int, level: float) -> Figure | None:
    """The share of outcomes inside the intervals, group by group, with the range that luck gives; the line is what was
    promised."""
    from plotly.graph_objects import Figure

    shown = [row for row in rows if row.horizon == horizon and row.coverage is not None]
    if not shown:
        return None
    figure = Figure()
    share = [row.coverage or 0.0 for row in shown]
    figure.add_scatter(
        x=share,
        y=list(range(len(shown))),
        error_x={
            "array": [max((row.high or here) - here, 0.0) for row, here in zip(shown, share, strict=True)],
            "arrayminus": [
                max(here - (row.low or here), 0.0) for row, here in zip(shown, share, strict=True)
            ],
            "color": GREY,
            "thickness": 1.4,
            "width": 3,
        },
        mode="markers",
        marker={"size": 9, "color": BLUE},
        name="Inside, with the range that luck gives",
        showlegend=False,
        **hover(
            [f"{words.percent(row.coverage, digits=1, sign=False)} of {row.rows:,} rows" for row in shown]
        ),
    )
    dress_lines(
        figure, [plainly(begin(row.group)) for row in shown], meta={"chart": "coverage", "horizon": horizon}
    )
    figure.add_vline(
        x=level,
        line={"color": INK, "width": 1, "dash": "dot"},
        annotation={"text": f"{level:.0%} promised", "font": {"color": MUTED}, "yref": "paper", "y": 1.0},
        annotation_position="top",
    )
    figure.update_xaxes(tickformat=".0%")
    return figure


def draw_calibration(
    fan: Sequence[FanRow], coverage: Sequence[CoverageRow], *, horizons: Sequence[int], level: float
) -> Figure | None:
    """The share of holdout outcomes that each range held against the share that it promised; on the line is honest."""
    from plotly.graph_objects import Figure

    held = {(row.horizon, row.level): row.coverage for row in fan if row.coverage is not None}
    whole = (row for row in coverage if row.by == "all" and row.coverage is not None)
    held |= {(row.horizon, level): row.coverage for row in whole}
    figure = Figure()
    for horizon, (colour, dash, symbol) in zip(horizons, LOOKS, strict=False):
        points = sorted((promised, share) for (ahead, promised), share in held.items() if ahead == horizon)
        if len(points) < 2:
            continue
        figure.add_scatter(
            x=[promised for promised, _ in points],
            y=[share for _, share in points],
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 1.6},
            marker={"symbol": symbol, "size": 8, "color": colour},
            name=f"{horizon} ahead",
            hovertemplate="%{x:.0%} promised, %{y:.1%} held",
        )
    if not figure.data:
        return None
    dress(figure, height=320, meta={"chart": "calibration"}, margin={"l": 52, "r": 16})
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_xaxes(
        title={"text": "Promised", "font": {"color": MUTED}}, range=[0.4, 1], tickformat=".0%"
    )
    figure.update_yaxes(title={"text": "Held", "font": {"color": MUTED}}, range=[0.4, 1], tickformat=".0%")
    return figure


def draw_beside(versions: Sequence[ModelVersion], metric: str) -> Figure | None:
    """One metric of several versions on their holdouts, horizon by horizon, with 90 % intervals; a refit has no
    scores of its own."""
    from plotly.graph_objects import Figure

    figure, horizons = Figure(), sorted({ahead for one in versions for ahead in one.spec.task.horizons})
    for place, (version, (colour, _, symbol)) in enumerate(zip(versions, LOOKS, strict=False)):
        own = () if version.evidence.refit else version.evidence.holdout_scores
        scores = [row for row in own if row.metric == metric and row.value is not None]
        if not scores:
            continue
        figure.add_scatter(
            x=[row.value for row in scores],
            y=[horizons.index(row.horizon) + (place - 0.5) * 0.28 for row in scores],
            error_x={
                "array": [_reach(row, row.high) for row in scores],
                "arrayminus": [_reach(row, row.low) for row in scores],
                "color": colour,
                "thickness": 1.4,
                "width": 3,
            },
            mode="markers",
            marker={"symbol": symbol, "size": 9, "color": colour},
            name=f"Version {plainly(version.version)}",
            hovertemplate="%{x:.4~g}<extra></extra>",
        )
    if not figure.data:
        return None
    ahead = [f"{horizon} ahead" for horizon in horizons]
    dress_lines(figure, ahead, meta={"chart": "beside", "metric": metric}, each=44)
    figure.update_layout(showlegend=True)  # of a single one too: the other is a refit, and has no scores
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return figure


def _reach(row: Score, end: float | None) -> float:
    return 0.0 if end is None or row.value is None else abs(end - row.value)
