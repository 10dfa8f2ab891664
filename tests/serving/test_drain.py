"""A server that is told to end takes no one new, answers who was there, and is gone in time."""

import os
import signal
import socket
import subprocess
import time

import pytest
import tomlkit

from flows.stack.web import server_command

DRAIN = 8  # seconds, in which an answer comes on busy cores too; as `serve` starts it they are more
BODY = b'{"ticker": "ALFA"}'
HEAD = (
    b"POST /predictions/single HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
)


@pytest.fixture
def server(world, tmp_path):
    """The real one, as `serve` starts it, with a limit of its own for who will not go."""
    file = tmp_path / "small.toml"
    file.write_text(
        tomlkit.dumps(world.experiment.model_dump(mode="json", exclude_none=True)), encoding="utf-8"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDORCAST_")}
    environment = {**kept, "CANDORCAST_EXPERIMENT": str(file), "CANDORCAST_HOME": str(world.home.root)}
    process = subprocess.Popen(server_command("127.0.0.1", port, drain=DRAIN), env=environment, cwd=tmp_path)
    try:
        until = time.monotonic() + 150
        while time.monotonic() < until and process.poll() is None:
            try:
                connect(port).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait(20)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def test_who_was_there_is_answered_nobody_new_is_taken_and_a_page_that_listens_on_does_not_hold_it(server):
    process, port = server
    half, listening = connect(port), connect(port)
    listening.sendall(b"GET /ui/gradio_api/heartbeat/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert listening.recv(1000).startswith(b"HTTP/1.1 200")  # and it goes on for as long as the page is open
    half.sendall(HEAD + BODY[:5])
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    until = time.monotonic() + 15
    while time.monotonic() < until:
        try:
            connect(port).close()
            time.sleep(0.1)
        except OSError:
            break
    else:
        pytest.fail("it still takes connections")
    half.sendall(BODY[5:])
    told = b"".join(iter(lambda: half.recv(100_000), b""))  # until the server ends the connection
    assert told.startswith(b"HTTP/1.1 200"), told[:300]
    assert b'"ticker":"ALFA"' in told
    half.close()
    assert process.wait(60) in (0, -signal.SIGTERM)
    listening.close()
