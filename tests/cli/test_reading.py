"""Commands that only read: they work where nothing can be written, and leave everything as it was."""

import ctypes
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from ml_core.home.settings import Home, find_home
from ml_core.registry.versions import Registry
from tests.cli.command_line import CANDORCAST, run

READING = ["data", "evaluate", "models", "backtest", "export"]
OVERRIDE_ACCESS, DROP_FOR_GOOD = 1, 24  # CAP_DAC_OVERRIDE, PR_CAPBSET_DROP


def files_under(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def obey_modes() -> None:
    """The superuser writes where no mode allows it, unless that right is given up before a program begins."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(DROP_FOR_GOOD, OVERRIDE_ACCESS, 0, 0, 0):
        raise OSError("this right cannot be given up here")


@pytest.fixture
def locked(home, tmp_path):
    """A home with bars that nobody may write, and a folder that is as bare as it is locked to work in."""
    made = Path(shutil.copytree(home, tmp_path / "home"))
    (tmp_path / "elsewhere").mkdir()
    folders = [tmp_path / "elsewhere", made, *(path for path in made.rglob("*") if path.is_dir())]
    for path in made.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in folders:
        folder.chmod(0o555)
    yield made, tmp_path / "elsewhere"
    for folder in folders:
        folder.chmod(0o755)


def ask(command: str, file: str, home: Path, at: Path, *more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [CANDORCAST, command, file, "--home", str(home), *more],
        cwd=at, capture_output=True, text=True, timeout=200, preexec_fn=obey_modes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("data", 0, "coverage"),
        ("evaluate", 0, "walking"),
        ("models", 0, "nothing is registered yet; run: candorcast search"),
        (
            "backtest",
            2,
            "has neither champion nor reference; the first forecast makes it; run: candorcast predict",
        ),
    ],
)
def test_a_command_that_reads_works_on_a_home_that_cannot_be_written(file, locked, command, code, told):
    home, elsewhere = locked
    before = files_under(home)
    done = ask(command, file, home, elsewhere)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert told in done.stdout + done.stderr
    assert files_under(home) == before
    assert list(elsewhere.iterdir()) == []


def test_a_command_that_writes_is_refused_there_by_name(file, locked):
    home, elsewhere = locked
    for command in ("refresh", "predict"):
        done = ask(command, file, home, elsewhere)
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            f"candorcast: --home {home}: cannot be written: Permission denied"
        ]


@pytest.mark.parametrize("command", [*READING, "rebuild", "audit", "report", "certify"])
def test_where_there_is_no_home_none_is_made_and_the_command_that_makes_one_is_told(
    file, tmp_path, monkeypatch, command
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CANDORCAST_HOME", raising=False)
    subject = {"rebuild": "small.simulated"}.get(command, file)
    named = {"export": "out", "certify": "a.certificate"}.get(command)
    out = ("--out", str(tmp_path / named)) if named else ()
    done = run(command, subject, *out)
    assert done.exit_code == 2
    assert f"{tmp_path / '.candorcast'}: there is no home here yet; run: candorcast refresh " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_features_are_listed_without_a_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CANDORCAST_HOME", raising=False)
    assert run("features").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_reading_a_home_that_can_be_written_leaves_it_as_it_was(file, home):
    before = files_under(Path(home)).keys()
    for command in ("data", "models", "evaluate"):
        assert run(command, file, "--home", home).exit_code == 0
    assert {path for path in files_under(Path(home)) if not path.endswith(("-wal", "-shm"))} == set(before)


def test_a_home_without_a_registry_has_no_models_and_gets_no_registry(tmp_path):
    home = find_home(tmp_path)
    assert Registry(home).everything() == Registry(home).versions("demo.simulated") == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_writer_left_beside_the_registry_is_read_too(new_home, tmp_path, monkeypatch):
    """As after a crash: in write-ahead mode the newest entries are in a second file."""
    made = new_home().root
    with sqlite3.connect(made / "mlflow.db") as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute(
            "INSERT INTO registered_models (name, creation_time, workspace) VALUES ('late', 0, 'default')"
        )
        writer.commit()
        for name in ("mlflow.db", "mlflow.db-wal"):
            shutil.copy(made / name, tmp_path / name)
    writer.close()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    before = files_under(tmp_path)
    found = Registry(Home(tmp_path, reads=True))._client.search_registered_models()
    assert [model.name for model in found] == ["late"]
    assert files_under(tmp_path) == before
