"""A strategy of one's own: named by kind, told its options by the file, refused by name where either is wrong."""

from typing import Annotated, Any, get_args

import numpy as np
import polars as pl
import pytest
from jsonschema import Draft7Validator
from pydantic import Field, PositiveFloat

import candorcast
from candorcast import testing
from ml_core.errors import ContractBroken, ForecastError
from ml_core.portfolio.market import Market
from ml_core.portfolio.strategies import build_positions
from ml_core.spec.experiment import Experiment
from ml_core.spec.strategy import Strategy
from serving.strategies import Named, changes_of, of_one_date
from tests.market import simulate_prices, small_experiment
from tuning.schema import build_schema

pytestmark = pytest.mark.usefixtures("forgotten")


def forecast_of(prices: pl.DataFrame) -> pl.DataFrame:
    return prices.select("ticker", as_of="date", horizon=pl.lit(1), mean=pl.lit(0.01), scale=pl.lit(0.02))


def test_a_strategy_is_named_by_kind_and_the_limits_of_the_file_hold_for_it():
    @candorcast.strategy
    def all_in(views, market):
        assert isinstance(market, Market)
        return (
            views.filter(pl.col("ticker") == "ALFA").select("ticker", "date", weight=pl.lit(3.0)).to_pandas()
        )

    prices = simulate_prices()
    market = Market(prices)
    held = build_positions(forecast_of(prices), Strategy(kind="all_in"), horizon=1, market=market)
    assert set(held.filter(ticker=pl.lit("ALFA"))["weight"]) == {1.0}  # leverage 1
    assert set(held.filter(pl.col("ticker") != "ALFA")["weight"]) == {0.0}
    limited = Strategy(kind="all_in", limit=0.2, leverage=5)
    assert build_positions(forecast_of(prices), limited, horizon=1, market=market)["weight"].max() == 0.2
    assert small_experiment(strategy={"kind": "all_in"}).strategy.kind == "all_in"


def test_a_kind_that_nobody_registered_is_refused_with_those_that_there_are(tmp_path):
    candorcast.strategy(lambda_named("all_in"))
    with pytest.raises(ForecastError) as refused:
        candorcast.open("demo", home=tmp_path, set={"strategy.kind": "all_inn"})
    assert "kind: expected 'auto', 'long_short', 'single', 'long_only', 'sign' or 'all_in'" in str(
        refused.value
    )


def lambda_named(name: str):
    def decide(views, _market):
        return views

    decide.__name__ = name
    return decide


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda views: views, "strategy 'odd': missing column weight"),
        (lambda _: [1], "strategy 'odd': expected a frame of polars or pandas, got list"),
        (lambda views: views.select("ticker", "date", weight=pl.lit(np.nan)), "expected a finite weight"),
        (lambda views: pl.concat([views, views]).with_columns(weight=pl.lit(1.0)), "rows share a key"),
        (lambda views: views["nothing"], "strategy 'odd': decided: ColumnNotFoundError"),
    ],
)
def test_a_strategy_that_gives_something_else_is_told_by_its_name(given, told):
    def odd(views, _market):
        return given(views)

    candorcast.strategy(odd)
    prices = simulate_prices()
    with pytest.raises(ForecastError) as refused:
        build_positions(forecast_of(prices), Strategy(kind="odd"), horizon=1, market=Market(prices))
    assert told in str(refused.value)


class Told(candorcast.Config):
    share: Annotated[PositiveFloat, Field(le=1, description="How much is held.")] = 1.0
    tickers: tuple[str, ...] = ("ALFA",)


def held(views, _market, options: Told) -> pl.DataFrame:
    chosen = pl.col("ticker").is_in(options.tickers)
    return views.select("ticker", "date", weight=chosen * options.share)


def opened(home, strategy: dict[str, Any]) -> Any:
    return candorcast.open(
        "demo", home=home, set={f"strategy.{key}": value for key, value in strategy.items()}
    )


def test_its_options_come_typed_from_the_file_and_by_their_defaults(tmp_path):
    candorcast.strategy(config=Told)(held)
    prices = simulate_prices()

    def weights(options: dict[str, Any]) -> pl.DataFrame:
        how = opened(tmp_path, {"kind": "held", "options": options}).experiment.strategy
        return build_positions(forecast_of(prices), how, horizon=1, market=Market(prices))

    assert set(weights({}).filter(ticker=pl.lit("ALFA"))["weight"]) == {1.0}
    other = weights({"share": 0.25, "tickers": ["BRAV"]})
    assert set(other.filter(ticker=pl.lit("ALFA"))["weight"]) == {0.0}
    assert set(other.filter(ticker=pl.lit("BRAV"))["weight"]) == {0.25}


