"""Writes what a search tried as tables for the terminal: its trials, and which keys mattered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.terminal import shown
from ml_core.vocabulary.words import together

if TYPE_CHECKING:
    from ml_core.registry.searched import Importance, TrialRow
    from ml_core.spec.ensemble import Spec

SCORES = (
    "`error`: standard error of the test score relative to the mean of all trials; "
    "`again`: the score to expect on new dates"
)

REASONS = 5  # each with its trials; `--csv` has them all


def ledger_rows(head: Sequence[TrialRow]) -> list[dict[str, Any]]:
    shown_keys = ("trial", "status", "family", "epochs", "validation", "test", "error", "again", "seconds")
    return [
        {
            **row.model_dump(include=set(shown_keys)),
            "params": ", ".join(
                f"{key.partition('.')[2]} {shown(value)}" for key, value in row.params.items()
            ),
        }
        for row in head
    ]


def endings(trials: Sequence[TrialRow]) -> list[str]:
    """Why trials have no score or no rank: each reason once, the most frequent first, with how many it is of."""
    reasons = Counter((row.status, row.reason) for row in trials if row.reason)
    told = [
        f"{number} {'trial' if number == 1 else 'trials'} {status}: {reason}"
        for (status, reason), number in reasons.most_common(REASONS)
    ]
    others = len(reasons) - len(told)
    return [*told, f"and {others} more such reasons"] if others else told


def answering(spec: Spec) -> str:
    """That several answer as one, and how much each counts; nothing of one alone."""
    parts = spec.components
    return together(len(parts), spec.told) if len(parts) > 1 else ""


def key_row(key: Importance) -> dict[str, str]:
    shares = {name: f"{getattr(key, name):.0%}" for name in ("share", "error", "chance")}
    return {"family": key.family, "key": key.key, **shares, "p": f"{key.p:.2f}"}
