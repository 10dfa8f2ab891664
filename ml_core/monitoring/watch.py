"""A look at all that is watched: every check of the folder, what it found, and the breaches that go on. Flow and
command call this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_core.data.order import Order
from ml_core.errors import ForecastError, NotEnoughData
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.record import Breach, open_record
from ml_core.monitoring.scene import WatchScene
from ml_core.spec import choices

CHECKS = "ml_core.monitoring.checks"
WAIT = 600.0  # seconds: another look ends within them


@dataclass(frozen=True)
class Watched:
    """Of one look: the findings by check, why a check could not look, and all breaches that ever were."""

    session: dt.date
    found: Mapping[str, list[Finding]]
    failed: Mapping[str, str] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()

    @property
    def going_on(self) -> list[Breach]:
        return [one for one in self.breaches if one.over is None]

    def told(self) -> str:
        """One line."""
        looked = sum(map(len, self.found.values()))
        waiting = [f"{one.check}: {one.subject}" for one in self.going_on if one.waits]
        breached = f"breached: {'; '.join(waiting)}" if waiting else "no breach that nobody knows of"
        failed = "".join(f"; {check} could not look: {why}" for check, why in self.failed.items())
        return f"{looked} things looked at on {self.session}; {breached}{failed}"


def watch(order: Order, *, now: dt.datetime) -> Watched:
    """One at a time; a second look at the same session writes the same. A check that fails is told, and keeps no other
    from looking."""
    with order.alone("monitor", wait=WAIT):
        scene, record = WatchScene(order, now), open_record(order)
        if not scene.sessions:
            raise NotEnoughData(
                f"no bar of {order.source.identity} is stored; run: candorcast refresh {order.experiment.name}"
            )
        findings, failed = {}, {}
        for name in choices.names(CHECKS):
            try:
                findings[name] = choices.load(CHECKS, name).look(scene)
            except ForecastError as error:
                failed[name] = str(error)
        session = scene.sessions[-1]
        return Watched(session, findings, failed, tuple(record.keep(session, findings)))
