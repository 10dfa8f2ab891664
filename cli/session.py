"""What every command works with: an experiment's name, a home, a terminal. Here alone the clock is read."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.terminal import Terminal
from ml_core.errors import InvalidInput
from ml_core.home.lock import hold
from ml_core.home.settings import Home, Settings, find_home, open_home, tell_former
from ml_core.home.spelling import spell, spell_out
from ml_core.spec import choices
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment

DONE, PARTIAL = 0, 1  # exit codes; bad input is 2
Use = Literal["writes", "reads", "nothing"]


@dataclass(frozen=True)
class Session:
    """What a command was asked for, and where."""

    terminal: Terminal
    settings: Settings
    home: Home
    name: str
    overrides: tuple[str, ...]
    now: dt.datetime

    @property
    def experiment(self) -> Experiment:
        return self.check()

    @property
    def model_name(self) -> str:
        """The name that its model is registered by, for commands that only look there and need no library to learn."""
        from ml_core.data import providers

        experiment = read_experiment(self.name, self.overrides)
        choices.check(providers.__name__, experiment.data.source)
        return experiment.model_name

    @contextmanager
    def alone(self, verb: str, *, wait: float = 600.0) -> Iterator[None]:
        """While inside, no other command or flow runs this verb on this experiment under this home."""
        with hold(self.home, f"{verb}-{self.experiment.model_name}", wait=wait):
            yield

    def spell(self, verb: str) -> str:
        """The command that does this to the same experiment, for the user to type."""
        return spell(verb, self.name, home=self.home, overrides=self.overrides)

    def spell_out(self, text: str) -> str:
        """The text with the command at its end as this user has to type it."""
        return spell_out(text, self.name, home=self.home, overrides=self.overrides)

    def check(self) -> Experiment:
        """The experiment, with the parts that chosen files check: source, model, features, training, search, gate."""
        from ml_core.baselines import check_baselines
        from ml_core.data.source import open_source
        from ml_core.features.table import chosen_names
        from ml_core.forecaster.learners import configure
        from ml_core.training.fit import check_training
        from tuning.space import build_space

        experiment = read_experiment(self.name, self.overrides)
        open_source(experiment)
        configure(experiment.model)
        chosen_names(experiment.features)
        check_training(
            experiment.training,
            objective=experiment.search.objective,
            tickers=len(experiment.universe.tickers),
        )
        check_baselines(experiment.gate.beat, "gate.beat")
        check_baselines(experiment.validation.baselines, "validation.baselines")
        build_space(experiment)
        return experiment


def open_session(
    terminal: Terminal,
    name: str | None,
    overrides: tuple[str, ...],
    home: Path | None,
    *,
    use: Use = "writes",
) -> Session:
    """`use`: what the command does under the home, which is made where it is absent and will be written."""
    settings = Settings()
    if name is not None:
        read_experiment(name, overrides)
    place = home or settings.home
    for sentence in tell_former(os.environ, place):
        terminal.warn(sentence)
    if use == "writes":
        opened = open_home(place, settings.tracking_uri)
    else:
        opened = find_home(place, settings.tracking_uri)
        if use == "reads" and not opened.root.is_dir():
            make = spell("refresh", name or settings.experiment, home=opened, overrides=overrides)
            raise InvalidInput(f"--home {opened.root}: there is no home here yet; run: {make}")
    return Session(terminal, settings, opened, name or "", overrides, dt.datetime.now(dt.UTC))
