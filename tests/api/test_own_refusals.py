"""A model of one's own that is wrong is refused by its name, with what was expected."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

import candorcast
from ml_core.baselines import Lesson, fit_baseline
from ml_core.errors import ForecastError
from ml_core.spec.experiment import Model
from ml_core.spec.outside import find_outside, forget
from tests.api import own
from tests.contracts.test_baselines import LOOKBACK, SPLIT, WINDOWS
from tests.market import FEATURES

LESSON = Lesson(WINDOWS, SPLIT, LOOKBACK, FEATURES)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    for name in [*find_outside("model")]:
        forget("model", name)


class Lying:
    """Answers with what a test gives it."""

    def __init__(self, told) -> None:
        self.told = told

    def fit(self, _x_RF: np.ndarray, _y_R: np.ndarray) -> None:
        if self.told == "fails":
            raise RuntimeError("no such\nthing")

    def predict(self, x_RF: np.ndarray) -> np.ndarray:
        if self.told == "draws":
            return np.random.default_rng().normal(size=len(x_RF))
        return {"short": np.zeros(3), "nan": np.full(len(x_RF), np.nan)}[self.told]


class Telling(Lying):
    def predict(self, x_RF: np.ndarray) -> np.ndarray:
        return np.zeros(len(x_RF))

    def arrays(self):
        return {"list": [1.0], "text": {"name": np.array(["a"])}}[self.told]

    def restore(self, arrays) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (object(), "expected an object with fit and predict; object has no fit"),
        (Lying("fails"), "fit: RuntimeError: no such thing"),
        (
            Lying("draws"),
            "fitted twice on the same rows it answers differently; expected one that draws from the seed",
        ),
        (Lying("short"), "predict: expected a number a row, 256 of them, got shape (3,)"),
        (Lying("nan"), "predict: expected finite numbers, got NaN or infinity"),
        (Telling("list"), "arrays(): expected a dictionary of NumPy arrays, got dict"),
        (Telling("text"), "arrays(): 'name': expected numbers, got <U1"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_an_estimator_that_does_not_keep_to_it_is_told_by_the_name_of_its_model(estimator, told):
    if isinstance(estimator, Telling) and estimator.told == "list":
        estimator.arrays = lambda: [1.0]
        told = told.replace("got dict", "got list")
    candorcast.model(name="wrong")(lambda _config, _seed: estimator)
    with pytest.raises(ForecastError) as refused:
        fit_baseline(Model(family="wrong"), LESSON)
    assert str(refused.value).startswith("model 'wrong': ")
    assert told in str(refused.value)


def _two(_one, _other) -> None: ...


def _reads_the_volume() -> pl.Expr:
    """Volume."""
    return pl.col("volume") / pl.col("close")


def _renamed(function):
    function.__name__ = "spread"
    return function


@pytest.mark.parametrize(
    ("register", "told"),
    [
        (lambda: candorcast.model(name="ridge")(_two), "model 'ridge': there is one of that name already"),
        (lambda: candorcast.model(name="lstm")(_two), "model 'lstm': there is one of that name already"),
        (lambda: candorcast.model(name="My Model")(_two), "expected a name of small letters, digits and _"),
        (lambda: candorcast.model(name="mine")(lambda: None), "expected a function of (config, seed)"),
        (lambda: candorcast.model(name="mine", rows=0)(_two), "rows: expected at least 1, got 0"),
        (lambda: candorcast.model(config=dict), "config: expected a child of candorcast.Config"),
        (lambda: candorcast.baseline(type("Half", (), {"Config": candorcast.Config})), "it has no fit"),
        (
            lambda: candorcast.model(_two),
            "model: expected parentheses: @candorcast.model() above the function",
        ),
        (lambda: candorcast.network("mine", "nowhere.nets"), "'mine': there is no module 'nowhere.nets'"),
        (lambda: candorcast.provider(_two), "provider: expected tickers that it surely has"),
        (lambda: candorcast.feature(_two), "feature: expected the columns that it reads"),
        (lambda: candorcast.feature("close", windows=5), "feature: windows: expected whole numbers"),
        (
            lambda: candorcast.feature("close", history=1)(_renamed(_reads_the_volume)),
            "feature 'spread': it reads volume, and says that it reads close",
        ),
        (
            lambda: candorcast.network("mine", type("Net", (), {})),
            "network 'mine': expected Config, a child of",
        ),
    ],
)
def test_what_cannot_be_registered_is_refused_with_what_was_expected(register, told):
    with pytest.raises(ForecastError) as refused:
        register()
    assert told in str(refused.value)


def test_what_a_function_has_a_value_for_already_it_keeps():
    candorcast.model(name="wrong")(lambda _config, _seed, told="nan": Lying(told))
    with pytest.raises(ForecastError, match="model 'wrong': predict: expected finite numbers"):
        fit_baseline(Model(family="wrong"), LESSON)


def test_a_metric_that_has_not_a_number_for_each_row_is_told_by_its_name():
    @candorcast.metric(better="lower")
    def halves(rows):
        """Half of them."""
        return rows["mean"][::2]

    try:
        with pytest.raises(ForecastError, match=r"metric 'halves': expected a number for each of 4 rows"):
            halves.row_loss({"mean": np.zeros(4), "realized": np.zeros(4)})
    finally:
        forget("metric", "halves")


def test_one_name_belongs_to_one_module_and_a_cell_may_be_run_twice():
    candorcast.model(name="wrong")(own.make_ridge)
    candorcast.model(name="wrong")(own.make_ridge)

    def stranger(config, seed): ...

    stranger.__module__ = "elsewhere"
    with pytest.raises(ForecastError, match=r"'wrong' of elsewhere: tests\.api\.own registered one"):
        candorcast.model(name="wrong")(stranger)
