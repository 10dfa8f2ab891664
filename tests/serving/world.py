"""A small real world to serve: bars stored, a model fitted, judged and registered; nothing is faked."""

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home, open_home
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.evidence import Evidence
from ml_core.registry.refit import Refit
from ml_core.registry.searched import Searched
from ml_core.registry.tracking import connect
from ml_core.registry.verdict import Verdict
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment, Model
from serving.runs.desk import Desk
from serving.service import Service
from tests.candidate import fit_candidate
from tests.market import NOW, TICKERS, small_experiment
from tests.serving.noting import Noting

LISTED, STRANGER = TICKERS[:6], TICKERS[6]
MARKET = {"sessions": 420, "seed": 3, "ic": 0.3}

SEARCHED = Searched(
    trials=3, finished=2, stopped=1, folds=2, seconds=4.0, families={"lstm": 3}, objective="ic"
)


@dataclass(frozen=True)
class World:
    experiment: Experiment
    home: Home
    forecaster: Forecaster
    evidence: Evidence
    blank: Path

    @property
    def name(self) -> str:
        return self.experiment.model_name

    @property
    def registry(self) -> Registry:
        return Registry(self.home)

    def service(self) -> Service:
        """With runs that are only noted: what does them has tests of its own."""
        desk = Desk(Noting(self.experiment.name, NOW))
        return Service(place_order(self.experiment, self.home), clock=lambda: NOW, desk=desk)

    def register(self, *, promote: bool = True, passed: bool = False) -> ModelVersion:
        """One more version of the same model, as champion; `passed`: the gate refused nothing of it."""
        changed = {"gate": Verdict(passed=True)} if passed else {}
        evidence = self.evidence.model_copy(update=changed)
        version = self.registry.register(self.forecaster, self.name, evidence)
        if promote:
            self.registry.promote(self.name, version.version)
        return version

    def refit(self, through: dt.date, *, parent: str) -> ModelVersion:
        """One that was fitted again from that version, as champion. It is the same model: who answered when is what
        counts here."""
        span = {"through": through, "since": through, "sessions": 9, "rows": 9, "missing": 0, "compared": ()}
        refit = Refit(parent=parent, judged=parent, **span)
        evidence = self.evidence.model_copy(update={"role": "refit", "refit": refit})
        version = self.registry.register(self.forecaster, self.name, evidence)
        self.registry.promote(self.name, version.version)
        return version

    def beside(self, name: str) -> "World":
        """Another experiment of that name in the same home, with the same model as its champion."""
        other = replace(self, experiment=self.experiment.model_copy(update={"name": name}))
        other.register()
        return other

    def copy(self, folder: Path) -> "World":
        """All of it, with what is registered, in a home of its own."""
        return replace(self, home=open_home(shutil.copytree(self.home.root, folder)))

    def elsewhere(self, folder: Path, *, now: dt.datetime = NOW) -> "World":
        """The same model and the bars known by then, in a home of its own where nothing is registered yet."""
        world = replace(self, home=open_home(folder))
        shutil.copy(self.blank, world.home.root / "mlflow.db")
        store_bars(world.experiment, world.home, now=now)
        return world


def describe_experiment(sections: dict[str, dict]) -> Experiment:
    return small_experiment(
        universe={"tickers": LISTED},
        data={"source": "simulated", "simulated": {**MARKET, **sections.get("market", {})}},
        task={"lookback": 8, "horizons": [1, 3, 5], **sections.get("task", {})},
        validation=sections.get("validation", {}),
        serving={"refit": 250},  # nobody fits it again here
        gate={"beat": ["last"], "coverage_tolerance": 0.5},
    )


def build_world(
    folder: Path, *, blank: Path | None = None, model: Model | None = None, **sections: dict
) -> World:
    """Refreshed, fitted, judged on the holdout, registered, promoted. An empty MLflow database takes a while to
    make, so it is made once."""
    experiment, home = describe_experiment(sections), open_home(folder)
    if model:
        experiment = experiment.model_copy(update={"model": model})
    if blank:
        shutil.copy(blank, home.root / "mlflow.db")
    else:
        blank = folder / "blank.db"
        connect(home)
        with (
            closing(sqlite3.connect(home.root / "mlflow.db")) as made,
            closing(sqlite3.connect(blank)) as kept,
        ):
            made.backup(kept)
    store_bars(experiment, home)
    candidate = fit_candidate(experiment, home, SEARCHED)
    version = promote_candidate(experiment, home, candidate, now=NOW).version
    Registry(home).promote(experiment.model_name, version.version)
    return World(experiment, home, candidate.forecaster, version.evidence, blank)


def store_bars(experiment: Experiment, home: Home, *, now: dt.datetime = NOW) -> None:
    """Bars of the universe and of one ticker outside it."""
    universe = experiment.universe.model_copy(update={"tickers": (*experiment.universe.tickers, STRANGER)})
    refresh(experiment.model_copy(update={"universe": universe}), home, now=now)
