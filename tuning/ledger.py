"""Keeps what a search has tried, trial by trial, in a file from which a killed search goes on."""

import contextlib
import glob
import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import polars as pl

from ml_core.registry.trials import Params, Trial, keep_small, read_line, write_line
from tuning.dates import share_dates

LEDGER = "ledger.jsonl"


def set_aside(file: Path) -> None:
    """Under the next free number, beside the file of the search that goes on."""
    number = 1 + len(list(file.parent.glob("ledger-*.jsonl")))
    file.rename(file.with_name(f"ledger-{number}.jsonl"))


def find_ledgers(searches: Path, model: str) -> list[Path]:
    """The files of all searches for this model, the newest first. Each search has a folder of its own, named after the
    model, what was asked and the data; what was begun afresh lies beside its successor."""
    own = re.compile(rf"{re.escape(model)}-[0-9a-f]+-\d+")
    folders = (folder for folder in searches.glob(f"{glob.escape(model)}-*") if own.fullmatch(folder.name))
    files = [file for folder in folders for file in folder.glob("ledger*.jsonl")]
    return sorted(files, key=lambda file: (file.stat().st_mtime, file), reverse=True)


def read_trials(file: Path) -> list[Trial]:
    """What one ledger holds, the best first; each trial once, as it ended last."""
    with file.open(encoding="utf-8") as lines:
        return best_first(stand_once(_read(lines)))


def _read(lines: Iterable[str]) -> Iterator[Trial]:
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, KeyError):  # a line cut short by a kill
            yield read_line(line)


def stand_once(ended: Iterable[Trial]) -> list[Trial]:
    """Of trials in the order of their ends those that stand: one that failed and was tried again, under another name,
    counts once."""
    trials: dict[str, Trial] = {}
    failed: dict[str, str] = {}  # by params, the name of the trial that failed with them
    for trial in ended:
        asked = json.dumps(trial.params, sort_keys=True)
        trials.pop(failed.pop(asked, ""), None)
        trials[trial.id] = trial
        if trial.status == "failed":
            failed[asked] = trial.id
    return list(trials.values())


class Ledger:
    """Written by Tune's thread, read by the one that shows progress. Ended trials are kept in a file, a line each,
    from which a killed search resumes."""

    def __init__(self, file: Path | None = None) -> None:
        self._trials: dict[str, Trial] = {}
        self._lock = threading.Lock()
        self._file = file
        self._news: dict[str, None] = {}
        self._counts: Counter[str] = Counter()
        self.best: float | None = None  # score on validation so far
        self.changes = 0

    def recall(self) -> None:
        """Take in the trials that an earlier search finished or stopped; what failed or hung is tried again."""
        if self._file and self._file.is_file():
            for trial in read_trials(self._file):
                if trial.status != "failed":
                    self._put(trial)
            text = self._file.read_text(encoding="utf-8")
            if text and not text.endswith("\n"):
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write("\n")  # else the next trial would be glued to what was cut short

    def open(self, trial_id: str, params: Params) -> None:
        """A trial has started."""
        with self._lock:
            self._put(self._trials.get(trial_id) or Trial(trial_id, dict(params)))
            self.changes += 1

    def report(self, trial_id: str, params: Params, result: dict[str, Any]) -> None:
        """An epoch, or the final word of a trial."""
        self.open(trial_id, params)
        with self._lock:
            self._put(_hear(self._trials[trial_id], result))

    def close(self, trial_id: str, *, error: str = "") -> None:
        """A trial has ended, and how."""
        with self._lock:
            trial = self._trials[trial_id]
            status = "failed" if error else "stopped" if trial.test_score is None else "finished"
            trial = replace(trial, status=status, error=error)
            self._put(trial)
            self.changes += 1
            if self._file:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write(write_line(trial))

    def take_news(self) -> list[Trial]:
        """The trials of which something was heard since this was asked last."""
        with self._lock:
            news, self._news = self._news, {}
            return [self._trials[trial_id] for trial_id in news]

    @property
    def trials(self) -> list[Trial]:
        """The best first."""
        with self._lock:
            return best_first(self._trials.values())

    def count(self, status: str | None = None) -> int:
        """Of all trials, or of those with this status."""
        return self._counts.total() if status is None else self._counts[status]

    def _put(self, trial: Trial) -> None:
        """What is asked four times a second is kept up, not counted anew: there may be 20,000 trials."""
        if before := self._trials.get(trial.id):
            self._counts[before.status] -= 1
        self._counts[trial.status] += 1
        self._trials[trial.id], self._news[trial.id] = trial, None
        whole = (
            trial.fold is None or trial.test_score is not None
        )  # of one fold says nothing beside all of them
        if whole and trial.score is not None and isfinite(trial.score):
            self.best = trial.score if self.best is None else max(self.best, trial.score)

    def streams(self) -> pl.DataFrame:
        """The returns of every finished trial."""
        return returns_of(self.trials)


def best_first(trials: Iterable[Trial]) -> list[Trial]:
    """By the unseen test dates, then by validation."""
    lowest = float("-inf")

    def rank(trial: Trial) -> tuple[float, float]:
        test, score = trial.test_score, trial.score
        return (lowest if test is None or test != test else test, lowest if score is None else score)

    return sorted(trials, key=rank, reverse=True)


def returns_of(trials: Sequence[Trial]) -> pl.DataFrame:
    """The strategy's returns of the finished ones on the dates they share: a column a trial. One that lacks many of
    the others' dates has none."""
    finished = [trial for trial in trials if trial.status == "finished"]
    if not finished:
        return pl.DataFrame()
    shared = share_dates({trial.id: trial.result["returns"] for trial in finished})
    returns = {trial.id: trial.result["returns"] for trial in finished}
    return pl.DataFrame({name: [returns[name][date] for date in shared.dates] for name in shared.trials})


def _hear(trial: Trial, result: dict[str, Any]) -> Trial:
    """The trial with what it reported."""
    seconds = float(result.get("time_total_s", trial.seconds))
    if result.get("finished"):
        scored = {key: result[key] for key in ("test_score", "scores", "returns") if key in result}
        return replace(trial, seconds=seconds, result=keep_small(scored))
    if result.get("scores"):
        return replace(trial, seconds=seconds, result=keep_small({"scores": result["scores"]}))
    if "score" in result and result["epoch"] > len(trial.history):
        told = ("score", "best", "loss", "skill", "fold")
        epoch = {name: float(result[name]) for name in told if name in result}
        return replace(trial, seconds=seconds, history=(*trial.history, epoch))
    return replace(trial, seconds=seconds)
