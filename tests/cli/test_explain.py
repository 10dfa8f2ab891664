"""`explain` draws what moved a forecast before it says it in numbers, and they add up to what `predict` says."""

import datetime as dt
import json
import math
from pathlib import Path

import polars as pl
import pytest

from cli.screens.explained import other_lines
from ml_core.explain.methods import attention
from ml_core.home.settings import open_home
from ml_core.registry.versions import Registry
from tests.cli.command_line import run
from tests.contracts.explained import HORIZON, LOOKBACK, TICKER, scene_of
from tests.explain.test_amounts import moved_by


def tell(file: str, home: str, *options: str) -> dict:
    done = run("explain", file, *options, "--home", home, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_what_it_tells_adds_up_to_the_forecast_of_predict(file, champion):
    said = json.loads(run("predict", file, "--home", champion, "--json").stdout)["forecasts"]
    (row,) = (one for one in said if one["ticker"] == "ALFA" and one["horizon"] == 3)
    for of, expected in (("level", row["mean"]), ("scale", math.log(row["scale"]))):
        told = tell(file, champion, "ALFA", "--horizon", "3", "--of", of)
        moved = told["moved"]
        assert moved["base"] + sum(one["share"] for one in moved["pieces"]) == pytest.approx(
            expected, abs=1e-7
        )
        assert (told["ticker"], told["horizon"]) == ("ALFA", 3)


def test_a_picture_stands_before_the_table_in_words(file, champion):
    done = run("explain", file, "ALFA", "--home", champion)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    (head,) = (place for place, line in enumerate(lines) if line.startswith("moved by"))
    assert any("█" in line and "│" in line for line in lines[:head])
    assert "session momentum" in done.stdout
    assert "momentum_" not in done.stdout
    assert "the forecast, as a log return" in lines[-1] or "the forecast, as a log return" in done.stdout


def test_of_a_scale_it_says_that_factors_are_multiplied(file, champion):
    printed = run("explain", file, "ALFA", "--of", "scale", "--home", champion).stdout
    assert "each is a factor: they are multiplied" in printed
    shares = {
        one["words"]: one["share"] for one in tell(file, champion, "ALFA", "--of", "scale")["moved"]["pieces"]
    }
    name, share = max(shares.items(), key=lambda one: abs(one[1]))
    (row,) = (line for line in printed.splitlines() if line.startswith(name))
    side = "wider" if share > 0 else "narrower"
    assert f"{100 * abs(math.expm1(share)):.1f} % {side}" in row


def test_it_says_beside_attention_where_no_input_moves_the_number():
    found = attention.explain(scene_of("transformer").about(TICKER, HORIZON))
    for share, expected in ((0.01, False), (0.0, True)):
        lines = other_lines({"attention": found, "moved": moved_by({"gap": share})}, priced=True)
        assert ("attention is not importance" in "\n".join(lines)) == expected


def test_it_says_that_a_number_which_is_not_proven_is_not(file, champion):
    told = tell(file, champion, "ALFA")
    printed = run("explain", file, "ALFA", "--home", champion).stdout
    assert ("this explains a number that is not proven" in printed) == ("level" not in told["proven"])


@pytest.mark.parametrize("ticker", [("ALFA",), ()])
def test_a_day_that_was_learned_from_is_told_as_predict_tells_it_and_not_as_unproven(file, champion, ticker):
    evidence = Registry(open_home(Path(champion))).find("small.simulated").evidence
    day = str(evidence.trained.end - dt.timedelta(days=20))
    asked = (file, "--as-of", day, "--version", "1", "--home", champion)
    predicted = json.loads(run("predict", *asked, "--json").stdout)["notes"]
    (learned,) = (note for note in predicted if "in_sample" in note)
    done = run("explain", file, *ticker, *asked[1:])
    assert done.exit_code == 0, done.stderr
    assert learned in done.stdout
    assert "was learned from: of such a day nothing is proven" in done.stdout
    assert "is not proven at" not in done.stdout
    assert f"comes from dates up to {evidence.trained.end}, later than " in " ".join(done.stdout.split())
    told = tell(file, champion, *ticker, "--as-of", day, "--version", "1")
    assert learned in told["notes"]
    assert told["proven"] == []


def test_of_a_day_that_was_not_learned_from_nothing_of_that_is_told(file, champion):
    printed = run("explain", file, "ALFA", "--home", champion).stdout
    assert "learned from" not in printed.replace("days that it learned from", "")
    assert "later than" not in printed


@pytest.mark.parametrize("of", ["order", "scale"])
def test_what_is_told_of_the_level_does_not_stand_under_another_number(file, champion, of):
    printed = run("explain", file, "ALFA", "--of", of, "--home", champion).stdout
    assert "it would go from" not in printed
    assert "the model says" not in printed
    assert printed.count("it is told of where the forecast goes (level)") == 2
    assert "the model says" in run("explain", file, "ALFA", "--of", "level", "--home", champion).stdout


def test_a_change_of_inputs_is_said_to_be_of_single_inputs(file, champion):
    printed = run("explain", file, "ALFA", "--home", champion).stdout
    assert ("such changes may not come together in the market" in printed) == ("it would go from" in printed)
    assert "it would go from" in printed


def test_attention_is_told_beside_what_even_attention_would_be():
    found = attention.explain(scene_of("transformer").about(TICKER, HORIZON))
    assert found.even == pytest.approx([1 / LOOKBACK] * LOOKBACK)
    assert "even attention: 12.5 % each" in "\n".join(other_lines({"attention": found}, priced=True))
    chosen = attention.explain(scene_of("tft").about(TICKER, HORIZON))
    assert f"; even weights: {100 / len(chosen.by_input):.1f} % each" in "\n".join(
        other_lines({"attention": chosen}, priced=True)
    )


def test_without_a_ticker_it_tells_what_moves_all_and_each(file, champion, tmp_path):
    out = tmp_path / "shares.parquet"
    done = run("explain", file, "--home", champion, "--of", "order", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert "what moves the forecasts of" in done.stdout
    shares = pl.read_parquet(out)
    assert shares["ticker"].n_unique() == 6
    by_ticker = shares.group_by("ticker").agg(pl.col("share").sum())
    assert by_ticker["share"].sum() == pytest.approx(0, abs=1e-9)  # what sets each apart from the mean of all


def test_what_cannot_be_explained_is_refused_in_one_line(file, champion):
    for options, expected in (
        (("ALFO",), "TICKER: unknown 'ALFO'; did you mean 'ALFA'?"),
        (("ALFA", "--horizon", "2"), "horizon: 2 is not forecast; expected any of 1, 3"),
        (("ALFA", "--as-of", "soon"), "--as-of soon: expected a date"),
        (("ALFA", "--as-of", "2999-01-01"), "lies in the future"),
    ):
        done = run("explain", file, *options, "--home", champion)
        assert done.exit_code == 2
        assert expected in done.stderr


def test_importance_draws_bars_with_intervals_before_its_tables_and_is_written(file, champion, tmp_path):
    out = tmp_path / "rises.parquet"
    done = run("explain", file, "--importance", "--of", "order", "--home", champion, "--out", str(out))
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    picture = [place for place, line in enumerate(lines) if "│" in line and "●" in line]
    table = next(place for place, line in enumerate(lines) if line.startswith("without "))
    assert picture
    assert max(picture) < table
    assert "momentum_" not in done.stdout
    rises = pl.read_parquet(out)
    assert set(rises["claim"]) == {"level", "order", "range"}
    assert set(rises["kind"]) >= {"together", "group"}
    assert (rises["low"] <= rises["high"]).all()


def test_importance_has_the_same_answer_for_the_same_seed_and_another_for_another(file, champion):
    first, again, other = (
        tell(file, champion, "--importance", "--seed", seed)["importance"]["claims"]
        for seed in ("1", "1", "2")
    )
    assert first == again != other


def test_importance_says_that_what_it_is_of_is_not_proven(file, champion):
    told = tell(file, champion, "--importance")
    printed = run("explain", file, "--importance", "--home", champion).stdout
    assert ("level is not proven at 1 ahead" in printed) == ("level" not in told["proven"])


def test_dependence_draws_curves_and_lists_pairs(file, champion, tmp_path):
    out = tmp_path / "curves.csv"
    done = run("explain", file, "--dependence", "--home", champion, "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert "as it goes from" in done.stdout
    assert "pairs that count together" in done.stdout
    assert set(pl.read_csv(out)["what"]) == {"curve", "pair"}


def test_what_a_survey_cannot_tell_is_refused_in_one_line(file, champion):
    for options, expected in (
        (("ALFA", "--importance"), "TICKER: --importance is of all tickers of the holdout; expected none"),
        (("--dependence", "--as-of", "2019-01-02"), "--as-of: --dependence is of the holdout of a version"),
        (("--importance", "--dependence"), "expected one of them at a time"),
        (("--dependence", "--of", "order"), "--of order: with --dependence expected level or scale"),
        (("--importance", "--horizon", "2"), "horizon: 2 is not forecast; expected any of 1, 3"),
        (("ALFA", "--seed", "2"), "--seed: expected with --importance or --dependence"),
    ):
        done = run("explain", file, *options, "--home", champion)
        assert done.exit_code == 2
        assert expected in " ".join(done.stderr.split())
