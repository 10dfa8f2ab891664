"""`refit`: fits whoever answers again through the last known outcome, on the bars as they stand now."""

from __future__ import annotations

from cli.session import DONE, PARTIAL, Session
from ml_core.errors import InvalidInput


def refit(session: Session, *, always: bool) -> int:
    from ml_core.data.past import newest_session
    from ml_core.promotion.cadence import is_due, tell_next
    from ml_core.promotion.refit import refit_champion
    from ml_core.registry.versions import Registry

    terminal, order = session.terminal, session.order
    if order.experiment.serving.refit == 0:
        raise InvalidInput("serving.refit is 0, so nobody is fitted again; expected a number of sessions")
    sitting, newest = Registry(order.home).find(order.name), newest_session(order.experiment, order.home)
    done = None
    if newest and (always or is_due(order, sitting)):
        done = refit_champion(order, now=session.now, tell=terminal.step, always=always)
    if done:
        told = str(done)
    else:
        told = f"nothing to do: version {sitting.version}: {tell_next(order, sitting, newest or session.now.date())}"
    terminal.say(told)
    terminal.document(done.summary() if done else {"told": told})
    return PARTIAL if done and (done.refused or done.version is None) else DONE
