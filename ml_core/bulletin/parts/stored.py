"""Which bars there are, what was refused or repaired, and what nothing explains."""

from __future__ import annotations

import polars as pl

from ml_core.bulletin.parts.advice import tell_made_up
from ml_core.bulletin.subject import ReportSubject
from ml_core.data.overview import Overview, read_overview, summarise_findings
from ml_core.errors import ForecastError
from ml_core.reporting.document.document import Block, Paragraph, Section, table_of
from ml_core.vocabulary import words

TITLE = "Data and their quality"
MOST = 40  # tickers that a table names; of more, those that lack most


def tell_data(subject: ReportSubject) -> Section:
    origin = subject.today("data")
    try:
        overview = read_overview(subject.order.experiment, subject.order.home)
    except ForecastError as error:
        return Section(TITLE, (subject.lacking("Stored bars", str(error)),), origin)
    blocks: list[Block] = [Paragraph(_tell_source(subject, overview)), _coverage(overview, subject)]
    blocks += [Paragraph(_tell_stationarity(overview))]
    for title, table in (
        ("Bars that were refused, and for which no other has come", overview.held_back),
        ("Bars that were put right", overview.repairs),
    ):
        blocks.append(_findings(title, table, subject))
    blocks.append(_jumps(overview, subject))
    return Section(TITLE, tuple(blocks), origin)


def _tell_source(subject: ReportSubject, overview: Overview) -> str:
    table = overview.coverage
    told = (
        f"{table['bars'].sum():,} bars of {table.height} series are stored, {table['first'].min()} to "
        f"{table['last'].max()}, from {overview.source}; the store stands at version {overview.version}."
    )
    judged = subject.judged.evidence if subject.judged and subject.judged.readable else None
    if judged:
        told += f" What was judged read version {judged.data_version}, which can still be read."
    return " ".join(filter(None, (told, tell_made_up(subject))))


def _coverage(overview: Overview, subject: ReportSubject) -> Block:
    table = overview.coverage
    shown = (
        table.sort("missing", descending=True, nulls_last=True).head(MOST).sort("ticker")
        if table.height > MOST
        else table
    )
    more = f"; the {MOST} of {table.height} that lack most" if table.height > MOST else ""
    rows = [
        {
            "ticker": row["ticker"],
            "bars": f"{row['bars']:,}",
            "first": f"{row['first'] or words.MISSING}",
            "last": f"{row['last'] or words.MISSING}",
            "sessions lacking": words.write(row["missing"], "count"),
            "refused": words.write(row["quarantined"], "count"),
            "repaired": words.write(row["repaired"], "count"),
            "last refresh": row["status"],
        }
        for row in shown.iter_rows(named=True)
    ]
    return table_of(f"What is stored of each series{more}", rows, subject.today("data"))


def _tell_stationarity(overview: Overview) -> str:
    counts = {
        series: (part.filter(verdict=pl.lit("stationary")).height, part.height)
        for (series,), part in overview.stationarity.partition_by("series", as_dict=True).items()
    }
    (prices, of), (returns, _) = counts.get("price", (0, 0)), counts.get("return", (0, 0))
    return (
        f"By two tests that ask opposite questions (ADF and KPSS) the returns of {returns} of {of} series are "
        f"stationary, the prices of {prices}: that is why returns are forecast, and not prices."
    )


def _findings(title: str, table: pl.DataFrame, subject: ReportSubject) -> Block:
    if table.is_empty():
        return Paragraph(f"{title}: none.")
    told = summarise_findings(table)
    rows = [
        {
            "ticker": row["ticker"],
            "check": words.baseline(row["check"]),
            "bars": f"{row['bars']}",
            "from": f"{row['first']}",
            "to": f"{row['last']}",
            "why": row["reason"],
        }
        for row in told.head(MOST).iter_rows(named=True)
    ]
    more = f"; the first {MOST} of {told.height}" if told.height > MOST else ""
    return table_of(f"{title}{more}", rows, subject.today("data"))


def _jumps(overview: Overview, subject: ReportSubject) -> Block:
    if overview.jumps.is_empty():
        return Paragraph("Jumps of a price that nothing recorded explains: none.")
    rows = [
        {
            "ticker": ticker,
            "date": f"{date}",
            "change": words.percent(change, digits=1),
            "times the usual volume": words.write(volume, "ratio"),
        }
        for ticker, date, change, volume in overview.jumps.head(MOST).iter_rows()
    ]
    told = f"the newest {MOST} of {overview.jumps.height}" if overview.jumps.height > MOST else "all of them"
    return table_of(
        f"Jumps that nothing recorded explains, kept as they came ({told})", rows, subject.today("data")
    )
