"""Does runs as processes of this machine: the `candorcast` command, one at a time in a home. All that is known of a run
stands in a folder of its own under the home, so that a server that starts later knows it too."""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_core.errors import AlreadyRunning, InvalidInput
from ml_core.home.lock import hand_over, holder
from ml_core.home.settings import Home
from ml_core.prediction.answer import Clock
from serving.runs import keeper
from serving.runs.keeper import CANCEL, ENDED, INTERRUPTED, LOG, write_whole
from serving.runs.left import Left
from serving.runs.request import VERBS, RunRequest
from serving.runs.run import Run, RunState, clean
from serving.runs.runner import LINES

ASKED = "asked.json"
NAME = re.compile(r"\d{8}-\d{6}-\d{6}-[a-z]+")
LOCK = "run"  # whoever holds it works: one at a time in a home
KEPT = 200  # folders; the oldest go
RECENT = 20  # of which one may be left without its keeper
TAIL = 128 * 1024  # bytes of a log that are read
PROGRESS = re.compile(r"^\s*(\d+)(?:/| of )(\d+)\b")
TOLD = "candorcast: "  # how a failure begins, as the command's last word
SECRETS = ("CANDORCAST_API_KEY", "CANDORCAST_API_KEYS")  # a run asks nobody for entry

Spelling = Callable[[RunRequest], Sequence[str]]


@dataclass(frozen=True)
class Command:
    """How the experiment is named on the command line of this machine."""

    experiment: str
    home: Path
    overrides: tuple[str, ...] = ()

    def __call__(self, asked: RunRequest) -> list[str]:
        sets = [word for override in self.overrides for word in ("--set", override)]
        script = str(Path(sys.executable).with_name("candorcast"))
        return [script, asked.verb, self.experiment, *sets, "--home", str(self.home), *asked.words]


