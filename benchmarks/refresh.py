"""What a first load and one new session cost: CPU seconds, the largest resident memory, and versions made.

    python benchmarks/refresh.py [--tickers 500] [--years 20] [--source yahoo,files,simulated] [--delay 0.05]

`yahoo` is the real provider over a real HTTP server on loopback, in a process of its own, without a pause between
requests; `--delay` is what each of its answers takes. `requests alone` is what the same answers of one new session cost
over the same session, unread: what no refresh can go below. `files` is one Parquet file a ticker. Each refresh is a
process of its own, as it is every night. `imports` is what it spends before the refresh begins, and no part of `cpu s`.
"""

import argparse
import datetime as dt
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
FIRST, LAST = dt.date(2004, 1, 2), dt.date(2024, 6, 28)


def sessions_of(years: int) -> list[dt.date]:
    from ml_core.data.calendar import sessions_between

    return sessions_between("XNYS", FIRST, LAST)[-252 * years - 1 :]


def make_closes(place: int, count: int) -> Any:
    import numpy as np

    chance = np.random.default_rng(place)
    return np.round(50 * np.exp(np.cumsum(chance.normal(0, 0.012, count))) + 1, 2)


def serve(tickers: list[str], years: int, delay: float, channel: Any) -> None:
    """Charts of these tickers up to the session that was told last, until the channel is closed."""
    from tests.data.loopback_yahoo import Listing, LoopbackYahoo

    days = sessions_of(years)
    rows = {}
    for place, ticker in enumerate(tickers):
        closes = make_closes(place, len(days)).tolist()
        rows[ticker] = [
            (day, close, close * 1.01, close * 0.99, close, close, 100_000 + at)
            for at, (day, close) in enumerate(zip(days, closes, strict=True))
        ]
    with LoopbackYahoo({ticker: Listing(rows[ticker][:-1]) for ticker in tickers}) as server:
        server.delay = delay
        channel.send(server.url)
        while (told := channel.recv()) != "end":
            if told == "grow":
                server.listings = {ticker: Listing(rows[ticker]) for ticker in tickers}
            channel.send(server.asked["chart"])


def write_files(folder: Path, tickers: list[str], years: int, *, whole: bool) -> None:
    import polars as pl

    days = sessions_of(years)
    folder.mkdir(exist_ok=True)
    for place, ticker in enumerate(tickers):
        close = make_closes(place, len(days))
        table = pl.DataFrame(
            {
                "date": days, "ticker": [ticker] * len(days), "open": close, "high": close * 1.01, "low": close * 0.99,
                "close": close, "volume": [1e5 + at for at in range(len(days))], "dividend": 0.0, "split": 1.0,
            }
        )  # fmt: skip
        (table if whole else table.head(-1)).write_parquet(folder / f"{ticker}.parquet")


def refresh_here(asked: dict[str, Any]) -> None:
    """In a process of its own: one refresh, and what it cost."""
    from ml_core.data.intake.refresh import refresh
    from ml_core.data.store.store import open_store
    from ml_core.data.store.tables import newest_version
    from ml_core.home.settings import open_home
    from ml_core.spec.experiment import Experiment

    session = None
    if url := asked["url"]:
        from tests.data.loopback_yahoo import LoopbackSession

        session = LoopbackSession(url)
    imports, home = time.process_time(), open_home(Path(asked["home"]))
    experiment = Experiment.model_validate(asked["experiment"])
    began = time.perf_counter()
    done = refresh(experiment, home, now=dt.datetime.fromisoformat(asked["now"]), session=session)
    store = open_store(experiment, home)
    kept = {"bars": store.bars, "quarantine": store.findings, "coverage": store.answers}
    versions = {name: newest_version(table.folder) or 0 for name, table in kept.items()}
    print(
        json.dumps(
            {
                "cpu s": round(time.process_time() - imports, 2),
                "imports": round(imports, 2),
                "wall s": round(time.perf_counter() - began, 1),
                "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "new": done.inserted,
                "versions": versions,
                "partial": done.partial,
            }
        )
    )


def request_here(asked: dict[str, Any]) -> None:
    """In a process of its own: the answers of one new session, and nothing made of them."""
    from ml_core.data.providers.yahoo import CHART
    from tests.data.loopback_yahoo import LoopbackSession

    session, imports = LoopbackSession(asked["url"]), time.process_time()
    now = dt.datetime.fromisoformat(asked["now"])
    moments = {"period1": int(now.timestamp()) - 25 * 86_400, "period2": int(now.timestamp()) + 3 * 86_400}
    for ticker in asked["experiment"]["universe"]["tickers"]:
        session.get(CHART + ticker, params=moments | {"interval": "1d"})
    spent = time.process_time() - imports
    print(json.dumps({"cpu s": round(spent, 2), "imports": round(imports, 2)}))


def measure(name: str, asked: dict[str, Any]) -> None:
    run = subprocess.run(
        [sys.executable, __file__, "--here", json.dumps(asked)], capture_output=True, text=True, check=False
    )
    print(f"{name:32}", run.stdout.strip() or run.stderr.strip().splitlines()[-1:], flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tickers", type=int, default=500)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--source", default="yahoo,files,simulated")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--here", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        asked = json.loads(given.here)
        (request_here if asked.get("alone") else refresh_here)(asked)
    else:
        compare(given)


def compare(given: argparse.Namespace) -> None:
    tickers = [f"T{place:03d}" for place in range(given.tickers)]
    days = sessions_of(given.years)
    before, after = (f"{day}T22:00:00+00:00" for day in days[-2:])
    for source in given.source.split(","):
        with tempfile.TemporaryDirectory() as folder:
            data: dict[str, Any] = {"source": source}
            asked = {"home": str(Path(folder) / "home"), "url": None, "now": before}
            channel, files = None, Path(folder) / "files"
            if source == "yahoo":
                data |= {"start": str(days[0]), "yahoo": {"pace": 0}}
                channel, theirs = multiprocessing.Pipe()
                served = (tickers, given.years, given.delay, theirs)
                multiprocessing.Process(target=serve, args=served, daemon=True).start()
                asked["url"] = channel.recv()
            elif source == "files":
                data |= {"files": {"path": str(files)}}
                write_files(files, tickers, given.years, whole=False)
            else:
                data |= {"simulated": {"sessions": len(days)}}
            asked["experiment"] = {"name": "bench", "universe": {"tickers": tickers}, "data": data}
            measure(f"{source}, first load", asked)
            if channel:
                channel.send("grow")
                channel.recv()
            elif source == "files":
                write_files(files, tickers, given.years, whole=True)
            measure(f"{source}, one new session", asked | {"now": after})
            measure(f"{source}, nothing new", asked | {"now": after})
            if channel:
                measure(f"{source}, requests alone", asked | {"now": after, "alone": True})
                channel.send("end")


if __name__ == "__main__":
    main()
