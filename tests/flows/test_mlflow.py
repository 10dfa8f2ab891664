"""An MLflow server that is down, slow, answers 500 or loses its answer while a version is registered: the attempt ends
within its bound and says so in one line, and the next one makes one version of it."""

import datetime as dt
import socket
from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.errors import StoreFailed
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home, open_home
from ml_core.registry.client import BOUNDS
from ml_core.registry.evidence import Evidence
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.evidence import evidence_of
from tests.flows.faulty_proxy import FaultyProxy
from tests.flows.running_stack import Running

QUICK = dict(zip(BOUNDS, ("2", "1", "0"), strict=True))  # seconds for an answer, retries, pauses
CREATE = "/model-versions/create"
ATTEMPTS = 2


@pytest.fixture(scope="module")
def fitted(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Forecaster, Evidence]:
    asked, home = read_experiment(str(experiment)), open_home(tmp_path_factory.mktemp("bars"))
    refresh(asked, home, now=dt.datetime.now(dt.UTC))
    windows, _ = open_windows(asked.spec, read_prices(asked, home))
    return fit(asked.spec, windows, plan_folds(asked, windows)[0]), evidence_of(asked, digest="x")


def register(folder: Path, url: str, name: str, fitted: tuple[Forecaster, Evidence]) -> ModelVersion:
    forecaster, evidence = fitted
    return Registry(Home(folder, tracking=url)).register(forecaster, name, evidence)


@pytest.mark.parametrize("fault", ["down", "slow", "500", "lost", "late"])
def test_a_registration_ends_within_its_bound_and_is_one_version_after_the_next_attempt(
    stack: Running, fitted, fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound, value in QUICK.items():
        monkeypatch.setenv(bound, value)
    name = f"faulty-{fault}"
    with FaultyProxy(f"http://127.0.0.1:{stack.ports.mlflow}", CREATE) as proxy:
        if fault == "down":
            with socket.socket() as nobody:
                nobody.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
                with pytest.raises(StoreFailed, match=f"MLflow at {url} could not do it"):
                    register(tmp_path, url, name, fitted)
        elif fault != "lost":
            proxy.fault = fault
            with pytest.raises(StoreFailed, match=f"MLflow at {proxy.url} could not do it"):
                register(tmp_path, proxy.url, name, fitted)
            assert proxy.asked[fault] == ATTEMPTS
        monkeypatch.undo()
        proxy.fault = "lost" if fault == "lost" else ""
        made = register(tmp_path, proxy.url, name, fitted)
        [only] = Registry(Home(tmp_path, tracking=proxy.url)).versions(name)
        assert only.version == made.version
        assert only.readable
        again = register(tmp_path, proxy.url, name, fitted)
        assert int(again.version) > int(made.version), "what was registered once may be again"
