"""The command line as a user meets it when all goes well: every command once, in the order of the story."""

import datetime as dt
import json
import shlex
from pathlib import Path

import polars as pl
import pytest

from ml_core.data.calendar import sessions_between
from ml_core.frames import ANSWERED, SCORED
from ml_core.home.settings import open_home
from ml_core.portfolio.comparison import ACCOUNTS
from ml_core.registry.versions import Registry
from tests.cli.command_line import candorcast, run
from tests.market import small_experiment, write_experiment


class Story:
    """One experiment in one home, from whose bars each step of the story goes on."""

    def __init__(self, file: str, root: Path, out: Path) -> None:
        self.file, self.root, self.out = file, root, out
        self.told = ("--home", str(root), "--json")

    def tell(self, command: str, *options: str) -> dict:
        """The document of a command that went well."""
        done = run(command, self.file, *options, *self.told)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def bars(new_home, tmp_path_factory) -> Story:
    """Bars fetched by the real command."""
    folder = tmp_path_factory.mktemp("story")
    gate = {"beat": [], "coverage_tolerance": 0.5, "deflated_sharpe": 0.0}
    search = {"families": ["lstm"], "trials": 2, "epochs": 1}
    market = {"simulated": {"sessions": 260, "seed": 3, "ic": 0.5}}
    file = str(write_experiment(folder, gate=gate, search=search, data=market))
    story = Story(file, Path(new_home().root), folder / "out")
    done = candorcast("refresh", file, *story.told)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["inserted"] == 6 * 260
    return story


@pytest.fixture(scope="module")
def champion(bars) -> Story:
    """The same with a model that the real command searched and promoted."""
    done = candorcast("search", bars.file, *bars.told)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["promoted"]
    assert document["search"]["trials"] == 2
    assert document["spec"].startswith("[task]")
    assert (document["refit"]["parent"], document["refit"]["version"]) == (document["version"], "3")
    return bars


def test_what_stands_is_not_written_again(bars):
    assert bars.tell("refresh")["inserted"] == 0


def test_an_evaluation_writes_what_it_says(bars):
    document = bars.tell("evaluate", "--out", str(bars.out))
    assert pl.read_parquet(bars.out / "forecasts.parquet").schema == SCORED
    traded = pl.read_parquet(bars.out / "backtest.parquet")
    assert traded.schema == pl.Schema({"split": pl.String, **ACCOUNTS})
    assert json.loads((bars.out / "scores.json").read_text())["scores"] == document["scores"]
    held = pl.read_csv(bars.out / "coverage.csv")
    assert set(held["by"]) == {"all", "volatility", "year"}
    whole = held.filter(split="holdout", horizon=1, by="all")["rows"].item()
    for by in ("volatility", "year"):
        assert held.filter(split="holdout", horizon=1, by=by)["rows"].sum() == whole
    assert (bars.out / "equity.png").read_bytes().startswith(b"\x89PNG")


def test_an_audit_of_the_experiment_finds_nothing(bars):
    audited = bars.tell("audit", "--dates", "3")
    assert audited["findings"] == []
    assert {"features", "scaler", "positions"} <= {row["stage"] for row in audited["compared"]}


def test_a_home_may_be_moved(champion, tmp_path):
    moved = champion.root.rename(tmp_path / "moved")
    try:
        assert run("predict", champion.file, "--home", str(moved)).exit_code == 0
    finally:
        moved.rename(champion.root)


def test_the_champion_forecasts_the_last_day_and_any_day_before(champion, tmp_path):
    document = champion.tell("predict", "--out", str(tmp_path / "last.csv"))
    assert len(document["forecasts"]) == 6 * 2
    assert pl.read_csv(tmp_path / "last.csv").columns == list(ANSWERED)
    holdout = champion.tell("models")[0]["evidence"]["holdout"]
    start, end = (dt.date.fromisoformat(holdout[name]) for name in ("start", "end"))
    day = str(sessions_between("XNYS", start, end)[10])
    past = champion.tell("predict", "--as-of", day)["forecasts"]
    assert {row["as_of"] for row in past} == {day}


