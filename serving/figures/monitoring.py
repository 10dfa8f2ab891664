"""Draws how near each check came to an alarm, session by session: a lane a check, with a line where the alarm is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.features.spoken import speak
from ml_core.vocabulary.words import listed, percent
from serving.figures.chart_look import dress_lines, hover, plainly
from serving.look.markup import begin
from serving.look.style import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SESSIONS = 250  # those that are shown, up to the last
NAMED = 5  # of them, below the picture
MOST = 1.25  # of what is allowed: what lies higher is drawn there
FOOT, HIGH = 0.36, 0.64  # of a lane: where nothing was found, and how far above that the alarm lies


def draw_distances(looks: pl.DataFrame) -> Figure | None:
    """Of each check and session the finding that is nearest to its alarm, as a share of what is allowed."""
    from plotly.graph_objects import Figure

    nearest = find_nearest(looks)
    if nearest.is_empty():
        return None
    lanes, figure = nearest["check"].unique().sort().to_list(), Figure()
    days: list[dt.date] = nearest["session"].unique().sort().to_list()
    ends = _ends(days)
    for lane, name in enumerate(lanes):
        own = nearest.filter(check=name)
        figure.add_scatter(
            x=own["session"].to_list(),
            y=_heights(own, lane),
            mode="lines+markers",
            line={"color": BLUE, "width": 1.6},
            marker={"size": 6 if own.height < 10 else 0.1, "color": BLUE},
            name="Nearest finding",
            showlegend=lane == 0,
            **hover(_tell(own)),
        )
        figure.add_scatter(
            x=ends,
            y=[lane + FOOT - HIGH] * 2,
            mode="lines",
            line={"color": GREY, "width": 1, "dash": "dot"},
            name="What is allowed",
            showlegend=lane == 0,
            hoverinfo="skip",
        )
    _mark_alarms(figure, nearest.filter(pl.col("share") > 1), lanes)
    meta = {"chart": "distances", "alt": describe_distances(nearest)}
    dress_lines(figure, [begin(name) for name in lanes], meta=meta, each=42)
    return figure.update_xaxes(range=ends, tickvals=_marked(days), tickangle=0, tickformat="%d %b\n%Y")


def tell_subject(check: str, subject: str) -> str:
    """What was looked at, in words that a person knows: inputs are kept by the names of features."""
    return speak(subject) if check == "inputs" else subject


def find_nearest(looks: pl.DataFrame) -> pl.DataFrame:
    """(session, check, subject, told, share), of the last sessions. More than 1 is an alarm."""
    none = pl.when(pl.col("value") > 0).then(2.0).otherwise(0.0)  # where nothing at all is allowed
    share = pl.when(pl.col("allowed") > 0).then(pl.col("value") / pl.col("allowed")).otherwise(none)
    shown = looks["session"].unique().sort().tail(SESSIONS)
    return (
        looks.with_columns(share=share)
        .filter(pl.col("session").is_in(shown.implode()), pl.col("share").is_not_nan())
        .sort("share", descending=True)
        .unique(["session", "check"], keep="first", maintain_order=True)
        .sort("session", "check")
        .select("session", "check", "subject", "told", "share")
    )


def describe_distances(nearest: pl.DataFrame) -> str:
    """The picture in words, for whoever does not see it."""
    days: list[dt.date] = nearest["session"].unique().sort().to_list()
    last = nearest.filter(session=days[-1]).sort("share", descending=True)
    told = [f"{row['check']} {_share(row['share'])}" for row in last.iter_rows(named=True)]
    alarms = nearest.filter(pl.col("share") > 1)
    over = alarms["check"].unique().sort().to_list()
    marked = f"Alarms: {alarms.height}, of {listed(over)}" if over else "No alarm"
    many = "1 session" if len(days) == 1 else f"{len(days)} sessions from {days[0]:%d %b %Y}"
    return (
        f"How near each check came to an alarm, {many} to {days[-1]:%d %b %Y}. {marked}. At last, as a share of what "
        f"is allowed: {listed(told)}."
    )


def _ends(days: Sequence[dt.date]) -> list[dt.datetime]:
    """A little before the first session and after the last, so that one session alone has a width too."""
    first, last = (dt.datetime.combine(day, dt.time()) for day in (days[0], days[-1]))
    beside = max(dt.timedelta(hours=18), (last - first) / 50)
    return [first - beside, last + beside]


def _marked(days: Sequence[dt.date]) -> list[dt.date]:
    """The sessions that are named below: all of a few, else some of them, evenly."""
    step = (len(days) - 1) / (NAMED - 1)
    return list(days) if step <= 1 else [days[round(at * step)] for at in range(NAMED)]


def _mark_alarms(figure: Figure, alarms: pl.DataFrame, lanes: Sequence[str]) -> None:
    if alarms.is_empty():
        return
    figure.add_scatter(
        x=alarms["session"].to_list(),
        y=[lanes.index(row["check"]) + FOOT - HIGH * min(row["share"], MOST) for row in alarms.to_dicts()],
        mode="markers",
        marker={"symbol": "x", "size": 9, "color": VERMILION},
        name="Alarm",
        **hover(_tell(alarms)),
    )


def _heights(own: pl.DataFrame, lane: int) -> list[float]:
    """Lanes are counted from the top, so higher is less."""
    return [lane + FOOT - HIGH * min(max(share, 0.0), MOST) for share in own["share"].to_list()]


def _tell(rows: pl.DataFrame) -> list[str]:
    return [plainly(_told(row)) + f"<br>{plainly(row['told'])}" for row in rows.iter_rows(named=True)]


def _told(row: dict[str, Any]) -> str:
    subject = tell_subject(row["check"], row["subject"])
    return f"{row['session']:%a %d %b %Y}: {subject}, {_share(row['share'])} of what is allowed"


def _share(share: float) -> str:
    return percent(share, digits=0, sign=False)
