"""A refresh from Yahoo that is killed between and within its parts: the next one asks for what is missing only, and
in the end everything stands as if nothing had happened."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from ml_core.data.intake.refresh import refresh
from ml_core.data.store.store import open_store
from ml_core.home.settings import Home
from tests.data.loopback_yahoo import LoopbackYahoo
from tests.data.test_yahoo import NOW, make_listing
from tests.faults.refreshing import ask_yahoo

KILLS = max(4, int(os.environ.get("CANDORCAST_KILLS", "20")) // 6)
TICKERS = tuple(f"T{place:02d}" for place in range(60))
KEY = ["ticker", "date"]


def read(home: Home) -> pl.DataFrame:
    return open_store(ask_yahoo(TICKERS), home).bars.read()


def covered(home: Home) -> set[str]:
    """Tickers of which the store remembers that they were asked for, and came."""
    return set(open_store(ask_yahoo(TICKERS), home).answers.read().filter(status="ok")["ticker"])


def kill_one(home: Home, server: LoopbackYahoo, now: dt.datetime, *, after: int, wait: float) -> int:
    """Start a refresh, kill it a moment after it has asked for that many tickers; how many it got to."""
    command = [sys.executable, "-m", "tests.faults.refreshing", "yahoo", str(home.root), server.url]
    process = subprocess.Popen(
        [*command, now.isoformat(), ",".join(TICKERS)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    asked = 0
    try:
        assert process.stdout
        for line in process.stdout:
            asked = int(line.split()[1])
            if asked >= after:
                break
        time.sleep(wait)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return asked


def test_killed_between_parts_nothing_is_lost_or_asked_for_twice(tmp_path):
    home, calm, chance = Home(tmp_path / "home"), Home(tmp_path / "calm"), random.Random(3)
    with LoopbackYahoo({ticker: make_listing() for ticker in TICKERS}) as server:
        refresh(ask_yahoo(TICKERS), calm, now=NOW, session=server.session())
        stood = 0
        for place in range(KILLS):
            settled = covered(home)
            server.ranges.clear()
            after = len(TICKERS) - len(settled) if place == KILLS - 1 else chance.randint(1, 20)
            kill_one(home, server, NOW, after=after, wait=chance.uniform(0, 0.4))
            assert not settled & set(server.ranges), "asked for twice"
            bars = read(home)
            assert settled <= covered(home) <= set(bars["ticker"])
            assert bars.height >= stood
            assert bars.height == bars.select(KEY).n_unique()
            assert bars.equals(read(calm).join(bars, on=KEY, how="semi").sort(KEY))
            stood = bars.height
        settled = covered(home)
        assert settled, "some kill falls behind what was stored"
        server.ranges.clear()
        done = refresh(ask_yahoo(TICKERS), home, now=NOW, session=server.session())
        assert set(server.ranges) == set(TICKERS) - settled
        assert not done.partial
        assert read(home).equals(read(calm))
        asked = sum(server.asked.values())
        refresh(ask_yahoo(TICKERS), home, now=NOW, session=server.session())
        assert sum(server.asked.values()) == asked
