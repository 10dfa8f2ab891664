"""One progress message of a search: which step it is at, and how many trials are done."""

from collections.abc import Callable
from dataclasses import dataclass

from tuning.ledger import Ledger


@dataclass(frozen=True)
class Step:
    """Where a search stands: `begin`, `search`, `refit` before the holdout, `judge`, or `fresh`: refitted through
    today."""

    name: str
    ledger: Ledger
    total: int
    detail: str = ""
    seconds: float = 0.0
    before: int = 0  # trials that an earlier run ended: they took none of these seconds

    @property
    def _ended(self) -> int:
        return self.ledger.count() - self.ledger.count("running")

    def kept(self) -> str:
        """What is not lost if it ends now."""
        return f": {self._ended - self.ledger.count('failed')} of {self.total} trials are kept"

    def text(self) -> str:
        """One line: done, running, failed, the best so far, and the time that is left at this pace."""
        if self.name != "search":
            return self.detail
        ended, running = self._ended, self.ledger.count("running")
        best = "no score yet" if self.ledger.best is None else f"best {self.ledger.best:.4f}"
        pace = self.seconds / (ended - self.before) if ended > self.before else None
        left = "" if pace is None else f", about {pace * (self.total - ended):.0f} s left"
        failed = self.ledger.count("failed")
        return f"{ended} of {self.total} trials done, {running} running, {failed} failed, {best}{left}"


Progress = Callable[[Step], None]


def tell_step(name: str, ledger: Ledger, progress: Progress | None) -> Callable[[str], None]:
    """Passes lines of this step on to whoever watches."""

    def tell(line: str) -> None:
        if progress:
            progress(Step(name, ledger, ledger.count(), line))

    return tell
