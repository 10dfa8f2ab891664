"""What is told of a run: what it is of, how it stands, since when, and what came of it; the same wherever it runs."""

import datetime as dt
import re
from typing import Literal, TypeAlias

from pydantic import Field

from serving.messages import Message
from serving.runs.request import Verb

# waiting: another goes first. partial: it ended, and not everything is as asked: the gate refused the winner. lost:
# its process is gone and left no word. unwatched: its command goes on, but whoever kept it is gone.
RunState: TypeAlias = Literal[
    "waiting", "running", "unwatched", "cancelling", "completed", "partial", "failed", "cancelled", "lost"
]
GOING: frozenset[RunState] = frozenset({"waiting", "running", "unwatched", "cancelling"})
WHERE = {"here": "a process of this machine", "prefect": "a run of Prefect's"}
# What a terminal reads as orders, and all else that no page can show.
UNSHOWN = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")


class Run(Message):
    """One run."""

    id: str
    verb: Verb
    experiment: str
    state: RunState
    where: Literal["here", "prefect"] = Field(
        description="Who does it: a process of this machine, or Prefect."
    )
    parameters: dict[str, str] = Field(description="Those that were asked for.")
    by: str = Field(description="Who started it: the name of a key, `this machine`, or what in Prefect did.")
    created: dt.datetime
    ended: dt.datetime | None = None
    progress: float | None = Field(None, description="From 0 to 1, where that is known.")
    told: str = Field("", description="What it said last.")

    @property
    def going(self) -> bool:
        return self.state in GOING


class RunLog(Run):
    """With what it has said, line by line."""

    log: list[str] = Field(description="The last lines, the newest at the end.")


class Runs(Message):
    """Runs of the experiment, the newest first."""

    runs: list[Run]
    notes: list[str] = Field(description="What is in the way of telling all of them.")


def clean(text: str) -> list[str]:
    """Lines that a page can show: without a terminal's colours and moves of the cursor."""
    return [
        UNSHOWN.sub("", line.rsplit("\r", 1)[-1]).rstrip() for line in text.replace("\r\n", "\n").split("\n")
    ]
