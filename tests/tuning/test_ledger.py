"""What a search has tried: ranked at the end, kept line by line, recalled after any kind of end."""

import datetime as dt
import tracemalloc

import numpy as np
import pytest

from ml_core.registry.ledgers import read_trials
from tuning.ledger import Ledger
from tuning.ranking import Ranking, rank
from tuning.step import Step
from tuning.trials import describe

PARAMS = {"family": "lstm", "lstm.hidden": 8}


def run(ledger: Ledger, trial: str, *, scores=(0.1,), test: float | None = None, error: str = "") -> None:
    for number, score in enumerate(scores, start=1):
        ledger.report(
            trial,
            PARAMS,
            {"epoch": number, "score": score, "loss": 1.0, "skill": 0.0, "time_total_s": number},
        )
    if test is not None:
        own = f"2025-01-{1 + sum(map(ord, trial)) % 28:02d}"  # a day that no other trial has
        ledger.report(
            trial, PARAMS, {"finished": True, "test_score": test, "returns": {"2024-01-02": 0.1, own: 0.2}}
        )
    ledger.close(trial, error=error)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "ledger.jsonl"


@pytest.fixture
def ledger(file):
    made = Ledger(file)
    run(made, "stopped-high", scores=(0.5, 0.9))
    run(made, "finished-low", scores=(0.1, 0.3), test=0.2)
    run(made, "finished-high", scores=(0.2, 0.1), test=0.4)
    run(made, "failed", error="it broke")
    return made


def test_what_was_scored_on_unseen_dates_ranks_before_what_was_stopped(ledger):
    assert [trial.id for trial in ledger.trials] == [
        "finished-high",
        "finished-low",
        "stopped-high",
        "failed",
    ]
    assert [trial.status for trial in ledger.trials] == ["finished", "finished", "stopped", "failed"]
    assert ranked(ledger).winner.id == "finished-high"


def ranked(ledger: Ledger, *defaults: dict) -> Ranking:
    return rank(ledger.trials, defaults=defaults, horizon=1)


def test_the_rows_tell_how_each_trial_ended_and_why(ledger):
    rows = {row.trial: row for row in ranked(ledger).rows()}
    assert rows["finished-high"].test == 0.4
    assert rows["finished-high"].epochs == 2
    assert rows["finished-high"].params == {"lstm.hidden": 8}
    assert rows["failed"].reason == "it broke"
    assert rows["stopped-high"].reason == "dropped after epoch 2"
    assert rows["finished-high"].reason == ""
    assert len(ranked(ledger).rows(2)) == 2


def test_streams_hold_the_winner_first_on_the_dates_all_share(ledger):
    streams = ledger.streams()
    assert streams.columns == ["finished-high", "finished-low"]
    assert streams.rows() == [(0.1, 0.1)]
    assert Ledger().streams().is_empty()


def test_a_resumed_search_takes_in_what_ended_and_tries_again_what_failed(ledger, file):
    again = Ledger(file)
    again.recall()
    assert [trial.id for trial in again.trials] == ["finished-high", "finished-low", "stopped-high"]
    assert again.trials[0].result == ledger.trials[0].result
    assert again.trials[0].history == ledger.trials[0].history
    assert again.streams().equals(ledger.streams())


def test_a_ledger_that_an_earlier_release_wrote_is_taken_in(file, ledger):
    line = (
        '{"id": "old", "point": {"family": "lstm", "lstm.hidden": 8}, "status": "finished", "history": '
        '[{"score": 0.5, "loss": 1.0, "skill": 0.0}], "result": {"test_score": 0.6, "returns": {"2024-01-02": 0.3}}, '
        '"seconds": 2.0, "error": ""}'
    )
    file.write_text(f"{line}\n{file.read_text()}")
    again = Ledger(file)
    again.recall()
    old, *others = again.trials
    assert (old.id, old.params, old.score, old.test_score) == ("old", PARAMS, 0.5, 0.6)
    assert others == ledger.trials[:3]
    assert again.streams()["old"].to_list() == [0.3]


