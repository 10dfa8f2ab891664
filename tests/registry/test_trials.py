"""A trial's line in a ledger is JSON that every reader knows, and says the same when it is read back."""

import json
import math

from ml_core.registry.ledgers import best_first
from ml_core.registry.trials import Trial, read_line, write_line

SCORES = {"2024-01-05": 0.25, "2024-01-08": math.nan}
ROW = {"score": math.nan, "loss": math.inf, "skill": 0.5, "best": 0.1}
PARAMS = {"family": "lstm", "training.windows": None}
DIVERGED = Trial("a", PARAMS, "finished", (ROW,), {"test_score": math.nan, "scores": SCORES})
EARLIER = json.dumps({**vars(DIVERGED)})  # as it was written before: NaN stands there as such


def told(trial: Trial) -> str:
    """All that it holds, where NaN is like NaN."""
    scores = dict(trial.result["scores"])
    return repr((trial.id, trial.params, trial.status, trial.history[0]["best"], trial.test_score, scores))


def test_what_is_no_number_is_written_as_null_and_read_back_as_such():
    line = write_line(DIVERGED)
    json.loads(line, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))
    assert told(read_line(line)) == told(DIVERGED)
    assert read_line(line).params == PARAMS, "null of a key is a choice"


def test_a_line_of_before_is_read_the_same():
    assert "NaN" in EARLIER
    assert told(read_line(EARLIER)) == told(DIVERGED)


def test_where_all_is_finite_the_line_has_the_bytes_that_it_had():
    trial = Trial(
        "b", PARAMS, "finished", ({"score": 0.1},), {"test_score": 0.1, "scores": {"2024-01-05": 0.1}}
    )
    assert write_line(trial) == json.dumps({**vars(trial), "result": dict(trial.result)}) + "\n"


def test_a_trial_whose_validation_is_no_number_ranks_behind_those_that_have_one():
    fine = Trial("c", PARAMS, "stopped", ({"score": -3.0},))
    none = Trial("d", PARAMS, "stopped", ({"score": math.nan},))
    assert [one.id for one in best_first([none, fine])] == ["c", "d"]
    assert [one.id for one in best_first([fine, none])] == ["c", "d"]
