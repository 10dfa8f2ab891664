"""Reckons backtests for the API one after another, tells how far one is, and writes what came of it as a message."""

from __future__ import annotations

import datetime as dt
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl
from pydantic import Field

from ml_core.errors import AlreadyRunning
from ml_core.portfolio.comparison import STRATEGY
from ml_core.spec.plain import plain
from serving.backtests import Backtested, BacktestSettings
from serving.messages import DISCLAIMER, Message

KEPT = 32  # results
WAITING = 8  # at most, in all
REMEMBERED = 1000  # settings of one visitor, the last ones that he tried

RunBacktest = Callable[..., Backtested]


class Held(Message):
    """A position."""

    ticker: str
    weight: float = Field(description="Share of the equity when it was decided; negative is short.")


class BacktestAnswer(Message):
    """`running`: ask again with the same body until it is `done`; nothing is reckoned twice."""

    state: Literal["running", "done"]
    seconds: float = Field(description="How long it has taken by now.")
    told: str = Field(description="What is being done, or whose forecasts were traded.")
    first: dt.date | None = Field(default=None, description="The first session that may be asked for.")
    last: dt.date | None = Field(default=None, description="The last.")
    strategy: dict[str, Any] | None = Field(default=None, description="Every setting that was traded.")
    tried: int | None = Field(
        default=None, description="How many settings you have tried, this one among them."
    )
    trials: int | None = Field(default=None, description="How many it is deflated by, yours among them.")
    proven: bool | None = Field(
        default=None,
        description="Whether it is proven that trading so pays: never of settings other than the experiment's own.",
    )
    judged: str | None = Field(default=None, description="The same in a sentence.")
    measures: dict[str, dict[str, float | str | None]] | None = Field(
        default=None, description="Of the strategy, and of accounts that need no forecast."
    )
    equity: dict[str, list[float | None]] | None = Field(
        default=None, description="What one unit in each account has become, session by session."
    )
    dates: list[dt.date] | None = Field(default=None, description="The sessions of the equity.")
    decided: dt.date | None = Field(
        default=None, description="By which close the last positions were decided."
    )
    positions: list[Held] | None = Field(default=None, description="Those, the largest first.")
    disclaimer: str = DISCLAIMER


@dataclass
class Job:
    """One question of one visitor."""

    visitor: str
    settings: BacktestSettings
    version: tuple[str, int]
    begun: float = field(default_factory=time.monotonic)
    told: str = "waiting for another to end"
    done: threading.Event = field(default_factory=threading.Event)
    took: float = 0.0
    tried: int = 0
    result: Backtested | None = None
    failure: Exception | None = None


class Tried:
    """How many settings one visitor has tried. The last ones are known by name, so that each counts once; one that was
    tried longer ago counts anew, which makes the deflated Sharpe stricter and never kinder."""

    def __init__(self, remembered: int) -> None:
        self.count, self._remembered = 0, remembered
        self._names: OrderedDict[str, None] = OrderedDict()

    def with_one(self, name: str) -> int:
        """How many they are with this one."""
        return self.count + (name not in self._names)

    def add(self, name: str) -> None:
        self.count = self.with_one(name)
        self._names[name] = None
        self._names.move_to_end(name)
        while len(self._names) > self._remembered:
            self._names.popitem(last=False)


class Jobs:
    """`run` reckons one. Each visitor's settings are counted since the server was started."""

    def __init__(self, run: RunBacktest, *, remembered: int = REMEMBERED) -> None:
        self._run, self._remembered = run, remembered
        self._guard = threading.Lock()
        self._jobs: OrderedDict[tuple[str, tuple[str, int], str], Job] = OrderedDict()
        self._tried: dict[str, Tried] = {}  # of each key
        self._queue: queue.Queue[Job] = queue.Queue(WAITING)
        self._worker: threading.Thread | None = None

    def ask(
        self, visitor: str, settings: BacktestSettings, version: tuple[str, int], *, wait: float
    ) -> BacktestAnswer:
        """What came of it, or after so many seconds how far it is. `version`: whose forecasts, on which prices."""
        job = self._find(visitor, settings, version)
        if not job.done.wait(wait):
            return BacktestAnswer(state="running", seconds=_since(job.begun), told=job.told)
        if job.failure is not None:
            raise job.failure
        assert job.result is not None
        return describe(job.result, tried=job.tried, seconds=job.took)

    def _find(self, visitor: str, settings: BacktestSettings, version: tuple[str, int]) -> Job:
        key = (visitor, version, settings.name)
        with self._guard:
            job = self._jobs.get(key)
            if job is None or (job.done.is_set() and not self._holds(job)):
                job = Job(visitor, settings, version)
                try:
                    self._queue.put_nowait(job)
                except queue.Full:
                    raise AlreadyRunning(f"{WAITING} backtests wait already; ask again in a while") from None
                self._jobs[key] = job
                self._begin()
            self._jobs.move_to_end(key)
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
        return job

    def _holds(self, job: Job) -> bool:
        """Whoever has tried more since pays for it in this answer too; what failed is tried again."""
        return job.failure is None and job.tried == self._tried[job.visitor].count

    def _begin(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="backtests", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            tried = self._tried.setdefault(job.visitor, Tried(self._remembered))
            name = f"{job.version} {job.settings.name}"
            job.tried = tried.with_one(name)

            def tell(text: str, job: Job = job) -> None:
                job.told = text

            try:
                job.result = self._run(job.settings, version=job.version[0], tried=job.tried, tell=tell)
                tried.add(name)  # what is refused was not tried
            except Exception as error:  # it is raised again where it was asked for
                job.failure = error
            job.took = _since(job.begun)
            job.done.set()


def describe(made: Backtested, *, tried: int, seconds: float) -> BacktestAnswer:
    """The same numbers as the app and the command line show."""
    comparison = made.reckoning.comparison
    equity = comparison.accounts.sort("date").select(
        "account", "date", value=(1 + pl.col("net")).cum_prod().over("account")
    )
    days = equity.filter(account=STRATEGY)["date"]
    decided = comparison.positions["date"].max()
    held = comparison.positions.filter((pl.col("date") == decided) & (pl.col("weight") != 0))
    rows = sorted(held.iter_rows(named=True), key=lambda row: (-abs(row["weight"]), row["ticker"]))
    return BacktestAnswer(
        state="done",
        seconds=seconds,
        told=made.told,
        first=made.first,
        last=made.last,
        strategy=made.strategy.model_dump(mode="json"),
        tried=tried,
        trials=made.trials,
        proven=made.proven,
        judged=made.judged,
        measures={
            name: {one: plain(value) for one, value in told.items()} for name, told in comparison.risk.items()
        },
        equity={
            str(name): [plain(value) for value in rows["value"].to_list()]
            for (name,), rows in equity.partition_by("account", as_dict=True).items()
        },
        dates=days.to_list(),
        decided=decided if isinstance(decided, dt.date) else None,
        positions=[Held(ticker=row["ticker"], weight=row["weight"]) for row in rows],
    )


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
