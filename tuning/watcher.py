"""Tune's events in, ledger entries out. Runs in the driver."""

from typing import Any

from ray import tune

from tuning.ledger import Ledger


class Watcher(tune.Callback):
    """Every start, epoch, end and failure of a trial goes to the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getstate__(self) -> dict:
        """Tune keeps a pickled copy of its settings that nothing here reads; the ledger stays out of it."""
        return {}

    def on_trial_start(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:  # noqa: ARG002
        self._ledger.open(trial.trial_id, trial.config)

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict, **info: Any) -> None:  # noqa: ARG002
        self._ledger.report(trial.trial_id, trial.config, result)

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:  # noqa: ARG002
        self._ledger.report(trial.trial_id, trial.config, trial.last_result or {})
        self._ledger.close(trial.trial_id)

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:  # noqa: ARG002
        self._ledger.open(trial.trial_id, trial.config)
        error = trial.get_pickled_error() or trial.get_error()
        self._ledger.close(trial.trial_id, error=str(getattr(error, "cause", None) or error).strip())
