"""Shares the suite out between processes: tests that start servers, workers or a cluster run one after another in one
of them, beside them the others, file by file."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

STARTS_PROCESSES = ("deploy", "faults", "flows", "tuning")


class ByRoom(LoadScopeScheduling):
    """xdist's own groups are names in the ids of tests, which pytest 9.2 no longer keeps."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        room = file.parts[1] if len(file.parts) > 2 else ""
        return "processes" if room in STARTS_PROCESSES else str(file)
