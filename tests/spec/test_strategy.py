"""The [strategy] section: old files mean what they meant, and what cannot be meant is refused by name."""

import json

import pytest

from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment
from ml_core.spec.strategy import Strategy
from tests.market import small_experiment, write_experiment


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    return str(write_experiment(tmp_path_factory.mktemp("experiment")))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["strategy.conviction=target"], "conviction 'target' divides by daily_volatility; give it, such as 0.01"),
        (["strategy.horizons=[1, 7]"], "strategy.horizons 7 is not forecast; expected one of 1, 3"),
        (["strategy.horizons=[1, 1]"], "horizons: listed more than once"),
        (["strategy.combine=sharpe"], "give at least two horizons or parts"),
        (["strategy.parts=[{horizon=2}]"], "strategy.parts.0.horizon 2 is not forecast; expected one of 1, 3"),
        (["strategy.turbulent={horizon=2}"], "strategy.turbulent.horizon 2 is not forecast; expected one of 1, 3"),
        (["strategy.parts=[{}]", "strategy.horizons=[1, 3]"], "give one of them"),
        (["strategy.parts=[{}, {}]", "strategy.smoothing=3"], "smoothing is not read where there are parts"),
        (["strategy.turbulent={}", "strategy.turbulent_share=0.5"], "keeps a share of them; give one"),
        (["strategy.limit=0"], "strategy.limit: expected a number above 0, got 0"),
        (["strategy.limit=1.5"], "strategy.limit: expected at most 1"),
        (["strategy.gate=1"], "strategy.gate: expected a number below 1, got 1"),
        (["strategy.max_drawdown=0"], "strategy.max_drawdown: expected a number above 0"),
        (["strategy.delay=-1"], "strategy.delay: expected at least 0"),
        (["strategy.neutral=industry"], "strategy.neutral: expected 'market' or 'sector'"),
        (["strategy.max_corelation=0.1"], "'strategy.max_corelation'; did you mean 'strategy.max_correlation'?"),
        (["strategy.parts=[{gaet=0.5}]"], "'strategy.parts.0.gaet'; did you mean 'strategy.parts.0.gate'?"),
        (
            ["task.target=rank", "strategy.conviction=target", "strategy.daily_volatility=0.01"],
            "divides a return; task.target 'rank' forecasts none",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_line(file, overrides, told):
    with pytest.raises(InvalidInput) as error:
        read_experiment(file, tuple(overrides))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_an_experiment_with_every_setting_survives_being_written_down():
    """A registered model keeps its experiment as JSON, and is rebuilt from it."""
    parts = [{"kind": "single", "weight": 2.0}, {"kind": "long_short", "horizon": 3, "gate": 0.2}]
    experiment = small_experiment(
        strategy={"parts": parts, "combine": "sharpe", "turbulent": {"quantile": 0.1}, "limit": 0.05}
    )
    again = Experiment.model_validate(json.loads(json.dumps(experiment.model_dump(mode="json"))))
    assert again == experiment
    assert again.digest() == experiment.digest()


def test_by_default_no_step_changes_a_position():
    plain = Strategy()
    assert (plain.smoothing, plain.gate, plain.delay, plain.limit, plain.turbulent_share) == (0, 0, 0, 1, 1)
    assert (
        plain.daily_volatility
        is plain.yearly_volatility
        is plain.max_drawdown
        is plain.max_correlation
        is None
    )
    assert not plain.regimes


@pytest.mark.parametrize("name", ["demo", "single_stock", "weekly_etfs", "cross_section"])
def test_the_shipped_experiments_are_readable(name):
    assert read_experiment(name).strategy.cost_bps == 5
