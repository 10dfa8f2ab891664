"""Keeps what a search has tried, trial by trial, in a file from which a killed search goes on."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl

from ml_core.home.lines import add_lines
from ml_core.registry.dated import values_on
from ml_core.registry.ledgers import best_first, parse_lines, read_trials, stand_once
from ml_core.registry.trials import Params, Trial, keep_small, write_line
from tuning.dates import share_dates


def set_aside(file: Path) -> None:
    """Under the next free number, beside the file of the search that goes on."""
    number = 1 + len(list(file.parent.glob("ledger-*.jsonl")))
    file.rename(file.with_name(f"ledger-{number}.jsonl"))


class Ledger:
    """Written by Tune's thread, read by the one that shows progress. What runs stands in memory; a trial that ended is
    a line of a file, from which a killed search resumes, and is read from there again when all are asked for."""

    def __init__(self, file: Path | None = None) -> None:
        self._running: dict[str, Trial] = {}
        self._ended: set[str] = set()
        self._lock = threading.Lock()
        self._file = file
        self._lines: list[str] = []  # where there is no file
        self._known: list[Trial] = []  # as many as had ended when they were asked for last
        self._news: dict[str, Trial] = {}
        self._counts: Counter[str] = Counter()
        self.best: float | None = None  # score on validation so far
        self.leader: Trial | None = None  # the best on the folds' unseen dates so far
        self.broken_off: list[Params] = []  # what ran when its processes were lost
        self.changes = 0

    def recall(self) -> None:
        """Take in the trials that an earlier search finished or stopped; what failed or hung is tried again."""
        if self._file and self._file.is_file():
            for trial in read_trials(self._file):
                if trial.status != "failed":
                    self._ended.add(trial.id)
                    self._heed(trial)
            text = self._file.read_text(encoding="utf-8")
            if text and not text.endswith("\n"):
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write("\n")  # else the next trial would be glued to what was cut short

    def open(self, trial_id: str, params: Params) -> None:
        """A trial has started, or started again where its process was lost."""
        with self._lock:
            self._open(trial_id, params)

    def report(self, trial_id: str, params: Params, result: dict[str, Any]) -> None:
        """An epoch, or the final word of a trial. What comes after it ended says nothing new."""
        with self._lock:
            self._open(trial_id, params)
            if trial_id not in self._ended:
                self._run(_hear(self._running[trial_id], result))

    def close(self, trial_id: str, *, error: str = "") -> None:
        """A trial has ended, and how. Where that cannot be written it stands as running, as nothing was told."""
        with self._lock:
            trial = self._running[trial_id]
            status = "failed" if error else "stopped" if trial.test_score is None else "finished"
            trial = replace(trial, status=status, error=error)
            self._write(write_line(trial))
            del self._running[trial_id]
            self._counts["running"] -= 1
            self._ended.add(trial_id)
            self._heed(trial)
            self.changes += 1

    def drop_running(self) -> None:
        """The processes that ran them are gone; what they tried is tried again."""
        with self._lock:
            self.broken_off = [trial.params for trial in self._running.values()]
            self._running.clear()
            del self._counts["running"]

    def take_news(self) -> list[Trial]:
        """The trials of which something was heard since this was asked last."""
        with self._lock:
            news, self._news = self._news, {}
            return list(news.values())

    @property
    def trials(self) -> list[Trial]:
        """The best first."""
        with self._lock:
            if len(self._known) != len(self._ended):
                self._known = [trial for trial in self._read() if trial.id in self._ended]
            return best_first([*self._known, *self._running.values()])

    @property
    def running(self) -> list[str]:
        """The names of the trials that have not ended."""
        with self._lock:
            return list(self._running)

    def count(self, status: str | None = None) -> int:
        """Of all trials, or of those with this status."""
        return self._counts.total() if status is None else self._counts[status]

    def streams(self) -> pl.DataFrame:
        """The returns of every finished trial."""
        return returns_of(self.trials)

    def _open(self, trial_id: str, params: Params) -> None:
        self.changes += 1
        if trial_id not in self._ended and trial_id not in self._running:
            self._counts["running"] += 1
            self._run(Trial(trial_id, dict(params)))

    def _run(self, trial: Trial) -> None:
        self._running[trial.id] = self._news[trial.id] = trial
        self._heed_score(trial)

    def _heed(self, trial: Trial) -> None:
        """One that ended. What is asked four times a second is kept up, not counted anew: there may be 20,000."""
        self._counts[trial.status] += 1
        self._news[trial.id] = trial
        self._heed_score(trial)
        score = trial.test_score
        if score is not None and isfinite(score) and score > _test_score(self.leader):
            self.leader = trial

    def _heed_score(self, trial: Trial) -> None:
        whole = trial.fold is None or trial.test_score is not None  # one fold says nothing beside all of them
        if whole and trial.score is not None and isfinite(trial.score):
            self.best = trial.score if self.best is None else max(self.best, trial.score)

    def _write(self, line: str) -> None:
        if self._file is None:
            self._lines.append(line)
            return
        add_lines(self._file, line)

    def _read(self) -> list[Trial]:
        if self._file is None:
            return stand_once(parse_lines(self._lines))
        return read_trials(self._file) if self._file.is_file() else []


def returns_of(trials: Sequence[Trial]) -> pl.DataFrame:
    """The strategy's returns of the finished ones on the dates they share: a column a trial. One that lacks many of
    the others' dates has none."""
    returns = {trial.id: trial.result["returns"] for trial in trials if trial.status == "finished"}
    if not returns:
        return pl.DataFrame()
    shared = share_dates(returns)
    return pl.DataFrame({name: values_on(shared.dates, returns[name]) for name in shared.trials})


def _test_score(trial: Trial | None) -> float:
    score = trial and trial.test_score
    return float("-inf") if score is None else score


def _hear(trial: Trial, result: dict[str, Any]) -> Trial:
    """The trial with what it reported."""
    own = result.get("seconds", result.get("time_total_s", 0.0))  # Tune counts those of the last run alone
    seconds = max(trial.seconds, float(own))
    if result.get("finished"):
        scored = {key: result[key] for key in ("test_score", "scores", "returns", "seeds") if key in result}
        return replace(trial, seconds=seconds, result=keep_small(scored))
    if result.get("scores"):
        return replace(trial, seconds=seconds, result=keep_small({"scores": result["scores"]}))
    if "epoch" in result and result["epoch"] > len(trial.history):
        told = ("score", "best", "loss", "skill", "fold")
        epoch = {name: float(result[name]) for name in told if name in result}
        return replace(trial, seconds=seconds, history=(*trial.history, epoch))
    return replace(trial, seconds=seconds)