def test_an_audit_of_the_champion_finds_nothing(champion):
    done = run("audit", "small.simulated", "--dates", "3", "--home", str(champion.root))
    assert done.exit_code == 0, done.stderr
    assert "rows compared: nothing knows the future" in done.stdout


def test_the_champion_goes_back_to_the_version_before_it_and_vacuum_keeps_its_bars(champion):
    moved = {"model": "small.simulated", "from": "3", "to": "2", "forced": False}
    assert champion.tell("rollback") == moved
    again = run("rollback", champion.file, *champion.told)
    assert again.exit_code == 2
    assert "no version before 2 passed the gate" in again.stderr
    registry = Registry(open_home(champion.root))
    first = registry.find("small.simulated")
    second = registry.register(registry.load(first), "small.simulated", first.evidence)
    registry.promote("small.simulated", second.version)
    listed = champion.tell("models")
    seats = [(row["version"], row["aliases"]) for row in listed]
    assert seats == [("4", ["champion"]), ("3", []), ("2", []), ("1", ["reference"])]
    assert listed[1]["evidence"]["gate"]["passed"]
    assert champion.tell("rollback") == {**moved, "from": "4", "to": "3"}, (
        "a refit has earned what its parent has"
    )
    assert run("rollback", champion.file, "--version", "9", *champion.told).exit_code == 2
    assert registry.find("small.simulated").version == "3"
    assert "champion" in run("models", champion.file, "--home", str(champion.root)).stdout
    assert champion.tell("vacuum")["kept"] == [first.evidence.data_version]


def test_what_is_stored_is_shown_as_tables_and_as_a_picture(file, home, tmp_path):
    picture = tmp_path / "bars.html"
    shown = run("data", file, "--home", home, "--out", str(picture))
    assert shown.exit_code == 0, shown.stderr
    assert "stationarity" in shown.stdout
    assert picture.stat().st_size > 1000
    document = json.loads(run("data", file, "--home", home, "--json").stdout)
    assert {row["ticker"] for row in document["coverage"]} == set(small_experiment().universe.tickers)
    assert run("data", file, "--home", home, "--out", str(tmp_path / "bars.doc")).exit_code == 2


def test_a_refresh_that_brings_some_ends_with_1_and_names_the_others(tmp_path):
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    pl.DataFrame({"date": days, "ticker": "AAA", "close": [1.0, 1.1, 1.2]}).write_parquet(
        tmp_path / "a.parquet"
    )
    data = {"source": "files", "files": {"path": "a.parquet"}}
    file = str(write_experiment(tmp_path, universe={"tickers": ["AAA", "BBB"]}, data=data))
    done = run("refresh", file, "--home", str(tmp_path / "home"), "--json")
    assert done.exit_code == 1
    assert "BBB: unknown: 'BBB' is not in" in done.stderr
    document = json.loads(done.stdout)
    assert document["inserted"] == 3
    assert [row["status"] for row in document["tickers"].values()] == ["ok", "unknown"]
    shown = run("data", file, "--home", str(tmp_path / "home"))
    assert "unknown" in shown.stdout and shown.exit_code == 0


def test_freeing_space_keeps_the_bars_readable(file, home):
    freed = run("vacuum", file, "--home", home, "--json")
    assert freed.exit_code == 0, freed.stderr
    assert json.loads(freed.stdout)["kept"] == []
    assert json.loads(run("refresh", file, "--home", home, "--json").stdout)["inserted"] == 0


def test_a_home_may_have_spaces_and_letters_of_any_language(file, tmp_path):
    home = str(tmp_path / "a home" / "hünï 日本")
    assert run("refresh", file, "--home", home).exit_code == 0
    done = run("evaluate", file, "--home", home, "--out", str(tmp_path / "out [red]"))
    assert done.exit_code == 0, done.stderr
    assert "out [red]" in done.stdout


def test_a_relative_path_in_the_file_is_meant_from_the_files_own_folder(tmp_path, monkeypatch):
    from ml_core.spec.file import read_experiment

    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\n[universe]\ntickers = ["A"]\n[data]\nsource = "files"\n[data.files]\npath = "a.csv"\n'
    )
    monkeypatch.chdir("/")
    assert read_experiment(str(path)).data.options["files"]["path"] == str(tmp_path / "a.csv")


