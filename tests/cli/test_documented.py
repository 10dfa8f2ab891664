"""What README and the documents print is run as it stands there, page by page, on one small home: each line once. In
that home every experiment that a page names is the same one, on a simulated market of weeks up to 2024. What takes
longer, never ends, or needs what is not there is named with the test that runs it otherwise."""

import datetime as dt
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.home.settings import Home
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.searched import Searched
from ml_core.registry.seats import CHALLENGER, CHAMPION
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from tests.candidate import fit_candidate
from tests.cli.command_line import run
from tests.contracts.test_documents import HOUSE, PAGES
from tests.contracts.test_printed_commands import LEFT_OUT, printed, refusal
from tests.serving.searched import end_trials

NOW = dt.datetime(2024, 9, 6, 22, tzinfo=dt.UTC)
FROM_A_FILE = ("--set", "data.source=files", "--set", "data.files.path=etf.parquet")
NAMES = ("demo", "weekly_etfs")
DATE = "2024-08-23"  # the last session
SMALL = """
name = "weekly_etfs"
universe.tickers = ["SPY", "QQQ", "IWM", "TLT", "GLD"]
data.source = "simulated"
data.context.table = "mine.csv"
data.simulated = { start = 2015-01-05, sessions = 2430, ic = 0.3 }
task = { frequency = "weekly", lookback = 8, horizons = [1, 5] }
features.names = ["momentum_1", "momentum_5", "shock"]
model.family = "ridge"
validation = { train = 60, test = 40, folds = 1, holdout = 2018-01-05, baselines = ["zero", "mean"] }
search = { families = ["ridge"], trials = 1 }
gate.beat = ["zero"]
"""
STANDS_FOR = {  # what a page leaves to its reader, or says of more than this home has
    "EXPERIMENT": "weekly_etfs",
    "demo": "weekly_etfs",
    "weekly_etfs.yahoo": "weekly_etfs.simulated",
    "MODEL": "weekly_etfs.simulated",
    "TICKER": "SPY",
    "ALFA": "SPY",
    "DATE": DATE,
    "--version N": "--version 2",
    "--version 3": "--version 2",
    "--version 4": "--version 2",
    "demo.certificate": "etfs.certificate",
    "us100.toml": "weekly_etfs",
    "single_stock": "weekly_etfs",
    "aapl.parquet": "etf.parquet",
    "model.family=…": "model.family=zero",
}
ELSEWHERE = {  # what begins so is run by that test, with other values
    "candorcast demo --set": "tests/cli/test_documented.py",
    "candorcast report": "tests/delivery/test_extras.py",
    "candorcast search": "tests/cli/test_story.py",
    "candorcast truth": "tests/cli/test_truth.py",
    "candorcast serve": "tests/serving/test_handover.py",
    "candorcast up": "tests/flows/running_stack.py",
    "candorcast monitor weekly_etfs --acknowledge": "tests/cli/test_monitor.py",
    "candorcast monitor weekly_etfs --mute": "tests/cli/test_monitor.py",
}
OF_ITS_OWN = {"serve-my-own-model": "tests/api/test_own_page.py"}  # pages that a test of their own runs
MAY_END_WITH_1 = {"demo", "doctor", "monitor", "refit"}  # what the gate refuses, or what was found


def lines_of(page: Path) -> list[str]:
    """Each once, in the order of the page. A command that a sentence names without what it is about is not run."""
    found = []
    for line, whole in printed(page.read_text(encoding="utf-8")):
        told = " ".join(re.split(r"\s[#>|]\s?", line)[0].split())
        if whole or not refusal(told, whole=True):
            found.append("candorcast " + _filled(told.removeprefix("candorcast ")))
    return list(dict.fromkeys(found))


