"""A search whose cluster is lost under it goes on in another one, unless nothing ever ends in between."""

import pytest

from ml_core.errors import ClusterLost
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
