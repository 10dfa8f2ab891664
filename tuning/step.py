"""One progress message of a search: which step it is at, and how many trials are done."""

from collections.abc import Callable
from dataclasses import dataclass

from ml_core.errors import NotEnoughData
from ml_core.evaluation.metrics import find_metric
from ml_core.evaluation.paired import weigh_mean
from ml_core.portfolio.opening import horizon_of
from ml_core.spec.experiment import Experiment
from tuning.ledger import Ledger

ENOUGH = (
    3  # trials of this run before their pace says when it ends: the first ones wait for the workers to start
)


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
    best: str = ""

    @property
    def _ended(self) -> int:
        return self.ledger.count() - self.ledger.count("running")

    def kept(self) -> str:
        """What is not lost if it ends now."""
        return f": {self._ended - self.ledger.count('failed')} of {self.total} trials are kept"

    def text(self) -> str:
        """One line: done, running, dropped, failed, the best so far, and the time that is left at this pace."""
        if self.name != "search":
            return self.detail
        ended, running = self._ended, self.ledger.count("running")
        own = ended - self.before
        tells = own >= ENOUGH and ended < self.total
        left = f", about {self.seconds / own * (self.total - ended):.0f} s left" if tells else ""
        dropped, failed = self.ledger.count("stopped"), self.ledger.count("failed")
        counts = f"{running} running, {dropped} dropped, {failed} failed"
        return f"{ended} of {self.total} trials done, {counts}, {self.best or 'no score yet'}{left}"


TellStep = Callable[[Step], None]


def tell_best(experiment: Experiment, ledger: Ledger) -> str:
    """What the leader scored on dates that it had not seen, with the error of that; before anybody was scored there,
    the best on validation."""
    if ledger.leader is None:
        return "" if ledger.best is None else f"best {ledger.best:.4f} on validation"
    score, unit = ledger.leader.test_score, find_metric(experiment.search.objective).of_mean
    try:
        mean = weigh_mean([*ledger.leader.result["scores"].values()], horizon=horizon_of(experiment))
    except NotEnoughData:
        return f"best {score:.4f}"
    error = (unit(mean.value + mean.error) - unit(mean.value - mean.error)) / 2
    return f"best {score:.4f} ± {error:.4f}"


def tell_step(name: str, ledger: Ledger, progress: TellStep | None) -> Callable[[str], None]:
    """Passes lines of this step on to whoever watches."""

    def tell(line: str) -> None:
        if progress:
            progress(Step(name, ledger, ledger.count(), line))

    return tell
