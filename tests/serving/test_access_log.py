"""Who runs the server reads who asked what and how it ended, and never a key."""

import json

import pytest

from tests.serving.conftest import open_client

KEY = "a-long-secret"


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_each_request_is_a_line_of_json_with_its_end(service, capsys):
    client = open_client(service, access_log=True)
    client.post("/predictions/single", json={"ticker": "ALFA"})
    client.get("/models/7")
    single, model = lines(capsys.readouterr().out)
    assert (single["method"], single["path"], single["status"]) == ("POST", "/predictions/single", 200)
    assert single["bytes"] > 500
    assert single["ms"] > 0
    assert single["at"].endswith("+00:00")
    assert (model["path"], model["route"], model["status"]) == ("/models/7", "/models/{version}", 404)


@pytest.mark.parametrize("given", [KEY, "wrong-secret"])
def test_no_key_that_was_shown_is_in_it_whether_right_or_wrong(service, capsys, given):
    client = open_client(service, api_key=KEY, host="0.0.0.0")
    client.get("/info", headers={"X-API-Key": given})
    client.get("/info", headers={"Authorization": f"Bearer {given}"})
    client.get("/info", params={"key": given})
    client.post("/ui/login", data={"username": "me", "password": given})
    written = capsys.readouterr().out
    assert len(lines(written)) == 4
    assert "secret" not in written


def test_an_address_that_breaks_lines_or_goes_on_for_ever_is_one_short_line(service, capsys):
    client = open_client(service, access_log=True)
    client.get("/a%0a%7b%22status%22%3a200%7d" + "x" * 5000)
    (told,) = lines(capsys.readouterr().out)
    assert (told["status"], told["route"], len(told["path"])) == (404, "other", 200)


def test_on_loopback_nothing_is_written_unless_that_is_asked_for(service, capsys):
    open_client(service).get("/health")
    open_client(service, api_key=KEY, host="0.0.0.0", access_log=False).get("/health")
    assert lines(capsys.readouterr().out) == []
