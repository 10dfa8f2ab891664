"""One registered version of a model, and the commands that give a model another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ml_core.claims.verdict import proven_at
from ml_core.errors import BrokenArtifact
from ml_core.registry.certified import Certified
from ml_core.registry.evidence import Evidence
from ml_core.registry.files import read_card
from ml_core.registry.noted import ClaimPlace, Noted
from ml_core.registry.seats import REFERENCE
from ml_core.spec.ensemble import Ensemble, Spec
from ml_core.spec.run import RunSpec


@dataclass(frozen=True)
class ModelVersion:
    """One registered version: where it lies, what points to it, and the evidence it was judged by."""

    name: str
    version: str
    aliases: tuple[str, ...]
    created: dt.datetime
    folder: Path
    read: Evidence | BrokenArtifact  # what stands in its file, or why that cannot be read
    live: Mapping[ClaimPlace, Noted] = field(
        default_factory=dict
    )  # what came of its forecasts decided of its claims
    forced: str = (
        ""  # the day on which somebody seated it against the gate, if anybody did; that stays for ever
    )
    certificate: Certified | None = None  # the last that was signed of it

    @property
    def card(self) -> str:
        """What it is, for who meets it for the first time, in Markdown; empty of one that was given none."""
        return read_card(self.folder)

    @property
    def evidence(self) -> Evidence:
        """What it was judged by; a file that cannot be read is refused when it is asked for, not when it is listed."""
        if isinstance(self.read, BrokenArtifact):
            raise self.read
        return self.read

    def proves(self, horizon: int) -> list[str]:
        """The claims that are its own at this horizon: proven when it was judged or by what came of its forecasts, and
        not given back since."""
        own = self.evidence.refit is None or self.evidence.gate.passed  # a refused refit says something else
        judged = set(proven_at(self.evidence.claims, horizon)) if own else set()
        noted = {claim: one.verdict for (claim, ahead), one in self.live.items() if ahead == horizon}
        proven = {claim for claim, verdict in noted.items() if verdict == "proven"}
        return sorted((judged | proven) - {claim for claim, verdict in noted.items() if verdict == "refuted"})

    @property
    def readable(self) -> bool:
        return isinstance(self.read, Evidence)

    @property
    def spec(self) -> Spec:
        """What was fitted; a version of a time when specs said less, or otherwise than was done, is refused."""
        spec = self.evidence.spec
        if isinstance(spec, (RunSpec, Ensemble)):
            return spec
        raise BrokenArtifact(
            f"{self.name} version {self.version} was registered by an earlier candorcast, and its spec does not "
            f"say all that was fitted; {search_again(self.name)}"
        )


def chosen_from(versions: Iterable[ModelVersion], trials: Collection[str]) -> ModelVersion | None:
    """The first of these versions that was chosen from these trials, and says all that was fitted."""
    for version in versions:
        evidence = version.evidence if version.readable else None
        if (
            evidence is None
            or evidence.role != "candidate"
            or not isinstance(evidence.spec, (RunSpec, Ensemble))
        ):
            continue
        if any(row.trial in trials for row in evidence.search.head):
            return version
    return None


def answer_again(name: str) -> str:
    """What gives a model somebody who answers."""
    return f"run: candorcast predict {name.rpartition('.')[0]}"


def search_again(name: str) -> str:
    """What makes a new version of a model."""
    return f"run: candorcast search {name.rpartition('.')[0]}"


def tell_empty(name: str, seat: str, refused: ModelVersion | None) -> str:
    """Nobody sits there, and what can be done about it; `refused` is who would have, if anybody."""
    told = f"{name} has no {seat}"
    if refused and refused.readable:
        why = f"version {refused.version} was refused, as {refused.evidence.gate.told_refused}"
        return f"{told}: {why}; look at it: candorcast predict {name.rpartition('.')[0]} --version challenger"
    return f"{told}; {answer_again(name) if seat == REFERENCE else search_again(name)}"


def tell_known(name: str, seats: Mapping[int, Collection[str]]) -> str:
    """What could have been asked for instead: every version, with the seats that it sits in."""
    told = [
        f"{number} ({', '.join(sorted(held))})" if held else f"{number}"
        for number, held in sorted(seats.items())
    ]
    return f"; it has {', '.join(told)}" if told else f"; nothing is registered yet; {answer_again(name)}"
