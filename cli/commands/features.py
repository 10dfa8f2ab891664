"""What `candorcast features` does: the features that there are, as a table or as the page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.session import DONE, Session

if TYPE_CHECKING:
    from ml_core.registry.evidence import Evidence


def features(session: Session, *, markdown: bool) -> int:
    from ml_core.features.listing import list_features, write_markdown

    rows = list_features()
    if markdown:
        session.terminal.say(write_markdown().rstrip("\n"))
    else:
        session.terminal.table(rows)
    session.terminal.document(rows)
    return DONE


def read_inputs(evidence: Evidence, *, most: int = 3) -> str:
    """How many features a model reads, and those whose link with the target is the most stable."""
    judged = [one for one in evidence.choice if one.stability is not None]
    steady = sorted(judged, key=lambda one: -(one.stability or 0.0))[:most]
    named = ", ".join(f"{one.feature} (IC {one.ic:+.3f})" for one in steady)
    return f"{len(evidence.features)} features" + (f", most stable {named}" if named else "")
