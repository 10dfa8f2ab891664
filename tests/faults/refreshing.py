"""A process of its own that refreshes a simulated market up to each of the given days, in turn, and says so."""

import datetime as dt
import resource
import signal
import sys
from pathlib import Path

from ml_core.data.intake.refresh import refresh
from ml_core.data.store.store import open_store
from ml_core.errors import ForecastError
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

TICKERS = tuple(f"T{place:02d}" for place in range(12))
NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
FIRST = dt.date(2018, 1, 2)


def ask(end: dt.date) -> Experiment:
    """The market up to that day: what a run on that day would have asked for."""
    return Experiment.model_validate(
        {
            "name": "faults",
            "universe": {"tickers": TICKERS, "calendar": "data"},
            "data": {"source": "simulated", "end": end, "simulated": {"sessions": 260}},
        }
    )


def day(place: int) -> dt.date:
    return FIRST + dt.timedelta(days=place)


def ask_yahoo(tickers: tuple[str, ...]) -> Experiment:
    """The loopback market of `tests/data`, asked for in parts."""
    quick = {"pace": 0, "wait": 0.02, "longest_wait": 0.04, "budget": 2.0, "timeout": 5.0, "store_every": 0.3}
    data = {"source": "yahoo", "start": "2024-01-02", "yahoo": quick}
    return Experiment.model_validate({"name": "y", "universe": {"tickers": tickers}, "data": data})


def refresh_yahoo(home: Home, url: str, now: str, tickers: tuple[str, ...]) -> None:
    from tests.data.loopback_yahoo import LoopbackSession

    def progress(ticker: str, done: int, total: int) -> None:
        say(f"asked {done} of {total} {ticker}")

    moment = dt.datetime.fromisoformat(now)
    refresh(ask_yahoo(tickers), home, now=moment, session=LoopbackSession(url), progress=progress)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def refresh_through(home: Home, places: range) -> None:
    for place in places:
        say(f"start {place}")
        refresh(ask(day(place)), home, now=NOW)
        say(f"done {place}")


def main(home: str, first: str, last: str, step: str, most_bytes: str = "0") -> int:
    if int(most_bytes):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
    try:
        open_store(
            ask(day(9)), Home(Path(home))
        ).bars.prices()  # whatever is imported lazily is there from here on
        refresh_through(Home(Path(home)), range(int(first), int(last) + 1, int(step)))
    except ForecastError as error:
        say(f"{type(error).__name__}: {error}")
        return 2
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "yahoo":
        refresh_yahoo(Home(Path(sys.argv[2])), sys.argv[3], sys.argv[4], tuple(sys.argv[5].split(",")))
    else:
        sys.exit(main(*sys.argv[1:]))
