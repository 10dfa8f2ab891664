"""Tells whoever watches where a search stands."""

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

    def kept(self) -> str:
        """What is not lost if it ends now."""
        ended = len(self.ledger.trials) - self.ledger.count("running")
        return f": {ended} of {self.total} trials are kept"

    def text(self) -> str:
        """One line: done, running, failed, the best so far, and the time that is left at this pace."""
        if self.name != "search":
            return self.detail
        ended = [trial for trial in self.ledger.trials if trial.status != "running"]
        running = len(self.ledger.trials) - len(ended)
        scores = [trial.score for trial in self.ledger.trials if trial.score is not None]
        best = f"best {max(scores):.4f}" if scores else "no score yet"
        left = f", about {self.seconds / len(ended) * (self.total - len(ended)):.0f} s left" if ended else ""
        failed = self.ledger.count("failed")
        return f"{len(ended)} of {self.total} trials done, {running} running, {failed} failed, {best}{left}"


Progress = Callable[[Step], None]


def tell_step(name: str, ledger: Ledger, progress: Progress | None) -> Callable[[str], None]:
    """Passes lines of this step on to whoever watches."""

    def tell(line: str) -> None:
        if progress:
            progress(Step(name, ledger, len(ledger.trials), line))

    return tell
