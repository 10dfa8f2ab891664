"""Reads the ledgers of searches: files of ended trials, a line each, to which a search that runs adds."""

from __future__ import annotations

import contextlib
import glob
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml_core.registry.trials import Trial, read_line

LEDGER = "ledger.jsonl"


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
        return best_first(stand_once(parse_lines(lines)))


def parse_lines(lines: Iterable[str]) -> Iterator[Trial]:
    """A trial a line, as they ended."""
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


def best_first(trials: Iterable[Trial]) -> list[Trial]:
    """By the unseen test dates, then by validation; two that are alike in both not by who ended first."""
    lowest = float("-inf")

    def rank(trial: Trial) -> tuple[float, float, str]:
        test, score = trial.test_score, trial.score
        return (
            lowest if test is None or test != test else test,
            lowest if score is None or score != score else score,
            json.dumps(trial.params, sort_keys=True),
        )

    return sorted(trials, key=rank, reverse=True)
