"""Several specs that answer as one say all that is fitted; what contradicts itself is refused."""

import pytest
import tomlkit
from pydantic import ValidationError

from ml_core.errors import InvalidInput
from ml_core.spec.ensemble import Ensemble, join
from ml_core.spec.file import read_experiment, write_spec
from ml_core.spec.run import Model, RunSpec, Weighted
from tests.market import small_experiment, write_experiment
from tuning.naming import digest_of

LSTM = small_experiment().spec
RIDGE = small_experiment(model=Model(family="ridge"), task={"lookback": 12, "layout": "joint"}).spec


def together(*weights: float) -> Ensemble:
    return Ensemble.model_validate(
        {
            "components": [
                {"weight": weight, "spec": spec} for weight, spec in zip(weights, (LSTM, RIDGE), strict=True)
            ]
        }
    )


def test_it_comes_back_from_json_as_it_was():
    ensemble = together(0.6, 0.4)
    assert Ensemble.model_validate_json(ensemble.model_dump_json()) == ensemble
    assert ensemble.told == "lstm 0.60, ridge 0.40"


def test_it_reads_as_far_back_and_as_many_tickers_as_any_of_its_components():
    ensemble = together(0.6, 0.4)
    assert (ensemble.lookback, ensemble.joint, ensemble.task) == (12, True, LSTM.task)


def test_one_alone_is_itself():
    assert join([Weighted(weight=1.0, spec=LSTM)]) is LSTM
    assert LSTM.components == (Weighted(weight=1.0, spec=LSTM),)
    assert (LSTM.told, LSTM.lookback, LSTM.joint) == ("lstm", 8, False)


@pytest.mark.parametrize(
    ("weights", "told"),
    [((0.6, 0.6), "their weights sum to 1.2; expected 1"), ((1.0, 0.0), "greater than 0")],
)
def test_weights_that_are_none_are_refused(weights, told):
    with pytest.raises(ValidationError, match=told):
        together(*weights)


def test_components_that_are_asked_different_questions_are_refused():
    other = small_experiment(task={"horizons": [1, 5]}).spec
    with pytest.raises(ValidationError, match="different questions; expected the same task of all"):
        Ensemble(components=tuple(Weighted(weight=0.5, spec=spec) for spec in (LSTM, other)))


def test_it_is_written_as_sections_that_can_be_pasted_each_below_its_weight():
    told = tomlkit.parse(write_spec(together(0.6, 0.4))).unwrap()["components"]
    assert [one["weight"] for one in told] == [0.6, 0.4]
    alone = tomlkit.parse(write_spec(LSTM)).unwrap()
    assert {key: value for key, value in told[0].items() if key != "weight"} == alone


def test_a_file_says_who_answers_and_what_is_neither_best_nor_a_number_is_refused(tmp_path):
    path = str(write_experiment(tmp_path))
    assert read_experiment(path).search.answer == "best"
    assert read_experiment(path, ("search.answer=3",)).search.answer == 3
    for wrong in ("0", "some", "2.5"):
        with pytest.raises(InvalidInput, match=r'search\.answer: expected a number above 0 or "best"'):
            read_experiment(path, (f"search.answer={wrong}",))


def test_an_experiment_of_before_keeps_its_digest_and_whoever_answers_goes_on_with_the_same_trials():
    before, several = small_experiment(), small_experiment(search={"answer": 3})
    assert "answer" not in before.model_dump()["search"]
    assert before.digest() == small_experiment(search={"answer": "best"}).digest() != several.digest()
    assert digest_of(before) == digest_of(several)


def test_a_spec_is_written_without_a_word_of_ensembles():
    assert set(RunSpec().model_dump()) == {
        "task",
        "reading",
        "model",
        "training",
        "seed",
        "seeds",
        "objective",
    }