def test_nothing_registered_is_no_error(file, home):
    done = run("models", file, "--home", home, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


@pytest.mark.usefixtures("ray_cluster")
def test_a_search_that_the_gate_refuses_ends_with_1_and_keeps_its_version(home, tmp_path):
    file = str(
        write_experiment(tmp_path, gate={"significance": 1e-9}, search={"families": ["lstm"], "epochs": 1})
    )
    done = run("search", file, "--trials", "1", "--home", home, "--set", "name=refused")
    assert done.exit_code == 1, done.stderr
    assert "refused by the gate" in done.stdout
    assert "predict" in done.stdout.splitlines()[-1] and "--version challenger" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    asked = (file, "--home", home, "--set", "name=refused")
    told = run("predict", *asked)
    assert told.exit_code == 0, told.stderr
    assert "version 1 is the reference" in told.stdout
    assert "version 2 was refused: nothing is proven (nearest to it: " in told.stdout
    assert "version 2 \N{MIDDLE DOT} challenger" in run("predict", *asked, "--version", "challenger").stdout
    assert "reference" in run("backtest", *asked).stdout
    traded = run("backtest", *asked, "--version", "challenger")
    assert traded.exit_code == 0
    assert "money: that trading it pays: " in " ".join(traded.stdout.split())
    _no_hint_leads_in_a_circle(asked)
    _an_easier_gate_does_not_undo_it(asked)
    _only_force_seats_it_and_it_stays_marked(asked)


def _no_hint_leads_in_a_circle(asked: tuple[str, ...]) -> None:
    """Who asks for the champion is told of the refusal; the same search again gives no second verdict."""
    empty = run("predict", *asked, "--version", "champion")
    assert empty.exit_code == 2
    told = " ".join(empty.stderr.split())
    assert "has no champion: version 2 was refused, as nothing is proven" in told
    command = told.rpartition("candorcast ")[2]
    assert command.endswith("--version challenger")
    assert run(*shlex.split(command)).exit_code == 0
    again = run("search", *asked, "--trials", "1")
    assert again.exit_code == 1
    assert "nothing new to search: version 2 was chosen on the prices that are stored" in again.stdout
    assert len(json.loads(run("models", *asked, "--json").stdout)) == 2


def _an_easier_gate_does_not_undo_it(asked: tuple[str, ...]) -> None:
    """The same search on the same holdout, by a gate that asks next to nothing."""
    easier = (*asked, "--set", "gate.significance=0.99", "--set", 'gate.claims=["range"]', "--json")
    done = run("search", *easier, "--trials", "1")
    assert done.exit_code == 1, done.stdout
    checks = {check["name"]: check for check in json.loads(done.stdout)["gate"]["checks"]}
    told = checks["the first verdict on this holdout"]
    assert not told["passed"]
    assert "version 2 was refused (nothing is proven" in told["why"]
    assert "gate.significance = 1e-09" in told["why"]
    assert "gate.claims, gate.significance asks less now" in told["why"]


def _only_force_seats_it_and_it_stays_marked(asked: tuple[str, ...]) -> None:
    refused = run("rollback", *asked, "--version", "2")
    assert refused.exit_code == 2
    assert "version 2 was refused by the gate: nothing is proven" in refused.stderr
    command = refused.stderr.strip().rpartition("candorcast rollback ")[2]
    assert command.endswith("--version 2 --force")
    assert run("rollback", *shlex.split(command)).exit_code == 0
    assert "champion, by force on 20" in run("predict", *asked).stdout
    assert "by force; the seat was empty" in run("models", *asked).stdout
    assert run("rollback", *asked, "--version", "1", "--force").exit_code == 0
    listed = {row["version"]: row for row in json.loads(run("models", *asked, "--json").stdout)}
    assert listed["2"]["aliases"] == []
    assert listed["2"]["forced"], "the mark stays, whoever sits there now"
