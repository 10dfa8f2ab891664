"""Shows in Prefect how far a task is, as one progress artifact that is updated now and then."""

import time
from collections.abc import Callable
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

SECONDS = 1.0


def open_progress(key: str, description: str) -> Callable[[int, int], None]:
    """A function of (done, total) that keeps the artifact fresh, about once a second and at the end."""
    artifact = cast(UUID, create_progress_artifact(0.0, key=key, description=description))
    shown = [time.monotonic()]

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - shown[0] < SECONDS:
            return
        shown[0] = now
        update_progress_artifact(artifact, progress=100.0 * done / max(total, 1))

    return show
