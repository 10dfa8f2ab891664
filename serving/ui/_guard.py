"""Keeps a page whole when a part of it cannot be made: what is in the way is said on the page."""

import logging
from collections.abc import Callable
from typing import TypeVar

from ml_core.errors import ForecastError
from serving.look import markup
from serving.service import Service

Made = TypeVar("Made")

log = logging.getLogger(__name__)


def guard(service: Service, what: str, make: Callable[[], Made], instead: Callable[[str], Made]) -> Made:
    """What `make` makes. Where it cannot, `instead` takes a notice: the reason in words, with a command as this user
    types it. A bug's traceback goes to the log; without this, Gradio would answer with a bare "Error" and no page."""
    try:
        return make()
    except ForecastError as error:
        return instead(markup.notice(service.spell_out(str(error))))
    except Exception:  # the outermost frame of the page: whatever a bug raises, the other parts go on
        log.exception("%s could not be shown", what)
        return instead(markup.notice(f"{what} cannot be shown; the server's log says why."))
