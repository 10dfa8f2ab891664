"""What is done with bars on the command line: bring them up to date, and look at what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flows.session import DONE, PARTIAL, Session
from flows.terminal import Terminal
from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    import polars as pl

    from ml_core.data.refresh import Refreshed

FINDINGS = 20
NAMED = 10


def refresh(session: Session, *, tickers: list[str] | None = None, whole: bool = False) -> int:
    from ml_core.data.refresh import refresh as refresh_bars

    experiment, terminal = session.experiment, session.terminal
    if tickers and not whole:
        raise InvalidInput(
            f"{tickers[0]}: tickers are named with --whole alone; without it, all are brought up to date"
        )
    terminal.step(f"fetching {len(experiment.universe.tickers)} tickers from {experiment.data.source}")
    with session.alone("refresh"):
        done = refresh_bars(
            experiment,
            session.home,
            now=session.now,
            progress=lambda ticker, number, total: terminal.progress(f"{number}/{total} {ticker}"),
            whole=tuple(tickers or ()) if whole else None,
        )
    for line in tell_problems(done):
        terminal.warn(line)
    terminal.say(
        f"{done.inserted} bars new, {done.updated} changed, {done.repaired} repaired, {done.quarantined} quarantined; "
        f"last session {done.last}; store version {done.version}"
        + ("; the source has not changed and was not read again" if done.unchanged else "")
    )
    terminal.document(
        {
            "inserted": done.inserted,
            "updated": done.updated,
            "repaired": done.repaired,
            "quarantined": done.quarantined,
            "rebuilt": dict(done.rebuilt),
            "held_back": dict(done.held_back),
            "refused": dict(done.refused),
            "jumps": list(done.jumps),
            "unchanged": done.unchanged,
            "version": done.version,
            "last": done.last,
            "notes": list(done.notes),
            "tickers": {
                ticker: {"status": outcome.status, "reason": outcome.reason, "rows": outcome.rows}
                for ticker, outcome in done.outcomes.items()
            },
        }
    )
    return PARTIAL if done.partial else DONE


def tell_problems(done: Refreshed) -> list[str]:
    """A line for all that somebody should look at; of many of a kind the first ones, and how many more there are."""
    rebuilt = [
        f"{t}: its past was rewritten and is rebuilt as a new version: {how}"
        for t, how in done.rebuilt.items()
    ]
    failed = [f"{ticker}: {how.status}: {how.reason}" for ticker, how in done.failed.items()]
    held = [f"{ticker}: {why}" for ticker, why in done.held_back.items()]
    refused = [f"{bar}: refused: {reason}" for bar, reason in done.refused.items()]
    if refused:
        hint = 'data.quality.accept = ["TICKER DATE"] keeps one as it came'
        refused = [*_first(refused, "refused bars"), hint]
    jumps = list(done.jumps)
    if jumps:
        hint = (
            'data.quality.refuse = ["TICKER DATE"] keeps one out, data.quality.split = ["TICKER DATE RATIO"]'
        )
        jumps = [*_first(jumps, "jumps"), f"{hint} says what it was"]
    return [*done.notes, *rebuilt, *failed, *_first(held, "refused bars"), *refused, *jumps]


def _first(lines: list[str], what: str) -> list[str]:
    more = len(lines) - NAMED
    return [*lines[:NAMED], f"and {more} more such {what}; --json names all"] if more > 0 else lines


def overview(session: Session, *, out: Path | None) -> int:
    """Coverage, quarantine with reasons, repairs and stationarity, as tables; with `out` also as a picture."""
    from ml_core.data.overview import read_overview, summarise_findings
    from ml_core.data.picture import write_picture
    from ml_core.data.quarantine import count_bars, tell_accept

    terminal = session.terminal
    if out and out.suffix != ".html":
        raise InvalidInput(f"--out {out}: expected a name that ends in .html")
    found = read_overview(session.experiment, session.home)
    stored = "nothing stored" if found.version is None else f"store version {found.version}"
    terminal.say(f"{found.source}, {stored}")
    terminal.table(_texts(found.coverage), title="coverage")
    for title, table in (
        ("quarantine", found.held_back),
        ("repairs", found.repairs),
        ("remarks", found.remarks),
    ):
        terminal.say(f"\n{title}: {count_bars(table)}")
        told = summarise_findings(table)
        terminal.table(_texts(told.head(FINDINGS)))
        if told.height > FINDINGS:
            terminal.say(f"and {told.height - FINDINGS} more such lines; --out FILE and --json have all")
        if title == "quarantine" and told.height:
            terminal.say(tell_accept(told["ticker"][0], told["first"][0]))
    _print_jumps(terminal, found.jumps)
    terminal.say()
    terminal.table(_texts(found.stationarity), title="stationarity")
    if out:
        write_picture(found, out)
        terminal.say(f"\npicture: {out}")
    terminal.document(found.document())
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
            "change": f"{change:+.1%}",
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


def vacuum(session: Session, *, days: int) -> int:
    """Free what has left the tables long ago; every version that a registered model names stays readable."""
    from ml_core.data.retention import free_space
    from ml_core.data.source import open_source
    from ml_core.registry import Registry

    source = open_source(session.experiment)
    models = Registry(session.home).everything()
    named = {
        found.evidence["data_version"] for found in models if found.evidence.get("store") == source.identity
    }
    with session.alone("refresh"):
        freed = free_space(source, session.home, named=named, days=days)
    kept = ", ".join(map(str, freed.kept)) or "none"
    session.terminal.say(
        f"{source.identity}: {freed.files} files freed; versions kept for their models: {kept}"
    )
    session.terminal.document({"files": freed.files, "kept": list(freed.kept)})
    return DONE


def _texts(table: pl.DataFrame) -> list[dict[str, object]]:
    import polars as pl

    moments = [name for name, kind in table.schema.items() if kind == pl.Datetime]
    dates = [name for name, kind in table.schema.items() if kind == pl.Date]
    return table.with_columns(
        *(pl.col(name).cast(pl.String) for name in dates),
        *(pl.col(name).dt.strftime("%Y-%m-%d %H:%M") for name in moments),
    ).to_dicts()
