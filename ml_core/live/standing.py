"""Where each claim of each watched line stands, in numbers and in plain words: what was scored, where the effect lies,
how strong the evidence is either way, and since when something is decided."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, cast

import polars as pl

from ml_core.live.ledger import LiveLedger
from ml_core.live.terms import LiveTerms

LiveVerdict = Literal["proven", "refuted", "open", "not asked", "nothing scored yet"]
WORSE = "it is worse than {rival}"
LESS = "it does not reach {promised}, half of what was shown before"


@dataclass(frozen=True)
class LiveStanding:
    """One claim of one line at one horizon. `mean`, `low` and `high` are in units of the rival's usual loss (of
    `order`: the rank IC itself). `better` and `refuted` are e-values; `proven_on` and `refuted_on` the first
    session by whose close one of them passed what is needed."""

    terms: LiveTerms
    sessions: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    cut: int = 0
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    better: float = 1.0
    refuted: float = 1.0
    proven_on: dt.date | None = None
    refuted_on: dt.date | None = None

    @property
    def verdict(self) -> LiveVerdict:
        """What was decided last: a claim that was proven may die."""
        if not self.terms.asked:
            return "not asked"
        if self.proven_on is None and self.refuted_on is None:
            return "open" if self.sessions else "nothing scored yet"
        if self.proven_on is None or (self.refuted_on is not None and self.refuted_on >= self.proven_on):
            return "refuted"
        return "proven"

    @property
    def decided_on(self) -> dt.date | None:
        return {"proven": self.proven_on, "refuted": self.refuted_on}.get(self.verdict)

    def told(self) -> str:
        """The verdict in a sentence."""
        terms, needed = self.terms, f"{self.terms.needed:,.0f}"
        if self.verdict == "not asked":
            return f"not asked live: {terms.reason}"
        if self.verdict == "nothing scored yet":
            return f"nothing scored yet of what was forecast since {terms.since}"
        if self.verdict == "proven":
            return f"proven live on {self.proven_on}: better than {terms.rival}, e-value past {needed}"
        if self.verdict == "refuted":
            return f"refuted live on {self.refuted_on}: {self._short()}, e-value past {needed}"
        nearer = "for it" if self.better >= self.refuted else "against it"
        return f"open: the e-value {nearer} is {max(self.better, self.refuted):.3g}; {needed} decides"

    def _short(self) -> str:
        promised = f"{self.terms.promised / self.terms.unit:.3g}"
        words = LESS if self.terms.promised > 0 else WORSE
        return words.format(rival=self.terms.rival, promised=promised)

    def summary(self) -> dict[str, Any]:
        """As a document tells it."""
        terms = {name: value for name, value in vars(self.terms).items() if name != "reason"}
        own = {name: value for name, value in vars(self).items() if name != "terms"}
        return {**terms, **own, "verdict": self.verdict, "told": self.told()}


def read_standings(ledger: LiveLedger) -> list[LiveStanding]:
    """Of every line that was ever watched, in the order in which they came to be."""
    scores = ledger.scores()
    parts = scores.partition_by("line", "claim", "horizon", as_dict=True)
    return [
        stand(one, parts.get((one.line, one.claim, one.horizon), scores.clear())) for one in ledger.terms()
    ]


def stand(terms: LiveTerms, rows: pl.DataFrame) -> LiveStanding:
    """After these LIVE rows of one place, in the order of time."""
    if rows.is_empty():
        return LiveStanding(terms)
    last = rows.row(-1, named=True)
    return LiveStanding(
        terms,
        sessions=rows.height,
        first=rows["as_of"][0],
        last=last["as_of"],
        cut=rows.filter(pl.col("difference").abs() > terms.bound).height,
        **{name: last[name] / terms.unit for name in ("mean", "low", "high")},
        better=last["better"],
        refuted=last["refuted"],
        proven_on=_passed(rows, "better", terms.needed),
        refuted_on=_passed(rows, "refuted", terms.needed),
    )


def _passed(rows: pl.DataFrame, side: str, needed: float) -> dt.date | None:
    """The session by whose close it first did: once it has, that it falls again takes nothing back."""
    return cast(dt.date | None, rows.filter(pl.col(side) >= needed)["known"].min())
