"""`candorcast backtest`: what no model learned from, traded; what is asked wrongly, told in one line."""

import json
import re
import shlex
from pathlib import Path

import polars as pl
import pytest

import candorcast
from candorcast import ForecastError
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.home.settings import open_home
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from ml_core.spec.plain import plain
from ml_core.walkforward.given import complete
from tests.cli.command_line import run
from tests.market import NOW, small_experiment


def test_the_champion_is_traded_where_it_never_learned_and_the_numbers_are_its_evidence(file, champion):
    done = run("backtest", file, "--home", champion, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    evidence = Registry(open_home(Path(champion))).find("small.simulated").evidence
    assert told["trials"] == 7
    assert told["holdout"] == plain(evidence.holdout)
    assert told["splits"]["holdout"] == plain(evidence.backtest)
    assert set(told["splits"]["holdout"]) >= {"benchmark", "equal_weight", "zero_forecast", "costs"}


def test_one_screen_says_what_is_scored_what_is_held_and_what_it_came_to(file, champion):
    done = run(
        "backtest", file, "--home", champion, "--set", "strategy.limit=0.1", "--set", "strategy.gate=0.2"
    )
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) <= 45
    for words in ("version 1 (lstm; champion)", "at most 10 % a position", "surer than 20 %", "buy and hold",
                  "equal weight",
                  "zero forecast", "break-even cost", "cost, bp a side", "no Sharpe ratio, no interval"):  # fmt: skip
        assert words in done.stdout


def test_tables_and_figures_are_written_where_asked(file, champion, tmp_path):
    done = run("backtest", file, "--home", champion, "--out", str(tmp_path / "money"), "--json")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "money" / "equity.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads(done.stdout)["splits"]["holdout"]["cumulative"]
    written = pl.read_csv(tmp_path / "money" / "risk.csv")
    assert written.filter(account=pl.lit("strategy"), metric=pl.lit("cumulative"))[
        "value"
    ].item() == pytest.approx(told)


def test_where_the_money_came_from_is_drawn_told_and_written_and_adds_up(file, champion, tmp_path):
    out = tmp_path / "money"
    screen = run("backtest", file, "--home", champion, "--out", str(out))
    assert screen.exit_code == 0, screen.stderr
    for words in (
        "where it came from: ",
        "which tickers",
        "what was held long",
        "costs of trading",
        "│",
        "█",
    ):
        assert words in screen.stdout
    told = json.loads(run("backtest", file, "--home", champion, "--json").stdout)
    came = told["splits"]["holdout"]["cumulative"]
    origins = told["origins"]["holdout"]
    assert origins.pop("total") == pytest.approx(came, abs=1e-12)
    assert -1 <= origins.pop("beta") <= 1  # of what is held at most once
    assert set(origins) >= {"market", "side", "ticker"}
    for way, parts in origins.items():
        assert sum(parts.values()) == pytest.approx(came, abs=1e-12), way
    written = pl.read_csv(out / "origins.csv").filter(split=pl.lit("holdout"), by=pl.lit("ticker"))
    assert dict(written.select("name", "gain").iter_rows()) == pytest.approx(origins["ticker"])


def test_a_span_is_traded_alone(file, champion):
    whole = json.loads(run("backtest", file, "--home", champion, "--json").stdout)["splits"]["holdout"]
    day = pl.select(pl.lit(whole["start"]).str.to_date().dt.offset_by("14d")).item()
    part = json.loads(run("backtest", file, "--home", champion, "--json", "--start", str(day)).stdout)
    assert part["splits"]["holdout"]["start"] > str(day)
    assert part["splits"]["holdout"]["sessions"] < whole["sessions"]


