"""What `candorcast data` shows: coverage with its gaps, quarantine with its reasons, repairs, stationarity."""

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from cli.commands.data import data as show
from cli.terminal import Terminal
from ml_core.data.calendar import sessions_between
from ml_core.data.intake.refresh import refresh
from ml_core.data.overview import read_overview, summarise_findings
from ml_core.data.picture import draw_overview, write_picture
from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

NOW = dt.datetime(2024, 12, 31, 23, tzinfo=dt.UTC)
SESSIONS = sessions_between("XNYS", dt.date(2024, 1, 2), dt.date(2024, 6, 28))


@pytest.fixture
def asked(tmp_path):
    """Two tickers in a file: AAA lacks six sessions and has a negative price, BBB was listed late."""
    closes = 50 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, len(SESSIONS))))
    table = pl.DataFrame({"date": SESSIONS, "close": closes.round(2)})
    gone = SESSIONS[20:26]
    first = table.filter(~pl.col("date").is_in(gone)).with_columns(
        pl.when(pl.col("date") == SESSIONS[50]).then(-1.0).otherwise("close").alias("close"),
        ticker=pl.lit("AAA"),
    )
    file = tmp_path / "bars.parquet"
    pl.concat([first, table.tail(60).with_columns(ticker=pl.lit("BBB"))]).write_parquet(file)
    return Experiment.model_validate(
        {
            "name": "looked_at",
            "universe": {"tickers": ["AAA", "BBB", "CCC"]},
            "data": {"source": "files", "files": {"path": str(file)}},
        }
    )


@pytest.fixture
def overview(asked, tmp_path):
    home = Home(tmp_path / "home")
    refresh(asked, home, now=NOW)
    return read_overview(asked, home)


def test_coverage_counts_what_is_stored_and_what_lacks(overview):
    rows = {row["ticker"]: row for row in overview.coverage.iter_rows(named=True)}
    assert rows["AAA"]["bars"] == len(SESSIONS) - 7
    assert (rows["AAA"]["missing"], rows["AAA"]["longest_gap"]) == (7, 6)
    assert (rows["BBB"]["first"], rows["BBB"]["missing"]) == (SESSIONS[-60], 0)
    assert rows["CCC"]["status"] == "unknown"
    assert rows["CCC"]["bars"] == 0


def test_quarantine_names_the_bar_and_the_reason(overview):
    assert overview.quarantine.select("ticker", "date", "close", "stored").rows() == [
        ("AAA", SESSIONS[50], -1.0, False)
    ]
    assert overview.quarantine["reason"][0]


def test_a_crash_is_listed_as_far_as_it_went_until_the_user_says_that_it_is_true(asked, tmp_path):
    """The list, and the screen of `data` with what can be said of it."""
    home, file = Home(tmp_path / "home"), tmp_path / "bars.parquet"
    crashed = pl.when(pl.col("date") >= SESSIONS[100]).then(pl.col("close") * 0.6).otherwise("close")
    pl.read_parquet(file).with_columns(crashed.alias("close")).write_parquet(file)
    refresh(asked, home, now=NOW)
    jumps = read_overview(asked, home).jumps
    assert jumps.select("ticker", "date").rows() == [("AAA", SESSIONS[100]), ("BBB", SESSIONS[100])]
    assert jumps["change"].to_list() == pytest.approx([-0.4, -0.4], abs=0.02)
    said = {"data": {**asked.data.model_dump(mode="json"), "quality": {"accept": [f"AAA {SESSIONS[100]}"]}}}
    accepted = Experiment.model_validate(asked.model_dump(mode="json") | said)
    refresh(accepted, home, now=NOW)
    assert read_overview(accepted, home).jumps["ticker"].to_list() == ["BBB"]


def test_a_bar_that_was_corrected_since_is_no_longer_listed(asked, tmp_path):
    home, file = Home(tmp_path / "home"), tmp_path / "bars.parquet"
    refresh(asked, home, now=NOW)
    assert read_overview(asked, home).held_back.height == 1
    bars = pl.read_parquet(file)
    mended = pl.when(pl.col("close") > 0).then("close").otherwise(pl.col("close").shift())
    bars.with_columns(close=mended).write_parquet(file)
    refresh(asked, home, now=NOW)
    found = read_overview(asked, home)
    assert found.held_back.is_empty() and found.quarantine.is_empty()


def test_the_screens_quarantine_ends_with_the_way_to_keep_its_first_bar(asked, tmp_path, capsys):
    swap_high_and_low(tmp_path / "bars.parquet", "AAA", SESSIONS[40])
    section = show_quarantine(asked, Home(tmp_path / "home"), capsys)
    assert section.endswith(f'to keep what came: data.quality.accept = ["AAA {SESSIONS[40]}"]')
    assert section.count("to keep what came") == 1


