"""Age: whoever answers is older than his recipe was ever judged at."""

from __future__ import annotations

from ml_core.monitoring.finding import Finding, Remedy
from ml_core.monitoring.scene import WatchScene
from ml_core.registry.age import GRACE, last_fresh, refit_every, tell_old_model
from ml_core.registry.seats import REFERENCE, seat_of
from ml_core.registry.versions import Registry


def look(scene: WatchScene) -> list[Finding]:
    """In sessions since the last outcome that it knew. A refit helps; where the last one was refused, a search."""
    sitting, order = scene.sitting, scene.order
    if sitting is None:
        return []
    moves = Registry(order.home).moves(order.name)
    every = refit_every(order.experiment, len(scene.sessions))
    allowed = every + GRACE.get(order.experiment.task.frequency, 5)
    fresh = seat_of(sitting) == REFERENCE
    last = last_fresh(sitting, moves) if fresh else sitting.evidence.unseen
    behind = sum(1 for day in scene.sessions if day > last)
    old, _, command = tell_old_model(order.experiment, sitting, moves, scene.sessions).partition("; run: ")
    if not old:
        told = f"version {sitting.version} knows outcomes up to {last}, {behind} sessions ago"
        return [Finding("model", min(behind, allowed), allowed, told)]
    remedy: Remedy = "search" if "search" in command else "refit"
    return [Finding("model", behind, allowed, old, remedy)]
