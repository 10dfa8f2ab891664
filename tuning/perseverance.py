"""Goes on with a search whose local Ray cluster was killed under it, or of which trials were given up too early: opens
another cluster, in which the trials that had not ended begin again."""

from collections.abc import Callable

from ml_core.errors import ClusterLost
from tuning.ledger import Ledger

RENEWALS = 3  # without a trial that ended in between: then it is the trials that kill it
AGAIN = f"its process was lost whenever it began, in {RENEWALS} clusters"


def run_through(run: Callable[[], int], ledger: Ledger) -> int:
    """What the search returns, however often its cluster has to be opened again."""
    left, ended = RENEWALS, _count_ended(ledger)
    while True:
        try:
            total, lost = run(), None
        except ClusterLost as error:
            total, lost = 0, error
        if not (lost or ledger.running):
            return total
        left = left - 1 if _count_ended(ledger) == ended else RENEWALS
        ended = _count_ended(ledger)
        if not (left or lost):
            for trial in ledger.running:
                ledger.close(trial, error=AGAIN)
            return total
        ledger.drop_running()
        if lost and not left:
            raise lost


def _count_ended(ledger: Ledger) -> int:
    return ledger.count() - ledger.count("running")
