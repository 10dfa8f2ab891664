"""The best trials of a search answer as one: chosen and weighed by the folds, judged, registered, audited, made again
byte for byte, fitted again, and told in plain words."""

from functools import partial

import numpy as np
import pytest

from cli.screens import searches, versions
from cli.screens.report import winner
from ml_core.audit.artifact import audit_model
from ml_core.audit.rebuild import rebuild
from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.data.prices import data_version, read_prices
from ml_core.evaluation.metrics import find_metric
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.refit import refit_champion
from ml_core.registry.version import chosen_from
from ml_core.registry.versions import Registry
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows
from serving.messages import Info
from serving.ui._evidence import show_evidence
from tests.market import NOW, small_experiment
from tuning.answer import choose_answer, pick_best, score_zero, weigh_trials
from tuning.ledger import Ledger
from tuning.ranking import rank_trials
from tuning.search import split_for_search
from tuning.space import build_space, spec_of, widest_spec
from tuning.trial import run_trial
from tuning.trials import describe

EXPERIMENT = small_experiment(
    name="several",
    search={
        "families": ["lstm", "ridge", "hist_gradient_boosting"],
        "answer": 3,
        "ranges": {"task.lookback": [8, 12]},
    },
    gate={"claims": ["level"], "beat": ["last"], "coverage_tolerance": 0.5, "significance": 0.3},
)
TRIED = [
    {"family": "ridge", "task.lookback": 8},
    {"family": "ridge", "task.lookback": 8},  # the same again
    {"family": "lstm", "task.lookback": 12, "training.learning_rate": 0.01},
    {"family": "hist_gradient_boosting", "task.lookback": 8},
    {"family": "zero"},
]


def answering(answer: int | str) -> Experiment:
    search = EXPERIMENT.search.model_copy(update={"answer": answer})
    return EXPERIMENT.model_copy(update={"search": search})


class Searched:
    """A search of few trials in this process."""

    def __init__(self, home) -> None:
        self.home, self.ledger = home, Ledger()
        self.version = data_version(EXPERIMENT, home)
        self.prices = read_prices(EXPERIMENT, home, version=self.version)
        self.windows, _ = open_windows(widest_spec(EXPERIMENT, build_space(EXPERIMENT)), self.prices)
        self.folds, self.final = split_for_search(EXPERIMENT, self.windows)
        for number, params in enumerate(TRIED):
            report = partial(self.ledger.report, str(number), params)
            run_trial(
                params,
                report,
                experiment=EXPERIMENT,
                windows=self.windows,
                prices=self.prices,
                splits=self.folds,
            )
            self.ledger.close(str(number))
        self.ranking = rank_trials(EXPERIMENT, self.ledger.trials)

    def answer(self, asked: int | str):
        return choose_answer(answering(asked), self.ranking, self.windows, self.folds)


@pytest.fixture(scope="module")
def searched(new_home) -> Searched:
    home = new_home()
    refresh(EXPERIMENT, home, now=NOW)
    return Searched(home)


@pytest.fixture(scope="module")
def registered(searched):
    """Judged by the gate like any other candidate."""
    forecaster = fit(searched.answer(3), searched.windows, searched.final)
    facts = describe(EXPERIMENT, searched.ledger, searched.ranking, folds=len(searched.folds), seconds=1.0)
    candidate = Candidate(
        forecaster,
        searched.windows,
        searched.prices,
        searched.version,
        searched.final,
        searched.ledger.streams(),
        facts,
    )
    return promote_candidate(EXPERIMENT, searched.home, candidate, now=NOW)


def test_the_best_alone_is_the_winner_whether_asked_for_by_word_or_by_number(searched):
    best = spec_of(EXPERIMENT, searched.ranking.winner.params)
    assert searched.answer("best") == searched.answer(1) == best


def test_so_many_of_the_best_that_differ_answer_as_one(searched):
    answer = searched.answer(3)
    assert isinstance(answer, Ensemble)
    picked = pick_best(searched.ranking, 3)
    assert [one.spec for one in answer.components] == [spec_of(EXPERIMENT, trial.params) for trial in picked]
    assert sum(one.weight for one in answer.components) == pytest.approx(1)
    assert [trial.params["family"] for trial in pick_best(searched.ranking, 9)].count("ridge") == 1


def test_weights_come_from_the_folds_unseen_dates_and_from_no_date_of_the_holdout(searched):
    zero = score_zero(EXPERIMENT, searched.windows, searched.folds)
    assert min(zero) >= str(searched.folds[0].test.start)
    assert max(zero) < str(searched.final.test.start)
    picked = pick_best(searched.ranking, 3)
    weights = weigh_trials(EXPERIMENT, picked, zero)
    assert [one.weight for one in searched.answer(3).components] == pytest.approx(weights)
    worse = weigh_trials(
        EXPERIMENT, [*picked[:2], next(one for one in searched.ledger.trials if one.id == "4")], zero
    )
    assert worse[2] < min(worse[:2]), "zero gains nothing"


def test_zero_gains_nothing_over_itself_whatever_the_objective(searched):
    for objective in ("ic", "mse", "direction"):
        search = EXPERIMENT.search.model_copy(update={"objective": objective})
        zero = score_zero(EXPERIMENT.model_copy(update={"search": search}), searched.windows, searched.folds)
        told = np.array(list(zero.values()))
        expected = {"ic": (told == 0).all(), "mse": (told < 0).all(), "direction": (told == 0.5).all()}
        assert expected[find_metric(objective).name]


def test_it_is_made_again_byte_for_byte_and_knows_no_future(searched, registered):
    version = registered.version
    assert isinstance(version.spec, Ensemble)
    assert rebuild(version, searched.home).same
    audit = audit_model(version, searched.home, dates=2)
    assert audit.findings == ()
    compared = {row["stage"] for row in audit.counts() if row["rows"]}
    assert {"forecasts", "parameters", "calibration", "scaler"} <= compared


def test_what_is_served_is_what_was_judged(searched, registered):
    scored = registered.evaluation.forecasts
    day = scored["as_of"].unique().sort()[5]
    served = Registry(searched.home).load(registered.version).predict(searched.prices, as_of=day)
    told = ["ticker", "horizon", "mean", "lower", "upper"]
    assert served.select(told).equals(scored.filter(as_of=day).select(told))


def test_it_is_fitted_again_with_the_weights_that_it_was_judged_with(searched, registered):
    if not registered.promoted:
        Registry(searched.home).promote(EXPERIMENT.model_name, registered.version.version)
    done = refit_champion(place_order(EXPERIMENT, searched.home), now=NOW, always=True)
    assert done is not None
    assert done.version is not None
    assert done.version.spec == registered.version.spec


def test_it_is_told_in_plain_words_wherever_a_version_is_shown(registered):
    version, spec = registered.version, registered.version.spec
    told = searches.answering(spec)
    assert told.startswith("three trials answer as one: ")
    assert all(f"{one.spec.told.replace('_', ' ')} {one.weight:.2f}" in told for one in spec.components)
    assert winner(version).startswith(told)
    assert versions.version_row(version)["family"] == spec.told
    assert chosen_from([version], {"0"}) is version
    assert chosen_from([version], {"another"}) is None
    info = Info.of(version, served=True)
    assert Info.model_validate_json(info.model_dump_json()).spec == spec
    assert told in show_evidence(info).replace("\n", " ")
    assert searches.answering(spec.components[0].spec) == ""
