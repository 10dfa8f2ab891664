"""Registers forecasters with their evidence as versions, finds them again, and says who sits where. Only this
file, `tracking.py` and `database.py` know MLflow."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.errors import BrokenArtifact, EmptySeat, ForecastError, NoChampion, UnknownVersion
from ml_core.home.settings import Home
from ml_core.registry.attempts import ATTEMPT, finish
from ml_core.registry.database import Listed, read_runs, read_tags, read_versions
from ml_core.registry.described import FORCED, describe
from ml_core.registry.evidence import Evidence
from ml_core.registry.files import CARD, EVIDENCE, FOLDER, write_files
from ml_core.registry.logbook import Logbook, list_runs
from ml_core.registry.moves import Cause, Move, moves_of, write_move
from ml_core.registry.noted import ClaimPlace, Noted, write_noted
from ml_core.registry.papers import Papers
from ml_core.registry.runs import flatten, log_values
from ml_core.registry.seats import ANSWERING, CHALLENGER, CHAMPION, NOBODY, SEATS, Seat
from ml_core.registry.tracking import connect
from ml_core.registry.version import ModelVersion, answer_again, tell_empty, tell_known

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion
    from mlflow.tracking import MlflowClient

    from ml_core.forecaster.forecaster import Forecaster


class Registry:
    """The versions under one home, or behind a tracking server."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._temporary: tempfile.TemporaryDirectory | None = None

    @cached_property
    def _client(self) -> MlflowClient:
        """Connected when it is first needed: MLflow takes seconds to load."""
        return connect(self.home)

    @property
    def _local(self) -> bool:
        """Without a server the files lie under the home, and are looked for there: a home may be moved."""
        return self.home.tracking_uri.startswith("sqlite")

    def versions(self, name: str) -> list[ModelVersion]:
        """Newest first; none for a model that nothing was registered for."""
        return [*self.each(name)]

    def each(self, name: str) -> Iterator[ModelVersion]:
        """The same one by one: the evidence of hundreds of versions at once is much to hold."""
        return map(self._describe, self._listed(name))

    def everything(self) -> list[ModelVersion]:
        """Every version of every model under this home: what stored data they name must stay readable."""
        return [
            registered
            for model in self._client.search_registered_models()
            for registered in self.versions(model.name)
        ]

    def find(self, name: str, version: str | None = None) -> ModelVersion:
        """That version: a number, or the seat that it sits in. Without one, who answers: the champion, and until there
        is one the reference."""
        if version is None:
            return self._answering(name)
        if registered := self._look_up(name, version):
            return self._describe(registered)
        if version in SEATS:
            raise EmptySeat(
                tell_empty(name, version, self.sitting(name, CHALLENGER) if version == CHAMPION else None)
            )
        seats = {int(one.version): one.aliases for one in self._listed(name)}
        raise UnknownVersion(f"{name} has no version '{version}'{tell_known(name, seats)}")

    def sitting(self, name: str, seat: Seat) -> ModelVersion | None:
        """Who sits there, if anybody."""
        try:
            return self.find(name, seat)
        except NoChampion:
            return None

    def load(self, registered: ModelVersion) -> Forecaster:
        """The forecaster of a version, its files checked against their checksums. Without evidence none is given."""
        from ml_core.forecaster.files import load_forecaster

        if isinstance(registered.read, BrokenArtifact):
            raise registered.read
        return load_forecaster(registered.folder).named(registered.name, registered.version)

    def register(
        self,
        forecaster: Forecaster,
        name: str,
        evidence: Evidence,
        *,
        card: Callable[[str], str] | None = None,
    ) -> ModelVersion:
        """A new version with its files and evidence, and the `card` of its number; no alias moves."""
        experiment = self._experiment(name)
        with tempfile.TemporaryDirectory() as folder:
            attempt = write_files(Path(folder), forecaster, evidence)
            tags = {"kind": evidence.role, ATTEMPT: attempt}
            run = self._client.create_run(experiment, run_name=evidence.role, tags=tags)
            self._client.log_artifacts(run.info.run_id, folder, FOLDER)
        log_values(self._client, run.info.run_id, flatten(forecaster.spec.model_dump(mode="json")), ())
        self._client.set_terminated(run.info.run_id, "FINISHED")
        if not self._client.search_registered_models(f"name='{name}'"):
            self._client.create_registered_model(name)
        source = f"{run.info.artifact_uri}/{FOLDER}"
        made = self._client.create_model_version(name, source=source, run_id=run.info.run_id)
        if card is not None:
            self._client.log_text(run.info.run_id, card(str(made.version)), f"{FOLDER}/{CARD}")
        return self.find(name, finish(self._client, experiment, name, attempt))

    def promote(
        self,
        name: str,
        version: str,
        *,
        instead_of: str | None = None,
        cause: Cause = "hand",
        why: str = "",
        since: dt.date | None = None,
    ) -> None:
        """Move `champion` to that version; refuses if it no longer points where the caller believes (or NOBODY)."""
        if instead_of is not None:
            holder = self.sitting(name, CHAMPION)
            holder = holder.version if holder else NOBODY
            if holder != instead_of:
                expected = instead_of or "none"
                raise ForecastError(
                    f"{name}: champion moved to version {holder} meanwhile; expected {expected}"
                )
        self.seat(name, version, CHAMPION, cause=cause, why=why, since=since)
        if (challenger := self.sitting(name, CHALLENGER)) and challenger.version == version:
            self.vacate(name, CHALLENGER)

    def mark_forced(self, name: str, version: str, *, day: dt.date | str) -> None:
        """Seated against the gate on that day. It keeps the mark, wherever it is shown."""
        self._client.set_model_version_tag(name, version, FORCED, f"{day}")

    def note(self, name: str, version: str, place: ClaimPlace, noted: Noted) -> None:
        """What came of its forecasts decided of one of its claims; who is fitted again from it is told the same."""
        self._client.set_model_version_tag(name, version, *write_noted(place, noted))

    def open_papers(self, registered: ModelVersion) -> Papers:
        """Where the certificate that was signed of it is kept and read."""
        return Papers(lambda: self._client, registered, self._local)

    def seat(
        self,
        name: str,
        version: str,
        seat: Seat,
        *,
        cause: Cause = "hand",
        why: str = "",
        since: dt.date | None = None,
    ) -> None:
        """That version sits there now, and whoever sat there does no longer. It is remembered, and from which session
        `since` on: by default the last that there was when the version was made, and none before the move before."""
        registered, earlier = self.find(name, version), self.moves(name)
        known = registered.evidence.newest if registered.readable else dt.date.min
        begun = max([since or known, *(move.since for move in earlier)])
        self._client.set_registered_model_alias(name, seat, registered.version)
        write_move(
            self._client, name, Move(dt.datetime.now(dt.UTC), seat, registered.version, begun, cause, why)
        )

    def moves(self, name: str) -> list[Move]:
        """Who sat where from when on, the oldest first; moves of before they were remembered are not there."""
        kept = read_tags(self.home, name)
        if kept is None:
            models = self._client.search_registered_models(f"name='{name}'")
            kept = dict(models[0].tags) if models else {}
        return moves_of(kept)

    def vacate(self, name: str, seat: Seat) -> None:
        """Nobody sits there."""
        if self.sitting(name, seat):
            self._client.delete_registered_model_alias(name, seat)

    def open_logbook(self, name: str, *, search: str) -> Logbook:
        """Where a search for this model is written down while it runs."""
        client, experiment = self._client, self._experiment(name)
        written = read_runs(self.home, experiment, search)
        if written is None:
            written = list_runs(client, experiment, search)
        return Logbook(client, experiment, search, written)

    def _look_up(self, name: str, version: str) -> Listed | MlflowVersion | None:
        """By number or seat, from the database under the home or from the server."""
        kept = read_versions(self.home, name)
        if kept is not None:
            return next((one for one in kept if version in (str(one.version), *one.aliases)), None)
        from mlflow.exceptions import MlflowException

        try:
            if version in SEATS:
                return self._client.get_model_version_by_alias(name, version)
            return self._client.get_model_version(name, version)
        except MlflowException:
            return None

    def _answering(self, name: str) -> ModelVersion:
        for seat in ANSWERING:
            if registered := self.sitting(name, seat):
                return registered
        raise NoChampion(
            f"{name} has neither champion nor reference; the first forecast makes it; {answer_again(name)}"
        )

    def _experiment(self, name: str) -> str:
        known = self._client.get_experiment_by_name(name)
        if known:
            return known.experiment_id
        place = (self.home.artifacts / name).as_uri() if self._local else None
        return self._client.create_experiment(name, artifact_location=place)

    def _listed(self, name: str) -> list[Listed] | list[MlflowVersion]:
        """Out of the database under the home, else as MLflow tells it."""
        listed = read_versions(self.home, name)
        if listed is not None:
            return listed
        listed = self._client.search_model_versions(f"name='{name}'", order_by=["version_number DESC"])
        return [self._client.get_model_version(name, version.version) for version in listed]

    def _describe(self, listed: Listed | MlflowVersion) -> ModelVersion:
        return describe(listed, self._folder(listed))

    def _folder(self, listed: Listed | MlflowVersion) -> Path:
        if self._local:
            return self.home.artifacts / listed.name / str(listed.run_id) / "artifacts" / FOLDER
        kept = self._downloads() / listed.name / str(listed.version)
        if not (kept / FOLDER / EVIDENCE).is_file():
            kept.mkdir(parents=True, exist_ok=True)
            self._client.download_artifacts(str(listed.run_id), FOLDER, str(kept))
        return kept / FOLDER

    def _downloads(self) -> Path:
        """Under the home; where that is only to be read, in a folder that goes with this object."""
        if not self.home.reads:
            return self.home.root / "downloads"
        self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix="candorcast-")
        return Path(self._temporary.name)
