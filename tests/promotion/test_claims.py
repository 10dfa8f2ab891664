"""Whom a candidate faces on each claim, and what an experiment may ask."""

from ml_core.promotion.claims import terms_of
from ml_core.spec.experiment import Gate
from ml_core.walkforward.trading import longest_traded
from tests.market import small_experiment


def test_a_candidate_does_not_face_itself():
    experiment = small_experiment()
    assert terms_of(experiment, "ewma").order == ("last",)
    assert terms_of(experiment, "garch").range == ("gjr_garch", "log_har")


def test_a_candidate_that_the_gate_names_must_beat_zero_too_as_the_gate_asks():
    experiment = small_experiment(gate={"beat": ["mean", "last"]})
    assert terms_of(experiment, "mean").level == ("zero", "last")
    assert terms_of(experiment, "lstm").level == ("mean", "last")
    usual = small_experiment(gate={"beat": ["zero", "last"]})
    assert "zero" in terms_of(usual, "zero").level, "a forecast of nothing has itself to beat, and never does"


def test_money_is_weighed_at_the_longest_horizon_that_is_traded():
    horizons = {"task": {"horizons": [1, 3, 5]}}
    assert longest_traded(small_experiment(**horizons)) == 1
    assert longest_traded(small_experiment(**horizons, strategy={"horizon": 3})) == 3
    assert longest_traded(small_experiment(**horizons, strategy={"horizons": [1, 5]})) == 5


def test_an_experiment_that_names_no_claims_keeps_its_digest():
    assert "claims" not in Gate().model_dump(mode="json")
    assert Gate(claims=("range",)).model_dump(mode="json")["claims"] == ["range"]
