"""A search whose cluster is lost under it goes on in another one, unless nothing ever ends in between."""

import pytest

from ml_core.errors import ClusterLost
from ml_core.registry.trials import Params
from tuning.ledger import Ledger
from tuning.perseverance import RENEWALS, run_through


class Losing:
    """A search that ends so many trials, one a cluster, and loses each cluster while another one runs."""

    def __init__(self, ledger: Ledger, *, ends: int) -> None:
        self._ledger, self._ends, self.opened = ledger, ends, 0

    def __call__(self) -> int:
        self.opened += 1
        assert self._ledger.running == [], "what ran in the last cluster does not run in this one"
        if self.opened <= self._ends:
            self._ledger.open(f"ended {self.opened}", {"family": "lstm"})
            self._ledger.close(f"ended {self.opened}")
        elif self._ends > 1:
            return self._ends
        self._ledger.open(f"lost {self.opened}", {"family": "lstm"})
        raise ClusterLost("Ray: raylet of the local cluster was killed")


def test_a_search_goes_on_as_often_as_something_ended_in_between():
    ledger = Ledger()
    run = Losing(ledger, ends=2 * RENEWALS)
    assert run_through(run, ledger) == 2 * RENEWALS
    assert ledger.count() == ledger.count("stopped") == 2 * RENEWALS


def test_a_search_that_loses_every_cluster_and_ends_nothing_gives_up():
    ledger = Ledger()
    run = Losing(ledger, ends=0)
    with pytest.raises(ClusterLost, match="raylet of the local cluster was killed"):
        run_through(run, ledger)
    assert run.opened == RENEWALS
    assert ledger.count() == 0


class Sparing:
    """A search in which, so many times, Tune gives up a trial that has tries left."""

    def __init__(self, ledger: Ledger, *, spoilt: int, ends: bool) -> None:
        self._ledger, self._spoilt, self._ends, self.opened = ledger, spoilt, ends, 0
        self.known: list[list[Params]] = []

    def __call__(self) -> int:
        self.opened += 1
        self.known.append(list(self._ledger.broken_off))
        if self._ends:
            self._ledger.open(f"ended {self.opened}", {"family": "lstm"})
            self._ledger.close(f"ended {self.opened}")
        if self.opened <= self._spoilt:
            self._ledger.open(f"lost {self.opened}", {"family": "gru"})
        return self._spoilt


def test_a_trial_that_was_given_up_too_early_is_gone_on_with():
    ledger = Ledger()
    run = Sparing(ledger, spoilt=1, ends=True)
    run_through(run, ledger)
    assert run.known == [[], [{"family": "gru"}]], "the next cluster is told what was broken off"
    assert ledger.running == []
    assert ledger.count() == ledger.count("stopped") == 2


def test_a_trial_that_never_gets_through_is_written_down_as_failed():
    ledger = Ledger()
    run = Sparing(ledger, spoilt=100, ends=False)
    run_through(run, ledger)
    (trial,) = ledger.trials
    assert trial.status == "failed"
    assert "lost whenever it began" in trial.error
