"""What `serve` has checked is what is served: the experiment's file is read once."""

import os

from fastapi.testclient import TestClient

from serving.app import create_app
from tests.cli.command_line import run
from tests.market import write_experiment
from tests.servers import free_port
from tests.serving.conftest import LOOPBACK


def test_a_file_that_is_edited_after_it_was_checked_is_served_as_it_was_checked(tmp_path, monkeypatch):
    file, handed = write_experiment(tmp_path), {}
    monkeypatch.setattr("os.execvpe", lambda _file, _command, environment: handed.update(environment))
    done = run("serve", str(file), "--home", str(tmp_path / "home"), "--port", free_port())
    assert done.exit_code == 0, done.output
    file.write_text("an edit that is not finished", encoding="utf-8")

    for name, value in handed.items():
        monkeypatch.setenv(name, value)
    told = TestClient(create_app(), LOOPBACK).get("/health").json()
    assert (told["experiment"], told["status"]) == ("small", "waiting")
    assert "CANDORCAST_HANDED_OVER" not in os.environ, "what the server starts takes nobody's place"


def test_one_that_cannot_be_served_is_told_by_the_server_beside_the_others(tmp_path, monkeypatch):
    file, handed = write_experiment(tmp_path), {}
    monkeypatch.setattr("os.execvpe", lambda _file, _command, environment: handed.update(environment))
    done = run("serve", str(file), "dem0", "--home", str(tmp_path / "home"), "--port", free_port())
    assert done.exit_code == 0, done.output
    for name, value in handed.items():
        monkeypatch.setenv(name, value)
    told = TestClient(create_app(), LOOPBACK).get("/experiments").json()["experiments"]
    assert [(one["name"], one["status"]) for one in told] == [("small", "waiting"), ("dem0", "closed")]
