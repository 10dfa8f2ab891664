"""`serve`: turns this process into the web server. In an empty home it tells the first steps."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cli.session import DONE, Session
from ml_core.errors import ForecastError
from ml_core.home.settings import Settings


def serve(session: Session, *, experiments: list[str], host: str, port: int) -> int:
    from flows.stack.web import check_address, serve_app
    from serving.door.keys import open_keys

    names = [name for one in experiments for name in one.split(",") if name]
    served = _open(session, names)
    check_address(host, port)
    open_keys(Settings(host=host))  # keys that cannot be read are refused here, before a server is started
    for one in served:
        _fill_seat(one)
    read = {one.name: one.experiment for one in served}
    serve_app(
        {name: read.get(name) for name in names},
        session.home,
        overrides=session.overrides,
        host=host,
        port=port,
        say=session.terminal.say,
    )
    return DONE


def _open(session: Session, names: Sequence[str]) -> list[Session]:
    """Those that can be served. One that cannot is told, and the others go on; if none can, no server starts."""
    from ml_core.spec.file import require_names
    from ml_core.spec.handover import take_over

    opened: list[Session] = []
    read = take_over(os.environ)
    for name in names:
        try:
            one = session.about(name, read=read.get(name))
            _ = one.order
            opened.append(one)
        except ForecastError as error:
            if len(names) == 1 or (not opened and name == names[-1]):
                raise
            session.terminal.warn(f"{name} cannot be served: {error}")
    require_names({one.name: one.experiment.name for one in opened})
    return opened


def _fill_seat(session: Session) -> None:
    """So that there is somebody who answers. Before the first refresh there can be nobody: no failure, but a
    beginning, and the page shows what comes as soon as it is there."""
    from ml_core.data.past import newest_session
    from ml_core.promotion.reference import fill_seat

    if newest_session(session.experiment, session.home) is None:
        for line in _tell_first_steps(session):
            session.terminal.say(line)
        return
    try:
        fill_seat(session.order, now=session.now, tell=session.terminal.step)
    except ForecastError as error:
        session.terminal.warn(session.spell_out(str(error)))


def _tell_first_steps(session: Session) -> list[str]:
    steps = {
        "refresh": "stores the prices",
        "predict": "makes the first forecast: how far prices may go",
        "search": "looks for a model that says where they go",
    }
    spelled = {session.spell(verb): what for verb, what in steps.items()}
    width = max(map(len, spelled))
    return [
        f"nothing is stored of {session.experiment.name} yet: the page has nothing to show. Run these in another "
        "terminal; it follows by itself:",
        *(f"  {command:<{width}}  {what}" for command, what in spelled.items()),
    ]
