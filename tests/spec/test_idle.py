"""What a file says has an effect, or is refused by its key with what to do; and what is honoured is read."""

import pytest

from ml_core.errors import InvalidInput
from ml_core.spec.file import read_experiment
from ml_core.spec.strategy import Strategy
from tests.market import write_experiment
from tuning.check import check_layers, check_learning
from tuning.space import build_space

SINGLE = "strategy.kind=single"


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    return str(write_experiment(tmp_path_factory.mktemp("experiment")))


@pytest.mark.parametrize(
    ("overrides", "key", "help"),
    [
        (["strategy.leverage=2"], "strategy.leverage", "strategy.yearly_volatility"),
        (["strategy.shrinkage=0.2"], "strategy.shrinkage", 'combine = "sharpe"'),
        (["strategy.turbulent_above=0.7"], "strategy.turbulent_above", "turbulent_share"),
        (["strategy.correlation_sessions=90"], "strategy.correlation_sessions", "max_correlation"),
        (["strategy.gate_sessions=60"], "strategy.gate_sessions", "add gate"),
        (["strategy.volatility_sessions=60"], "strategy.volatility_sessions", "daily_volatility"),
        (["strategy.parts=[{volatility_sessions=60}]"], "strategy.parts.0.volatility_sessions", "daily_volatility"),
        (["strategy.turbulent={gate_sessions=60}"], "strategy.turbulent.gate_sessions", "add gate"),
        ([SINGLE, "strategy.quantile=0.1"], "strategy.quantile", 'kind = "long_short"'),
        (["strategy.kind=sign", "strategy.neutral=sector"], "strategy.neutral", 'kind = "long_short"'),
        (
            ['universe.tickers=["ALFA", "BRAV"]', "strategy.quantile=0.1"],
            "strategy.quantile",
            'kind "auto" (2 tickers are not ranked)',
        ),
        (
            ["strategy.kind=long_only", "strategy.conviction=target", "strategy.daily_volatility=0.01"],
            "strategy.conviction",
            'kind = "single"',
        ),
        (["strategy.parts=[{weight=2}]"], "strategy.parts.0.weight", "there is one part"),
        (
            ["strategy.parts=[{weight=2}, {}]", "strategy.combine=sharpe"],
            "strategy.parts.0.weight",
            "sets the weights",
        ),
        (["validation.groups=8"], "validation.groups", "combinatorial"),
        (["validation.test_groups=3"], "validation.test_groups", "combinatorial"),
        (["features={names=['return_1'], select=4}"], "features.select", "features.groups"),
        (["data.context.lag=1"], "data.context.lag", "data.context.series"),
        (["data.context.known=since"], "data.context.known", "data.context.table"),
    ],
)  # fmt: skip
def test_a_setting_without_effect_is_refused_by_its_key(file, overrides, key, help):
    with pytest.raises(InvalidInput) as error:
        read_experiment(file, tuple(overrides))
    assert f"{key} has no effect: " in str(error.value)
    assert help in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "overrides",
    [
        ["strategy.leverage=2", "strategy.yearly_volatility=0.1"],
        ["strategy.leverage=0.5"],
        ["strategy.shrinkage=0.2", "strategy.combine=sharpe", "strategy.horizons=[1, 3]"],
        ["strategy.gate_sessions=252", "strategy.volatility_sessions=20"],
        ["strategy.volatility_sessions=60", "strategy.yearly_volatility=0.1", "strategy.parts=[{}, {}]"],
        ["strategy.quantile=0.1", "strategy.neutral=sector"],
        ["validation.groups=8", "validation.scheme=combinatorial"],
        ["features={names=['return_1'], select=4}", "search.ranges={'features.groups'=[['momentum']]}"],
    ],
)
def test_a_setting_that_is_read_or_only_repeats_the_default_may_stand(file, overrides):
    assert read_experiment(file, tuple(overrides))


def test_a_strategy_that_was_stored_with_a_setting_without_effect_still_reads():
    """A registered model's experiment is read as it was written; only a file is asked to be clear."""
    assert Strategy.model_validate(Strategy(leverage=2.0).model_dump(mode="json")).leverage == 2.0


def test_a_number_of_layers_beside_a_list_of_their_sizes_is_refused_or_not_searched(file):
    experiment = read_experiment(file, ("model={family='lstm', hidden=[16, 8], layers=3}",))
    with pytest.raises(
        InvalidInput, match=r"model.layers 3 has no effect: model.hidden lists the sizes of 2 layers"
    ):
        check_learning(experiment)
    check_layers(read_experiment(file, ("model={family='lstm', hidden=[16, 8], layers=2}",)).model)
    sized = "'lstm.hidden'=[[16, 8], [8, 4]]"
    listed = read_experiment(file, ("search.families=['lstm']", f"search.ranges={{{sized}}}"))
    assert "lstm.layers" not in build_space(listed)["lstm"]
    both = read_experiment(
        file, ("search.families=['lstm']", f"search.ranges={{{sized}, 'lstm.layers'=[1, 2]}}")
    )
    with pytest.raises(InvalidInput, match=r"search.ranges.lstm.layers has no effect"):
        build_space(both)