@pytest.mark.usefixtures("ledger")
def test_a_kill_in_the_middle_of_a_line_costs_that_line_only(file):
    text = file.read_text()
    for cut in (5, 30, 90):
        file.write_text(text[:-cut])
        again = Ledger(file)
        again.recall()
        run(again, "after", test=0.8)
        once_more = Ledger(file)
        once_more.recall()
        assert [trial.id for trial in once_more.trials][:2] == ["after", "finished-high"]


@pytest.mark.usefixtures("ledger")
def test_a_kill_just_before_the_end_of_a_line_costs_nothing(file):
    file.write_text(file.read_text().removesuffix("\n"))
    again = Ledger(file)
    again.recall()
    run(again, "after", test=0.8)
    once_more = Ledger(file)
    once_more.recall()
    assert len(once_more.trials) == 4


def test_recalling_where_nothing_stands_is_an_empty_ledger(tmp_path):
    ledger = Ledger(tmp_path / "none.jsonl")
    ledger.recall()
    assert ledger.trials == []
    Ledger().recall()


def test_a_trial_that_only_runs_is_not_kept(file):
    ledger = Ledger(file)
    ledger.open("running", PARAMS)
    assert not file.exists()
    assert ledger.count("running") == 1


def test_a_score_that_is_no_number_never_ranks_first(ledger):
    run(ledger, "nan", test=float("nan"))
    assert ledger.trials[0].id == "finished-high"


def test_a_result_that_comes_twice_counts_once(ledger):
    again = {"epoch": 2, "score": 0.1, "loss": 1.0, "skill": 0.0}
    ledger.report("finished-high", PARAMS, again)
    assert ranked(ledger).rows()[0].epochs == 2


def test_no_finished_trial_is_an_error_with_the_first_failure():
    from ml_core.errors import ForecastError

    ledger = Ledger()
    run(ledger, "a", error="Traceback…\nTrainingDiverged: at 1e30")
    with pytest.raises(
        ForecastError, match="no trial finished; the first failure: TrainingDiverged: at 1e30"
    ):
        _ = ranked(ledger).winner


def test_the_search_is_described_in_numbers(ledger):
    from tests.market import small_experiment

    told = describe(small_experiment(), ledger, ranked(ledger), folds=2, seconds=3.14159)
    assert (told.trials, told.finished, told.stopped, told.failed) == (4, 2, 1, 1)
    assert told.families == {"lstm": 4}
    assert told.seconds == 3.1


def tried(ledger: Ledger, trial: str, family: str, score_T: np.ndarray) -> None:
    """A finished trial with these scores by date."""
    dates = [str(dt.date(2024, 1, 1) + dt.timedelta(days=day)) for day in range(len(score_T))]
    params = {"family": family, "number": trial}
    result = {"finished": True, "test_score": float(score_T.mean()), "returns": {}}
    ledger.report(trial, params, {**result, "scores": dict(zip(dates, score_T.tolist(), strict=True))})
    ledger.close(trial)


def test_the_winner_is_who_will_do_well_again_not_who_had_the_most_luck():
    """A steady family is truly good; a wild one is not, and one of its many trials shines by luck."""
    rng, chosen = np.random.default_rng(4), []
    for _ in range(20):
        ledger, shared_T = Ledger(), rng.normal(0, 0.3, 120)
        for number in range(6):
            tried(ledger, f"steady {number}", "ridge", shared_T + rng.normal(0.03, 0.05, 120))
        for number in range(12):
            tried(ledger, f"wild {number}", "lstm", shared_T + rng.normal(0.0, 0.6, 120))
        raw = max(ledger.trials, key=lambda trial: trial.test_score or 0.0)
        chosen.append((raw.params["family"], ranked(ledger).winner.params["family"]))
    assert sum(raw == "lstm" for raw, _ in chosen) >= 15
    assert sum(again == "ridge" for _, again in chosen) >= 18


