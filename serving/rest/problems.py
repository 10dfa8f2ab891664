"""The one shape of every refusal: {"error": "one line"}."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse

from serving.messages import Problem

ABOUT = {
    401: "The key is missing or wrong.",
    403: "The key has not the scope that this takes.",
    404: "The ticker or run is unknown, or nobody sits in the seat that is asked.",
    409: "Something else goes on that has to end first.",
    413: "The body is larger than 64 KiB.",
    422: "The request cannot be answered as it stands.",
    503: "No model is served yet, a server behind this one does not answer, or too much is asked at once.",
}


def problem(status: int, text: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": " ".join(text.split())}, status, headers=headers)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """As the document of the API tells them."""
    return {status: {"model": Problem, "description": ABOUT[status]} for status in statuses}
