"""MLflow's client as the registry speaks with it: an answer that does not come, and what could not be written, is told
as one line. What MLflow refuses stays its own error."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ml_core.errors import StoreFailed

if TYPE_CHECKING:
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

# Of one request to a server: so many seconds for each of four attempts, and seven between them. MLflow's own are two
# minutes for each of eight, and four between them.
BOUNDS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}
UNABLE = (
    "INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE",
    "DEADLINE_EXCEEDED",
    "REQUEST_LIMIT_EXCEEDED",
    "DATA_LOSS",
)
LONGEST = 200  # signs of what MLflow said


def open_client(uri: str) -> MlflowClient:
    """It answers as MLflow's own does, quietly."""
    for name, value in BOUNDS.items():
        os.environ.setdefault(name, value)
    from mlflow.tracking import MlflowClient  # which sets how loud it is, so that it is hushed afterwards

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    with told(uri):
        return cast("MlflowClient", _Bounded(MlflowClient(tracking_uri=uri), uri))


class _Bounded:
    def __init__(self, client: MlflowClient, uri: str) -> None:
        self._client, self._uri = client, uri

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._ask, getattr(self._client, name))

    def _ask(self, method: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with told(self._uri):
            return method(*given, **named)


@contextmanager
def told(uri: str) -> Iterator[None]:
    """No answer, no connection, no room."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        if isinstance(error, MlflowException) and not is_unable(error):
            raise
        said = " ".join(str(error).split())[:LONGEST]
        raise StoreFailed(f"MLflow at {uri} could not do it; run it again when it can: {said}") from None


def is_unable(error: MlflowException) -> bool:
    """Whether it could not, and did not refuse."""
    return error.error_code in UNABLE
