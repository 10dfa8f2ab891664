"""The package is a door: an import starts nothing, a name that is not there is answered with those that are, and what
can be opened is opened by name, file, dictionary, or from a frame."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import candorcast
from candorcast import ForecastError
from candorcast.calling import as_call
from ml_core.data.providers import Request, simulated
from tests.market import NOW, small_experiment, write_experiment

HEAVY = ["prefect", "ray", "mlflow", "torch", "sklearn", "gradio", "fastapi", "matplotlib", "pandas"]
MARKET = {"sessions": 260, "seed": 3, "ic": 0.3}


def loaded_after(code: str) -> set[str]:
    """Which heavy libraries a process has loaded after this code."""
    tell = f"\nimport sys, json; print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code + tell], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(json.loads(done.stdout))


def import_from(name: str) -> object:
    return getattr(candorcast, name)


def bars() -> pl.DataFrame:
    request = Request(("ALFA", "BRAV", "CHAR", "DELT"), {}, "XNYS", None, None, NOW)
    made = simulated.fetch(request, simulated.Config(sessions=260, seed=3)).bars
    return made.select("ticker", "date", "open", "high", "low", "close", "volume")


def test_an_import_and_an_opened_experiment_start_no_prefect_ray_mlflow_or_torch(tmp_path):
    assert loaded_after("import candorcast") == set()
    assert loaded_after("import candorcast; dir(candorcast); candorcast.experiments()") == set()
    assert loaded_after(f"import candorcast; candorcast.open('demo', home={str(tmp_path)!r})") == set()


def test_every_name_of_the_door_is_there_and_another_is_answered_with_them():
    for name in candorcast.__all__:
        assert getattr(candorcast, name) is not None
    assert set(candorcast.__all__) <= set(dir(candorcast))
    with pytest.raises(AttributeError, match=r"has no 'opne'; it has .*open"):
        import_from("opne")


def test_what_it_is_opened_with_is_refused_by_name():
    for wrong, told in (
        ({"set": ["x"]}, "set: expected a dictionary such as"),
        ({"home": 5}, "home: expected the path"),
    ):
        with pytest.raises(ForecastError, match=told):
            candorcast.open("demo", **wrong)


def test_a_name_a_file_a_dictionary_and_what_was_read_open_the_same_experiment(tmp_path):
    read = small_experiment()
    path = write_experiment(tmp_path)
    opened = [
        candorcast.open(one, home=tmp_path / "home")
        for one in (path, str(path), read, read.model_dump(mode="json", exclude_none=True))
    ]
    assert {one.experiment.digest() for one in opened} == {read.digest()}
    assert candorcast.open("demo", home=tmp_path / "home").experiment.name == "demo"
    assert "demo" in candorcast.experiments()
    assert "small.simulated" in repr(opened[0])


def test_what_is_set_stands_in_place_of_what_the_file_says(tmp_path):
    told = {
        "task.lookback": 12,
        "task.horizons": (1, 2),
        "search.ranges.training.learning_rate": {"low": 0.001, "high": 0.01, "log": True},
    }
    experiment = candorcast.open(small_experiment(), home=tmp_path, set=told).experiment
    assert (experiment.task.lookback, experiment.task.horizons) == (12, (1, 2))
    assert experiment.search.ranges == {"training.learning_rate": {"low": 0.001, "high": 0.01, "log": True}}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"experiment": "nosuch"}, "no experiment 'nosuch'"),
        ({"experiment": 3}, "expected a name, a path, a dictionary or an Experiment, got int"),
        ({"experiment": {"name": "mine"}}, "experiment: universe: missing; it has no default"),
        ({"experiment": "demo", "set": {"task.lokback": 3}}, "did you mean 'task.lookback'?"),
        ({"experiment": "demo", "set": {"task.lookback": object()}}, "set: task.lookback: expected what a TOML"),
        ({"experiment": {"name": "mine"}, "bars": [1, 2]}, "bars: expected a frame of polars or pandas, got list"),
        ({"experiment": {"name": "a b"}, "bars": bars()}, "name: expected letters, digits"),
        ({"experiment": {}, "bars": bars().drop("ticker")}, "bars: no column 'ticker' to take the universe from"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_told_in_a_line(tmp_path, asked, told):
    asked = dict(asked)
    with pytest.raises(ForecastError) as refused:
        candorcast.open(asked.pop("experiment"), home=tmp_path, **asked)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_bars_of_a_frame_are_stored_and_read_as_those_of_a_file_polars_and_pandas_alike(tmp_path):
    own = bars()
    opened = candorcast.open({"name": "own"}, home=tmp_path, bars=own)
    assert opened.experiment.universe.tickers == ("ALFA", "BRAV", "CHAR", "DELT")
    assert opened.refresh().inserted == own.height
    prices = opened.prices()
    assert prices["close"].to_list() == pytest.approx(own.sort("ticker", "date")["close"].to_list())
    written = (tmp_path / "frames" / "own.parquet").stat().st_mtime_ns
    again = candorcast.open({"name": "own"}, home=tmp_path, bars=own)
    assert (tmp_path / "frames" / "own.parquet").stat().st_mtime_ns == written
    assert again.refresh().unchanged
    indexed = own.to_pandas().set_index("date")
    assert isinstance(indexed, pd.DataFrame)
    of_pandas = candorcast.open({"name": "pandas"}, home=tmp_path, bars=indexed)
    of_pandas.refresh()
    assert of_pandas.prices().equals(prices)


def test_bars_take_the_place_of_a_source_and_leave_the_rest_of_the_file(tmp_path):
    named = candorcast.open(small_experiment(), home=tmp_path, bars=bars().rename({"ticker": "Ticker"}))
    assert named.experiment.data.source == "files"
    assert "simulated" not in named.experiment.data.options
    assert named.experiment.universe.tickers == small_experiment().universe.tickers
    assert named.order.name == "small.files"


def test_an_error_that_ends_in_a_command_ends_in_a_call(tmp_path):
    opened = candorcast.open(small_experiment(), home=tmp_path)
    with pytest.raises(ForecastError, match=r"run: \.refresh\(\)$"):
        opened.prices()
    with pytest.raises(ForecastError, match=r"run: \.search\(\)$"):
        opened.ledger()
    for call in (opened.prices, opened.predict, opened.backtest):
        name = {"prices": "until", "predict": "as_of", "backtest": "start"}[call.__name__]
        with pytest.raises(ForecastError, match=f"{name}: expected a date such as 2024-05-31, got 'soon'"):
            call(**{name: "soon"})
    assert as_call("run: candorcast search demo --trials 30") == "run: .search(trials=30)"
    assert as_call("look: candorcast predict demo --version challenger").endswith(
        ".predict(version='challenger')"
    )
    assert as_call("run: candorcast rollback demo") == "run: candorcast rollback demo"
    assert Path(tmp_path).is_dir()
