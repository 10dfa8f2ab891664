"""Remembers that Ctrl-C was pressed, or that the system asked the process to end."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from ml_core.errors import Terminated


class Interrupt:
    """Whoever is interrupted while a library calls it back does not hear of it, and what fails while it ends hides it.
    So it is remembered: `check` raises it once more, and so does the end of what it was in. A signal that somebody else
    handles, or that is ignored, is left to him."""

    def __init__(self) -> None:
        self._heard: type[KeyboardInterrupt] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as under nohup and in background jobs
                self._listen(signal.SIGINT)
            if (
                signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            ):  # Prefect ends its runs by a handler of its own
                self._listen(signal.SIGTERM)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.check()

    def check(self) -> None:
        if self._heard:
            raise self._heard

    def _listen(self, number: signal.Signals) -> None:
        self._before[number] = signal.signal(number, self._hear)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard = Terminated if number == signal.SIGTERM else KeyboardInterrupt
        raise self._heard
