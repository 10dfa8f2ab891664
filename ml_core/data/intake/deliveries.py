"""Asks the provider for the planned bars and hands them on in portions, so that a long download is stored in parts."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing

from ml_core.data.intake.plan import IntakePlan
from ml_core.data.providers import Fetched, TellFetched


def fetch(plan: IntakePlan, progress: TellFetched | None) -> Generator[Fetched, None, None]:
    """What the provider says, part by part where it can; nothing where nothing is to be asked."""
    source = plan.inquiry.source
    provider = source.provider
    if not plan.ask:
        return
    if provider.stream:
        yield from provider.stream(plan.request, source.config, progress=progress)
    else:
        yield provider.fetch(plan.request, source.config, progress=progress)


def deliver(
    parts: Generator[Fetched, None, None], every: float | None
) -> Iterator[tuple[list[Fetched], bool]]:
    """What came, to be stored: as often as `every` seconds, and what is left at the end; beside it whether the source
    has told all. What ends the asking, Ctrl-C too, goes on after what came before it."""
    waiting: list[Fetched] = []
    ended: BaseException | None = None
    stored = time.monotonic()
    with closing(parts):
        while True:
            try:
                part = next(parts, None)
            except BaseException as error:
                part, ended = None, error
            if part is None:
                break
            waiting.append(part)
            del part  # or all that came would be held until the next comes
            if every is not None and time.monotonic() - stored >= every:
                yield waiting, False
                waiting, stored = [], time.monotonic()
    yield waiting, ended is None
    if ended:
        raise ended
