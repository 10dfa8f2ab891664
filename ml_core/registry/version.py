"""One registered version of a model, and the commands that give a model another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ml_core.claims.verdict import proven_at
from ml_core.errors import BrokenArtifact
from ml_core.registry.evidence import Evidence
from ml_core.registry.noted import Noted, Place
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
    live: Mapping[Place, Noted] = field(
        default_factory=dict
    )  # what came of its forecasts decided of its claims
    forced: str = (
        ""  # the day on which somebody seated it against the gate, if anybody did; that stays for ever
    )

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
    def spec(self) -> RunSpec:
        """What was fitted; a version of a time when specs said less, or otherwise than was done, is refused."""
        spec = self.evidence.spec
        if isinstance(spec, RunSpec):
            return spec
        raise BrokenArtifact(
            f"{self.name} version {self.version} was registered by an earlier candorcast, and its spec does not "
            f"say all that was fitted; {search_again(self.name)}"
        )


def answer_again(name: str) -> str:
    """What gives a model somebody who answers."""
    return f"run: candorcast predict {name.rpartition('.')[0]}"


def search_again(name: str) -> str:
    """What makes a new version of a model."""
    return f"run: candorcast search {name.rpartition('.')[0]}"
