"""Every trial of every search ends in one table: in few commits, once each, also after a kill at any moment."""

from dataclasses import replace

import numpy as np
import pytest

from ml_core.data.store.tables import merge, newest_version, read
from ml_core.registry.archive import KEY, archive, count_tried, read_archive
from ml_core.registry.ledgers import LEDGER
from ml_core.registry.trials import write_line
from tests.market import small_experiment
from tests.tuning.test_ranking import finished, stopped
from tuning.trials import open_ledger

MODEL = small_experiment().model_name
NAME = f"{MODEL}-0a1b-1"


def write_trials(home, count: int, *, name: str = NAME, first: int = 0, more: str = "") -> None:
    rng, file = np.random.default_rng(first), home.searches / name / LEDGER
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        for number in range(first, first + count):
            lines.write(write_line(finished(f"t{number}", rng.normal(0, 0.2, 240))))
        lines.write(more)


def names(home) -> list[list[str]]:
    return [sorted(trial.id for trial in kept.trials) for kept in read_archive(home, MODEL)]


def test_what_is_read_from_the_table_is_what_was_written_to_the_file(new_home):
    home = new_home()
    one = finished("several seeds", np.zeros(240))
    several = replace(one, result={**one.result, "seeds": [0.1, 0.3]})
    dropped = stopped("dropped", np.linspace(0, 1, 80))
    write_trials(home, 2, more=write_line(several) + write_line(dropped))
    before = read_archive(home, MODEL)
    assert archive(home, MODEL) == 4
    (home.searches / NAME / LEDGER).unlink()
    after = read_archive(home, MODEL)
    assert after == before
    (kept,) = after
    assert (kept.search, kept.begun) == (NAME, 1)
    assert [trial.status for trial in kept.trials] == ["finished"] * 3 + ["stopped"]
    assert kept.trials[0].result["scores"] == before[0].trials[0].result["scores"]


def test_a_table_of_before_seeds_were_kept_is_read_and_written_on(new_home):
    home, newer = new_home(), new_home()
    for one in (home, newer):
        write_trials(one, 2)
    archive(newer, MODEL)
    written = read(newer.searches / "trials")
    assert written is not None
    merge(home.searches / "trials", written.collect().drop("seeds"), KEY)
    assert read_archive(home, MODEL) == read_archive(newer, MODEL)
    assert archive(home, MODEL) == 0
    write_trials(home, 1, first=2)
    assert archive(home, MODEL) == 1
    assert names(home) == [["t0", "t1", "t2"]]


def test_a_search_is_one_commit_and_what_is_there_is_not_written_again(new_home):
    home = new_home()
    write_trials(home, 40)
    archive(home, MODEL)
    version = newest_version(home.searches / "trials")
    assert archive(home, MODEL) == 0
    assert newest_version(home.searches / "trials") == version
    write_trials(home, 5, first=40)
    assert count_tried(home, MODEL) == 45, "lines that the table does not have yet count"
    assert archive(home, MODEL) == 5
    assert newest_version(home.searches / "trials") == (version or 0) + 1
    assert count_tried(home, MODEL) == 45


def test_a_line_that_a_kill_cut_short_costs_that_line_only(new_home):
    home = new_home()
    cut = write_line(finished("cut", np.zeros(240)))[:-40]
    write_trials(home, 2, more=cut)
    assert archive(home, MODEL) == 2
    ledger = open_ledger(home, NAME)
    ledger.open("next", {"family": "lstm"})
    ledger.close("next")
    assert archive(home, MODEL) == 1
    assert names(home) == [["next", "t0", "t1"]]


def test_what_was_begun_afresh_stands_beside_what_was_set_aside(new_home):
    home = new_home()
    write_trials(home, 2)
    archive(home, MODEL)
    open_ledger(home, NAME, afresh=True)
    write_trials(home, 3, first=10)
    assert sorted(map(len, names(home))) == [2, 3]
    archive(home, MODEL)
    assert sorted(map(len, names(home))) == [2, 3]
    assert {(kept.search, kept.begun) for kept in read_archive(home, MODEL)} == {(NAME, 1), (NAME, 2)}


@pytest.mark.parametrize("archived", [False, True])
def test_a_trial_that_failed_and_was_tried_again_counts_once(new_home, archived):
    home, ledger = new_home(), None
    for name, error in (("first", "the node went away"), ("second", ""), ("third", "it broke")):
        ledger = open_ledger(home, NAME)
        ledger.open(name, {"family": "lstm", "number": name == "third"})
        ledger.close(name, error=error)
        if archived:
            archive(home, MODEL)
    assert count_tried(home, MODEL) == 2
    assert names(home) == [["second", "third"]]


def test_trials_of_other_models_stay_theirs(new_home):
    home = new_home()
    write_trials(home, 2)
    write_trials(home, 3, name="other-0a1b-1")
    archive(home, MODEL)
    archive(home, "other")
    assert (count_tried(home, MODEL), count_tried(home, "other")) == (2, 3)
