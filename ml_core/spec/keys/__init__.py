"""What each key of an experiment's file is, in a sentence, and how it is written: what the schema tells editors, what
a new file says beside its keys, and what a refusal gives as an example."""

from collections.abc import Sequence

from ml_core.spec.keys.asked import ASKED
from ml_core.spec.keys.key import Key
from ml_core.spec.keys.learned import LEARNED
from ml_core.spec.keys.learners import LEARNERS
from ml_core.spec.keys.sources import SOURCES
from ml_core.spec.keys.traded import TRADED

KEYS: dict[str, Key] = ASKED | SOURCES | LEARNED | LEARNERS | TRADED


def find_key(path: Sequence[str | int]) -> tuple[Key | None, tuple[str | int, ...]]:
    """What is said of the key at that path, and the rest of the path, which leads into its value."""
    names = [str(part) for part in path if not isinstance(part, int)]
    for count in range(len(names), 0, -1):
        if said := KEYS.get(".".join(names[:count])):
            within = [place for place, part in enumerate(path) if not isinstance(part, int)][count - 1]
            return said, tuple(path[within + 1 :])
    return None, tuple(path)
