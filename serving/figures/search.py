"""Draws what a search came to: its best trials, how they learned, and what their scores hang on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_core.registry.searched import Importance, TrialRow
from ml_core.vocabulary import words
from serving.figures.chart_look import digits, dress, dress_lines, hover, plainly
from serving.look.style import BLUE, GREEN, GREY, INK, LINE, MUTED
from serving.searches import NewestSearch, curve_of, tell_key, tell_params

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BOARD, CURVES = 30, 200  # at most: trials of the leaderboard, curves
FAINT = "rgba(123, 135, 148, 0.35)"


def draw_leaderboard(search: NewestSearch) -> Figure | None:
    """A line a trial, the best on top: what it scored with its error, and what is expected of it on other dates."""
    from plotly.graph_objects import Figure

    rows = search.ranked[:BOARD]
    if not rows:
        return None
    figure, places = Figure(), list(range(len(rows)))
    told = [_told(row) for row in rows]
    figure.add_scatter(
        x=[row.test for row in rows],
        y=places,
        error_x={"array": [row.error or 0.0 for row in rows], "color": GREY, "thickness": 1.4, "width": 3},
        mode="markers",
        marker={"symbol": "circle-open", "size": 8, "color": MUTED, "line": {"width": 1.6}},
        name="Scored, with its standard error" if any(row.error for row in rows) else "Scored",
        **hover(told),
    )
    if any(row.again is not None for row in rows):
        figure.add_scatter(
            x=[row.again for row in rows],
            y=places,
            mode="markers",
            marker={"symbol": "circle", "size": 9, "color": GREEN},
            name="Expected on other dates",
            **hover(told),
        )
    labels = [f"{place + 1}  {plainly(words.baseline(row.family or ''))}" for place, row in enumerate(rows)]
    dress_lines(figure, labels, meta={"search": search.name, "chart": "leaderboard"})
    figure.update_xaxes(tickformat=digits(search.objective))
    return figure


def draw_curves(search: NewestSearch) -> Figure | None:
    """How each trial learned: its validation score by epoch, the best drawn out, a cross where one was dropped."""
    from plotly.graph_objects import Figure

    learned = [trial for trial in search.trials[:CURVES] if len(curve_of(trial)) > 1]
    if not learned:
        return None
    best = next((one for one in learned if search.ranked and one.id == search.ranked[0].trial), learned[0])
    others = [trial for trial in learned if trial is not best]
    place = "first in rank" if search.ranked and best.id == search.ranked[0].trial else "best of these"
    figure = Figure()
    figure.add_scatter(
        x=[epoch for trial in others for epoch in (*range(1, len(curve_of(trial)) + 1), None)],
        y=[score for trial in others for score in (*curve_of(trial), None)],
        mode="lines",
        line={"color": FAINT, "width": 1.2},
        hoverinfo="skip",
        name=f"{len(others)} others",
    )
    dropped = [trial for trial in others if trial.status == "stopped"]
    if dropped:
        figure.add_scatter(
            x=[len(curve_of(trial)) for trial in dropped],
            y=[curve_of(trial)[-1] for trial in dropped],
            mode="markers",
            marker={"symbol": "x-thin", "size": 7, "line": {"color": MUTED, "width": 1.4}},
            name="Dropped",
            **hover([plainly(f"{trial.id}: {tell_params(trial.params)}") for trial in dropped]),
        )
    figure.add_scatter(
        x=list(range(1, len(curve_of(best)) + 1)),
        y=list(curve_of(best)),
        mode="lines+markers",
        line={"color": GREEN, "width": 2.4},
        marker={"size": 5},
        name=f"The {place}: {plainly(words.baseline(str(best.params.get('family'))))}",
        hovertemplate="epoch %{x}: %{y:.4~g}<extra></extra>",
    )
    dress(
        figure,
        height=320,
        meta={"search": search.name, "chart": "curves"},
        margin={"l": 52, "r": 16, "t": 62},
    )
    most = max(len(curve_of(trial)) for trial in learned)
    whole = {"tickformat": "d", "dtick": -(-most // 10)}  # no mark between two epochs
    figure.update_xaxes(title={"text": "Epoch", "font": {"color": MUTED}}, **whole)
    figure.update_yaxes(tickformat=digits(search.objective))
    return figure


def draw_importance(keys: Sequence[Importance], search: NewestSearch) -> Figure | None:
    """The share of what parts good trials from others that hangs on each key, beside what chance gives it."""
    from plotly.graph_objects import Figure

    if not keys:
        return None
    figure, places = Figure(), list(range(len(keys)))
    several = len({key.family for key in keys}) > 1
    figure.add_bar(
        x=[key.share for key in keys],
        y=places,
        orientation="h",
        error_x={"array": [key.error for key in keys], "color": INK, "thickness": 1.2, "width": 3},
        marker={
            "color": [BLUE if key.stands_out else LINE for key in keys],
            "line": {"color": [BLUE if key.stands_out else GREY for key in keys], "width": 1},
        },
        width=0.5,
        name="Share, with its standard error",
        showlegend=False,
        hovertemplate="%{x:.0%}<extra></extra>",
    )
    figure.add_scatter(
        x=[key.chance for key in keys],
        y=places,
        mode="markers",
        marker={"symbol": "line-ns", "size": 16, "line": {"color": INK, "width": 2}},
        name="What chance gives it",
        hovertemplate="by chance %{x:.0%}<extra></extra>",
    )
    labels = [
        plainly(f"{tell_key(key.key)}{f', {words.baseline(key.family)}' if several else ''}")
        + ("  \N{BLACK STAR}" if key.stands_out else "")
        for key in keys
    ]
    dress_lines(figure, labels, meta={"search": search.name, "chart": "importance"})
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return figure


def _told(row: TrialRow) -> str:
    scored = f"scored {words.number(row.test)}"
    error = f" \N{PLUS-MINUS SIGN} {words.number(row.error)}" if row.error else ""
    again = f", expected again {words.number(row.again)}" if row.again is not None else ""
    params = "<br>".join(plainly(one) for one in tell_params(row.params).split(", "))
    return f"{plainly(row.trial)}: {scored}{error}{again}<br>{params}"
