"""Runs as processes of this machine: each is a real one, kept by a real keeper; only what they do is short."""

import datetime as dt
import json
import os
import signal
import sys
import time

import pytest
from pydantic import ValidationError

from ml_core.errors import AlreadyRunning, UnknownRun
from ml_core.home.lock import holder
from ml_core.home.settings import Home, open_home
from serving.figures.runs import draw_runs, lasted
from serving.runs.desk import Desk
from serving.runs.keeper import began
from serving.runs.processes import LOCK, Command, Processes
from serving.runs.request import KINDS, VERBS, RunRequest
from serving.runs.run import Run, clean

REFRESH = RunRequest(verb="refresh")
SLEEP = "import time; print('> it has begun', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {SLEEP}"


@pytest.fixture
def home(tmp_path) -> Home:
    return open_home(tmp_path / "home")


def read_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def runner(home: Home, code: str, *, experiment: str = "small", patience: float = 9.0) -> Processes:
    """Of runs that do nothing but this."""
    command = [sys.executable, "-c", code]
    return Processes(home, experiment, lambda _asked: command, read_clock, patience=patience)


def wait_for(runs: Processes, name: str, *states: str) -> Run:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        run = runs.find(name)
        assert run is not None
        if run.state in states:
            return run
        time.sleep(0.05)
    raise AssertionError(f"{name} is {run.state}, expected {states}: {runs.log(name)}")


def wait_for_word(runs: Processes, name: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and not runs.log(name):
        time.sleep(0.05)


def do(home: Home, code: str) -> tuple[Processes, Run]:
    """A run of that, ended."""
    runs = runner(home, code)
    started = runs.start(REFRESH, by="anna")
    return runs, wait_for(runs, started.id, "completed", "partial", "failed", "cancelled")


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("print('done')", "completed"),
        ("print('refused'); raise SystemExit(1)", "partial"),
        ("import sys; sys.stderr.write('candorcast: no bars\\n'); raise SystemExit(1)", "failed"),
        ("raise SystemExit(2)", "failed"),
        ("raise SystemExit(130)", "cancelled"),
    ],
)
def test_how_it_ended_is_told_by_its_exit_code_and_its_last_line(home, code, state):
    _, run = do(home, code)
    assert run.state == state
    assert (run.by, run.verb, run.where, run.experiment) == ("anna", "refresh", "here", "small")
    assert run.ended and run.ended > run.created


def test_both_outputs_stand_in_the_log_in_their_order_and_the_last_line_is_told(home):
    code = "import sys; print('one'); sys.stderr.write('two\\n'); print('\\x1b[31mthree\\x1b[0m <b>')"
    runs, run = do(home, code)
    assert runs.log(run.id) == ["one", "two", "three <b>"]
    assert run.told == "three <b>"


def test_a_server_that_starts_later_knows_what_goes_on_and_what_came_of_it(home):
    first = runner(home, SLEEP)
    name = first.start(REFRESH, by="anna").id
    later = runner(home, SLEEP)
    assert [run.id for run in later.runs(9)] == [name]
    assert wait_for(later, name, "running").going
    later.cancel(name, by="ben")
    assert wait_for(later, name, "cancelled").state == "cancelled"
    assert runner(home, SLEEP).find(name) == first.find(name)


def test_a_home_does_one_run_at_a_time_and_says_which(home):
    runs = runner(home, SLEEP)
    name = runs.start(REFRESH, by="anna").id
    other = runner(home, SLEEP, experiment="another")
    with pytest.raises(AlreadyRunning, match=f"refresh of small goes on since .* or cancel {name}"):
        other.start(REFRESH, by="ben")
    assert other.runs(9) == [], "what was refused is no run"
    runs.cancel(name, by="anna")
    wait_for(runs, name, "cancelled")
    assert other.start(RunRequest(verb="audit"), by="ben").going
    other.cancel(other.runs(1)[0].id, by="ben")
    wait_for(other, other.runs(1)[0].id, "cancelled")


def test_whoever_does_not_listen_is_ended_all_the_same(home):
    runs = runner(home, STUBBORN, patience=0.3)
    name = runs.start(REFRESH, by="anna").id
    wait_for_word(runs, name)
    runs.cancel(name, by="anna")
    assert wait_for(runs, name, "cancelling", "cancelled").state
    assert wait_for(runs, name, "cancelled").ended


def test_a_keeper_that_is_told_to_end_ends_its_run_and_writes_that_down(home):
    runs = runner(home, SLEEP)
    name = runs.start(REFRESH, by="anna").id
    wait_for_word(runs, name)
    keeper = holder(home, LOCK)
    assert keeper
    os.kill(keeper.pid, signal.SIGTERM)
    assert wait_for(runs, name, "cancelled", "failed", "partial").ended


def test_a_run_whose_keeper_was_killed_is_lost_and_the_next_may_start(home):
    runs = runner(home, "import time; time.sleep(3)")
    name = runs.start(REFRESH, by="anna").id
    keeper = holder(home, LOCK)
    assert keeper
    os.kill(keeper.pid, signal.SIGKILL)
    assert wait_for(runs, name, "lost").ended
    _, run = do(home, "print('next')")
    assert run.state == "completed"


def kill_the_keeper(runs: Processes, home: Home) -> str:
    """The name of a run that works, whose keeper is no more."""
    name = runs.start(REFRESH, by="anna").id
    wait_for_word(runs, name)
    keeper = holder(home, LOCK)
    assert keeper
    os.kill(keeper.pid, signal.SIGKILL)
    wait_for(runs, name, "unwatched")
    return name


