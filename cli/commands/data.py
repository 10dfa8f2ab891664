"""`data`: what the stored bars cover, what was refused or repaired and why, and whether the series are stationary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import check_file
from cli.session import DONE, Session
from cli.terminal import Terminal
from ml_core.vocabulary.words import percent

if TYPE_CHECKING:
    import polars as pl


FINDINGS = 20


def data(session: Session, *, out: Path | None) -> int:
    from ml_core.data.overview import read_overview, summarise_findings
    from ml_core.data.picture import write_picture
    from ml_core.data.quality.settings import tell_accept
    from ml_core.data.store.findings import count_bars

    terminal = session.terminal
    if out:
        check_file(out, (".html",))
    overview = read_overview(session.experiment, session.home)
    stored = "nothing stored" if overview.version is None else f"store version {overview.version}"
    terminal.say(f"{overview.source}, {stored}")
    terminal.table(_texts(overview.coverage), title="coverage")
    for title, table in (
        ("quarantine", overview.held_back),
        ("repairs", overview.repairs),
        ("remarks", overview.remarks),
    ):
        terminal.say(f"\n{title}: {count_bars(table)}")
        told = summarise_findings(table)
        terminal.table(_texts(told.head(FINDINGS)))
        if told.height > FINDINGS:
            terminal.say(f"and {told.height - FINDINGS} more such lines; --out FILE and --json have all")
        if title == "quarantine" and told.height:
            terminal.say(tell_accept(told["ticker"][0], told["first"][0], check=told["check"][0]))
    _print_jumps(terminal, overview.jumps)
    terminal.say()
    terminal.table(_texts(overview.stationarity), title="stationarity")
    if out:
        write_picture(overview, out)
        terminal.say(f"\npicture: {out}")
    terminal.document(overview.document())
    return DONE


def _print_jumps(terminal: Terminal, jumps: pl.DataFrame) -> None:
    """The newest bars that nothing recorded explains, and how the user says what they are."""
    terminal.say(f"\njumps that nothing recorded explains, kept as they came: {jumps.height}")
    if jumps.is_empty():
        return
    rows = [
        {
            "ticker": ticker,
            "date": str(date),
            "change": percent(change, digits=1),
            "volume": "-" if volume is None else f"{volume:.1f} x usual",
        }
        for ticker, date, change, volume in jumps.head(FINDINGS).iter_rows()
    ]
    terminal.table(rows)
    if jumps.height > FINDINGS:
        terminal.say(f"and {jumps.height - FINDINGS} older ones; --json lists them all")
    day = f"{rows[0]['ticker']} {rows[0]['date']}"
    terminal.say(
        f'Under [data.quality] of the experiment\'s file: accept = ["{day}"] where it is true, refuse = ["{day}"] to\n'
        f'keep it out, split = ["{day} RATIO"] where it was a split or spin-off.'
    )


def _texts(table: pl.DataFrame) -> list[dict[str, object]]:
    import polars as pl

    moments = [name for name, kind in table.schema.items() if kind == pl.Datetime]
    dates = [name for name, kind in table.schema.items() if kind == pl.Date]
    return table.with_columns(
        *(pl.col(name).cast(pl.String) for name in dates),
        *(pl.col(name).dt.strftime("%Y-%m-%d %H:%M") for name in moments),
    ).to_dicts()
