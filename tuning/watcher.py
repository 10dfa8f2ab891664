"""Passes Tune's events on to the ledger of trials.

A trial whose process dies while it is being handed over to that trial is counted by Tune as lost twice, and given up
with tries left. It is left in the ledger as under way, and `run_through` goes on with it.
"""

from pathlib import Path
from typing import Any

from ray import cloudpickle, tune
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, WorkerCrashedError

from ml_core.errors import StoreFailed
from tuning.brake import Brake
from tuning.ledger import Ledger
from tuning.rungs import forget_rung
from tuning.trial import spell_error

LOST = (RayActorError, WorkerCrashedError, NodeDiedError, OutOfMemoryError)  # it is the process that ended
MEMORY = "where that is memory, --set search.cpus_per_trial=2 lets fewer trials run at once"


class Watcher(tune.Callback):
    """Every start, epoch, end and failure of a trial goes to the ledger, until the search is broken off: what Tune ends
    then has not come to its end. Tune tells all by keyword."""

    def __init__(self, ledger: Ledger, brake: Brake, rungs: Path, *, losses: int) -> None:
        """So many losses of its process a trial may have."""
        self._ledger, self._brake, self._rungs, self._losses = ledger, brake, rungs, losses

    def __getstate__(self) -> dict:
        """Tune keeps a pickled copy of its settings that nothing here reads; the ledger stays out of it."""
        return {}

    def on_trial_start(self, *_: Any, **told: Any) -> None:
        if trial := self._heed(told):
            self._ledger.open(trial.trial_id, trial.config)

    def on_trial_result(self, *_: Any, **told: Any) -> None:
        if trial := self._heed(told):
            self._ledger.report(trial.trial_id, trial.config, told["result"])

    def on_trial_complete(self, *_: Any, **told: Any) -> None:
        if trial := self._heed(told):
            last = trial.last_result or {}
            self._ledger.report(trial.trial_id, trial.config, last)
            self._close(trial, error=last.get("failed", ""))

    def on_trial_error(self, *_: Any, **told: Any) -> None:
        if trial := self._heed(told):
            self._ledger.open(trial.trial_id, trial.config)
            cause = read_cause(trial)
            if not (isinstance(cause, LOST) and trial.num_failures <= self._losses):
                self._close(trial, error=spell_cause(cause, trial.num_failures))

    def _close(self, trial: Any, *, error: str) -> None:
        """What the ledger could not write is gone on with by the next search, from its rung."""
        try:
            self._ledger.close(trial.trial_id, error=error)
        except StoreFailed as failure:
            self._brake.fail(failure)
        else:
            forget_rung(self._rungs, trial.config)

    def _heed(self, told: dict[str, Any]) -> Any:
        """The trial that is told of, or None."""
        return None if self._brake.pulled else told["trial"]


def read_cause(trial: Any) -> BaseException | None:
    """Why a trial was given up. Read where it failed: the storage has it only once the trial is over."""
    try:
        error = cloudpickle.loads(Path(trial.pickled_error_file).read_bytes())
    except (OSError, TypeError):
        return None
    return getattr(error, "cause", None) or error


def spell_cause(cause: BaseException | None, times: int) -> str:
    """In one line."""
    if isinstance(cause, LOST):
        lost = f"its process was killed or crashed {times} times, so that it was given up"
        return f"{lost}; {MEMORY} ({type(cause).__name__})"
    return spell_error(cause) if cause else "failed without a reason"
