"""Keeps the account of an experiment's looks at its holdouts. Each look is a chance to be lucky, so all of them share
one significance: of years with looks, however many, no more than `gate.significance` prove what is not so."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml_core.data.source import open_source
from ml_core.home.lines import add_lines
from ml_core.home.settings import Home
from ml_core.portfolio.opening import market_of
from ml_core.promotion.candidate import Candidate
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain

OPENING = (
    0.6  # of the gate's significance: what an account holds before its first look, and never more than that
)
YEARLY = (
    0.4  # what a year of sessions adds that nobody has looked at yet; with the opening it is all there is
)
SPENT = 2 / 3  # of what the account holds, by each look


@dataclass(frozen=True)
class HoldoutLook:
    """One spec judged on one holdout: what its new sessions added to the account, and what it may spend."""

    at: str
    store: str
    start: str
    end: str
    spec: str
    gained: float
    share: float

    @property
    def about(self) -> tuple[str, str, str, str]:
        """The same spec on the same sessions is the same look, however often it is taken."""
        return self.store, self.start, self.end, self.spec


@dataclass(frozen=True)
class Paid:
    """A look that has been paid for, and the how-many-eth it is."""

    number: int
    share: float


FREE = Paid(1, 1.0)  # what was chosen from nothing has had no chance to be lucky


def pay_look(home: Home, experiment: Experiment, candidate: Candidate, *, now: dt.datetime) -> Paid:
    """What this look may spend, written down before anything is seen: whoever is killed meanwhile has looked."""
    file = home.looks / f"{experiment.model_name}.jsonl"
    store = open_source(experiment).identity
    looks = _recall(file, home, store, experiment, candidate)
    test, spec = candidate.split.test, candidate.forecaster.spec
    asked = (store, str(test.start), str(test.end), _digest(spec))
    for number, known in enumerate(looks, start=1):
        if known.about == asked:
            return Paid(number, known.share)
    look = _next(looks, asked, experiment, candidate, at=now.isoformat(timespec="seconds"))
    _write(file, [look])
    return Paid(len(looks) + 1, look.share)


def share_after(looks: Iterable[HoldoutLook], gained: float) -> float:
    """What the next look may spend of the gate's significance."""
    held = OPENING
    for look in looks:
        held = max(min(OPENING, held + look.gained) - look.share, 0.0)
    return min(OPENING, held + gained) * SPENT


def _next(
    looks: Sequence[HoldoutLook],
    asked: tuple[str, str, str, str],
    experiment: Experiment,
    candidate: Candidate,
    *,
    at: str,
) -> HoldoutLook:
    gained = 0.0
    if looks:
        seen = max(look.end for look in looks)
        new = sum(seen < str(session) <= asked[2] for session in candidate.windows.sessions)
        gained = YEARLY * new / market_of(experiment, candidate.prices).periods_per_year
    return HoldoutLook(at, *asked, gained=gained, share=share_after(looks, gained))


def _recall(
    file: Path, home: Home, store: str, experiment: Experiment, candidate: Candidate
) -> list[HoldoutLook]:
    """The looks at bars of this store that were written down, and those of versions that were judged elsewhere, or
    before there was an account."""
    written = [look for look in _read(file) if look.store == store]
    known, looks = {look.about for look in written}, list(written)
    for version in reversed(Registry(home).versions(experiment.model_name)):
        if (about := _about(version)) and about[0] == store and about not in known:
            known.add(about)
            looks.append(_next(looks, about, experiment, candidate, at=version.created.isoformat()))
    if missing := looks[len(written) :]:
        _write(file, missing)
    return looks


def _about(version: ModelVersion) -> tuple[str, str, str, str] | None:
    """What was looked at there; the reference was chosen from nothing, and what cannot be read says of no look."""
    evidence = version.evidence if version.readable else None
    if evidence is None or evidence.role != "candidate" or evidence.store is None:
        return None
    return evidence.store, str(evidence.holdout.start), str(evidence.holdout.end), _digest(evidence.spec)


def _digest(spec: Any) -> str:
    """A name for the spec that is judged."""
    return hashlib.sha256(json.dumps(plain(spec), sort_keys=True).encode()).hexdigest()[:16]


def _read(file: Path) -> list[HoldoutLook]:
    """A line that a kill cut short was written for a look that nobody took."""
    looks = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        try:
            looks.append(HoldoutLook(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return looks


def _write(file: Path, looks: Sequence[HoldoutLook]) -> None:
    # what a kill cut short stays alone
    add_lines(file, "".join("\n" + json.dumps(asdict(look)) for look in looks))
