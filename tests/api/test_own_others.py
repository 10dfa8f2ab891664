"""A feature and a metric of one's own: found where ours are, refused by name where they are wrong."""

import numpy as np
import polars as pl
import pytest

import candorcast
from cli.screens.evaluation import print_evaluation
from cli.terminal import Terminal
from ml_core.errors import ForecastError
from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.evaluation.scores import score
from ml_core.features.listing import list_features
from ml_core.features.table import build_features, chosen_names, known_features
from ml_core.spec.experiment import Features
from tests.evaluation.scored import baseline, make_scored
from tests.market import simulate_prices, small_experiment

pytestmark = pytest.mark.usefixtures("forgotten")


def gap(window: int) -> pl.Expr:
    """How far the close lies from its mean over the window."""
    return pl.col("close") / pl.col("close").rolling_mean(window).over("ticker") - 1


def test_a_feature_is_listed_built_and_chosen_where_it_is_named_and_nowhere_else():
    before = chosen_names(Features())
    candorcast.feature("close", windows=(5, 20), group="mine")(gap)
    assert chosen_names(Features()) == before
    assert chosen_names(Features(groups=("mine",))) == ("gap_5", "gap_20")
    assert chosen_names(Features(names=("gap_5", "shock"))) == ("shock", "gap_5")
    assert {row["feature"]: row["history"] for row in list_features()}["gap_20"] == 20
    prices = simulate_prices()
    built = build_features(prices, ("gap_5",)).table
    close = prices.sort("ticker", "date").select(gap(5).cast(pl.Float32)).to_series()
    np.testing.assert_allclose(built["gap_5"].to_numpy(), close.to_numpy(), rtol=1e-4, atol=1e-6)
    with pytest.raises(ForecastError, match=r"unknown group 'mein'; did you mean 'mine'\?"):
        chosen_names(Features(groups=("mein",)))


def test_a_feature_may_be_made_of_others_and_a_cell_that_changes_it_takes_its_place():
    candorcast.feature("close", windows=(5,), group="mine")(gap)

    def double_gap() -> pl.Expr:
        """Twice the gap."""
        return pl.col("gap_5") * 2

    candorcast.feature("gap_5", history=0, group="mine")(double_gap)
    table = build_features(simulate_prices(), ("gap_5", "double_gap")).table
    np.testing.assert_allclose(table["double_gap"].to_numpy(), 2 * table["gap_5"].to_numpy(), rtol=1e-6)
    candorcast.feature("close", windows=(7,), group="mine")(gap)
    assert {"gap_7"} <= set(known_features()) and "gap_5" not in known_features()


def undocumented() -> pl.Expr:
    return pl.col("close")


def a_number() -> float:
    """No expression."""
    return 1.0


def breaks() -> pl.Expr:
    """Fails."""
    raise KeyError("close")


def shock() -> pl.Expr:
    """One of ours has this name."""
    return pl.col("close")


