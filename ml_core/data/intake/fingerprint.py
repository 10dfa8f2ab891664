"""What a source looked like when a refresh last ended well, kept beside coverage; whether another can be spared."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from ml_core.data.calendar import last_closed_session
from ml_core.data.providers import Outcome, Request, Status
from ml_core.data.source import Source
from ml_core.home.settings import Home

MOST = 20  # experiments that share a source; of more, the oldest is read again


@dataclass(frozen=True)
class Looked:
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

    def told(self) -> dict[str, Outcome]:
        """How it went for each ticker then."""
        return {
            ticker: Outcome(cast(Status, status), reason, rows)
            for ticker, (status, reason, rows) in self.outcomes.items()
        }


@dataclass(frozen=True)
class Look:
    """A question to a source at some time, and what the source looks like then."""

    home: Home
    identity: str
    question: str
    text: str
    closed: dt.date

    def unchanged(self, version: int | None) -> Looked | None:
        """What came of the same question when it was last asked, if a fetch would bring nothing else."""
        known = _read(_file(self.home, self.identity)).get(self.question)
        try:
            looked = Looked(**known) if known else None
        except TypeError:  # of another release
            return None
        return looked if looked and looked.holds(self.text, self.closed, version) else None

    def keep(
        self,
        *,
        newest: dt.date,
        version: int,
        last: dt.date | None,
        outcomes: Mapping[str, Outcome],
        refused: Mapping[str, str],
    ) -> None:
        """Remember what came of it."""
        told = {ticker: (how.status, how.reason, how.rows) for ticker, how in outcomes.items()}
        looked = Looked(
            self.text, str(self.closed), str(newest), version, str(last or ""), told, dict(refused)
        )
        file = _file(self.home, self.identity)
        known = _read(file)
        known.pop(self.question, None)
        kept = dict([*known.items(), (self.question, asdict(looked))][-MOST:])
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(kept), encoding="utf-8")
        beside.replace(file)


def take_look(source: Source, request: Request, home: Home) -> Look | None:
    """None where the provider cannot tell cheaply whether anything changed. Refreshes that ask and judge alike ask
    the same question."""
    if source.provider.fingerprint is None:
        return None
    judged = source.quality.judgements(request.tickers)
    parts = (request.tickers, request.start, request.end, request.calendar, sorted(judged.items()))
    question = hashlib.sha256(f"{parts} {source.quality.limit}".encode()).hexdigest()[:16]
    closed = last_closed_session(request.calendar, request.now) or request.now.date()
    text = source.provider.fingerprint(request, source.config)
    return Look(home, source.identity, question, text, closed)


def _file(home: Home, identity: str) -> Path:
    return home.store / "coverage" / f"{identity}.json"


def _read(file: Path) -> dict:
    """Nothing where it is not there, or not whole: then the source is read."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
