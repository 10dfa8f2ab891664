"""Goes on with a search whose local Ray cluster was killed under it: opens another one, in which the trials that had
not ended begin again."""

from collections.abc import Callable

from ml_core.errors import ClusterLost
from tuning.ledger import Ledger

RENEWALS = 3  # without a trial that ended in between: then it is the trials that kill it


def run_through(run: Callable[[], int], ledger: Ledger) -> int:
    """What the search returns, however often its cluster has to be opened again."""
    left, ended = RENEWALS, ledger.count()
    while True:
        try:
            return run()
        except ClusterLost:
            ledger.drop_running()
            left = left - 1 if ledger.count() == ended else RENEWALS
            ended = ledger.count()
            if not left:
                raise