@pytest.mark.parametrize(
    ("register", "told"),
    [
        (
            lambda: candorcast.feature("close", history=1)(undocumented),
            "expected a docstring that says in a line",
        ),
        (
            lambda: candorcast.feature("close", history=1)(a_number),
            "expected an expression of polars, got float",
        ),
        (lambda: candorcast.feature("close", history=1)(breaks), "feature 'breaks': made: KeyError"),
        (
            lambda: candorcast.feature("close", history=1)(shock),
            "feature 'shock': there is one of that name already",
        ),
        (lambda: candorcast.feature(history=1)(gap), "expected the columns that it reads"),
        (
            lambda: candorcast.feature("close", group="momentum"),
            "feature group 'momentum': there is one of that name",
        ),
        (
            lambda: candorcast.feature("close", scope="market"),
            "scope: expected one of ticker, calendar, date, sector",
        ),
        (lambda: candorcast.feature("close")(shock), "there is one of that name"),
        (
            lambda: candorcast.metric(better="more"),
            "better: expected one of lower, higher, level, got 'more'",
        ),
        (lambda: candorcast.metric("price", better="lower"), "needs 'price': expected any of mean, realized"),
        (lambda: candorcast.metric(better="lower")(lambda rows: rows), "expected a name of small letters"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_what_was_expected(register, told):
    with pytest.raises(ForecastError) as refused:
        register()
    assert told in str(refused.value)


def cubed(rows) -> np.ndarray:
    """Mean cubed error."""
    return np.abs(rows["mean"] - rows["realized"]) ** 3


def sign_ic(rows) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of signs."""
    return np.sign(rows["mean"]), np.sign(rows["realized"])


def test_a_metric_stands_in_evaluations_and_may_be_what_a_search_looks_for(tmp_path):
    candorcast.metric(better="lower")(cubed)
    candorcast.metric_by_date(better="higher")(sign_ic)
    scored = make_scored()
    expected = float((scored["mean"] - scored["realized"]).abs().pow(3).mean())  # pyright: ignore
    assert find_metric("cubed")(scored) == pytest.approx(expected)
    assert metric_names()[-2:] == ["cubed", "sign_ic"]
    opened = candorcast.open(
        small_experiment(), home=tmp_path, set={"search.objective": "sign_ic", "training.epochs": 1}
    )
    opened.refresh()
    assert {"cubed", "sign_ic"} <= set(opened.evaluate().scores["metric"])
    with pytest.raises(ForecastError, match="unknown metric 'sign_ix'; did you mean 'sign_ic'"):
        find_metric("sign_ix")


def breaks_off(rows) -> np.ndarray:
    """Reads what is not there."""
    return rows["prices"]


def knows_no_number(rows) -> np.ndarray:
    """None, wherever it is asked."""
    return rows["mean"] * np.nan


def says_words(rows) -> list[str]:
    """A word for each row."""
    return ["good"] * len(rows["mean"])


def too_few(rows) -> np.ndarray:
    """Half of them."""
    return rows["mean"][::2]


def halves_only_one(rows) -> np.ndarray:
    """One column where two are asked."""
    return rows["mean"]


def ends_badly(rows) -> np.ndarray:
    """Its mean is never finished."""
    return rows["mean"]


def never(means: np.ndarray) -> np.ndarray:
    raise ZeroDivisionError(f"no end\nof {means.size and 'means'}")


WRONG = {
    "breaks_off": "metric 'breaks_off': reckoned: KeyError: 'prices'",
    "knows_no_number": "metric 'knows_no_number': expected a finite number, got none",
    "says_words": "metric 'says_words': reckoned: ValueError: could not convert string to float: 'good'",
    "too_few": "metric 'too_few': expected a number for each of 320 rows, got ndarray of shape (160,)",
    "halves_only_one": "metric 'halves_only_one': expected two columns with a number for each of 320 rows, "
    "got ndarray of shape (320,)",
    "ends_badly": "metric 'ends_badly': finish: ZeroDivisionError: no end of means",
}


def register_wrong_ones() -> None:
    for function in (breaks_off, knows_no_number, says_words, too_few):
        candorcast.metric(better="lower")(function)
    candorcast.metric_by_date(better="higher")(halves_only_one)
    candorcast.metric(better="lower", finish=never)(ends_badly)


def test_a_metric_that_fails_has_no_value_and_says_why_and_all_else_is_scored_as_without_it():
    scored = make_scored()
    without = score(scored, {"zero": baseline(scored, 0)}, resamples=20)
    register_wrong_ones()
    candorcast.metric(better="lower")(cubed)
    table = score(scored, {"zero": baseline(scored, 0)}, resamples=20)
    wrong = table.filter(pl.col("metric").is_in(list(WRONG)))
    assert dict(wrong.select("metric", "why").iter_rows()) == WRONG
    assert wrong["value"].null_count() == wrong["p_zero"].null_count() == len(WRONG)
    others = table.filter(pl.col("why").is_null(), pl.col("metric") != "cubed")
    assert others.equals(without)
    assert table.filter(metric=pl.lit("cubed"))["value"].null_count() == 0


def test_an_evaluation_with_one_that_fails_ends_well_and_tells_it_in_a_line(tmp_path, capsys):
    register_wrong_ones()
    opened = candorcast.open(small_experiment(), home=tmp_path, set={"training.epochs": 1})
    opened.refresh()
    found = opened.evaluate()
    assert found.scores.filter(metric=pl.lit("mse"))["value"].null_count() == 0
    print_evaluation(Terminal(), opened.experiment, found)
    told = [line for line in capsys.readouterr().err.splitlines() if "breaks_off" in line]
    assert told == [f"candorcast: {WRONG['breaks_off']}; it has no value, all else was measured"]


def test_a_metric_that_fails_is_told_by_its_name():
    def broken(rows) -> np.ndarray:
        """Reads what is not there."""
        return rows["prices"]

    candorcast.metric(better="lower")(broken)
    with pytest.raises(ForecastError, match="metric 'broken': reckoned: KeyError"):
        find_metric("broken")(make_scored())
