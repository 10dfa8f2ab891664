"""Keeps what was looked at and what was breached: a row for each finding of each session that was looked at, and one
for each breach from its first day to its last. What a person says of a breach stands beside it for ever."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace

import polars as pl

from ml_core.data.order import Order
from ml_core.data.store import tables
from ml_core.errors import InvalidInput
from ml_core.frames import conform
from ml_core.home.bucket import Place
from ml_core.monitoring.finding import Finding, Remedy

LOOKS = {
    "session": pl.Date, "check": pl.String, "subject": pl.String, "value": pl.Float64, "allowed": pl.Float64,
    "told": pl.String, "remedy": pl.String,
}  # fmt: skip
BREACHES = {
    "id": pl.Int32, "check": pl.String, "subject": pl.String, "began": pl.Date, "last": pl.Date,
    "over": pl.Date, "told": pl.String, "remedy": pl.String, "raised": pl.Date, "asked": pl.Date,
    "acknowledged": pl.Date, "muted": pl.Date,
}  # fmt: skip


@dataclass(frozen=True)
class Breach:
    """From the session on which it `began` to the `last` one on which it was seen; `over` since a look that did not see
    it. `raised`: when its event went out, `asked`: when that event asked for the remedy. `acknowledged`: somebody
    knows, and nothing is done of itself any more; `muted`: nor is it raised when it comes again."""

    id: int
    check: str
    subject: str
    began: dt.date
    last: dt.date
    told: str
    remedy: Remedy
    over: dt.date | None = None
    raised: dt.date | None = None
    asked: dt.date | None = None
    acknowledged: dt.date | None = None
    muted: dt.date | None = None

    @property
    def waits(self) -> bool:
        """Whether it goes on, and nobody has said that he knows."""
        return self.over is None and self.acknowledged is None and self.muted is None

    @property
    def state(self) -> str:
        """In one word."""
        if self.over:
            return "over"
        return "muted" if self.muted else "acknowledged" if self.acknowledged else "open"


@dataclass(frozen=True)
class Record:
    """Of one model."""

    folder: Place

    def looks(self) -> pl.DataFrame:
        """LOOKS, in the order of time."""
        return _read(self.folder / "looks", LOOKS).sort("session", "check", "subject")

    def breaches(self) -> list[Breach]:
        """All that ever were, the oldest first."""
        return [
            Breach(**row)
            for row in _read(self.folder / "breaches", BREACHES).sort("id").iter_rows(named=True)
        ]

    def find(self, number: int) -> Breach:
        for one in self.breaches():
            if one.id == number:
                return one
        known = ", ".join(str(one.id) for one in self.breaches() if one.over is None) or "none"
        raise InvalidInput(f"no breach {number}; open are: {known}")

    def write(self, breaches: list[Breach]) -> None:
        """Each as it is now."""
        rows = pl.DataFrame([asdict(one) for one in breaches], schema=BREACHES)
        tables.merge(self.folder / "breaches", conform(rows, BREACHES, "breaches"), ["id"])

    def keep(self, session: dt.date, found: dict[str, list[Finding]]) -> list[Breach]:
        """What was found on that session, by check; the breaches that have begun, gone on and ended with it."""
        rows = [
            {"session": session, "check": check}
            | {name: value for name, value in vars(one).items() if name in LOOKS}
            for check, findings in found.items()
            for one in findings
        ]
        looked = pl.DataFrame(rows, schema=LOOKS)
        tables.merge(self.folder / "looks", looked, ["session", "check", "subject"])
        before = self.breaches()
        after = follow(before, session, found)
        if changed := [one for one in after if one not in before]:
            self.write(changed)
        return after


def follow(before: list[Breach], session: dt.date, found: dict[str, list[Finding]]) -> list[Breach]:
    """The breaches after a look. One whose check could not look is left as it is; one that was over and comes again is
    another, muted if that one was."""
    now = {(check, one.subject): one for check, findings in found.items() for one in findings if one.breach}
    after, known = [], set()
    for one in before:
        place = (one.check, one.subject)
        if one.over is None and one.check in found:
            known.add(place)
            seen = now.get(place)
            one = replace(one, last=session, told=seen.told) if seen else replace(one, over=session)
        elif one.over is None:
            known.add(place)
        after.append(one)
    muted = {(one.check, one.subject): one.muted for one in before}
    number = max((one.id for one in before), default=0)
    for place in sorted(now.keys() - known):
        number += 1
        one = now[place]
        after.append(Breach(number, *place, session, session, one.told, one.remedy, muted=muted.get(place)))
    return after


def open_record(order: Order) -> Record:
    return Record(order.home.monitoring(order.name))


def _read(folder: Place, schema: dict) -> pl.DataFrame:
    rows, blank = tables.read(folder), pl.DataFrame(schema=schema)
    if rows is None:
        return blank
    return conform(pl.concat([blank, tables.gather(rows, folder)], how="diagonal"), schema, "monitoring")
