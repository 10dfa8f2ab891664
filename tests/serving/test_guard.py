"""A part of a page that cannot be made is replaced by words, and the page goes on."""

import logging

import pytest

from ml_core.errors import ForecastError, InvalidInput
from serving.service import Service
from serving.ui._guard import guard


def fail(error: Exception) -> str:
    raise error


def test_what_can_be_made_is_shown_as_it_is(service: Service):
    assert guard(service, "This part", lambda: "made", str) == "made"


@pytest.mark.parametrize("error", [InvalidInput("no such ticker"), ForecastError("the store is closed")])
def test_a_known_failure_is_said_in_its_own_words(service: Service, error: Exception):
    assert str(error) in guard(service, "This part", lambda: fail(error), str)


def test_a_bug_is_for_the_log_and_its_text_for_nobody_else(service: Service, caplog):
    with caplog.at_level(logging.ERROR, logger="serving"):
        shown = guard(service, "This part", lambda: fail(KeyError("secret")), str)
    assert "secret" not in shown and "This part cannot be shown; the server&#x27;s log says why." in shown
    assert "KeyError" in caplog.text and "This part could not be shown" in caplog.text
