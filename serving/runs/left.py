"""The command of a run whose keeper was killed: it goes on, and nobody waits for it or writes down how it ended."""

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from serving.runs.keeper import ORDERS, STARTED, began, signal_group

EVERY = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Left:
    """A process by its number and by when it began, which leads a group of its own."""

    pid: int
    began: str

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """That of the run in this folder, while it lives."""
        try:
            told = json.loads((folder / STARTED).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        process = cls(int(told["pid"]), str(told["began"]))
        return process if process.lives else None

    @property
    def lives(self) -> bool:
        return bool(self.began) and began(self.pid) == self.began

    def end(self, patience: float) -> None:
        """In the background: asked kindly at first, as its keeper would have done."""
        threading.Thread(target=self._end, args=(patience,), daemon=True).start()

    def _end(self, patience: float) -> None:
        for order in ORDERS:
            if not self.lives:
                break
            signal_group(self.pid, order)
            until = time.monotonic() + patience
            while self.lives and time.monotonic() < until:
                time.sleep(EVERY)
