"""Which baselines can be named, and what is said of one that cannot."""

import sys

import pytest

from ml_core.baselines import check_baselines
from ml_core.errors import InvalidInput
from ml_core.forecaster.learners import configure
from ml_core.spec.experiment import Model


def test_an_unknown_baseline_is_answered_with_the_nearest():
    with pytest.raises(
        InvalidInput, match=r"validation\.baselines: unknown baseline 'sarma'; did you mean 'sarima'"
    ):
        check_baselines(("zero", "sarma"), "validation.baselines")


def test_an_unknown_option_is_answered_with_the_nearest():
    with pytest.raises(
        InvalidInput, match=r"model \(random_forest\): unknown key 'tree'; did you mean 'trees'"
    ):
        configure(Model(family="random_forest", tree=5))


def test_a_library_that_is_not_installed_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    for refuse in (
        lambda: check_baselines(("xgboost",), "gate.beat"),
        lambda: configure(Model(family="xgboost")),
    ):
        with pytest.raises(
            InvalidInput, match=r"'xgboost' needs xgboost, .* pip install 'candorcast\[boost\]'"
        ):
            refuse()
