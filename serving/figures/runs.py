"""Draws runs on a line of time: what was done when, how long it took and how it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from serving.figures.chart_look import dress_lines, hover, plainly
from serving.look.markup import begin
from serving.look.style import BLUE, GREEN, GREY, INK, ORANGE, VERMILION
from serving.runs.request import VERBS
from serving.runs.run import Run, RunState

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# A colour and a sign for each end, so that the colour is not all that tells it.
LOOKS: dict[RunState, tuple[str, str]] = {
    "completed": (GREEN, "circle"),
    "partial": (ORANGE, "diamond"),
    "failed": (VERMILION, "x"),
    "lost": (VERMILION, "cross"),
    "cancelled": (GREY, "square"),
    "running": (BLUE, "triangle-right"),
    "unwatched": (ORANGE, "triangle-right"),
    "cancelling": (GREY, "triangle-right"),
    "waiting": (GREY, "circle-open"),
}
ENDS: dict[RunState, str] = {"partial": "completed in part", "unwatched": "running, unwatched"}


def draw_runs(runs: Sequence[Run], now: dt.datetime) -> Figure | None:
    """A lane a verb; a bar from the start of each run to its end, or to now, with its sign at the start."""
    from plotly.graph_objects import Figure

    if not runs:
        return None
    lanes = [verb for verb in VERBS if any(run.verb == verb for run in runs)]
    figure = Figure()
    for state, (colour, symbol) in LOOKS.items():
        own = [run for run in runs if run.state == state]
        if not own:
            continue
        xs, ys, texts = [], [], []
        for run in own:
            end = run.ended or max(now, run.created)
            xs += [run.created, end, None]
            ys += [lanes.index(run.verb)] * 2 + [None]
            texts += [plainly(tell_run(run, now))] * 2 + [""]
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines+markers",
            line={"color": colour, "width": 10},
            marker={
                "symbol": symbol,
                "size": [13, 0, 0] * len(own),
                "color": colour,
                "opacity": 1,
                "line": {"color": INK, "width": 1},
            },
            name=begin(ENDS.get(state, state)),
            connectgaps=False,
            showlegend=True,
            **hover(texts),
        )
    dress_lines(figure, [begin(verb) for verb in lanes], meta={"chart": "runs"}, each=44)
    figure.update_xaxes(nticks=5, tickangle=0, hoverformat="%a %d %b %Y %H:%M")
    return figure


def tell_run(run: Run, now: dt.datetime) -> str:
    """One line: what, how it ended, when it began and how long it took."""
    took = lasted(((run.ended or now) - run.created).total_seconds())
    return (
        f"{run.verb} {ENDS.get(run.state, run.state)}, {run.created:%d %b %Y %H:%M} UTC, {took}, by {run.by}"
    )


def lasted(seconds: float) -> str:
    """12 s, 3 min, 1.4 h."""
    if seconds < 100:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
