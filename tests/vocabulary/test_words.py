"""What figures are called and how they are written, whoever shows them."""

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ml_core.evaluation.metrics import metric_names
from ml_core.portfolio.comparison import EQUAL, HELD, STRATEGY, ZERO
from ml_core.portfolio.risk import describe
from ml_core.vocabulary import words
from tests.evaluation.scored import make_scored

ROOT = Path(__file__).parents[2]


def test_a_word_is_there_without_any_heavy_library():
    """The command line shows words before it has loaded anything."""
    code = "import sys, ml_core.vocabulary.words; print(sorted({'numpy', 'polars', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", words.MONEY)
def test_every_figure_of_money_is_explained_where_strategies_are(name):
    told = words.MONEY[name]
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    assert f"| {told.label} | `{name}` | {told.meaning} |" in page


def test_no_two_figures_share_a_label():
    labels = [told.label for told in words.MONEY.values()] + [
        words.metric(name).label for name in metric_names()
    ]
    assert len(labels) == len(set(labels))


def test_every_figure_of_money_is_measured():
    returns = make_scored(seed=1)["realized"].to_numpy()
    measured = describe(returns, periods_per_year=252, seed=0)
    of_trading = {"annual_turnover", "exposure", "break_even_cost_bps"}
    assert set(words.MONEY) - set(measured) == of_trading


def test_every_account_has_a_name():
    assert set(words.ACCOUNTS) == {STRATEGY, HELD, EQUAL, ZERO}


def test_whoever_is_refused_is_told_in_words_by_every_check_that_refuses():
    assert set(words.REFUSALS) | {"coverage"} == set(words.CHECKS)
    assert words.refusal(words.CHECKS["leaks"]) == "something knew the future"
    assert words.refusal("order proven") == "order is not proven"
    assert words.refusal("an older check") == "not passed: an older check"


def test_no_screen_page_or_figure_spells_a_label_of_its_own():
    """A label or a heading that several have stands in words.py, and nowhere else in what prints."""
    labels = [told.label for told in words.MONEY.values() if told.label not in ("exposure",)]
    once = [
        *labels,
        *words.HEADINGS.values(),
        words.BASE,
        words.TENTHS,
        "deepest fall",
        "buy and hold",
    ]
    spelled = re.compile("|".join(map(re.escape, once)), re.I)
    rooms = (
        "reporting",
        "registry",
        "promotion",
        "bulletin",
        "live",
        "explain",
        "certificate",
        "monitoring",
        "claims",
    )
    for folder in ("cli", "serving", "flows", *(f"ml_core/{room}" for room in rooms)):
        for path in (ROOT / folder).rglob("*.py"):
            text = re.sub(r'"""(.|\n)*?"""', "", path.read_text(encoding="utf-8"))
            assert not spelled.search(text), path


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.04321, "change", "+4.3 %"), (-0.1, "change", "-10.0 %"), (-0.0001, "change", "0.0 %"),
        (0.905, "share", "90.5 %"), (0.5312, "ratio", "0.53"), (0.0312, "correlation", "0.031"),
        (0.00012345, "number", "0.0001234"), (1234, "count", "1,234"), (None, "share", "-"),
        (float("nan"), "ratio", "-"),
    ],
)  # fmt: skip
def test_a_figure_is_written_in_its_form(value, form, text):
    assert words.write(value, form) == text


def test_a_lead_is_the_skill_with_its_p():
    assert words.lead(0.0123, 0.0004) == "+1.2 %, p < 0.001"
    assert words.lead(-0.02, 0.7) == "-2.0 %, p = 0.700"
    assert words.lead(None, None) == ""


def test_a_check_is_told_in_the_form_of_what_it_required():
    assert words.judged(0.0312, "p < 0.05") == "p = 0.031"
    assert words.judged(0.9123, "90% ± 5%") == "91.2 %"
    assert words.judged(0.98765, ">= 0.95") == "0.9877"
    assert words.judged(None, "p < 0.05") == "-"


def test_what_is_measured_over_paths_is_named_like_everywhere():
    assert words.measure("annual_return").label == "annual return"
    assert words.measure("rank_ic").label == "rank IC"
    assert (
        words.measure("mse skill against hist_gradient_boosting").label
        == "MSE skill vs hist gradient boosting"
    )


def test_a_forecast_of_a_return_is_told_as_the_change_of_the_price_and_any_other_as_it_is():
    assert words.move(math.log(0.9), priced=True) == "-10.00 %"
    assert words.move(0.25, priced=False) == "+0.2500"
    assert words.move(None, priced=True) == words.MISSING
    assert words.reach(math.log(0.9), math.log(1.1), priced=True) == "[-10.00 %, +10.00 %]"


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (0.12, 0.5, ("0.1200", "0.5000")),
        (-0.115431, -0.115412, ("-0.11543", "-0.11541")),
        (2.0, 2.0, ("2", "2")),
    ],
)
def test_two_numbers_are_told_with_as_many_digits_as_it_takes_to_see_that_they_differ(one, other, told):
    assert words.apart(one, other) == told
