"""What becomes of a table of bars after a thousand daily merges, one after another?

    python benchmarks/merges.py [--tickers 50] [--years 5] [--merges 1000]

So many years are written first, then a session a day; every fifth day one older bar is corrected as well. Beside the
count of merges stand the files of the newest version, how many of them are small, all files with those of versions
before, the log's entries with its checkpoints, megabytes, and the milliseconds of a merge and of two reads in this
process: all bars, and the prices of ten tickers. Last of all `vacuum` has freed what the newest version does not need,
as if all of it had been written a year ago.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.store import ASKED, NOW, SESSIONS_A_YEAR, bytes_in, make_bars, timed
from ml_core.data.store import tables
from ml_core.data.store.bars import BarTable
from ml_core.data.store.deltalog import LOG, list_files, open_log

COLUMNS = ("merges", "files", "small", "kept files", "log", "MB", "merge ms", "all ms", "ten ms")
YEAR = 365 * 86_400_000  # in milliseconds
CORRECTED_EVERY, LOOKS = 5, 10
READS = 5  # of which the median is told


def row_of(store: BarTable, merges: int, seconds: list[float]) -> tuple[str, ...]:
    folder = Path(str(store.folder))
    log = open_log(folder)
    assert log is not None
    files = list_files(log)
    tickers = tuple(f"T{place:03d}" for place in range(ASKED))
    numbers = (
        merges,
        len(files),
        sum(file.rows < tables.SMALL for file in files),
        len(list(folder.glob("*.parquet"))),
        len(list((folder / LOG).iterdir())),
        f"{bytes_in(folder) / 1e6:.1f}",
        f"{1000 * median(seconds):.0f}" if seconds else "-",
        f"{1000 * median(timed(store.read) for _ in range(READS)):.0f}",
        f"{1000 * median(timed(lambda: store.prices(tickers)) for _ in range(READS)):.0f}",
    )
    return tuple(map(str, numbers))


def correct(bars: pl.DataFrame, day: int) -> pl.DataFrame:
    """One of the bars that stand there, as a provider sends it again."""
    return bars[[day * 7919 % bars.height]].with_columns(pl.col("volume") + 1)


def make_old(folder: Path) -> None:
    """As if all of it had been written a year ago: the log says when a file left the table."""
    for entry in (folder / LOG).glob("*.json"):
        text = re.sub(
            r'(Timestamp|Time|timestamp)":(\d{13})',
            lambda at: f'{at[1]}":{int(at[2]) - YEAR}',
            entry.read_text(),
        )
        entry.write_text(text)
    for checkpoint in (folder / LOG).glob("*checkpoint*"):  # it would tell of before
        checkpoint.unlink()


def show(row: tuple[str, ...]) -> None:
    print("  ".join(f"{cell:>10}" for cell in row), flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--tickers", type=int, default=50)
    asked.add_argument("--years", type=int, default=5)
    asked.add_argument("--merges", type=int, default=1000)
    options = asked.parse_args()
    first = options.years * SESSIONS_A_YEAR
    bars = make_bars(options.tickers, first + options.merges)
    days = bars["date"].unique().sort()
    begun = bars.filter(pl.col("date") < days[first])
    with tempfile.TemporaryDirectory() as folder:
        store = BarTable(Path(folder) / "bars" / "bench")
        store.write(begun, observed_at=NOW)
        show(COLUMNS)
        show(row_of(store, 0, []))
        whole, seconds = time.perf_counter(), []
        for count, day in enumerate(days[first:], start=1):
            rows = bars.filter(pl.col("date") == day)
            if count % CORRECTED_EVERY == 0:
                rows = pl.concat([rows, correct(begun, count)])
            seconds.append(timed(lambda rows=rows: store.write(rows, observed_at=NOW)))
            if count % (options.merges // LOOKS) == 0:
                show(row_of(store, count, seconds[-options.merges // LOOKS :]))
        print(f"all merges: {time.perf_counter() - whole:.0f} s, with the looks between them")
        make_old(Path(str(store.folder)))
        tables.vacuum(store.folder, keep=(), days=30)
        log = open_log(store.folder)
        assert log is not None
        log.create_checkpoint()  # in place of those that told of before
        show(row_of(store, options.merges, []))


if __name__ == "__main__":
    main()