class Processes:
    """`spell`: the command of a run; `patience`: seconds that one has to end when it is asked to."""

    def __init__(
        self, home: Home, experiment: str, spell: Spelling, clock: Clock, *, patience: float = 15.0
    ) -> None:
        self._home, self._experiment, self._spell, self._clock = home, experiment, spell, clock
        self._patience = patience
        self._started: list[subprocess.Popen] = []
        self._over: dict[str, Run] = {}  # what has ended stays as it is

    def does(self, verb: str) -> bool:
        return verb in VERBS

    def start(self, asked: RunRequest, *, by: str) -> Run:
        """At once, or not: while another run goes on in this home it is refused, with its name."""
        if self._unwatched():
            raise AlreadyRunning(self._tell_busy())
        now = self._clock()
        name = f"{now:%Y%m%d-%H%M%S-%f}-{asked.verb}"
        about = {
            "verb": asked.verb, "experiment": self._experiment, "parameters": asked.told, "by": by,
            "created": now.isoformat(),
        }  # fmt: skip
        try:
            hand_over(
                self._home, LOCK, lambda lock: self._launch(name, about, self._spell(asked), lock), wait=1.0
            )
        except AlreadyRunning:
            raise AlreadyRunning(self._tell_busy()) from None
        self._forget_old()
        run = self.find(name)
        assert run is not None
        return run

    def runs(self, most: int) -> list[Run]:
        runs = (self.find(name) for name in self._names())
        return [run for run in runs if run][:most]

    def find(self, name: str) -> Run | None:
        """Of this experiment: whoever asks for one of another asks in its name."""
        run = self._known(name)
        return run if run and run.experiment == self._experiment else None

    def _known(self, name: str) -> Run | None:
        folder = self._home.runs / name
        if not NAME.fullmatch(name) or not (about := _read(folder / ASKED)):
            return None
        if name not in self._over:
            run = self._look(name, folder, about)
            if run.going:
                return run
            self._over[name] = run
        return self._over[name]

    def _look(self, name: str, folder: Path, about: Mapping[str, Any]) -> Run:
        ended = _read(folder / ENDED)
        going = not ended and self._is_kept(about)
        if not ended and not going:  # between our two looks it may have ended
            ended = _read(folder / ENDED)
        lines, cancelled = self.log(name), (folder / CANCEL).exists()
        left = not ended and not going and Left.find(folder) is not None
        state = _state(ended, lines, going=going or left, cancelled=cancelled)
        if state == "running" and left:
            state = "unwatched"
        at = dt.datetime.fromisoformat(ended["at"]) if ended else None
        if at is None and state in ("lost", "cancelled"):
            at = dt.datetime.fromtimestamp((folder / LOG).stat().st_mtime, dt.UTC)
        told = next((line for line in reversed(lines) if line.strip()), "")
        return Run(
            id=name,
            state=state,
            where="here",
            ended=at,
            told=told.strip().removeprefix("> "),
            progress=_progress(lines) if state == "running" else None,
            **{key: about[key] for key in ("verb", "experiment", "parameters", "by", "created")},
        )

    def log(self, name: str) -> list[str]:
        path = self._home.runs / name / LOG
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - TAIL, 0))
            lines = clean(file.read().decode("utf-8", "replace"))
        return lines[-LINES:] if lines[-1] else lines[-LINES - 1 : -1]

    def cancel(self, name: str, *, by: str) -> None:
        """Its keeper sees the file and asks the command to end, kindly at first; where it has none any more, we do."""
        run, folder = self.find(name), self._home.runs / name
        if run is None:
            raise InvalidInput(f"'{name}' is no run of this home")
        if run.going:
            write_whole(folder / CANCEL, {"by": by, "at": self._clock().isoformat()})
        if run.state == "unwatched" and (left := Left.find(folder)):
            left.end(self._patience)

    def _launch(self, name: str, about: dict[str, Any], command: Sequence[str], lock: int) -> int:
        """The keeper, which holds the lock from now on. It gets neither our terminal nor our keys."""
        folder = self._home.runs / name
        folder.mkdir(parents=True)
        (folder / LOG).touch()
        process = subprocess.Popen(
            [sys.executable, "-I", keeper.__file__, str(folder), f"{self._patience}", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(os.environ),
            pass_fds=(lock,),
            start_new_session=True,
        )
        write_whole(folder / ASKED, {**about, "keeper": process.pid})
        self._started = [*(one for one in self._started if one.poll() is None), process]
        return process.pid

    def _is_kept(self, about: Mapping[str, Any]) -> bool:
        """Whether its keeper holds the lock, or whoever holds it is not known yet."""
        owner = holder(self._home, LOCK)
        return owner is not None and owner.pid in (about["keeper"], 0)

    def _unwatched(self) -> bool:
        """Whether a command works on whose keeper is gone, and with it the lock."""
        newest = (self._home.runs / name for name in self._names()[:RECENT])
        return any(not (folder / ENDED).exists() and Left.find(folder) for folder in newest)

    def _tell_busy(self) -> str:
        going = next((run for name in self._names() if (run := self._known(name)) and run.going), None)
        if going is None:
            return "another run has just begun in this home; look again"
        told = f"{going.verb} of {going.experiment} goes on since {going.created:%H:%M:%S} UTC"
        return f"{told}, and a home does one run at a time; wait for it, or cancel {going.id} of {going.experiment}"

    def _names(self) -> list[str]:
        if not self._home.runs.is_dir():
            return []
        return sorted(
            (one.name for one in self._home.runs.iterdir() if NAME.fullmatch(one.name)), reverse=True
        )

    def _forget_old(self) -> None:
        for name in self._names()[KEPT:]:
            shutil.rmtree(self._home.runs / name, ignore_errors=True)


def _state(ended: Mapping[str, Any], lines: list[str], *, going: bool, cancelled: bool) -> RunState:
    if ended:
        return _ending(ended["code"], cancelled=cancelled, last=lines[-1] if lines else "")
    if not going:
        return "cancelled" if cancelled else "lost"
    return "cancelling" if cancelled else "running"


def _ending(code: int, *, cancelled: bool, last: str) -> RunState:
    """What an exit code of `candorcast` means. 1 is that not all is as asked: a failure where it ends with its line."""
    if code == 0:
        return "completed"
    if cancelled or code == INTERRUPTED:
        return "cancelled"
    return "partial" if code == 1 and not last.startswith(TOLD) else "failed"


def _progress(lines: list[str]) -> float | None:
    newest = next((match for line in reversed(lines) if (match := PROGRESS.match(line))), None)
    return min(int(newest[1]) / max(int(newest[2]), 1), 1.0) if newest else None


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in own.items() if name not in SECRETS and name != "FORCE_COLOR"}
    return {**kept, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "160"}


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
