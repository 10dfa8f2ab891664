"""`python -m tests.object_store PORT` plays S3 on loopback by moto. It takes one request after the other, because S3
puts an object only where there is none as one step, and moto alone does it in two."""

import sys
from collections.abc import Callable, Iterable
from threading import Lock

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

played = DomainDispatcherApplication(create_backend_app)
one_at_a_time = Lock()


def answer(environment: dict, start: Callable) -> Iterable[bytes]:
    with one_at_a_time:
        return list(played(environment, start))


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), answer, threaded=True)