PART = {"kind": "held", "options": {"share": "all"}}


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ({"kind": "held", "options": {"shrae": 1}}, "strategy.options: unknown key 'shrae'; did you mean 'share'?"),
        ({"kind": "held", "options.share": "all"}, "strategy.options: share: expected a number such as 1.0, got 'all"),
        ({"kind": "held", "options.share": 2}, "strategy.options: share: expected at most 1, got 2"),
        ({"kind": "held", "options.tickers": [1]}, 'strategy.options: tickers.0: expected text such as "ALFA", got 1'),
        ({"parts": [{}, PART]}, "strategy.parts.1.options: share: expected a number"),
        ({"turbulent": PART}, "strategy.turbulent.options: share: expected a number"),
        ({"kind": "sign", "options": {"share": 1}}, 'strategy.options has no effect: kind "sign" takes none; name'),
        ({"kind": "plain", "options": {"share": 1}}, "strategy.options: unknown key 'share'; none is known here"),
        ({"kind": "held", "options": 3}, "strategy.options: expected a table of keys such as { share = 0.5 }, got 3"),
    ],
)  # fmt: skip
def test_an_option_that_is_wrong_is_refused_by_its_key_when_the_file_is_read(tmp_path, strategy, told):
    candorcast.strategy(config=Told)(held)
    candorcast.strategy(lambda_named("plain"))
    with pytest.raises(ForecastError) as refused:
        opened(tmp_path, strategy)
    assert told in str(refused.value)


def test_editors_know_them_wherever_a_kind_may_stand():
    before = Draft7Validator(build_schema())
    candorcast.strategy(config=Told)(held)
    schema, least = Draft7Validator(build_schema()), {"name": "x", "universe": {"tickers": ["A", "B"]}}
    good = {"kind": "held", "options": {"share": 0.5}}
    for table in (good, {"parts": [good]}, {"turbulent": good}):
        assert not list(schema.iter_errors(least | {"strategy": table}))
        assert list(before.iter_errors(least | {"strategy": table}))
    for bad in (good | {"kind": "sign"}, {"options": {"share": 0.5}}, good | {"options": {"share": 5}}):
        for table in (bad, {"parts": [bad]}, {"turbulent": bad}):
            assert list(schema.iter_errors(least | {"strategy": table}))


def test_they_are_written_down_and_an_experiment_without_them_keeps_its_digest():
    candorcast.strategy(config=Told)(held)
    said = small_experiment(strategy={"kind": "held", "options": {"share": 0.5}})
    written = said.model_dump(mode="json")
    assert written["strategy"]["options"] == {"share": 0.5}
    assert Experiment.model_validate(written).digest() == said.digest()
    assert said.digest() != small_experiment(strategy={"kind": "held"}).digest()
    assert "options" not in small_experiment().model_dump()["strategy"]


def test_the_contract_that_is_shipped_is_held_to_options():
    candorcast.strategy(config=Told)(held)
    testing.check_strategy("held", {"share": 0.5})
    with pytest.raises(ContractBroken, match="holds nothing"):
        testing.check_strategy("held", {"tickers": []})
    with pytest.raises(ForecastError, match="share: expected a number above 0"):
        testing.check_strategy("held", {"share": 0})


def test_a_declaration_that_is_wrong_is_refused():
    with pytest.raises(ForecastError, match=r"config: expected a child of candorcast.Config"):
        candorcast.strategy(config=dict)  # pyright: ignore
    with pytest.raises(
        ForecastError, match=r"strategy 'held': expected a function of \(views, market\), got"
    ):
        candorcast.strategy(held)


def test_they_go_with_their_strategy_where_the_app_is_asked_for_another():
    candorcast.strategy(config=Told)(held)
    own = Strategy(kind="held", options={"share": 0.5})
    for name in get_args(Named):
        changed = own.model_dump(exclude_unset=True) | changes_of(name, own, (1, 5))
        for strategy in (Strategy.model_validate(changed), of_one_date(name, own, (1, 5))):
            assert all(bool(how.options) == (how.kind == "held") for how in strategy.sizings)
    assert own.of_one_date("held").options == {"share": 0.5}