def _filled(told: str) -> str:
    if told.startswith("demo"):
        return told
    for word, value in STANDS_FOR.items():
        told = re.sub(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", value, told)
    return told


def place_elsewhere(line: str) -> str:
    return next((place for begins, place in ELSEWHERE.items() if line.startswith(begins)), "")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """The experiment's file, a table of one's own beside it."""
    folder = tmp_path_factory.mktemp("experiment")
    days = [dt.date(2012, 1, 6) + dt.timedelta(weeks=week) for week in range(640)]
    rows = [f"{day},{day},{ticker},{day.day}" for day in days for ticker in ("SPY", "QQQ")]
    (folder / "mine.csv").write_text("\n".join(["date,known,ticker,eps", *rows]), encoding="utf-8")
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    return folder / "small.toml"


@pytest.fixture(scope="module")
def home(new_home, small) -> Home:
    """With a champion, one before it, a challenger, and trials of a search."""
    made, experiment = new_home(), read_experiment(str(small))
    refresh(experiment, made, now=NOW)
    registry, name = Registry(made), experiment.model_name
    candidate = fit_candidate(experiment, made, Searched(trials=7))
    made_first = promote_candidate(experiment, made, candidate, now=NOW).version
    others = [registry.register(candidate.forecaster, name, made_first.evidence) for _ in range(2)]
    for version, seat in zip((made_first, *others), (CHAMPION, CHAMPION, CHALLENGER), strict=True):
        registry.seat(name, version.version, seat)
    assert run("predict", str(small), "--home", str(made.root)).exit_code == 0
    end_trials(read_experiment(str(small), ('search.families=["lstm"]',)), made)
    return made


def forecasts_of_somebody_else(home: Home, small: Path) -> pl.DataFrame:
    """The four columns that the documents ask for: next week's return is last week's."""
    prices = read_prices(read_experiment(str(small)), home).sort("ticker", "date")
    mean = (pl.col("close") / pl.col("close").shift().over("ticker")).log()
    told = prices.select("ticker", as_of="date", horizon=pl.lit(1), mean=mean)
    return told.drop_nulls().filter(pl.col("as_of") >= dt.date(2018, 1, 5))


@pytest.fixture(scope="module")
def reader(home, small, tmp_path_factory) -> Iterator[set[str]]:
    """Sits in a folder that has the experiments by their names; what was run there so far."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(small.parent, folder / "experiments")
    for name in NAMES:
        shutil.copy(small, folder / "experiments" / f"{name}.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANDORCAST_HOME", str(home.root))
        patch.chdir(folder)
        read_prices(read_experiment(str(small)), home).write_parquet("etf.parquet")
        assert run("refresh", "weekly_etfs", *FROM_A_FILE).exit_code == 0
        forecasts_of_somebody_else(home, small).write_parquet("mine.parquet")
        yield set()


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if lines_of(page) and page.stem not in OF_ITS_OWN],
    ids=lambda page: page.stem,
)
@pytest.mark.usefixtures("ray_cluster")
def test_every_command_of_the_page_does_what_it_says(page, reader):
    for line in lines_of(page):
        if line in reader or place_elsewhere(line):
            continue
        words = [word for word in shlex.split(line) if word not in LEFT_OUT][1:]
        done = run(*words)
        allowed = (0, 1) if words[0] in MAY_END_WITH_1 else (0,)
        assert done.exit_code in allowed, f"{line}: {done.stderr}"
        reader.add(line)


@pytest.mark.usefixtures("reader")
def test_the_code_that_weighs_a_feature_gives_a_paired_difference_with_its_error(capsys):
    page = HOUSE / "docs" / "tutorials" / "does-my-feature-help.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {}
    exec(compile(code, str(page), "exec"), names)
    assert names["covered"] == ["QQQ", "SPY"]  # of five tickers; the table has no other
    assert names["both"].height == names["having"].height == names["lacking"].height
    assert set(names["both"]["split"]) == {"test"}
    for told in names["verdict"].values():
        low, high = told.interval(0.9)
        assert low < told.value < high and 0 < told.p < 1
    assert "2 tickers" in capsys.readouterr().out


@pytest.mark.parametrize(("page", "place"), OF_ITS_OWN.items())
def test_a_page_that_is_not_run_here_is_run_where_it_is_said(page, place):
    assert f"{page}.md" in (HOUSE / place).read_text(encoding="utf-8")


@pytest.mark.parametrize(("begins", "place"), ELSEWHERE.items())
def test_what_is_not_run_here_is_run_where_it_is_said(begins, place):
    assert f'"{begins.split()[1]}"' in (HOUSE / place).read_text(encoding="utf-8")
