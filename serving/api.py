"""Defines the REST routes over the service. Every error is one line: {"error": "…"}."""

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ml_core.errors import EmptySeat, ForecastError, InvalidInput, NoChampion, UnknownTicker
from serving.access import Access
from serving.asked import Asked, AskedNothing, BatchRequest, SingleRequest
from serving.messages import BatchAnswer, Health, Info, Problem, SingleAnswer
from serving.refusals import tell_refused
from serving.service import Service

STATUS = {UnknownTicker: 404, EmptySeat: 404, NoChampion: 503, InvalidInput: 422, ForecastError: 503}
Version = Annotated[Asked, Query()]

log = logging.getLogger(__name__)


def build_router(service: Service, access: Access) -> APIRouter:
    """Predictions and evidence behind the key, health before it."""
    router = APIRouter()
    guarded: dict[str, Any] = {
        "dependencies": [Depends(access.check)],
        "responses": _problems(401, 404, 413, 422, 503),
    }

    @router.post("/predictions/single", tags=["Predictions"], **guarded)
    def predict_single(request: SingleRequest, asked: Version) -> SingleAnswer:
        """The forecast of one ticker, as of the last session or a past day."""
        return service.single(
            request.ticker,
            horizons=request.horizons,
            date=request.date,
            strategy=request.strategy,
            version=asked.chosen,
        )

    @router.post("/predictions/batch", tags=["Predictions"], **guarded)
    def predict_batch(request: BatchRequest, asked: Version) -> BatchAnswer:
        """The forecasts of many tickers. Those that cannot be made are named in `failed` with the reason."""
        return service.batch(request.tickers, date=request.date, version=asked.chosen)

    @router.get("/info", tags=["Evidence"], **guarded)
    def info(asked: Version) -> Info:
        """The model that answers, and the evidence for it: scores beside baselines, gate, search, backtest."""
        return service.info(asked.chosen)

    @router.get("/health", tags=["Evidence"])
    def health(_asked: Annotated[AskedNothing, Query()]) -> Health:
        """Always answers 200 while the process lives; `status` says whether a model does."""
        return service.health()

    return router


def explain_errors(app: FastAPI, service: Service) -> None:
    """Every failure leaves as one line with the right status; a bug leaves no traceback."""

    @app.exception_handler(ForecastError)
    def explained(_request: Request, error: ForecastError) -> JSONResponse:
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        return _problem(status, service.spell_out(str(error)))

    @app.exception_handler(RequestValidationError)
    def refused(request: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(422, tell_refused(request.url.path, error.errors()[0]))

    @app.exception_handler(HTTPException)
    def answered(request: Request, error: HTTPException) -> JSONResponse:
        known = {
            400: "the body: expected JSON as UTF-8 text",
            404: f"no such address: {request.url.path}",
            405: f"{request.method} is not allowed here",
        }
        text = known.get(error.status_code, str(error.detail))
        return _problem(error.status_code, text, headers=error.headers)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _problem(500, "something went wrong here; the server's log says what")


def _problem(status: int, text: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": " ".join(text.split())}, status, headers=headers)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    about = {
        401: "The key is missing or wrong.",
        404: "The ticker is unknown, or nobody sits in the seat that is asked.",
        413: "The body is larger than 64 KiB.",
        422: "The request cannot be answered as it stands.",
        503: "No model is served yet.",
    }
    return {status: {"model": Problem, "description": about[status]} for status in statuses}
