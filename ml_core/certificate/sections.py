"""What a certificate says, section by section: frozen, and read by attribute. It is written finite; what another
candorcast wrote otherwise is refused in one line."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from ml_core.certificate.paper import written
from ml_core.claims.verdict import ClaimVerdict
from ml_core.errors import BrokenArtifact
from ml_core.panel.splits import Split
from ml_core.registry.account import Backtest
from ml_core.registry.evidence import Role
from ml_core.registry.part import EvidencePart
from ml_core.registry.refit import Refit
from ml_core.registry.scores import CoverageRow, Score
from ml_core.registry.verdict import Audited, Verdict
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import explain
from ml_core.spec.plain import plain
from ml_core.spec.run import RunSpec
from ml_core.vocabulary.harmless import COMMANDS


class About(EvidencePart):
    """Which version it is, in which role it was judged, and when it was made; of a refit, from whom, and how it lies
    beside him."""

    model: str
    version: str
    role: Role
    created: dt.datetime
    refit: Refit | None = None


class HashedBars(EvidencePart):
    """The bars up to a day by their hash, and those of the benchmark."""

    last: dt.date
    rows: int
    sha256: str
    benchmark: str | None


class SignedBars(HashedBars):
    """The same, with the place where they lay: the store, and which of its versions."""

    version: int
    store: str | None


class SignedLock(EvidencePart):
    """The file of locked packages, and the machine and packages that fitted it."""

    file: str
    sha256: str
    made_with: dict[str, str]


class SignedRecipe(EvidencePart):
    """The experiment, and the dates that it was fitted and judged on."""

    experiment: Experiment
    split: Split


class SignedScores(EvidencePart):
    """How good it was on its holdout, as numbers."""

    scores: tuple[Score, ...]
    coverage: tuple[CoverageRow, ...]
    backtest: Backtest


class Luck(EvidencePart):
    """What was tried before it was chosen: trials of its search, those that the backtest pays for and how many of them
    are independent; the probability of overfitting; which look at this holdout it was, and its share of significance.
    """

    trials: int
    tried: int | None
    independent: float
    overfitting: float | None
    look: int
    share: float | None


class SignedAudit(EvidencePart):
    """What the leak audit compared, and what the gate answered."""

    compared: tuple[Audited, ...]
    gate: Verdict


class SignedVersion(EvidencePart):
    """What a version has of its own: a refit, and the one that was judged, each has them."""

    about: About
    data: SignedBars
    lock: SignedLock
    recipe: SignedRecipe
    weights: dict[str, str]  # the hash of each file of what was fitted
    claims: tuple[ClaimVerdict, ...]
    audit: SignedAudit


class Certificate(SignedVersion):
    """All that is signed. A refit has its spec, scores and luck from the version that was judged, which is told too."""

    spec: Annotated[RunSpec | Ensemble, Field(union_mode="left_to_right")]
    scores: SignedScores
    luck: Luck
    judged: SignedVersion | None = None

    @model_validator(mode="after")
    def _tells_who_was_judged(self) -> Certificate:
        named = self.about.refit.judged if self.about.refit else None
        told = self.judged.about.version if self.judged else None
        if named != told or (self.judged and self.judged.about.refit):
            raise ValueError(
                f"judged: expected version {named}, of which about.refit tells, and no refit; got {told}"
            )
        return self

    def of_judged(self) -> Certificate:
        """What was signed of the version that was judged: of a refit, that is another."""
        if self.judged is None:
            return self
        return Certificate(**dict(self.judged), spec=self.spec, scores=self.scores, luck=self.luck)

    def parts(self) -> dict[str, Any]:
        """What is signed, by the name of its line."""
        return whole(self)


def read_certificate(parts: Mapping[str, Any], *, who: str) -> Certificate:
    """What was signed, checked. `who` names the file in a refusal."""
    for place, text in texts_of(parts):
        if COMMANDS.search(text):
            raise BrokenArtifact(
                f"{who}: {place} has control characters, which no certificate of a version has"
            )
    try:
        return Certificate.model_validate(parts)
    except ValidationError as error:
        why = explain(error, Certificate)
        raise BrokenArtifact(
            f"{who} was made by another candorcast, and this one cannot read it: {why}"
        ) from None


def texts_of(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it, keys too, with the names that lead there."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield f"a name in {place}" if place else "a name", str(key)
            yield from texts_of(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part, place)


def whole(value: Any) -> Any:
    """As it is after it was written and read: so two values are compared."""
    return json.loads(written(plain(value)))
