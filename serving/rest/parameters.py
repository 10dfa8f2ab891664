"""What stands in the address of a request, as FastAPI is told of it: whom it is asked of, which run, or nothing."""

from typing import Annotated

from fastapi import Path, Query, Request

from ml_core.errors import InvalidInput
from serving.fields import VERSION
from serving.rest.bodies import AskedBoard, AskedNothing, VersionAsked

EXAMPLE = "20260102-220000-000000-refresh"
Version = Annotated[VersionAsked, Query()]
OnBoard = Annotated[AskedBoard, Query()]
Nothing = Annotated[AskedNothing, Query()]
OneVersion = Annotated[
    str,
    Path(
        pattern=VERSION,
        description="The number of a version, or a seat: champion, challenger or reference.",
        openapi_examples={"the first": {"value": "1"}},
    ),
]
OneRun = Annotated[
    str,
    Path(
        min_length=1,
        max_length=60,
        description="The id of a run, as GET /runs tells it.",
        openapi_examples={"a run": {"value": EXAMPLE}},
    ),
]


def ask_once(request: Request) -> None:
    """Of two values of one name the address would mean the last, and nobody would hear of the first."""
    given = [name for name, _ in request.query_params.multi_items()]
    if twice := next((name for name in given if given.count(name) > 1), None):
        raise InvalidInput(f"{twice[:40]}: stands in the address {given.count(twice)} times; expected once")
