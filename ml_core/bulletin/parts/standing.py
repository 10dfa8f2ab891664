"""How it stands now: what is due, what does not hold, and the newest forecasts."""

from __future__ import annotations

import polars as pl

from ml_core.bulletin.figure import MOST, draw_forecasts
from ml_core.bulletin.pictures import picture
from ml_core.bulletin.subject import ReportSubject
from ml_core.data.store.forecasts import read_forecast
from ml_core.monitoring.condition import PartCondition
from ml_core.monitoring.duties import examine_experiment
from ml_core.monitoring.record import Breach, open_record
from ml_core.registry.seats import REFERENCE
from ml_core.reporting.document.document import Block, Missing, Paragraph, Section, table_of
from ml_core.vocabulary import words

TITLE = "How it stands"


def tell_standing(subject: ReportSubject) -> Section:
    origin = subject.today("doctor")
    rows = [
        {"part": one.part, "state": one.state, "what": one.told, "command": _helps(subject, one)}
        for one in examine_experiment(subject.order, now=subject.now)
    ]
    blocks: list[Block] = [table_of("Bars, model and forecast", rows, origin)]
    if subject.version and subject.seat:
        blocks.insert(0, Paragraph(f"Version {subject.version.version}: {subject.seat}."))
    if open_record(subject.order).looks().is_empty():
        why = "nobody has looked yet whether what the forecast rests on still holds."
        blocks.append(Missing("Monitoring", why, subject.spell("monitor")))
    elif not _ongoing(subject):
        blocks.append(Paragraph("Monitoring knows of nothing that does not hold."))
    return Section(TITLE, tuple(blocks), origin)


def tell_breaches(subject: ReportSubject) -> tuple[Section, ...]:
    """What monitoring has found not to hold, and whether somebody knows of it; no section where nothing goes on."""
    origin = subject.today("monitor")
    rows = [
        {"id": f"{one.id}", "check": one.check, "since": f"{one.began}", "state": one.state, "why": one.told}
        for one in _ongoing(subject)
    ]
    if not rows:
        return ()
    return (Section("What does not hold", (table_of("Breaches that go on", rows, origin),), origin),)


def tell_forecasts(subject: ReportSubject) -> Section:
    newest = read_newest(subject)
    origin = subject.today("predict", *subject.asked)
    if newest.is_empty():
        why = "this version has said nothing that was kept yet."
        return Section("The newest forecasts", (Missing("Forecasts", why, origin.command),), origin)
    priced, silent = subject.order.experiment.task.priced, newest["seat"][0] == REFERENCE
    shown = newest.sort("horizon", "ticker")
    rows = [
        {
            "ticker": row["ticker"],
            "ahead": f"{row['horizon']}",
            "mean": "none" if silent else words.move(row["mean"], priced=priced),
            "90 % interval": words.reach(row["lower"], row["upper"], priced=priced),
            "proven": row["proven"] or "nothing",
        }
        for row in shown.head(MOST).iter_rows(named=True)
    ]
    more = f"; the first {MOST} of {shown.height}" if shown.height > MOST else ""
    day, first = newest["as_of"][0], newest["horizon"].min()
    drawn = picture(
        draw_forecasts(newest, title=""), "forecasts", f"The {first}-ahead forecasts of {day}",
        f"A bar for each ticker: its 90 % interval, {first} ahead of {day}. The table has each number.", origin,
    )  # fmt: skip
    table = table_of(f"What was said last, on {day}{more}", rows, origin)
    return Section(f"The newest forecasts, of {day}", (drawn, table), origin)


def read_newest(subject: ReportSubject) -> pl.DataFrame:
    """KEPT: what the version has said last."""
    rows = read_forecast(subject.order.home, subject.order.name)
    own = rows.filter(pl.col("version") == (subject.version.version if subject.version else ""))
    return own.filter(pl.col("as_of") == pl.col("as_of").max())


def _helps(subject: ReportSubject, one: PartCondition) -> str:
    return subject.spell(one.verb) if one.verb else ""


def _ongoing(subject: ReportSubject) -> list[Breach]:
    return [one for one in open_record(subject.order).breaches() if one.over is None]
