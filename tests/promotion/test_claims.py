"""Whom a candidate faces on each claim, and what an experiment may ask."""

from ml_core.promotion.claims import terms_of
from ml_core.spec.experiment import Gate
from tests.market import small_experiment


def test_a_candidate_does_not_face_itself():
    experiment = small_experiment()
    assert terms_of(experiment, "ewma").order == ("last",)
    assert terms_of(experiment, "garch").range == ("ewma",)


def test_an_experiment_that_names_no_claims_keeps_its_digest():
    assert "claims" not in Gate().model_dump(mode="json")
    assert Gate(claims=("range",)).model_dump(mode="json")["claims"] == ["range"]