def test_forecasts_that_evaluate_wrote_are_traded_again_without_a_fit(file, home, tmp_path):
    """In a second, and to the same account as in the evaluation itself."""
    out = tmp_path / "out"
    walked = json.loads(run("evaluate", file, "--home", home, "--out", str(out), "--json").stdout)
    again = run("backtest", file, "--home", home, "--forecasts", str(out / "forecasts.parquet"), "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["splits"] == walked["risk"]
    refitted = json.loads(run("backtest", file, "--home", home, "--walk", "--json").stdout)
    assert refitted["splits"] == walked["risk"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--start", "2001-01-01"], "was fitted before"),
        (["--start", "soon"], "--start soon: expected a date such as 2024-05-31"),
        (["--start", "2030-01-01"], "no forecast from 2030-01-01 to the last: they go from"),
        (["--start", "2030-01-02", "--end", "2030-01-01"], "--start 2030-01-02 is after --end 2030-01-01"),
        (["--version", "9"], "has no version '9'"),
        (["--version", "1", "--walk"], "give one of them"),
        (["--forecasts", "nowhere.parquet"], "--forecasts nowhere.parquet: cannot be read"),
        (["--set", "strategy.neutral=sector"], "no sector is known for"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(file, champion, arguments, told):
    done = run("backtest", file, "--home", champion, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_that_is_no_forecast_is_refused(file, home, tmp_path):
    pl.DataFrame({"ticker": ["A"]}).write_parquet(tmp_path / "other.parquet")
    done = run("backtest", file, "--home", home, "--forecasts", str(tmp_path / "other.parquet"))
    assert done.exit_code == 2
    assert "missing column as_of" in done.stderr
    assert "expected at least ticker, as_of, horizon and mean" in done.stderr


def test_a_ticker_without_any_forecast_is_named_and_ends_with_1(file, home, tmp_path):
    out = tmp_path / "out"
    assert run("evaluate", file, "--home", home, "--out", str(out)).exit_code == 0
    table = pl.read_parquet(out / "forecasts.parquet").filter(pl.col("ticker") != "BRAV")
    table.write_parquet(out / "less.parquet")
    done = run("backtest", file, "--home", home, "--forecasts", str(out / "less.parquet"))
    assert done.exit_code == 1
    assert "without any forecast in that time: BRAV" in done.stderr


def test_where_nobody_answers_yet_the_command_it_names_makes_the_reference_that_is_then_traded(
    new_home, file
):
    home = new_home()
    refresh(small_experiment(), home, now=NOW)
    refused = run("backtest", file, "--home", str(home.root))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "the first forecast makes it; run: candorcast predict" in refused.stderr
    command = shlex.split(refused.stderr.strip().rpartition("run: candorcast ")[2])
    assert run(*command).exit_code == 0
    done = run("backtest", file, "--home", str(home.root))
    assert done.exit_code == 0, done.stderr
    assert "version 1 (zero; reference" in done.stdout


FOUR = ("ticker", "as_of", "horizon", "mean")


@pytest.fixture(scope="module")
def walked(file, home, tmp_path_factory) -> Path:
    """What `evaluate` wrote of the file's own model."""
    out = tmp_path_factory.mktemp("walked")
    assert run("evaluate", file, "--home", home, "--out", str(out)).exit_code == 0
    return out / "forecasts.parquet"


def test_somebody_elses_four_columns_are_traded_alike_by_the_command_and_in_python(
    file, home, walked, tmp_path
):
    mine = tmp_path / "mine.parquet"
    four = pl.read_parquet(walked).filter(split=pl.lit("holdout")).select(FOUR)
    four.with_columns(pl.col("horizon").cast(pl.Int64), pl.col("as_of").cast(pl.Datetime)).write_parquet(mine)
    done = run("backtest", file, "--home", home, "--forecasts", str(mine), "--trials", "60", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert "their scale is the volatility known at each close" in told["scored"]
    assert list(told["splits"]) == ["test"] and told["trials"] == 60
    opened = candorcast.open(file, home=home)
    for given in (four, four.to_pandas(), mine):
        assert plain(opened.backtest(forecasts=given, trials=60).summary) == told["splits"]


def test_what_came_is_filled_in_as_our_own_rows_have_it(file, home, walked):
    own = pl.read_parquet(walked).sort("ticker", "as_of", "horizon")
    experiment = read_experiment(file)
    prices = read_prices(experiment, open_home(Path(home)))
    filled, _ = complete(own.select(FOUR), experiment, prices)
    assert filled.columns == own.columns
    assert filled["realized"].equals(own["realized"])
    assert (filled["scale"] > 0).all()
    assert filled["lower"].null_count() == filled.height
    kept, said = complete(own, experiment, prices)
    assert kept.equals(own) and said == ""


def test_a_later_price_moves_no_scale_that_is_filled_in(file, home, walked):
    four, experiment = pl.read_parquet(walked).select(FOUR), read_experiment(file)
    prices = read_prices(experiment, open_home(Path(home)))
    day = four["as_of"].median()
    later = prices.with_columns(
        close=pl.when(pl.col("date") > day).then(pl.col("close") * 2).otherwise("close")
    )
    then, now = (
        complete(four, experiment, one)[0].filter(pl.col("as_of") <= day)["scale"] for one in (prices, later)
    )
    assert then.equals(now)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (pl.exclude("mean"), "missing column mean; it has ticker, as_of, horizon; expected at least"),
        (pl.all().exclude("horizon"), "missing column horizon"),
        (
            [pl.exclude("horizon"), pl.lit(5).alias("horizon")],
            "none at horizon 1, by which the strategy trades",
        ),
        (
            [pl.exclude("ticker"), ("NOT" + pl.col("ticker")).alias("ticker")],
            "none is of a ticker and a session that are st",
        ),
        ([pl.exclude("as_of"), pl.lit("soon").alias("as_of")], "a column has the wrong type"),
    ],
)
def test_what_somebody_elses_table_lacks_is_named_in_a_line(file, home, walked, tmp_path, change, told):
    four = pl.read_parquet(walked).filter(split=pl.lit("holdout"), horizon=1).select(FOUR)
    table = four.select(change).unique() if isinstance(change, list) else four.select(change)
    table.write_parquet(tmp_path / "mine.parquet")
    done = run("backtest", file, "--home", home, "--forecasts", str(tmp_path / "mine.parquet"))
    assert done.exit_code == 2 and "Traceback" not in done.stderr
    assert told in " ".join(done.stderr.split())
    with pytest.raises(ForecastError, match=re.escape(told[:30])):
        candorcast.open(file, home=home).backtest(forecasts=table)


def test_a_key_that_stands_twice_is_refused(file, home, walked):
    four = pl.read_parquet(walked).select(FOUR)
    with pytest.raises(ForecastError, match="rows share a key"):
        candorcast.open(file, home=home).backtest(forecasts=pl.concat([four, four]))