@pytest.mark.parametrize("code", [SLEEP, STUBBORN], ids=["kind", "stubborn"])
def test_a_command_whose_keeper_was_killed_is_said_to_go_on_and_can_be_cancelled(home, code):
    runs = runner(home, code, patience=0.5)
    name = kill_the_keeper(runs, home)
    pid = json.loads((home.runs / name / "started.json").read_text())["pid"]
    with pytest.raises(AlreadyRunning, match=name):
        runs.start(REFRESH, by="anna")
    runs.cancel(name, by="bert")
    assert wait_for(runs, name, "cancelled").ended
    assert began(pid) == ""
    again = runner(home, "print('next')")
    assert wait_for(again, again.start(REFRESH, by="anna").id, "completed")


def test_another_process_that_has_got_the_number_of_a_lost_command_is_left_alone(home):
    runs = runner(home, SLEEP, patience=0.5)
    name = kill_the_keeper(runs, home)
    started = home.runs / name / "started.json"
    told = json.loads(started.read_text())
    started.write_text(json.dumps({**told, "began": "at another time"}))
    assert wait_for(runs, name, "lost").ended
    runs.cancel(name, by="bert")
    time.sleep(0.3)
    assert began(told["pid"]) == told["began"]
    os.killpg(told["pid"], signal.SIGKILL)


def test_a_run_hears_nothing_of_our_keys_and_is_told_home_and_experiment(home, monkeypatch):
    monkeypatch.setenv("CANDORCAST_API_KEY", "a-long-secret")
    monkeypatch.setenv("CANDORCAST_API_KEYS", "anna:run:another-long-secret")
    runs, run = do(home, "import os; print([key for key in os.environ if 'API_KEY' in key])")
    assert runs.log(run.id) == ["[]"]
    command = Command("experiments/a.toml", home.root, ("name=x",))
    asked = RunRequest(verb="search", trials=30, afresh=True)
    assert command(asked)[1:] == [
        "search", "experiments/a.toml", "--set", "name=x", "--home", str(home.root), "--trials", "30", "--afresh",
    ]  # fmt: skip


def test_progress_is_read_where_it_is_told(home):
    runs = runner(home, "import time; print('  3 of 12 trials done, 2 running', flush=True); time.sleep(60)")
    name = runs.start(REFRESH, by="anna").id
    wait_for_word(runs, name)
    run = runs.find(name)
    assert run and run.progress == 0.25
    runs.cancel(name, by="anna")
    wait_for(runs, name, "cancelled")


@pytest.mark.parametrize("name", ["", "..", "../../etc", "20260101-000000-000000-refresh", "a" * 300, "\x00"])
def test_a_name_that_is_none_is_refused_and_leads_nowhere(home, name):
    with pytest.raises(UnknownRun, match="GET /runs lists those that are"):
        Desk(runner(home, SLEEP)).find(name)


def test_a_terminals_orders_are_no_text():
    assert clean("\x1b[2K\x1b]0;title\x07 50 %\r100 %\r\nand <b>\x00") == ["100 %", "and <b>"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"verb": "drop"}, "Input should be 'refresh', 'predict', 'search', 'refit', 'monitor' or 'audit'"),
        ({"verb": "search", "trials": 0}, "greater than or equal to 1"),
        ({"verb": "refresh", "trials": 3}, "trials: refresh does not read it; it reads no parameter"),
        ({"verb": "audit", "version": "--home"}, "match"),
        ({"verb": "predict", "as_of": "2019-01-01", "date": "2019-01-02"}, "both name the day"),
    ],
)
def test_parameters_are_checked_before_anything_starts(asked, told):
    with pytest.raises(ValidationError, match=told):
        RunRequest.model_validate(asked)


def test_no_parameter_can_be_an_option_of_another_name():
    """The command line is told words; each but the options themselves is a number, a day or a version."""
    full = {
        "predict": {"as_of": "2019-06-03"}, "search": {"trials": 9, "afresh": True}, "refit": {"always": True},
        "audit": {"version": "champion", "dates": 5},
    }  # fmt: skip
    for verb in VERBS:
        asked = RunRequest.model_validate({"verb": verb, **full.get(verb, {})})
        options = set(KINDS[verb].options.values())
        assert {word for word in asked.words if word.startswith("-")} == options


def test_each_run_is_a_bar_in_its_lane_with_a_sign_for_its_end(home):
    _, run = do(home, "print('done')")
    later = run.model_copy(update={"verb": "search", "state": "failed", "by": "<img src=x>"})
    figure = draw_runs([run, later], dt.datetime.now(dt.UTC))
    assert figure is not None
    assert list(figure.layout.yaxis.ticktext) == ["Refresh", "Search"]
    assert [trace.name for trace in figure.data] == ["Completed", "Failed"]
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert "<img" not in str([trace.text for trace in figure.data])
    assert draw_runs([], dt.datetime.now(dt.UTC)) is None
    assert (lasted(12), lasted(300), lasted(9000)) == ("12 s", "5 min", "2.5 h")


def test_what_stands_on_the_disk_can_be_read_by_a_person(home):
    _, run = do(home, "print('done')")
    folder = home.runs / run.id
    assert json.loads((folder / "asked.json").read_text())["by"] == "anna"
    assert json.loads((folder / "ended.json").read_text())["code"] == 0
