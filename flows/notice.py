"""Sends a word about breaches through the notification block of Prefect that the variable `candorcast_notify` names, as
`slack-webhook/desk`. Where there is none nobody is told; a word that does not go out is logged, and stops nothing."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
from prefect import get_run_logger
from prefect.blocks.abstract import NotificationBlock, NotificationError
from prefect.blocks.core import Block
from prefect.exceptions import PrefectException
from prefect.variables import Variable

from ml_core.monitoring.record import Breach

VARIABLE = "candorcast_notify"
TROUBLE = (PrefectException, NotificationError, httpx.HTTPError, OSError, ValueError, KeyError, TypeError)


def send_word(model: str, breaches: Sequence[Breach]) -> None:
    """One message for all that were raised now."""
    if not breaches:
        return
    log = get_run_logger()
    try:
        named = Variable.get(VARIABLE, default="")
        if not named:
            return
        block = Block.load(str(named))
        if not isinstance(block, NotificationBlock):
            raise TypeError("expected a notification block, as slack-webhook/desk")
        send: Callable[[str, str], Any] = (
            block.notify
        )  # of most blocks it sends at once, of some it is awaited
        sent = send(tell(breaches), f"candorcast: {model}: {len(breaches)} breached")
        if inspect.isawaitable(sent):
            asyncio.run(_wait_for(sent))
    except TROUBLE as error:
        log.warning("the variable %s: nobody was told: %s", VARIABLE, error)


async def _wait_for(sent: Awaitable[Any]) -> None:
    await sent


def tell(breaches: Sequence[Breach]) -> str:
    """A line each."""
    return "\n".join(f"{one.check}: {one.told}" for one in breaches)
