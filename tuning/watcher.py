"""Passes Tune's events on to the ledger of trials."""

from pathlib import Path
from typing import Any

from ray import cloudpickle, tune

from tuning.ledger import Ledger


class Watcher(tune.Callback):
    """Every start, epoch, end and failure of a trial goes to the ledger. Tune tells all by keyword."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getstate__(self) -> dict:
        """Tune keeps a pickled copy of its settings that nothing here reads; the ledger stays out of it."""
        return {}

    def on_trial_start(self, *_: Any, **told: Any) -> None:
        trial = told["trial"]
        self._ledger.open(trial.trial_id, trial.config)

    def on_trial_result(self, *_: Any, **told: Any) -> None:
        trial = told["trial"]
        self._ledger.report(trial.trial_id, trial.config, told["result"])

    def on_trial_complete(self, *_: Any, **told: Any) -> None:
        trial = told["trial"]
        self._ledger.report(trial.trial_id, trial.config, trial.last_result or {})
        self._ledger.close(trial.trial_id)

    def on_trial_error(self, *_: Any, **told: Any) -> None:
        trial = told["trial"]
        self._ledger.open(trial.trial_id, trial.config)
        self._ledger.close(trial.trial_id, error=read_reason(trial))


def read_reason(trial: Any) -> str:
    """Why a trial failed, in one line. Read where it failed: the storage has it only once the trial is over."""
    try:
        error = cloudpickle.loads(Path(trial.pickled_error_file).read_bytes())
    except (OSError, TypeError):
        return "failed without a reason"
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {' '.join(str(cause).split())}"