def test_what_is_expected_again_is_less_than_the_best_did_and_its_error_is_told():
    rng, ledger = np.random.default_rng(0), Ledger()
    for number in range(20):
        tried(ledger, f"{number}", "lstm", rng.normal(0.0, 0.5, 200))
    first = ranked(ledger).rows()[0]
    assert first.test and first.again is not None and first.error
    assert first.again < 0.5 * first.test
    assert 0.02 < first.error < 0.06  # 0.5 / sqrt(200) is 0.035


def test_the_chance_to_beat_the_defaults_is_told_where_they_were_tried_and_did_not_win():
    rng, ledger = np.random.default_rng(1), Ledger()
    for name in ("default", "other", "another"):
        tried(ledger, name, "lstm", rng.normal(0.0, 0.2, 250))
    tried(ledger, "better", "lstm", rng.normal(0.1, 0.2, 250))
    assert (ranked(ledger, {"family": "lstm", "number": "default"}).chance or 0.0) > 0.99
    assert ranked(ledger, {"family": "lstm", "number": "better"}).chance is None
    assert ranked(ledger).chance is None


def test_the_time_that_is_left_is_told_by_the_pace_of_this_run(ledger):
    run(ledger, "new", test=0.1)
    run(ledger, "another", test=0.1)
    run(ledger, "a third", test=0.1)
    told = Step("search", ledger, 10, seconds=60.0, before=4, best="best 0.9000").text()
    assert told == "7 of 10 trials done, 0 running, 1 dropped, 1 failed, best 0.9000, about 60 s left"


def test_no_time_is_told_before_three_trials_of_this_run_are_done_nor_when_all_are(ledger):
    for name in ("new", "another"):
        assert "left" not in Step("search", ledger, 10, seconds=60.0, before=4).text()
        run(ledger, name, test=0.1)
    assert "left" not in Step("search", ledger, 10, seconds=60.0, before=4).text()
    run(ledger, "a third", test=0.1)
    assert "left" in Step("search", ledger, 10, seconds=60.0, before=4).text()
    assert "left" not in Step("search", ledger, 7, seconds=60.0, before=4).text()


def test_a_trial_that_failed_and_was_tried_again_under_another_name_stands_once(file):
    ledger = Ledger(file)
    run(ledger, "first-try", error="the node went away")
    again = Ledger(file)
    again.recall()
    run(again, "second-try", test=0.3)
    run(again, "other", error="it broke")
    assert [(trial.id, trial.status) for trial in read_trials(file)] == [
        ("second-try", "finished"),
        ("other", "failed"),
    ]


def test_in_a_race_the_best_so_far_is_of_trials_that_have_seen_all_folds():
    ledger = Ledger()
    easy = {"epoch": 1, "score": 0.9, "best": 0.9, "loss": 1.0, "skill": 0.0, "fold": 1}
    ledger.report("one", PARAMS, easy)
    assert ledger.best is None
    ledger.report("one", PARAMS, {**easy, "epoch": 2, "score": 0.1, "best": 0.5, "fold": 2})
    ledger.report("one", PARAMS, {"finished": True, "test_score": 0.2, "returns": {}})
    assert ledger.best == 0.5
    assert ledger.trials[0].score == 0.5


def test_while_it_is_written_a_ledger_holds_little_of_what_ended(file):
    ledger, rng = Ledger(file), np.random.default_rng(7)
    tried(ledger, "first", "lstm", rng.normal(0, 0.2, 500))
    ledger.take_news()
    tracemalloc.start()
    try:
        for number in range(200):
            tried(ledger, str(number), "lstm", rng.normal(0, 0.2, 500))
            ledger.take_news()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / 200 < 1000, "500 scores alone are 4,000 bytes"
    assert len(ledger.trials) == 201


def test_what_a_lost_process_had_reported_is_forgotten_and_its_trial_may_begin_again():
    ledger = Ledger()
    ledger.report("one", PARAMS, {"epoch": 1, "score": 0.3, "loss": 1.0, "skill": 0.0})
    ledger.drop_running()
    assert (ledger.count(), ledger.running, ledger.trials) == (0, [], [])
    run(ledger, "one", scores=(0.1, 0.2), test=0.4)
    assert [(trial.id, len(trial.history)) for trial in ledger.trials] == [("one", 2)]
