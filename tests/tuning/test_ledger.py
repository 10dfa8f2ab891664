"""What a search has tried: ranked at the end, kept line by line, recalled after any kind of end."""

import pytest

from tuning.ledger import Ledger
from tuning.search import choose_winner, describe

PARAMS = {"family": "lstm", "lstm.hidden": 8}


def run(ledger: Ledger, trial: str, *, scores=(0.1,), test: float | None = None, error: str = "") -> None:
    for number, score in enumerate(scores, start=1):
        ledger.report(
            trial,
            PARAMS,
            {"epoch": number, "score": score, "loss": 1.0, "skill": 0.0, "time_total_s": number},
        )
    if test is not None:
        ledger.report(
            trial, PARAMS, {"finished": True, "test_score": test, "returns": {"2024-01-02": 0.1, trial: 0.2}}
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
    assert choose_winner(ledger).id == "finished-high"


def test_the_head_tells_how_each_trial_ended_and_why(ledger):
    head = {row["trial"]: row for row in ledger.head()}
    assert head["finished-high"]["test"] == 0.4
    assert head["finished-high"]["epochs"] == 2
    assert head["finished-high"]["params"] == {"lstm.hidden": 8}
    assert head["failed"]["error"] == "it broke"
    assert "error" not in head["stopped-high"]
    assert len(ledger.head(2)) == 2


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
    assert ledger.head()[0]["epochs"] == 2


def test_no_finished_trial_is_an_error_with_the_first_failure():
    from ml_core.errors import ForecastError

    ledger = Ledger()
    run(ledger, "a", error="Traceback…\nTrainingDiverged: at 1e30")
    with pytest.raises(
        ForecastError, match="no trial finished; the first failure: TrainingDiverged: at 1e30"
    ):
        choose_winner(ledger)


def test_the_search_is_described_in_numbers(ledger):
    from tests.market import small_experiment

    told = describe(small_experiment(), ledger, folds=2, seconds=3.14159)
    assert (told.trials, told.finished, told.stopped, told.failed) == (4, 2, 1, 1)
    assert told.families == {"lstm": 4}
    assert told.seconds == 3.1
