"""Writes a search into MLflow while it runs: a run for the search, and below it one for each trial, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ml_core.errors import StoreFailed
from ml_core.registry.database import WrittenRun
from ml_core.registry.runs import log_values
from ml_core.registry.trials import Trial

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

ENDS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
PAGE = 1000


class Logbook:
    """Kept by the process that drives the search, and by no other. What an earlier run of the same search has `written`
    is gone on with: each trial stands here once."""

    def __init__(
        self, client: MlflowClient, experiment: str, search: str, written: Iterable[WrittenRun]
    ) -> None:
        self._client, self._experiment, self._search = client, experiment, search
        self._run = ""
        self._runs: dict[str, str] = {}  # of each trial that is not over
        self._epochs: dict[str, int] = {}
        self._over: set[str] = set()
        self._waiting: dict[str, Trial] = {}
        self._failure: Exception | None = None
        for run in written:
            self._recall(run)
        if self._run:
            client.update_run(self._run, status="RUNNING")
        else:
            tags = {"kind": "search", "search": search}
            self._run = client.create_run(experiment, run_name=search, tags=tags).info.run_id

    @property
    def trials(self) -> set[str]:
        """Those that stand here."""
        return self._over | set(self._runs)

    def follow(self, trials: Iterable[Trial]) -> None:
        """Write what is new of these trials. A server that does not answer now is asked again with the next news: a
        search does not end because of it."""
        from mlflow.exceptions import MlflowException

        self._waiting |= {trial.id: trial for trial in trials if trial.id not in self._over}
        try:
            for trial in [*self._waiting.values()]:
                self._write(trial)
                del self._waiting[trial.id]
        except (MlflowException, StoreFailed) as error:
            self._failure = error

    def close(self, *, whole: bool) -> None:
        """The search is over. A trial that runs nowhere any more was killed. What could not be written is told, unless
        the search was broken off: it goes on later, and then writes it."""
        from mlflow.exceptions import MlflowException

        self.follow(())
        try:
            if self._waiting and self._failure:
                raise self._failure
            for run in self._runs.values():
                self._client.set_terminated(run, "KILLED")
            self._client.set_terminated(self._run, "FINISHED" if whole else "KILLED")
        except (MlflowException, StoreFailed):
            if whole:
                raise

    def _write(self, trial: Trial) -> None:
        run = self._runs.get(trial.id)
        params = {} if run else trial.params
        run = run or self._begin(trial)
        seen, ended = self._epochs.get(trial.id, 0), trial.status != "running"
        rows = trial.history[seen:]
        if ended and trial.test_score is not None:
            rows = (*rows, {"test_score": trial.test_score})
        if rows or params:
            log_values(self._client, run, params, rows, since=seen + 1)
        self._epochs[trial.id] = len(trial.history)
        if ended:
            self._client.set_tag(run, "end", trial.status)
            self._client.set_tag(run, "error", trial.error[:500])
            self._client.set_terminated(run, ENDS[trial.status])
            self._over.add(trial.id)
            del self._runs[trial.id]

    def _begin(self, trial: Trial) -> str:
        tags = {
            "kind": "trial",
            "search": self._search,
            "trial": trial.id,
            "mlflow.parentRunId": self._run,
        }
        made = self._client.create_run(self._experiment, run_name=f"trial {trial.id}", tags=tags)
        self._runs[trial.id] = made.info.run_id
        return made.info.run_id

    def _recall(self, written: WrittenRun) -> None:
        run, status, trial = written
        if trial is None:
            self._run = run
        elif status == "RUNNING":
            self._runs[trial] = run
            self._epochs[trial] = len(self._client.get_metric_history(run, "score"))
        else:
            self._over.add(trial)


def list_runs(client: MlflowClient, experiment: str, search: str) -> list[WrittenRun]:
    """The runs of a search as a server tells them, each with all that it knows."""
    found, token = [], None
    while True:
        page = client.search_runs(
            [experiment], f"tags.search = '{search}'", max_results=PAGE, page_token=token
        )
        found += [WrittenRun(run.info.run_id, run.info.status, run.data.tags.get("trial")) for run in page]
        if not (token := page.token):
            return found
