"""Claims: what was proven of whoever is watched, and what came of his forecasts has refuted."""

from __future__ import annotations

from ml_core.live.ledger import open_ledger
from ml_core.live.standing import read_standings
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.scene import WatchScene


def look(scene: WatchScene) -> list[Finding]:
    """Of the line that was watched last, each claim's e-value against it beside what refutes. A false alarm is no
    likelier than the gate's significance, for all claims and all days together (docs/live.md)."""
    asked = [one for one in read_standings(open_ledger(scene.order)) if one.terms.asked and one.sessions]
    newest = max((one.terms.number for one in asked), default=0)
    return [
        Finding(
            f"{one.terms.claim} {one.terms.horizon} ahead of version {one.terms.line}",
            one.terms.needed * 2 if one.verdict == "refuted" else min(one.refuted, one.terms.needed),
            one.terms.needed,
            one.told(),
            "search",
        )
        for one in asked
        if one.terms.number == newest
    ]
