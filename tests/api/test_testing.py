"""The contracts that are shipped: ours keep them, and a planted defect of each kind is found and named."""

import numpy as np
import polars as pl
import pytest

import candorcast
from candorcast import testing
from ml_core.baselines import BASELINES
from ml_core.errors import ContractBroken, ForecastError
from ml_core.evaluation.metrics import metric_names
from ml_core.features.regimes import REGIME_FEATURES
from ml_core.features.table import known_features
from ml_core.models.family import FAMILIES
from ml_core.spec import choices
from ml_core.spec.strategy import KINDS
from tests.contracts.test_baselines import LIGHT

pytestmark = pytest.mark.usefixtures("forgotten")


@pytest.mark.parametrize("name", choices.own_names(BASELINES))
def test_our_baselines_keep_what_is_shipped(name):
    testing.check_model(name, LIGHT.get(name))


@pytest.mark.parametrize("name", choices.own_names(FAMILIES))
def test_our_networks_keep_what_is_shipped(name):
    testing.check_model(name)


def test_our_features_metrics_and_strategies_keep_what_is_shipped():
    testing.check_feature(*(name for name in known_features() if name not in REGIME_FEATURES))
    for name in metric_names():
        testing.check_metric(name)
    for kind in KINDS:
        testing.check_strategy(kind)


def tomorrow() -> pl.Expr:
    """The next session's return."""
    return pl.col("close").shift(-1).over("ticker") / pl.col("close") - 1


def too_short() -> pl.Expr:
    """Looks back on 60 rows and says 5."""
    return pl.col("close") / pl.col("close").rolling_mean(60, min_samples=1).over("ticker") - 1


def others() -> pl.Expr:
    """Would read other tickers without scope="date": it sees its own alone, whose share of itself is 1."""
    return pl.col("close") / pl.col("close").sum().over("date")


def flat() -> pl.Expr:
    """Always the same."""
    return pl.col("close") * 0.0


def gaps() -> pl.Expr:
    """No number where the close is above its mean."""
    mean = pl.col("close").rolling_mean(5).over("ticker")
    return pl.when(pl.col("close") < mean).then(pl.col("close"))


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (tomorrow, "feature tomorrow up to .* changes when later rows are"),
        (too_short, "feature too_short: its declared history of 5 rows does not suffice"),
        (others, "feature others: is the same on every row"),
        (flat, "feature flat: is the same on every row"),
        (gaps, "feature gaps: has no number on some row after its history of 5 rows"),
    ],
)
def test_a_defect_of_a_feature_is_found(function, told):
    candorcast.feature("close", history=5)(function)
    with pytest.raises(ContractBroken, match=told):
        testing.check_feature(function.__name__)


class Estimator:
    def fit(self, _x_RF: np.ndarray, y_R: np.ndarray) -> None:
        self.level = y_R.mean()


class Ranks(Estimator):
    """Answers a row by its place among those it is asked with."""

    def predict(self, x_RF: np.ndarray) -> np.ndarray:
        return np.argsort(np.argsort(x_RF[:, 0])) / len(x_RF)


class Forgets(Estimator):
    """Does not come back as it was."""

    def predict(self, x_RF: np.ndarray) -> np.ndarray:
        return np.full(len(x_RF), self.level)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"level": np.array([self.level])}

    def restore(self, _arrays: dict[str, np.ndarray]) -> None:
        self.level = 0.5


class Draws(Forgets):
    """Draws from nobody's seed."""

    def fit(self, _x_RF: np.ndarray, _y_R: np.ndarray) -> None:
        self.level = np.random.default_rng().normal()

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        self.level = arrays["level"][0]


@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (Ranks, "model 'mine': .*(changes with later bars|alone than among others)"),
        (Forgets, "model 'mine': opened again it answers otherwise"),
        (Draws, "model 'mine': (fitted again by the same seed|what it learned changes)"),
    ],
)
def test_a_defect_of_a_model_is_found(estimator, told):
    candorcast.model(name="mine")(lambda _config, _seed: estimator())
    with pytest.raises(ForecastError, match=told):
        testing.check_model("mine")


def turned(rows) -> np.ndarray:
    """Says that more error is better."""
    return (rows["mean"] - rows["realized"]) ** 2


def nothing(rows) -> np.ndarray:
    """No number."""
    return rows["mean"] * np.nan


@pytest.mark.parametrize(
    ("function", "better", "told"),
    [
        (turned, "higher", "for who knew what came .* expected the first to be better"),
        (nothing, "lower", "is nan on forecasts that have outcomes"),
    ],
)
def test_a_defect_of_a_metric_is_found(function, better, told):
    candorcast.metric(better=better)(function)
    with pytest.raises(ContractBroken, match=told):
        testing.check_metric(function.__name__)


def test_a_strategy_that_looks_ahead_or_holds_nothing_is_found():
    @candorcast.strategy
    def ahead(views, market):
        later = pl.col("close").shift(-1).over("ticker") - pl.col("close")
        told = market.prices.sort("ticker", "date").select(
            "ticker", "date", weight=later.sign().fill_null(0.0)
        )
        return views.select("ticker", "date").join(told, on=["ticker", "date"])

    @candorcast.strategy
    def idle(views, _market):
        return views.select("ticker", "date", weight=pl.lit(0.0))

    with pytest.raises(
        ContractBroken, match=r"strategy 'ahead': weight up to .* changes when later rows are"
    ):
        testing.check_strategy("ahead")
    with pytest.raises(ContractBroken, match="strategy 'idle': holds nothing on any date"):
        testing.check_strategy("idle")


def test_everything_is_checked_and_what_is_not_registered_is_told():
    candorcast.strategy(best := lambda_named("best"))
    assert best.__name__ == "best"
    assert testing.check_everything() == ["strategy best"]
    with pytest.raises(ForecastError, match="feature 'shok' is not registered; did you mean 'shock'"):
        testing.check_feature("shok")
    with pytest.raises(ForecastError, match="unknown family 'mine'"):
        testing.check_model("mine")


def lambda_named(name: str):
    def decide(views, _market):
        return views.select("ticker", "date", weight=pl.col("mean").sign() / 6)

    decide.__name__ = name
    return decide
