"""What the numbers of an account do not say by themselves is said in a sentence."""

import pytest

from cli.screens.money import describe_strategy, notes
from ml_core.portfolio.comparison import compare
from ml_core.portfolio.market import Market
from ml_core.spec.strategy import Strategy
from tests.portfolio.test_steps import PRICES, forecast_of

MARKET = Market(PRICES)


def told(**settings: object) -> str:
    strategy = Strategy.model_validate(settings)
    return "\n".join(notes(compare(forecast_of(PRICES), strategy, MARKET, horizon=1)))


def test_a_book_that_holds_next_to_nothing_is_said_with_how_to_fill_it():
    assert "holds 0.2 % of the equity on average" in told(limit=0.001)
    assert "strategy.yearly_volatility, such as 0.1" in told(limit=0.001)
    assert "on average" not in told(kind="single")
    assert "on average" not in told(kind="single", yearly_volatility=0.1)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("single", "half its share at a usual conviction, all of it at twice that"),
        ("long_only", "all of its share while that is above zero, else none"),
        ("sign", "all of its share, long or short by the sign"),
        ("long_short", "long the best 20 %, short the worst"),
    ],
)
def test_every_kind_says_what_it_holds(kind, words):
    strategy = Strategy.model_validate({"kind": kind})
    assert words in describe_strategy(strategy, forecast_of(PRICES), horizon=1)[0]


def test_an_account_that_barely_moved_has_no_sharpe_and_the_reason_stands_there():
    assert "no Sharpe ratio, no interval: a return of 0.0 % a year at a volatility" in told(limit=1e-5)
