"""Shows in Prefect how far a task is, as one progress artifact that is updated now and then."""

import time
from typing import Protocol, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

SECONDS = 1.0


class Show(Protocol):
    """Keeps the artifact fresh; what `text` says stands beside the bar."""

    def __call__(self, done: int, total: int, text: str = "", /) -> None: ...


def open_progress(key: str, description: str) -> Show:
    """Of one artifact, about once a second and at the end."""
    artifact = cast(UUID, create_progress_artifact(0.0, key=key, description=description))
    shown = [time.monotonic()]

    def show(done: int, total: int, text: str = "", /) -> None:
        now = time.monotonic()
        if done < total and now - shown[0] < SECONDS:
            return
        shown[0] = now
        told = f"{description}: {text}" if text else description
        update_progress_artifact(artifact, progress=100.0 * done / max(total, 1), description=told)

    return show
