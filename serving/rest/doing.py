"""Defines the REST routes that do something: start and cancel runs, fetch a ticker, reckon a backtest, move who is
champion."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from ml_core.registry.by_hand import SeatChange
from ml_core.spec.experiment import Experiment
from serving.backtest_queue import BacktestAnswer, Jobs
from serving.backtests import BacktestSettings
from serving.door.access import Access
from serving.door.keys import Visitor
from serving.rest.bodies import BacktestRequest, SeatRequest, TickerRequest
from serving.rest.parameters import Nothing, OneRun, Version
from serving.rest.problems import problems
from serving.runs.request import RunRequest
from serving.runs.run import Run, RunLog, Runs
from serving.seated import Seating
from serving.service import Service
from serving.starting import start_run
from serving.strangers import FetchedTicker
from serving.strategies import changes_of

PATIENCE = 2.0  # seconds after which a backtest that goes on is answered by how far it is


def add_doing(router: APIRouter, service: Service, access: Access) -> None:
    """Whoever may read may also try strategies; the rest takes more."""
    _add_runs(router, service, access)
    _add_tickers(router, service, access)
    _add_backtest(router, service, access)
    _add_champion(router, service, access)


def _add_runs(router: APIRouter, service: Service, access: Access) -> None:
    reads: dict[str, Any] = {
        "dependencies": [Depends(access.needs("read"))],
        "responses": problems(401, 404, 422, 503),
    }
    acts: dict[str, Any] = {"responses": problems(401, 403, 404, 409, 413, 422, 503)}

    @router.get("/runs", tags=["Runs"], **reads)
    def runs(_asked: Nothing) -> Runs:
        """Runs of the experiment, the newest first: processes of this machine, and of Prefect where it has a server."""
        return service.desk.runs()

    @router.get("/runs/{run}", tags=["Runs"], **reads)
    def run(run: OneRun, _asked: Nothing) -> RunLog:
        """One run with the last lines of its log."""
        return service.desk.find(run)

    @router.post("/runs", tags=["Runs"], status_code=202, **acts)
    def start(
        request: RunRequest, visitor: Annotated[Visitor, Depends(access.needs("run"))], _asked: Nothing
    ) -> Run:
        """Start a run. Where there is a Prefect server, its deployments do all but an audit; else this machine does
        one at a time in a home."""
        return start_run(service, request, by=visitor.name)

    @router.delete("/runs/{run}", tags=["Runs"], **acts)
    def cancel(
        run: OneRun, visitor: Annotated[Visitor, Depends(access.needs("run"))], _asked: Nothing
    ) -> Run:
        """Ask a run to end; it takes a moment. One that has ended stays as it is."""
        return service.desk.cancel(run, by=visitor.name)


def _add_tickers(router: APIRouter, service: Service, access: Access) -> None:

    @router.post("/tickers", tags=["Predictions"], responses=problems(401, 403, 404, 409, 413, 422, 503))
    def fetch(
        request: TickerRequest, _visitor: Annotated[Visitor, Depends(access.needs("run"))], _asked: Nothing
    ) -> FetchedTicker:
        """Fetch, check and store the bars of a ticker outside the universe, so that it can be forecast. It takes a
        pooled model and a source that can be asked by name; one whose newest session is stored is not asked for."""
        return service.strangers.fetch(request.ticker)


def _add_backtest(router: APIRouter, service: Service, access: Access) -> None:
    jobs = Jobs(service.backtest)
    answers = {202: {"model": BacktestAnswer, "description": "It goes on: ask again with the same body."}}

    @router.post(
        "/portfolio/backtest",
        tags=["Portfolio"],
        responses={**problems(401, 404, 409, 413, 422, 503), **answers},
    )
    def backtest(
        request: BacktestRequest,
        asked: Version,
        visitor: Annotated[Visitor, Depends(access.needs("read"))],
        response: Response,
    ) -> BacktestAnswer:
        """What a strategy would have earned. Each setting that you try makes a lucky one likelier: the deflated Sharpe
        ratio pays for all of yours."""
        settings, version = _settings_of(request, service.experiment), service.stamp(asked.chosen)
        answer = jobs.ask(visitor.name, settings, version, wait=PATIENCE)
        if answer.state == "running":
            response.status_code = 202
            response.headers["Retry-After"] = "1"
        return answer


def _settings_of(request: BacktestRequest, experiment: Experiment) -> BacktestSettings:
    """What it changes of the experiment's own strategy: the name first, then single keys."""
    own, horizons = experiment.strategy, experiment.task.horizons
    named = changes_of(request.strategy, own, horizons) if request.strategy else {}
    return BacktestSettings({**named, **request.settings}, request.start_date, request.end_date)


def _add_champion(router: APIRouter, service: Service, access: Access) -> None:

    @router.post("/models/champion", tags=["Evidence"], responses=problems(401, 403, 404, 409, 413, 422, 503))
    def champion(
        request: SeatRequest, visitor: Annotated[Visitor, Depends(access.needs("admin"))], _asked: Nothing
    ) -> Seating:
        """Make another version champion; without a number, the last earlier one that passed the gate. Name and reason
        stand beside the move for ever."""
        asked = SeatChange(request.version, request.force, by=visitor.name, reason=request.reason)
        return Seating.of(service.seats.seat(asked))
