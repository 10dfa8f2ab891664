"""What every command works with: what it is about, a home, a terminal. Here alone the clock is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cli.terminal import Terminal
from ml_core.errors import ForecastError, InvalidInput, UnknownExperiment
from ml_core.home.settings import Home, Settings, find_home, name_home, open_home, tell_former
from ml_core.home.spelling import spell, spell_out
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import name_source, read_experiment

if TYPE_CHECKING:
    from ml_core.data.order import Order

DONE, PARTIAL = 0, 1  # exit codes; bad input is 2
Use = Literal["writes", "adds", "reads", "nothing"]


@dataclass(frozen=True)
class Session:
    """What a command was asked for, and where. Its experiment is the file as it was when the command began."""

    terminal: Terminal
    settings: Settings
    home: Home
    name: str
    overrides: tuple[str, ...]
    now: dt.datetime
    read: Experiment | None = None

    @cached_property
    def order(self) -> Order:
        """The experiment with its source opened and checked, and the home."""
        from ml_core.data.order import place_order

        return place_order(self._named, self.home)

    def clock(self) -> dt.datetime:
        """What time it is by now; `now` is when the command began."""
        return dt.datetime.now(dt.UTC)

    @property
    def model_name(self) -> str:
        """Under which its models are registered. The source and what is said of it have to be known."""
        from ml_core.data.source import open_source

        open_source(self._named)
        return self._named.model_name

    @property
    def experiment(self) -> Experiment:
        return self.order.experiment

    @property
    def _named(self) -> Experiment:
        if self.read is None:
            raise InvalidInput("no experiment was named")
        return self.read

    @cached_property
    def learning(self) -> Experiment:
        """The experiment, for what learns: its model, features, training, baselines and search are checked first."""
        from tuning.check import check_learning

        experiment = self.experiment
        check_learning(experiment)
        return experiment

    def about(self, name: str, *, read: Experiment | None = None) -> Session:
        """The same session, about that experiment; `read`: what whoever started this process has read of it."""
        return dataclasses.replace(self, name=name, read=read or read_experiment(name, self.overrides))

    def spell(self, verb: str) -> str:
        """The command that does this to the same experiment, for the user to type."""
        return spell(verb, self.name, home=self.home, overrides=self.overrides)

    def tell(self, error: ForecastError) -> str:
        """As this user has to read it: behind the file or the `--set` that said what is wrong, and with the command at
        its end as he has to type it."""
        told = name_source(str(error), self.name, self.overrides) if self.name else str(error)
        return self.spell_out(told)

    def spell_out(self, text: str) -> str:
        """The text with the command at its end as this user has to type it."""
        return spell_out(text, self.name, home=self.home, overrides=self.overrides)


def open_session(
    terminal: Terminal,
    name: str | None,
    overrides: tuple[str, ...],
    home: str | None,
    *,
    verb: str,
    use: Use = "writes",
) -> Session:
    """`use`: what the command `verb` does under the home, which is made where it is absent and will be written. What
    `adds` to what others made there makes none."""
    settings = Settings()
    try:
        experiment = None if name is None else read_experiment(name, overrides)
    except UnknownExperiment as error:
        raise UnknownExperiment(_hint_file(verb, str(name), overrides, home) or str(error)) from None
    place = settings.home if home is None else name_home(home)
    for sentence in tell_former(os.environ, place):
        terminal.warn(sentence)
    opens = open_home if use == "writes" else find_home
    opened = opens(place, settings.tracking_uri, settings.tables)
    if use in ("adds", "reads") and not opened.root.is_dir():
        make = spell("refresh", name or settings.experiments[0], home=opened, overrides=overrides)
        raise InvalidInput(f"--home {opened.root}: there is no home here yet; run: {make}")
    if use == "adds":
        opened = open_home(place, settings.tracking_uri, settings.tables)
    now = dt.datetime.now(dt.UTC)
    return Session(terminal, settings, opened, name or "", overrides, now, experiment)


def _hint_file(verb: str, name: str, overrides: tuple[str, ...], home: str | None) -> str:
    """What was meant, where a file of that name lies here: the command with its name."""
    if not Path(f"{name}.toml").is_file():
        return ""
    options = [word for override in overrides for word in ("--set", override)]
    options += ["--home", home] if home else []
    command = shlex.join(["candorcast", verb, f"{name}.toml", *options])
    return f"no experiment '{name}', but a file {name}.toml lies here; run: {command}"
