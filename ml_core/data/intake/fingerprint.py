"""What a source looked like when a refresh last ended well, kept in its store; whether another can be spared."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from ml_core.data.intake.inquiry import Inquiry
from ml_core.data.intake.refreshed import Refreshed
from ml_core.data.providers import FetchStatus, Outcome

MOST = 20  # experiments that share a source; of more, the oldest is read again


@dataclass(frozen=True)
class LastRefresh:
    """`text`: the provider's fingerprint; `closed`: the last closed session then, `newest`: of the bars that came."""

    text: str
    closed: str
    newest: str
    version: int
    last: str
    outcomes: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def holds(self, text: str, closed: dt.date, version: int | None) -> bool:
        """Whether a fetch would bring nothing: the same text, and no session has closed since that the data has."""
        settled = self.closed == closed.isoformat() or self.newest < self.closed
        return self.text == text and settled and version is not None and version >= self.version

    def repeat(self, notes: tuple[str, ...], version: int | None) -> Refreshed:
        """What would come of a refresh once more, as nothing has changed at the source."""
        outcomes = {
            ticker: Outcome(cast(FetchStatus, status), reason, rows)
            for ticker, (status, reason, rows) in self.outcomes.items()
        }
        last = dt.date.fromisoformat(self.last) if self.last else None
        return Refreshed(
            outcomes, 0, 0, 0, version, last, notes, held_back=self.refused, unchanged=True,
        )  # fmt: skip


@dataclass(frozen=True)
class SourceState:
    """A question to a source at some time, and what the source looks like then."""

    inquiry: Inquiry
    question: str
    text: str

    def unchanged(self) -> LastRefresh | None:
        """What came of the same question when it was last asked, if a fetch would bring nothing else."""
        known = _read(self.inquiry.store.fingerprint).get(self.question)
        try:
            last = LastRefresh(**known) if known else None
        except TypeError:  # of another release
            return None
        version = self.inquiry.store.bars.version()
        return last if last and last.holds(self.text, self.inquiry.closed, version) else None

    def keep(self, done: Refreshed, *, newest: dt.date) -> None:
        """Remember what came of it; `newest`: the last day of a bar that came."""
        told = {ticker: (how.status, how.reason, how.rows) for ticker, how in done.outcomes.items()}
        last = LastRefresh(
            self.text,
            str(self.inquiry.closed),
            str(newest),
            done.version or 0,
            str(done.last or ""),
            told,
            dict(done.held_back),
        )
        file = self.inquiry.store.fingerprint
        known = _read(file)
        known.pop(self.question, None)
        kept = dict([*known.items(), (self.question, asdict(last))][-MOST:])
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(kept), encoding="utf-8")
        beside.replace(file)


def describe_source(inquiry: Inquiry) -> SourceState | None:
    """None where the provider cannot tell cheaply whether anything changed. Refreshes that ask and judge alike ask
    the same question."""
    source, request = inquiry.source, inquiry.request
    if source.provider.fingerprint is None:
        return None
    judged = source.quality.judgements(request.tickers)
    parts = (request.tickers, request.start, request.end, request.calendar, sorted(judged.items()))
    question = hashlib.sha256(f"{parts} {source.quality.limit}".encode()).hexdigest()[:16]
    return SourceState(inquiry, question, source.provider.fingerprint(request, source.config))


def _read(file: Path) -> dict:
    """Nothing where it is not there, or not whole: then the source is read."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
