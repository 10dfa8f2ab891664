"""Asks a server over raw sockets that stay open, one loop for all of them, and reads of the kernel what it holds and
spends."""

import json
import os
import selectors
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A process that answers, and the seconds from its start to its first answer."""

    process: int
    port: int
    seconds: float


def write_request(path: str, body: dict | None = None, headers: str = "") -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    about = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    verb = "GET" if body is None else "POST"
    return f"{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{about}{headers}\r\n".encode() + content


def ask(port: int, request: bytes, *, clients: int = 1, requests: int = 1) -> tuple[list[float], float]:
    """The seconds of each answer, and of all of them together."""
    waiting = selectors.DefaultSelector()
    open_sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    for one in open_sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting.register(one, selectors.EVENT_READ, one)
    taken, left = [], requests
    begun = time.perf_counter()
    sent, heard = {}, dict.fromkeys(open_sockets, b"")
    for one in open_sockets:
        sent[one] = time.perf_counter()
        one.sendall(request)
    while len(taken) < requests:
        for key, _ in waiting.select():
            one: socket.socket = key.data
            heard[one] += one.recv(1 << 20)
            if not is_whole(heard[one]):
                continue
            now = time.perf_counter()
            taken.append(now - sent[one])
            heard[one], left = b"", left - 1
            if left > 0:
                sent[one] = now
                one.sendall(request)
    whole = time.perf_counter() - begun
    for one in open_sockets:
        one.close()
    return taken[:requests], whole


def is_whole(heard: bytes) -> bool:
    head, found, body = heard.partition(b"\r\n\r\n")
    if not found:
        return False
    status = head[9:12]
    if status not in (b"200", b"304"):
        raise RuntimeError(f"answered {head.decode()}\n{body[:500].decode()}")
    told = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return status == b"304" or (bool(told) and len(body) >= int(told))


@contextmanager
def serve(command: list[str], port: int, environment: dict[str, str], first: bytes) -> Iterator[Server]:
    """A server in a process of its own, once it has answered."""
    begun = time.perf_counter()
    server = subprocess.Popen(command, env=environment)
    try:
        while True:
            try:
                ask(port, first)
                break
            except (OSError, RuntimeError):
                if server.poll() is not None or time.perf_counter() - begun > 300:
                    raise
                time.sleep(0.02)
        yield Server(server.pid, port, time.perf_counter() - begun)
    finally:
        server.terminate()
        server.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def resident(process: int) -> float:
    """MiB, as the kernel counts them."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def cpu_seconds(process: int) -> float:
    """Of all its threads, in user and system mode."""
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
