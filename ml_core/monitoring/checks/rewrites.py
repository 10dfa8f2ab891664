"""Rewrites: bars that whoever answers learned from, and of which the store says something else today."""

from __future__ import annotations

from ml_core.data.prices import data_version
from ml_core.lineage.edits import find_edits
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.scene import WatchScene

ALLOWED = 0.001  # of the bars: providers put single ones right all the time
NAMED = 3


def look(scene: WatchScene) -> list[Finding]:
    """One finding, whether the provider rewrote them or the user has them judged otherwise."""
    sitting, order = scene.sitting, scene.order
    if sitting is None:
        return []
    then, until = sitting.evidence.data_version, sitting.evidence.trained.end
    now = data_version(order.experiment, order.home)
    edits = find_edits(order.experiment, order.home, then=then, now=now, until=until)
    edited = edits.select("name", "date").unique()
    learned = scene.prices.filter(scene.prices["date"] <= until).height
    share = edited.height / max(learned, 1)
    most = edited.group_by("name").len().sort("len", "name", descending=[True, False])["name"].head(NAMED)
    named = f"; most of all {', '.join(most)}" if edited.height else ""
    told = (
        f"{edited.height} of {learned} bars that version {sitting.version} learned from are others now{named}"
    )
    return [Finding("what was learned from", share, ALLOWED, told, "refit")]
