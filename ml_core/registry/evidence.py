"""The evidence of a registered version: what was fitted on which data, and how it was judged. The command line, the
app, the API and the audit read it by attribute; it is written finite, and old files are read or refused in one line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from ml_core.claims.verdict import ClaimVerdict
from ml_core.errors import BrokenArtifact
from ml_core.features.selection import Choice
from ml_core.registry.account import Backtest
from ml_core.registry.part import EvidencePart
from ml_core.registry.recipe import EarlierRecipe, Recipe
from ml_core.registry.refit import Refit
from ml_core.registry.scores import CoverageRow, FanRow, Score
from ml_core.registry.searched import Searched
from ml_core.registry.verdict import Audited, Verdict
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.file import explain
from ml_core.spec.plain import plain, write_plain
from ml_core.spec.run import Model, RunSpec
from ml_core.spec.section import OpenSection

FORMAT = 1  # a file that names none was written before formats had numbers, and is of this one
# Chosen by a search, made to answer until one has earned it, or a champion fitted again through the last outcome.
Role = Literal["candidate", "reference", "refit"]


class Trained(EvidencePart):
    """The sessions that the model was fitted on."""

    start: dt.date
    end: dt.date


class Holdout(EvidencePart):
    """The last sessions, which no trial of the search saw: the model was judged on them once."""

    start: dt.date
    end: dt.date
    sessions: int
    rows: int


class Oracle(EvidencePart):
    """In a simulated market: the IC of the planted signal, the model's, and the share that was found."""

    ic: float | None
    achieved: float | None
    recovered: float | None


class EarlierSpec(OpenSection):
    """The spec of an earlier candorcast: it names its model, but not all that was fitted."""

    model: Model = Model()

    @property
    def told(self) -> str:
        """What it is, in a word."""
        return self.model.family


class Evidence(EvidencePart):
    """All that a version was judged by. What has a default was not kept from the beginning. A refit was not judged
    itself: holdout, scores, claims, search and backtest are those of the version that was."""

    format: int = FORMAT
    role: Role = "candidate"
    experiment: str
    digest: str
    source: str
    store: str | None = None
    data_version: int
    created: dt.datetime
    trained: Trained
    holdout: Holdout
    spec: Annotated[RunSpec | Ensemble | EarlierSpec, Field(union_mode="left_to_right")]
    recipe: Annotated[Recipe | EarlierRecipe | None, Field(union_mode="left_to_right")] = None
    features: tuple[str, ...]
    choice: tuple[Choice, ...] = ()
    tickers: tuple[str, ...]
    notes: tuple[str, ...] = ()
    search: Searched
    scores: tuple[Score, ...]
    coverage: tuple[CoverageRow, ...] = ()
    fan: tuple[FanRow, ...] = ()
    backtest: Backtest
    looks: int = 1
    share: float | None = None
    independent: float | None = None
    oracle: Oracle | None = None
    audit: tuple[Audited, ...] = ()
    gate: Verdict
    claims: tuple[ClaimVerdict, ...] = ()
    refit: Refit | None = None

    @model_validator(mode="before")
    @classmethod
    def _finite(cls, told: Any) -> Any:
        return plain(told)

    @property
    def unseen(self) -> dt.date:
        """The first session that it did not learn from: what it says about those before proves nothing."""
        return self.refit.through if self.refit else self.holdout.start

    @property
    def newest(self) -> dt.date:
        """The last session that there was when it was made."""
        return self.refit.through if self.refit else self.holdout.end

    @property
    def told_gate(self) -> str:
        """What the gate said. A reference was chosen by nobody and takes no seat from anybody: it was not asked."""
        if self.role == "reference" and not self.refit:
            return "not asked: a reference"
        return "passed" if self.gate.passed else f"refused: {self.gate.told_refused}"

    @property
    def bar(self) -> float | None:
        """The p below which a claim counts as proven: as much of the gate's significance as this look might spend."""
        if not isinstance(self.recipe, Recipe):
            return None
        share = 1 / self.looks if self.share is None else self.share
        return self.recipe.experiment.gate.significance * share

    @property
    def holdout_scores(self) -> list[Score]:
        """The scores on the holdout, over all tickers."""
        return [row for row in self.scores if row.ticker == "*" and row.split == "holdout"]


def write_evidence(evidence: Evidence, file: Path) -> None:
    """As JSON, with the number of its format."""
    told = {"format": FORMAT, **plain(evidence)}
    file.write_text(write_plain(told, indent=1), encoding="utf-8")


def read_evidence(file: Path, *, who: str, again: str) -> Evidence:
    """What stands in the file. `who` names the version in a refusal, `again` says what makes a new one."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(told, dict) and told.get("format", FORMAT) != FORMAT:
            raise BrokenArtifact(
                f"{who} was registered by a later candorcast: its evidence has format {told['format']}, this one "
                f"reads format {FORMAT}; update candorcast"
            )
        return Evidence.model_validate(told)
    except ValidationError as error:
        why = explain(error, Evidence)
        raise BrokenArtifact(
            f"{who} was registered by another candorcast, and its evidence cannot be read: {why}; {again}"
        ) from None
    except (OSError, ValueError) as error:
        raise BrokenArtifact(f"{who}: evidence unreadable: {error}; {again}") from None
