"""Shares the suite out between two processes on two processors: what starts servers or a cluster waits more than it
computes, and one after another, for two that start at once starve each other until one gives up; beside it the others,
file by file, but for those that share a server or a cluster."""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

TOGETHER = {
    "services": (
        "tests/flows/",
        "tests/deploy/",
        "tests/faults/",
        "tests/tuning/",
        "tests/cli/test_story.py",
        "tests/cli/test_python.py",
    ),
    "the app in a browser": (
        "tests/serving/test_browser.py",
        "tests/serving/test_client_example.py",
        "tests/serving/test_experiments.py",
        "tests/serving/test_working.py",
    ),
    "searches": (
        "tests/api/test_page.py",
        "tests/api/test_plugin.py",
        "tests/api/test_own_page.py",
        "tests/api/test_notebooks.py",
        "tests/cli/test_documented.py",
        "tests/data/test_bucket.py",
        "tests/upgrade/test_homes.py",
    ),
}
# What is long begins early: taken up last, it would keep one process waiting for the other.
BEGIN = (
    "services",
    "the app in a browser",
    "searches",
    "tests/audit/",
    "tests/cli/",
    "tests/serving/",
    "tests/promotion/",
    "tests/contracts/",
)


class ByRoom(LoadScopeScheduling):
    """xdist's own groups are names in the ids of tests, which pytest 9.2 no longer keeps."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((name for name, places in TOGETHER.items() if file.startswith(places)), file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=_place), last=False)
        super()._assign_work_unit(node)


def _place(scope: str) -> int:
    """Scopes of the same place stay as xdist has sorted them, by their number of tests."""
    return next((place for place, begin in enumerate(BEGIN) if scope.startswith(begin)), len(BEGIN))
