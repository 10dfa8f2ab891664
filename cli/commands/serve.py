"""`serve`: turns this process into the web server. In an empty home it tells the first steps."""

from __future__ import annotations

from cli.session import DONE, Session
from ml_core.errors import ForecastError


def serve(session: Session, *, host: str, port: int) -> int:
    from flows.stack.web import check_address, serve_app

    order = session.order  # an experiment that cannot be served is refused before a server starts
    check_address(host, port)
    _fill_seat(session)
    serve_app(
        session.name,
        order.home,
        overrides=session.overrides,
        host=host,
        port=port,
        say=session.terminal.say,
    )
    return DONE


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
        "this home is empty: the page has nothing to show yet. Run these in another terminal; it follows by itself:",
        *(f"  {command:<{width}}  {what}" for command, what in spelled.items()),
    ]
