"""Where runs are asked for: where there is a Prefect server its deployments do all but an audit; else this machine."""

from collections.abc import Callable, Sequence

from ml_core.data.order import Order
from ml_core.errors import ForecastError, UnknownRun
from ml_core.prediction.answer import Clock
from serving.hints import Hints, hide_paths, hide_secrets
from serving.runs.prefect import Prefect, find_server
from serving.runs.processes import Command, Processes
from serving.runs.request import RunRequest
from serving.runs.run import Run, RunLog, Runs
from serving.runs.runner import Runner

SHOWN = 60


class Desk:
    """`here` does everything. `elsewhere` gives whoever goes before it at this moment, if anybody. `hide` takes out of
    what is told what is no business of who reads it."""

    def __init__(
        self,
        here: Runner,
        elsewhere: Callable[[], Runner | None] = lambda: None,
        hide: Callable[[str], str] = hide_secrets,
    ) -> None:
        self._here, self._elsewhere, self._hide = here, elsewhere, hide

    def start(self, asked: RunRequest, *, by: str) -> Run:
        other = self._elsewhere()
        runner = other if other and other.does(asked.verb) else self._here
        return self._told(runner.start(asked, by=by))

    def runs(self) -> Runs:
        """The newest first. Where Prefect does not answer that is a note, and the others are told."""
        runs, notes = list(self._here.runs(SHOWN)), []
        if other := self._elsewhere():
            try:
                runs += other.runs(SHOWN)
            except ForecastError as error:
                notes.append(str(error))
        runs.sort(key=lambda run: run.created, reverse=True)
        return Runs(runs=[self._told(run) for run in runs[:SHOWN]], notes=notes)

    def find(self, name: str) -> RunLog:
        runner, run = self._find(name)
        return RunLog(**dict(self._told(run)), log=[self._hide(line) for line in runner.log(name)])

    def cancel(self, name: str, *, by: str) -> Run:
        """As it stands then: it may take a while to end."""
        runner, run = self._find(name)
        if run.going:
            runner.cancel(name, by=by)
        return self._told(self._find(name)[1])

    def _find(self, name: str) -> tuple[Runner, Run]:
        for runner in self._runners():
            if run := runner.find(name):
                return runner, run
        raise UnknownRun(f"no run '{name[:60]}' is known; GET /runs lists those that are")

    def _runners(self) -> Sequence[Runner]:
        other = self._elsewhere()
        return [self._here, other] if other else [self._here]

    def _told(self, run: Run) -> Run:
        parameters = {name: self._hide(value) for name, value in run.parameters.items()}
        return run.model_copy(update={"told": self._hide(run.told), "parameters": parameters})


def open_desk(order: Order, hints: Hints, clock: Clock) -> Desk:
    """Of an experiment, as whoever runs this server named it. A server of Prefect's is looked for each time: a stack
    may be started later."""
    home, name = order.home, order.experiment.name
    here = Processes(home, name, Command(hints.experiment, home.root, hints.overrides), clock)

    def elsewhere() -> Runner | None:
        server = find_server(home)
        return Prefect(server, name, clock) if server else None

    def hide(text: str) -> str:
        without = hide_secrets(text)
        return hide_paths(without) if hints.elsewhere else without

    return Desk(here, elsewhere, hide)
