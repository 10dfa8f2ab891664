"""`up` and `down`: start and end all services on this machine."""

from __future__ import annotations

from cli.session import DONE, Session
from ml_core.home.settings import Settings


def up(session: Session, *, others: list[str] | None, port: int, prefect_port: int, mlflow_port: int) -> int:
    from flows.stack.plan import Ports
    from flows.stack.stack import up as start
    from serving.door.keys import open_keys

    open_keys(Settings())  # keys that cannot be read are refused here, before anything is started
    ports = Ports(app=port, prefect=prefect_port, mlflow=mlflow_port)
    asked = [session, *(session.about(name) for name in others or ())]
    read = {one.name: one.read for one in asked if one.read}
    start(read, session.home, overrides=session.overrides, ports=ports)
    return DONE


def down(session: Session) -> int:
    from flows.stack.stack import down as stop

    stop(session.home)
    return DONE