def test_a_price_below_zero_is_never_to_be_kept_and_the_screen_says_what_is_left(asked, tmp_path, capsys):
    section = show_quarantine(asked, Home(tmp_path / "home"), capsys)
    assert section.endswith("correct the source, or drop the ticker")


def show_quarantine(asked: Experiment, home: Home, capsys: Any) -> str:
    """What the screen of `data` says of refused bars."""
    refresh(asked, home, now=NOW)
    session: Any = SimpleNamespace(experiment=asked, home=home, terminal=Terminal())
    show(session, out=None)
    shown = capsys.readouterr().out
    return shown[shown.index("\nquarantine: ") : shown.index("\nrepairs:")].strip()


def swap_high_and_low(file: Path, ticker: str, day: dt.date) -> None:
    there = (pl.col("ticker") == ticker) & (pl.col("date") == day)
    up, down = pl.col("close") * 1.01, pl.col("close") * 0.99
    swapped = {
        "open": pl.col("close"),
        "high": pl.when(there).then(down).otherwise(up),
        "low": pl.when(there).then(up).otherwise(down),
    }
    pl.read_parquet(file).with_columns(**swapped).write_parquet(file)


def test_presence_is_a_share_of_each_months_sessions(overview):
    full = overview.presence.filter(pl.col("ticker") == "BBB", pl.col("month") == dt.date(2024, 6, 1))
    assert full["share"].item() == 1.0
    assert overview.presence["share"].is_between(0, 1).all()
    assert overview.presence.filter(pl.col("ticker") == "BBB")["share"][0] == 0


def test_every_stored_ticker_has_two_verdicts_on_stationarity(overview):
    assert overview.stationarity["ticker"].to_list() == ["AAA", "AAA", "BBB", "BBB"]


def test_the_document_is_json_and_the_picture_needs_no_network(overview, tmp_path):
    told = json.loads(json.dumps(overview.document()))
    assert set(told) == {
        "source", "version", "coverage", "quarantine", "repairs", "remarks", "jumps", "stationarity",
    }  # fmt: skip
    write_picture(overview, tmp_path / "data.html")
    page = (tmp_path / "data.html").read_text(encoding="utf-8")
    assert '<script src="http' not in page
    words = page[page.rindex("</script>") :]
    for said in ("Coverage", "In quarantine: 1", "Stationarity", "A price is zero or negative"):
        assert said in words
    assert "Stored bars of looked_at" in page


def test_every_ticker_that_was_asked_for_has_its_row_in_the_picture(overview):
    drawn: Any = draw_overview(overview)
    field, crosses = drawn.data
    assert list(field.y) == ["AAA", "BBB", "CCC"]
    assert not np.any(field.z[2]) and np.max(field.z[0]) == 1
    assert (list(crosses.x), list(crosses.y)) == ([SESSIONS[50]], ["AAA"])


def test_findings_are_summed_up_by_ticker_and_check():
    rows = [("B", 3, "high_below_low"), ("B", 1, "high_below_low"), ("A", 2, "not_positive")]
    findings = pl.DataFrame(
        [(ticker, SESSIONS[place], check, "why") for ticker, place, check in rows],
        schema=["ticker", "date", "check", "reason"],
        orient="row",
    )
    assert summarise_findings(findings).rows() == [
        ("B", "high_below_low", 2, SESSIONS[1], SESSIONS[3], "why"),
        ("A", "not_positive", 1, SESSIONS[2], SESSIONS[2], "why"),
    ]


def test_a_universe_that_is_wholly_in_quarantine_is_shown_too(tmp_path):
    file, home = tmp_path / "bars.parquet", Home(tmp_path / "home")
    pl.DataFrame({"date": SESSIONS, "ticker": "AAA", "close": [-1.0] * len(SESSIONS)}).write_parquet(file)
    data = {"source": "files", "files": {"path": str(file)}, "quality": {"limit": 1.0}}
    refused = Experiment.model_validate({"name": "x", "universe": {"tickers": ["AAA"]}, "data": data})
    with pytest.raises(InvalidInput, match="A price is zero or negative"):
        refresh(refused, home, now=NOW)
    overview = read_overview(refused, home)
    assert (overview.version, overview.quarantine.height) == (None, len(SESSIONS))
    write_picture(overview, tmp_path / "data.html")
    with pytest.raises(InvalidInput, match=f"AAA, {len(SESSIONS)} for 'A price is zero or negative'"):
        read_prices(refused, home)


def test_nothing_stored_says_what_to_run(asked, tmp_path):
    with pytest.raises(InvalidInput, match="run: candorcast refresh looked_at"):
        read_overview(asked, Home(tmp_path / "empty"))
