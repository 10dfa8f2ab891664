"""A look at what came of forecasts: what is due is scored, and the seat follows. Flow and command call this."""

from __future__ import annotations

from dataclasses import dataclass

from ml_core.data.order import Order
from ml_core.data.past import newest_session
from ml_core.live.following import LiveChange, follow_evidence
from ml_core.live.ledger import open_ledger
from ml_core.live.scoring import ScoringResult, score_live
from ml_core.live.standing import LiveStanding, read_standings

WAIT = 600.0  # seconds: another look ends within them


@dataclass(frozen=True)
class Looked:
    """What was added, where every claim stands now, and what that has changed."""

    scored: ScoringResult
    standings: tuple[LiveStanding, ...]
    steps: tuple[LiveChange, ...]

    @property
    def nothing(self) -> bool:
        return not (self.scored.rows.height or self.scored.begun or self.steps)

    def told(self) -> str:
        """One line."""
        if self.nothing:
            return "nothing to do: every outcome that has come is scored"
        rows = self.scored.rows
        dates = rows.select("line", "as_of", "horizon").unique().height
        told = [f"{dates} forecasts scored, up to the session of {rows['known'].max()}"] if dates else []
        told += [f"version {line} is watched from now on" for line in self.scored.begun]
        return "; ".join([*told, *(step.why for step in self.steps)])


def look(order: Order) -> Looked:
    """One at a time, whoever asks; a second look right after the first changes nothing."""
    with order.alone("score", wait=WAIT):
        scored = score_live(order)
        standings = read_standings(open_ledger(order))
        session = newest_session(order.experiment, order.home)
        steps = follow_evidence(order, standings, session=session) if session else []
        return Looked(scored, tuple(standings), tuple(steps))
