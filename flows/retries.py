"""Tells Prefect which failures may pass by themselves. A wrong experiment stays wrong, and so does a bug."""

from typing import Any

from prefect.client.schemas.objects import State

from ml_core.errors import ProviderFailed, StoreFailed


async def may_pass(_task: Any, _run: Any, state: State) -> bool:
    """A provider or a store that failed may answer later."""
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, (ProviderFailed, StoreFailed))
