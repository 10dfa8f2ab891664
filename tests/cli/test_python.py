"""Python and the command line say the same: both call one function, on one home."""

import json

import polars as pl
import pytest

import candorcast
from candorcast import ForecastError, Opened
from ml_core.registry.version import ModelVersion
from ml_core.spec.plain import plain
from tests.cli.command_line import run


@pytest.fixture(scope="module")
def opened(file, champion) -> Opened:
    return candorcast.open(file, home=champion)


def document(command: str, file: str, home: str, *options: str) -> dict:
    """What `--json` prints."""
    done = run(command, file, *options, "--home", home, "--json")
    assert done.exit_code in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_the_forecasts_are_those_that_predict_prints_today_and_of_a_past_day(opened, file, champion):
    told = document("predict", file, champion)["forecasts"]
    said = opened.predict()
    assert plain(said.table.to_dicts()) == told
    day = opened.evidence().holdout.start.isoformat()
    past = document("predict", file, champion, "--as-of", day)["forecasts"]
    assert plain(opened.predict(as_of=day).table.to_dicts()) == past
    assert said.table.to_pandas().shape == said.table.shape


def test_an_evaluation_has_the_scores_that_evaluate_prints(opened, file, champion):
    told = document("evaluate", file, champion)
    heard: list[str] = []
    done = opened.evaluate(progress=heard.append)
    assert plain(done.scores.to_dicts()) == told["scores"]
    assert plain(done.coverage.to_dicts()) == told["coverage"]
    assert plain(done.risk) == told["risk"]
    assert heard[0].startswith("fold 1 of 3")


def test_a_backtest_has_the_numbers_that_backtest_prints_of_a_version_and_of_a_walk(opened, file, champion):
    told = document("backtest", file, champion)
    done = opened.backtest()
    assert plain(done.summary) == told["splits"]
    assert done.trials == told["trials"]
    assert told["scored"].startswith(done.told)
    walked = opened.backtest(walk=True)
    assert plain(walked.summary) == document("backtest", file, champion, "--walk")["splits"]
    assert set(walked.accounts["split"]) == {"test", "holdout"}
    assert walked.positions.columns == ["split", "ticker", "date", "weight"]
    frame = opened.evaluate().forecasts
    assert opened.backtest(forecasts=frame.to_pandas()).summary == opened.backtest(forecasts=frame).summary


def test_prices_features_and_coverage_are_those_that_are_stored(opened, file, champion):
    stored = {row["ticker"]: row["bars"] for row in document("data", file, champion)["coverage"]}
    prices = opened.prices()
    assert dict(prices.group_by("ticker").len().iter_rows()) == stored
    assert plain(opened.data().coverage.to_dicts()) == document("data", file, champion)["coverage"]
    features = opened.features()
    assert features.columns == ["ticker", "date", *sorted(features.columns[2:], key=features.columns.index)]
    assert set(features.columns[2:]) == set(opened.experiment.features.names)
    cut = opened.prices(until="2021-01-29")
    assert cut["date"].max() <= prices["date"].max()
    assert opened.missing() == {}


def test_an_explanation_is_the_table_that_explain_writes_and_adds_up_to_the_forecast(
    opened, file, champion, tmp_path
):
    done = run("explain", file, "ALFA", "--home", champion, "--out", str(tmp_path / "shares.parquet"))
    assert done.exit_code == 0, done.stderr
    shares = opened.explain("ALFA")
    assert shares.equals(pl.read_parquet(tmp_path / "shares.parquet"))
    (said,) = opened.predict().table.filter(ticker=pl.lit("ALFA"), horizon=1)["mean"]
    assert shares["share"].sum() == pytest.approx(said)
    assert set(opened.explain()["ticker"]) == set(opened.experiment.universe.tickers)


def test_versions_evidence_claims_and_an_audit_are_those_of_the_command_line(opened, file, champion):
    told = document("models", file, champion)
    assert [one.version for one in opened.versions()] == [row["version"] for row in told]
    assert plain(opened.evidence()) == told[0]["evidence"]
    claims = opened.claims()
    assert plain(claims["standing"].to_list()) == [one["standing"] for one in told[0]["evidence"]["claims"]]
    audited = document("audit", file, champion, "--dates", "3")
    found = opened.audit(dates=3)
    assert (list(found.findings), sum(row["rows"] for row in found.counts())) == ([], audited["rows"])


def test_a_day_in_production_looks_and_scores_as_the_command_line_does(opened, file, champion):
    looked = opened.live()
    assert [one.summary() for one in looked.standings] == [one.summary() for one in opened.live().standings]
    watched = document("monitor", file, champion)
    assert str(opened.monitor().session) == watched["session"]


@pytest.mark.usefixtures("ray_cluster")
def test_a_search_registers_a_version_and_asked_again_gives_it_back(file, champion):
    small = {"name": "searched", "search.families": ["lstm"], "search.trials": 2, "search.epochs": 1}
    searched = candorcast.open(file, home=champion, set=small)
    heard: list[str] = []
    version = searched.search(progress=heard.append)
    assert isinstance(version, ModelVersion)
    assert any("of 2 trials done" in line for line in heard)
    assert searched.ledger().height == 2
    assert searched.search().version == version.version
    texts = ("name=searched", 'search.families=["lstm"]', "search.trials=2", "search.epochs=1")
    sets = [word for text in texts for word in ("--set", text)]
    assert document("search", file, champion, *sets)["nothing_new"]
    assert version.version in [one.version for one in searched.versions()]


@pytest.mark.parametrize(
    ("call", "named", "told"),
    [
        ("backtest", {"walk": True, "version": "1"}, "give one of them"),
        (
            "backtest",
            {"start": "2021-02-01", "end": "2021-01-01"},
            "start 2021-02-01 is after end 2021-01-01",
        ),
        ("backtest", {"forecasts": [1]}, "forecasts: expected a frame of polars or pandas, got list"),
        ("backtest", {"forecasts": pl.DataFrame({"a": [1]})}, "forecasts: missing column ticker"),
        ("predict", {"as_of": "2199-01-01"}, "lies in the future"),
        ("predict", {"as_of": 5}, "as_of: expected a date such as 2024-05-31, got 5"),
        ("search", {"trials": 0}, "trials: expected a whole number from 1, got 0"),
        ("search", {"trials": "x"}, "trials: expected a whole number from 1, got 'x'"),
        ("audit", {"dates": 0}, "dates: expected a whole number from 3, got 0"),
        ("predict", {"corrected": True}, "expected it beside as_of"),
        ("explain", {"ticker": "ALFB"}, "ticker: unknown 'ALFB'; did you mean 'ALFA'?"),
        ("evidence", {"version": "9"}, "has no version '9'"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_plain_words(opened, call, named, told):
    with pytest.raises(ForecastError) as refused:
        getattr(opened, call)(**named)
    assert told in str(refused.value)
