"""Every bad input is one line that names it, with its exit code; nothing is written."""

import json
import shlex
import socket
from pathlib import Path

import pytest

from tests.cli.command_line import candorcast, run
from tests.market import write_experiment


def files_of(folder: str) -> dict[str, int]:
    return {
        str(path): path.stat().st_size for path in sorted(Path(folder, "store").rglob("*")) if path.is_file()
    }


def test_a_home_that_the_store_would_misread_is_refused(file, tmp_path):
    done = run("refresh", file, "--home", str(tmp_path / "h#a"))
    assert done.exit_code == 2
    assert "a path with '#'" in done.stderr


@pytest.mark.parametrize("given", ["", "  "])
@pytest.mark.parametrize("command", ["refresh", "models"])
def test_a_home_without_a_name_is_refused_and_nothing_is_written(file, tmp_path, monkeypatch, command, given):
    monkeypatch.chdir(tmp_path)
    done = run(command, file, "--home", given)
    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "candorcast: --home: empty; expected a folder" in done.stderr
    monkeypatch.setenv("CANDORCAST_HOME", given)
    done = run(command, file)
    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "candorcast: CANDORCAST_HOME: empty; expected a folder" in done.stderr


def test_a_damaged_store_is_told_in_one_line(file, tmp_path):
    home = tmp_path / "home"
    assert run("refresh", file, "--home", str(home)).exit_code == 0
    for part in (home / "store" / "bars").rglob("*.parquet"):
        part.write_bytes(part.read_bytes()[:100])
    done = run("evaluate", file, "--home", str(home), "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert "data file is" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_day_that_has_not_come_is_refused(file, home):
    done = run("predict", file, "--home", home, "--as-of", "2999-01-01")
    assert done.exit_code == 2
    assert "expected today or a past day" in done.stderr


def test_an_audit_of_what_is_neither_an_experiment_nor_a_model_says_what_there_is(home):
    done = run("audit", "small.simulatd", "--home", home)
    assert done.exit_code == 2
    assert (
        "'small.simulatd' is neither an experiment nor a registered model; registered: none yet"
        in done.stderr
    )
    assert run("audit", "small.simulated", "--dates", "2", "--home", home).exit_code == 2


BAD = {
    "an unknown key": ("task.lookbak=30", "unknown key 'task.lookbak'; did you mean 'task.lookback'?"),
    "an unknown key of the source": ("data.simulated.sesions=3", "unknown key 'sesions'; did you mean 'sessions'?"),
    "an unknown source": ("data.source=yaho", "did you mean 'yahoo'?"),
    "an unknown family": ("model.family=lstn", "did you mean 'lstm'?"),
    "an unknown field of the family": ("model.hiden=3", "unknown key 'hiden'; did you mean 'hidden'?"),
    "an unknown feature": ('features.names=["momentun_5"]', "unknown feature 'momentun_5'; did you mean 'momentum_5'?"),
    "an unknown group": ('features.groups=["momentun"]', "features.groups: unknown group 'momentun'; did you"),
    "a number of features that is none": ("features.select=0", 'features.select: expected a number above 0 or "all"'),
    "a word for a number of features": ("features.select=some", 'features.select: expected a number above 0 or "all"'),
    "an unknown loss": ("training.loss=mae_loss", "unknown loss 'mae_loss'"),
    "a device that is not here": ("training.device=banana", "training.device: 'banana' cannot be used"),
    "an unknown objective": ("search.objective=icc", "search.objective: unknown metric 'icc'; did you mean 'ic'?"),
    "an objective of intervals": ("search.objective=coverage", "search.objective: 'coverage' measures intervals"),
    "an unknown baseline": ('gate.beat=["zeros"]', "gate.beat: unknown baseline 'zeros'; did you mean 'zero'?"),
    "an unknown searched family": ('search.families=["lstmm"]', "did you mean 'lstm'?"),
    "an unknown range": ('search.ranges={"lstm.hiden" = [3]}', "unknown key 'lstm.hiden'"),
    "an unknown ticker": ('universe.tickers=["NOPE"]', "no bars stored for NOPE; run: candorcast refresh"),
    "a horizon longer than the data": ("task.horizons=[400]", "400 is longer than the 260 sessions of data"),
    "a look-back longer than the data": ("task.lookback=300", "260 sessions from"),
    "training longer than the data": ("validation.train=500", "too few for one fold: train 500"),
    "an override that is none": ("lookback", "--set lookback: expected key=value"),
    "a store that is empty": ("data.simulated.seed=99", "no bars stored for ALFA"),
}  # fmt: skip


@pytest.mark.parametrize(("override", "told"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_that_names_it_and_exit_code_2(file, home, tmp_path, override, told):
    stored = files_of(home)
    done = run("evaluate", file, "--out", str(tmp_path), "--home", home, "--set", override)
    assert_refused(done, told)
    assert files_of(home) == stored


def assert_refused(done, told: str) -> None:
    """One line on stderr, from candorcast, and nothing on stdout."""
    assert done.exit_code == 2, (done.stderr, done.exception)
    lines = [line for line in done.stderr.splitlines() if not line.startswith(">")]
    assert len(lines) == 1, lines
    assert lines[0].startswith("candorcast: ")
    assert told in lines[0]
    assert done.stdout == ""


def test_an_unknown_experiment_is_answered_with_the_nearest(home):
    assert_refused(
        run("evaluate", "demmo", "--out", home, "--home", home), "no experiment 'demmo'; did you mean 'demo'?"
    )


def test_a_file_that_lies_here_is_hinted_at_with_the_whole_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.toml").touch()
    told = "no experiment 'my', but a file my.toml lies here; run: candorcast "
    assert_refused(run("refresh", "my"), f"{told}refresh my.toml")
    assert_refused(
        run("predict", "my", "--set", "task.lookback=9", "--home", "a b"),
        f"{told}predict my.toml --set task.lookback=9 --home 'a b'",
    )


@pytest.mark.parametrize("command", [("evaluate",), ("search", "--trials", "1"), ("space",), ("audit",)])
def test_an_unknown_feature_is_told_with_the_file_or_the_set_that_named_it(file, home, tmp_path, command):
    verb, *more = command
    where = () if verb == "space" else ("--home", home)
    asked = 'features.names=["momentun_5"]'
    told = "features.names: unknown feature 'momentun_5'; did you mean 'momentum_5'?"
    assert_refused(run(verb, file, *more, *where, "--set", asked), f"candorcast: --set {asked}: {told}")
    own = tmp_path / "own.toml"
    own.write_text(Path(file).read_text().replace('"volatility_5"', '"momentun_5"'))
    assert_refused(run(verb, str(own), *more, *where), f"candorcast: own.toml: {told}")


def test_a_column_that_the_prices_lack_is_told_with_the_file_that_named_it(file, home):
    asked = 'features.names=["context_oil"]'
    done = run("evaluate", file, "--home", home, "--set", asked)
    assert_refused(done, f"candorcast: --set {asked}: features.names: unknown feature 'context_oil'; ")


def test_an_unknown_option_of_a_model_is_told_of_the_set_that_named_it_and_else_of_the_file(file, home):
    bad = ("--set", "model.hiden=3")
    told = "unknown key 'hiden'; did you mean 'hidden'?"
    assert_refused(run("evaluate", file, "--home", home, *bad), "candorcast: --set model.hiden=3: model (")
    assert_refused(run("evaluate", file, "--home", home, *bad), told)


def test_one_session_of_bars_is_told_in_numbers(file, home, tmp_path):
    one = ("--home", home, "--set", "data.simulated.sessions=1")
    assert run("refresh", file, *one).exit_code == 0
    assert_refused(
        run("evaluate", file, "--out", str(tmp_path), *one), "1 session of prices; expected at least 9"
    )


@pytest.mark.parametrize("command", ["refresh", "search", "predict", "rollback", "evaluate", "models"])
def test_a_home_that_is_no_folder_is_named(file, tmp_path, command):
    (tmp_path / "taken").touch()
    told = "expected a folder" if command in ("evaluate", "models") else "cannot be written"
    assert_refused(
        run(command, file, "--home", str(tmp_path / "taken")), f"--home {tmp_path / 'taken'}: {told}"
    )


def test_an_output_that_cannot_be_written_is_refused_before_any_work(file, home, tmp_path):
    (tmp_path / "taken").touch()
    assert_refused(
        run("evaluate", file, "--out", str(tmp_path / "taken" / "deep"), "--home", home), "cannot be written"
    )
    for out, told in (
        (tmp_path / "taken" / "a.csv", "cannot be written"),
        (tmp_path / "a.xls", ".parquet, .csv, .json"),
    ):
        assert_refused(run("predict", file, "--out", str(out), "--home", home), f"--out {out}: ")
        assert told in run("predict", file, "--out", str(out), "--home", home).stderr


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("evaluate", "deep/out"),
        ("backtest", "deep/out"),
        ("export", "deep/out"),
        ("predict", "deep/a.csv"),
        ("data", "deep/a.html"),
    ],
)
def test_an_output_in_a_folder_that_is_not_there_is_refused_and_nothing_is_made(
    file, home, tmp_path, command, out
):
    done = run(command, file, "--out", str(tmp_path / out), "--home", home)
    assert_refused(
        done, f"--out {tmp_path / out}: cannot be written: there is no folder {tmp_path / 'deep'};"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_was_named_is_not_left_empty_where_the_command_fails(file, home, tmp_path):
    run("predict", file, "--out", str(tmp_path / "a.csv"), "--as-of", "1990-01-01", "--home", home)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def started(monkeypatch) -> list[tuple]:
    """What this process would have become."""
    asked: list[tuple] = []
    monkeypatch.setattr("os.execvpe", lambda *given: asked.append(given))
    return asked


@pytest.fixture
def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_an_empty_home_is_served_and_the_first_steps_are_told(file, tmp_path, started, free_port):
    done = run("serve", file, "--home", str(tmp_path / "new"), "--port", free_port)
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(started) == 1
    told, *steps, serves = done.stdout.splitlines()
    assert told.startswith("nothing is stored of small yet: the page has nothing to show.")
    for verb, step in zip(("refresh", "predict", "search"), steps, strict=True):
        assert step.split("  ")[1] == f"candorcast {verb} {file} --home {tmp_path / 'new'}"
    assert serves.startswith("candorcast serves small at http://127.0.0.1:")


def test_experiments_to_serve_may_be_parted_by_commas_as_images_name_them(file, tmp_path, started, free_port):
    done = run("serve", f"{file},demo", "--home", str(tmp_path / "new"), "--port", free_port)
    assert (done.exit_code, done.stderr) == (0, "")
    [(_, _, environment)] = started
    assert environment["CANDORCAST_EXPERIMENT"] == f"{file},demo"


def test_what_is_missing_first_is_named_first_and_its_command_can_be_typed_as_it_stands(new_home, tmp_path):
    file = str(write_experiment(tmp_path / "my experiments"))
    home = new_home().root.rename(tmp_path / "a home")
    asked = ("predict", file, "--home", str(home), "--set", 'universe.tickers=["ALFA", "BRAV"]')
    bare = run(*asked)
    assert_refused(bare, "no bars stored for ALFA, BRAV; run: candorcast refresh")
    _, *words = shlex.split(bare.stderr.rpartition("run: ")[2])
    assert run(*words).exit_code == 0
    assert run(*asked).exit_code == 0


def test_who_does_not_sit_there_is_told_with_the_command_that_changes_it(file, home):
    asked = (file, "--home", home, "--set", "name=alone")
    nobody = "alone.simulated has neither champion nor reference; the first forecast makes it; run: candorcast predict"
    assert_refused(run("backtest", *asked), nobody)
    for seat, more in {
        "champion": ("rollback", *asked),
        "challenger": ("predict", *asked, "--version", "challenger"),
    }.items():
        assert_refused(run(*more), f"alone.simulated has no {seat}; run: candorcast search {file}")


@pytest.mark.parametrize("date", ["yesterday", "2024-13-01", "01/02/2024"])
def test_a_date_that_is_none_is_named(file, home, date):
    assert_refused(
        run("predict", file, "--as-of", date, "--home", home), f"--as-of {date}: expected a date such as"
    )


def test_a_port_in_use_is_named(file, home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", file, "--port", str(port), "--home", home)
    assert_refused(done, f"--port {port}: cannot be used on 127.0.0.1")


def test_a_host_that_others_can_reach_needs_a_key(file, home, monkeypatch):
    monkeypatch.delenv("CANDORCAST_API_KEY", raising=False)
    done = run("serve", file, "--host", "0.0.0.0", "--home", home)
    assert_refused(done, "--host 0.0.0.0 is not loopback: set CANDORCAST_API_KEY")


def test_a_key_that_is_soon_guessed_opens_nothing_to_others(file, home, monkeypatch):
    monkeypatch.setenv("CANDORCAST_API_KEY", "tooshort")
    done = run("serve", file, "--host", "0.0.0.0", "--home", home)
    assert_refused(done, "CANDORCAST_API_KEY: the key is too short for --host 0.0.0.0")
    assert "tooshort" not in done.stderr


def test_keys_that_cannot_be_read_start_no_server(file, home, monkeypatch):
    monkeypatch.setenv("CANDORCAST_API_KEYS", "rita:write:something-secret")
    done = run("serve", file, "--home", home)
    assert_refused(done, "CANDORCAST_API_KEYS, number 1: expected NAME:SCOPE:KEY")
    assert "something-secret" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "--as-of", "soon"),
        ("predict", "--version", "9"),
        ("evaluate", "--set", "nonsense", "--out", "x"),
    ],
)
def test_json_of_a_failure_is_one_document_too(file, home, arguments):
    command, *rest = arguments
    done = run(command, file, *rest, "--home", home, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"] in " ".join(done.stderr.split())


def test_the_real_command_refuses_without_a_traceback(tmp_path):
    done = candorcast("evaluate", "demmo", "--out", str(tmp_path), "--home", str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["candorcast: no experiment 'demmo'; did you mean 'demo'?"]


@pytest.mark.parametrize(
    "arguments", [("predicted",), ("search", "demo", "--trials", "0"), ("export", "demo")]
)
def test_a_wrong_command_or_option_ends_with_2(arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["models", "rollback"])
def test_who_asks_the_registry_is_told_of_an_unknown_key_of_the_source(file, home, command):
    done = run(command, file, "--home", home, "--set", "data.simulated.foo=1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "data.simulated: unknown key 'foo'" in done.stderr


def test_a_version_that_is_not_there_is_answered_with_those_that_are_and_their_seats(file, champion):
    done = run("predict", file, "--home", champion, "--version", "foo")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "has no version 'foo'; it has 1 (reference), 2 (champion)" in done.stderr
