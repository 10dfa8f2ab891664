"""Keeps what a search has tried, one entry per trial, in a file from which a killed search goes on, and ranks it
at the end."""

import contextlib
import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from tuning.space import Point


@dataclass
class Entry:
    """One trial: `stopped` was cut by the scheduler, `finished` was scored on the folds' test dates."""

    id: str
    point: Point
    status: str = "running"
    history: list[dict[str, float]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""

    @property
    def score(self) -> float | None:
        return self.history[-1]["score"] if self.history else None

    @property
    def test_score(self) -> float | None:
        return self.result.get("test_score")


class Ledger:
    """Written by Tune's thread, read by the one that shows progress. Ended trials are kept in a file, a line each,
    from which a killed search resumes."""

    def __init__(self, file: Path | None = None) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._file = file
        self.changes = 0

    def recall(self) -> None:
        """Take in the trials that an earlier search finished or stopped; what failed or hung is tried again."""
        if self._file and self._file.is_file():
            text = self._file.read_text(encoding="utf-8")
            for line in text.splitlines():
                with contextlib.suppress(ValueError, TypeError):  # a line cut short by a kill
                    entry = Entry(**json.loads(line))
                    if entry.status != "failed":
                        self._entries[entry.id] = entry
            if text and not text.endswith("\n"):
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write("\n")  # else the next trial would be glued to what was cut short

    def open(self, trial: str, point: Point) -> Entry:
        with self._lock:
            self.changes += 1
            return self._entries.setdefault(trial, Entry(trial, dict(point)))

    def report(self, trial: str, point: Point, result: dict[str, Any]) -> None:
        """An epoch, or the final word of a trial."""
        entry = self.open(trial, point)
        entry.seconds = float(result.get("time_total_s", entry.seconds))
        if result.get("finished"):
            entry.result = {"test_score": result["test_score"], "returns": result["returns"]}
        elif "score" in result and result["epoch"] > len(entry.history):
            entry.history.append({name: float(result[name]) for name in ("score", "loss", "skill")})

    def close(self, trial: str, *, error: str = "") -> None:
        with self._lock:
            self.changes += 1
            entry = self._entries[trial]
            entry.status = "failed" if error else "finished" if entry.result else "stopped"
            entry.error = error
            if self._file:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(entry)) + "\n")

    @property
    def entries(self) -> list[Entry]:
        """The best first: by the unseen test dates, then by validation."""
        with self._lock:
            entries = list(self._entries.values())
        lowest = float("-inf")

        def rank(entry: Entry) -> tuple[float, float]:
            test, score = entry.test_score, entry.score
            return (lowest if test is None or test != test else test, lowest if score is None else score)

        return sorted(entries, key=rank, reverse=True)

    def count(self, status: str) -> int:
        return sum(entry.status == status for entry in self.entries)

    def streams(self) -> pl.DataFrame:
        """The returns of every finished trial on the dates they share: a column a trial, the best first."""
        finished = [entry for entry in self.entries if entry.status == "finished"]
        if not finished:
            return pl.DataFrame()
        shared = sorted(set.intersection(*(set(entry.result["returns"]) for entry in finished)))
        return pl.DataFrame(
            {entry.id: [entry.result["returns"][date] for date in shared] for entry in finished}
        )

    def head(self, count: int = 10) -> list[dict[str, Any]]:
        """The first rows as plain values."""
        return [
            {
                "trial": entry.id,
                "status": entry.status,
                "family": entry.point.get("family"),
                "epochs": len(entry.history),
                "validation": entry.score,
                "test": entry.test_score,
                "seconds": round(entry.seconds, 1),
                "params": {key: value for key, value in entry.point.items() if key != "family"},
                **({"error": entry.error} if entry.error else {}),
            }
            for entry in self.entries[:count]
        ]
