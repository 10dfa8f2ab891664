"""`serve` turns this process into the web server; `up` and `down` start and end all services on this machine."""

from __future__ import annotations

from cli.session import DONE, Session
from ml_core.errors import ForecastError
from ml_core.spec.file import find_experiment


def serve(session: Session, *, host: str, port: int) -> int:
    from flows.stack.web import serve_app

    order = session.order  # an experiment that cannot be served is refused before a server starts
    _fill_seat(session)
    serve_app(
        str(find_experiment(session.name).resolve()),
        order.home,
        overrides=session.overrides,
        host=host,
        port=port,
        say=session.terminal.say,
    )
    return DONE


def _fill_seat(session: Session) -> None:
    """So that there is somebody who answers; before the first refresh there can be nobody, and the app says so."""
    from ml_core.promotion.reference import fill_seat

    try:
        fill_seat(session.order, now=session.now, tell=session.terminal.step)
    except ForecastError as error:
        session.terminal.warn(session.spell_out(str(error)))


def up(session: Session, *, port: int, prefect_port: int, mlflow_port: int) -> int:
    from flows.stack.services import Ports
    from flows.stack.stack import up as start

    ports = Ports(app=port, prefect=prefect_port, mlflow=mlflow_port)
    start(session.name, session.home, overrides=session.overrides, ports=ports)
    return DONE


def down(session: Session) -> int:
    from flows.stack.stack import down as stop

    stop(session.home)
    return DONE
