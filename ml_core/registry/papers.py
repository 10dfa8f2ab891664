"""The certificate of a version among the files of its run in MLflow. The files that it was judged with lie in another
folder and stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_core.registry.certified import TAG, Certified, write_certified
from ml_core.registry.version import ModelVersion

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


@dataclass(frozen=True)
class Papers:
    """Of one version; `client` is asked for where MLflow is needed, which takes seconds to load."""

    client: Callable[[], MlflowClient]
    registered: ModelVersion
    local: bool  # the files lie under the home, and not behind a server

    def keep(self, certified: Certified, content: bytes) -> None:
        """A certificate of it was signed: a copy, and a tag that says so."""
        client, one = self.client(), self.registered
        client.log_text(self._run(), content.decode(), certified.file)
        client.set_model_version_tag(one.name, one.version, *write_certified(certified))

    def read(self) -> bytes | None:
        """The copy of the last that was signed; None where there is none."""
        certified, folder = self.registered.certificate, self.registered.folder.parent
        if certified is None:
            return None
        paper = certified.read(folder)
        if paper is None and not self.local and self._is_kept(certified):
            self.client().download_artifacts(self._run(), certified.file, f"{folder}")
            paper = certified.read(folder)
        return paper

    def _is_kept(self, certified: Certified) -> bool:
        return any(one.path == certified.file for one in self.client().list_artifacts(self._run(), TAG))

    def _run(self) -> str:
        one = self.registered
        return str(self.client().get_model_version(one.name, one.version).run_id)
