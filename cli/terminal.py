"""Prints what a command has to say: lines and tables for people, or one JSON document for programs."""

import math
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from ml_core.spec.plain import write_plain
from ml_core.vocabulary.harmless import harmless

QUIET_SECONDS = 5.0


class Terminal:
    """Results go to stdout, progress and problems to stderr; with `--json` stdout is one document."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status = None
        self._document: Any = None
        self._last, self._said = "", time.monotonic()

    def step(self, text: str) -> None:
        """A step that begins."""
        self.clear()
        self.err.print(harmless(f"> {text}"), markup=False)
        self._last, self._said = text, time.monotonic()

    def progress(self, text: str) -> None:
        """Where the step stands: one line that changes, or a line now and then where nobody watches."""
        if text == self._last:
            return
        if self.err.is_terminal:
            self._status = self._status or self.err.status("")
            self._status.start()
            self._status.update(harmless(text))
            self._last = text
        elif time.monotonic() - self._said > QUIET_SECONDS:
            self.err.print(harmless(f"  {text}"), markup=False)
            self._last, self._said = text, time.monotonic()

    def clear(self) -> None:
        if self._status:
            self._status.stop()

    def say(self, text: str = "", *, styled: bool = False) -> None:
        """A line of the result, for people; `styled` text may hold rich's marks."""
        self.clear()
        if not self.as_json:
            self.out.print(harmless(text), markup=styled)

    def warn(self, text: str) -> None:
        """A problem that did not stop the command."""
        self.clear()
        self.err.print(harmless(f"candorcast: {text}"), style="yellow", markup=False)

    def fail(self, text: str) -> None:
        """The one line of what went wrong."""
        self.clear()
        self.document({"error": text})
        self.err.print("candorcast: ", harmless(text), style="red", sep="", markup=False)

    def table(self, rows: Iterable[Mapping[str, Any]], *, title: str = "") -> None:
        """Rows of equal keys; numbers to the right."""
        rows = list(rows)
        self.clear()
        if self.as_json or not rows:
            return
        if title:
            self.out.print(harmless(title), style="bold", markup=False)
        for line in aligned(rows):
            self.out.print(harmless(line), markup=False)

    def document(self, content: Any) -> None:
        """What `--json` prints at the end; a later document takes the place of an earlier one."""
        self._document = content

    def close(self) -> None:
        """End the progress line and print the document, if one was asked for."""
        self.clear()
        if self.as_json:
            sys.stdout.write(write_plain(self._document, indent=1) + "\n")
        sys.stdout.flush()


def aligned(rows: list[Mapping[str, Any]]) -> list[str]:
    """A heading and the rows in columns, numbers to the right; nothing is cut off, however narrow the screen."""
    columns = []
    for key in rows[0]:
        cells = [key, *(shown(row[key]) for row in rows)]
        width = max(map(len, cells))
        left = isinstance(rows[0][key], str)
        columns.append([cell.ljust(width) if left else cell.rjust(width) for cell in cells])
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def shown(value: Any) -> str:
    """A value as a cell."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
