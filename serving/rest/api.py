"""Defines the REST routes over the service. Every error is one line: {"error": "…"}."""

import logging
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from ml_core.errors import (
    AlreadyRunning,
    EmptySeat,
    ForecastError,
    InvalidInput,
    NoChampion,
    UnknownRun,
    UnknownTicker,
    UnknownVersion,
)
from serving.board import Board
from serving.condition import Ready
from serving.door.access import Access
from serving.experiments import Experiments, ServedExperiments
from serving.explanations import Explained
from serving.holdings import Holdings
from serving.messages import BatchAnswer, Health, Info, SingleAnswer
from serving.rest.bodies import BatchRequest, ExplainRequest, SingleRequest
from serving.rest.doing import add_doing
from serving.rest.metrics import KIND, Requests, served_families, write_metrics
from serving.rest.parameters import Nothing, OnBoard, OneVersion, Version, ask_once
from serving.rest.problems import problem, problems
from serving.rest.refusals import tell_refused
from serving.service import Service
from serving.shelf import Live, ModelEvidence, Models

STATUS = {
    UnknownTicker: 404, UnknownRun: 404, UnknownVersion: 404, EmptySeat: 404, NoChampion: 503, InvalidInput: 422,
    AlreadyRunning: 409, ForecastError: 503,
}  # fmt: skip

log = logging.getLogger(__name__)


def build_router(service: Service, access: Access, requests: Requests, experiments: Experiments) -> APIRouter:
    """Predictions, evidence, figures and runs behind the key; before it only whether the server lives and answers."""
    router = APIRouter(dependencies=[Depends(ask_once)])
    guarded: dict[str, Any] = {
        "dependencies": [Depends(access.needs("read"))],
        "responses": problems(401, 404, 413, 422, 503),
    }
    _add_predictions(router, service, guarded)
    _add_evidence(router, service, guarded)
    add_doing(router, service, access)
    _add_condition(router, service)
    _add_server(router, requests, experiments, guarded)
    return router


def _add_predictions(router: APIRouter, service: Service, guarded: dict[str, Any]) -> None:
    @router.post("/predictions/single", tags=["Predictions"], **guarded)
    def predict_single(request: SingleRequest, asked: Version) -> SingleAnswer:
        """The forecast of one ticker, as of the last session or a past day."""
        return service.single(
            request.ticker,
            horizons=request.horizons,
            date=request.day,
            strategy=request.strategy,
            version=asked.chosen,
            field=request.day_field,
        )

    @router.post("/predictions/batch", tags=["Predictions"], **guarded)
    def predict_batch(request: BatchRequest, asked: Version) -> BatchAnswer:
        """The forecasts of many tickers. Those that cannot be made are named in `failed` with the reason."""
        return service.batch(
            request.tickers,
            date=request.day,
            strategy=request.strategy,
            version=asked.chosen,
            field=request.day_field,
        )

    @router.post("/predictions/explain", tags=["Predictions"], **guarded)
    def explain(request: ExplainRequest, asked: Version) -> Explained:
        """What moved the forecast of one ticker up and down, by input and by lag."""
        return service.explanations.tell(
            request.ticker,
            horizon=request.horizon,
            of=request.of,
            date=request.day,
            version=asked.chosen,
            field=request.day_field,
        )

    @router.get("/predictions/board", tags=["Predictions"], **guarded)
    def board(asked: OnBoard) -> Board:
        """All tickers of the newest session at one horizon, with what the strategy would hold of each."""
        return service.board(horizon=asked.horizon, version=asked.chosen)

    @router.get("/portfolio/positions", tags=["Portfolio"], **guarded)
    def positions(_asked: Nothing) -> Holdings:
        """What the experiment's strategy holds now, and since when: the account that `candorcast backtest` keeps."""
        return service.positions()


def _add_evidence(router: APIRouter, service: Service, guarded: dict[str, Any]) -> None:
    @router.get("/info", tags=["Evidence"], **guarded)
    def info(asked: Version) -> Info:
        """The model that answers, and the evidence for it: scores beside baselines, gate, search, backtest."""
        return service.info(asked.chosen)

    @router.get("/models", tags=["Evidence"], **guarded)
    def models(_asked: Nothing) -> Models:
        """Every version of the model, the newest first: its seats, what is proven of it, where it sat and why."""
        return service.shelf.models()

    @router.get("/models/{version}", tags=["Evidence"], **guarded)
    def model(version: OneVersion, _asked: Nothing) -> ModelEvidence:
        """One version by its number or seat, with all of its evidence."""
        return service.model(version)

    @router.get("/live", tags=["Evidence"], **guarded)
    def live(_asked: Nothing) -> Live:
        """What forecasts were worth after they were made: each claim with its effect, where it lies, and e-values."""
        return service.shelf.live()


def _add_condition(router: APIRouter, service: Service) -> None:
    @router.get("/health", tags=["Server"])
    def health(_asked: Nothing) -> Health:
        """Always answers 200 while the process lives; `status` says whether a model does."""
        return service.health()

    @router.get("/ready", tags=["Server"], responses=problems(503))
    def ready(_asked: Nothing) -> Ready:
        """200 as soon as predictions are answered, 503 with the reason until then."""
        told = service.condition.ready()
        if isinstance(told, str):
            raise HTTPException(503, told)
        return told


def _add_server(
    router: APIRouter, requests: Requests, experiments: Experiments, guarded: dict[str, Any]
) -> None:
    @router.get("/experiments", tags=["Server"], **guarded)
    def served(_asked: Nothing) -> ServedExperiments:
        """Which experiments this server answers for. Every address takes `?experiment=NAME`."""
        return experiments.tell()

    @router.get("/metrics", tags=["Server"], response_class=PlainTextResponse, **guarded)
    def metrics(_asked: Nothing) -> PlainTextResponse:
        """Requests and latencies by route, the age of data and model, proven claims and swaps, for Prometheus."""
        told = write_metrics((*requests.families(), *served_families(experiments)))
        return PlainTextResponse(told, media_type=KIND)


def explain_errors(app: FastAPI, service: Service) -> None:
    """Every failure leaves as one line with the right status; a bug leaves no traceback."""

    @app.exception_handler(ForecastError)
    def explained(_request: Request, error: ForecastError) -> JSONResponse:
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        return problem(status, service.spell_out(str(error)))

    @app.exception_handler(RequestValidationError)
    def refused(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, tell_refused(request.url.path, error.errors()[0]))

    @app.exception_handler(HTTPException)
    def answered(request: Request, error: HTTPException) -> JSONResponse:
        known = {
            400: _tell_unread(error),
            404: f"no such address: {request.url.path}",
            405: f"{request.method} is not allowed here",
        }
        text = known.get(error.status_code, str(error.detail))
        return problem(error.status_code, text, headers=error.headers)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(500, "something went wrong here; the server's log says what")


def _tell_unread(error: HTTPException) -> str:
    """Why a body could not be read."""
    if isinstance(error.__cause__, RecursionError):
        return "the body: nested too deeply; expected a JSON object of plain fields"
    return "the body: expected JSON as UTF-8 text"
