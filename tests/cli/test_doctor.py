"""`doctor` says what stands, what is due and what is stuck, and each command that it prints helps."""

import datetime as dt
import json
import os
from pathlib import Path

from flows.stack.examination import examine_stack
from flows.stack.services import StackService
from flows.stack.supervisor import write_record
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version
from ml_core.home.lock import hold
from ml_core.home.settings import open_home
from ml_core.registry.trials import Trial, write_line
from tests.cli.command_line import run
from tests.market import NOW, small_experiment
from tuning.naming import name_search


def states(file: str, home: str) -> dict[str, str]:
    told = json.loads(run("doctor", file, "--home", home, "--json").stdout)
    return {row["part"]: row["state"] for row in told["conditions"]}


def test_of_an_empty_home_the_bars_are_due_and_nobody_started_the_stack(file, tmp_path):
    done = run("doctor", file, "--home", str(tmp_path))
    assert done.exit_code == 1
    assert f"run: candorcast refresh {file} --home {tmp_path}" in done.stdout
    assert states(file, str(tmp_path)) == {"bars": "due", "stack": "off"}


def test_one_command_after_another_makes_everything_well(file, tmp_path):
    refresh(small_experiment(), open_home(tmp_path), now=NOW)
    done = run("doctor", file, "--home", str(tmp_path))
    assert (done.exit_code, states(file, str(tmp_path))["model"]) == (1, "due")
    assert f"run: candorcast predict {file} --home {tmp_path}" in done.stdout
    assert run("predict", file, "--home", str(tmp_path)).exit_code == 0
    after = run("doctor", file, "--home", str(tmp_path))
    assert after.exit_code == 0, after.stdout
    assert "run: " not in after.stdout
    assert states(file, str(tmp_path)) == {
        "bars": "well",
        "model": "well",
        "forecast": "well",
        "stack": "off",
    }


def test_whoever_is_at_work_is_named(file, home):
    with hold(open_home(Path(home)), "search-small.simulated"):
        told = run("doctor", file, "--home", home).stdout
    assert f"running (process {os.getpid()})" in told


def test_damaged_bars_are_stuck_with_the_reason(file, tmp_path):
    refresh(small_experiment(), open_home(tmp_path), now=NOW)
    for part in (tmp_path / "store").rglob("*.parquet"):
        part.write_bytes(b"no parquet")
    done = run("doctor", file, "--home", str(tmp_path))
    assert done.exit_code == 1
    assert states(file, str(tmp_path))["bars"] == "stuck"


def test_a_search_that_was_broken_off_goes_on_by_the_printed_command(file, tmp_path):
    leave_a_broken_search(tmp_path)
    done = run("doctor", file, "--home", str(tmp_path))
    assert "broken off on " in done.stdout
    assert "after 1 of " in done.stdout
    assert f"run: candorcast search {file} --home {tmp_path}" in done.stdout


def test_a_home_that_cannot_be_written_is_examined_all_the_same(file, home):
    with hold(open_home(Path(home)), "refresh-small.simulated"):
        (Path(home) / "locks" / "refresh-small.simulated.lock").chmod(0o444)
        assert run("doctor", file, "--home", home).exit_code in (0, 1)


def leave_a_broken_search(root: Path) -> None:
    """Bars, and the ledger of a search that ended one trial and was killed."""
    home = open_home(root)
    refresh(small_experiment(), home, now=NOW)
    folder = home.searches / name_search(small_experiment(), data_version(small_experiment(), home))
    folder.mkdir(parents=True)
    (folder / "ledger.jsonl").write_text(write_line(Trial("a1", {"family": "lstm"}, "finished")))


def test_a_service_that_has_died_is_stuck(tmp_path):
    home = open_home(tmp_path)
    gone = StackService("mlflow", (), "http://127.0.0.1:9", "http://127.0.0.1:9/health")
    with hold(home, "stack"):
        write_record(home, gone, 2**22 + 1, home.logs / "mlflow.log")
        stack, service = examine_stack(home, now=dt.datetime.now(dt.UTC))
    assert (stack.state, service.state, service.verb) == ("well", "stuck", "down")
    assert "has died" in service.told
