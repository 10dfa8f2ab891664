"""Registers forecasters with their evidence as versions, finds them again, and moves the alias `champion`. Only
this file, `tracking.py` and `database.py` know MLflow."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_core.errors import BrokenArtifact, ForecastError, InvalidInput, NoChampion
from ml_core.home.settings import Home
from ml_core.registry.database import Listed, read_versions
from ml_core.registry.evidence import Evidence, read_evidence, write_evidence
from ml_core.registry.tracking import connect
from ml_core.registry.trials import Trial
from ml_core.spec.run import RunSpec

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion
    from mlflow.tracking import MlflowClient

    from ml_core.forecaster.forecaster import Forecaster

CHAMPION = "champion"
NOBODY = ""
FOLDER, EVIDENCE = "forecaster", "evidence.json"


@dataclass(frozen=True)
class ModelVersion:
    """One registered version: where it lies, what points to it, and the evidence it was judged by."""

    name: str
    version: str
    aliases: tuple[str, ...]
    created: dt.datetime
    folder: Path
    read: Evidence | BrokenArtifact  # what stands in its file, or why that cannot be read

    @property
    def evidence(self) -> Evidence:
        """What it was judged by; a file that cannot be read is refused when it is asked for, not when it is listed."""
        if isinstance(self.read, BrokenArtifact):
            raise self.read
        return self.read

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
        return [self._describe(found) for found in self._listed(name)]

    def everything(self) -> list[ModelVersion]:
        """Every version of every model under this home: what stored data they name must stay readable."""
        return [
            found for model in self._client.search_registered_models() for found in self.versions(model.name)
        ]

    def find(self, name: str, version: str | None = None) -> ModelVersion:
        """That version, or the one that carries the alias `champion`."""
        from mlflow.exceptions import MlflowException

        try:
            if version is None:
                return self._describe(self._client.get_model_version_by_alias(name, CHAMPION))
            return self._describe(self._client.get_model_version(name, str(version)))
        except MlflowException:
            if version is None:
                experiment = name.rpartition(".")[0]
                raise NoChampion(f"{name} has no champion; run: candorcast search {experiment}") from None
            raise InvalidInput(f"{name} has no version '{version}'{self._known(name)}") from None

    def load(self, found: ModelVersion) -> Forecaster:
        """The forecaster of a version, its files checked against their checksums. Without evidence none is given."""
        from ml_core.forecaster.files import load_forecaster

        if isinstance(found.read, BrokenArtifact):
            raise found.read
        return load_forecaster(found.folder).named(found.name, found.version)

    def register(self, forecaster: Forecaster, name: str, evidence: Evidence) -> ModelVersion:
        """A new version with its files and evidence; no alias moves."""
        from ml_core.forecaster.files import save_forecaster

        run = self._client.create_run(
            self._experiment(name), run_name="candidate", tags={"kind": "candidate"}
        )
        with tempfile.TemporaryDirectory() as folder:
            save_forecaster(forecaster, Path(folder))
            write_evidence(evidence, Path(folder) / EVIDENCE)
            self._client.log_artifacts(run.info.run_id, folder, FOLDER)
        self._log(run.info.run_id, flatten(forecaster.spec.model_dump(mode="json")), ())
        self._client.set_terminated(run.info.run_id, "FINISHED")
        if not self._client.search_registered_models(f"name='{name}'"):
            self._client.create_registered_model(name)
        source = f"{run.info.artifact_uri}/{FOLDER}"
        made = self._client.create_model_version(name, source=source, run_id=run.info.run_id)
        return self.find(name, made.version)

    def promote(self, name: str, version: str, *, instead_of: str | None = None) -> None:
        """Move `champion` to that version; refuses if it no longer points where the caller believes (or NOBODY)."""
        found = self.find(name, version)
        if instead_of is not None:
            holder = self._holder(name)
            if holder != instead_of:
                expected = instead_of or "none"
                raise ForecastError(
                    f"{name}: champion moved to version {holder} meanwhile; expected {expected}"
                )
        self._client.set_registered_model_alias(name, CHAMPION, found.version)

    def log_trial(self, name: str, trial: Trial, *, search: str) -> None:
        """One run per trial: parameters, every epoch, the result, and why it ended."""
        tags = {
            "kind": "trial",
            "search": search,
            "trial": trial.id,
            "end": trial.status,
            "error": trial.error[:500],
        }
        run = self._client.create_run(self._experiment(name), run_name=f"trial {trial.id}", tags=tags)
        result = () if trial.test_score is None else ({"test_score": trial.test_score},)
        self._log(run.info.run_id, trial.params, (*trial.history, *result))
        self._client.set_terminated(run.info.run_id, "FAILED" if trial.status == "failed" else "FINISHED")

    def logged_trials(self, name: str, *, search: str) -> set[str]:
        """The trials of a search that already stand here, so that a resumed search logs none twice."""
        found = self._client.search_runs(
            [self._experiment(name)], f"tags.search = '{search}'", max_results=5000
        )
        return {run.data.tags["trial"] for run in found}

    def _log(self, run: str, params: Mapping[str, Any], metrics: tuple[Mapping[str, float], ...]) -> None:
        from mlflow.entities import Metric, Param

        now = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
        values = [
            Metric(key, float(value), now, step)
            for step, row in enumerate(metrics, start=1)
            for key, value in row.items()
        ]
        texts = [Param(key, str(value)[:500]) for key, value in params.items()]
        for start in range(0, max(len(values), 1), 900):
            self._client.log_batch(
                run, metrics=values[start : start + 900], params=texts if start == 0 else []
            )

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found:
            return found.experiment_id
        place = (self.home.artifacts / name).as_uri() if self._local else None
        return self._client.create_experiment(name, artifact_location=place)

    def _listed(self, name: str) -> list[Listed] | list[MlflowVersion]:
        """Out of the database under the home, else as MLflow tells it."""
        listed = read_versions(self.home, name)
        if listed is not None:
            return listed
        found = self._client.search_model_versions(f"name='{name}'", order_by=["version_number DESC"])
        return [self._client.get_model_version(name, version.version) for version in found]

    def _describe(self, found: Listed | MlflowVersion) -> ModelVersion:
        folder, who = self._folder(found), f"{found.name} version {found.version}"
        read: Evidence | BrokenArtifact
        try:
            read = read_evidence(folder / EVIDENCE, who=who, again=search_again(found.name))
        except BrokenArtifact as refusal:
            read = refusal
        created = dt.datetime.fromtimestamp(found.creation_timestamp / 1000, dt.UTC)
        return ModelVersion(found.name, str(found.version), tuple(found.aliases), created, folder, read)

    def _folder(self, found: Listed | MlflowVersion) -> Path:
        if self._local:
            return self.home.artifacts / found.name / str(found.run_id) / "artifacts" / FOLDER
        kept = self._downloads() / found.name / str(found.version)
        if not (kept / FOLDER / EVIDENCE).is_file():
            kept.mkdir(parents=True, exist_ok=True)
            self._client.download_artifacts(str(found.run_id), FOLDER, str(kept))
        return kept / FOLDER

    def _downloads(self) -> Path:
        """Under the home; where that is only to be read, in a folder that goes with this object."""
        if not self.home.reads:
            return self.home.root / "downloads"
        self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix="candorcast-")
        return Path(self._temporary.name)

    def _holder(self, name: str) -> str:
        try:
            return self.find(name).version
        except NoChampion:
            return NOBODY

    def _known(self, name: str) -> str:
        known = [str(found.version) for found in self._client.search_model_versions(f"name='{name}'")]
        return f"; it has {', '.join(sorted(known, key=int))}" if known else "; nothing is registered yet"


def search_again(name: str) -> str:
    """What makes a new version of a model."""
    return f"run: candorcast search {name.rpartition('.')[0]}"


def flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"reading": {"lookback": 30}}` as `{"reading.lookback": 30}`."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        inner = isinstance(value, Mapping)
        flat |= flatten(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return flat
